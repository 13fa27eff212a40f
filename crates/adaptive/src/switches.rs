//! When equations change at a given time: comparisons in kernels that look at nothing but the time.

use homolog_ir::{Kernel, Op, interpret, passes};
use homolog_model::model::port;

/// Times between 0 and `until` (ms) at which a comparison of a kernel changes its outcome for good or for a while. Looked for between
/// `rows` equal parts of that time, to the last bit; one that changes twice within a part is missed.
pub(crate) fn switches(kernel: &Kernel, until: f64, rows: usize) -> Vec<f64> {
    let Some(time) = kernel.input(port::TIME) else { return vec![] };
    // Whether a value depends on the time, and on anything else.
    let mut depends: Vec<[bool; 2]> = Vec::with_capacity(kernel.body.len());
    for op in &kernel.body {
        let mut d = match op {
            Op::Input(i) => [*i as usize == time, *i as usize != time],
            _ => [false; 2],
        };
        op.for_each_operand(|o| d = [d[0] || depends[o.index()][0], d[1] || depends[o.index()][1]]);
        depends.push(d);
    }
    let mut out = Vec::new();
    for op in &kernel.body {
        let Op::Compare(_, a, b) = op else { continue };
        let (p, q) = (depends[a.index()], depends[b.index()]);
        if p[1] || q[1] || !(p[0] || q[0]) {
            continue;
        }
        let outputs = [a, b].map(|v| (homolog_ir::Port::new("x", homolog_base::Unit::ONE), *v)).to_vec();
        let sides = passes::prune(&Kernel { outputs, ..kernel.clone() });
        let distance = |t: f64| {
            let x = interpret(&sides, &vec![t; sides.inputs.len()]);
            x[0] - x[1]
        };
        for k in 0..rows {
            let (mut low, mut high) = (until * k as f64 / rows as f64, until * (k + 1) as f64 / rows as f64);
            let (below, above) = (distance(low), distance(high));
            if below == 0.0 || below.signum() == above.signum() || above == 0.0 {
                out.extend((below == 0.0).then_some(low));
                continue;
            }
            loop {
                let middle = 0.5 * (low + high);
                if middle <= low || middle >= high {
                    break;
                }
                if distance(middle).signum() == below.signum() { low = middle } else { high = middle }
            }
            out.push(high);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::switches;
    use homolog_base::Unit;
    use homolog_ir::{Builder, Compare};
    use homolog_model::model::port;

    #[test]
    fn both_edges_of_a_pulse_are_found_wherever_they_fall() {
        let mut b = Builder::new("pulse");
        let (t, v) = (b.input(port::TIME, Unit::ONE), b.input("v", Unit::ONE));
        let (begin, length) = (b.constant(1.0), b.constant(0.123));
        let end = b.add(begin, length);
        let on = b.compare(Compare::Le, begin, t);
        let off = b.compare(Compare::Le, end, t);
        let above = b.compare(Compare::Lt, v, t);
        let (one, zero) = (b.constant(1.0), b.constant(0.0));
        let x = b.select(off, zero, one);
        let x = b.select(on, x, zero);
        let x = b.select(above, x, zero);
        b.output("i", Unit::ONE, x);
        let mut found = switches(&b.finish(), 2.0, 8);
        found.sort_by(f64::total_cmp);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!((found[0] - 1.0).abs() < 1e-15 && (found[1] - 1.123).abs() < 1e-15, "{found:?}");
    }
}
