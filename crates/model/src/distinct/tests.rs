use super::{Without, graph, possible};
use crate::Located;
use crate::wiring::{Copies, Wiring};
use homolog_base::{Key, math};

const BOTH: Without = Without { autapses: true, multapses: true };

fn copies(autapses: Option<bool>, multapses: Option<bool>) -> Copies {
    Copies { autapses: autapses.map(Located::from), multapses: multapses.map(Located::from) }
}

/// Sum of the squared deviations of counts from one expected count, over that.
fn chi_square(counts: &[f64]) -> f64 {
    let expected = counts.iter().sum::<f64>() / counts.len() as f64;
    counts.iter().map(|n| (n - expected) * (n - expected) / expected).sum()
}

/// What chi-square of so many degrees of freedom passes by chance once in ten thousand times (Wilson & Hilferty 1931).
fn bound(freedom: f64) -> f64 {
    let a = 2.0 / (9.0 * freedom);
    freedom * (1.0 - a + 3.72 * a.sqrt()).powi(3)
}

#[test]
fn every_subset_of_senders_is_as_likely_as_every_other() {
    // 3 of 6 senders, none the receiver itself: 10 subsets of the other 5, for each of 6 receivers.
    let mut counts = vec![vec![0.0; 64]; 6];
    for seed in 0..4000 {
        let g = graph(&Wiring::InDegree(3), 6, 6, BOTH, Key::new(seed)).unwrap();
        let mut of = [0usize; 6];
        g.pairs().for_each(|(s, r)| of[r as usize] |= 1 << s);
        for (r, subset) in of.into_iter().enumerate() {
            assert!(subset.count_ones() == 3 && subset >> r & 1 == 0, "three others: {subset:b} of {r}");
            counts[r][subset] += 1.0;
        }
    }
    for (r, counts) in counts.iter().enumerate() {
        let seen: Vec<f64> = counts.iter().copied().filter(|n| *n > 0.0).collect();
        assert_eq!(seen.len(), 10);
        assert!(chi_square(&seen) < bound(9.0), "receiver {r}: {}", chi_square(&seen));
    }
}

#[test]
fn pairs_of_a_total_are_distinct_and_each_as_likely_whether_few_or_most_are_drawn() {
    for n in [5, 17] {
        let mut counts = [0.0; 20];
        for seed in 0..4000 {
            let g = graph(&Wiring::Total(n), 5, 5, BOTH, Key::new(seed)).unwrap();
            let mut pairs: Vec<(u32, u32)> = g.pairs().collect();
            pairs.dedup();
            assert_eq!(pairs.len(), n, "sorted, so what stands there twice is side by side");
            for (s, r) in pairs {
                assert_ne!(s, r);
                counts[(s * 4 + r - u32::from(r > s)) as usize] += 1.0;
            }
        }
        // Draws without replacement deviate by less than independent ones.
        let share = 1.0 - n as f64 / 20.0;
        assert!(chi_square(&counts) / share < bound(19.0), "{n}: {}", chi_square(&counts) / share);
        assert!(chi_square(&counts) / share > 1.0, "drawn, and not dealt out");
    }
}

#[test]
fn what_is_drawn_with_replacement_leaves_out_only_what_it_is_told_to() {
    let none_to_itself = Without { autapses: true, multapses: false };
    for wiring in [Wiring::InDegree(8), Wiring::OutDegree(8), Wiring::Total(40)] {
        let g = graph(&wiring, 5, 5, none_to_itself, Key::new(3)).unwrap();
        let pairs: Vec<(u32, u32)> = g.pairs().collect();
        assert_eq!(pairs.len(), 40);
        assert!(pairs.iter().all(|(s, r)| s != r) && pairs.windows(2).any(|w| w[0] == w[1]), "{wiring:?}");
        assert_eq!(graph(&wiring, 5, 5, Without { autapses: false, multapses: false }, Key::new(3)), None, "the rule itself draws");
    }
    let once = Without { autapses: false, multapses: true };
    let g = graph(&Wiring::OutDegree(7), 4, 7, once, Key::new(3)).unwrap();
    assert_eq!(g.pairs().collect::<Vec<_>>(), (0..4).flat_map(|s| (0..7).map(move |r| (s, r))).collect::<Vec<_>>(), "all of 7 are all");
}

#[test]
fn a_pair_is_connected_with_the_probability_that_was_asked_for_also_once_and_not_to_itself() {
    let all = 60.0 * 59.0;
    let number = |without| graph(&Wiring::Connected(0.25), 60, 60, without, Key::new(1)).unwrap().target.len() as f64;
    assert_eq!(number(BOTH), 0.25 * all);
    let several = number(Without { autapses: true, multapses: false });
    assert_eq!(several, (math::ln(0.75) / math::ln(1.0 - 1.0 / all)).round());
}

#[test]
fn what_cannot_be_is_said_with_its_numbers() {
    let ask = |wiring, autapses, multapses, same| possible(&wiring, &copies(autapses, multapses), 9, 9, same).err().map(|e| e.1);
    let no = Some(false);
    assert_eq!(ask(Wiring::InDegree(9), None, no, true), None);
    assert_eq!(ask(Wiring::InDegree(9), no, no, false), None, "other neurons");
    assert_eq!(ask(Wiring::InDegree(9), no, no, true).unwrap(), "an in-degree of 9 from 8 senders, each once and none to itself");
    assert_eq!(ask(Wiring::OutDegree(10), None, no, false).unwrap(), "an out-degree of 10 to 9 receivers, each once");
    assert_eq!(ask(Wiring::Total(73), no, no, true).unwrap(), "73 connections of 72 pairs, each once and none to itself");
    assert_eq!(ask(Wiring::Total(10_000), no, None, true), None);
    assert!(ask(Wiring::OneToOne, no, None, true).unwrap().contains("leaves nothing"));
    assert!(ask(Wiring::Shift(9), no, None, true).unwrap().contains("leaves nothing"));
    assert_eq!(ask(Wiring::Shift(1), no, None, true), None);
    assert!(ask(Wiring::AllToOthers, Some(true), None, true).unwrap().contains("means nothing"));
    assert!(ask(Wiring::Random(0.5), None, Some(true), true).unwrap().contains("means nothing"));
    assert_eq!(ask(Wiring::Pairs(vec![(1, 2), (0, 0), (1, 2)]), None, no, true).unwrap(), "the pair [1, 2] stands there twice");
    assert_eq!(
        possible(&Wiring::InDegree(1), &copies(no, None), 1, 1, true).unwrap_err().1,
        "an in-degree of 1 from 0 senders, none to itself"
    );
}
