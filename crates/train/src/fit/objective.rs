//! The loss of variants of a neuron, all at once.

use super::losses::{Plane, crossings, van_rossum};
use super::prepare::{losses, resolve, step, trial};
use super::transform::Coordinate;
use homolog_base::{Diagnostic, Hash, Unit};
use homolog_model::fit::{Fit, Recorded, Term, Window};
use homolog_model::{Fault, Gradients, Inputs, Library, Model, Params, Probe, RecordingGrad, Runner, State, Tape};

/// What became of one variant.
#[derive(Clone, PartialEq, Debug)]
pub struct Scored {
    /// The loss; infinite where its run met a number that is not finite.
    pub loss: f64,
    /// Its gradient with respect to the coordinates; empty when none was asked for, zeros where the loss is infinite.
    pub gradient: Vec<f64>,
}

/// Recordings, and the neuron that is held to them.
pub struct Objective<'a> {
    fit: &'a Fit,
    library: &'a Library,
    step: f64,
    parameters: Vec<Coordinate>,
    /// Of each parameter: which tensor of the models, and which of its parts.
    places: Vec<(usize, usize)>,
    trials: Vec<Trial>,
    /// Variants that the models hold.
    width: usize,
    inputs: Inputs,
    gradients: Gradients,
    cotangent: RecordingGrad,
}

/// One sweep, compiled.
pub(super) struct Trial {
    pub window: Window,
    pub model: Model,
    pub params: Params,
    pub probe: Probe,
    pub unit: Unit,
    pub target: Target,
    pub weight: f64,
    pub tape: Tape,
    /// Of the model for one variant, and of what its file says of the parameters: the same whatever the width is.
    pub hash: Hash,
}

/// What a trace is compared with.
pub(super) struct Target {
    /// For each sample: the step whose end is the last before it (0 for the beginning of the run), and how far it is to the next, from 0 to 1.
    pub places: Vec<(usize, f64)>,
    /// Times of the samples, ms of the recording.
    pub times: Vec<f64>,
    /// The samples, in the unit of the variable.
    pub values: Vec<f64>,
    /// Their variance.
    pub variance: f64,
    /// When they spike, ms, and above which value that is.
    pub spikes: (Vec<f64>, f64),
    pub plane: Option<Plane>,
    /// The value at the beginning of the run.
    pub initial: f64,
    pub hash: Hash,
}

/// Numbers of a recording that are held at once: 32 MB. More variants are run one part after another, as larger recordings cost more than they save
/// (`homolog bench variants`).
const MOST: usize = 1 << 22;
/// Variants are run by multiples of this, the width of a register.
const LANES: usize = 8;

impl<'a> Objective<'a> {
    /// The objective of a fit whose sweeps were recorded as `recorded`, in their order. At most `variants` are asked for at once.
    ///
    /// # Errors
    /// Everything that does not fit together: names, units, bounds, windows, losses.
    pub fn new(fit: &'a Fit, library: &'a Library, recorded: &[Recorded], variants: usize) -> Result<Self, Vec<Diagnostic>> {
        let mut problems: Vec<Diagnostic> = Vec::new();
        let step = step(fit, library).map_err(|d| vec![d])?;
        let mut trials: Vec<Trial> = Vec::new();
        for (sweep, data) in fit.sweeps.iter().zip(recorded) {
            let made = trial(fit, library, sweep, data, step, &mut problems);
            trials.extend(made);
        }
        losses(fit, &mut problems);
        let mut parameters = Vec::new();
        let mut places = Vec::new();
        if let Some(first) = trials.first() {
            for s in &fit.sought {
                match resolve(fit, library, s, &first.params) {
                    Ok((coordinate, place)) => {
                        parameters.push(coordinate);
                        places.push(place);
                    }
                    Err(d) => problems.push(*d),
                }
            }
        }
        if problems.is_empty() && (parameters.is_empty() || trials.is_empty()) {
            let what = if trials.is_empty() { "has no recording" } else { "seeks no parameter" };
            problems.push(Diagnostic::error("fit-empty", format!("this fit {what}")));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let inputs = Inputs { batch: 1, frames: 1, values: vec![] };
        let (gradients, cotangent) = (Gradients::default(), vec![vec![]]);
        let mut out = Objective { fit, library, step, parameters, places, trials, width: 1, inputs, gradients, cotangent };
        out.resize(variants)?;
        Ok(out)
    }

    /// The parameters, in the order of the file.
    pub fn parameters(&self) -> &[Coordinate] {
        &self.parameters
    }

    /// The step of the simulations, ms.
    pub fn step(&self) -> f64 {
        self.step
    }

    /// Steps of one variant, over all sweeps.
    pub fn ticks(&self) -> usize {
        self.trials.iter().map(|t| t.model.ticks).sum()
    }

    /// Compartments of the neuron; 1 if it has no shape.
    pub fn compartments(&self) -> usize {
        self.trials[0].model.groups[0].anatomy.as_ref().map_or(1, |a| a.compartments.len())
    }

    /// What a search depends on beside its own settings: the neuron with its stimuli, and the recordings.
    pub fn hashes(&self) -> (Hash, Hash) {
        let one = self.trials.iter().map(|t| t.hash.prefix());
        let data = self
            .trials
            .iter()
            .flat_map(|t| [t.target.hash.prefix(), t.window.start.to_bits(), t.window.stop.to_bits(), t.weight.to_bits()]);
        (Hash::of_u64(one), Hash::of_u64(data))
    }

    /// Compiles the models for so many variants at once.
    fn resize(&mut self, variants: usize) -> Result<(), Vec<Diagnostic>> {
        let longest = self.trials.iter().map(|t| t.model.ticks).max().unwrap_or(1);
        let most = (MOST / longest.max(1) / LANES * LANES).max(LANES);
        let width = if variants <= 1 { 1 } else { variants.next_multiple_of(LANES).min(most) };
        if width == self.width {
            return Ok(());
        }
        for (sweep, trial) in self.fit.sweeps.iter().zip(&mut self.trials) {
            let network = self.fit.network(sweep, &trial.window, width, self.step);
            (trial.model, trial.params) = homolog_model::compile(&network, self.library, 0)?;
            trial.tape = Tape::default();
        }
        self.width = width;
        Ok(())
    }

    /// Scores variants, each a row of coordinates. A variant whose run meets a number that is not finite has an infinite loss, and disturbs no other.
    ///
    /// # Errors
    /// What the neuron meets with the parameters of its own file.
    pub fn evaluate(&mut self, runner: &mut dyn Runner, points: &[Vec<f64>], gradient: bool) -> Result<Vec<Scored>, Fault> {
        // A model that was compiled for many steps all of them, wanted or not.
        if points.len().next_multiple_of(LANES) < self.width || points.len() > self.width {
            self.resize(points.len()).expect("it compiled with another number of variants");
        }
        let mut out = Vec::with_capacity(points.len());
        for chunk in points.chunks(self.width) {
            out.extend(self.part(runner, chunk, gradient)?);
        }
        Ok(out)
    }

    /// Scores no more variants than the models hold.
    fn part(&mut self, runner: &mut dyn Runner, points: &[Vec<f64>], gradient: bool) -> Result<Vec<Scored>, Fault> {
        let (width, n) = (self.width, self.parameters.len());
        let mut failed = vec![false; points.len()];
        let mut out = vec![Scored { loss: 0.0, gradient: vec![0.0; if gradient { n } else { 0 }] }; points.len()];
        let whole: f64 = self.trials.iter().map(|t| t.weight).sum();
        for t in 0..self.trials.len() {
            let (mut losses, mut slopes) = (vec![0.0; width], vec![0.0; width * n]);
            loop {
                self.set(t, points, &failed);
                match self.run(t, runner, gradient, &mut losses, &mut slopes) {
                    Ok(()) => break,
                    Err(fault) => match failed.get_mut(fault.neuron) {
                        Some(f) if !*f => *f = true,
                        _ => return Err(fault),
                    },
                }
            }
            let share = self.trials[t].weight / whole;
            for (k, scored) in out.iter_mut().enumerate() {
                scored.loss += share * losses[k];
                scored.gradient.iter_mut().zip(&slopes[k * n..]).for_each(|(g, s)| *g += share * s);
            }
        }
        for ((scored, failed), point) in out.iter_mut().zip(&failed).zip(points) {
            if *failed {
                scored.loss = f64::INFINITY;
                scored.gradient.iter_mut().for_each(|g| *g = 0.0);
                continue;
            }
            scored.gradient.iter_mut().zip(&self.parameters).zip(point).for_each(|((g, p), u)| *g *= p.slope(*u));
        }
        Ok(out)
    }

    /// Writes variants into the parameters of a trial. Those that failed, and those that are not wanted, are the neuron of the file.
    fn set(&mut self, trial: usize, points: &[Vec<f64>], failed: &[bool]) {
        for (p, (parameter, (tensor, part))) in self.parameters.iter().zip(&self.places).enumerate() {
            let tensor = &mut self.trials[trial].params.tensors[*tensor];
            let parts = tensor.shape[1];
            for k in 0..self.width {
                let live = points.get(k).filter(|_| !failed.get(k).is_some_and(|f| *f));
                tensor.values[k * parts + part] = live.map_or(parameter.declared, |u| parameter.value(u[p]));
            }
        }
    }

    /// Runs a trial: the loss of each variant, and its gradient with respect to the values of its parameters.
    fn run(&mut self, trial: usize, runner: &mut dyn Runner, gradient: bool, losses: &mut [f64], slopes: &mut [f64]) -> Result<(), Fault> {
        let (width, n) = (self.width, self.parameters.len());
        let t = &mut self.trials[trial];
        let probes = std::slice::from_ref(&t.probe);
        let tape = if gradient { Some(&mut t.tape) } else { None };
        let recording = runner.run(&t.model, &t.params, &self.inputs, probes, &mut State::fresh(), tape)?;
        let data = &recording.traces[0].data;
        losses.fill(0.0);
        let mut trace = Vec::new();
        for l in &self.fit.losses {
            match l.term.value {
                Term::Potential => {
                    let cotangent = gradient.then(|| {
                        self.cotangent[0].clear();
                        self.cotangent[0].resize(data.len(), 0.0);
                        &mut self.cotangent[0][..]
                    });
                    t.target.squares(data, width, l.weight, losses, cotangent);
                }
                term => {
                    for (k, loss) in losses.iter_mut().enumerate() {
                        t.target.sample(data, width, k, &mut trace);
                        *loss += l.weight * t.target.distance(term, &trace);
                    }
                }
            }
        }
        if gradient {
            runner.pullback(&t.model, &t.params, &self.inputs, probes, &mut t.tape, &self.cotangent, &[], &mut self.gradients)?;
            for (p, (tensor, part)) in self.places.iter().enumerate() {
                let (g, parts) = (&self.gradients.params[*tensor], t.params.tensors[*tensor].shape[1]);
                (0..width).for_each(|k| slopes[k * n + p] = g[k * parts + part]);
            }
        }
        Ok(())
    }

    /// The traces of one variant at the samples of every sweep: times in ms of the recording, recorded values, values of the model, and their unit.
    ///
    /// # Errors
    /// A number that is not finite.
    pub fn traces(&mut self, runner: &mut dyn Runner, point: &[f64]) -> Result<Vec<Compared>, Fault> {
        self.resize(1).expect("it compiled with another number of variants");
        let points = [point.to_vec()];
        let mut out = Vec::new();
        for k in 0..self.trials.len() {
            self.set(k, &points, &[false]);
            let t = &self.trials[k];
            let probes = std::slice::from_ref(&t.probe);
            let recording = runner.run(&t.model, &t.params, &self.inputs, probes, &mut State::fresh(), None)?;
            let mut fitted = Vec::new();
            t.target.sample(&recording.traces[0].data, 1, 0, &mut fitted);
            let mean_square = fitted.iter().zip(&t.target.values).map(|(a, b)| (a - b) * (a - b)).sum::<f64>() / fitted.len() as f64;
            let threshold = t.target.spikes.1;
            out.push(Compared {
                times: t.target.times.clone(),
                recorded: t.target.values.clone(),
                spikes: (t.target.spikes.0.clone(), crossings(&t.target.times, &fitted, threshold)),
                fitted,
                unit: t.unit,
                rms: mean_square.sqrt(),
                explained: 1.0 - mean_square / t.target.variance,
            });
        }
        Ok(out)
    }
}

/// A recording, and what the model makes of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Compared {
    /// Times, ms of the recording.
    pub times: Vec<f64>,
    /// What was recorded.
    pub recorded: Vec<f64>,
    /// What the model does.
    pub fitted: Vec<f64>,
    /// Unit of both.
    pub unit: Unit,
    /// Root of the mean squared difference, in that unit.
    pub rms: f64,
    /// Share of the variance of the recording that is explained; below 0 when its mean would do better.
    pub explained: f64,
    /// When they spike, ms.
    pub spikes: (Vec<f64>, Vec<f64>),
}

impl Target {
    /// The trace of variant `k` of `width` at the samples.
    fn sample(&self, data: &[f64], width: usize, k: usize, out: &mut Vec<f64>) {
        let at = |i: usize| if i == 0 { self.initial } else { data[(i - 1) * width + k] };
        out.clear();
        out.extend(self.places.iter().map(|(i, f)| if *f > 0.0 { (1.0 - f) * at(*i) + f * at(i + 1) } else { at(*i) }));
    }

    /// Adds to the loss of each variant the weighted mean square of the difference over the variance; and its gradient to that of the recording.
    fn squares(&self, data: &[f64], width: usize, weight: f64, losses: &mut [f64], mut cotangent: Option<&mut [f64]>) {
        let scale = weight / (self.values.len() as f64 * self.variance);
        let first = vec![self.initial; width];
        let row = |i: usize| if i == 0 { &first[..] } else { &data[(i - 1) * width..i * width] };
        let mut sums = vec![0.0; width];
        let mut differences = vec![0.0; width];
        for ((i, f), target) in self.places.iter().zip(&self.values) {
            let next = if *f > 0.0 { row(i + 1) } else { row(*i) };
            for (((d, a), b), sum) in differences.iter_mut().zip(row(*i)).zip(next).zip(&mut sums) {
                *d = (1.0 - f) * a + f * b - target;
                *sum += *d * *d;
            }
            let Some(c) = cotangent.as_deref_mut() else { continue };
            for (i, share) in [(*i, 1.0 - f), (i + 1, *f)] {
                if i > 0 && share > 0.0 {
                    let row = &mut c[(i - 1) * width..i * width];
                    row.iter_mut().zip(&differences).for_each(|(c, d)| *c += 2.0 * scale * share * d);
                }
            }
        }
        losses.iter_mut().zip(&sums).for_each(|(l, s)| *l += scale * s);
    }

    fn distance(&self, term: Term, trace: &[f64]) -> f64 {
        match term {
            Term::Potential => {
                let squares = trace.iter().zip(&self.values).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
                squares / (self.values.len() as f64 * self.variance)
            }
            Term::Spikes(tau) => van_rossum(&crossings(&self.times, trace, self.spikes.1), &self.spikes.0, tau),
            Term::PhasePlane => self.plane.as_ref().map_or(0.0, |p| p.distance(&self.times, trace)),
        }
    }
}
