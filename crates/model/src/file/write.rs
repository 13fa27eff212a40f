//! A study as TOML.

use super::parts::PER;
use super::tables::{written_column, written_course, written_edges, written_names, written_spikes};
use crate::fit::Which;
use crate::network::{Bell, Delay, Learn, Located, Network, Per, Spread, Start, Weights, Wiring};
use crate::recordings::WEIGHTS;
use crate::space::{Places, Profile};
use crate::study::{Loss, Optimiser, Study};
use std::fmt::Write;

/// Text in the quotes of TOML.
pub(super) fn quoted(text: &str) -> String {
    // `toml` prefers multi-line strings for text with line breaks; one line each is what `diff` wants.
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => _ = write!(out, "\\u{:04X}", u32::from(c)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A key, quoted where TOML wants it.
pub(super) fn key(text: &str) -> String {
    let bare = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if bare { text.into() } else { quoted(text) }
}

/// The shortest text that reads back as the same number.
pub(super) fn number(x: f64) -> String {
    format!("{x:?}")
}

pub(super) fn list(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(", "))
}

pub(super) fn table(items: impl IntoIterator<Item = (String, String)>) -> String {
    let all: Vec<_> = items.into_iter().map(|(k, v)| format!("{k} = {v}")).collect();
    if all.is_empty() { "{}".into() } else { format!("{{ {} }}", all.join(", ")) }
}

/// A number, and its unit if it has one.
pub(super) fn quantity((x, unit): &(f64, Option<String>)) -> String {
    unit.as_ref().map_or_else(|| number(*x), |u| quoted(&format!("{x:?} {u}")))
}

/// The model file of a study: reading it gives the same study, spans and source apart.
pub fn write(study: &Study) -> String {
    let mut lines = vec![format!("title = {}", quoted(&study.network.title))];
    network(&study.network, &mut lines);
    let mut line = |k: &str, v: String| lines.push(if v.is_empty() { k.to_string() } else { format!("{k} = {v}") });
    if let Some(d) = &study.data {
        line("\n[data]", String::new());
        line("source", quoted(&d.source));
        line("input", quoted(&d.input));
        line("test", number(d.test.value));
        line("validation", number(d.validation.value));
        line("intensity", quoted(if d.unit_rms { "unit-rms" } else { "as-is" }));
    }
    if let Some(l) = &study.learning {
        line("\n[learning]", String::new());
        line("readout", quoted(&l.readout));
        line("show", quoted(&format!("{:?} ms", l.show.value)));
        line("rest", quoted(&format!("{:?} ms", l.rest.value)));
        line("passes", l.passes.value.to_string());
        if let Some(n) = &l.samples {
            line("samples", n.value.to_string());
        }
    }
    if let Some(t) = &study.training {
        line("\n[training]", String::new());
        line(
            "loss",
            quoted(match t.loss.value {
                Loss::CrossEntropy => "cross-entropy",
                Loss::MeanSquare => "mean-square",
            }),
        );
        line("readout", quoted(&t.readout));
        let parts = |name: &str, numbers: &[(&str, f64)]| {
            table(std::iter::once(("name".to_string(), quoted(name))).chain(numbers.iter().map(|(k, x)| ((*k).to_string(), number(*x)))))
        };
        line(
            "optimiser",
            match t.optimiser.value {
                o if o == Optimiser::default() => quoted("adam"),
                Optimiser::Adam { beta1, beta2, epsilon } => parts("adam", &[("beta1", beta1), ("beta2", beta2), ("epsilon", epsilon)]),
                Optimiser::Sgd { momentum } => parts("sgd", &[("momentum", momentum)]),
            },
        );
        line("learning-rate", number(t.learning_rate.value));
        line("schedule", quoted(&t.schedule));
        line("batch", t.batch.value.to_string());
        line("epochs", t.epochs.value.to_string());
        if let Some(p) = t.patience {
            line("patience", p.to_string());
        }
        line("weight-decay", number(t.weight_decay));
        line("label-smoothing", number(t.label_smoothing));
        line("input-noise", number(t.input_noise));
        line("freeze", list(t.freeze.iter().map(|f| quoted(f))));
    }
    if let Some(c) = &study.comparison {
        line("\n[compare]", String::new());
        line("population", quoted(&c.population));
        line("levels", table(c.levels.iter().map(|(k, v)| (key(k), quoted(v)))));
        if !c.notes.is_empty() {
            line("notes", table(c.notes.iter().map(|(k, v)| (key(k), quoted(v)))));
        }
    }
    lines.join("\n") + "\n"
}

fn start(s: &Start) -> (String, String) {
    let number = |x: f64| quantity(&(x, s.unit.map(|u| u.to_string())));
    let pair = |form: &str, a: f64, b: f64| table([(form.to_string(), list([number(a), number(b)]))]);
    let text = match s.spread {
        Spread::Constant(x) => number(x),
        Spread::Uniform(a, b) => pair("uniform", a, b),
        Spread::Normal(a, b) => pair("normal", a, b),
        Spread::Lognormal(a, b) => pair("lognormal", a, b),
        Spread::Clipped(bell, low, high) => clipped(bell, low, high, number),
    };
    (key(&s.variable), text)
}

/// A distribution between bounds; `number` writes one with its unit.
fn clipped(bell: Bell, low: f64, high: f64, number: impl Fn(f64) -> String) -> String {
    let (form, a, b) = match bell {
        Bell::Normal(a, b) => ("normal", a, b),
        Bell::Lognormal(a, b) => ("lognormal", a, b),
    };
    let bounds = [("min", low), ("max", high)].into_iter().filter(|(_, x)| x.is_finite()).map(|(k, x)| (k.to_string(), number(x)));
    table([(form.to_string(), list([number(a), number(b)]))].into_iter().chain(bounds))
}

/// What falls with distance: `most` is what there is at none, as it is written.
fn profile(profile: &Profile, most: impl Fn(f64) -> String) -> String {
    let (form, p, s) = match profile {
        Profile::Gaussian(p, s) => ("gaussian", p, s),
        Profile::Exponential(p, s) => ("exponential", p, s),
        Profile::Within(p, s) => ("within", p, s),
    };
    table([(form.to_string(), list([most(*p), quoted(&format!("{s:?} um"))]))])
}

fn wiring(w: &Wiring) -> String {
    match w {
        Wiring::AllToAll => quoted("all-to-all"),
        Wiring::AllToOthers => quoted("all-to-others"),
        Wiring::OneToOne => quoted("one-to-one"),
        Wiring::Shift(n) => table([("shift".to_string(), n.to_string())]),
        Wiring::Random(x) => table([("random".to_string(), number(*x))]),
        Wiring::InDegree(n) => table([("in-degree".to_string(), n.to_string())]),
        Wiring::OutDegree(n) => table([("out-degree".to_string(), n.to_string())]),
        Wiring::Total(n) => table([("total".to_string(), n.to_string())]),
        Wiring::Connected(x) => table([("connected".to_string(), number(*x))]),
        Wiring::SmallWorld(near, again) => table([("small-world".to_string(), list([near.to_string(), number(*again)]))]),
        Wiring::Distance(of) => profile(of, number),
        Wiring::Convolution(k) => {
            let mut all = vec![("convolution".to_string(), list(k.size.iter().map(ToString::to_string)))];
            if !k.numbers.is_empty() {
                // Rows of the last direction become lists, those lists of the one before, and so on.
                let row = |items: Vec<String>, n: &usize| items.chunks(*n).map(|row| list(row.iter().cloned())).collect();
                let nested = k.size.iter().rev().fold(k.numbers.iter().map(|x| number(*x)).collect(), row);
                all.push(("kernel".to_string(), nested.concat()));
            }
            all.push(("stride".to_string(), k.stride.to_string()));
            all.push(("padding".to_string(), k.padding.to_string()));
            table(all)
        }
        Wiring::Table(edges) => written_edges(edges),
        Wiring::Pairs(pairs) => {
            let pairs = pairs.iter().map(|(from, to)| list([from.to_string(), to.to_string()]));
            table([("pairs".to_string(), list(pairs))])
        }
    }
}

fn network(n: &Network, lines: &mut Vec<String>) {
    let mut line = |k: &str, v: String| lines.push(if v.is_empty() { k.to_string() } else { format!("{k} = {v}") });
    let ms = |x: f64| quoted(&format!("{x:?} ms"));
    if n.dt.is_some() || n.presentation.is_some() || n.precision.is_some() || n.spikes.is_some() {
        line("\n[time]", String::new());
        if let Some(x) = &n.dt {
            line("step", ms(x.value));
        }
        if let Some(x) = &n.presentation {
            line("presentation", ms(x.value));
        }
        if let Some(x) = &n.precision {
            line("precision", quoted(x.value.name()));
        }
        if let Some(x) = &n.spikes {
            line("spikes", quoted(x.value.name()));
        }
    }
    for p in &n.populations {
        line(&format!("\n[population.{}]", key(&p.name)), String::new());
        match &p.names {
            Some(names) => line("names", written_names(&names.value)),
            None => line("size", p.size.value.to_string()),
        }
        match &p.others[..] {
            [] => line("neuron", quoted(&p.neuron)),
            others => line("neuron", list(std::iter::once(&p.neuron).chain(others).map(|w| quoted(w)))),
        }
        if let Some(t) = &p.spike_table {
            line("times", written_spikes(&t.value));
        } else if !p.times.is_empty() {
            line("times", list(p.times.iter().map(|t| list(t.value.iter().map(|x| ms(*x))))));
        }
        if let Some(rate) = &p.poisson {
            line("poisson", quoted(&format!("{:?} /ms", rate.value)));
        }
        if let Some(c) = &p.correlation {
            line("correlation", number(c.value));
        }
        if let Some(s) = &p.space {
            let um = |x: &f64| quoted(&format!("{x:?} um"));
            let places = match &s.value.places {
                Places::Grid(counts, spacing) => {
                    vec![("grid".to_string(), list(counts.iter().map(ToString::to_string))), ("spacing".to_string(), um(spacing))]
                }
                Places::Random(sides) => vec![("random".to_string(), list(sides.iter().map(um)))],
            };
            line("space", table(places.into_iter().chain([("periodic".to_string(), s.value.periodic.to_string())])));
        }
        if let Some(sign) = &p.sends {
            line("sends", quoted(sign.value.name()));
        }
        if let Some(x) = &p.spikes {
            line("spikes", quoted(x.value.name()));
        }
        if !p.parameters.is_empty() {
            line("parameters", table(p.parameters.iter().map(|(k, v)| (key(k), quantity(&v.value)))));
        }
        if !p.learn.is_empty() {
            let entry = |l: &Learn| match PER.iter().find(|p| p.1 == l.per) {
                Some((word, per)) if *per != Per::default() => {
                    table([("parameter".to_string(), quoted(&l.name)), ("per".to_string(), quoted(word))])
                }
                _ => quoted(&l.name),
            };
            line("learn", list(p.learn.iter().map(entry)));
        }
        if let Some(s) = &p.readout_scale {
            line("readout-scale", number(s.value));
        }
        if let Some(s) = &p.surrogate {
            line("surrogate", table([("shape".to_string(), quoted(&s.value.0)), ("width".to_string(), number(s.value.1))]));
        }
        if let Some(b) = p.bias {
            line("bias", b.to_string());
        }
        if !p.starts.is_empty() {
            line("start", table(p.starts.iter().map(start)));
        }
    }
    for p in &n.projections {
        line("\n[[projection]]", String::new());
        p.name.iter().for_each(|name| line("name", quoted(name)));
        line("from", quoted(&p.from));
        line("to", quoted(&p.to));
        line("wiring", wiring(&p.wiring));
        for (k, flag) in [("autapses", &p.copies.autapses), ("multapses", &p.copies.multapses)] {
            if let Some(flag) = flag {
                line(k, flag.value.to_string());
            }
        }
        let column = |c: &Option<Located<Which>>| written_column(&c.as_ref().map(|c| c.value.clone()).unwrap_or_default());
        let unit = p.unit.as_ref().map(|u| u.value.to_string());
        let number = |x: f64| unit.as_ref().map_or_else(|| number(x), |u| quantity(&(x, Some(u.clone()))));
        let pair = |form: &str, a: f64, b: f64| table([(form.to_string(), list([number(a), number(b)]))]);
        match p.weights.value {
            Weights::UnitVariance => {}
            Weights::Normal(mean, sd) => line("weights", pair("normal", mean, sd)),
            Weights::Uniform(a, b) => line("weights", pair("uniform", a, b)),
            Weights::Lognormal(mean, sd) => line("weights", pair("lognormal", mean, sd)),
            Weights::Constant(c) => line("weights", table([("constant".to_string(), number(c))])),
            Weights::Clipped(bell, low, high) => line("weights", clipped(bell, low, high, number)),
            Weights::Distance(of) => line("weights", profile(&of, number)),
            Weights::Kernel(scale) => line("weights", table([("kernel".to_string(), number(scale))])),
            Weights::Column(scale) => {
                line("weights", table([("column".to_string(), column(&p.weight_column)), ("scale".to_string(), number(scale))]));
            }
        }
        match p.delay.as_ref().map(|d| d.value) {
            None => {}
            Some(Delay::Ms(t)) => line("delay", ms(t)),
            Some(Delay::Uniform(a, b)) => line("delay", table([("uniform".to_string(), list([ms(a), ms(b)]))])),
            Some(Delay::Normal(a, b)) => line("delay", table([("normal".to_string(), list([ms(a), ms(b)]))])),
            Some(Delay::Lognormal(a, b)) => line("delay", table([("lognormal".to_string(), list([ms(a), ms(b)]))])),
            Some(Delay::Clipped(bell, low, high)) => line("delay", clipped(bell, low, high, ms)),
            Some(Delay::Column(scale)) => {
                line("delay", table([("column".to_string(), column(&p.delay_column)), ("scale".to_string(), ms(scale))]));
            }
            Some(Delay::Distance(base, speed)) => {
                line("delay", table([("base".to_string(), ms(base)), ("speed".to_string(), quoted(&format!("{speed:?} um/ms")))]));
            }
            Some(Delay::Frames(n)) => line("delay", quoted(&format!("{n} frame{}", if n == 1 { "" } else { "s" }))),
            Some(Delay::Either(n, t)) => line("delay", table([("frames".to_string(), n.to_string()), ("time".to_string(), ms(t))])),
        }
        if let Some(l) = p.learn {
            line("learn", l.to_string());
        }
        if !p.plasticity.is_empty() {
            let one = |u: &crate::network::RuleUse| {
                let rule = ("rule".to_string(), quoted(&u.rule));
                let numbers = u.parameters.iter().map(|(k, v)| (key(k), quantity(&v.value)));
                let signals = u.signals.iter().map(|(k, v)| (key(k), quoted(v)));
                table(std::iter::once(rule).chain(numbers).chain(signals))
            };
            line("plasticity", list(p.plasticity.iter().map(one)));
        }
        if let Some(n) = &p.normalise {
            let sum = quantity(&(n.value.sum, n.value.unit.as_ref().map(|u| u.to_string())));
            line("normalise", table([("sum".to_string(), sum), ("every".to_string(), ms(n.value.every))]));
        }
        if let Some(s) = &p.structure {
            let weight = |(x, unit): &(f64, Option<homolog_base::Unit>)| quantity(&(*x, unit.as_ref().map(|u| u.to_string())));
            let s = &s.value;
            line(
                "structure",
                table([
                    ("every".to_string(), ms(s.every)),
                    ("prune".to_string(), weight(&s.prune)),
                    ("grow".to_string(), format!("{:?}", s.grow)),
                    ("weight".to_string(), weight(&s.weight)),
                    ("begin".to_string(), format!("{:?}", s.begin)),
                ]),
            );
        }
    }
    for x in &n.noise {
        line("\n[[noise]]", String::new());
        line("population", quoted(&x.population));
        line("poisson", quoted(&format!("{:?} /ms", x.rate.value)));
        line("weight", quantity(&(x.weight.value, x.unit.as_ref().map(|u| u.value.to_string()))));
    }
    for x in &n.noise_currents {
        let unit = || Some(x.unit.value.to_string());
        line("\n[[noise]]", String::new());
        line("population", quoted(&x.population));
        let mean = ("mean".to_string(), quantity(&(x.mean, unit())));
        let deviation = ("deviation".to_string(), quantity(&(x.deviation, unit())));
        line("current", table([mean, deviation, ("tau".to_string(), ms(x.tau))]));
    }
    for x in &n.gaps {
        let end = |e: &crate::network::GapEnd| match &e.branch {
            None if e.position == 0.5 => quoted(&e.population),
            branch => {
                let branch = branch.iter().map(|b| ("branch".to_string(), quoted(b)));
                let population = ("population".to_string(), quoted(&e.population));
                table([population].into_iter().chain(branch).chain([("position".to_string(), number(e.position))]))
            }
        };
        line("\n[[gap]]", String::new());
        line("from", end(&x.from));
        line("to", end(&x.to));
        line("wiring", wiring(&x.wiring));
        line("mechanism", quoted(&x.mechanism));
        if !x.parameters.is_empty() {
            line("parameters", table(x.parameters.iter().map(|(k, v)| (key(k), quantity(&v.value)))));
        }
    }
    for x in &n.stimuli {
        line("\n[[stimulus]]", String::new());
        line("population", quoted(&x.population));
        if let Some(n) = &x.neurons {
            line("neurons", list(n.value.iter().map(usize::to_string)));
        } else if !x.named.is_empty() {
            line("neurons", list(x.named.iter().map(|n| quoted(n))));
        }
        if !x.branch.is_empty() {
            line("branch", quoted(&x.branch));
            line("position", number(x.position));
        }
        if let Some(c) = &x.course {
            line("current", written_course(&c.value));
            continue;
        }
        line("delay", ms(x.delay.value));
        line("duration", ms(x.duration.value));
        let unit = x.unit.as_ref().map_or_else(|| "nA".to_string(), |u| u.value.to_string());
        line("amplitude", quantity(&(x.amplitude.value, Some(unit))));
    }
    for x in &n.recordings {
        line("\n[[record]]", String::new());
        line("population", quoted(&x.population));
        line("variable", quoted(&x.variable));
        if let Some(n) = &x.neurons {
            line("neurons", list(n.value.iter().map(usize::to_string)));
        } else if !x.named.is_empty() {
            line("neurons", list(x.named.iter().map(|n| quoted(n))));
        }
        if let Some(b) = &x.branch {
            line("branch", quoted(b));
        }
        if let Some(p) = x.position {
            line("position", number(p));
        }
        if !x.electrodes.is_empty() {
            let place = |e: &Located<[f64; 3]>| list(e.value.iter().map(|x| quoted(&format!("{x:?} um"))));
            line("electrode", list(x.electrodes.iter().map(place)));
        }
        if let Some(c) = x.conductivity {
            line("conductivity", quoted(&format!("{c:?} S/m")));
        }
    }
    for x in &n.weight_recordings {
        line("\n[[record]]", String::new());
        line("variable", quoted(WEIGHTS));
        line("from", quoted(&x.from));
        line("to", quoted(&x.to));
        x.name.iter().for_each(|name| line("name", quoted(name)));
        if let Some(every) = &x.every {
            line("every", ms(every.value));
        }
    }
}
