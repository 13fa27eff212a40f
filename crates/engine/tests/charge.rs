//! The charge that is counted in cells is that of the currents, integrated apart from the engine.

mod common;

use common::{compiled, network, population, projection};
use homolog_engine::Engine;
use homolog_model::{Inputs, Observable, Probe, Runner, State};

/// Sodium channels of the squid axon, S/cm2, and share of sodium in the current of AMPA receptors: as their files say.
const GNABAR: f64 = 0.12;
const SHARE: f64 = 77.0 / 127.0;
/// Reversal potential of sodium, mV, and decay of AMPA receptors, ms.
const ENA: f64 = 50.0;
const TAU: f64 = 2.0;

#[test]
fn the_counter_of_sodium_is_the_integral_of_its_inward_currents_over_a_frame() {
    let populations = vec![population("in", 5, "input"), population("hidden", 2, "cell"), population("out", 3, "linear")];
    let (model, params) = compiled(&network(populations, vec![projection("in", "hidden"), projection("hidden", "out")]));
    let group = &model.groups[1];
    let anatomy = group.anatomy.as_ref().unwrap();
    let variable = |name: &str| group.variables.iter().position(|v| v.name == name).unwrap();
    let names = ["v", "hh.m", "hh.h", "positive.g"];
    let mut probes: Vec<Probe> = names.map(|n| Probe { group: 1, what: Observable::State(variable(n)) }).into();
    probes.push(Probe { group: 1, what: Observable::FrameEnd(variable("charge.na")) });
    let inputs = Inputs { batch: 1, frames: 2, values: vec![vec![1.0, 0.3, 0.0, 2.0, 0.8, 0.1, 1.5, 0.7, 0.0, 1.2]] };
    let found = Engine::new(1).run(&model, &params, &inputs, &probes, &mut State::fresh(), None).unwrap().traces;
    // The number of a variable in a compartment of a neuron after a tick; zero where the compartment has none.
    let at = |k: usize, tick: usize, compartment: usize, neuron: usize| {
        let places = &anatomy.of_variable[variable(names[k])];
        let place = places.iter().position(|c| *c as usize == compartment);
        place.map_or(0.0, |p| found[k].data[tick * found[k].shape[1] + p * group.size + neuron])
    };
    let counted = &anatomy.of_variable[variable("charge.na")];
    assert_eq!(counted.len(), anatomy.compartments.len(), "channels in soma and trunk, receptors in trunk and branches");
    let mut all = 0.0;
    for (place, &compartment) in counted.iter().enumerate() {
        let c = compartment as usize;
        for neuron in 0..group.size {
            // The second frame: the counter begins anew, and what was before its first tick is known.
            let charge: f64 = (model.ticks..2 * model.ticks)
                .map(|tick| {
                    let before = |k: usize| at(k, tick - 1, c, neuron);
                    let (v, m, h) = (before(0), before(1), before(2));
                    // What arrives in a tick acts in it; so much is left of it after.
                    let g = at(3, tick, c, neuron) / homolog_base::math::exp(-model.dt / TAU);
                    let channels = 1e-2 * anatomy.areas[c] * GNABAR * m * m * m * h * (v - ENA);
                    model.dt * (-(channels + g * SHARE * (v - ENA))).max(0.0)
                })
                .sum();
            let counter = found[4].data[found[4].shape[1] + place * group.size + neuron];
            assert!((charge - counter).abs() <= 1e-9 * charge.abs(), "compartment {c}, neuron {neuron}: {charge} pC, counted {counter}");
            all += counter;
        }
    }
    assert!(all > 1.0, "{all} pC");
}
