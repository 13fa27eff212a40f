//! Functions that are given as numbers (FUNCTION_TABLE), and TABLE as NEURON means it.
//!
//! NEURON computes a routine at `count + 1` equidistant arguments and interpolates between them:
//! `f(x) = f(x_k) + (s - k) (f(x_(k+1)) - f(x_k))`, `s = (x - first) count / (last - first)`, `k = floor(s)`, with the
//! first and the last value outside. Here the routine is computed at the two arguments around `x`, which gives the same
//! numbers without a table.

use super::Run;
use crate::ast::{Name, Routine, StatementKind};
use crate::program::element;
use homolog_base::Span;
use homolog_ir::{Binary, Unary, Value};

impl<'a> Run<'_, 'a> {
    fn clamp(&mut self, x: Value, low: Value, high: Value) -> Value {
        let x = self.b.binary(Binary::Max, x, low);
        self.b.binary(Binary::Min, x, high)
    }

    /// Linear between the points, constant outside.
    pub(super) fn function_table(&mut self, name: &str, x: &[Value]) -> Value {
        let points = self.p.tables.get(name).map(|t| t.1.clone()).unwrap_or_default();
        let (zero, one) = (self.b.constant(0.0), self.b.constant(1.0));
        let (Some(first), &[x]) = (points.first(), x) else { return zero };
        let mut y = self.b.constant(first.1);
        for p in points.windows(2) {
            let (from, width, rise) = (self.b.constant(p[0].0), self.b.constant(p[1].0 - p[0].0), self.b.constant(p[1].1 - p[0].1));
            let along = self.b.sub(x, from);
            let part = self.b.div(along, width);
            let part = self.clamp(part, zero, one);
            let part = self.b.mul(rise, part);
            y = self.b.add(y, part);
        }
        y
    }

    /// The value of a routine with TABLE, its variables being assigned; none when it has no TABLE.
    pub(super) fn interpolated(&mut self, r: &'a Routine, arguments: &[Value], span: Span) -> Option<Value> {
        let (names, first, last, count) = r.body.iter().find_map(|s| match &s.kind {
            StatementKind::Table { names, first, last, count } => Some((names, first, last, count)),
            _ => None,
        })?;
        let &[x] = arguments else { return None };
        self.enter();
        let (first, last, count) = (self.number(first), self.number(last), self.number(count));
        self.frames.pop();
        let (zero, one) = (self.b.constant(0.0), self.b.constant(1.0));
        let range = self.b.sub(last, first);
        let width = self.b.div(range, count);
        let along = self.b.sub(x, first);
        let place = self.b.div(along, width);
        let place = self.clamp(place, zero, count);
        let whole = self.b.unary(Unary::Floor, place);
        let most = self.b.sub(count, one);
        let whole = self.b.binary(Binary::Min, whole, most);
        let part = self.b.sub(place, whole);
        let offset = self.b.mul(whole, width);
        let low = self.b.add(first, offset);
        let high = self.b.add(low, width);
        self.tabulating = true;
        let before = self.globals.clone();
        let y0 = self.call(r, vec![low], span);
        let at_low = std::mem::replace(&mut self.globals, before.clone());
        let y1 = self.call(r, vec![high], span);
        let at_high = std::mem::replace(&mut self.globals, before);
        self.tabulating = false;
        for name in self.tabulated(names) {
            if let (Some(a), Some(b)) = (at_low.get(&name), at_high.get(&name)) {
                let v = self.between(*a, *b, part);
                self.assign(&name, v);
            }
        }
        Some(self.between(y0, y1, part))
    }

    fn between(&mut self, a: Value, b: Value, part: Value) -> Value {
        let rise = self.b.sub(b, a);
        let share = self.b.mul(part, rise);
        self.b.add(a, share)
    }

    /// Names of variables, those of arrays one by one.
    fn tabulated(&self, names: &[Name]) -> Vec<String> {
        let each = |n: &Name| match self.p.arrays.get(&n.text) {
            Some(length) => (0..*length).map(|k| element(&n.text, k)).collect(),
            None => vec![n.text.clone()],
        };
        names.iter().flat_map(each).collect()
    }
}
