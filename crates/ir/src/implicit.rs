//! Systems of equations solved inside of a kernel: Newton's method, written out.
//!
//! Given residuals `r(x)` of as many unknowns `x`, iterate `x <- x - J^-1 r`, `J = dr/dx`, from the old values. Where `J`
//! depends on no unknown the equations are linear and one iteration is exact; otherwise [`ITERATIONS`] are made, each of
//! order 2 (Kantorovich 1948). `J` is derived symbolically, and eliminated without zeros: in the order of least fill
//! along the diagonal (Markowitz 1957), or with partial pivoting by selects where no diagonal is known to dominate.
//!
//! Backward Euler (`derivimplicit`, `sparse`) is `r = (x - x_old)/dt - f(x)`: order 1, stable whatever the step.

use crate::builder::Builder;
use crate::calculus::derivative;
use crate::kernel::{Compare, Kernel, Op, Port, Unary, Value};
use std::collections::HashMap;

/// Iterations for equations that are not linear, from the values of the step before.
pub const ITERATIONS: usize = 5;

/// Iterations where nothing says that the old values are near.
pub const ITERATIONS_FAR: usize = 12;

/// The name under which a residual reads the old value of an unknown.
pub fn old(name: &str) -> String {
    format!("{name}@old")
}

/// How the linear equations of an iteration are solved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pivoting {
    /// Along the diagonal.
    Diagonal,
    /// By the largest element of a column.
    Partial,
}

/// The kernel that solves `residual` for `unknowns`. The first outputs of `residual` are the residuals, one for each
/// unknown; it reads the unknowns by name, and their old values by [`old`]. Its other outputs are kept, at the solution.
pub fn newton(residual: &Kernel, unknowns: &[Port], pivoting: Pivoting, far: bool) -> Kernel {
    let n = unknowns.len();
    let (jacobian, linear) = jacobian(residual, unknowns);
    let mut b = Builder::new(residual.name.clone());
    let first: Vec<Value> = unknowns.iter().map(|p| b.input_port(p.clone())).collect();
    let mut x = first.clone();
    let bind = |x: &[Value], p: &Port| {
        let k = unknowns.iter().position(|u| u.name == p.name);
        k.map(|k| x[k]).or_else(|| unknowns.iter().position(|u| old(&u.name) == p.name).map(|k| first[k]))
    };
    for _ in 0..if linear {
        1
    } else if far {
        ITERATIONS_FAR
    } else {
        ITERATIONS
    } {
        let values = b.inline(&jacobian.kernel, |_, p| bind(&x, p));
        let zero = b.constant(0.0);
        let mut matrix = vec![vec![zero; n]; n];
        for (at, (i, j)) in jacobian.places.iter().enumerate() {
            matrix[*i][*j] = values[n + at];
        }
        let right: Vec<Value> = values[..n].iter().map(|r| b.neg(*r)).collect();
        let change = match pivoting {
            Pivoting::Diagonal => eliminate(&mut b, matrix, right),
            Pivoting::Partial => eliminate_with_pivots(&mut b, matrix, right),
        };
        for (x, d) in x.iter_mut().zip(change) {
            *x = b.add(*x, d);
        }
    }
    let values = b.inline(residual, |_, p| bind(&x, p));
    for (p, x) in unknowns.iter().zip(&x) {
        b.output(&p.name, p.unit, *x);
    }
    for ((port, _), v) in residual.outputs.iter().zip(values).skip(n) {
        if !unknowns.iter().any(|u| u.name == port.name) {
            b.output(&port.name, port.unit, v);
        }
    }
    b.finish()
}

struct Jacobian {
    /// Residuals, then the elements of the matrix that are not zero.
    kernel: Kernel,
    /// Row and column of these elements.
    places: Vec<(usize, usize)>,
}

/// The residuals with their derivatives, and whether these depend on no unknown.
fn jacobian(residual: &Kernel, unknowns: &[Port]) -> (Jacobian, bool) {
    let n = unknowns.len();
    let mut b = Builder::new(residual.name.clone());
    let r = b.inline(residual, |_, _| None);
    let x: Vec<Value> = unknowns.iter().map(|p| b.input_port(p.clone())).collect();
    let mut elements = Vec::new();
    for (i, r) in r[..n].iter().enumerate() {
        let depends = reaches(&b, *r, &x);
        for (j, x) in x.iter().enumerate() {
            if !depends[j] {
                continue;
            }
            let d = derivative(&mut b, *r, *x);
            if b.as_const(d) != Some(0.0) {
                elements.push((i, j, d));
            }
        }
    }
    let linear = elements.iter().all(|e| !reaches(&b, e.2, &x).contains(&true));
    for (i, r) in r[..n].iter().enumerate() {
        b.output(&format!("r{i}"), residual.outputs[i].0.unit, *r);
    }
    for (i, j, d) in &elements {
        let unit = residual.outputs[*i].0.unit / unknowns[*j].unit;
        b.output(&format!("j{i}_{j}"), unit, *d);
    }
    (Jacobian { kernel: b.finish(), places: elements.iter().map(|e| (e.0, e.1)).collect() }, linear)
}

/// Which of `inputs` a value depends on.
fn reaches(b: &Builder, v: Value, inputs: &[Value]) -> Vec<bool> {
    let mut seen = vec![false; b.kernel().body.len()];
    let mut stack = vec![v];
    while let Some(v) = stack.pop() {
        if !std::mem::replace(&mut seen[v.index()], true) {
            b.op(v).for_each_operand(|o| stack.push(o));
        }
    }
    inputs.iter().map(|x| seen[x.index()] && matches!(b.op(*x), Op::Input(_))).collect()
}

fn is_zero(b: &Builder, v: Value) -> bool {
    b.as_const(v) == Some(0.0)
}

/// Solves `matrix x = right` along the diagonal, always taking the unknown whose elimination can fill least.
fn eliminate(b: &mut Builder, mut matrix: Vec<Vec<Value>>, mut right: Vec<Value>) -> Vec<Value> {
    let n = right.len();
    let mut left: Vec<usize> = (0..n).collect();
    let mut order = Vec::with_capacity(n);
    while !left.is_empty() {
        let cost = |k: usize| {
            let row = left.iter().filter(|j| **j != k && !is_zero(b, matrix[k][**j])).count();
            let column = left.iter().filter(|i| **i != k && !is_zero(b, matrix[**i][k])).count();
            // A diagonal that is structurally zero divides by nothing.
            (is_zero(b, matrix[k][k]), row * column, k)
        };
        let k = *left.iter().min_by_key(|k| cost(**k)).expect("not empty");
        left.retain(|i| *i != k);
        order.push(k);
        for i in left.clone() {
            if is_zero(b, matrix[i][k]) {
                continue;
            }
            let factor = b.div(matrix[i][k], matrix[k][k]);
            for j in left.clone() {
                if !is_zero(b, matrix[k][j]) {
                    let p = b.mul(factor, matrix[k][j]);
                    matrix[i][j] = b.sub(matrix[i][j], p);
                }
            }
            let p = b.mul(factor, right[k]);
            right[i] = b.sub(right[i], p);
        }
    }
    let zero = b.constant(0.0);
    let mut x = vec![zero; n];
    for (at, &k) in order.iter().enumerate().rev() {
        let mut sum = right[k];
        for &j in &order[at + 1..] {
            if !is_zero(b, matrix[k][j]) {
                let p = b.mul(matrix[k][j], x[j]);
                sum = b.sub(sum, p);
            }
        }
        x[k] = b.div(sum, matrix[k][k]);
    }
    x
}

/// Solves `matrix x = right` with the rows exchanged by selects.
fn eliminate_with_pivots(b: &mut Builder, mut matrix: Vec<Vec<Value>>, mut right: Vec<Value>) -> Vec<Value> {
    let n = right.len();
    for k in 0..n {
        for i in k + 1..n {
            if is_zero(b, matrix[i][k]) {
                continue;
            }
            let (here, there) = (b.unary(Unary::Abs, matrix[k][k]), b.unary(Unary::Abs, matrix[i][k]));
            let larger = b.compare(Compare::Lt, here, there);
            let (above, below) = matrix.split_at_mut(i);
            for (p, q) in above[k].iter_mut().zip(&mut below[0]).skip(k) {
                (*p, *q) = (b.select(larger, *q, *p), b.select(larger, *p, *q));
            }
            let (p, q) = (right[k], right[i]);
            right[k] = b.select(larger, q, p);
            right[i] = b.select(larger, p, q);
        }
        for i in k + 1..n {
            if is_zero(b, matrix[i][k]) {
                continue;
            }
            let factor = b.div(matrix[i][k], matrix[k][k]);
            let pivot = matrix[k].clone();
            for (element, above) in matrix[i].iter_mut().zip(pivot).skip(k + 1) {
                let p = b.mul(factor, above);
                *element = b.sub(*element, p);
            }
            let p = b.mul(factor, right[k]);
            right[i] = b.sub(right[i], p);
        }
    }
    let zero = b.constant(0.0);
    let mut x = vec![zero; n];
    for k in (0..n).rev() {
        let mut sum = right[k];
        for (element, x) in matrix[k].iter().zip(&x).skip(k + 1) {
            let p = b.mul(*element, *x);
            sum = b.sub(sum, p);
        }
        x[k] = b.div(sum, matrix[k][k]);
    }
    x
}

/// Backward Euler for `rhs`, whose outputs named in `states` are slopes per ms and whose others are values of variables.
pub fn backward_euler(rhs: &Kernel, states: &[Port]) -> Kernel {
    let mut b = Builder::new(rhs.name.clone());
    let values = b.inline(rhs, |_, _| None);
    let ms = homolog_base::Unit::parse("ms").expect("ms is a unit");
    let dt = b.input(crate::ode::DT, ms);
    for (k, p) in states.iter().enumerate() {
        let slope = rhs.output(&p.name).map(|k| values[k]);
        let x = b.input_port(p.clone());
        let before = b.input(&old(&p.name), p.unit);
        let change = b.sub(x, before);
        let rate = b.div(change, dt);
        let r = match slope {
            Some(f) => b.sub(rate, f),
            None => rate,
        };
        b.output(&format!("r{k}"), p.unit / ms, r);
    }
    for ((port, _), v) in rhs.outputs.iter().zip(&values) {
        if !states.iter().any(|s| s.name == port.name) {
            b.output(&port.name, port.unit, *v);
        }
    }
    newton(&b.finish(), states, Pivoting::Diagonal, false)
}

/// Explicit steps for `rhs` as in [`backward_euler`]: Euler's for one stage, the classical Runge-Kutta method (Kutta
/// 1901) of order 4 for four.
pub fn explicit(rhs: &Kernel, states: &[Port], runge_kutta: bool) -> Kernel {
    let mut b = Builder::new(rhs.name.clone());
    let ms = homolog_base::Unit::parse("ms").expect("ms is a unit");
    let dt = b.input(crate::ode::DT, ms);
    let first: HashMap<String, Value> = states.iter().map(|p| (p.name.clone(), b.input_port(p.clone()))).collect();
    let slopes = |b: &mut Builder, x: &HashMap<String, Value>| -> Vec<Value> { b.inline(rhs, |_, p| x.get(&p.name).copied()) };
    let at = |name: &str| rhs.output(name).expect("every state has a slope");
    let moved = |b: &mut Builder, k: &[Value], part: f64| -> HashMap<String, Value> {
        let h = b.constant(part);
        let h = b.mul(h, dt);
        states
            .iter()
            .map(|p| {
                let d = b.mul(h, k[at(&p.name)]);
                (p.name.clone(), b.add(first[&p.name], d))
            })
            .collect()
    };
    let k1 = slopes(&mut b, &first);
    let mut last = k1.clone();
    let next = if runge_kutta {
        let x2 = moved(&mut b, &k1, 0.5);
        let k2 = slopes(&mut b, &x2);
        let x3 = moved(&mut b, &k2, 0.5);
        let k3 = slopes(&mut b, &x3);
        let x4 = moved(&mut b, &k3, 1.0);
        let k4 = slopes(&mut b, &x4);
        let two = b.constant(2.0);
        let mean: Vec<Value> = (0..k1.len())
            .map(|k| {
                let inner = b.add(k2[k], k3[k]);
                let inner = b.mul(two, inner);
                let outer = b.add(k1[k], k4[k]);
                b.add(outer, inner)
            })
            .collect();
        last = k4;
        moved(&mut b, &mean, 1.0 / 6.0)
    } else {
        moved(&mut b, &k1, 1.0)
    };
    for ((port, _), v) in rhs.outputs.iter().zip(last) {
        match states.iter().find(|s| s.name == port.name) {
            Some(s) => b.output(&s.name, s.unit, next[&s.name]),
            None => b.output(&port.name, port.unit, v),
        }
    }
    b.finish()
}

#[cfg(test)]
mod tests;
