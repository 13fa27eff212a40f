//! For tests: a softmax-ready linear model in closed form, as a runner that no engine is needed for.

use homolog_base::{Hash, Unit};
use homolog_model::*;

/// `image` (features) to `class` (classes), dense with a bias; optionally a spiking group `hidden` that never spikes.
pub fn model(features: usize, classes: usize, silent: Option<usize>) -> (Model, Params) {
    let group = |name: &str, size, clock, bias| Group {
        name: name.into(),
        neuron: if clock == Clock::Input { "input".into() } else { "linear".into() },
        size,
        clock,
        driven: true,
        bias,
        mean_square: 1.0,
        ..Group::default()
    };
    let tensor = |name: &str, shape: [usize; 2], decays| Tensor {
        name: name.into(),
        unit: Unit::ONE,
        shape,
        learned: true,
        decays,
        bounds: None,
        values: vec![0.0; shape[0] * shape[1]],
    };
    let link = |from, to, weights| Link {
        name: "a->b".into(),
        from,
        to,
        target: Target::Drive,
        wires: Wires::Dense,
        places: None,
        weights,
        delay: 0,
    };
    let mut groups = vec![group("image", features, Clock::Input, None), group("class", classes, Clock::Frame, Some(1))];
    let mut tensors = vec![tensor("image->class", [classes, features], true), tensor("class.bias", [classes, 1], false)];
    let mut links = vec![link(0, 1, 0)];
    if let Some(size) = silent {
        groups.push(Group { spikes: true, neuron: "lif".into(), ..group("hidden", size, Clock::Tick, None) });
        tensors.push(tensor("image->hidden", [size, features], true));
        tensors.push(tensor("hidden->class", [classes, size], true));
        links.extend([link(0, 2, 2), Link { target: Target::Own, ..link(2, 1, 3) }]);
    }
    let model = Model {
        title: "fake".into(),
        hash: Hash::of(b"fake"),
        dt: 1.0,
        ticks: 1,
        precision: Default::default(),
        groups,
        links,
        phases: vec![Phase::Value(1)],
        clamps: vec![],
        contacts: vec![],
        streams: vec![],
        sums: vec![],
    };
    (model, Params { tensors })
}

/// Runs [`model`]. `poison` makes the n-th run answer with a fault.
#[derive(Default)]
pub struct Linear {
    pub runs: usize,
    pub poison: Option<usize>,
    pub largest_batch: usize,
    pub taped: usize,
}

impl Runner for Linear {
    fn run(
        &mut self,
        model: &Model,
        params: &Params,
        inputs: &Inputs,
        probes: &[Probe],
        state: &mut State,
        tape: Option<&mut Tape>,
    ) -> Result<Recording, Fault> {
        assert!(state.is_fresh(), "each batch starts anew");
        self.runs += 1;
        self.largest_batch = self.largest_batch.max(inputs.batch);
        self.taped += usize::from(tape.is_some());
        if self.poison == Some(self.runs) {
            return Err(Fault { tick: 4, t_ms: 0.1, group: "class".into(), neuron: 2, place: None, sample: 1, what: "NaN in v".into() });
        }
        let (features, batch) = (model.groups[0].size, inputs.batch);
        let (w, bias) = (&params.tensors[0], &params.tensors[1]);
        let traces = probes.iter().map(|probe| {
            let group = &model.groups[probe.group];
            if let Observable::FrameEnd(k) = probe.what {
                // Place `p` of neuron `n` holds the number of its row.
                let rows = group.variables[k].sites * group.size;
                let data = (0..rows * batch).map(|e| (e / batch) as f64).collect();
                return Trace { name: "t".into(), unit: Unit::ONE, shape: [1, rows, batch], data };
            }
            let rows = group.size;
            let mut data = vec![0.0; rows * batch];
            if probe.what == Observable::Value {
                for r in 0..rows {
                    for b in 0..batch {
                        data[r * batch + b] = bias.values[r]
                            + (0..features).map(|f| w.values[r * features + f] * inputs.values[0][f * batch + b]).sum::<f64>();
                    }
                }
            }
            Trace { name: "t".into(), unit: Unit::ONE, shape: [1, rows, batch], data }
        });
        Ok(Recording { traces: traces.collect() })
    }

    fn pullback(
        &mut self,
        model: &Model,
        params: &Params,
        inputs: &Inputs,
        _: &[Probe],
        _: &mut Tape,
        grad: &RecordingGrad,
        _: &[Vec<f64>],
        out: &mut Gradients,
    ) -> Result<(), Fault> {
        assert!(grad[1..].iter().all(Vec::is_empty), "counts have no gradient here");
        let (features, classes, batch) = (model.groups[0].size, model.groups[1].size, inputs.batch);
        out.params = params.zeros();
        for r in 0..classes {
            for b in 0..batch {
                let g = grad[0][r * batch + b];
                out.params[1][r] += g;
                for f in 0..features {
                    out.params[0][r * features + f] += g * inputs.values[0][f * batch + b];
                }
            }
        }
        Ok(())
    }
}

/// Noisy blobs, one a class, that a linear model can tell apart well but not wholly.
pub fn blobs(n: usize, features: usize, classes: usize, noise: f64) -> Samples {
    let key = homolog_base::Key::new(5);
    let labels: Vec<u32> = (0..n).map(|k| (k % classes) as u32).collect();
    let mean = |c: u32, f: usize| f64::from(u8::from(f % classes == c as usize));
    let values = (0..n * features).map(|k| mean(labels[k / features], k % features) + noise * key.normal(k as u64, 1)).collect();
    Samples { name: "blobs".into(), features, classes, values, labels, ..Samples::default() }
}

/// A study with only what training reads.
pub fn study(epochs: usize, batch: usize, patience: Option<usize>) -> Study {
    Study {
        data: Some(Data { source: "blobs".into(), input: "image".into(), test: 0.2.into(), validation: 0.25.into(), unit_rms: true }),
        training: Some(Training {
            loss: Loss::CrossEntropy.into(),
            readout: "class".into(),
            optimiser: Optimiser::default().into(),
            learning_rate: 0.02.into(),
            schedule: "constant".into(),
            batch: batch.into(),
            epochs: epochs.into(),
            patience,
            weight_decay: 0.01,
            label_smoothing: 0.05,
            input_noise: 0.1,
            freeze: vec![],
        }),
        ..Study::default()
    }
}
