//! Instruction sets: which of the three forms of every loop runs here.

use std::sync::OnceLock;

/// The instruction set that loops are compiled for. All give the same bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Isa {
    /// One number at a time, with whatever the build's target offers; on x86-64 without `-C target-feature=+fma` each
    /// fused multiply-add is a library call.
    Portable,
    /// x86-64 with AVX2 and FMA: 4 numbers at a time.
    Avx2,
    /// x86-64 with AVX-512 F, DQ and VL: 8 numbers at a time.
    Avx512,
}

impl Isa {
    /// True when this machine has it.
    pub fn is_available(self) -> bool {
        match self {
            Isa::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => {
                Isa::Avx2.is_available()
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
            }
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// Those that this machine has, slowest first.
    pub fn available() -> Vec<Isa> {
        [Isa::Portable, Isa::Avx2, Isa::Avx512].into_iter().filter(|isa| isa.is_available()).collect()
    }

    /// The fastest that this machine has.
    pub fn best() -> Isa {
        [Isa::Avx512, Isa::Avx2].into_iter().find(|isa| isa.is_available()).unwrap_or(Isa::Portable)
    }

    /// Panics when this machine lacks it: running would be undefined.
    #[inline]
    pub(crate) fn check(self) {
        // Each has those before it. Asked for every short loop, so the answer is kept.
        static BEST: OnceLock<Isa> = OnceLock::new();
        let best = *BEST.get_or_init(Isa::best);
        assert!(self as u8 <= best as u8, "this machine has no {self:?}");
    }
}
