use super::*;
use crate::{Binary, Compare};
use homolog_base::Unit;

fn program(build: impl Fn(&mut Builder, crate::Value, crate::Value) -> crate::Value) -> EventProgram {
    let mut b = Builder::new("receive");
    let g = b.input("g", Unit::ONE);
    let w = b.input("w", Unit::ONE);
    let next = build(&mut b, g, w);
    b.output("g", Unit::ONE, next);
    EventProgram { arguments: vec![Port::new("w", Unit::ONE)], steps: vec![EventStep::Run(b.finish())] }
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
fn branches_of_a_program_follow_its_condition() {
    let mut b = Builder::new("condition");
    let g = b.input("g", Unit::ONE);
    let (zero, one) = (b.constant(0.0), b.constant(1.0));
    let c = b.compare(Compare::Lt, zero, g);
    let t = b.select(c, one, zero);
    b.output("c", Unit::ONE, t);
    let add = program(|b, g, w| b.add(g, w));
    let p =
        EventProgram { arguments: add.arguments, steps: vec![EventStep::If { condition: b.finish(), then: add.steps, otherwise: vec![] }] };
    let run = |g: f64| {
        let mut now = HashMap::from([("g".to_string(), g), ("w".to_string(), 2.0)]);
        p.run(&mut now);
        now["g"]
    };
    assert_eq!((run(1.0), run(-1.0)), (3.0, -1.0));
    assert!(p.as_kernel().is_none());
}
