//! Convolution as wiring: a window of senders for each receiver, and one weight for each place in the window.
//!
//! ```text
//! receiver t hears sender s = stride t + k - padding with the weight w(k),   0 <= k < size, in each direction
//! ```
//!
//! as convolutions of artificial networks are written (a cross-correlation: the window is not turned; Dumoulin & Visin 2016, arXiv:1603.07285, eqs. 5-6).
//! Where space is periodic the window goes around, and there is no padding.

use crate::events::Graph;
use crate::space::{Places, Space};

/// A window and how it moves.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Kernel {
    /// Places in each direction.
    pub size: Vec<usize>,
    /// What stands at each, the last direction the fastest; empty where weights are drawn.
    pub numbers: Vec<f64>,
    /// Senders from one receiver to the next.
    pub stride: usize,
    /// Places before the first sender that a window may begin at.
    pub padding: usize,
}

impl Kernel {
    /// Places of the window.
    pub fn places(&self) -> usize {
        self.size.iter().product()
    }

    /// The lattice of the receivers of such a lattice of senders.
    ///
    /// # Errors
    /// There can be none.
    pub fn receivers(&self, senders: &[usize], periodic: bool) -> Result<Vec<usize>, String> {
        if senders.len() != self.size.len() {
            return Err(format!("a window of {} on a lattice of {}", words(&self.size), words(senders)));
        }
        let of = |(f, k): (&usize, &usize)| match periodic {
            true if self.padding > 0 => Err("a window goes around in periodic space, so there is no padding".to_string()),
            true if k <= f && f % self.stride == 0 => Ok(f / self.stride),
            true => Err(format!("a window of {k} of {f} senders, around, every {}", self.stride)),
            false if *k <= f + 2 * self.padding => Ok((f + 2 * self.padding - k) / self.stride + 1),
            false => Err(format!("a window of {k} places on {f} senders and {} beside them", 2 * self.padding)),
        };
        senders.iter().zip(&self.size).map(of).collect()
    }

    /// The windows on the lattices of two populations.
    ///
    /// # Errors
    /// They do not fit together.
    pub fn between(&self, from: &Space, to: &Space) -> Result<Windows<'_>, String> {
        let (Places::Grid(senders, _), Places::Grid(receivers, _)) = (&from.places, &to.places) else {
            return Err("a convolution is between lattices: `space = { grid = [28, 28], ... }`".into());
        };
        let wanted = self.receivers(senders, from.periodic)?;
        if wanted == *receivers {
            return Ok(Windows { kernel: self, senders: senders.clone(), receivers: wanted, periodic: from.periodic });
        }
        let [window, from, made, to] = [&self.size, senders, &wanted, receivers].map(|n| words(n));
        Err(format!("a window of {window} makes of a lattice of {from} one of {made}, and the receivers are {to}"))
    }
}

/// A window that moves over a lattice of senders.
#[derive(Clone, Debug)]
pub struct Windows<'k> {
    kernel: &'k Kernel,
    senders: Vec<usize>,
    receivers: Vec<usize>,
    periodic: bool,
}

impl Windows<'_> {
    /// The connections: sender and receiver.
    pub fn graph(&self) -> Graph {
        let all = self.receivers.iter().product::<usize>();
        let heard = |t: usize| (0..self.kernel.places()).filter_map(move |k| Some((self.sender(t, k)? as u32, t as u32)));
        Graph::of_pairs(self.senders.iter().product(), all, (0..all).flat_map(heard))
    }

    /// The sender that a receiver hears at a place of its window.
    fn sender(&self, receiver: usize, place: usize) -> Option<usize> {
        let (at, window) = (split(receiver, &self.receivers), split(place, &self.kernel.size));
        let of = |s: usize, (d, n): (usize, &usize)| {
            let x = (self.kernel.stride * at[d] + window[d]) as i64 - self.kernel.padding as i64;
            let x = if self.periodic { x.rem_euclid(*n as i64) } else { x };
            Some(s * n + usize::try_from(x).ok().filter(|x| x < n)?)
        };
        self.senders.iter().enumerate().try_fold(0, of)
    }

    /// The place of a window at which a receiver hears a sender that it is connected to.
    pub fn place(&self, sender: usize, receiver: usize) -> usize {
        let (from, at) = (split(sender, &self.senders), split(receiver, &self.receivers));
        let of = |k: usize, (d, size): (usize, &usize)| {
            let x = (from[d] + self.kernel.padding) as i64 - (self.kernel.stride * at[d]) as i64;
            k * size + if self.periodic { x.rem_euclid(self.senders[d] as i64) } else { x } as usize
        };
        self.kernel.size.iter().enumerate().fold(0, of)
    }
}

/// The place of a number in a lattice.
fn split(mut n: usize, lattice: &[usize]) -> Vec<usize> {
    let mut out = vec![0; lattice.len()];
    for (x, count) in out.iter_mut().zip(lattice).rev() {
        (*x, n) = (n % count, n / count);
    }
    out
}

fn words(lattice: &[usize]) -> String {
    lattice.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(counts: &[usize], periodic: bool) -> Space {
        Space { places: Places::Grid(counts.to_vec(), 1.0), periodic }
    }

    /// What each receiver hears of an image: the sum over its window, written down once more.
    fn heard(kernel: &Kernel, from: &Space, to: &Space, image: &[f64]) -> Vec<f64> {
        let windows = kernel.between(from, to).unwrap();
        let mut out = vec![0.0; windows.receivers.iter().product()];
        for (s, r) in windows.graph().pairs() {
            out[r as usize] += kernel.numbers[windows.place(s as usize, r as usize)] * image[s as usize];
        }
        out
    }

    #[test]
    fn receivers_hear_what_a_convolution_of_an_image_is() {
        let kernel = Kernel { size: vec![3, 2], numbers: vec![1.0, -2.0, 0.5, 3.0, 7.0, -1.0], stride: 2, padding: 1 };
        let image: Vec<f64> = (0..35).map(|n| f64::from(n * n % 11)).collect();
        let at = |y: i64, x: i64| if (0..5).contains(&y) && (0..7).contains(&x) { image[(7 * y + x) as usize] } else { 0.0 };
        let want: Vec<f64> = (0..3)
            .flat_map(|ty| (0..4).map(move |tx| (ty, tx)))
            .map(|(ty, tx)| {
                let window = (0..3).flat_map(|ky| (0..2).map(move |kx| (ky, kx)));
                window.map(|(ky, kx)| kernel.numbers[(2 * ky + kx) as usize] * at(2 * ty + ky - 1, 2 * tx + kx - 1)).sum()
            })
            .collect();
        assert_eq!(heard(&kernel, &grid(&[5, 7], false), &grid(&[3, 4], false), &image), want);
    }

    #[test]
    fn in_periodic_space_windows_go_around_and_every_sender_is_heard_equally_often() {
        let kernel = Kernel { size: vec![3], numbers: vec![1.0, 10.0, 100.0], stride: 1, padding: 0 };
        let ring = grid(&[5], true);
        assert_eq!(heard(&kernel, &ring, &ring, &[1.0, 2.0, 3.0, 4.0, 5.0]), [321.0, 432.0, 543.0, 154.0, 215.0]);
        let graph = kernel.between(&ring, &ring).unwrap().graph();
        assert!(graph.start.windows(2).all(|w| w[1] - w[0] == 3));
    }

    #[test]
    fn lattices_that_do_not_fit_are_said_with_what_would() {
        let kernel = Kernel { size: vec![5, 5], stride: 2, ..Kernel::default() };
        let said = kernel.between(&grid(&[28, 28], false), &grid(&[14, 14], false)).unwrap_err();
        assert!(said.contains("makes of a lattice of 28 x 28 one of 12 x 12"), "{said}");
        assert!(kernel.between(&grid(&[28], false), &grid(&[12], false)).is_err());
        assert!(kernel.between(&grid(&[4, 4], false), &grid(&[1, 1], false)).is_err());
        let nowhere = Space { places: Places::Random(vec![1.0, 1.0]), periodic: false };
        assert!(kernel.between(&nowhere, &grid(&[12, 12], false)).unwrap_err().contains("grid"));
    }
}
