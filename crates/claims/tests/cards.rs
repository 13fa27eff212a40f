//! The claims that ship with the program: each is what its card says, and a knob turns each verdict.

use homolog_base::has_errors;
use homolog_claims::{Claim, Order, Outcome, Size, Verdict, run};
use homolog_formats::{claims, library};

fn open(id: u32) -> Claim {
    let (shelf, _) = library::load();
    let all = claims::built_in();
    let folder = all.iter().find(|f| f.name.starts_with(&format!("{id}-"))).expect("there is such a claim");
    let (claim, problems) = Claim::open(folder, &shelf);
    let text: Vec<String> = problems.iter().map(|d| d.render(false)).collect();
    claim.unwrap_or_else(|| panic!("{}", text.join("\n")))
}

/// A card at its small size, with its controls unless a knob is turned.
fn outcome(id: u32, set: &[(&str, f64)]) -> Outcome {
    let claim = open(id);
    let knobs = set.iter().map(|(k, x)| ((*k).to_string(), *x)).collect();
    let order = Order { set: knobs, size: Size::Small, bare: !set.is_empty(), ..Order::default() };
    let begun = std::time::Instant::now();
    let out = run(&claim, &order, &mut |_| {}).unwrap_or_else(|e| panic!("{}", e[0].render(false)));
    println!("claim {id} {set:?}: {:?}, {} runs, {:.2} s", out.verdict, out.runs, begun.elapsed().as_secs_f64());
    for (name, values) in &out.measured {
        println!("    {name} = {values:?} {}", claim.card.unit(name).unwrap_or("?"));
    }
    for c in out.criteria.iter().chain(out.controls.iter().flat_map(|c| &c.criteria)) {
        println!("    {}: {:?} {:?}", c.name, c.values, c.met);
    }
    out
}

/// The names of criteria that are missed.
fn missed(out: &Outcome) -> Vec<&str> {
    out.criteria.iter().filter(|c| c.met == Some(false)).map(|c| c.name.as_str()).collect()
}

#[test]
fn all_cards_can_be_opened_and_have_numbers_of_their_own() {
    let (shelf, _) = library::load();
    let mut ids = vec![];
    for folder in claims::built_in() {
        let (claim, problems) = Claim::open(&folder, &shelf);
        let text: Vec<String> = problems.iter().map(|d| d.render(false)).collect();
        assert!(!has_errors(&problems), "{}", text.join("\n"));
        let card = claim.expect("no errors").card;
        assert!(folder.name.starts_with(&format!("{}-", card.id)), "{} has the number {}", folder.name, card.id);
        assert!(!card.published.is_empty() && !card.knobs.is_empty(), "{}", folder.name);
        ids.push(card.id);
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[test]
fn a_spike_travels_down_the_axon_to_all_terminals_unless_there_is_no_sodium() {
    let out = outcome(14, &[]);
    assert_eq!(out.verdict, Verdict::Supported);
    let without = outcome(14, &[("sodium", 0.0)]);
    assert_eq!((without.verdict, missed(&without)), (Verdict::Contradicted, vec!["speed", "no loss"]));
    // Branches that ask for too much current lose the spike.
    assert_eq!(outcome(14, &[("branches", 6.0)]).verdict, Verdict::Contradicted);
}

#[test]
fn ion_channels_make_spikes_that_are_all_or_none_and_without_sodium_there_are_none() {
    assert_eq!(outcome(13, &[]).verdict, Verdict::Supported);
    let without = outcome(13, &[("sodium", 0.0)]);
    assert_eq!((without.verdict, missed(&without).len()), (Verdict::Contradicted, 4));
    let slope = without.measured["slope"][0];
    assert!((slope - 1.0).abs() < 0.2, "a membrane without sodium channels answers in proportion: {slope}");
}

#[test]
fn a_neuron_is_not_isopotential_unless_its_cytoplasm_has_no_resistance() {
    let out = outcome(16, &[]);
    assert_eq!(out.verdict, Verdict::Supported);
    assert!(
        (out.measured["theory"][0] - 1.5401).abs() < 1e-3,
        "a cable of one length constant: cosh but for half compartments at its ends"
    );
    let one = outcome(16, &[("resistance", 1e-6)]);
    assert_eq!((one.verdict, missed(&one)), (Verdict::Contradicted, vec!["attenuated", "local"]));
}

#[test]
fn a_shunt_on_the_path_takes_more_than_one_beside_it_unless_the_cell_is_isopotential() {
    assert_eq!(outcome(12, &[]).verdict, Verdict::Supported);
    let one = outcome(12, &[("resistance", 1e-6)]);
    assert_eq!(one.verdict, Verdict::Contradicted);
    let (on, off) = (one.measured["on-path"][0], one.measured["off-path"][0]);
    assert!((on - off).abs() < 1e-3, "one point has no path: {on} and {off}");
    assert_eq!(missed(&outcome(12, &[("inhibition", 0.0)])), ["on the path"]);
}

#[test]
fn the_ledger_of_a_brain_is_in_its_range_unless_no_neuron_spikes_and_slow_gates_waste_sodium() {
    let out = outcome(30, &[]);
    assert_eq!(out.verdict, Verdict::Supported);
    assert!(out.measured["mammal"][0] > 1.0, "no spike can do with less than the least");
    assert_eq!(missed(&outcome(30, &[("rate", 0.0)])), ["brain"]);
    // What hears no knob keeps its bits.
    let cold = outcome(30, &[("temperature", 6.3), ("gates", 0.2)]);
    assert!(cold.measured["squid"][0] > 2.5 * out.measured["squid"][0] && missed(&cold).contains(&"mammal"));
    assert_eq!(cold.measured["epsp"], out.measured["epsp"]);
}

#[test]
fn a_synapse_is_no_weight_unless_its_mechanisms_are_blocked() {
    assert_eq!(outcome(15, &[]).verdict, Verdict::Supported);
    assert_eq!(missed(&outcome(15, &[("magnesium", 0.0)])), ["block"]);
    assert_eq!(missed(&outcome(15, &[("recovery", 1.0)])), ["depression"]);
    assert_eq!(missed(&outcome(15, &[("gaba", 0.0)])), ["inhibits"]);
}

#[test]
fn a_dendrite_tells_directions_apart_with_nmda_receptors_and_resistance_alone() {
    let out = outcome(20, &[]);
    assert_eq!(out.verdict, Verdict::Supported);
    assert!(out.controls.iter().all(|c| c.turned));
    assert!(missed(&outcome(20, &[("nmda", 0.0)])).contains(&"direction"));
    let one = outcome(20, &[("resistance", 1e-6)]);
    assert!((one.measured["ratio"][0] - 1.0).abs() < 0.01, "one point knows no order");
}

#[test]
fn one_cell_tells_exactly_one_from_both_unless_its_calcium_spike_does_not_fall() {
    let out = outcome(18, &[]);
    assert_eq!((out.verdict, out.seeds.len()), (Verdict::Supported, 3));
    let other = outcome(18, &[("fall", 0.0)]);
    assert_eq!(missed(&other), ["told apart"]);
    let one = Order { seeds: Some(1), size: Size::Small, ..Order::default() };
    assert_eq!(run(&open(18), &one, &mut |_| {}).unwrap().verdict, Verdict::Inconclusive, "one seed decides nothing");
    // Noise that no seed can be sure of.
    assert_ne!(outcome(18, &[("noise", 0.3)]).verdict, Verdict::Supported);
}

#[test]
fn a_tree_with_nmda_receptors_needs_two_layers_and_a_collapsed_one_does_not() {
    let one = |set: &[(&str, f64)]| {
        let set = set.iter().map(|(k, x)| ((*k).to_string(), *x)).collect();
        let order = Order { set, seeds: Some(1), size: Size::Small, bare: true };
        run(&open(17), &order, &mut |_| {}).unwrap_or_else(|e| panic!("{}", e[0].render(false)))
    };
    let (tree, point) = (one(&[]), one(&[("resistance", 1e-6)]));
    assert!(tree.measured["gain"][0] > 0.3, "{:?}", tree.measured);
    assert!(point.measured["point"][0] > 0.9 && missed(&point).contains(&"point"), "{:?}", point.measured);
    assert_eq!(tree.verdict, Verdict::Inconclusive, "one seed decides nothing");
}
