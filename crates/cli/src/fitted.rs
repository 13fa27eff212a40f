//! A page of a fit: recordings and what the neuron makes of them, what is left over, how the searches went, and where each parameter lies between its
//! bounds. One HTML file in the style of the report of a comparison, without script and without a request.

use crate::figure::{LEFT, RIGHT, STYLE, WIDTH, axis, chips, panel_over, thinned};
use crate::page::escape;
use crate::page::svg::{Scale, Svg};
use crate::show;

/// What is drawn.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Title.
    pub title: String,
    /// What was done, line by line.
    pub facts: Vec<String>,
    /// What is to be known of the result.
    pub notes: Vec<String>,
    /// Rows of the table of parameters, the first its heads.
    pub table: Vec<Vec<String>>,
    /// Recordings.
    pub sweeps: Vec<Drawn>,
    /// After each generation: variants run, and the least loss of each search.
    pub curve: Vec<(usize, Vec<f64>)>,
    /// Parameters.
    pub parameters: Vec<Placed>,
    /// Files with all numbers.
    pub files: Vec<String>,
}

/// A recording and the fit.
#[derive(Clone, Debug, Default)]
pub struct Drawn {
    /// What it is called.
    pub name: String,
    /// What is left over, in words.
    pub caption: String,
    /// Unit.
    pub unit: String,
    /// Times, ms.
    pub times: Vec<f64>,
    /// Recorded values.
    pub recorded: Vec<f64>,
    /// Values of the model.
    pub fitted: Vec<f64>,
}

/// A parameter between its bounds.
#[derive(Clone, Debug, Default)]
pub struct Placed {
    /// Name, and what is said of its scale.
    pub name: String,
    /// Best value with its unit.
    pub value: String,
    /// Bounds, as they are written.
    pub bounds: (String, String),
    /// Where each search ended, from 0 to 1, and whether it is as good as the best.
    pub searches: Vec<(f64, bool)>,
    /// Where the best one did.
    pub best: f64,
}

const OWN: &str = ".both svg .l0 { stroke-width: 5; stroke-opacity: 0.4; }\ntable { width: auto; margin: 12px 0; }\nsvg .track { stroke: var(--rule); stroke-width: 2; }\nsvg .others { fill: none; stroke: var(--muted); stroke-width: 1; stroke-opacity: 0.5; }\nsvg .ring { fill: none; stroke: var(--muted); stroke-opacity: 0.6; }\nul { padding-left: 20px; max-width: 72ch; }\n";

/// The whole page.
pub fn html(p: &Page) -> String {
    let mut out = crate::page::titled("fit", &p.title, &format!("{STYLE}{OWN}"));
    p.facts.iter().for_each(|f| out.push_str(&format!("<p>{}</p>\n", escape(f))));
    out.push_str(&table(&p.table));
    if !p.notes.is_empty() {
        let notes: String = p.notes.iter().map(|n| format!("<li>{}</li>\n", escape(n))).collect();
        out.push_str(&format!("<ul>\n{notes}</ul>\n"));
    }
    p.sweeps.iter().for_each(|s| out.push_str(&sweep(s)));
    out.push_str(&parameters(&p.parameters));
    out.push_str(&losses(&p.curve));
    let files: Vec<String> = p.files.iter().map(|p| format!("<code>{}</code>", escape(p))).collect();
    out.push_str(&format!("<footer>\n<p>All numbers are in {}.</p>\n</footer>\n</main>\n</body>\n</html>\n", files.join(" and ")));
    out
}

fn table(rows: &[Vec<String>]) -> String {
    let Some((head, rest)) = rows.split_first() else { return String::new() };
    let cells = |row: &[String], tag: &str| row.iter().map(|c| format!("<{tag}>{}</{tag}>", escape(c))).collect::<String>();
    let body: String =
        rest.iter().map(|r| format!("<tr><th scope=\"row\"><code>{}</code></th>{}</tr>\n", escape(&r[0]), cells(&r[1..], "td"))).collect();
    format!("<div class=\"scroll\"><table>\n<thead><tr>{}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>\n", cells(head, "th"))
}

/// Recording and fit in one panel, their difference in another below.
fn sweep(s: &Drawn) -> String {
    let (first, last) = (s.times.first().copied().unwrap_or(0.0), s.times.last().copied().unwrap_or(1.0));
    let points = |values: &mut dyn Iterator<Item = f64>| -> Vec<(f64, f64)> {
        let moved: Vec<(f64, f64)> = s.times.iter().map(|t| t - first).zip(values).collect();
        thinned(&moved, last - first).into_iter().map(|(t, v)| (t + first, v)).collect()
    };
    let lines = [points(&mut s.recorded.iter().copied()), points(&mut s.fitted.iter().copied())];
    let left = [points(&mut s.fitted.iter().zip(&s.recorded).map(|(a, b)| a - b))];
    let names = ["recorded", "fitted"];
    let over = (s.unit.as_str(), "time, ms");
    let drawing = panel_over(&format!("{}: recorded and fitted", s.name), over, &lines, (first, last), (WIDTH, 240.0));
    let residual = panel_over(&format!("{}: fitted less recorded", s.name), over, &left, (first, last), (WIDTH, 90.0));
    format!(
        "<section>\n<h3>{}</h3>\n<p class=\"key\">{}</p>\n<figure class=\"both\">\n{drawing}\n<figcaption>{}</figcaption>\n</figure>\n<p class=\"key\">{}</p>\n<figure>\n{residual}\n</figure>\n</section>\n",
        escape(&s.name),
        chips(&names),
        escape(&s.caption),
        chips(&["fitted less recorded"])
    )
}

/// A row for each parameter, from its lower bound to its upper one; a ring for each search, filled where it is as good as the best.
fn parameters(all: &[Placed]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let each = 46.0;
    let mut svg = Svg::new(WIDTH, each * all.len() as f64 + 8.0, "Where each search ended between the bounds of each parameter");
    let x = Scale { values: (0.0, 1.0), places: (300.0, WIDTH - 130.0) };
    for (k, p) in all.iter().enumerate() {
        let y = each * k as f64 + 26.0;
        svg.text((0.0, y - 2.0), "start mono ink", &p.name);
        svg.text((0.0, y + 14.0), "start small", &p.value);
        svg.line((x.places.0, y), (x.places.1, y), "track");
        svg.text((x.places.0 - 12.0, y + 4.0), "end", &p.bounds.0);
        svg.text((x.places.1 + 12.0, y + 4.0), "start", &p.bounds.1);
        for (share, good) in p.searches.iter().filter(|s| !s.1).chain(p.searches.iter().filter(|s| s.1)) {
            svg.circle((x.at(*share), y), if *good { 5.0 } else { 4.0 }, if *good { "hollow l1" } else { "ring" });
        }
        svg.circle((x.at(p.best), y), 6.0, "dot l1");
    }
    format!(
        "<section>\n<h3>Where each search ended between the bounds</h3>\n<p class=\"key\"><span class=\"chip l1\"><i></i>the best, filled; those as good, rings of its colour; the others grey</span></p>\n<figure>\n{}\n</figure>\n</section>\n",
        svg.finish()
    )
}

/// The least loss of each search over the variants that were run, on a scale of powers of ten.
fn losses(curve: &[(usize, Vec<f64>)]) -> String {
    let values = || curve.iter().flat_map(|c| &c.1).copied().filter(|l| l.is_finite() && *l > 0.0);
    let (low, high) = values().fold((f64::INFINITY, 0.0f64), |r, l| (r.0.min(l), r.1.max(l)));
    if low > high {
        return String::new();
    }
    let decade = homolog_base::math::log10;
    let (bottom, top) = (decade(low).floor(), decade(high).ceil().max(decade(low).floor() + 1.0));
    let (above, height) = (8.0, 220.0);
    let mut svg = Svg::new(WIDTH, above + height + 44.0, "Loss of each search over the variants that were run");
    let most = curve.last().map_or(1, |c| c.0) as f64;
    let x = Scale { values: (0.0, most), places: (LEFT, WIDTH - 2.0 * RIGHT) };
    let y = Scale { values: (bottom, top), places: (above + height, above) };
    svg.rect((LEFT, above), (x.places.1 - LEFT, height), "cell", 1.0);
    let every = ((top - bottom) / 6.0).ceil().max(1.0);
    for power in y.ticks_every(every) {
        svg.line((LEFT, y.at(power)), (x.places.1, y.at(power)), "grid");
        svg.text((LEFT - 8.0, y.at(power) + 4.0), "end", &format!("10^{power:.0}").replace('-', "−"));
    }
    axis(&mut svg, &x, above + height, "variants run");
    let searches = curve[0].1.len();
    let line = |pick: &dyn Fn(&[f64]) -> f64| -> Vec<(f64, f64)> {
        let points = curve.iter().map(|(e, l)| (*e as f64, pick(l))).filter(|p| p.1.is_finite() && p.1 > 0.0);
        let all: Vec<(f64, f64)> = points.map(|(e, l)| (e, decade(l))).collect();
        thinned(&all, most).into_iter().map(|(e, l)| (x.at(e), y.at(l))).collect()
    };
    for r in 0..searches {
        svg.path(line(&|l| l[r]), "others");
    }
    svg.path(line(&|l| l.iter().copied().fold(f64::INFINITY, f64::min)), "curve l1");
    svg.upward((14.0, above + height / 2.0), "loss");
    format!(
        "<section>\n<h3>How the searches went</h3>\n<p class=\"key\"><span class=\"chip l1\"><i></i>the least loss of all {}; each of them grey</span></p>\n<figure>\n{}\n</figure>\n</section>\n",
        show::count(searches as f64),
        svg.finish()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_asks_the_network_for_nothing_and_shows_no_number_that_is_none() {
        let page = html(&Page {
            title: "<A & B>".into(),
            table: vec![vec!["parameter".into(), "best".into()], vec!["hh.gl".into(), "1".into()]],
            sweeps: vec![Drawn {
                times: vec![0.0, 1.0, 2.0],
                recorded: vec![1.0, 2.0, 3.0],
                fitted: vec![1.0, f64::NAN, 3.0],
                ..Drawn::default()
            }],
            curve: vec![(4, vec![f64::INFINITY, 1.0]), (8, vec![0.5, 1e-9])],
            parameters: vec![Placed { searches: vec![(0.1, true), (0.9, false)], best: 0.1, ..Placed::default() }],
            ..Page::default()
        });
        for word in ["http:", "https:", "src=", "@import", "url(", "<script", "<link", "NaN", "inf"] {
            assert!(!page.contains(word), "{word}");
        }
        assert!(page.contains("<h1>&lt;A &amp; B&gt;</h1>"));
        assert_eq!(page.matches("<svg").count(), 4, "trace, residual, parameters, losses");
    }

    #[test]
    fn an_empty_page_is_a_page_too() {
        assert!(html(&Page::default()).contains("</html>"));
    }
}
