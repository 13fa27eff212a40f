//! Which samples are for learning, for stopping and for the figure that is reported.

use homolog_base::{Diagnostic, Key};
use homolog_model::{Data, Network, Samples, Split};

/// Splits labelled samples, class by class, keyed by the seed.
///
/// Of every class the fraction `data.test` (rounded to the nearest whole sample) goes to the test part, and of the rest
/// of that class the fraction `data.validation` goes to the validation part. When the source sets a test part of its own
/// apart ([`Samples::own_test_from`]) that part is the test part and `data.test` is not used. Which samples of a class are
/// taken depends on the seed and the class alone: another validation fraction leaves the test part as it is, and so
/// does another number of samples in another class.
///
/// ```
/// # use homolog_model::{Data, Samples};
/// let samples = Samples { features: 1, classes: 2, values: vec![0.0; 20], labels: (0..20).map(|k| k % 2).collect(), ..Samples::default() };
/// let data = Data { source: "digits".into(), input: "image".into(), test: 0.2.into(), validation: 0.25.into(), unit_rms: false };
/// let split = homolog_train::split(&samples, &data, 7);
/// assert_eq!((split.train.len(), split.validation.len(), split.test.len()), (12, 4, 4));
/// ```
pub fn split(samples: &Samples, data: &Data, seed: u64) -> Split {
    let own = samples.own_test_from.unwrap_or(samples.len()).min(samples.len());
    let mut out = Split { test: (own..samples.len()).collect(), ..Split::default() };
    let key = Key::new(seed).named("split");
    let classes = samples.labels.iter().map(|&c| c as usize + 1).max().unwrap_or(0);
    let mut members = vec![Vec::new(); classes];
    for (k, &class) in samples.labels[..own].iter().enumerate() {
        members[class as usize].push(k);
    }
    for (class, members) in members.iter().enumerate() {
        let order = key.numbered(class as u64).permutation(members.len());
        let test = if samples.own_test_from.is_some() { 0 } else { share(members.len(), *data.test) };
        let validation = share(members.len() - test, *data.validation);
        for (rank, &i) in order.iter().enumerate() {
            let part = match rank {
                r if r < test => &mut out.test,
                r if r < test + validation => &mut out.validation,
                _ => &mut out.train,
            };
            part.push(members[i]);
        }
    }
    out.train.sort_unstable();
    out.validation.sort_unstable();
    out.test.sort_unstable();
    out
}

/// The nearest whole number of `n` samples, halves up; fractions outside 0..1 take none or all.
fn share(n: usize, fraction: f64) -> usize {
    ((n as f64 * fraction + 0.5).floor().max(0.0) as usize).min(n)
}

/// What is wrong or surprising about a split: fractions that are none, a fraction that is not used because the source has
/// a test part of its own, parts that stay empty although something was asked for, classes without a sample to learn.
pub fn check_split(network: &Network, samples: &Samples, data: &Data, split: &Split) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for (name, fraction) in [("test", &data.test), ("validation", &data.validation)] {
        if !(0.0..1.0).contains(&fraction.value) {
            let d = Diagnostic::error("data-fraction", format!("`{name} = {}` is no fraction of the samples", fraction.value))
                .hint("give a number from 0 up to, but without, 1");
            out.push(network.locate(d, fraction.span, "not in 0..1"));
        }
    }
    if *data.test > 0.0 && samples.own_test_from.is_some() {
        let d = Diagnostic::warning(
            "data-own-test",
            format!("`{}` has a test part of its own, so `test = {}` is not used", samples.name, data.test.value),
        )
        .hint("leave `test` out, or set it to 0");
        out.push(network.locate(d, data.test.span, "not used"));
    }
    if split.train.is_empty() {
        let d = Diagnostic::error("data-no-training-part", format!("no sample of `{}` is left to learn from", samples.name))
            .hint("make `test` and `validation` smaller");
        out.push(network.locate(d, data.source.span, "all its samples are kept for other parts"));
        return out;
    }
    for (name, fraction, part) in [("test", &data.test, &split.test), ("validation", &data.validation, &split.validation)] {
        if *(*fraction) > 0.0 && part.is_empty() {
            let d = Diagnostic::error(
                "data-part-empty",
                format!("`{name} = {}` of each class is less than half a sample, so the {name} part is empty", fraction.value),
            )
            .hint("make it larger, or bring more samples");
            out.push(network.locate(d, fraction.span, "too small for these samples"));
        }
    }
    let mut seen = vec![false; samples.classes];
    split.train.iter().for_each(|&k| seen[samples.labels[k] as usize] = true);
    let missing: Vec<String> = seen.iter().enumerate().filter(|(_, s)| !**s).map(|(c, _)| c.to_string()).collect();
    if !missing.is_empty() {
        let d = Diagnostic::warning("data-class-unseen", format!("no sample of class {} is in the training part", missing.join(", ")));
        out.push(network.locate(d, data.source.span, "a class without samples to learn from"));
    }
    out
}

#[cfg(test)]
mod tests;
