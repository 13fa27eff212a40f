//! Populations of Poisson processes: which of them spikes when.
//!
//! The spikes of all sources together are a Poisson process whose gaps are exponential, and each is that of any of them with the same
//! probability, independently (Kingman 1993, "Poisson Processes", ch. 2 and 5; Devroye 1986, "Non-Uniform Random Variate Generation",
//! ch. VI.1). As such a process has no memory, it may begin anew wherever one likes: time is cut into slots, and what is drawn in one is
//! keyed by its number, the sample and how many came before. Steps of time cut the same spikes into ticks, whatever they are; of the spikes
//! of one source in one tick the first counts.
//!
//! Correlated sources are thinned copies of one mother process: each takes each of its spikes with the probability c, independently of all others, so that
//! each is a Poisson process of c times its rate, and the numbers of spikes of two in any time have the correlation c (the "multiple interaction process" of
//! Kuhn, Aertsen & Rotter 2003, Neural Comput. 15, 67-101). Who takes a spike is found by the gaps between those that do, which are
//! geometric (Devroye 1986, ch. X.2), so it costs what it gives; it is keyed by the spike, and as little as this depends on steps of time.

use homolog_base::math;
use homolog_model::model::Sources;
use homolog_model::{Group, Spike};
use std::ops::Range;

/// Length of a slot, ms: exact in binary.
const SLOT: f64 = 0.25;

/// The spikes of a slot: when, ms since the beginning, and by which of so many sources.
pub(crate) fn slot(sources: &Sources, size: usize, slot: u64, sample: usize) -> impl Iterator<Item = (f64, u32)> {
    let correlated = sources.correlation > 0.0;
    let (own, mother) = match correlated {
        false => (Some(process(sources, size, slot, sample)), None),
        true => (None, Some(process(sources, 1, slot, sample))),
    };
    let thinned = mother.into_iter().flatten().zip(0..);
    let thinned = thinned.flat_map(move |((time, _), k)| takers(sources, size, slot, sample, k).map(move |n| (time, n)));
    own.into_iter().flatten().chain(thinned)
}

/// Who takes spike `k` of the mother in a slot, in order.
fn takers(sources: &Sources, size: usize, slot: u64, sample: usize, k: u64) -> impl Iterator<Item = u32> + use<> {
    let key = sources.key.named("takers").numbered(slot).numbered((sample as u64) << 32 | k);
    // Of those after one that takes it, so many in a row do not: floor(ln u / ln(1 - c)).
    let (certain, rest) = (sources.correlation >= 1.0, math::ln(1.0 - sources.correlation));
    let mut next = 0;
    (0..).map_while(move |j| {
        let skipped = if certain { 0.0 } else { (math::ln(key.uniform(j, 0)) / rest).floor() };
        // A gap that leads beyond all may be larger than any integer.
        if skipped >= (size - next) as f64 {
            return None;
        }
        let taker = next + skipped as usize;
        next = taker + 1;
        Some(taker as u32)
    })
}

/// The spikes of a process in a slot, and by which of so many sources each is.
fn process(sources: &Sources, size: usize, slot: u64, sample: usize) -> impl Iterator<Item = (f64, u32)> + use<> {
    let (begin, end) = (slot as f64 * SLOT, (slot + 1) as f64 * SLOT);
    let (key, scale) = (sources.key, 1.0 / sources.rate);
    let mut now = begin;
    let spike = move |k: u64| {
        let words = key.four(slot, (sample as u64) << 32 | k);
        let bits = (u64::from(words[0]) | u64::from(words[1]) << 32) >> 11;
        now -= math::ln((bits as f64 + 0.5) * (1.0 / (1u64 << 53) as f64)) * scale;
        (now < end).then_some((now, ((u64::from(words[2]) * size as u64) >> 32) as u32))
    };
    (0..).map_while(spike)
}

/// The slots that some ticks meet, and perhaps one more on either side.
pub(crate) fn slots(ticks: &Range<i64>, dt: f64) -> Range<u64> {
    let at = |tick: i64| (tick as f64 * dt / SLOT).floor().max(0.0) as u64;
    at(ticks.start).saturating_sub(1)..at(ticks.end) + 2
}

/// A spike that is drawn at a time, ms.
pub(crate) fn spike(group: &Group, dt: f64, time: f64, neuron: u32) -> Spike {
    match group.interpolated {
        true => Spike::at(time / dt, neuron),
        false => Spike { tick: (time / dt).floor() as i64, neuron, within: 0 },
    }
}

/// The spikes of a group that is given or drawn in some ticks, with their numbers in its column, in order; of those of one neuron in one tick the
/// first.
pub(crate) fn spikes(group: &Group, batch: usize, dt: f64, ticks: Range<i64>, out: &mut Vec<Spike>) {
    out.clear();
    let at = |tick: i64| group.given.partition_point(|s| s.tick < tick);
    for s in &group.given[at(ticks.start)..at(ticks.end)] {
        out.extend((0..batch as u32).map(|sample| Spike { neuron: s.neuron * batch as u32 + sample, ..*s }));
    }
    if let Some(sources) = &group.sources {
        for (number, sample) in slots(&ticks, dt).flat_map(|number| (0..batch).map(move |sample| (number, sample))) {
            let drawn = slot(sources, group.size, number, sample).map(|(time, n)| spike(group, dt, time, n * batch as u32 + sample as u32));
            out.extend(drawn.filter(|s| ticks.contains(&s.tick)));
        }
        out.sort_unstable();
        out.dedup_by_key(|s| (s.tick, s.neuron));
    }
}

#[cfg(test)]
mod tests {
    use super::{Sources, spikes};
    use homolog_base::{Key, math};
    use homolog_model::{Group, Spike};

    fn drawn(size: usize, rate: f64, dt: f64, ms: f64) -> Vec<(i64, u32)> {
        let sources = Some(Sources { rate: rate * size as f64, key: Key::new(8).named("test"), correlation: 0.0 });
        let group = Group { size, sources, ..Group::default() };
        let (mut out, mut some) = (vec![], vec![]);
        // As a run does: a few ticks at once.
        let ticks = (ms / dt).round() as i64;
        for first in (0..ticks).step_by(7) {
            spikes(&group, 1, dt, first..(first + 7).min(ticks), &mut some);
            out.extend(some.iter().map(|s| (s.tick, s.neuron)));
        }
        out
    }

    #[test]
    fn sources_are_poisson_processes_each_of_its_own() {
        let (size, rate, ms) = (50, 0.02, 40_000.0);
        let all = drawn(size, rate, 0.1, ms);
        let mut of: Vec<Vec<f64>> = vec![vec![]; size];
        all.iter().for_each(|(tick, n)| of[*n as usize].push(*tick as f64 * 0.1));
        // Of so many spikes in a tick only the first counts.
        let mean = ms / 0.1 * (1.0 - math::exp(-0.1 * rate));
        let off = |n: f64| (n - mean).abs() / mean.sqrt();
        let worst = of.iter().map(|t| off(t.len() as f64)).fold(0.0, f64::max);
        assert!(worst < 4.0, "{worst} standard deviations");
        assert!(of.iter().any(|t| off(t.len() as f64) > 1.0), "the numbers of Poisson processes differ");
        // Gaps are exponential: as many as expected are longer than twice their mean, and each is independent of the one before.
        let gaps: Vec<Vec<f64>> = of.iter().map(|t| t.windows(2).map(|w| w[1] - w[0]).collect()).collect();
        let n = gaps.iter().map(Vec::len).sum::<usize>() as f64;
        let long = gaps.iter().flatten().filter(|g| **g > 2.0 / rate).count() as f64;
        let p = math::exp(-2.0);
        assert!((long - n * p).abs() < 4.0 * (n * p * (1.0 - p)).sqrt(), "{long} of {n}");
        let excess = |g: f64| g * rate - 1.0;
        let product: f64 = gaps.iter().flat_map(|g| g.windows(2)).map(|w| excess(w[0]) * excess(w[1])).sum();
        assert!(product.abs() < 4.0 * n.sqrt(), "{product} of {n}");
    }

    #[test]
    fn correlated_sources_have_their_rate_their_correlation_and_the_gaps_of_poisson_processes() {
        let (size, rate, ms, window) = (40, 0.02, 60_000.0, 50.0);
        for correlation in [0.05, 0.2, 0.7, 1.0] {
            let sources = Sources { rate: rate / correlation, key: Key::new(3).named("test"), correlation };
            let group = Group { size, sources: Some(sources), ..Group::default() };
            // So short steps that no source has two spikes in one.
            let (dt, mut out) = (0.001, vec![]);
            spikes(&group, 1, dt, 0..(ms / dt) as i64, &mut out);
            let out: Vec<(i64, u32)> = out.into_iter().map(|s: Spike| (s.tick, s.neuron)).collect();
            let n = out.len() as f64;
            // What all have together varies as what they share does: its variance is that of size independent ones, times 1 + (size - 1) c.
            let all = size as f64 * rate * ms;
            let spread = (all * (1.0 + (size - 1) as f64 * correlation)).sqrt();
            assert!((n - all).abs() < 4.0 * spread, "{n} spikes instead of {all} at {correlation}");
            // Numbers in windows: mean of the covariances of pairs, over the mean of variances.
            let windows = (ms / window) as usize;
            let mut counts = vec![vec![0.0; windows]; size];
            out.iter().for_each(|(tick, n)| counts[*n as usize][((*tick as f64 * dt / window) as usize).min(windows - 1)] += 1.0);
            let mean = rate * window;
            let variance: f64 = counts.iter().flatten().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (size * windows) as f64;
            let whole: f64 = (0..windows).map(|w| counts.iter().map(|c| c[w] - mean).sum::<f64>().powi(2)).sum::<f64>() / windows as f64;
            let covariance = (whole - size as f64 * variance) / (size * (size - 1)) as f64;
            let found = covariance / variance;
            // The sum over all has a variance that is known to within sqrt(2 / windows) of itself, and that is what is uncertain here.
            let off = 4.0 * (2.0 / windows as f64).sqrt() * (1.0 + (size - 1) as f64 * correlation) / (size - 1) as f64;
            assert!((found - correlation).abs() < off, "{found} instead of {correlation}, to within {off}");
            // Each by itself is a Poisson process: its gaps have a CV of 1.
            let mut of: Vec<Vec<f64>> = vec![vec![]; size];
            out.iter().for_each(|(tick, n)| of[*n as usize].push(*tick as f64 * dt));
            let cv = |t: &Vec<f64>| {
                let gaps: Vec<f64> = t.windows(2).map(|w| w[1] - w[0]).collect();
                let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
                (gaps.iter().map(|g| (g - mean) * (g - mean)).sum::<f64>() / gaps.len() as f64).sqrt() / mean
            };
            let cv = of.iter().map(cv).sum::<f64>() / size as f64;
            // That of one has a spread of 1 / sqrt(gaps); what is shared does not average out.
            let off = 4.0 * (1.0 / (rate * ms) * (1.0 / size as f64 + correlation)).sqrt();
            assert!((cv - 1.0).abs() < off + 1.0 / (rate * ms), "a CV of {cv} at {correlation}");
        }
    }

    #[test]
    fn correlated_sources_do_not_depend_on_steps_nor_on_how_time_is_cut() {
        let sources = Sources { rate: 0.1, key: Key::new(4).named("test"), correlation: 0.3 };
        let group = Group { size: 20, sources: Some(sources), ..Group::default() };
        let drawn = |dt: f64, at_once: i64| {
            let (mut out, mut some) = (vec![], vec![]);
            let ticks = (400.0 / dt) as i64;
            for first in (0..ticks).step_by(at_once as usize) {
                spikes(&group, 1, dt, first..(first + at_once).min(ticks), &mut some);
                out.extend(some.iter().map(|s: &Spike| (s.tick, s.neuron)));
            }
            out
        };
        let fine = drawn(0.0125, 1000);
        assert!(fine.len() > 100, "{}", fine.len());
        assert_eq!(fine, drawn(0.0125, 3));
        let mut halved: Vec<(i64, u32)> = fine.iter().map(|(tick, n)| (tick.div_euclid(2), *n)).collect();
        halved.sort_unstable();
        halved.dedup();
        assert_eq!(halved, drawn(0.025, 7));
    }

    #[test]
    fn another_step_of_time_sees_the_same_spikes() {
        let fine = drawn(30, 0.05, 0.0125, 500.0);
        let mut halved: Vec<(i64, u32)> = fine.iter().map(|(tick, n)| (tick.div_euclid(2), *n)).collect();
        halved.sort_unstable();
        halved.dedup();
        assert_eq!(halved, drawn(30, 0.05, 0.025, 500.0));
        assert!(fine.len() > 600, "{}", fine.len());
    }

    #[test]
    fn silent_sources_are_silent() {
        assert!(drawn(30, 0.0, 0.1, 100.0).is_empty());
    }
}
