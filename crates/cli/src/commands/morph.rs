//! `homolog morph`: what a morphology is.

use super::Done;
use crate::show::three_digits;
use crate::{cuts, portrait, show, terminal, work};
use homolog_base::{Diagnostic, has_errors};
use homolog_formats::{atomic, morphology};
use homolog_measure::morphometry::Region;
use homolog_measure::{Morphometry, morphometry};
use homolog_model::discretise::{Fineness, fineness};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Say what a morphology is: branches, lengths and areas by type, diameters, distances, and all that is wrong with it
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  homolog morph cell.swc                     what it is, as a table\n  homolog morph cell.asc --html cell.html    with a picture\n  homolog morph cell.swc --json              numbers: {points, branches, ..., regions: [{name, length_um, ...}], diagnostics}\n\nReads SWC and Neurolucida ASC. Lengths in um, areas in um2, volumes in um3, of the membrane as it will be simulated."
)]
pub struct Args {
    /// Morphology
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print one line of JSON to stdout
    #[arg(long, conflicts_with = "html")]
    json: bool,
    /// Write a page with a picture
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// Describes; 1 when the file has errors.
pub fn run(args: &Args, color: bool) -> Done {
    let refuse = |problems: &[Diagnostic]| -> Done {
        if args.json {
            let all: Vec<_> = problems.iter().map(Diagnostic::to_json).collect();
            terminal::say(json!({ "files": [&args.file], "diagnostics": all }));
        } else {
            terminal::show(problems, color);
        }
        Ok(terminal::code(problems))
    };
    let (source, mut problems) = match work::read(&args.file) {
        Ok(found) => found,
        Err(d) => return refuse(&[d]),
    };
    let (shape, found) = morphology::read(&source);
    problems.extend(found);
    let Some(shape) = shape.filter(|_| !has_errors(&problems)) else { return refuse(&problems) };
    let m = morphometry(&shape.branches);
    let cut = work::plain_cell(&shape.branches).and_then(|c| fineness(&c));
    if args.json {
        terminal::say(numbers(args, &m, shape.points, cut.as_ref(), &problems));
        return Ok(terminal::code(&problems));
    }
    terminal::show(&problems, color);
    let name = args.file.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let facts = facts(&m, shape.points, cut.as_ref());
    terminal::say(format_args!("{name}\n\n{}\n{}", left(&facts), terminal::table(&table(&m)).trim_end()));
    if let Some(path) = &args.html {
        let page = portrait::html(&portrait::Portrait { name, facts, table: table(&m), branches: &shape.branches, problems: &problems });
        atomic::write(path, page.as_bytes()).map_err(|e| vec![e])?;
        terminal::say(format_args!("\n{}", path.display()));
    }
    Ok(terminal::code(&problems))
}

/// Two columns, both to the left.
fn left(rows: &[(String, String)]) -> String {
    let wide = rows.iter().map(|r| r.0.chars().count()).max().unwrap_or(0);
    rows.iter().map(|r| format!("{:wide$}  {}\n", r.0, r.1)).collect()
}

/// A length to a hundredth of a micrometre, so that numbers can be compared: `12,642.18`.
fn fine(x: f64) -> String {
    let text = format!("{x:.2}");
    let (whole, part) = text.split_once('.').unwrap_or((&text, "00"));
    let sign = if whole.starts_with('-') { "-" } else { "" };
    format!("{sign}{}.{part}", show::count(whole.trim_start_matches('-').parse().unwrap_or(0.0)))
}

/// What is counted once for the whole cell.
fn facts(m: &Morphometry, points: usize, cut: Option<&Fineness>) -> Vec<(String, String)> {
    let count = |n: usize| show::count(n as f64);
    let mut all = vec![
        ("points", count(points)),
        ("branches", count(m.total.branches)),
        ("trees", count(m.trees)),
        ("branch points", count(m.branch_points)),
        ("terminals", count(m.terminals)),
        ("max branch order", count(m.order)),
        ("max path distance", format!("{} um, to the end of {}", fine(m.farthest.0), m.farthest.1)),
    ];
    if let Some(s) = m.soma {
        let (l, w, a) = (fine(s.length), fine(s.width), fine(s.area));
        all.push(("soma", format!("{l} um long, {w} um wide, {a} um2: as a sphere of {} um", fine(s.sphere))));
    }
    if let Some(e) = m.extent {
        let side = |k: usize| format!("{} um, from {} to {}", fine(e[k].1 - e[k].0), fine(e[k].0), fine(e[k].1));
        all.extend([("extent in x", side(0)), ("extent in y", side(1)), ("extent in z", side(2))]);
    }
    if let Some(f) = cut {
        all.push(("cut into", format!("{} at 100 ohm cm and 1 uF/cm2", cuts::counted(f))));
        all.push(("compartments", cuts::lengths(f)));
    }
    all.into_iter().map(|(n, v)| (n.to_string(), v)).collect()
}

/// Lengths, areas and diameters by region.
fn table(m: &Morphometry) -> Vec<Vec<String>> {
    let heads = ["", "branches", "length (um)", "area (um2)", "volume (um3)", "min diam (um)", "mean", "max"];
    let row = |r: &Region| {
        let (least, mean, most) = r.diameter;
        let mut cells = vec![r.name.clone(), show::count(r.branches as f64), fine(r.length), fine(r.area), fine(r.volume)];
        cells.extend([least, mean, most].map(three_digits));
        cells
    };
    let rows = m.regions.iter().chain(if m.regions.len() > 1 { Some(&m.total) } else { None });
    std::iter::once(heads.map(String::from).to_vec()).chain(rows.map(row)).collect()
}

fn numbers(args: &Args, m: &Morphometry, points: usize, cut: Option<&Fineness>, problems: &[Diagnostic]) -> Value {
    let region = |r: &Region| {
        json!({
            "name": r.name, "branches": r.branches, "length_um": r.length, "area_um2": r.area, "volume_um3": r.volume,
            "diameter_um": { "min": r.diameter.0, "mean": r.diameter.1, "max": r.diameter.2 },
        })
    };
    let side = |k: usize| m.extent.map(|e| [e[k].0, e[k].1]);
    json!({
        "file": args.file,
        "points": points,
        "branches": m.total.branches,
        "trees": m.trees,
        "branch_points": m.branch_points,
        "terminals": m.terminals,
        "max_branch_order": m.order,
        "max_path_distance_um": m.farthest.0,
        "farthest_branch": m.farthest.1,
        "soma": m.soma.map(|s| json!({ "length_um": s.length, "width_um": s.width, "area_um2": s.area, "sphere_um": s.sphere })),
        "extent_um": { "x": side(0), "y": side(1), "z": side(2) },
        "regions": m.regions.iter().map(region).collect::<Vec<_>>(),
        "total": region(&m.total),
        "cut": cut.map(cuts::json),
        "diagnostics": problems.iter().map(Diagnostic::to_json).collect::<Vec<_>>(),
    })
}
