//! Keyed random numbers: a draw depends only on what it is for, never on what was drawn before.
//!
//! Philox4x32-10 (Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", SC11): a
//! counter-based generator, so any thread may compute any draw and all agree.

use crate::math;

const M0: u64 = 0xD251_1F53;
const M1: u64 = 0xCD9E_8D57;
const W0: u32 = 0x9E37_79B9;
const W1: u32 = 0xBB67_AE85;

/// One application of Philox4x32-10: 128 random bits from a 128-bit counter and a 64-bit key.
pub fn philox4x32(c: [u32; 4], k: [u32; 2]) -> [u32; 4] {
    philox4x32_lanes(c.map(|c| [c]), k).map(|[c]| c)
}

/// The same for several counters side by side, word by word: a loop that becomes vectors where it is inlined.
#[inline(always)]
pub fn philox4x32_lanes<const N: usize>(c: [[u32; N]; 4], mut k: [u32; 2]) -> [[u32; N]; 4] {
    // Words in 64 bits, as the products need them; only the lower half of each counts. A product of two lower halves is one instruction.
    // Plain loops all along: a call that the compiler leaves one (`array::map` may be) keeps the words in memory, at twice the time.
    let low = u64::from(u32::MAX);
    let mut wide = [[0u64; N]; 4];
    for w in 0..4 {
        for l in 0..N {
            wide[w][l] = u64::from(c[w][l]);
        }
    }
    for round in 0..10 {
        if round > 0 {
            k = [k[0].wrapping_add(W0), k[1].wrapping_add(W1)];
        }
        let [c0, c1, c2, c3] = &mut wide;
        for l in 0..N {
            let (p0, p1) = (M0 * (c0[l] & low), M1 * (c2[l] & low));
            (c0[l], c1[l], c2[l], c3[l]) = ((p1 >> 32) ^ c1[l] ^ u64::from(k[0]), p1, (p0 >> 32) ^ c3[l] ^ u64::from(k[1]), p0);
        }
    }
    let mut out = [[0u32; N]; 4];
    for w in 0..4 {
        for l in 0..N {
            out[w][l] = wide[w][l] as u32;
        }
    }
    out
}

/// What a draw is for: a seed and a use. [`Key::uniform`] and its kin then give the draw of an entity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key(u64);

impl Key {
    /// The root of all draws of one seed.
    pub fn new(seed: u64) -> Self {
        Key(seed)
    }

    /// The key of a named use (`"weights"`, `"shuffle"`): independent of every other name.
    pub fn named(self, name: &str) -> Self {
        Key(crate::Hash::of(name.as_bytes()).prefix() ^ self.mix(0x9d_8f27))
    }

    /// The key of a numbered use (an epoch, a projection).
    pub fn numbered(self, n: u64) -> Self {
        Key(self.mix(n.wrapping_mul(2).wrapping_add(1)))
    }

    fn mix(self, n: u64) -> u64 {
        let r = philox4x32([n as u32, (n >> 32) as u32, 0x6b65_7973, 0], [self.0 as u32, (self.0 >> 32) as u32]);
        u64::from(r[0]) | u64::from(r[1]) << 32
    }

    /// 64 random bits for (entity, sequence).
    pub fn bits(self, entity: u64, sequence: u64) -> u64 {
        let c = [entity as u32, (entity >> 32) as u32, sequence as u32, (sequence >> 32) as u32];
        let r = philox4x32(c, [self.0 as u32, (self.0 >> 32) as u32]);
        u64::from(r[0]) | u64::from(r[1]) << 32
    }

    /// Four draws of 32 random bits for (entity, sequence).
    pub fn four(self, entity: u64, sequence: u64) -> [u32; 4] {
        let c = [entity as u32, (entity >> 32) as u32, sequence as u32, (sequence >> 32) as u32];
        philox4x32(c, self.words())
    }

    /// The key as two words of 32 bits.
    pub fn words(self) -> [u32; 2] {
        [self.0 as u32, (self.0 >> 32) as u32]
    }

    /// Uniform in the open interval (0, 1), 53 bits.
    pub fn uniform(self, entity: u64, sequence: u64) -> f64 {
        ((self.bits(entity, sequence) >> 11) as f64 + 0.5) * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform integer below `n` (> 0), without modulo bias to within 2^-64.
    pub fn below(self, n: u64, entity: u64, sequence: u64) -> u64 {
        ((u128::from(self.bits(entity, sequence)) * u128::from(n)) >> 64) as u64
    }

    /// Standard normal (Box & Muller 1958), from two uniform draws of 32 bits and 53 bits.
    pub fn normal(self, entity: u64, sequence: u64) -> f64 {
        let c = [entity as u32, (entity >> 32) as u32, sequence as u32, (sequence >> 32) as u32];
        let r = philox4x32(c, [self.0 as u32, (self.0 >> 32) as u32]);
        let u = ((u64::from(r[0]) | u64::from(r[1]) << 32) >> 11) as f64;
        let radius = (-2.0 * math::ln((u + 0.5) * (1.0 / (1u64 << 53) as f64))).sqrt();
        let angle = f64::from(r[2]) * (std::f64::consts::TAU / 4_294_967_296.0);
        radius * math::cos(angle)
    }

    /// A random permutation of `0..n` (Fisher & Yates).
    pub fn permutation(self, n: usize) -> Vec<usize> {
        let mut p: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            p.swap(i, self.below(i as u64 + 1, i as u64, 0) as usize);
        }
        p
    }
}

#[cfg(test)]
mod tests;
