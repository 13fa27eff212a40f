use super::*;
use homolog_claims::{Order, run};
use homolog_formats::{claims, library};

fn page(id: u32, set: &[(&str, f64)]) -> String {
    let (shelf, _) = library::load();
    let folder = claims::built_in().into_iter().find(|f| f.name.starts_with(&format!("{id}-"))).unwrap();
    let claim = Claim::open(&folder, &shelf).0.unwrap();
    let order = Order { set: set.iter().map(|(k, x)| ((*k).to_string(), *x)).collect(), ..Order::default() };
    let outcome = run(&claim, &order, &mut |_| {}).unwrap();
    html(&[Shown { claim: &claim, outcome: &outcome, wall_s: 1.0 }], &Provenance::default(), 1.0)
}

#[test]
fn the_page_needs_nothing_else_and_says_what_a_card_says_in_both_languages() {
    let page = page(14, &[]);
    for word in ["http:", "https:", "src=", "@import", "url(", "<script", "<link", "NaN"] {
        assert!(!page.contains(word), "{word}");
    }
    let (seen, files) = page.split_once("<details>").unwrap();
    assert!(!seen.contains("{height}") && files.contains("{height}"), "a number stands in its place, and the card is shown as it is");
    for word in [
        "18.8 m/s ± 2 %",
        "supported",
        "支持",
        "homolog claims 14 --set sodium=0",
        "Hodgkin",
        "怎样推翻它",
        "What the match does not explain",
        "Where the criteria differ from those first written down",
        "已在原文核对",
        "second-hand, not verified",
        "What stands under “Published” was not measured here",
    ] {
        assert!(page.contains(word), "{word}");
    }
    for said in page.split("<span lang=\"zh\">").skip(1).filter_map(|rest| rest.split_once("</span>")).map(|(text, _)| text) {
        assert!(!said.is_ascii(), "{said} is no Chinese");
    }
    assert_eq!(page.matches("lang=\"en\"").count(), page.matches("lang=\"zh\"").count() + 1, "the page itself is in English");
}

#[test]
fn a_card_with_a_knob_turned_says_so() {
    let page = page(14, &[("sodium", 0.0)]);
    assert!(page.contains("turned by hand") && page.contains("contradicted") && page.contains("<code>sodium = 0</code>"));
    assert!(!page.contains("NaN"));
}

#[test]
fn numbers_are_written_as_people_read_them() {
    assert_eq!(amount(18.7314, "m/s"), "18.73 m/s");
    assert_eq!(amount(-0.1202, "1"), "−0.120");
    assert_eq!(amount(3.84e8, "1"), "3.84 × 10⁸");
    assert_eq!(amount(0.0219, "%"), "2.190 %");
    assert_eq!(amount(1.6e-11, "mV"), "1.60 × 10⁻¹¹ mV");
    assert_eq!(amount(f64::NAN, "mV"), "–");
    assert_eq!(brief(1e-6), "1e-6");
}
