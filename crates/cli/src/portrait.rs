//! A page of a morphology: two views of it, and its measures. One HTML file in the style of the report of a comparison, without script
//! and without a request.

use crate::page::escape;
use crate::page::svg::{Svg, round_step, tick_label};
use homolog_base::{Diagnostic, Severity};
use homolog_model::cell::Branch;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What is drawn.
pub struct Portrait<'a> {
    /// Name of the file.
    pub name: String,
    /// What is counted once, by name.
    pub facts: Vec<(String, String)>,
    /// Measures by region, with a row of heads.
    pub table: Vec<Vec<String>>,
    /// The shape.
    pub branches: &'a [Branch],
    /// What was said of it.
    pub problems: &'a [Diagnostic],
}

/// Width of a drawing, and the greatest height of its views.
const WIDTH: f64 = 1072.0;
const HEIGHT: f64 = 960.0;

/// Between two views.
const GAP: f64 = 40.0;

/// Room above a view for its name, and below for the scale bar.
const HEAD: f64 = 26.0;
const FOOT: f64 = 44.0;

/// A branch is drawn no thinner than this, pixels.
const THINNEST: f64 = 0.9;

/// Widths are rounded to this, pixels, so that many pieces make one path.
const STEP: f64 = 0.25;

/// Points nearer than this to the one before are not drawn, pixels.
const NEAR: f64 = 0.35;

const STYLE: &str = ".key { margin: 0 0 12px; max-width: none; }\nsection { break-inside: avoid; }\ndl { margin-top: 20px; }\nsvg .limb { fill: none; stroke: var(--c); stroke-linejoin: round; stroke-linecap: round; }\nsvg .wire { fill: none; stroke: var(--muted); stroke-opacity: 0.7; }\nsvg .body { fill: var(--ink); }\nsvg .bar { stroke: var(--ink); stroke-width: 2; }\n.chip.ink i { background: var(--ink); border-radius: 50%; }\nul { padding-left: 20px; }\n";

/// A view: which coordinates go to the right and up, and what it is called.
const VIEWS: [(usize, usize, &str); 2] = [(0, 1, "xy: x to the right, y up"), (0, 2, "xz: x to the right, z up")];

/// Colour of a region in the style sheet; none for the soma, which has that of the text.
fn colour(region: &str) -> Option<usize> {
    match region {
        "soma" => None,
        "axon" => Some(0),
        "basal" => Some(1),
        "apical" => Some(3),
        other => Some([2, 4, 5][other.bytes().map(usize::from).sum::<usize>() % 3]),
    }
}

/// The whole page.
pub fn html(p: &Portrait<'_>) -> String {
    let mut out = crate::page::titled("morphology", &p.name, STYLE);
    if let Some(drawing) = drawing(&p.name, p.branches) {
        out.push_str(&format!("<p class=\"key\">{}</p>\n<figure>\n{drawing}\n", chips(p.branches)));
        out.push_str(
            "<figcaption>Both views have one scale. Lines are as wide as the branches where that can be seen. Thin grey lines join branches to the soma and are no membrane.</figcaption>\n</figure>\n",
        );
    }
    let fact = |(name, value): &(String, String)| format!("<dt>{}</dt><dd>{}</dd>\n", escape(name), escape(&pretty(value)));
    out.push_str(&format!("<section>\n<h2>Measures</h2>\n<div class=\"scroll\">\n{}</div>\n", rows(&p.table)));
    out.push_str(&format!("<dl>\n{}</dl>\n</section>\n", p.facts.iter().map(fact).collect::<String>()));
    if !p.problems.is_empty() {
        let items: String = p.problems.iter().map(item).collect();
        out.push_str(&format!("<section>\n<h2>What was said of the file</h2>\n<ul>\n{items}</ul>\n</section>\n"));
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

/// Units as they are printed.
fn pretty(text: &str) -> String {
    let mut out = text.to_string();
    for before in [" ", "("] {
        for (plain, printed) in [("um2", "µm²"), ("um3", "µm³"), ("um", "µm")] {
            out = out.replace(&format!("{before}{plain}"), &format!("{before}{printed}"));
        }
    }
    out
}

fn rows(table: &[Vec<String>]) -> String {
    let row = |(k, cells): (usize, &Vec<String>)| {
        let cell = |(c, text): (usize, &String)| match (k, c) {
            (0, _) => format!("<th scope=\"col\">{}</th>", escape(&pretty(text))),
            (_, 0) => format!("<th scope=\"row\">{}</th>", escape(text)),
            _ => format!("<td>{}</td>", escape(text)),
        };
        format!("<tr>{}</tr>\n", cells.iter().enumerate().map(cell).collect::<String>())
    };
    let all: Vec<String> = table.iter().enumerate().map(row).collect();
    let (head, body) = all.split_at(all.len().min(1));
    format!("<table>\n<thead>\n{}</thead>\n<tbody>\n{}</tbody>\n</table>\n", head.concat(), body.concat())
}

fn item(d: &Diagnostic) -> String {
    let kind = match d.severity {
        Severity::Error => "Error",
        Severity::Warning => "Warning",
        Severity::Note => "Note",
    };
    let place = d.position().map_or_else(String::new, |(line, column)| format!(", line {line}, column {column}"));
    let hint = d.hint.as_ref().map_or_else(String::new, |h| format!(" <small>{}</small>", escape(h)));
    format!("<li>{kind} <code>{}</code>{place}: {}.{hint}</li>\n", d.code, escape(&pretty(&d.message)))
}

fn chips(branches: &[Branch]) -> String {
    let mut names: Vec<&str> = vec!["soma", "axon", "basal", "apical"];
    names.retain(|n| branches.iter().any(|b| b.region.value == *n));
    for b in branches {
        if !names.contains(&b.region.as_str()) {
            names.push(&b.region.value);
        }
    }
    let chip = |name: &&str| {
        let class = colour(name).map_or_else(|| "ink".to_string(), |c| format!("l{c}"));
        format!("<span class=\"chip {class}\"><i></i>{}</span> ", escape(name))
    };
    names.iter().map(chip).collect()
}

/// Both views with their scale bar; none for branches that have no places.
fn drawing(name: &str, branches: &[Branch]) -> Option<String> {
    let bounds = bounds(branches)?;
    let size = bounds.map(|b| b.1 - b.0);
    // Side by side or above each other, whichever is larger.
    let beside = ((WIDTH - GAP) / (2.0 * size[0])).min(HEIGHT / size[1].max(size[2]));
    let above = (WIDTH / size[0]).min(HEIGHT / (size[1] + size[2]));
    let scale = beside.max(above);
    let wide = beside >= above;
    let (widths, heights) = (size[0] * scale, [size[1] * scale, size[2] * scale]);
    let (width, height) =
        if wide { (WIDTH, HEAD + heights[0].max(heights[1]) + FOOT) } else { (WIDTH, 2.0 * HEAD + heights[0] + heights[1] + GAP + FOOT) };
    let mut svg = Svg::new(width, height, &format!("{name} in two views"));
    let room = if wide { (WIDTH - GAP) / 2.0 } else { WIDTH };
    for (k, (right, up, title)) in VIEWS.into_iter().enumerate() {
        let left = if wide { k as f64 * (room + GAP) } else { 0.0 };
        let top = HEAD + if wide || k == 0 { 0.0 } else { heights[0] + GAP + HEAD };
        svg.text((left, top - 12.0), "start", title);
        let origin = (left + 0.5 * (room - widths), top);
        let place = |at: [f64; 3]| (origin.0 + (at[right] - bounds[right].0) * scale, origin.1 + (bounds[up].1 - at[up]) * scale);
        view(&mut svg, branches, scale, &place);
    }
    let step = round_step(0.6 * room.min(widths.max(heights[0])) / scale / 5.0);
    let (x, y) = (0.0, height - 12.0);
    svg.line((x, y), (x + step * scale, y), "bar");
    svg.text((x, y - 8.0), "start ink", &format!("{} µm", tick_label(step, step)));
    Some(svg.finish())
}

/// Least and greatest of each coordinate that is covered, um.
fn bounds(branches: &[Branch]) -> Option<[(f64, f64); 3]> {
    let places = || branches.iter().flat_map(|b| &b.points).filter_map(|p| Some((p.position?, 0.5 * p.diameter)));
    places().next()?;
    let side = |k: usize| places().fold((f64::INFINITY, f64::NEG_INFINITY), |b, (at, r)| (b.0.min(at[k] - r), b.1.max(at[k] + r)));
    Some([side(0), side(1), side(2)])
}

/// All branches in one view: the thin ones above the thick, the axon above other branches, the soma above all.
fn view(svg: &mut Svg, branches: &[Branch], scale: f64, place: &dyn Fn([f64; 3]) -> (f64, f64)) {
    let wires: Vec<Vec<(f64, f64)>> = wires(branches).map(|(from, to)| vec![place(from), place(to)]).collect();
    svg.lines(&wires, "wire", 0.7);
    type Key = (bool, Reverse<usize>, usize);
    let mut paths: BTreeMap<Key, Vec<Vec<(f64, f64)>>> = BTreeMap::new();
    for b in branches {
        let Some(c) = colour(&b.region.value) else { continue };
        let key = |steps: usize| (c == 0, Reverse(steps), c);
        let points: Vec<_> = b.points.iter().filter_map(|p| Some((place(p.position?), p.diameter))).collect();
        let mut line: (usize, Vec<(f64, f64)>) = (0, Vec::new());
        for (k, pair) in points.windows(2).enumerate() {
            let ((from, d), (to, e)) = (pair[0], pair[1]);
            let last = k + 2 == points.len();
            let width = (0.5 * (d + e) * scale).max(THINNEST);
            let steps = (width / STEP).round() as usize;
            if line.1.is_empty() || line.0 != steps {
                if line.1.len() > 1 {
                    paths.entry(key(line.0)).or_default().push(std::mem::take(&mut line.1));
                }
                line = (steps, vec![from]);
            }
            let near = line.1.last().is_some_and(|p| (p.0 - to.0).abs() + (p.1 - to.1).abs() < NEAR);
            if !near || last {
                line.1.push(to);
            }
        }
        if line.1.len() > 1 {
            paths.entry(key(line.0)).or_default().push(line.1);
        }
    }
    for ((_, steps, c), lines) in paths {
        svg.lines(&lines, &format!("limb l{c}"), steps.0 as f64 * STEP);
    }
    for b in branches.iter().filter(|b| colour(&b.region.value).is_none()) {
        soma(svg, b, scale, place);
    }
}

/// From where to where branches are joined by what is no membrane, um: from the middle of a soma, or the end of another branch.
fn wires(branches: &[Branch]) -> impl Iterator<Item = ([f64; 3], [f64; 3])> {
    branches.iter().filter_map(|b| {
        let (parent, to) = (&branches[b.parent?], b.points.first()?.position?);
        let (first, last) = (parent.points.first()?.position?, parent.points.last()?.position?);
        let within = colour(&parent.region.value).is_none();
        let from = if within { [0, 1, 2].map(|k| 0.5 * (first[k] + last[k])) } else { last };
        (from != to && colour(&b.region.value).is_some()).then_some((from, to))
    })
}

/// The outline of a body of revolution; a soma of one point is a sphere, as is what is seen along its axis.
fn soma(svg: &mut Svg, b: &Branch, scale: f64, place: &dyn Fn([f64; 3]) -> (f64, f64)) {
    let points: Vec<_> = b.points.iter().filter_map(|p| Some((place(p.position?), 0.5 * p.diameter * scale))).collect();
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return };
    let axis = (last.0.0 - first.0.0, last.0.1 - first.0.1);
    let seen = (axis.0 * axis.0 + axis.1 * axis.1).sqrt();
    let widest = points.iter().map(|p| p.1).fold(0.0, f64::max);
    let sphere = points.len() == 2 && points[0].1 == points[1].1 && (b.length() - b.points[0].diameter).abs() < 1e-6 * b.length();
    if sphere || seen < 0.5 * widest {
        let middle = (0.5 * (first.0.0 + last.0.0), 0.5 * (first.0.1 + last.0.1));
        svg.circle(middle, widest.max(1.5), "body");
        return;
    }
    let across = (-axis.1 / seen, axis.0 / seen);
    let side = |sign: f64| move |p: &((f64, f64), f64)| (p.0.0 + sign * p.1 * across.0, p.0.1 + sign * p.1 * across.1);
    let corners: Vec<(f64, f64)> = points.iter().map(side(1.0)).chain(points.iter().rev().map(side(-1.0))).collect();
    svg.shape(&corners, "body");
}

#[cfg(test)]
mod tests {
    use super::*;
    use homolog_model::cell::Point;

    fn branch(region: &str, points: &[([f64; 3], f64)]) -> Branch {
        let point = |(k, (at, d)): (usize, &([f64; 3], f64))| Point { along: k as f64, diameter: *d, position: Some(*at) };
        Branch {
            name: region.into(),
            parent: None,
            at: None,
            region: region.into(),
            points: points.iter().enumerate().map(point).collect(),
            compartments: None,
        }
    }

    #[test]
    fn the_page_asks_the_network_for_nothing_and_shows_no_number_that_is_none() {
        let cell = [
            branch("soma", &[([0.0, -5.0, 0.0], 10.0), ([0.0, 5.0, 0.0], 12.0)]),
            branch("<axon>", &[([0.0, 5.0, 0.0], 1.0), ([0.0, 50.0, 3.0], 1.0), ([9.0, 90.0, 3.0], 0.0)]),
        ];
        let problems = [Diagnostic::warning("swc-x", "a < b")];
        let p = Portrait {
            name: "a & b.swc".into(),
            facts: vec![("soma".into(), "1 um2".into())],
            table: vec![vec!["".into(), "volume (um3)".into()], vec!["axon".into(), "1".into()]],
            branches: &cell,
            problems: &problems,
        };
        let page = html(&p);
        for word in ["http:", "https:", "src=", "@import", "url(", "<script", "<link", "NaN", "inf"] {
            assert!(!page.contains(word), "{word}");
        }
        assert!(page.contains("<h1>a &amp; b.swc</h1>") && page.contains("&lt;axon&gt;") && page.contains("a &lt; b"));
        assert!(page.contains("1 µm²") && page.contains("volume (µm³)") && page.matches("class=\"body\"").count() == 2);
    }

    #[test]
    fn a_shape_without_places_is_described_without_a_picture() {
        let mut b = branch("axon", &[([0.0; 3], 1.0), ([1.0; 3], 1.0)]);
        b.points.iter_mut().for_each(|p| p.position = None);
        let p = Portrait { name: String::new(), facts: vec![], table: vec![], branches: &[b], problems: &[] };
        assert!(!html(&p).contains("<svg"));
    }

    #[test]
    fn a_flat_and_tiny_shape_is_drawn() {
        for d in [1e-9, 1.0] {
            let b = [branch("basal", &[([0.0; 3], d), ([0.0, 1e-7, 0.0], d)])];
            assert!(!drawing("x", &b).unwrap().contains("NaN"));
        }
    }
}
