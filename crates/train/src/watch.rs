//! Why a network may learn nothing: looked for in the first epoch, and said.

use crate::learner::tensors_of;
use crate::task::Task;
use homolog_base::Diagnostic;
use homolog_model::{Inputs, Params};

/// Warns when nothing is marked as learned.
pub(crate) fn nothing_to_learn(params: &Params) -> Option<Diagnostic> {
    (params.learned() == 0).then(|| {
        Diagnostic::warning("train-nothing-to-learn", "no parameter is learned, so training changes nothing")
            .hint("every population is frozen, or every projection says `learn = false`")
    })
}

/// Warns about learned tensors whose gradient is zero throughout in the first batch, with the likeliest reason.
/// `spikes` are those of the batch: group and count per neuron.
pub(crate) fn zero_gradients(
    task: &Task<'_>,
    params: &Params,
    gradients: &[Vec<f64>],
    inputs: &Inputs,
    spikes: &[(usize, Vec<f64>)],
) -> Vec<Diagnostic> {
    let learned = params.tensors.iter().zip(gradients).filter(|(t, _)| t.learned && !t.values.is_empty());
    let dead: Vec<&str> = learned.filter(|(_, g)| g.iter().all(|v| *v == 0.0)).map(|(t, _)| t.name.as_str()).collect();
    if dead.is_empty() {
        return Vec::new();
    }
    let all = dead.len() == params.tensors.iter().filter(|t| t.learned && !t.values.is_empty()).count();
    let mut reasons: Vec<String> = Vec::new();
    for name in &dead {
        let why = reason(task, params, name, inputs, spikes);
        if !reasons.contains(&why) {
            reasons.push(why);
        }
    }
    let names = dead.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    let (code, message) = if all {
        ("train-no-gradient", "the network learns nothing: the gradient of every learned parameter is zero in the first batch".to_string())
    } else {
        ("train-part-without-gradient", format!("the gradient of {names} is zero throughout in the first batch"))
    };
    vec![Diagnostic::warning(code, message).hint(reasons.join("; "))]
}

/// Warns about groups that could spike and did not once in the whole first epoch.
pub(crate) fn silent_groups(task: &Task<'_>, spikes: &[(usize, Vec<f64>)]) -> Vec<Diagnostic> {
    let silent = spikes.iter().filter(|(_, counts)| counts.iter().all(|c| *c == 0.0));
    silent
        .map(|(g, _)| {
            let g = &task.model.groups[*g];
            Diagnostic::warning("train-silent", format!("no neuron of `{}` spiked in the whole first epoch, so it tells the others nothing", g.name))
                .hint(format!("its drive stays below threshold: begin with larger weights into `{}`, lower the threshold of `{}`, or show each input longer", g.name, g.neuron))
        })
        .collect()
}

/// The likeliest reason for a gradient of zero.
fn reason(task: &Task<'_>, params: &Params, tensor: &str, inputs: &Inputs, spikes: &[(usize, Vec<f64>)]) -> String {
    let model = task.model;
    let name = |g: usize| model.groups[g].name.as_str();
    let index = params.find(tensor).unwrap_or(usize::MAX);
    let link = model.links.iter().find(|l| l.weights == index);
    let Some(group) = link.map(|l| l.to).or_else(|| (0..model.groups.len()).find(|&g| tensors_of(model, g).contains(&index))) else {
        return format!("nothing in the model reads `{tensor}`");
    };
    if !reaches(task, group) {
        return format!("no chain of projections leads from `{}` to `{}`, which the loss looks at", name(group), name(task.readout));
    }
    let silent = |g: usize| spikes.iter().any(|(k, counts)| *k == g && counts.iter().all(|c| *c == 0.0));
    if let Some(l) = link.filter(|l| silent(l.from)) {
        return format!(
            "`{}` does not spike once, so nothing arrives over `{tensor}`: its drive is too weak or its threshold too high",
            name(l.from)
        );
    }
    if link.is_some_and(|l| l.from == task.input) && inputs.values.iter().flatten().all(|v| *v == 0.0) {
        return format!("every intensity shown to `{}` is zero", name(task.input));
    }
    if silent(group) {
        return format!(
            "`{}` does not spike once and is too far below threshold for its surrogate derivative: begin with larger weights or a wider surrogate",
            name(group)
        );
    }
    format!(
        "between `{}` and `{}` some derivative is zero for every sample: a saturated or dead unit, or a step without a surrogate",
        name(group),
        name(task.readout)
    )
}

/// Whether what a group says gets to the readout.
fn reaches(task: &Task<'_>, group: usize) -> bool {
    let mut reached = vec![false; task.model.groups.len()];
    reached[group] = true;
    for _ in 0..reached.len() {
        for l in &task.model.links {
            reached[l.to] |= reached[l.from];
        }
    }
    reached[task.readout]
}

#[cfg(test)]
mod tests;
