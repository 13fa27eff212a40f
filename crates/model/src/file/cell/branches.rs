//! The shape: branches one by one, or the file that holds them.

use super::super::walk::{FRACTION, LENGTH, POSITIVE, Reader, Section, Value, in_order, kind};
use super::{Morphology, compartments};
use crate::cell::{Branch, Point};
use crate::network::Located;
use homolog_base::{Diagnostic, Span};
use std::collections::HashMap;
use toml::de::DeValue;

/// The branches; none if there are none or if one could not be read. A morphology is opened only for a document that is `whole`.
pub(super) fn read(
    r: &mut Reader<'_>,
    root: &Section<'_, '_>,
    morphology: &dyn Fn(&str) -> Morphology,
    whole: bool,
) -> Option<Vec<Branch>> {
    let file = r.optional(root, "morphology", Reader::name);
    let without = r.optional(root, "without", |r, k, v| r.list(k, v, Reader::name));
    if let (Some(w), None) = (&without, &file) {
        r.error("cell-without", "`without` leaves out regions of a morphology, but there is none", w.span, "nothing to leave out").hint =
            Some("remove it, or the branches".into());
    }
    let without = without.map(|w| w.value).unwrap_or_default();
    let Some(v) = root.get("branch") else {
        if root.lacks("branch") && root.lacks("morphology") {
            let start = Span::new(0, r.source.text.len().min(1));
            r.error("model-missing-key", "this cell has no shape", start, "neither `[branch.name]` nor `morphology` in this file").hint =
                Some("begin with `[branch.soma]`, `length = \"20 um\"`, `diameter = \"20 um\"`".into());
        }
        let all = from_file(r, &file.filter(|_| whole)?, morphology)?;
        return leave_out(r, all, &without);
    };
    let DeValue::Table(table) = v.get_ref() else {
        r.error("model-wrong-type", "`branch` must be a table of tables", v.span(), format!("found {}", kind(v.get_ref()))).hint =
            Some("write one `[branch.name]` for each, with single brackets and its name".into());
        return None;
    };
    let entries = in_order(table);
    if let Some(file) = file {
        let all = from_file(r, &Some(file).filter(|_| whole)?, morphology)?;
        let all = leave_out(r, all, &without)?;
        return grown(r, all, entries);
    }
    let parents = parents(r, &entries);
    // Every branch is read, so that what is wrong with any of them is said.
    let all: Vec<_> = entries.into_iter().zip(parents).map(|((name, v), parent)| branch(r, name, v, parent)).collect();
    all.into_iter().collect()
}

/// The branches of a file, as if they stood where it is named.
fn from_file(r: &mut Reader<'_>, file: &Located<String>, morphology: &dyn Fn(&str) -> Morphology) -> Option<Vec<Branch>> {
    let (branches, found) = morphology(file);
    for d in found {
        // What has no place of its own, such as a file that is missing, is shown where the file is named.
        r.problems.push(if d.labels.is_empty() { d.at(r.source, file.span, "named here") } else { d });
    }
    let mut branches = branches?;
    for b in &mut branches {
        b.name.span = file.span;
        b.region.span = file.span;
    }
    Some(branches)
}

/// A morphology without some regions, and without what begins at them.
fn leave_out(r: &mut Reader<'_>, all: Vec<Branch>, without: &[Located<String>]) -> Option<Vec<Branch>> {
    let mut known = true;
    for w in without.iter().filter(|w| !all.iter().any(|b| b.region.value == w.value)) {
        known = false;
        let d = Diagnostic::error("cell-unknown-region", format!("the morphology has no region `{}`", w.value));
        r.problems.push(d.at(r.source, w.span, "unknown region").suggest(w, all.iter().map(|b| b.region.as_str())));
    }
    if let Some(w) = without.iter().find(|w| all.first().is_some_and(|b| b.region.value == w.value)) {
        known = false;
        let d = Diagnostic::error("cell-without", format!("`{}` is where the cell begins", w.value));
        r.problems.push(d.at(r.source, w.span, "cannot be left out"));
    }
    if !known {
        return None;
    }
    // Where each branch is afterwards.
    let mut place: Vec<Option<usize>> = Vec::with_capacity(all.len());
    let mut out: Vec<Branch> = Vec::new();
    for b in all {
        let parent = b.parent.map(|p| place[p]);
        let stays = !without.iter().any(|w| w.value == b.region.value) && parent != Some(None);
        place.push(stays.then_some(out.len()));
        if stays {
            out.push(Branch { parent: parent.flatten(), ..b });
        }
    }
    Some(out)
}

/// Branches that grow from a morphology, each from one that is there already.
fn grown(r: &mut Reader<'_>, mut all: Vec<Branch>, entries: Vec<(Located<String>, &Value<'_>)>) -> Option<Vec<Branch>> {
    let mut whole = true;
    for (name, v) in entries {
        let word = v.get_ref().as_table().and_then(|t| t.get("parent")).and_then(|p| Some((p.get_ref().as_str()?.to_string(), p.span())));
        let parent = match &word {
            None => {
                let d = Diagnostic::error("cell-root", format!("`{}` begins at no other branch", name.value));
                r.problems.push(d.at(r.source, name.span, "`parent` is missing").hint("name a branch of the morphology, such as `soma`"));
                None
            }
            Some((word, span)) => {
                let found = all.iter().position(|b| b.name.value == *word);
                if found.is_none() {
                    let d = Diagnostic::error("cell-unknown-branch", format!("there is no branch `{word}` before this one"));
                    let d = d.at(r.source, span.clone(), "unknown branch");
                    r.problems.push(d.suggest(word, all.iter().map(|b| b.name.as_str())));
                }
                found
            }
        };
        if all.iter().any(|b| b.name.value == name.value) {
            whole = false;
            let d = Diagnostic::error("model-duplicate", format!("the morphology has a branch `{}` already", name.value));
            r.problems.push(d.at(r.source, name.span, "its name").hint("give it another"));
        }
        match (branch(r, name, v, parent), parent) {
            (Some(b), Some(_)) => all.push(b),
            _ => whole = false,
        }
    }
    whole.then_some(all)
}

/// For each branch the index of the one it begins at; every branch but the first must name one that stands before it.
fn parents(r: &mut Reader<'_>, entries: &[(Located<String>, &Value<'_>)]) -> Vec<Option<usize>> {
    let by_name: HashMap<&str, usize> = entries.iter().enumerate().map(|(k, (name, _))| (name.as_str(), k)).collect();
    let named: Vec<Option<(&str, Span)>> = entries
        .iter()
        .map(|(_, v)| {
            let p = v.get_ref().as_table()?.get("parent")?;
            Some((p.get_ref().as_str()?, p.span().into()))
        })
        .collect();
    let parent = |k: usize| named[k].and_then(|(p, _)| by_name.get(p).copied());
    let mut out = Vec::new();
    for (k, (name, v)) in entries.iter().enumerate() {
        let at = parent(k);
        out.push(at.filter(|p| *p < k));
        let Some((word, span)) = named[k] else {
            let given = v.get_ref().as_table().is_some_and(|t| t.contains_key("parent"));
            if k > 0 && !given && matches!(v.get_ref(), DeValue::Table(_)) {
                let first = &entries[0].0;
                let d = Diagnostic::error("cell-root", format!("`{}` begins at no other branch", name.value)).at(
                    r.source,
                    name.span,
                    "`parent` is missing",
                );
                let d = d.at(r.source, first.span, "only the first has none");
                r.problems.push(d.hint(format!("add a line such as `parent = \"{}\"`", first.value)));
            }
            continue;
        };
        match at {
            Some(p) if p < k => {}
            // What is not known is said where the name is read, unless it is empty.
            None => {
                let d =
                    Diagnostic::error("cell-unknown-branch", format!("there is no branch `{word}`")).at(r.source, span, "unknown branch");
                r.problems.push(d.suggest(word, entries.iter().map(|e| e.0.as_str()).filter(|n| *n != name.as_str())));
            }
            Some(p) => {
                // The way up from a branch that begins at a later one either comes back or ends.
                let mut up = Some(p);
                let mut steps = 0;
                while let Some(q) = up.filter(|q| *q != k && steps <= entries.len()) {
                    up = parent(q);
                    steps += 1;
                }
                let other = &entries[p].0;
                let d = if up == Some(k) {
                    let message = if p == k {
                        format!("`{}` begins at itself", name.value)
                    } else {
                        format!("`{}` begins at a branch that begins at it", name.value)
                    };
                    Diagnostic::error("cell-cycle", message)
                        .at(r.source, span, "goes round in a circle")
                        .hint("the first branch has no parent")
                } else {
                    Diagnostic::error("cell-order", format!("`{}` stands before `{word}`, at which it begins", name.value))
                        .at(r.source, span, "described later")
                        .at(r.source, other.span, "here")
                        .hint(format!("move `[branch.{}]` below `[branch.{word}]`", name.value))
                };
                r.problems.push(d);
            }
        }
    }
    out
}

fn branch(r: &mut Reader<'_>, name: Located<String>, v: &Value<'_>, parent: Option<usize>) -> Option<Branch> {
    if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')) {
        r.error(
            "model-name",
            format!("a branch cannot be called `{}`", name.value),
            name.span,
            "expected letters, digits, `_`, `-` and `.` only",
        );
    }
    let s = r.section(&format!("branch.{}", name.value), v, &["parent", "at", "region", "length", "diameter", "points", "compartments"])?;
    r.optional(&s, "parent", Reader::name);
    let at = r.optional(&s, "at", |r, k, v| r.number(k, v, FRACTION));
    if let (Some(x), None) = (&at, parent)
        && s.lacks("parent")
    {
        r.error("cell-root", format!("`{}` begins at no other branch, so `at` means nothing", s.name), x.span, "a place on its parent")
            .hint = Some("remove it, or name the parent".into());
    }
    let region = r.optional(&s, "region", Reader::name).unwrap_or_else(|| name.clone());
    let compartments = r.optional(&s, "compartments", compartments);
    let points = if let Some(v) = s.get("points") {
        for key in ["length", "diameter"] {
            if let Some(other) = s.get(key) {
                let source = r.source;
                let d = r.error("cell-both", format!("`{}` has both `points` and `{key}`", s.name), other.span(), "said twice");
                *d = d.clone().at(source, v.span(), "and here").hint("remove one of the two");
            }
        }
        points(r, v)
    } else {
        let length = r.required(&s, "length", "\"20 um\"", |r, k, v| r.physical(k, v, LENGTH, POSITIVE));
        let diameter = r.required(&s, "diameter", "\"2 um\"", diameters);
        length.zip(diameter).map(|(l, d)| {
            let (first, last) = d.value;
            [(0.0, first), (l.value, last)].map(|(along, diameter)| Point { along, diameter, position: None }).to_vec()
        })
    };
    Some(Branch { name, parent, at, region, points: points?, compartments })
}

/// `"2 um"`, or `["2 um", "1 um"]`: where it begins and where it ends.
fn diameters(r: &mut Reader<'_>, key: &str, v: &Value<'_>) -> Option<(f64, f64)> {
    if !matches!(v.get_ref(), DeValue::Array(_)) {
        let d = r.physical(key, v, LENGTH, POSITIVE)?;
        return Some((d, d));
    }
    let before = r.problems.len();
    let all = r.list(key, v, |r, k, x| r.physical(k, x, LENGTH, POSITIVE))?;
    if let [a, b] = &all[..] {
        return Some((a.value, b.value));
    }
    if r.problems.len() == before {
        let found = all.len();
        r.error(
            "cell-taper",
            format!("`{key}` has {found} number{}, but a taper has two", if found == 1 { "" } else { "s" }),
            v.span(),
            "expected the diameters where it begins and where it ends",
        )
        .hint = Some("write one without brackets, or give the course of the diameter in `points`".into());
    }
    None
}

/// `[[0, 2], [150, 1]]`: distance and diameter in um, and x, y and z where they are known.
fn points(r: &mut Reader<'_>, v: &Value<'_>) -> Option<Vec<Point>> {
    let before = r.problems.len();
    let rows = r.list("points", v, |r, k, row| {
        let numbers = r.list(k, row, |r, k, x| r.number(k, x, super::ANY))?;
        let numbers: Vec<f64> = numbers.iter().map(|x| x.value).collect();
        match numbers[..] {
            [along, diameter] => Some(Point { along, diameter, position: None }),
            [along, diameter, x, y, z] => Some(Point { along, diameter, position: Some([x, y, z]) }),
            _ => {
                r.error(
                    "cell-points",
                    format!("a point of {} number{}", numbers.len(), if numbers.len() == 1 { "" } else { "s" }),
                    row.span(),
                    "expected two numbers, or five",
                )
                .hint = Some("write distance and diameter in um, as in [150, 1], and then x, y and z if they are known".into());
                None
            }
        }
    })?;
    for (k, p) in rows.iter().enumerate() {
        let wrong = if p.along < 0.0 || (k == 0 && p.along != 0.0) {
            Some(("a branch begins at distance 0", "expected 0 first, then greater distances"))
        } else if k > 0 && p.along < rows[k - 1].along {
            Some(("the distance falls", "expected one that is not below the one before"))
        } else if p.diameter < 0.0 || (p.diameter == 0.0 && k + 1 < rows.len()) {
            // A branch may end in a tip; a diameter of 0 before it would cut the branch in two.
            Some(("the diameter is not above 0", "expected a diameter in um; only the last may be 0"))
        } else {
            None
        };
        if let Some((message, label)) = wrong {
            r.error("cell-points", message, p.span, label);
        }
    }
    if r.problems.len() == before && (rows.len() < 2 || rows.last().is_some_and(|p| p.along <= 0.0)) {
        r.error("cell-points", "a branch without length", v.span(), "expected at least two points, the last at a distance above 0");
    }
    (r.problems.len() == before).then(|| rows.into_iter().map(|p| p.value).collect())
}
