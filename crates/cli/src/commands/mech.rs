//! `homolog mech`: what a mechanism is, and its current under voltage clamp.

use super::Done;
use crate::{figure, terminal, work};
use homolog_base::{Diagnostic, has_errors};
use homolog_formats::atomic;
use homolog_ir::{Mechanism, Role};
use homolog_measure::clamp::{self, Clamp, Clamped, Refusal};
use homolog_model::plasticity::{self, Heard, Memory};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Recorded values by name.
type Traces = Vec<(String, Vec<f64>)>;

/// Potentials that are clamped when none are given, mV.
const CLAMPS: [f64; 7] = [-90.0, -60.0, -40.0, -20.0, 0.0, 20.0, 40.0];

/// Say what a mechanism is: parameters, ions, states, gates over potential, and its current under voltage clamp
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  homolog mech na.mod                          what it is, as a table\n  homolog mech na.mod --html na.html           with plots\n  homolog mech syn.mod --events 10,20,30 --weight 0.01 --html syn.html   a synapse that receives spikes\n  homolog mech na.mod --clamp=-40,0 --json     numbers: {mechanism, runs: [{v_mv, t_ms, i, states}]}\n\nThe clamp: one compartment of 100 um2 at -65 mV, from 5 ms on at each potential, to 55 ms, in steps of 0.025 ms;\nNEURON's default concentrations and reversal potentials. Currents in mA/cm2 (channels) or nA (point processes)."
)]
pub struct Args {
    /// Mechanism
    #[arg(value_name = "FILE.mod")]
    file: PathBuf,
    /// Temperature, degC
    #[arg(long, default_value_t = clamp::CELSIUS)]
    celsius: f64,
    /// Potentials from 5 ms on, mV
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true, value_name = "V1,V2,...")]
    clamp: Vec<f64>,
    /// Give a parameter or a port another value; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// When events arrive at its NET_RECEIVE, ms
    #[arg(long, value_delimiter = ',', value_name = "T1,T2,...")]
    events: Vec<f64>,
    /// Their weight, in the unit of the first argument of NET_RECEIVE
    #[arg(long, default_value_t = 1.0, allow_hyphen_values = true, requires = "events")]
    weight: f64,
    /// Interpolate where the file has TABLE, as NEURON does, instead of computing exactly
    #[arg(long)]
    neuron_tables: bool,
    /// Print one line of JSON to stdout
    #[arg(long, conflicts_with = "html")]
    json: bool,
    /// Write a page with plots
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// Describes; 1 when the file has errors.
pub fn run(args: &Args, color: bool) -> Done {
    let refuse = |problems: Vec<Diagnostic>| -> Done {
        if args.json {
            let all: Vec<_> = problems.iter().map(Diagnostic::to_json).collect();
            terminal::say(json!({ "files": [&args.file], "diagnostics": all }));
        } else {
            terminal::show(&problems, color);
        }
        Ok(terminal::code(&problems))
    };
    let (source, mut problems) = match work::read(&args.file) {
        Ok(found) => found,
        Err(d) => return refuse(vec![d]),
    };
    let (mechanism, found) = homolog_nmodl::read_as(&source, args.neuron_tables);
    problems.extend(found);
    let set = settings(&args.set, &mut problems);
    let Some(m) = mechanism.filter(|_| !has_errors(&problems)) else { return refuse(problems) };
    let potentials = if args.clamp.is_empty() { CLAMPS.to_vec() } else { args.clamp.clone() };
    if !args.events.is_empty() && m.receive.is_none() {
        problems.push(
            Diagnostic::error("mech-events", format!("`{}` has no NET_RECEIVE, so no event can arrive", m.name))
                .hint("leave --events out, or choose a synapse"),
        );
        return refuse(problems);
    }
    let clamp = match Clamp::new(&m, args.celsius, &set) {
        Ok(mut c) => {
            c.arrive(&args.events, args.weight);
            Some(c)
        }
        Err(Refusal::Neuron) => None,
        Err(e) => {
            problems.push(refusal(&m, &e));
            return refuse(problems);
        }
    };
    let runs: Vec<Clamped> = clamp.iter().flat_map(|c| potentials.iter().map(|v| c.clone().run(*v))).collect();
    if let Some(t) = runs.iter().find_map(|r| r.endless) {
        problems.push(
            Diagnostic::error("mech-endless", format!("at {t} ms `{}` sends itself events without end", m.name))
                .hint("a delay of net_send must be above 0 somewhere in the circle"),
        );
        return refuse(problems);
    }
    if args.json {
        terminal::say(json!({ "mechanism": describe(&m), "celsius": args.celsius, "runs": runs.iter().map(numbers).collect::<Vec<_>>() }));
        return Ok(terminal::code(&[]));
    }
    terminal::show(&problems, color);
    terminal::say(text(&m, clamp.as_ref()).trim_end());
    if let Some(path) = &args.html {
        let page = figure::html(&picture(&m, clamp.as_ref(), &runs, args.celsius));
        atomic::write(path, page.as_bytes()).map_err(|e| vec![e])?;
        terminal::say(format_args!("\n{}", path.display()));
    }
    Ok(terminal::code(&problems))
}

fn settings(all: &[String], problems: &mut Vec<Diagnostic>) -> Vec<(String, f64)> {
    let mut out = Vec::new();
    for s in all {
        match s.split_once('=').and_then(|(n, v)| Some((n.trim().to_string(), v.trim().parse().ok()?))) {
            Some(pair) => out.push(pair),
            None => problems.push(Diagnostic::error("mech-set", format!("`--set {s}` sets nothing")).hint("write --set name=number")),
        }
    }
    out
}

fn refusal(m: &Mechanism, e: &Refusal) -> Diagnostic {
    match e {
        Refusal::Neuron => Diagnostic::error("mech-neuron", "an ARTIFICIAL_CELL has no membrane to clamp"),
        Refusal::Unknown(name) => {
            let names = m.parameters.iter().map(|p| p.name.as_str()).chain(m.reads.iter().map(|p| p.name.as_str()));
            Diagnostic::error("mech-set", format!("`{}` has no parameter and no port `{name}`", m.name)).suggest(name, names)
        }
        Refusal::NotLinear(state) => Diagnostic::error("mech-step", format!("the equation of `{state}` cannot be solved")),
    }
}

fn kind(m: &Mechanism) -> &'static str {
    match m.role {
        Role::Channel => "SUFFIX",
        Role::Point => "POINT_PROCESS",
        Role::Neuron => "ARTIFICIAL_CELL",
        Role::Plasticity => "PLASTICITY",
    }
}

fn describe(m: &Mechanism) -> Value {
    let unit = |u: homolog_base::Unit| u.to_string();
    let parameters: Vec<Value> = m
        .parameters
        .iter()
        .map(|p| json!({ "name": p.name, "unit": unit(p.unit), "default": p.default, "limits": p.limits, "range": p.range }))
        .collect();
    let ions: Vec<Value> =
        m.ions.iter().map(|i| json!({ "name": i.name, "valence": i.valence, "reads": i.reads, "writes": i.writes })).collect();
    let states: Vec<Value> = m.states.iter().map(|s| json!({ "name": s.name, "unit": unit(s.unit) })).collect();
    let port = |p: &homolog_ir::Port| json!({ "name": p.name, "unit": unit(p.unit) });
    let mut out = json!({
        "name": m.name, "kind": kind(m), "title": m.title, "parameters": parameters, "ions": ions, "states": states,
        "reads": m.reads.iter().map(port).collect::<Vec<_>>(), "currents": m.currents.iter().map(port).collect::<Vec<_>>(),
    });
    for (whose, names) in kept(m) {
        out["kept_by"][whose] = json!(names);
    }
    out
}

/// Of a rule of plasticity: what of its states a connection keeps, a sender and a receiver, where that is all that it takes.
fn kept(m: &Mechanism) -> Vec<(&'static str, Vec<String>)> {
    if m.role != Role::Plasticity {
        return vec![];
    }
    // Whose a state is depends on no number, and not on who is heard.
    let rule = plasticity::rule(m, &BTreeMap::new(), 1.0, |_| Some(Heard::Value(0)));
    let names = |all: &[Memory]| all.iter().map(|x| x.name.clone()).collect();
    rule.map_or_else(
        |_| vec![],
        |r| {
            let own = std::iter::once(r.weight.clone()).chain(names(&r.connection)).collect();
            vec![("connection", own), ("sender", names(&r.sender)), ("receiver", names(&r.receiver))]
        },
    )
}

fn numbers(c: &Clamped) -> Value {
    let named =
        |all: &[(String, Vec<f64>)]| -> Value { all.iter().map(|(n, v)| (n.clone(), json!(v))).collect::<serde_json::Map<_, _>>().into() };
    json!({ "v_mv": c.potential, "t_ms": c.times, "v": c.potentials, "i": named(&c.currents), "states": named(&c.states), "events_ms": c.events })
}

/// The description as it is printed.
fn text(m: &Mechanism, clamp: Option<&Clamp>) -> String {
    let mut out = format!("{} {}\n", kind(m), m.name);
    if !m.title.is_empty() {
        let _ = writeln!(out, "{}", m.title);
    }
    let mut list = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let _ = writeln!(out, "\n{title}\n{}", lines.join("\n"));
        }
    };
    let wide = m.parameters.iter().map(|p| p.name.len()).max().unwrap_or(0);
    list("Parameters", m.parameters.iter().map(|p| format!("  {:wide$}  {} {}", p.name, p.default, p.unit)).collect());
    let ion = |i: &homolog_ir::Ion| {
        let part = |word: &str, names: &[String]| if names.is_empty() { String::new() } else { format!("  {word} {}", names.join(", ")) };
        format!("  {}{}{}", i.name, part("reads", &i.reads), part("writes", &i.writes))
    };
    list("Ions", m.ions.iter().map(ion).collect());
    list("Reads", m.reads.iter().map(|p| format!("  {} ({})", p.name, p.unit)).collect());
    list("States", m.states.iter().map(|s| format!("  {} ({})", s.name, s.unit)).collect());
    let whose = kept(m).into_iter().filter(|(_, names)| !names.is_empty());
    list("Kept by each", whose.map(|(whose, names)| format!("  {whose}: {}", names.join(", "))).collect());
    list("Currents", m.currents.iter().map(|p| format!("  {} ({})", p.name, p.unit)).collect());
    let Some(clamp) = clamp else {
        if m.role == Role::Neuron {
            out.push_str("\nAn ARTIFICIAL_CELL has no membrane to clamp.\n");
        }
        return out;
    };
    let at: Vec<Vec<clamp::Gate>> = CLAMPS.iter().map(|v| clamp::gates(m, clamp, *v)).collect();
    if at[0].is_empty() {
        return out;
    }
    out.push_str("\nSteady state and time constant (ms)\n       v");
    for g in &at[0] {
        let _ = write!(out, "  {:>12}  {:>12}", g.name, "tau");
    }
    for (v, gates) in CLAMPS.iter().zip(&at) {
        let _ = write!(out, "\n  {v:>6}");
        for g in gates {
            let _ = write!(out, "  {:>12.5}  {:>12.5}", g.steady, g.time_constant);
        }
    }
    out.push('\n');
    out
}

fn picture(m: &Mechanism, clamp: Option<&Clamp>, runs: &[Clamped], celsius: f64) -> figure::Figure {
    let mut curves = clamp.map(|c| gates(m, c)).unwrap_or_default();
    let none = Traces::new();
    let mut panels = |kind: &str, unit: &dyn Fn(&str) -> String, pick: &dyn Fn(&Clamped) -> &Traces| {
        for (k, (name, _)) in runs.first().map_or(&none, pick).iter().enumerate() {
            let line = |run: &Clamped| {
                let points = run.times.iter().copied().zip(pick(run)[k].1.iter().copied()).collect();
                figure::Line { name: format!("{} mV", run.potential), unit: unit(name), points }
            };
            curves.push(figure::Curves {
                title: format!("{kind} {name}"),
                over: "time, ms".into(),
                lines: runs.iter().map(line).collect(),
            });
        }
    };
    let current =
        |n: &str| m.currents.iter().find(|p| p.name.trim_end_matches("_membrane") == n).map_or_else(String::new, |p| p.unit.to_string());
    let state = |n: &str| {
        let unit = m.states.iter().find(|s| s.name == n).map_or_else(String::new, |s| s.unit.to_string());
        if unit == "1" { String::new() } else { unit }
    };
    panels("Current", &current, &|c| &c.currents);
    panels("State", &state, &|c| &c.states);
    let mut facts = vec![format!("{} {}, at {celsius} degC.", kind(m), m.name)];
    if !m.description.trim().is_empty() {
        facts.push(m.description.trim().to_string());
    }
    facts.push(m.parameters.iter().map(|p| format!("{} = {} {}", p.name, p.default, p.unit)).collect::<Vec<_>>().join(", "));
    if clamp.is_some() {
        facts.push("One compartment of 100 um2 at -65 mV, from 5 ms on at the potential that is named.".to_string());
    }
    facts.extend(kept(m).into_iter().filter(|k| !k.1.is_empty()).map(|(whose, names)| format!("Each {whose} keeps {}.", names.join(", "))));
    figure::Figure { title: m.name.clone(), facts, duration: 55.0, curves, ..figure::Figure::default() }
}

/// Steady states and time constants over the potential.
fn gates(m: &Mechanism, clamp: &Clamp) -> Vec<figure::Curves> {
    let (mut steady, mut slow): (Vec<figure::Line>, Vec<figure::Line>) = (vec![], vec![]);
    for v in (-120..=60).map(f64::from) {
        for (k, g) in clamp::gates(m, clamp, v).into_iter().enumerate() {
            for (lines, unit, y) in [(&mut steady, "", g.steady), (&mut slow, "ms", g.time_constant)] {
                if lines.len() <= k {
                    lines.push(figure::Line { name: g.name.clone(), unit: unit.into(), points: vec![] });
                }
                lines[k].points.push((v, y));
            }
        }
    }
    let panel = |title: &str, lines: Vec<figure::Line>| figure::Curves { title: title.into(), over: "potential (mV)".into(), lines };
    [("Steady states", steady), ("Time constants", slow)].into_iter().filter(|(_, l)| !l.is_empty()).map(|(t, l)| panel(t, l)).collect()
}
