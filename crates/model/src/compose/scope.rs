//! A mechanism inside of a kernel that is being made.

use homolog_ir::mechanism::is_draw;
use homolog_ir::{Builder, Kernel, Mechanism, Value};
use std::collections::HashMap;

/// Names of one mechanism as values of the kernel that is being built.
pub(crate) struct Scope<'a> {
    pub mechanism: &'a Mechanism,
    pub prefix: String,
    pub known: HashMap<String, Value>,
    /// Ports that were read although nothing defines them.
    pub undefined: Vec<String>,
    /// Whether random numbers are drawn for it, through ports of their names.
    pub draws: bool,
}

/// Name of the column of a state: a concentration is the compartment's, whoever writes it.
pub(crate) fn column(prefix: &str, mechanism: &Mechanism, name: &str) -> String {
    let is_concentration = mechanism.written_concentrations().any(|c| c == name);
    if prefix.is_empty() || is_concentration { name.into() } else { format!("{prefix}.{name}") }
}

impl<'a> Scope<'a> {
    /// `parameter` gives every parameter its value.
    pub fn new(
        b: &mut Builder,
        mechanism: &'a Mechanism,
        prefix: &str,
        dt: f64,
        celsius: f64,
        mut parameter: impl FnMut(&mut Builder, &homolog_ir::Parameter) -> Value,
    ) -> Self {
        let mut known: HashMap<String, Value> = mechanism.parameters.iter().map(|p| (p.name.clone(), parameter(b, p))).collect();
        known.insert("dt".into(), b.constant(dt));
        known.entry("celsius".into()).or_insert_with(|| b.constant(celsius));
        Scope { mechanism, prefix: prefix.into(), known, undefined: vec![], draws: false }
    }

    /// The same, to go on with apart.
    pub fn branch(&self) -> Scope<'a> {
        Scope { mechanism: self.mechanism, prefix: self.prefix.clone(), known: self.known.clone(), undefined: vec![], draws: self.draws }
    }

    pub fn qualified(&self, name: &str) -> String {
        column(&self.prefix, self.mechanism, name)
    }

    pub fn read_states(&mut self, b: &mut Builder) {
        for s in &self.mechanism.states {
            // A concentration is known from its compartment.
            if self.known.contains_key(&s.name) && self.mechanism.written_concentrations().any(|c| c == s.name) {
                continue;
            }
            let v = b.input(&self.qualified(&s.name), s.unit);
            self.known.insert(s.name.clone(), v);
        }
    }

    /// What a kernel of the mechanism gives here.
    pub fn evaluate(&mut self, b: &mut Builder, kernel: &Kernel) -> Vec<Value> {
        let (known, undefined, draws) = (&self.known, &mut self.undefined, self.draws);
        b.inline(kernel, |b, p| {
            Some(known.get(&p.name).copied().unwrap_or_else(|| {
                if draws && is_draw(&p.name) {
                    return b.input_port(p.clone());
                }
                undefined.push(p.name.clone());
                b.constant(0.0)
            }))
        })
    }

    /// Runs a kernel of the mechanism here; its outputs become known under their names.
    pub fn run(&mut self, b: &mut Builder, kernel: &Kernel) -> Vec<Value> {
        let values = self.evaluate(b, kernel);
        for ((p, _), v) in kernel.outputs.iter().zip(&values) {
            self.known.insert(p.name.clone(), *v);
        }
        values
    }

    /// One sentence for each port that was read although nothing defines it.
    pub fn problems(&self) -> Vec<String> {
        let refused = self
            .mechanism
            .not_in_cells()
            .filter(|_| !self.draws)
            .map(|why| format!("`{}` cannot be used here yet: {why}", self.mechanism.name));
        let mut names = self.undefined.clone();
        names.sort();
        names.dedup();
        names
            .into_iter()
            .map(|n| format!("`{}` reads `{n}`, which nothing here gives a value", self.mechanism.name))
            .chain(refused)
            .collect()
    }
}

/// Lets the events of a tick act: `arrive` is the sum of the weights that arrive, `size` what a weight of 1 is.
pub(crate) fn receive(b: &mut Builder, scope: &mut Scope, arrive: Value, size: f64) -> Result<(), Vec<String>> {
    let mechanism = scope.mechanism;
    let Some(program) = &mechanism.receive else { return Err(vec![format!("`{}` is a receptor but has no NET_RECEIVE", mechanism.name)]) };
    let Some(kernel) = program.as_kernel() else {
        return Err(vec![format!(
            "NET_RECEIVE of `{}` keeps values of a connection, reads the time, or sends events; projections cannot do that yet",
            mechanism.name
        )]);
    };
    if program.arguments.len() != 1 {
        return Err(vec![format!(
            "NET_RECEIVE of `{}` has {} arguments; a projection gives one, the weight",
            mechanism.name,
            program.arguments.len()
        )]);
    }
    // Sums of weights stand for all events of a tick, so their effects must add up.
    if !program.is_linear_in_weight() {
        return Err(vec![format!("NET_RECEIVE of `{}` is not linear in its weight: simultaneous events do not add up", mechanism.name)]);
    }
    let size = b.constant(size);
    let weight = b.mul(size, arrive);
    scope.known.insert(program.arguments[0].name.clone(), weight);
    scope.run(b, &kernel);
    Ok(())
}
