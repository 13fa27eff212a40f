//! Elements of arrays, and loops: written out, since what they count is known.

use super::Run;
use crate::ast::{Expression, Statement};
use crate::program::{What, element};
use homolog_base::Span;
use homolog_ir::{Compare, Op, Unary, Value};
use std::collections::HashMap;

impl Run<'_, '_> {
    /// The number of an element, where it is known. One that is out of bounds is noted.
    pub(in super::super) fn index(&mut self, at: Value, n: usize, span: Span) -> Option<usize> {
        let x = self.b.as_const(at)?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)] // as just checked
        let k = if x >= 0.0 && x < n as f64 { x as usize } else { usize::MAX };
        if k == usize::MAX {
            self.outside.get_or_insert((span, n));
            return Some(0);
        }
        Some(k)
    }

    /// The truth value that an index is `k`.
    pub(super) fn is_index(&mut self, at: Value, k: usize) -> Value {
        let whole = self.b.unary(Unary::Floor, at);
        #[allow(clippy::cast_precision_loss)] // arrays are short
        let k = self.b.constant(k as f64);
        self.b.compare(Compare::Eq, whole, k)
    }

    /// The parameters that a value follows from; none where it follows from something else too.
    fn parameters_of(&self, v: Value) -> Option<Vec<String>> {
        let (mut names, mut stack) = (Vec::new(), vec![v]);
        let mut seen = vec![false; self.b.kernel().body.len()];
        while let Some(v) = stack.pop() {
            if std::mem::replace(&mut seen[v.index()], true) {
                continue;
            }
            if let Op::Input(i) = self.b.op(v) {
                let name = &self.b.kernel().inputs[i as usize].name;
                self.p.symbol(name).filter(|s| s.what == What::Parameter)?;
                names.push(name.clone());
            }
            self.b.op(v).for_each_operand(|o| stack.push(o));
        }
        Some(names)
    }

    /// How many elements an array has: that of this call, else that of the file.
    pub(super) fn length(&self, name: &str) -> usize {
        let local = |k: usize| self.frames.last().is_some_and(|f| f.iter().any(|s| s.contains_key(&element(name, k))));
        let n = (0..).take_while(|k| local(*k)).count();
        if n > 0 { n } else { self.p.arrays.get(name).copied().unwrap_or(0) }
    }

    /// The value of a variable of this call, else of the file.
    pub(super) fn variable(&mut self, name: &str) -> Value {
        match self.frames.last().and_then(|f| f.iter().rev().find_map(|s| s.get(name))).copied() {
            Some(v) => v,
            None => self.global(name),
        }
    }

    pub(super) fn element(&mut self, name: &str, index: &Expression) -> Value {
        let at = self.number(index);
        let n = self.length(name);
        if let Some(k) = self.index(at, n, index.span) {
            return self.variable(&element(name, k));
        }
        let mut out = self.b.constant(f64::NAN);
        for k in (0..n).rev() {
            let v = self.variable(&element(name, k));
            let here = self.is_index(at, k);
            out = if k + 1 == n { v } else { self.b.select(here, v, out) };
        }
        out
    }

    pub(super) fn repeat(&mut self, variable: &str, first: Value, last: Value, by: Option<Value>, body: &[Statement], span: Span) {
        let by = by.map_or(Some(1.0), |v| self.b.as_const(v));
        let (Some(from), Some(to), Some(by)) = (self.b.as_const(first), self.b.as_const(last), by) else {
            let names = [first, last].map(|v| self.parameters_of(v));
            match names.into_iter().collect::<Option<Vec<_>>>() {
                Some(names) => self.counts.extend(names.into_iter().flatten().map(|n| (n, span))),
                None => self.unbounded_at(span),
            }
            return;
        };
        let (mut i, last) = (from.trunc(), to.trunc());
        while if by >= 0.0 { i <= last } else { i >= last } {
            if !self.step(span) || by == 0.0 {
                self.too_long.get_or_insert(span);
                return;
            }
            let v = self.b.constant(i);
            if let Some(f) = self.frames.last_mut() {
                f.push(HashMap::from([(variable.to_string(), v)]));
            }
            self.statements(body);
            if let Some(f) = self.frames.last_mut() {
                f.pop();
            }
            i += by.trunc();
        }
    }
}
