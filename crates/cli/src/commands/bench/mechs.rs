//! Many mechanisms in one cell against the squid axon's in the same cell, by what an operation costs.
//!
//! A cable of 32 compartments, 64 of it at once, step 0.025 ms, driven by a current at one end. Operations are those of the compiled kernels and of the
//! solution of the tree, elementary functions counted by the arithmetic that they are made of; beside it stands the count in which
//! each of them is one.

use super::{Args, Found};
use crate::work::Opened;
use crate::{show, work};
use homolog_base::{Diagnostic, Span};
use homolog_engine::Engine;
use homolog_ir::{Kernel, Role};
use homolog_measure::arithmetic::arithmetic;
use homolog_measure::operations::Flops;
use homolog_model::cell::{Paint, Placement};
use homolog_model::{Action, Cell, Inputs, Model, Runner, State};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The model, and the word by which it names its cell.
const MODEL: &str = "benches/mechs.toml";
const CELL: &str = "mechs-cell.toml";
/// Repetitions, of which the fastest counts.
const REPETITIONS: usize = 8;
/// The measure of all others, and what goes into a cable that none of them would let leak.
const SQUID: &str = "hh";
const LEAK: &str = "pas";

/// What a set of mechanisms costs.
struct Row {
    names: Vec<String>,
    ns: f64,
    /// Elementary functions counted by their arithmetic, and as one each.
    flops: Flops,
    plain: Flops,
    cpu_s: f64,
}

impl Row {
    fn ns_per_flop(&self) -> f64 {
        self.ns / self.flops.total()
    }

    fn json(&self) -> serde_json::Value {
        let (f, p) = (&self.flops, &self.plain);
        serde_json::json!({
            "mechanisms": self.names, "ns_per_compartment_step": self.ns, "flops_per_compartment_step": f.total(), "ns_per_flop": self.ns_per_flop(),
            "add": f.add, "multiply": f.multiply, "divide": f.divide, "elementary_functions": p.elementary,
            "flops_elementary_as_one": p.total(), "ns_per_flop_elementary_as_one": self.ns / p.total(), "run_cpu_s": self.cpu_s,
        })
    }
}

/// The mechanisms of the folders, or those of the library, in one cell; and `hh` in the same.
pub fn measure(args: &Args) -> Result<Found, Vec<Diagnostic>> {
    let opened = work::open_built_in(MODEL, &args.library)?;
    let cell = opened.library.cell(CELL).ok_or_else(|| vec![Diagnostic::error("library-missing", format!("{CELL} is missing"))])?;
    let mut left: Vec<(String, String)> = vec![];
    let all = if args.library.is_empty() {
        cell.clone()
    } else {
        let (own, _) = work::library(&[]);
        let mut names: Vec<&str> = vec![];
        for m in opened.library.iter().filter(|m| own.get(&m.name) != Some(m)) {
            match (m.role, m.not_in_cells()) {
                (Role::Neuron, _) => left.push((m.name.clone(), "a whole neuron".into())),
                (Role::Plasticity, _) => left.push((m.name.clone(), "a rule of plasticity".into())),
                (_, Some(why)) => left.push((m.name.clone(), why)),
                _ => names.push(&m.name),
            }
        }
        names.push(LEAK);
        with(&opened, cell, &names)
    };
    let squid = run(&opened, with(&opened, cell, &[SQUID]))?;
    let all = run(&opened, all)?;
    let ratio = all.ns_per_flop() / squid.ns_per_flop();
    let plain_ratio = ratio * (squid.plain.total() / squid.flops.total()) / (all.plain.total() / all.flops.total());
    let mut text = String::new();
    for row in [&squid, &all] {
        let _ = writeln!(
            text,
            "{:>7} ns per compartment and step, {} flops, {} elementary functions among them: {} ns a flop   {}",
            show::three_digits(row.ns),
            show::count(row.flops.total().round()),
            show::three_digits(row.plain.elementary),
            show::three_digits(row.ns_per_flop()),
            row.names.join(" ")
        );
    }
    let _ = writeln!(
        text,
        "{} of what a flop of hh costs; {} if an elementary function counts as one",
        show::three_digits(ratio),
        show::three_digits(plain_ratio)
    );
    for (name, why) in &left {
        let _ = writeln!(text, "left out: {name}, {why}");
    }
    let json = serde_json::json!({
        "threads": 1, "repetitions": REPETITIONS,
        "hh": squid.json(), "mechs": all.json(), "ratio_per_flop": ratio, "ratio_elementary_as_one": plain_ratio,
        "left_out": left.iter().map(|(name, why)| serde_json::json!({ "mechanism": name, "why": why })).collect::<Vec<_>>(),
    });
    Ok(Found { text, json })
}

/// The cell with other mechanisms everywhere; those of role point stand at its middle.
fn with(opened: &Opened, cell: &Cell, names: &[&str]) -> Cell {
    let is_point = |name: &str| opened.library.get(name).is_some_and(|m| m.role == Role::Point);
    let mut cell = cell.clone();
    let painted = names.iter().filter(|n| !is_point(n)).map(|name| Paint {
        mechanism: (*name).into(),
        regions: vec![],
        condition: None,
        parameters: BTreeMap::new(),
        fields: BTreeMap::new(),
        span: Span::default(),
    });
    cell.paints = painted.collect();
    let placed = names.iter().filter(|n| is_point(n)).map(|name| Placement {
        mechanism: (*name).into(),
        name: None,
        branch: cell.branches[0].name.clone(),
        position: 0.5,
        parameters: BTreeMap::new(),
        span: Span::default(),
    });
    cell.placements = placed.collect();
    cell
}

/// The model with this cell, run.
fn run(opened: &Opened, cell: Cell) -> Result<Row, Vec<Diagnostic>> {
    let names =
        cell.paints.iter().map(|p| p.mechanism.value.clone()).chain(cell.placements.iter().map(|p| p.mechanism.value.clone())).collect();
    let mut library = opened.library.clone();
    library.insert_cell(cell);
    let (model, params) = homolog_model::compile(&opened.study.network, &library, 0)?;
    let mut engine = Engine::new(1);
    let inputs = Inputs { batch: 1, frames: 1, values: vec![] };
    let (mut best, mut total) = (f64::INFINITY, 0.0);
    for _ in 0..REPETITIONS {
        let clock = work::Clock::start_time();
        engine.run(&model, &params, &inputs, &[], &mut State::fresh(), None).map_err(work::fault)?;
        let cpu = clock.stop().cpu_s;
        best = best.min(cpu);
        total += cpu;
    }
    let ns = best * 1e9 / (model.ticks * model.groups[0].size * compartments(&model)) as f64;
    Ok(Row { names, ns, flops: flops(&model, arithmetic), plain: flops(&model, Flops::of), cpu_s: total })
}

fn compartments(model: &Model) -> usize {
    model.groups[0].anatomy.as_ref().map_or(1, |a| a.compartments.len())
}

/// Operations of one compartment in one step.
fn flops(model: &Model, of: impl Fn(&Kernel) -> Flops) -> Flops {
    let group = &model.groups[0];
    let mut out = Flops::default();
    let share = 1.0 / compartments(model) as f64;
    for action in &group.tick {
        match action {
            Action::Launch(l) => out.add_times(of(&l.kernel), l.sites as f64 * share),
            Action::Solve => out.add_times(group.tree.as_ref().map_or(Flops::default(), Flops::of_solution), share),
            Action::Diffuse(k) => out.add_times(Flops::of_solution(&group.diffusion[*k].tree), share),
        }
    }
    out
}
