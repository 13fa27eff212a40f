//! Who spiked when, of many neurons: a dot for each spike, a band for each population.

use crate::figure::{self, Figure};
use crate::page::svg::{Scale, Svg};
use crate::show;
use std::fmt::Write as _;

/// Dots of a figure, at most: of more spikes every so many-th neuron is drawn.
const DOTS: usize = 20_000;
/// Height of all bands.
const HEIGHTS: (f64, f64) = (160.0, 480.0);

/// Neurons of one population, one after the other.
struct Band<'f> {
    name: &'f str,
    rows: Vec<&'f [f64]>,
}

/// Populations of names such as `exc[12]`, as they follow one another, with every `stride`-th of their neurons.
fn bands(spikes: &[(String, Vec<f64>)], stride: usize) -> Vec<Band<'_>> {
    let mut out: Vec<(Band, usize)> = vec![];
    for (name, times) in spikes {
        let population = name.split('[').next().unwrap_or(name);
        if out.last().is_none_or(|b| b.0.name != population) {
            out.push((Band { name: population, rows: vec![] }, 0));
        }
        let (band, n) = out.last_mut().expect("just made");
        if n.is_multiple_of(stride) {
            band.rows.push(times);
        }
        *n += 1;
    }
    out.into_iter().map(|b| b.0).collect()
}

/// The section of a figure.
pub fn section(f: &Figure) -> String {
    let given: usize = f.spikes.iter().map(|s| s.1.len()).sum();
    let total = f.more_spikes.map_or(given, |m| m.0);
    let stride = given.div_ceil(DOTS).max(1);
    let bands = bands(&f.spikes, stride);
    let rows: usize = bands.iter().map(|b| b.rows.len()).sum();
    let (top, height) = (8.0, (rows as f64 * 3.0).clamp(HEIGHTS.0, HEIGHTS.1));
    let (each, bottom) = (height / rows.max(1) as f64, top + height);
    let dot = (0.8 * each).max(1.5);
    let left = bands.iter().map(|b| b.name.chars().count()).max().unwrap_or(0) as f64 * 7.0 + 14.0;
    let mut svg = Svg::new(figure::WIDTH, bottom + 44.0, &format!("Spikes: {total} of {} neurons", f.spikes.len()));
    // Of a long run the beginning.
    let end = f.more_spikes.map_or(f.duration, |m| m.1);
    let x = Scale { values: (0.0, end), places: (figure::LEFT.max(left), figure::WIDTH - figure::RIGHT) };
    svg.rect((x.places.0, top), (x.places.1 - x.places.0, height), "cell", 1.0);
    figure::axis(&mut svg, &x, bottom, "time, ms");
    let (mut done, mut labelled) = (0, f64::NEG_INFINITY);
    for (k, band) in bands.iter().enumerate() {
        let y = |row: usize| top + each * (done + row) as f64;
        if k > 0 {
            svg.line((x.places.0, y(0)), (x.places.1, y(0)), "tick");
        }
        let dots = band.rows.iter().enumerate().flat_map(|(row, times)| times.iter().map(move |t| (row, *t)));
        svg.strokes(dots.map(|(row, t)| (x.at(t), y(row) + 0.5 * (each - dot), dot)), &format!("spikes l{}", k % figure::COLOURS), 1.5);
        // Where bands are thin, one name in a line's height.
        let middle = y(0) + 0.5 * each * band.rows.len() as f64 + 4.0;
        if middle - labelled >= 13.0 {
            svg.text((x.places.0 - 8.0, middle), "end", band.name);
            labelled = middle;
        }
        done += band.rows.len();
    }
    let mut rest = String::new();
    if stride > 1 {
        let _ = writeln!(rest, "<p class=\"caption\">One in {stride} of {} neurons.</p>", show::count(f.spikes.len() as f64));
    }
    if let Some((_, until)) = f.more_spikes {
        let _ = writeln!(rest, "<p class=\"caption\">Spikes are drawn until {until} ms.</p>");
    }
    let total = show::count(total as f64);
    format!("<section>\n<h3>Spikes: {total}</h3>\n<figure>\n{}\n</figure>\n{rest}</section>\n", svg.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(neurons: usize, each: usize) -> String {
        let times = |n: usize| (0..each).map(|k| (k * 7 + n) as f64 % 100.0).collect();
        let of = |name: &'static str| (0..neurons).map(move |n| (format!("{name}[{n}]"), times(n)));
        section(&Figure { duration: 100.0, spikes: of("exc").chain(of("inh")).collect(), ..Figure::default() })
    }

    #[test]
    fn every_spike_is_a_dot_in_the_band_of_its_population() {
        let page = page(50, 3);
        assert_eq!(page.matches("class=\"spikes l").count(), 2, "a path for each population");
        let dots: usize = page.matches('v').count() - page.matches("viewBox").count() - page.matches("svg").count();
        assert!(dots >= 2 * 50 * 3, "{dots}");
        assert!(page.contains(">exc<") && page.contains(">inh<") && page.contains("Spikes: 300") && !page.contains("One in"));
    }

    #[test]
    fn of_very_many_spikes_so_many_neurons_are_drawn_that_a_page_can_hold_them() {
        let page = page(2000, 20);
        assert!(page.contains("One in 4 of 4,000 neurons"), "{}", &page[page.len() - 300..]);
        assert!(page.len() < 400_000, "{} bytes", page.len());
    }
}
