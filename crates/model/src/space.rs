//! Where neurons are, and which of them are connected because of it.
//!
//! ```text
//! d = |a - b|, around where space is periodic;   P(d) = p exp(-d^2 / (2 s^2)),  p exp(-d / s),  or p where d < s
//! ```
//!
//! Distances are in um. Each pair is drawn by itself, so it takes as many draws as there are pairs. Profiles as in Hellwig 2000, Biol. Cybern. 82,
//! 111-121 (Gaussian) and Perin, Berger & Markram 2011, PNAS 108, 5419-5424 (falling with distance); small worlds by Watts & Strogatz 1998,
//! Nature 393, 440-442.

use crate::events::Graph;
use homolog_base::{Key, math};
use rayon::prelude::*;

/// Where the neurons of a population are.
#[derive(Clone, PartialEq, Debug)]
pub enum Places {
    /// On a lattice of so many in each direction, this far apart, um; the last direction is the fastest.
    Grid(Vec<usize>, f64),
    /// Anywhere in a box with these sides, um.
    Random(Vec<f64>),
}

/// The space that a population is in.
#[derive(Clone, PartialEq, Debug)]
pub struct Space {
    /// Where its neurons are.
    pub places: Places,
    /// Whether what leaves at one side comes in at the other.
    pub periodic: bool,
}

/// How likely a connection is at a distance.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Profile {
    /// `p exp(-d^2 / (2 s^2))`: p, and s in um.
    Gaussian(f64, f64),
    /// `p exp(-d / s)`.
    Exponential(f64, f64),
    /// p where `d < s`, 0 elsewhere.
    Within(f64, f64),
}

impl Profile {
    /// The probability at a distance, um.
    pub fn at(self, d: f64) -> f64 {
        match self {
            Profile::Gaussian(p, s) => p * math::exp(-0.5 * (d / s) * (d / s)),
            Profile::Exponential(p, s) => p * math::exp(-d / s),
            Profile::Within(p, s) => {
                if d < s {
                    p
                } else {
                    0.0
                }
            }
        }
    }

    /// The probability at no distance.
    pub fn most(self) -> f64 {
        match self {
            Profile::Gaussian(p, _) | Profile::Exponential(p, _) | Profile::Within(p, _) => p,
        }
    }
}

impl Space {
    /// The sides of the box, um.
    pub fn sides(&self) -> Vec<f64> {
        match &self.places {
            Places::Grid(counts, spacing) => counts.iter().map(|n| *n as f64 * spacing).collect(),
            Places::Random(sides) => sides.clone(),
        }
    }

    /// Whether so many neurons can be there.
    ///
    /// # Errors
    /// Why they cannot.
    pub fn fits(&self, size: usize) -> Result<(), String> {
        match &self.places {
            Places::Grid(counts, _) if counts.iter().product::<usize>() != size => {
                let words = counts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ");
                Err(format!("a lattice of {words} has {} places, and the population {size} neurons", counts.iter().product::<usize>()))
            }
            _ => Ok(()),
        }
    }

    /// Where each of so many neurons is, um.
    pub fn positions(&self, size: usize, key: Key) -> Vec<[f64; 3]> {
        let place = |n: usize| {
            let mut at = [0.0; 3];
            match &self.places {
                Places::Grid(counts, spacing) => {
                    let mut rest = n;
                    for (k, count) in counts.iter().enumerate().rev() {
                        at[k] = ((rest % count) as f64 + 0.5) * spacing;
                        rest /= count;
                    }
                }
                Places::Random(sides) => {
                    for (k, side) in sides.iter().enumerate() {
                        at[k] = side * key.uniform(n as u64, k as u64);
                    }
                }
            }
            at
        };
        (0..size).map(place).collect()
    }
}

/// The neurons at both ends of a projection.
#[derive(Clone, Debug)]
pub struct Ends {
    /// Where senders are, um.
    pub from: Vec<[f64; 3]>,
    /// Where receivers are, um.
    pub to: Vec<[f64; 3]>,
    /// The sides of the box where that is periodic.
    pub around: Option<Vec<f64>>,
    /// Whether they are the same neurons.
    pub same: bool,
}

impl Ends {
    /// How far a sender and a receiver are apart, um.
    pub fn distance(&self, sender: usize, receiver: usize) -> f64 {
        let mut sum = 0.0;
        for k in 0..3 {
            let mut d = (self.from[sender][k] - self.to[receiver][k]).abs();
            if let Some(side) = self.around.as_ref().and_then(|s| s.get(k)) {
                d = d.min(side - d);
            }
            sum += d * d;
        }
        sum.sqrt()
    }

    /// Pairs drawn by their distance; a neuron is not connected to itself.
    pub fn graph(&self, profile: Profile, key: Key) -> Graph {
        let of = |s: usize| -> Vec<u32> {
            let drawn = |r: &usize| !(self.same && *r == s) && key.uniform(s as u64, *r as u64) < profile.at(self.distance(s, *r));
            (0..self.to.len()).filter(drawn).map(|r| r as u32).collect()
        };
        let rows: Vec<Vec<u32>> = (0..self.from.len()).into_par_iter().map(of).collect();
        let mut start = vec![0u32];
        start.extend(rows.iter().scan(0u32, |sum, row| {
            *sum += row.len() as u32;
            Some(*sum)
        }));
        Graph { start, target: rows.concat() }
    }
}

/// A ring in which each neuron sends to its `near` nearest neighbours, each connection of which is drawn anew with a probability: then it goes
/// to any other neuron that the sender is not connected to yet.
pub fn small_world(size: usize, near: usize, again: f64, key: Key) -> Graph {
    let half = near / 2;
    let mut pairs = Vec::with_capacity(size * near);
    for s in 0..size {
        let neighbours = (1..=half).flat_map(|k| [(s + k) % size, (s + size - k) % size]);
        let mut own: Vec<usize> = neighbours.collect();
        for k in 0..own.len() {
            if key.uniform(s as u64, 2 * k as u64) >= again {
                continue;
            }
            // There is one: fewer are connected than there are.
            for attempt in 0.. {
                let to = key.numbered(attempt).below(size as u64, s as u64, 2 * k as u64 + 1) as usize;
                if to != s && !own.contains(&to) {
                    own[k] = to;
                    break;
                }
            }
        }
        pairs.extend(own.into_iter().map(|r| (s as u32, r as u32)));
    }
    Graph::of_pairs(size, size, pairs.into_iter())
}

#[cfg(test)]
mod tests;
