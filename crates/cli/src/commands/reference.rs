//! Single cells solved to a tolerance beside the run in steps, and what the steps cost.

use super::run::Args;
use super::trace::Format;
use crate::progress::Spinner;
use crate::{show, work};
use homolog_adaptive::{Solved, Tolerance};
use homolog_base::Diagnostic;
use homolog_measure::{Deviation, deviation, shifts};
use homolog_model::recordings::Recorded;
use homolog_model::{Model, Params, Probe};
use serde_json::json;
use std::path::{Path, PathBuf};

/// What was solved.
pub struct Reference {
    pub solved: Solved,
    tolerance: Tolerance,
    wall_s: f64,
}

/// What the steps cost, in words and as JSON.
pub struct Compared {
    pub lines: Vec<String>,
    pub json: serde_json::Value,
}

impl Reference {
    /// Solves the cells of a model.
    pub fn solve(
        args: &Args,
        opened: &work::Opened,
        model: &Model,
        params: &Params,
        recorded: &[Recorded],
    ) -> Result<Self, Vec<Diagnostic>> {
        let network = &opened.study.network;
        let equations = homolog_model::equations(network, &opened.library, model)?;
        let numbers: f64 = recorded.iter().map(|r| r.neurons.len() as f64 * model.ticks as f64).sum();
        let need = homolog_adaptive::memory(model) + numbers * work::RECORDED;
        let hint = "cut its branches into fewer compartments, or record less";
        work::room_for(&format!("solving `{}`", network.title), need, hint)?;
        let probes: Vec<Probe> = recorded.iter().map(|r| r.probe.clone()).collect();
        let tolerance = Tolerance { relative: args.rtol, absolute: args.atol };
        let clock = work::Clock::start_time();
        let spinner = Spinner::new(args.quiet, &format!("{}, reference", opened.name));
        let solved = homolog_adaptive::run(model, params, &equations, &probes, tolerance);
        drop(spinner);
        Ok(Reference { solved: solved.map_err(|d| vec![d])?, tolerance, wall_s: clock.stop().wall_s })
    }

    /// Writes its traces beside those of the steps; says where.
    pub fn write(&self, args: &Args, out: &Path, table: &work::Table) -> Result<Vec<(&'static str, PathBuf)>, Vec<Diagnostic>> {
        let mut files = vec![];
        if args.format.contains(&Format::Csv) {
            files.push(("reference_csv", out.join("reference.csv")));
            work::write_csv(&out.join("reference.csv"), table)?;
        }
        if args.format.contains(&Format::Parquet) {
            files.push(("reference_parquet", out.join("reference.parquet")));
            work::write_parquet(&out.join("reference.parquet"), table)?;
        }
        Ok(files)
    }

    /// By how much a run in steps differs: `stepped` and `exact` have the same columns, `spikes` are those of the steps by population.
    pub fn compare(&self, model: &Model, stepped: &work::Table, exact: &work::Table, spikes: &[(&str, &[Vec<f64>])]) -> Compared {
        let (solved, tolerance) = (&self.solved, self.tolerance);
        let mut lines = vec![format!(
            "reference: {} unknowns in {} adaptive steps, tolerances {:e} and {:e}; took {}",
            show::count(solved.unknowns as f64),
            show::count(solved.steps as f64),
            tolerance.relative,
            tolerance.absolute,
            show::seconds(self.wall_s)
        )];
        let mut traces = serde_json::Map::new();
        for ((name, unit, found), (.., wanted)) in stepped.columns.iter().zip(&exact.columns).skip(1) {
            if name.ends_with(".spikes") {
                continue;
            }
            if staggered(model, name) {
                lines.push(format!("{name}: half a step later in the scheme second-order, so not compared"));
                continue;
            }
            let Some(Deviation { most, rms }) = deviation(found, wanted) else { continue };
            let digits = show::four_digits;
            let unit_shown = if unit == "1" { String::new() } else { format!(" {unit}") };
            lines.push(format!("{name}: steps of {} ms are off by {}{unit_shown} at most, {} rms", model.dt, digits(most), digits(rms)));
            traces.insert(name.clone(), json!({ "unit": unit, "most": most, "rms": rms }));
        }
        let mut populations = serde_json::Map::new();
        for (name, found) in spikes {
            let Some(g) = model.group(name) else { continue };
            let wanted = &solved.spikes[g];
            let shifted = shifts(found, wanted);
            let (stepped, exact): (usize, usize) = (found.iter().map(Vec::len).sum(), wanted.iter().map(Vec::len).sum());
            if shifted.other_neurons > 0 {
                lines.push(format!(
                    "{name}: {} in steps, {} in the reference",
                    show::plural(stepped, "spike"),
                    show::plural(exact, "spike")
                ));
            }
            if let Some((most, mean)) = shifted.of_them {
                lines.push(format!(
                    "{name}: {} shifted by {} ms at most, {} ms on average",
                    show::plural(shifted.spikes, "spike"),
                    signed(most),
                    signed(mean)
                ));
            }
            let (most, mean) = shifted.of_them.unzip();
            populations.insert(
                (*name).into(),
                json!({ "spike_times_ms": wanted, "spikes": exact, "spikes_in_steps": stepped, "largest_shift_ms": most, "mean_shift_ms": mean }),
            );
        }
        let json = json!({ "rtol": tolerance.relative, "atol": tolerance.absolute, "unknowns": solved.unknowns, "steps": solved.steps,
            "wall_s": self.wall_s, "traces": traces, "populations": populations });
        Compared { lines, json }
    }
}

/// Whether a column is of a state that lives half a step later than its row.
fn staggered(model: &Model, column: &str) -> bool {
    let group = model.groups.iter().find(|g| column.strip_prefix(&g.name).is_some_and(|rest| rest.starts_with('[')));
    group.and_then(|g| g.tree.as_ref()).is_some_and(|t| t.extrapolate) && !column.ends_with(".v")
}

/// A time with its sign and three digits.
fn signed(ms: f64) -> String {
    let digits = show::four_digits(ms.abs());
    if ms < 0.0 { format!("\u{2212}{digits}") } else { format!("+{digits}") }
}
