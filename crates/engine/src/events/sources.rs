//! Populations of Poisson processes: which of them spikes when.
//!
//! The spikes of all sources together are a Poisson process whose gaps are exponential, and each is that of any of them with the same
//! probability, independently (Kingman 1993, "Poisson Processes", ch. 2 and 5; Devroye 1986, "Non-Uniform Random Variate Generation",
//! ch. VI.1). As such a process has no memory, it may begin anew wherever one likes: time is cut into slots, and what is drawn in one is
//! keyed by its number, the sample and how many came before. Steps of time cut the same spikes into ticks, whatever they are; of the spikes
//! of one source in one tick the first counts.

use homolog_base::math;
use homolog_model::Group;
use homolog_model::model::Sources;
use std::ops::Range;

/// Length of a slot, ms: exact in binary.
const SLOT: f64 = 0.25;

/// The spikes of a slot: when, ms since the beginning, and by which of so many sources.
pub(crate) fn slot(sources: &Sources, size: usize, slot: u64, sample: usize) -> impl Iterator<Item = (f64, u32)> {
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

/// The spikes of a group that is given or drawn in some ticks: tick, and which number of its column, in this order and each once.
pub(crate) fn spikes(group: &Group, batch: usize, dt: f64, ticks: Range<i64>, out: &mut Vec<(i64, u32)>) {
    out.clear();
    let at = |tick: i64| group.given.partition_point(|s| s.0 < tick);
    for (tick, neuron) in &group.given[at(ticks.start)..at(ticks.end)] {
        out.extend((0..batch as u32).map(|sample| (*tick, neuron * batch as u32 + sample)));
    }
    if let Some(sources) = &group.sources {
        for (number, sample) in slots(&ticks, dt).flat_map(|number| (0..batch).map(move |sample| (number, sample))) {
            let drawn = slot(sources, group.size, number, sample).map(|(time, n)| ((time / dt).floor() as i64, n));
            out.extend(drawn.filter(|s| ticks.contains(&s.0)).map(|(tick, n)| (tick, n * batch as u32 + sample as u32)));
        }
        out.sort_unstable();
        out.dedup();
    }
}

#[cfg(test)]
mod tests {
    use super::{Sources, spikes};
    use homolog_base::{Key, math};
    use homolog_model::Group;

    fn drawn(size: usize, rate: f64, dt: f64, ms: f64) -> Vec<(i64, u32)> {
        let sources = Some(Sources { rate: rate * size as f64, key: Key::new(8).named("test") });
        let group = Group { size, sources, ..Group::default() };
        let (mut out, mut some) = (vec![], vec![]);
        // As a run does: a few ticks at once.
        let ticks = (ms / dt).round() as i64;
        for first in (0..ticks).step_by(7) {
            spikes(&group, 1, dt, first..(first + 7).min(ticks), &mut some);
            out.extend_from_slice(&some);
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
