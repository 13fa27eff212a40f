//! Ask and tell: what proposes parameters, and what it is told about them.

use crate::optimiser::Method;
use homolog_base::Diagnostic;
use homolog_model::{Model, Network, Params, network::Located};

/// What became of the parameters that were last asked for.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// Mean loss over the batch that they were tried on.
    pub loss: f64,
    /// Gradient of that mean with respect to every tensor, in the order of [`Params::tensors`]; empty when
    /// [`Learner::wants_gradients`] is false.
    pub gradients: &'a [Vec<f64>],
    /// Step size that the schedule gives for this update.
    pub learning_rate: f64,
}

/// What proposes parameters and learns from how they did.
///
/// The loop is always the same: `ask`, run the network with what was asked, `tell` how it went. The
/// trainer knows no more of a learner than this, so kinds that are not gradient descent fit the same two words:
///
/// - *evolution*: `ask` gives the next member of the population, `tell` reads the loss alone, and a generation ends inside;
/// - *meta-learning*: the parameters are those of an inner learner, and `loss` is what that one reached;
/// - *adversarial pairs*: two learners, asked in turn, told losses of opposite sign;
/// - *local plasticity*: weights change inside the model; the learner proposes nothing new and `tell` does nothing.
pub trait Learner {
    /// The parameters to try next. The same ones until something is told.
    fn ask(&self) -> &Params;

    /// Whether gradients must be computed. A runner's backward pass is spared when not.
    fn wants_gradients(&self) -> bool {
        true
    }

    /// How the last ones did.
    fn tell(&mut self, outcome: Outcome<'_>);
}

/// Gradient descent by a [`Method`].
#[derive(Clone, PartialEq, Debug)]
pub struct Descent {
    /// Where it stands.
    pub params: Params,
    /// How it moves.
    pub method: Method,
}

impl Learner for Descent {
    fn ask(&self) -> &Params {
        &self.params
    }

    fn tell(&mut self, outcome: Outcome<'_>) {
        self.method.apply(&mut self.params, outcome.gradients, outcome.learning_rate);
    }
}

/// Marks the incoming weights, the bias and the learned parameters of these populations as not learned: they stay as
/// they start. This is also the control that says what training of those parameters is worth.
///
/// # Errors
/// Every name that is no population.
pub fn freeze(network: &Network, model: &Model, params: &mut Params, populations: &[Located<String>]) -> Result<(), Vec<Diagnostic>> {
    let mut problems = Vec::new();
    for name in populations {
        let Some(group) = model.group(name) else {
            let d = Diagnostic::error("train-freeze-unknown", format!("there is no population `{}` to freeze", name.value))
                .suggest(name, model.groups.iter().map(|g| g.name.as_str()));
            problems.push(network.locate(d, name.span, "no such population"));
            continue;
        };
        for tensor in tensors_of(model, group) {
            params.tensors[tensor].learned = false;
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Indices of the incoming weights, the bias and the learned parameters of a group.
pub(crate) fn tensors_of(model: &Model, group: usize) -> Vec<usize> {
    let g = &model.groups[group];
    let incoming = model.links.iter().filter(|l| l.to == group).map(|l| l.weights);
    incoming.chain(g.bias).chain(g.learned.iter().map(|l| l.tensor)).collect()
}

#[cfg(test)]
mod tests;
