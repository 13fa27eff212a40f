//! From the lines of `INTERFACE` to what a network needs to know of a neuron.

use crate::ast::{InterfaceItem, InterfaceKind, Name, Quantity};
use crate::program::Program;
use crate::units::{factor, show};
use homolog_base::{Diagnostic, Span, Unit};
use homolog_ir::{Interface, Mechanism, Readout, Receptor, Role, Shape, Signal, Surrogate};

/// The variable of the file that a line speaks of.
pub(crate) fn named(item: &InterfaceItem) -> Option<String> {
    match &item.kind {
        InterfaceKind::Word(n) if matches!(item.keyword.text.as_str(), "SIGNAL" | "DRIVE" | "CURRENT") => Some(n.text.clone()),
        InterfaceKind::Readout { variable: Some(v), .. } => Some(v.text.clone()),
        _ => None,
    }
}

struct Reader<'p, 'a, 'm> {
    p: &'p mut Program<'a>,
    m: &'m Mechanism,
    items: &'a [InterfaceItem],
}

/// The interface, or none when something in it is wrong.
pub(crate) fn lower<'a>(p: &mut Program<'a>, m: &Mechanism, items: &'a [InterfaceItem], span: Span) -> Option<Interface> {
    let problems = p.problems.len();
    if m.role != Role::Neuron {
        p.error(
            "nmodl-interface",
            "only an ARTIFICIAL_CELL has an INTERFACE",
            span,
            "this describes a neuron for a network",
            "remove it, or write ARTIFICIAL_CELL",
        );
        return None;
    }
    let mut r = Reader { p, m, items };
    let out = r.read(span);
    if r.p.problems[problems..].iter().any(|d| d.severity == homolog_base::Severity::Error) { None } else { out }
}

impl<'a> Reader<'_, 'a, '_> {
    fn read(&mut self, span: Span) -> Option<Interface> {
        self.twice();
        let ms = crate::units::ms();
        let spikes = self.word("SIGNAL").is_some_and(|s| s.text == "spike");
        self.missing(spikes, span);
        let signal = self.signal();
        let drive = self.port("DRIVE");
        let weight = match &drive {
            Some(port) => self.size("WEIGHT", port.1, &format!("the port `{}`", port.0)).unwrap_or(1.0),
            None => {
                if let Some(q) = self.item("WEIGHT") {
                    self.p.error(
                        "nmodl-interface",
                        "WEIGHT says how large a weight is in DRIVE, but there is no DRIVE",
                        q.keyword.span,
                        "`DRIVE port` was expected too",
                        "add DRIVE, or remove WEIGHT",
                    );
                }
                1.0
            }
        };
        let event = self.event();
        let positive = self.receptor("POSITIVE");
        let negative = self.receptor("NEGATIVE");
        let synaptic_current = self.port("CURRENT");
        if let Some((name, unit)) = &synaptic_current
            && Unit::parse("nA").is_ok_and(|na| !crate::units::agree(*unit, na))
        {
            let span = self.word("CURRENT").map_or(span, |n| n.span);
            self.p.error(
                "nmodl-unit",
                format!("receptors give a current in nA, but `{name}` is in {}", show(*unit)),
                span,
                "a port in (nA) was expected",
                "declare it in (nA)",
            );
        }
        let presentation = self.size("PRESENTATION", ms, "a time").unwrap_or(0.0);
        let settle = self.size("SETTLE", ms, "a time").unwrap_or(0.0);
        let dt = self.size("STEP", ms, "a time").unwrap_or(0.0);
        let delay = self.size("DELAY", ms, "a time").unwrap_or(0.0);
        if presentation > 0.0 && settle >= presentation {
            let span = self.item("SETTLE").map_or(span, |i| i.span);
            self.p.error(
                "nmodl-interface",
                format!("after SETTLE {settle} ms nothing is left of PRESENTATION {presentation} ms"),
                span,
                "a shorter time was expected",
                "SETTLE is part of PRESENTATION",
            );
        }
        let surrogate = self.surrogate();
        let restart = self.restart();
        let reset_attached = self.reset();
        let (readout, readout_scale) = self.readout(spikes)?;
        let activity = self.size("ACTIVITY", Unit::ONE, "a mean activity").unwrap_or(0.0);
        Some(Interface {
            signal: signal?,
            drive: drive.map(|d| d.0),
            weight,
            event,
            positive,
            negative,
            synaptic_current: synaptic_current.map(|c| c.0),
            presentation,
            settle,
            dt,
            delay,
            surrogate,
            restart,
            reset_attached,
            readout,
            readout_scale,
            activity,
        })
    }

    fn item(&self, keyword: &str) -> Option<&'a InterfaceItem> {
        self.items.iter().find(|i| i.keyword.text == keyword)
    }

    fn word(&self, keyword: &str) -> Option<&'a Name> {
        match &self.item(keyword)?.kind {
            InterfaceKind::Word(n) => Some(n),
            _ => None,
        }
    }

    fn twice(&mut self) {
        for (k, i) in self.items.iter().enumerate() {
            if let Some(first) = self.items[..k].iter().find(|j| j.keyword.text == i.keyword.text) {
                let d = Diagnostic::error("nmodl-duplicate", format!("INTERFACE says {} twice", i.keyword.text))
                    .at(self.p.source, i.keyword.span, "it was expected once")
                    .at(self.p.source, first.keyword.span, "it stands here already")
                    .hint("remove one of the two");
                self.p.problems.push(d);
            }
        }
    }

    fn missing(&mut self, spikes: bool, span: Span) {
        let mut needed = vec!["SIGNAL", "READOUT", "ACTIVITY"];
        if spikes {
            needed.extend(["PRESENTATION", "STEP"]);
        }
        if self.item("DRIVE").is_some() {
            needed.push("WEIGHT");
        }
        if self.item("POSITIVE").is_some() || self.item("NEGATIVE").is_some() {
            needed.push("CURRENT");
        }
        needed.retain(|k| self.item(k).is_none());
        if !needed.is_empty() {
            let d = Diagnostic::error("nmodl-interface", format!("INTERFACE does not say {}", needed.join(", ")))
                .at(self.p.source, span, format!("{} was expected in this block", needed.join(", ")))
                .hint("docs/nmodl-extensions.md says what each of them means; library/neurons/lif.mod is an example");
            self.p.problems.push(d);
        }
    }

    /// A quantity in the unit that is wanted.
    fn convert(&mut self, q: &Quantity, wanted: Unit, what: &str) -> Option<f64> {
        let Some(text) = &q.unit else {
            if crate::units::agree(wanted, Unit::ONE) {
                return Some(q.value);
            }
            self.p.error(
                "nmodl-unit",
                format!("this number has no unit, but {what} is in {}", show(wanted)),
                q.span,
                format!("({}) was expected", show(wanted)),
                format!("write `{} ({})`", q.value, show(wanted)),
            );
            return None;
        };
        let unit = self.p.unit(text)?;
        let f = factor(unit, wanted);
        if f.is_none() {
            self.p.error(
                "nmodl-unit",
                format!("{what} is in {}, not in {}", show(wanted), show(unit)),
                text.span,
                format!("({}) was expected", show(wanted)),
                "give it in a unit of the same dimension",
            );
        }
        Some(q.value * crate::check::round(f?))
    }

    fn size(&mut self, keyword: &str, wanted: Unit, what: &str) -> Option<f64> {
        let item = self.item(keyword)?;
        let InterfaceKind::Quantity(q) = &item.kind else { return None };
        let x = self.convert(q, wanted, what)?;
        let may_be_zero = matches!(keyword, "SETTLE" | "STEP" | "DELAY" | "PRESENTATION");
        let signed = matches!(keyword, "WEIGHT" | "EVENT");
        if (!signed && x < 0.0) || (!may_be_zero && x == 0.0) {
            self.p.error("nmodl-limits", format!("{keyword} cannot be {x}"), q.span, "a number above 0 was expected", "give it a size");
        }
        Some(x)
    }

    fn port(&mut self, keyword: &str) -> Option<(String, Unit)> {
        let name = self.word(keyword)?;
        match self.m.reads.iter().find(|r| r.name == name.text) {
            Some(port) => Some((port.name.clone(), port.unit)),
            None => {
                let names: Vec<&str> = self.m.reads.iter().map(|r| r.name.as_str()).collect();
                let d = Diagnostic::error("nmodl-interface", format!("{keyword} `{}` is not an input", name.text))
                    .at(self.p.source, name.span, "an ASSIGNED variable that is read and never assigned was expected")
                    .suggest(&name.text, names);
                self.p.problems.push(d);
                None
            }
        }
    }

    fn signal(&mut self) -> Option<Signal> {
        let name = self.word("SIGNAL")?;
        if name.text == "spike" {
            if self.m.spike.is_none() {
                self.p.error(
                    "nmodl-interface",
                    "SIGNAL spike needs a SPIKE block",
                    name.span,
                    "the file does not say when the neuron spikes",
                    "add `SPIKE (v > vth) { v = vreset }`",
                );
            }
            return Some(Signal::Spike);
        }
        let states = self.m.states.iter().map(|s| s.name.as_str());
        let names: Vec<&str> = self.m.breakpoint.outputs.iter().map(|(p, _)| p.name.as_str()).chain(states).chain(["spike"]).collect();
        if names.contains(&name.text.as_str()) {
            return Some(Signal::Value(name.text.clone()));
        }
        let d = Diagnostic::error("nmodl-interface", format!("SIGNAL `{}` is neither `spike` nor assigned in BREAKPOINT", name.text))
            .at(self.p.source, name.span, "a variable with a value was expected")
            .suggest(&name.text, names);
        self.p.problems.push(d);
        None
    }

    fn event(&mut self) -> Option<f64> {
        let item = self.item("EVENT")?;
        let Some(first) = self.m.receive.as_ref().and_then(|r| r.arguments.first()).cloned() else {
            self.p.error(
                "nmodl-interface",
                "EVENT needs a NET_RECEIVE with an argument",
                item.keyword.span,
                "the file does not say what an event does",
                "add `NET_RECEIVE (w (mV)) { v = v + w }`",
            );
            return None;
        };
        self.size("EVENT", first.unit, &format!("the argument `{}` of NET_RECEIVE", first.name))
    }

    fn receptor(&mut self, keyword: &str) -> Option<Receptor> {
        let item = self.item(keyword)?;
        let InterfaceKind::Receptor { mechanism, parameters, weight } = &item.kind else { return None };
        for (k, (name, _)) in parameters.iter().enumerate() {
            if parameters[..k].iter().any(|(n, _)| n.text == name.text) {
                self.p.error(
                    "nmodl-duplicate",
                    format!("parameter `{}` is given twice", name.text),
                    name.span,
                    "a new name was expected",
                    "remove one of the two",
                );
            }
        }
        let Some(weight) = weight else {
            self.p.error(
                "nmodl-interface",
                format!("{keyword} does not say how large a weight of 1 is"),
                item.span,
                "`WEIGHT size` was expected after the synapse",
                "such as `WEIGHT 0.001 (uS)`",
            );
            return None;
        };
        let size = (weight.value, weight.unit.as_ref().and_then(|u| self.p.unit(u)));
        let parameter_spans = parameters.iter().map(|(n, q)| Span::new(n.span.start, q.span.end)).collect();
        let parameters = parameters.iter().map(|(n, q)| (n.text.clone(), q.value, q.unit.as_ref().and_then(|u| self.p.unit(u)))).collect();
        Some(Receptor {
            mechanism: mechanism.text.clone(),
            parameters,
            weight: size,
            span: item.span,
            parameter_spans,
            weight_span: weight.span,
        })
    }

    fn surrogate(&mut self) -> Option<Surrogate> {
        let item = self.item("SURROGATE")?;
        let InterfaceKind::Surrogate(name, width) = &item.kind else { return None };
        let Some(shape) = Shape::from_name(&name.text) else {
            let d = Diagnostic::error("nmodl-interface", format!("there is no surrogate derivative `{}`", name.text))
                .at(self.p.source, name.span, "the shape of a surrogate derivative was expected")
                .suggest(&name.text, Shape::names());
            self.p.problems.push(d);
            return None;
        };
        let Some(unit) = self.m.spike.as_ref().map(|s| s.unit) else {
            self.p.error(
                "nmodl-interface",
                "SURROGATE needs a SPIKE block",
                item.keyword.span,
                "it replaces the derivative of a spike",
                "remove it, or add SPIKE",
            );
            return None;
        };
        let width = {
            let w = self.convert(width, unit, "the condition of SPIKE")?;
            if w <= 0.0 {
                self.p.error(
                    "nmodl-limits",
                    format!("the width of a surrogate derivative cannot be {w}"),
                    width.span,
                    "a number above 0 was expected",
                    "give it a width",
                );
            }
            w
        };
        Some(Surrogate { shape, width })
    }

    fn reset(&mut self) -> bool {
        let Some(name) = self.word("RESET") else { return false };
        match name.text.as_str() {
            "attached" => true,
            "detached" => false,
            _ => {
                let d = Diagnostic::error("nmodl-interface", format!("a reset is not `{}`", name.text))
                    .at(self.p.source, name.span, "`detached` or `attached` was expected")
                    .suggest(&name.text, ["detached", "attached"]);
                self.p.problems.push(d);
                false
            }
        }
    }

    /// The state that begins at zero with every presentation, and so at the first, too.
    fn restart(&mut self) -> Option<String> {
        let name = self.word("RESTART")?;
        let Some(state) = self.m.states.iter().find(|s| s.name == name.text) else {
            let names: Vec<&str> = self.m.states.iter().map(|s| s.name.as_str()).collect();
            let d = Diagnostic::error("nmodl-interface", format!("`{}` is not a state", name.text))
                .at(self.p.source, name.span, "the name of a state was expected")
                .suggest(&name.text, names);
            self.p.problems.push(d);
            return None;
        };
        let initial = &self.m.initial;
        let first = initial.output(&state.name).map(|o| &initial.body[initial.outputs[o].1.index()]);
        if !first.is_none_or(|op| matches!(op, homolog_ir::Op::Const(c) if c.0 == 0.0)) {
            self.p.error(
                "nmodl-interface",
                format!("`{}` begins at zero with every presentation, but INITIAL says something else", name.text),
                name.span,
                "a state that INITIAL sets to 0 was expected",
                "write its time since the beginning, or how far it is from there",
            );
        }
        Some(name.text.clone())
    }

    fn readout(&mut self, spikes: bool) -> Option<(Readout, f64)> {
        const HOW: [&str; 4] = ["value", "count", "filtered", "potential"];
        let item = self.item("READOUT")?;
        let InterfaceKind::Readout { how, variable, numbers } = &item.kind else { return None };
        if !HOW.contains(&how.text.as_str()) {
            let d = Diagnostic::error("nmodl-interface", format!("there is no readout `{}`", how.text))
                .at(self.p.source, how.span, "a kind of readout was expected")
                .suggest(&how.text, HOW);
            self.p.problems.push(d);
            return None;
        }
        if !spikes && matches!(how.text.as_str(), "count" | "filtered") {
            self.p.error(
                "nmodl-interface",
                format!("READOUT {} counts spikes, but SIGNAL is a value", how.text),
                how.span,
                "`value` or `potential` was expected",
                "write SIGNAL spike, or another readout",
            );
            return None;
        }
        let wanted = if how.text == "filtered" { 2 } else { 1 };
        if numbers.len() != wanted {
            let form = match how.text.as_str() {
                "filtered" => "READOUT filtered 10 (ms) 0.25",
                "potential" => "READOUT potential v 0.1 (/mV)",
                "count" => "READOUT count 0.25",
                _ => "READOUT value 1",
            };
            self.p.error(
                "nmodl-interface",
                format!("READOUT {} takes {wanted} number{}, not {}", how.text, if wanted == 1 { "" } else { "s" }, numbers.len()),
                item.span,
                format!("`{form}` was expected"),
                "the last number is the scale",
            );
            return None;
        }
        let scale = &numbers[wanted - 1];
        Some(match how.text.as_str() {
            "count" => (Readout::Count, self.convert(scale, Unit::ONE, "the scale of a count")?),
            "filtered" => {
                let tau = self.convert(&numbers[0], crate::units::ms(), "the time constant of a filter")?;
                (Readout::Filtered(tau), self.convert(scale, Unit::ONE, "the scale of a filtered train")?)
            }
            "potential" => {
                let name = variable.as_ref()?;
                if !self.m.states.iter().any(|s| s.name == name.text) {
                    let names: Vec<&str> = self.m.states.iter().map(|s| s.name.as_str()).collect();
                    let d = Diagnostic::error("nmodl-interface", format!("`{}` is not a state", name.text))
                        .at(self.p.source, name.span, "the name of a state was expected")
                        .suggest(&name.text, names);
                    self.p.problems.push(d);
                }
                let unit = self.m.states.iter().find(|s| s.name == name.text).map(|s| s.unit);
                (Readout::Potential(name.text.clone()), self.scale(scale, &name.text, unit)?)
            }
            _ => {
                let name = self.word("SIGNAL").map_or("", |n| n.text.as_str());
                let unit = self.m.breakpoint.outputs.iter().find(|(p, _)| p.name == name).map(|(p, _)| p.unit);
                (Readout::Value, self.scale(scale, name, unit)?)
            }
        })
    }

    /// What one unit of a variable is worth: with a unit, it must undo that of the variable; without one, it fits anything.
    fn scale(&mut self, q: &Quantity, variable: &str, unit: Option<Unit>) -> Option<f64> {
        match unit.filter(|_| q.unit.is_some()) {
            Some(unit) => self.convert(q, Unit::ONE / unit, &format!("the scale of `{variable}`")),
            None => Some(q.value),
        }
    }
}
