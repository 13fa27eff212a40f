use super::*;
use crate::{Binary, Compare};
use homolog_base::Unit;

fn program(build: impl Fn(&mut Builder, crate::Value, crate::Value) -> crate::Value) -> EventProgram {
    let mut b = Builder::new("receive");
    let g = b.input("g", Unit::ONE);
    let w = b.input("w", Unit::ONE);
    let next = build(&mut b, g, w);
    b.output("g", Unit::ONE, next);
    EventProgram { arguments: vec![Port::new("w", Unit::ONE)], connect: None, kernel: b.finish(), effects: vec![] }
}

#[test]
fn only_effects_proportional_to_the_weight_and_free_of_state_may_be_summed() {
    assert!(program(|b, g, w| b.add(g, w)).is_linear_in_weight());
    assert!(
        program(|b, g, w| {
            let c = b.constant(0.5);
            let p = b.mul(c, w);
            b.add(g, p)
        })
        .is_linear_in_weight()
    );
    assert!(!program(|b, g, w| b.mul(g, w)).is_linear_in_weight(), "depends on the state");
    assert!(
        !program(|b, g, w| {
            let p = b.mul(w, w);
            b.add(g, p)
        })
        .is_linear_in_weight(),
        "a square"
    );
    assert!(
        !program(|b, g, w| {
            let one = b.constant(1.0);
            let p = b.add(w, one);
            b.add(g, p)
        })
        .is_linear_in_weight(),
        "an effect without weight"
    );
    assert!(
        !program(|b, g, w| {
            let zero = b.constant(0.0);
            let sum = b.add(g, w);
            b.binary(Binary::Max, sum, zero)
        })
        .is_linear_in_weight(),
        "a bound"
    );
}

#[test]
fn an_effect_that_only_own_events_have_leaves_a_kernel_for_those_of_connections() {
    let with = |own: f64| {
        let mut b = Builder::new("receive");
        let (g, w, flag) = (b.input("g", Unit::ONE), b.input("w", Unit::ONE), b.input(FLAG, Unit::ONE));
        let sum = b.add(g, w);
        b.output("g", Unit::ONE, sum);
        let (k, one, zero) = (b.constant(own), b.constant(1.0), b.constant(0.0));
        let c = b.compare(Compare::Eq, flag, k);
        let when = b.select(c, one, zero);
        b.output("when", Unit::ONE, when);
        b.output("at", Unit::ONE, one);
        let effect = Effect { when: Some("when".into()), kind: EffectKind::Emit { at: "at".into() } };
        EventProgram { arguments: vec![Port::new("w", Unit::ONE)], connect: None, kernel: b.finish(), effects: vec![effect] }
    };
    let plain = with(1.0).as_kernel().expect("nothing follows from flag 0");
    assert_eq!(plain.outputs.iter().map(|(p, _)| p.name.as_str()).collect::<Vec<_>>(), ["g"]);
    assert!(with(0.0).as_kernel().is_none(), "an event of a connection is sent on");
}

#[test]
fn what_a_connection_keeps_is_no_kernel_of_the_target() {
    let mut p = program(|b, g, w| b.add(g, w));
    assert!(p.as_kernel().is_some());
    p.connect = Some(Builder::new("connect").finish());
    assert!(p.as_kernel().is_none());
}
