//! What loops are compiled for operands that are known, and for several superinstructions at once.

/// Forms that pay: those of the hot kernels (see the example `profile_steps`), and all single operations with a constant.
/// Loads of constants and of repeated operands otherwise take as long as the arithmetic.
macro_rules! loops {
    ($what:ident) => {
        crate::machine::special::loops!(@ $what
            chain 0 0 0 0x10; chain 1 0 0 0x10; chain 1 0 0 0x01; chain 2 0 0 0x10; chain 2 0 0 0x20; chain 3 0 0 0x10;
            chain 3 0 0 0x01; chain 4 0 0 0x010; chain 4 0 0 0x110; chain 4 0 0 0x100; chain 4 0 0 0x020;
            chain 1 7 0 0x31000; chain 1 7 2 0x131000; chain 1 7 1 0x131000; chain 1 4 0 0x1000; chain 1 4 0 0x1010;
            chain 0 4 0 0x1000; chain 0 4 0 0x1010; chain 2 1 0 0x1000; chain 2 1 0 0x1010; chain 2 2 0 0x1000;
            chain 2 4 0 0x1000; chain 2 4 0 0x1020; chain 2 4 0 0x2020; chain 2 4 4 0x100000; chain 2 6 0 0x1020;
            chain 2 6 7 0x1020; chain 0 8 0 0x10010; chain 0 8 0 0x10000; chain 0 1 7 0x1101000; chain 4 7 5 0x1010;
            chain 4 4 8 0x1001110; chain 4 8 4 0x110010; chain 1 7 0 0x30000; chain 2 7 0 0x20; chain 0 7 0 0x11010;
            chain 1 4 0 0x1001; chain 4 1 7 0x1101010; chain 0 4 8 0x1001010; chain 2 8 0 0x10010;
            chain 4 8 8 0x1010010; chain 2 4 8 0x1001000; chain 2 4 4 0x2020; chain 2 4 0 0x20; chain 4 6 0 0x1110;
            chain 4 4 0 0x1000; chain 4 4 0 0x1110; chain 4 4 0 0x1010; chain 1 4 7 0x1000; chain 1 7 0 0x1000;
            select Lt 0 0x3101; select Lt 0 0x1101; select Lt 0 0x2110; select Lt 0 0x1110; select Lt 0 0x101;
            select Lt 0 0x10; select Eq 2 0x2010; select Lt 0 0x1001; select Lt 0 0x110; select Lt 0 0x1010; select Le 1 0x3101; select Le 1 0x1101;
            select Le 1 0x2110; select Le 1 0x1110; select Le 1 0x101; select Le 1 0x110;
            choices Lt 0 true 1 0x1013301; choices Lt 0 false 0 0x013001;
            fire true 1 2 0x012110; fire true 1 2 0x002110; fire true 1 1 0x2110; fire false 0 2 0x010100; fire false 0 1 0x0100;
        )
    };
    (@ listed $(chain $f:literal $s:literal $t:literal $p:literal;)* $(select $c:ident $n:literal $q:literal;)*
        $(choices $o:ident $m:literal $less:literal $l:literal $r:literal;)* $(fire $difference:literal $d:literal $k:literal $w:literal;)*) => {
        &[$((Code::Fire($difference, $k), $w, fire_listed::<$d, $k, $w> as Loop),)*]
    };
    (@ written $(chain $f:literal $s:literal $t:literal $p:literal;)* $(select $c:ident $n:literal $q:literal;)*
        $(choices $o:ident $m:literal $less:literal $l:literal $r:literal;)* $(fire $difference:literal $d:literal $k:literal $w:literal;)*) => {
        &[
            $((Code::Chain($f, $s, $t), $p, patterned::<$f, $s, $t, $p> as Loop),)*
            $((Code::SelectCompare(homolog_ir::Compare::$c), $q, compared::<$n, $q> as Loop),)*
            $((Code::Choices(homolog_ir::Compare::$o, $less), $r, choices::<$m, $l, $r> as Loop),)*
            $((Code::Fire($difference, $k), $w, fire::<$d, $k, $w> as Loop),)*
        ]
    };
}
pub(crate) use loops;

/// Passes that pay: neurons that integrate and fire, of which there are many. `spikes` is the part that spikes, of a difference or not, with so many
/// choices and a pattern. [`crate::Program::as_one_pass`] says of any kernel what could be added here.
macro_rules! passes {
    () => {
        crate::machine::special::passes!(@
            // Spikes move the potential, which decays to zero, or to rest; all of it, and without what arrives and the counter.
            [Chain<4, 4, 0, 0xfff1010, 0>, Choices<0, 0x1813301, 0>] spikes true 2 0xf918118 [Chain<0, 0, 0, 0xfffffa0, 1>];
            [Chain<4, 1, 7, 0x11f1010, 0>, Choices<0, 0x1813301, 0>] spikes true 2 0xf918118 [Chain<0, 0, 0, 0xfffffa0, 1>];
            [Chain<0, 7, 0, 0xff11f10, 0>, Choices<0, 0x1813301, 0>] spikes true 2 0xf918118 [];
            // Currents that decay.
            [Chain<4, 0, 0, 0xffff010, 0>, Chain<4, 0, 0, 0xffff010, 0>, Chain<2, 8, 0, 0xff19f18, 0>, Chain<4, 4, 8, 0x10f1118, 0>,
                Choices<0, 0x1813301, 0>, Chain<2, 0, 0, 0xfffff1d, 1>, Chain<2, 0, 0, 0xfffff1d, 1>]
                spikes true 2 0xfb1a11a [Chain<0, 0, 0, 0xfffffa0, 1>];
            [Chain<2, 8, 0, 0xff10f10, 0>, Chain<4, 4, 8, 0x10f1118, 0>, Choices<0, 0x1813301, 0>, Chain<2, 0, 0, 0xfffff10, 1>,
                Chain<2, 0, 0, 0xfffff10, 1>] spikes true 2 0xfb1a11a [];
            // Conductances that decay.
            [Chain<4, 0, 0, 0xffff010, 0>, Chain<4, 0, 0, 0xffff010, 0>, Chain<1, 4, 8, 0x29f8f10, 0>, Chain<4, 4, 8, 0x10f1118, 0>,
                Choices<0, 0x1813301, 0>, Chain<2, 0, 0, 0xfffff1d, 1>, Chain<2, 0, 0, 0xfffff1d, 1>]
                spikes true 2 0xfb1a11a [Chain<0, 0, 0, 0xfffffa0, 1>];
            [Chain<1, 4, 8, 0x20f0f10, 0>, Chain<4, 4, 8, 0x10f1118, 0>, Choices<0, 0x1813301, 0>, Chain<2, 0, 0, 0xfffff10, 1>,
                Chain<2, 0, 0, 0xfffff10, 1>] spikes true 2 0xfb1a11a [];
            // Potentials that drive themselves: quadratic, and with recovery.
            [Chain<4, 0, 0, 0xffff010, 0>, Extreme<true, 0xfffff18, 0>, Extreme<false, 0xfffff18, 0>, Chain<1, 0, 0, 0xfffff18, 0>,
                Chain<1, 4, 7, 0xb1f8f19, 0>] spikes false 1 0xfff81f8 [Chain<0, 0, 0, 0xfffff90, 1>];
            [Extreme<true, 0xfffff10, 0>, Extreme<false, 0xfffff18, 0>, Chain<1, 0, 0, 0xfffff18, 0>, Chain<1, 4, 7, 0x01f8f19, 0>]
                spikes false 1 0xfff81f8 [];
            [Chain<4, 0, 0, 0xffff010, 0>, Extreme<true, 0xfffff18, 0>, Extreme<false, 0xfffff18, 0>, Chain<2, 0, 0, 0xfffff18, 0>,
                Chain<2, 7, 0, 0xff81f99, 0>, Chain<0, 2, 7, 0xc1f0f18, 0>, Chain<2, 0, 0, 0xfffff10, 0>, Chain<2, 7, 0, 0xff81f1e, 0>,
                Chain<0, 0, 0, 0xfffff18, 0>] spikes true 2 0xf98b11b [Chain<0, 0, 0, 0xfffffa0, 1>];
            [Extreme<true, 0xfffff10, 0>, Extreme<false, 0xfffff18, 0>, Chain<2, 0, 0, 0xfffff18, 0>, Chain<2, 7, 0, 0xff81f99, 0>,
                Chain<0, 2, 7, 0x01f0f18, 0>, Chain<2, 0, 0, 0xfffff10, 0>, Chain<2, 7, 0, 0xff81f10, 0>, Chain<0, 0, 0, 0xfffff18, 0>]
                spikes true 2 0xf98b11b [];
        )
    };
    (@ $([$($before:ty),*] spikes $difference:literal $n:literal $pattern:literal [$($after:ty),*];)*) => {{
        use crate::machine::passes::{Chain, Choices, Extreme, Fire, Forms, Part, forms};
        &[$((
            <forms!($($before,)* Fire<$difference, $n, $pattern, false> $(, $after)*) as Forms>::parts as fn(&mut Vec<Part>),
            pass::<forms!($($before,)* Fire<$difference, $n, $pattern, false> $(, $after)*)> as Loop,
            pass::<forms!($($before,)* Fire<$difference, $n, $pattern, true> $(, $after)*)> as Loop,
        ),)*]
    }};
}
pub(crate) use passes;
