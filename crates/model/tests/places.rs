//! Where the weights of a link arrive on a cell.

mod common;

use common::{CELL, network, population, projection, with_cell};
use homolog_model::model::Rows;
use homolog_model::network::{Delay, Weights};
use homolog_model::{Link, Network, Projection, Wiring, compile};

/// The links of a network.
fn links(network: &Network, seed: u64) -> Vec<Link> {
    let compiled = compile(network, &with_cell(CELL), seed);
    compiled.unwrap_or_else(|e| panic!("{}", e.iter().map(|d| d.render(false)).collect::<String>())).0.links
}

/// Values that arrive by three kinds of wiring, and spikes.
fn several() -> Network {
    let populations = vec![population("in", 25, "input"), population("same", 4, "input"), population("cells", 4, "cell")];
    let wired = |from: &str, wiring: Wiring| Projection { wiring: wiring.into(), ..projection(from, "cells") };
    let recurrent = Projection { delay: Some(Delay::Ms(1.0).into()), ..projection("cells", "cells") };
    network(populations, vec![projection("in", "cells"), wired("in", Wiring::Random(0.6)), wired("same", Wiring::OneToOne), recurrent])
}

/// How many weights a link has, and from whom and to whom each goes.
fn ends(link: &Link, from: usize, to: usize) -> Vec<(u32, usize)> {
    match &link.wires {
        homolog_model::Wires::Dense => (0..to).flat_map(|r| (0..from as u32).map(move |c| (c, r))).collect(),
        homolog_model::Wires::OneToOne => (0..to).map(|r| (r as u32, r)).collect(),
        homolog_model::Wires::Sparse { start, column } => {
            (0..to).flat_map(|r| (start[r]..start[r + 1]).map(move |k| (k, r))).map(|(k, r)| (column[k as usize], r)).collect()
        }
    }
}

const SIZE: usize = 4;
const SITES: [usize; 2] = [7, 3];

fn sizes(link: &Link) -> usize {
    [25, 4, 4][link.from]
}

#[test]
fn every_weight_has_exactly_one_place_of_each_sign() {
    for link in links(&several(), 5) {
        let ends = ends(&link, sizes(&link), SIZE);
        for (rows, sites) in link.places.as_ref().unwrap().iter().zip(SITES) {
            assert_eq!(rows.start.len(), sites * SIZE + 1, "{}", link.name);
            let mut seen = vec![0; ends.len()];
            for (row, bounds) in rows.start.windows(2).enumerate() {
                for k in bounds[0] as usize..bounds[1] as usize {
                    let w = rows.weight[k] as usize;
                    seen[w] += 1;
                    assert_eq!((rows.column[k], row % SIZE), ends[w], "{}: weight {w} connects others than its wires say", link.name);
                }
            }
            assert!(seen.iter().all(|n| *n == 1), "{}: {seen:?}", link.name);
        }
    }
}

#[test]
fn places_have_equally_many_inputs_to_within_one() {
    for link in links(&several(), 5) {
        for (rows, sites) in link.places.as_ref().unwrap().iter().zip(SITES) {
            for neuron in 0..SIZE {
                let many = |site: usize| rows.start[site * SIZE + neuron + 1] - rows.start[site * SIZE + neuron];
                let (least, most) = ((0..sites).map(many).min().unwrap(), (0..sites).map(many).max().unwrap());
                assert!(most - least <= 1, "{}: neuron {neuron} has {least} to {most} inputs in a place", link.name);
            }
        }
    }
}

#[test]
fn neurons_have_their_inputs_in_places_of_their_own() {
    let dense = &links(&several(), 5)[0];
    let of = |neuron: usize| -> Vec<Vec<u32>> {
        let rows = &dense.places.as_ref().unwrap()[0];
        (0..SITES[0])
            .map(|s| rows.column[rows.start[s * SIZE + neuron] as usize..rows.start[s * SIZE + neuron + 1] as usize].to_vec())
            .collect()
    };
    assert!((1..SIZE).all(|n| of(n) != of(0)), "all neurons have the same inputs in the same places");
}

#[test]
fn places_depend_on_the_seed_and_on_nothing_else() {
    let places = |network: &Network, seed: u64| -> Vec<[Rows; 2]> { links(network, seed).into_iter().map(|l| l.places.unwrap()).collect() };
    let base = places(&several(), 5);
    assert_eq!(base, places(&several(), 5));
    let other = places(&several(), 6);
    for k in 0..4 {
        assert_ne!(base[k], other[k], "link {k} has the same places with another seed");
    }
    // What is not the wiring of a link does not matter to it: time, weights, biases, delays, readout, who else is there.
    let mut other = several();
    other.dt = Some(0.05.into());
    other.presentation = Some(7.0.into());
    other.populations[2].bias = Some(false);
    other.populations[2].readout_scale = Some(3.0.into());
    other.projections.iter_mut().for_each(|p| p.weights = Weights::Constant(-0.5).into());
    other.projections[3].delay = Some(Delay::Ms(2.5).into());
    other.populations.push(population("more", 6, "cell"));
    other.projections.push(projection("in", "more"));
    assert_eq!(base[..], places(&other, 5)[..4]);
    // Nor does it matter to a neuron's places how many others there are, or in which order links are listed.
    let mut larger = several();
    larger.populations[2].size = 6.into();
    larger.projections.drain(1..3);
    larger.projections.rotate_left(1);
    let dense = &links(&larger, 5)[1];
    for (a, b) in base[0].iter().zip(dense.places.as_ref().unwrap()) {
        for site in 0..a.start.len() / SIZE {
            for neuron in 0..SIZE {
                let row = |rows: &Rows, size: usize| {
                    let k = site * size + neuron;
                    rows.column[rows.start[k] as usize..rows.start[k + 1] as usize].to_vec()
                };
                assert_eq!(row(a, SIZE), row(b, 6), "neuron {neuron}, place {site}");
            }
        }
    }
}
