//! What can be wrong with a description by itself, whatever its neurons are.
//!
//! An empty name or a size of 0 stands for something that was reported where it was read; nothing more is said of it.

use super::walk::Reader;
use super::{INPUT, SPIKES};
use crate::network::{Located, Network, Population, Precision, Wiring};
use crate::recordings::RASTER;
use crate::study::Study;
use homolog_base::Diagnostic;
use std::collections::HashMap;

pub(super) fn study(r: &mut Reader<'_>, study: &Study) {
    let network = &study.network;
    time(r, network);
    precision(r, study);
    projections(r, network);
    clamps(r, network);
    if let Some(data) = &study.data
        && let Some(p) = population(r, network, &data.input)
        && !p.neuron.is_empty()
        && p.neuron.value != INPUT
    {
        let d = r.problem(
            "model-not-input",
            format!("the data cannot be shown to `{}`, which is not an input population", p.name.value),
            &data.input,
            "not an input population",
        );
        let inputs =
            network.populations.iter().filter(|p| p.neuron.value == INPUT).map(|p| format!("\"{}\"", p.name.value)).collect::<Vec<_>>();
        let d = d.at(r.source, p.neuron.span, "its neuron");
        r.problems.push(if inputs.is_empty() {
            d.hint("a population with `neuron = \"input\"` is needed")
        } else {
            d.hint(format!("use {}", inputs.join(" or ")))
        });
    }
    if let Some(training) = &study.training {
        if let Some(p) = population(r, network, &training.readout)
            && p.neuron.value == INPUT
        {
            let d = r.problem(
                "model-readout",
                format!("the loss cannot look at `{}`, which is an input", p.name.value),
                &training.readout,
                "an input population",
            );
            r.problems.push(d.hint("name the last population"));
        }
        for name in &training.freeze {
            population(r, network, name);
        }
        if let Some(data) = &study.data
            && training.patience.is_some()
            && data.validation.value == 0.0
        {
            let d = Diagnostic::error("model-patience", "`patience` needs a validation part, but `validation` is 0").at(
                r.source,
                data.source.span,
                "of these data",
            );
            r.problems.push(d.hint("add `validation = 0.1` to `[data]`, or remove `patience`"));
        }
    }
    let learns = study.training.as_ref().map(|t| t.readout.span).or(study.learning.as_ref().map(|l| l.readout.span));
    if let (Some(w), Some(span)) = (network.weight_recordings.first(), learns) {
        let d = Diagnostic::error("model-record", "weights are recorded of a network that is run for its own sake");
        let d = d.at(r.source, w.span, "recorded here").at(r.source, span, "but this learns from samples");
        r.problems.push(d.hint("remove one of the two"));
    }
    if let Some(learning) = &study.learning {
        population(r, network, &learning.readout);
        let span = learning.readout.span;
        if let Some(t) = &study.training {
            let d = Diagnostic::error(
                "model-learning",
                "a network learns by [training], with gradients, or by [learning], with rules of plasticity",
            );
            let d = d.at(r.source, span, "[learning]").at(r.source, t.readout.span, "[training]");
            r.problems.push(d.hint("remove one of the two"));
        }
        if study.data.is_none() {
            let d = Diagnostic::error("model-missing-key", "[learning] shows samples, and there is no [data]").at(
                r.source,
                span,
                "of which data?",
            );
            r.problems.push(d.hint("add `[data]` with `source` and `input`"));
        }
    }
    if let Some(compare) = &study.comparison {
        if let Some(p) = population(r, network, &compare.population)
            && p.neuron.value == INPUT
        {
            let d = r.problem(
                "model-compare",
                format!("`{}` is an input: it has no neuron to exchange", p.name.value),
                &compare.population,
                "an input population",
            );
            r.problems.push(d.hint("name a population of neurons"));
        }
        for (_, word) in &compare.levels {
            if word.value == INPUT {
                let d = r.problem("model-compare", "an input is not a level of detail".to_string(), word, "not a neuron");
                r.problems.push(d);
            }
        }
    }
}

impl Reader<'_> {
    fn problem<T>(&self, code: &'static str, message: String, place: &Located<T>, label: &str) -> Diagnostic {
        Diagnostic::error(code, message).at(self.source, place.span, label)
    }
}

/// The population of this name, or a problem.
fn population<'n>(r: &mut Reader<'_>, network: &'n Network, name: &Located<String>) -> Option<&'n Population> {
    let found = network.population(name).map(|k| &network.populations[k]);
    if found.is_none() && !name.is_empty() {
        let d = r.problem("model-unknown-population", format!("there is no population `{}`", name.value), name, "unknown population");
        r.problems.push(d.suggest(name, network.populations.iter().map(|p| p.name.as_str())));
    }
    found
}

fn time(r: &mut Reader<'_>, network: &Network) {
    if let (Some(dt), Some(presentation)) = (&network.dt, &network.presentation)
        && dt.value > presentation.value
    {
        let d = r.problem(
            "model-presentation",
            format!("a step of {} ms is longer than a presentation of {} ms", dt.value, presentation.value),
            dt,
            "the step",
        );
        r.problems.push(d.at(r.source, presentation.span, "the presentation"));
    }
}

/// What is trained has gradients, and those are of 64-bit numbers.
fn precision(r: &mut Reader<'_>, study: &Study) {
    if let (Some(p), Some(_)) = (&study.network.precision, &study.training)
        && p.value == Precision::Single
    {
        r.problems.push(Precision::not_trained().at(r.source, p.span, "the precision"));
    }
}

/// Stimuli and recordings: of populations that there are, and that have a membrane.
fn clamps(r: &mut Reader<'_>, network: &Network) {
    let stimulated = network.stimuli.iter().map(|s| (&s.population, "has no membrane into which a current could flow"));
    let recorded_spikes = |name: &Located<String>| {
        network.recordings.iter().any(|s| s.population == *name && ["spikes", RASTER].contains(&s.variable.value.as_str()))
    };
    let recorded = network.recordings.iter().map(|s| (&s.population, "has nothing to record: its values come from outside"));
    for w in &network.weight_recordings {
        population(r, network, &w.from);
        population(r, network, &w.to);
    }
    let touching = network.gaps.iter().flat_map(|g| [&g.from, &g.to]).map(|e| (&e.population, "has no membrane for a junction"));
    let noisy = network.noise.iter().map(|n| &n.population).chain(network.noise_currents.iter().map(|n| &n.population));
    let noisy = noisy.map(|name| (name, "receives nothing"));
    for (name, why) in stimulated.chain(recorded).chain(touching).chain(noisy) {
        if let Some(p) = population(r, network, name)
            && [INPUT, SPIKES].contains(&p.neuron.value.as_str())
            && !(p.neuron.value == SPIKES && recorded_spikes(name))
        {
            let what = format!("`{}` is a population of `{}` and {why}", p.name.value, p.neuron.value);
            let d = r.problem("model-input", what, name, "set from outside");
            r.problems.push(d.hint("name a population of neurons"));
        }
    }
}

fn projections(r: &mut Reader<'_>, network: &Network) {
    let mut seen = HashMap::new();
    for p in &network.projections {
        let from = population(r, network, &p.from);
        let to = population(r, network, &p.to);
        let (Some(from), Some(to)) = (from, to) else { continue };
        if [INPUT, SPIKES].contains(&to.neuron.value.as_str()) {
            let d = r.problem(
                "model-to-input",
                format!("`{}` is a population of `{}` and receives nothing", to.name.value, to.neuron.value),
                &p.to,
                "cannot receive",
            );
            r.problems.push(d);
        }
        // What a table says is known when it has been read.
        let known = from.size.value > 0 && to.size.value > 0 && !matches!(p.wiring.value, Wiring::Table(_));
        for (column, what) in [(&p.weight_column, "weights"), (&p.delay_column, "delays")] {
            if let Some(c) = column.as_ref().filter(|_| !matches!(p.wiring.value, Wiring::Table(_))) {
                let d =
                    r.problem("model-table", format!("{what} of a column need a wiring that is a table"), c, "a column of which table?");
                r.problems.push(d.hint("write `wiring = { table = \"edges.csv\" }`, or give a distribution"));
            }
        }
        if let Some(text) = p.wiring.fits(from.size.value, to.size.value).err().filter(|_| known) {
            let (label, hint) = match p.wiring.value {
                Wiring::Pairs(_) => ("a pair that cannot be", "neurons are numbered from 0"),
                _ => ("needs two populations of one size", "make the sizes equal, or use \"all-to-all\""),
            };
            let d = r.problem("model-shape", text, &p.wiring, label);
            let d =
                d.at(r.source, from.size.span, format!("`{}`", from.name.value)).at(r.source, to.size.span, format!("`{}`", to.name.value));
            r.problems.push(d.hint(hint));
        }
        let name = p.called();
        if let Some(first) = seen.insert(name.clone(), p.span) {
            let d = Diagnostic::error("model-duplicate", format!("`{name}` is described twice")).at(r.source, p.span, "the second time");
            r.problems.push(
                d.at(r.source, first, "the first time")
                    .hint("give one of them a `name` of its own, after which its weights are named; what a `[[block]]` makes has none"),
            );
        }
    }
}
