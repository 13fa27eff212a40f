//! Networks that learn digits: units that see a part of the picture and meet in a unit of their own, as dendrites in a soma, and dense
//! ones of as many units (Chavlis & Poirazi 2025, "Dendrites endow artificial neural networks with accurate, robust and parameter-efficient
//! learning", Nat. Commun. 16, 943).

use crate::lab::Lab;
use homolog_base::Diagnostic;
use homolog_base::random::Key as Draw;
use homolog_engine::Engine;
use homolog_model::{Data, Library, Loss, Network, Optimiser, Population, Projection, Samples, Study, Training, Wiring};
use homolog_train::{Normalisation, Task, Trainer, split};
use std::path::Path;

/// What two networks learned: the one that is wired like cells, and the dense one.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Learned {
    /// Numbers that are learned.
    pub weights: [usize; 2],
    /// Share of the digits told right that were not learned from.
    pub accuracy: [f64; 2],
}

/// How the pictures reach the somata.
struct Shape {
    side: usize,
    somata: usize,
    dendrites: usize,
    region: usize,
    field: usize,
}

impl Shape {
    /// Pixel and dendrite: each soma sees a part of the picture, and each of its dendrites a part of that. What is scrambled sees as many
    /// pixels, but those that a permutation puts there.
    fn fields(&self, key: Draw, scrambled: bool) -> Vec<(u32, u32)> {
        let pixels = self.side * self.side;
        let places = if scrambled { key.named("pixels").permutation(pixels) } else { (0..pixels).collect() };
        let within = |room: usize, soma: usize, k: u64| key.named("field").below(room as u64 + 1, soma as u64, k) as usize;
        let mut out = vec![];
        for dendrite in 0..self.somata * self.dendrites {
            let (soma, k) = (dendrite / self.dendrites, 2 * (dendrite % self.dendrites) as u64 + 2);
            let (region, field) = (self.side - self.region, self.region - self.field);
            let (x, y) = (within(region, soma, 0) + within(field, soma, k), within(region, soma, 1) + within(field, soma, k + 1));
            for pixel in 0..self.field * self.field {
                let at = (y + pixel / self.field) * self.side + x + pixel % self.field;
                out.push((places[at] as u32, dendrite as u32));
            }
        }
        out
    }

    /// The network of these wires, or the dense one.
    fn network(&self, unit: &str, classes: usize, fields: Option<Vec<(u32, u32)>>) -> Network {
        let population = |name: &str, size: usize, neuron: &str| Population {
            name: name.into(),
            size: size.into(),
            neuron: neuron.into(),
            ..Population::default()
        };
        let projection = |from: &str, to: &str, wiring: Wiring| Projection {
            from: from.into(),
            to: to.into(),
            wiring: wiring.into(),
            ..Projection::default()
        };
        let dendrites = self.somata * self.dendrites;
        let (fields, joined) = match fields {
            Some(fields) => {
                (Wiring::Pairs(fields), Wiring::Pairs((0..dendrites).map(|d| (d as u32, (d / self.dendrites) as u32)).collect()))
            }
            None => (Wiring::AllToAll, Wiring::AllToAll),
        };
        Network {
            title: "digits".into(),
            populations: vec![
                population("image", self.side * self.side, "input"),
                population("dendrites", dendrites, unit),
                population("somata", self.somata, unit),
                population("class", classes, "linear"),
            ],
            projections: vec![
                projection("image", "dendrites", fields),
                projection("dendrites", "somata", joined),
                projection("somata", "class", Wiring::AllToAll),
            ],
            ..Network::default()
        }
    }
}

/// Networks of a seed, so many of each kind; two of a pair see the same samples.
pub(super) fn learn(lab: &mut Lab<'_>, scrambled: bool) -> Result<Vec<Learned>, Vec<Diagnostic>> {
    let whole = |name: &str| lab.number(name).round().max(1.0) as usize;
    let samples = homolog_formats::samples::open("digits8x8", Path::new(""))?;
    let side = samples.picture.map_or(0, |p| p.0);
    let field = whole("field").min(side);
    let shape = Shape { side, somata: whole("somata"), dendrites: whole("dendrites"), region: whole("region").clamp(field, side), field };
    let training = Training {
        loss: Loss::CrossEntropy.into(),
        readout: "class".into(),
        optimiser: Optimiser::default().into(),
        learning_rate: lab.number("learning-rate").into(),
        schedule: "cosine".to_string().into(),
        batch: 32.into(),
        epochs: whole("epochs").into(),
        patience: None,
        weight_decay: lab.number("shrink"),
        label_smoothing: 0.0,
        input_noise: 0.0,
        freeze: vec![],
    };
    let data = Data { source: "digits8x8".into(), input: "image".into(), test: 0.25.into(), validation: 0.0.into(), unit_rms: true };
    let (repeats, unit) = (whole("repeats"), lab.settings.word("unit").to_string());
    let mut out = vec![];
    for repeat in 0..repeats {
        let draw = Draw::new(lab.seed).named("digits").numbered(repeat as u64);
        // The first word of a key is as good as a seed.
        let seed = u64::from(draw.words()[0]);
        let mut learned = Learned { weights: [0; 2], accuracy: [0.0; 2] };
        for (k, fields) in [Some(shape.fields(draw, scrambled)), None].into_iter().enumerate() {
            let network = shape.network(&unit, samples.classes, fields);
            let study = Study { network, data: Some(data.clone()), training: Some(training.clone()), comparison: None };
            (learned.weights[k], learned.accuracy[k]) = one(&study, lab.words(), &samples, seed)?;
        }
        out.push(learned);
        lab.progress(0.2 + 0.8 * (repeat + 1) as f64 / repeats as f64);
    }
    Ok(out)
}

/// Learns one, and says how large it is and how much of what it has not seen it tells right.
fn one(study: &Study, library: &Library, samples: &Samples, seed: u64) -> Result<(usize, f64), Vec<Diagnostic>> {
    let (model, params) = homolog_model::compile(&study.network, library, seed)?;
    let data = study.data.as_ref().expect("it was made with data");
    let parts = split(samples, data, seed);
    let task = Task::new(study, &model, samples, &parts, Normalisation::fit(samples, &parts, data))?;
    let weights = params.learned();
    let mut trainer = Trainer::new(task, params, seed)?;
    let mut engine = Engine::new(1);
    let stopped = |m: String| vec![Diagnostic::error("run-fault", format!("a network could not learn: {m}"))];
    while trainer.finished().is_none() {
        trainer.epoch(&mut engine, &mut |_| {}).map_err(|s| stopped(format!("{s:?}")))?;
    }
    let seen = trainer.evaluate(&mut engine, &parts.test).map_err(|f| stopped(f.to_string()))?;
    Ok((weights, seen.accuracy))
}
