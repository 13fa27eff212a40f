//! Superinstructions with two results.

use super::{Facts, Fused};
use crate::machine::{Code, first, function, post, pre, then};
use homolog_ir::{Compare, Kernel, Op, Unary, Value};

/// Joins the five operations that make `exprelr(x)` and `exprelr(-x)` from `exprelr(|x|)` (see
/// [`homolog_ir::passes::pair_quotients`]): `large = small + size`, and two choices between these by the sign of `x`.
pub(super) fn quotients(list: Vec<Fused>, kernel: &Kernel, facts: &Facts) -> Vec<Fused> {
    let mut list: Vec<Option<Fused>> = list.into_iter().map(Some).collect();
    let makes = |list: &[Option<Fused>], v: Value| list.iter().position(|f| f.as_ref().is_some_and(|f| f.outs[..] == [v]));
    // The operands of a superinstruction, if it is this one.
    let of = |f: &Fused, code: Code| -> Option<Vec<Value>> {
        let mut args = f.args.clone();
        args.sort_by_key(|a| a.0);
        (f.code == code).then(|| args.into_iter().map(|a| a.1).collect())
    };
    for k in 0..list.len() {
        let Some(first) = list[k].as_ref().filter(|f| !facts.uniform[f.outs[0].index()]) else { continue };
        let Some(&[x, zero, large, small]) = of(first, Code::SelectCompare(Compare::Lt)).as_deref() else { continue };
        if !matches!(kernel.body[zero.index()], Op::Const(c) if c.0 == 0.0) {
            continue;
        }
        let found = (|| {
            let second = list.iter().position(|f| {
                f.as_ref().is_some_and(|f| of(f, Code::SelectCompare(Compare::Lt)).as_deref() == Some(&[x, zero, small, large]))
            })?;
            let sum = makes(&list, large)?;
            let operands = of(list[sum].as_ref()?, Code::Chain(first::ADD, then::NONE, then::NONE))?;
            let size = *operands.iter().find(|v| **v != small)?;
            let quotient = makes(&list, small)?;
            if of(list[quotient].as_ref()?, Code::Function(pre::NONE, function::EXPRELR, post::NONE))? != [size] {
                return None;
            }
            let magnitude = makes(&list, size)?;
            let same = of(list[magnitude].as_ref()?, Code::Unary(Unary::Abs))? == [x];
            let uses = |v: Value, n: u32| facts.uses[v.index()] == n;
            (same && uses(small, 3) && uses(large, 2) && uses(size, 2)).then_some([magnitude, quotient, sum, k, second])
        })();
        let Some(steps) = found else { continue };
        // `first` takes the larger where x is negative: exprelr(x).
        let outs = [k, steps[4]].map(|s| list[s].as_ref().expect("just seen").outs[0]);
        for s in steps {
            list[s] = None;
        }
        // The results are known where the magnitude was; nothing but these five reads what lies between.
        let (sum, args) = match taken_in(&mut list, x, facts) {
            Some(args) => (true, args),
            None => (false, vec![(0, x)]),
        };
        list[steps[0]] = Some(Fused { code: Code::QuotientPair(sum), outs: outs.into(), args });
    }
    list.into_iter().flatten().collect()
}

/// The operands of `x = (a + b) c` with uniform `b`, `c` that only its magnitude and its sign are taken of; the operation goes.
fn taken_in(list: &mut [Option<Fused>], x: Value, facts: &Facts) -> Option<Vec<(usize, Value)>> {
    let k = list.iter().position(|f| f.as_ref().is_some_and(|f| f.outs[..] == [x]))?;
    let made = list[k].as_ref().filter(|f| f.code == Code::Chain(first::ADD, then::MUL, then::NONE) && facts.uses[x.index()] == 2)?;
    let operand = |n: usize| made.args.iter().find(|a| a.0 == n).map(|a| a.1);
    let (a, b, c) = (operand(0)?, operand(1)?, operand(3)?);
    if !facts.uniform[b.index()] || !facts.uniform[c.index()] || facts.uniform[x.index()] {
        return None;
    }
    list[k] = None;
    Some(vec![(0, a), (1, b), (2, c)])
}

/// Joins a lone division with a near, independent exponential: the divider works while the multipliers do.
pub(super) fn divisions(list: Vec<Fused>, facts: &Facts) -> Vec<Fused> {
    let mut list: Vec<Option<Fused>> = list.into_iter().map(Some).collect();
    let uses = |f: &Fused, of: &Fused| f.args.iter().any(|(_, v)| of.outs.contains(v));
    let lone_exp = |f: &Fused| match f.code {
        Code::Function(p, function::EXP, post::NONE) if !facts.uniform[f.outs[0].index()] => Some(p),
        _ => None,
    };
    for k in 0..list.len() {
        let Some(div) = &list[k] else { continue };
        if facts.uniform[div.outs[0].index()] {
            continue;
        }
        if div.code != Code::Chain(first::DIV, then::NONE, then::NONE) {
            continue;
        }
        // The later of the two moves up to the earlier, or the earlier down: nothing between may stand in the way.
        let mut found = None;
        for (j, f) in list.iter().enumerate().skip(k + 1) {
            let Some(f) = f else { continue };
            if uses(f, div) {
                break;
            }
            if let Some(p) = lone_exp(f) {
                found = Some((j, p));
                break;
            }
        }
        if found.is_none() {
            for j in (0..k).rev() {
                let Some(f) = &list[j] else { continue };
                if uses(div, f) {
                    break;
                }
                if let Some(p) = lone_exp(f) {
                    found = Some((j, p));
                    break;
                }
            }
        }
        let Some((j, p)) = found else { continue };
        let div = list[k].take().expect("just seen");
        let exp = list[j].take().expect("just seen");
        let mut args = exp.args;
        args.extend(div.args.iter().map(|&(n, v)| (n + 3, v)));
        list[j] = Some(Fused { code: Code::ExpAndDiv(p), outs: vec![exp.outs[0], div.outs[0]], args });
    }
    list.into_iter().flatten().collect()
}
