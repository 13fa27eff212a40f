//! What a comparison found, as the page, as a report, and as one line of JSON.

use super::Variant;
use super::level::{Outcome, Plan, Trained};
use crate::page::{self, Comparison, Constant, Epoch, Level, Sample};
use crate::work;
use homolog_base::Diagnostic;
use homolog_base::report::{Basis, Provenance, Report, Score};
use homolog_measure::{Activity, AtpTable, EnergyTable, LevelResult};
use homolog_model::Group;
use homolog_train::Evaluation;
use std::collections::BTreeMap;

/// All that the page shows.
pub fn comparison(
    plan: &Plan<'_>,
    variants: &[Variant],
    outcomes: &[Outcome],
    epochs: Option<usize>,
) -> Result<Comparison, Vec<Diagnostic>> {
    let (table, pumps) = (work::energy_table()?, work::atp_table()?);
    let levels: Vec<Level> = variants.iter().zip(outcomes).map(|(v, o)| level(plan, v, o, (&table, &pumps))).collect();
    let mut notes: Vec<(String, String)> = plan.opened.study.comparison.iter().flat_map(|c| c.notes.clone()).collect();
    notes.extend(epochs.map(|n| ("epochs".into(), format!("{n}, as asked for on the command line instead of what the file says"))));
    Ok(Comparison {
        title: plan.opened.study.network.title.clone(),
        population: plan.population.into(),
        classes: (0..plan.samples.classes).map(|k| k.to_string()).collect(),
        sample: outcomes.iter().find_map(|o| o.activity.as_ref()).map(|a| sample(plan, a.0)),
        constants: constants(&table),
        energy_table: table.reference.clone(),
        pumps: levels.iter().any(|l| l.results.iter().any(|r| r.pumping.is_some())).then_some(pumps),
        levels,
        notes,
        provenance: provenance(plan, variants, outcomes),
    })
}

/// Results of every seed of a level.
fn results(plan: &Plan<'_>, o: &Outcome, (table, pumps): (&EnergyTable, &AtpTable)) -> Vec<LevelResult> {
    let one = |(k, t): (usize, &Trained)| {
        let model = &o.prepared[k].model;
        let compartments = |g: &Group| g.anatomy.as_ref().map(|a| g.copies() * a.compartments.len());
        let operations = homolog_measure::operations(model, &activity_of(model, &t.test));
        LevelResult {
            seed: plan.seeds[k],
            test_accuracy: t.test.accuracy,
            frozen_accuracy: o.control.get(k).map(|c| c.test.accuracy),
            neurons: model.groups.iter().filter(|g| g.clock != homolog_model::Clock::Input).map(|g| g.size).sum(),
            compartments: model.groups.iter().filter_map(compartments).reduce(|a, b| a + b),
            parameters: t.params.learned(),
            simulated_ms: model.dt * model.ticks as f64,
            energy: homolog_measure::estimate(&operations, table),
            operations,
            pumping: homolog_measure::pumping(t.test.charges.iter().map(|c| (c.ion.as_str(), c.per_image)), pumps),
            epochs: t.curve.len(),
            wall_s: t.wall_s,
            memory_bytes: Some((o.spent.peak_rss_mb * 1e6) as u64),
        }
    };
    o.trained.iter().enumerate().map(one).collect()
}

fn activity_of(model: &homolog_model::Model, test: &Evaluation) -> Activity {
    Activity::new(model, 1, test.spikes.iter().map(|s| (s.group, s.per_neuron.as_slice())))
}

fn level(plan: &Plan<'_>, v: &Variant, o: &Outcome, tables: (&EnergyTable, &AtpTable)) -> Level {
    let results = results(plan, o, tables);
    let over =
        |basis, unit: &str, of: &dyn Fn(&LevelResult) -> f64| Score::over_seeds(&results.iter().map(of).collect::<Vec<_>>(), unit, basis);
    let once = |value: f64, unit: &str| Score { value, sd: None, unit: unit.into(), basis: Basis::Measured };
    let spiking: usize = o.prepared[0].model.groups.iter().filter(|g| g.spikes).map(|g| g.size).sum();
    let scores = [
        ("neurons", Score { sd: None, ..over(Basis::Counted, "1", &|r| r.neurons as f64) }),
        ("parameters", Score { sd: None, ..over(Basis::Counted, "1", &|r| r.parameters as f64) }),
        ("simulated_ms", Score { sd: None, ..over(Basis::Counted, "ms", &|r| r.simulated_ms) }),
        ("spikes_per_image", over(Basis::Counted, "1", &|r| r.operations.spikes)),
        ("spikes_per_neuron_per_image", over(Basis::Counted, "1", &|r| r.operations.spikes / spiking.max(1) as f64)),
        ("operations_per_image", over(Basis::Counted, "1", &|r| r.operations.total())),
        ("energy_j_per_image", over(Basis::Estimated, "J", &|r| r.energy.joules)),
        ("epochs", over(Basis::Counted, "1", &|r| r.epochs as f64)),
        ("wall_s", once(o.spent.wall_s, "s")),
        ("cpu_s", once(o.spent.cpu_s, "s")),
        ("peak_rss_mb", once(o.spent.peak_rss_mb, "MB")),
    ];
    let mut scores: BTreeMap<String, Score> = scores.map(|(k, s)| (k.to_string(), s)).into();
    let mut of_cells = |key: &str, unit: &str, basis, of: &dyn Fn(&LevelResult) -> Option<f64>| {
        let values: Vec<f64> = results.iter().filter_map(of).collect();
        if !values.is_empty() {
            scores.insert(key.into(), Score::over_seeds(&values, unit, basis));
        }
    };
    of_cells("compartments", "1", Basis::Counted, &|r| Some(r.compartments? as f64));
    of_cells("atp_per_image", "1", Basis::Measured, &|r| Some(r.pumping.as_ref()?.atp));
    of_cells("energy_measured_j_per_image", "J", Basis::Measured, &|r| Some(r.pumping.as_ref()?.joules));
    if let Some(s) = scores.get_mut("compartments") {
        s.sd = None;
    }
    let n = results.len() as f64;
    let mut parts: Vec<(String, f64)> = vec![];
    for p in results.iter().flat_map(|r| &r.energy.parts) {
        match parts.iter_mut().find(|(name, _)| *name == p.name) {
            Some((_, joules)) => *joules += p.joules / n,
            None => parts.push((p.name.clone(), p.joules / n)),
        }
    }
    Level {
        name: v.name.clone(),
        neuron: v.word.clone(),
        file: v.text.clone(),
        test_accuracy: o.trained.iter().map(|t| t.test.accuracy).collect(),
        control_accuracy: o.control.iter().map(|t| t.test.accuracy).collect(),
        scores,
        energy_parts: parts,
        curves: o.trained.iter().map(|t| t.curve.iter().map(epoch).collect()).collect(),
        confusion: confusion(&o.trained),
        activity: o.activity.as_ref().map(|a| a.1.clone()),
        calibration: o.prepared[0].model.groups.iter().filter_map(|g| Some((g.name.clone(), g.calibration?))).collect(),
        results,
    }
}

fn epoch(p: &homolog_train::Point) -> Epoch {
    Epoch {
        train_loss: p.train_loss,
        train_accuracy: p.train_accuracy,
        validation_loss: p.validation.map(|v| v.0),
        validation_accuracy: p.validation.map(|v| v.1),
    }
}

fn confusion(trained: &[Trained]) -> Vec<Vec<u64>> {
    let classes = trained.first().map_or(0, |t| t.test.confusion.classes);
    let sum = |l: usize, p: usize| trained.iter().map(|t| t.test.confusion.count(l, p)).sum();
    (0..classes).map(|l| (0..classes).map(|p| sum(l, p)).collect()).collect()
}

fn sample(plan: &Plan<'_>, index: usize) -> Sample {
    let s = plan.samples;
    let values = s.sample(index);
    let largest = values.iter().fold(0.0f64, |a, b| a.max(*b));
    let pixels = values.iter().map(|v| if largest > 0.0 { (v / largest).max(0.0) } else { 0.0 }).collect();
    Sample { index, label: s.labels[index] as usize, shape: s.picture.unwrap_or((1, s.features)), pixels }
}

fn constants(table: &EnergyTable) -> Vec<Constant> {
    let pico = |name: &str, pj: f64, note: String| Constant { name: name.into(), joules: pj * 1e-12, most: None, note };
    let mut out = vec![
        pico("Addition", table.add, String::new()),
        pico("Multiplication", table.multiply, String::new()),
        pico("Division, square root", table.divide, String::new()),
        pico("Elementary function (exp, tanh, ...)", table.elementary, String::new()),
    ];
    if let Some(mac) = table.multiply_accumulate {
        out.push(pico("Multiply-accumulate", mac, String::new()));
    }
    out.extend(table.memory.iter().map(|m| Constant {
        most: m.access_most.map(|x| x * 1e-12),
        ..pico(&format!("Access to {}", m.name), m.access, format!("{} bits", m.access_bits))
    }));
    out
}

fn provenance(plan: &Plan<'_>, variants: &[Variant], outcomes: &[Outcome]) -> Provenance {
    let mut out = Provenance { seeds: plan.seeds.to_vec(), threads: plan.threads, ..work::provenance() };
    out.hashes.extend(plan.samples.hash.map(|h| ("data".to_string(), h.hex())));
    for (v, o) in variants.iter().zip(outcomes) {
        for ((p, t), seed) in o.prepared.iter().zip(&o.trained).zip(plan.seeds) {
            out.hashes.insert(format!("split, seed {seed}"), p.split.hash().hex());
            out.hashes.insert(format!("model {}, seed {seed}", v.name), p.model.hash.hex());
            out.hashes.insert(format!("learned parameters {}, seed {seed}", v.name), t.params.hash().hex());
        }
    }
    out
}

/// The same as a report.
pub fn report(c: &Comparison) -> Report {
    let entries = c.levels.iter().map(|l| homolog_measure::entry(&l.name, &l.results)).collect();
    Report { title: c.title.clone(), provenance: c.provenance.clone(), entries }
}

/// What only levels of cells have; the others say so.
const OF_CELLS: [&str; 3] = ["compartments", "atp_per_image", "energy_measured_j_per_image"];

/// The same as one line.
pub fn json(c: &Comparison) -> serde_json::Value {
    let accuracy = |values: &[f64]| {
        let s = page::over_seeds(values);
        serde_json::json!({ "mean": s.value, "sd": s.sd, "seeds": values })
    };
    let levels: Vec<serde_json::Value> = c
        .levels
        .iter()
        .map(|l| {
            let mut out = serde_json::json!({
                "level": l.name, "neuron": l.neuron, "test_accuracy": accuracy(&l.test_accuracy), "control_accuracy": accuracy(&l.control_accuracy),
                "calibration": l.calibration.iter().map(|(p, c)| (p.clone(), serde_json::json!(c))).collect::<serde_json::Map<_, _>>(),
            });
            for name in OF_CELLS {
                out[name] = serde_json::Value::Null;
            }
            for (name, score) in &l.scores {
                out[name] = score.value.into();
            }
            out
        })
        .collect();
    serde_json::json!({ "title": c.title, "levels": levels, "provenance": c.provenance })
}
