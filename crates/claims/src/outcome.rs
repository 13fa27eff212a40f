//! Runs the card of a claim and says what came out.

use crate::card::Card;
use crate::kinds::{Found, Panel};
use crate::lab::{Claim, Lab, Size};
use crate::verdict::{Judged, Verdict, judge, verdict};
use homolog_base::{Diagnostic, jobs};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// What is asked.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Order {
    /// Knobs that are turned, in their units.
    pub set: BTreeMap<String, f64>,
    /// How many seeds, instead of what the card says.
    pub seeds: Option<usize>,
    /// How large.
    pub size: Size,
    /// Threads for what can be done side by side, at least 1; no number depends on it.
    pub threads: usize,
}

/// What a card found.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// All that was measured, one number for each seed, in the units of its kind.
    pub measured: BTreeMap<String, Vec<f64>>,
    /// The criteria, in the order of the card.
    pub criteria: Vec<Judged>,
    /// The controls, in the order of the card.
    pub controls: Vec<Controlled>,
    /// Figures of the first seed.
    pub figures: Vec<Panel>,
    /// What the experiment lists, of the first seed.
    pub lists: Vec<crate::kinds::List>,
    /// Ladders, one for each seed, if the kind draws one.
    pub ladders: Vec<crate::kinds::Ladder>,
    /// The seeds.
    pub seeds: Vec<u64>,
    /// Values of all knobs.
    pub knobs: BTreeMap<String, f64>,
    /// How large it was.
    pub size: Size,
    /// Runs of models, controls included.
    pub runs: usize,
}

/// What a control found.
#[derive(Clone, PartialEq, Debug)]
pub struct Controlled {
    /// The criteria, in the order of the card.
    pub criteria: Vec<Judged>,
    /// Whether those that it must miss are missed.
    pub turned: bool,
}

/// So many seeds are needed where chance plays a part.
pub const FEWEST: usize = 3;

/// Does the experiment of a card, and once more for each control. `say` hears how far it is, from 0 to 1. Seeds and controls run side by
/// side, the experiment itself first, unless it measures the machine.
///
/// # Errors
/// Knobs that there are not, or not that far; models that do not compile, and runs that stop.
pub fn run(claim: &Claim, order: &Order, say: &mut (dyn FnMut(f64) + Send)) -> Result<Outcome, Vec<Diagnostic>> {
    let card = &claim.card;
    let mut knobs = card.defaults();
    let problems: Vec<Diagnostic> = order.set.iter().filter_map(|(name, x)| refused(card, name, *x)).collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    knobs.extend(order.set.clone());
    let count = if card.kind.chance { order.seeds.unwrap_or(card.seeds).max(1) } else { 1 };
    let seeds: Vec<u64> = (0..count as u64).collect();
    let turned_so = |control: &crate::card::Control| knobs.clone().into_iter().chain(control.set.clone()).collect();
    let values: Vec<BTreeMap<String, f64>> = std::iter::once(knobs.clone()).chain(card.controls.iter().map(turned_so)).collect();
    let parts: Vec<(usize, u64)> = (0..values.len()).flat_map(|v| seeds.iter().map(move |seed| (v, *seed))).collect();
    let at_once = if card.kind.alone { 1 } else { order.threads.clamp(1, parts.len()) };
    let (far, stopped) = (Mutex::new((vec![0.0; parts.len()], say)), AtomicBool::new(false));
    let part = |k: usize, &(v, seed): &(usize, u64)| -> Result<(Found, usize), Vec<Diagnostic>> {
        // Those before one that stopped have all begun, so it is always the first problem that is told.
        if stopped.load(Ordering::Relaxed) {
            return Err(vec![]);
        }
        let mut said = |share: f64| {
            let (shares, say) = &mut *far.lock().unwrap_or_else(|e| e.into_inner());
            shares[k] = share.clamp(0.0, 1.0);
            say(shares.iter().sum::<f64>() / shares.len() as f64);
        };
        let mut done = || {
            let mut lab = Lab::new(claim, &values[v], order.size, seed, &mut said)?;
            lab.threads = (order.threads / at_once).max(1);
            let found = (card.kind.run)(&mut lab)?;
            lab.progress(1.0);
            Ok((found, lab.runs))
        };
        done().inspect_err(|_: &Vec<Diagnostic>| stopped.store(true, Ordering::Relaxed))
    };
    let (mut all, mut runs) = (vec![], 0);
    for result in jobs::each(at_once, &parts, part) {
        let (found, own) = result?;
        all.push(found);
        runs += own;
    }
    let mut rest = all.split_off(seeds.len());
    let found = all;
    let measured = by_name(&found);
    let criteria = judged(card, &measured);
    let mut controls = vec![];
    for control in &card.controls {
        let after = rest.split_off(seeds.len());
        let criteria = judged(card, &by_name(&std::mem::replace(&mut rest, after)));
        let turned = criteria.iter().filter(|c| control.turns.contains(&c.name)).all(|c| c.met == Some(false));
        controls.push(Controlled { criteria, turned });
    }
    let turned: Vec<bool> = controls.iter().map(|c| c.turned).collect();
    let ladders = found.iter().filter_map(|f| f.ladder.clone()).collect();
    let first = found.into_iter().next().unwrap_or_default();
    let computed = verdict(&criteria, &turned);
    // Where chance plays a part, fewer seeds decide nothing.
    let few = card.kind.chance && seeds.len() < FEWEST;
    Ok(Outcome {
        verdict: if few { Verdict::Inconclusive } else { computed },
        measured,
        criteria,
        controls,
        figures: first.figures,
        lists: first.lists,
        ladders,
        seeds,
        knobs,
        size: order.size,
        runs,
    })
}

/// Why a knob cannot be turned so, if it cannot.
fn refused(card: &Card, name: &str, x: f64) -> Option<Diagnostic> {
    let Some(knob) = card.knob(name) else {
        let names = card.knobs.iter().map(|k| k.name.as_str());
        return Some(Diagnostic::error("claim-knob", format!("claim {} has no knob `{name}`", card.id)).suggest(name, names));
    };
    knob.refused(x)
}

fn by_name(found: &[Found]) -> BTreeMap<String, Vec<f64>> {
    let mut out: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (name, x) in found.iter().flat_map(|f| &f.numbers) {
        out.entry((*name).to_string()).or_default().push(*x);
    }
    out
}

fn judged(card: &Card, measured: &BTreeMap<String, Vec<f64>>) -> Vec<Judged> {
    card.criteria.iter().map(|c| judge(c, measured.get(&c.quantity).map_or(&[], Vec::as_slice))).collect()
}
