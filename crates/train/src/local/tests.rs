use super::{Named, beside};
use homolog_model::{Spike, State};

#[test]
fn neurons_stand_for_the_class_that_they_spike_for_most_on_average() {
    // Class 0 is shown three times, class 2 once, class 1 never.
    let responses = [vec![2.0, 0.0, 0.0, 1.0], vec![1.0, 0.0, 0.0, 1.0], vec![0.0, 1.0, 0.0, 1.0], vec![1.0, 2.0, 0.0, 3.0]];
    let named = Named::new(&responses, &[0, 0, 0, 2], 3);
    // The first spikes once for each 0 and once for the 2: the first of the largest.
    assert_eq!(named.class, [Some(0), Some(2), None, Some(2)]);
    assert_eq!(named.classify(&[1.0, 0.0, 9.0, 0.0]), 0);
    assert_eq!(named.classify(&[1.0, 0.0, 0.0, 3.0]), 2, "1 against a mean of 1.5");
    let confusion = named.score(&responses, &[0, 0, 0, 2]);
    assert_eq!((confusion.count(0, 0), confusion.count(0, 2), confusion.count(2, 2)), (2, 1, 1));
}

#[test]
fn what_never_spikes_stands_for_nothing_and_nothing_is_class_0() {
    let named = Named::new(&vec![vec![0.0; 3]; 4], &[0, 1, 1, 0], 2);
    assert_eq!(named.class, [None; 3]);
    assert_eq!(named.classify(&[1.0, 1.0, 1.0]), 0);
    assert!(Named::new(&[], &[], 2).class.is_empty());
}

#[test]
fn samples_that_are_shown_side_by_side_begin_alike() {
    let spike = |tick: i64, neuron: u32| Spike { tick, neuron, within: tick as u16 };
    let state = State {
        batch: 1,
        tick: 7,
        variables: vec![vec![1.0, 2.0]],
        in_flight: vec![vec![0.0, 1.0]],
        sent: vec![vec![spike(5, 1), spike(6, 0)]],
        values_in_flight: vec![vec![]],
        plastic: vec![],
    };
    let three = beside(&state, 3);
    assert_eq!((three.batch, three.tick), (3, 7));
    assert_eq!(three.variables, [[1.0, 1.0, 1.0, 2.0, 2.0, 2.0]]);
    assert_eq!(three.in_flight, [[0.0, 0.0, 0.0, 1.0, 1.0, 1.0]]);
    assert_eq!(three.sent, [[spike(5, 3), spike(5, 4), spike(5, 5), spike(6, 0), spike(6, 1), spike(6, 2)]]);
    assert!(beside(&State::fresh(), 3).is_fresh());
}
