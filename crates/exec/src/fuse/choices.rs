//! Choices by one comparison, and the spike that is made by it: superinstructions with two or three results.

use super::{Facts, Fused};
use crate::machine::{Code, first, then};
use homolog_ir::{Compare, Kernel, Op, Value};

const LONE_SUB: Code = Code::Chain(first::SUB, then::NONE, then::NONE);

/// A list in which steps vanish into others.
struct List<'a> {
    steps: Vec<Option<Fused>>,
    kernel: &'a Kernel,
    facts: &'a Facts,
}

/// Joins spikes with the choices by them, and pairs of choices by any other comparison.
pub(super) fn choices(list: Vec<Fused>, kernel: &Kernel, facts: &Facts) -> Vec<Fused> {
    let mut list = List { steps: list.into_iter().map(Some).collect(), kernel, facts };
    for k in 0..list.steps.len() {
        list.fire(k);
    }
    for k in 0..list.steps.len() {
        list.pair(k);
    }
    list.steps.into_iter().flatten().collect()
}

impl List<'_> {
    fn varying(&self, k: usize) -> Option<&Fused> {
        self.steps[k].as_ref().filter(|f| !self.facts.uniform[f.outs[0].index()])
    }

    /// The operands of step `k` in their order, if it is this superinstruction.
    fn of(&self, k: usize, code: Code) -> Option<Vec<Value>> {
        let f = self.varying(k).filter(|f| f.code == code)?;
        let mut args = f.args.clone();
        args.sort_by_key(|a| a.0);
        Some(args.into_iter().map(|a| a.1).collect())
    }

    fn is_zero(&self, v: Value) -> bool {
        matches!(self.kernel.body[v.index()], Op::Const(c) if c.0 == 0.0)
    }

    /// The steps that read a value.
    fn readers(&self, v: Value) -> Vec<usize> {
        let reads = |f: &Fused| f.args.iter().any(|a| a.1 == v);
        (0..self.steps.len()).filter(|k| self.steps[*k].as_ref().is_some_and(reads)).collect()
    }

    /// Whether these steps can be done at once at the place of the last of them: none of them, and nothing before it, reads what they make.
    fn can_wait(&self, members: &[usize], last: usize) -> bool {
        let outs = || members.iter().flat_map(|k| &self.steps[*k].as_ref().expect("a member").outs);
        outs().all(|v| self.readers(*v).iter().all(|r| *r > last))
    }

    /// Puts one step in the place of the last of some.
    fn join(&mut self, members: &[usize], last: usize, made: Fused) {
        members.iter().for_each(|k| self.steps[*k] = None);
        self.steps[last] = Some(made);
    }

    /// The step that makes `v` as the difference of a column and something uniform, if only these read it.
    fn difference(&self, v: Value, readers: &[usize]) -> Option<(usize, Value, Value)> {
        let k = (0..self.steps.len()).find(|k| self.steps[*k].as_ref().is_some_and(|f| f.outs[..] == [v]))?;
        let operands = self.of(k, LONE_SUB)?;
        let output = self.kernel.outputs.iter().any(|o| o.1 == v);
        let alone = !output && self.readers(v).iter().all(|r| readers.contains(r));
        (alone && self.facts.uniform[operands[1].index()]).then_some((k, operands[0], operands[1]))
    }

    fn fire(&mut self, k: usize) {
        let Some(&[x]) = self.of(k, Code::Spike).as_deref() else { return };
        let chosen = |j: &usize| match self.of(*j, Code::SelectCompare(Compare::Lt)).as_deref() {
            Some(&[zero, y, yes, no]) if y == x && self.is_zero(zero) => Some((*j, yes, no)),
            _ => None,
        };
        let choices: Vec<(usize, Value, Value)> = self.readers(x).iter().filter_map(chosen).take(2).collect();
        let mut members: Vec<usize> = choices.iter().map(|c| c.0).chain([k]).collect();
        let Some(last) = members.iter().max().copied().filter(|_| !choices.is_empty()) else { return };
        if !self.can_wait(&members, last) {
            return;
        }
        let mut args = vec![(0, x)];
        // A choice may take the difference itself, too.
        let taken = choices.iter().any(|(_, yes, no)| *yes == x || *no == x);
        let difference = if taken { None } else { self.difference(x, &members) };
        if let Some((made, a, b)) = difference {
            members.push(made);
            args = vec![(0, a), (1, b)];
        }
        let mut outs = vec![self.steps[k].as_ref().expect("a member").outs[0]];
        for (n, (step, yes, no)) in choices.iter().enumerate() {
            args.extend([(2 + 2 * n, *yes), (3 + 2 * n, *no)]);
            outs.push(self.steps[*step].as_ref().expect("a member").outs[0]);
        }
        let code = Code::Fire(difference.is_some(), choices.len() as u8);
        self.join(&members, last, Fused { code, outs, args });
    }

    fn pair(&mut self, k: usize) {
        let compared = |k: usize| match self.varying(k)?.code {
            Code::SelectCompare(c) => self.of(k, Code::SelectCompare(c)).map(|v| (c, v)),
            _ => None,
        };
        let Some((c, first)) = compared(k) else { return };
        let by_same = |j: &usize| compared(*j).is_some_and(|(d, v)| d == c && v[..2] == first[..2]);
        let Some(j) = (k + 1..self.steps.len()).find(by_same) else { return };
        let second = compared(j).expect("just seen").1;
        let mut members = vec![k, j];
        if !self.can_wait(&members, j) {
            return;
        }
        let out = |k: usize| self.steps[k].as_ref().expect("a member").outs[0];
        // What is subtracted where the comparison holds can be subtracted here.
        let (mut one, mut other, mut outs) = (first, second, vec![out(k), out(j)]);
        let mut less = self.difference(one[2], &members).filter(|_| one[2] != one[3]);
        if less.is_none() && self.difference(other[2], &members).is_some() && other[2] != other[3] {
            (one, other) = (other, one);
            outs.swap(0, 1);
            less = self.difference(one[2], &members);
        }
        let used = |v: Value| one[..2].contains(&v) || other[2..].contains(&v);
        let less = less.filter(|_| !used(one[2]));
        let mut args = vec![(0, one[0]), (1, one[1]), (2, one[2]), (3, one[3]), (4, other[2]), (5, other[3])];
        if let Some((made, a, b)) = less {
            members.push(made);
            args[2].1 = a;
            args.push((6, b));
        }
        self.join(&members, j, Fused { code: Code::Choices(c, less.is_some()), outs, args });
    }
}
