//! The loops of the block machine: one function per superinstruction and instruction set.
//!
//! A superinstruction computes up to three operations of the kernel in registers, element by element, each rounded as the
//! kernel says; nothing is contracted or reassociated. Operands are *slots*: a column with step 1, or a vector of one
//! number with step 0, so that a loop does not ask which. Within one element all loads come before the store, so an
//! output may be the column of an operand.

use crate::lane::Vector;
use homolog_base::math::generic as math;
use homolog_ir::{Compare, Logic, Unary};

/// Where a value is: `at[lane * step]` in units of a vector.
#[derive(Clone, Copy, Debug)]
pub struct Slot<R = f64> {
    /// First element of the block.
    pub at: *mut R,
    /// 1 for a column, 0 for copies of one number, as many as the widest vector has.
    pub step: usize,
}

/// A superinstruction with its operands, by slot number. Unused ones are slot 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// What to do.
    pub code: Code,
    /// Where results go.
    pub outs: [u16; 3],
    /// Where operands are.
    pub args: [u16; 7],
}

/// The compiled form of a step, or of several that lie one after the other.
///
/// # Safety
/// Every slot named by the steps is valid for `lanes` numbers (a whole vector with step 0), `lanes` is a multiple of the widest
/// vector's numbers, result slots have step 1 or `lanes` is that, and the machine has the function's instruction set.
pub type Loop<R = f64> = unsafe fn(*const Slot<R>, *const Step, usize);

/// First operation of a chain, on operands 0, 1 (and 2).
pub mod first {
    #![allow(missing_docs)]
    pub const ADD: u8 = 0;
    pub const SUB: u8 = 1;
    pub const MUL: u8 = 2;
    pub const DIV: u8 = 3;
    pub const FMA: u8 = 4;
}

/// Further operation on the result `x` so far and the next operands `b` (and `c`).
pub mod then {
    #![allow(missing_docs)]
    pub const NONE: u8 = 0;
    pub const ADD: u8 = 1;
    pub const SUB: u8 = 2;
    /// `b - x`
    pub const SUB_FROM: u8 = 3;
    pub const MUL: u8 = 4;
    pub const DIV: u8 = 5;
    /// `b / x`
    pub const DIV_INTO: u8 = 6;
    /// `x * b + c`
    pub const FMA: u8 = 7;
    /// `b * c + x`
    pub const FMA_ONTO: u8 = 8;
}

/// What is done to the argument of a function, operand 0, with operands 1 and 2.
pub mod pre {
    #![allow(missing_docs)]
    pub const NONE: u8 = 0;
    pub const MUL: u8 = 1;
    pub const FMA: u8 = 2;
    pub const NEG: u8 = 3;
    /// `-x * a`
    pub const NEG_MUL: u8 = 4;
    /// `(x + a) * b`
    pub const ADD_MUL: u8 = 5;
}

/// The functions that have fused forms.
pub mod function {
    #![allow(missing_docs)]
    pub const EXP: u8 = 0;
    pub const EXPRELR: u8 = 1;
    pub const EXPM1: u8 = 2;
    pub const TANH: u8 = 3;
}

/// What is done to the result `y` of a function, with operands 3 and 4.
pub mod post {
    #![allow(missing_docs)]
    pub const NONE: u8 = 0;
    pub const MUL: u8 = 1;
    pub const ADD: u8 = 2;
    /// `y * b + c`
    pub const FMA: u8 = 3;
    /// `c / (y + b)`
    pub const ADD_DIV_INTO: u8 = 4;
}

/// The exponent of a gate that settles, from operand 2 (`x`) and operands 3 to 5 (`k`, uniform; `a`, `b`).
pub mod settle {
    #![allow(missing_docs)]
    pub const NONE: u8 = 0;
    /// `k x`
    pub const MUL: u8 = 1;
    /// `k / x`
    pub const DIV_INTO: u8 = 2;
    /// `k / (x + a)`
    pub const DIV_INTO_SUM: u8 = 3;
    /// `k / (x a + b)`, the divisor rounded once
    pub const DIV_INTO_FMA: u8 = 4;
}

/// Superinstructions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Code {
    /// `a`
    Copy,
    /// [`first`], then two of [`then`]; operands 0-2, 3-4, 5-6.
    Chain(u8, u8, u8),
    /// `(a . b) . (c . d)` with each `.` one of [`first`] but fma: root, left, right.
    Tree(u8, u8, u8),
    /// [`pre`], [`function`], [`post`]. Operands of `pre` are uniform, and those of `post` but its fma.
    Function(u8, u8, u8),
    /// A function without a fused form.
    Unary(Unary),
    /// `if a < b { a } else { b }`
    Min,
    /// `if a > b { a } else { b }`
    Max,
    /// `a^b`
    Pow,
    /// A truth value.
    Compare(Compare),
    /// A truth value.
    Logic(Logic),
    /// A truth value.
    Not,
    /// `if a { b } else { c }`
    Select,
    /// `if a . b { c } else { d }`
    SelectCompare(Compare),
    /// `(if a . b { c } else { d }) + e` with `c`, `d` uniform.
    CountCompare(Compare),
    /// `if a > 0 { 1 } else { 0 }`
    Spike,
    /// Two results: `exp(pre(a))` with uniform operands 1, 2 of [`pre`], and `d / e` (operands 3, 4): the divider
    /// works while the multipliers do.
    ExpAndDiv(u8),
    /// A bump of `a`, the shape of surrogate derivatives: `u = a b`, then `d / ((|u| + c)^2)` (0) or `d / (u u + c)` with one
    /// rounding (1); then nothing, times `e`, or `* e + f` (0, 1, 2). `b`, `c` are uniform.
    Bump(u8, u8),
    /// Exponential relaxation: `i = a / s; exp(pre(s)) * (m - i) + i`, with `m` operand 2 and uniform operands 3, 4 of
    /// [`pre`]; operand 1 is `s`, or when true what is added to `a` to make it.
    Relax(u8, bool),
    /// `exp(e) * (m - i) + i`, with `m`, `i` operands 0, 1 and `e` by [`mod@settle`].
    Settle(u8),
    /// Two results: `x / (e^x - 1)`, and the same of `-x`, from that of `|x|`; `x = (a + b) c` with uniform operands 1, 2 when true, else `a`.
    QuotientPair(bool),
    /// Two results: `if a . b { c } else { d }` and `if a . b { e } else { f }`; when true `c` is less operand 6.
    Choices(Compare, bool),
    /// Two or three results: `if x > 0 { 1 } else { 0 }`, and as many choices by that as are said, operands 2 to 5; `x` is `a`, or when true `a - b`.
    Fire(bool, u8),
}

#[inline(always)]
unsafe fn at<V: Vector>(slots: *const Slot<V::Real>, step: &Step, k: usize) -> (*const V::Real, usize) {
    let s = *slots.add(step.args[k] as usize);
    (s.at, s.step * V::WIDTH)
}

/// What is known of operands at compile time, a hexadecimal digit each, operand 0 lowest: 0 nothing, 1 uniform (loaded once),
/// `2 + j` the same value as operand `j` before it.
pub type Pattern = u32;

/// A loop over the lanes: a pattern, named operands, an expression, one result, which is that of the step that is said, or the first.
macro_rules! each {
    ($V:ident, $slots:ident, $step:ident, $lanes:ident, $pattern:expr; $($x:ident = $k:literal),* => $body:expr) => {
        each!(0, $V, $slots, $step, $lanes, $pattern; $($x = $k),* => $body)
    };
    ($out:literal, $V:ident, $slots:ident, $step:ident, $lanes:ident, $pattern:expr; $($x:ident = $k:literal),* => $body:expr) => {{
        let mut from = [(std::ptr::null::<$V::Real>(), 0); 7];
        let mut now = [$V::splat(0.0); 7];
        $(
            if ($pattern >> (4 * $k)) & 15 < 2 {
                from[$k] = at::<$V>($slots, $step, $k);
            }
            if ($pattern >> (4 * $k)) & 15 == 1 {
                now[$k] = $V::load(from[$k].0);
            }
        )*
        let out = (*$slots.add($step.outs[$out] as usize)).at;
        let mut l = 0;
        while l < $lanes {
            $(
                let digit = ($pattern >> (4 * $k)) & 15;
                let $x = if digit == 0 {
                    $V::load(from[$k].0)
                } else if digit == 1 {
                    now[$k]
                } else {
                    now[digit as usize - 2]
                };
                now[$k] = $x;
            )*
            let y = $body;
            y.store(out.add(l));
            $(
                if ($pattern >> (4 * $k)) & 15 == 0 {
                    from[$k].0 = from[$k].0.add(from[$k].1);
                }
            )*
            l += $V::WIDTH;
        }
    }};
}

pub(crate) mod choices;
pub mod passes;
mod special;

impl Code {
    /// How many results it has.
    pub(crate) const fn results(self) -> usize {
        match self {
            Code::ExpAndDiv(_) | Code::QuotientPair(_) | Code::Choices(..) => 2,
            Code::Fire(_, n) => 1 + n as usize,
            _ => 1,
        }
    }
}

#[inline(always)]
fn apply_first<V: Vector, const F: u8>(a: V, b: V, c: V) -> V {
    match F {
        first::ADD => a + b,
        first::SUB => a - b,
        first::MUL => a * b,
        first::DIV => a / b,
        _ => a.fma(b, c),
    }
}

#[inline(always)]
fn apply_then<V: Vector, const T: u8>(x: V, b: V, c: V) -> V {
    match T {
        then::NONE => x,
        then::ADD => x + b,
        then::SUB => x - b,
        then::SUB_FROM => b - x,
        then::MUL => x * b,
        then::DIV => x / b,
        then::DIV_INTO => b / x,
        then::FMA => x.fma(b, c),
        _ => b.fma(c, x),
    }
}

#[inline(always)]
fn apply_pre<V: Vector, const P: u8>(x: V, a: V, b: V) -> V {
    match P {
        pre::NONE => x,
        pre::MUL => x * a,
        pre::FMA => x.fma(a, b),
        pre::NEG => -x,
        pre::NEG_MUL => -x * a,
        _ => (x + a) * b,
    }
}

#[inline(always)]
fn apply_function<V: Vector, const F: u8>(x: V) -> V {
    match F {
        function::EXP => math::exp(x),
        function::EXPRELR => math::exprelr(x),
        function::EXPM1 => math::expm1(x),
        _ => math::tanh(x),
    }
}

#[inline(always)]
fn apply_post<V: Vector, const P: u8>(y: V, a: V, b: V) -> V {
    match P {
        post::NONE => y,
        post::MUL => y * a,
        post::ADD => y + a,
        post::FMA => y.fma(a, b),
        _ => b / (y + a),
    }
}

#[inline(always)]
fn apply_compare<V: Vector, const C: u8>(a: V, b: V) -> V::Mask {
    match C {
        0 => a.lt(b),
        1 => a.le(b),
        2 => a.eq(b),
        _ => V::not(a.eq(b)),
    }
}

#[inline(always)]
unsafe fn chain<V: Vector, const F: u8, const S: u8, const T: u8, const P: Pattern>(
    slots: *const Slot<V::Real>,
    step: &Step,
    lanes: usize,
) {
    each!(V, slots, step, lanes, P; a = 0, b = 1, c = 2, d = 3, e = 4, f = 5, g = 6 =>
        apply_then::<V, T>(apply_then::<V, S>(apply_first::<V, F>(a, b, c), d, e), f, g));
}

#[inline(always)]
unsafe fn tree<V: Vector, const R: u8, const A: u8, const B: u8>(slots: *const Slot<V::Real>, step: &Step, lanes: usize) {
    each!(V, slots, step, lanes, 0; a = 0, b = 1, c = 2, d = 3 =>
        apply_first::<V, R>(apply_first::<V, A>(a, b, a), apply_first::<V, B>(c, d, c), a));
}

#[inline(always)]
unsafe fn call<V: Vector, const P: u8, const F: u8, const Q: u8>(slots: *const Slot<V::Real>, step: &Step, lanes: usize) {
    let pattern = if Q == post::FMA { 0x00110 } else { 0x11110 };
    each!(V, slots, step, lanes, pattern; x = 0, a = 1, b = 2, c = 3, d = 4 =>
        apply_post::<V, Q>(apply_function::<V, F>(apply_pre::<V, P>(x, a, b)), c, d));
}

#[inline(always)]
unsafe fn relax_of<V: Vector, const P: u8, const ADD: bool>(slots: *const Slot<V::Real>, step: &Step, lanes: usize) {
    each!(V, slots, step, lanes, 0x11000; a = 0, b = 1, m = 2, c = 3, d = 4 => {
        let s = if ADD { a + b } else { b };
        let i = a / s;
        math::exp(apply_pre::<V, P>(s, c, d)).fma(m - i, i)
    });
}

#[inline(always)]
unsafe fn settle<V: Vector, const F: u8>(slots: *const Slot<V::Real>, step: &Step, lanes: usize) {
    each!(V, slots, step, lanes, 0x001000; m = 0, i = 1, x = 2, k = 3, a = 4, b = 5 => {
        let e = match F {
            settle::NONE => x,
            settle::MUL => k * x,
            settle::DIV_INTO => k / x,
            settle::DIV_INTO_SUM => k / (x + a),
            _ => k / x.fma(a, b),
        };
        math::exp(e).fma(m - i, i)
    });
}

#[inline(always)]
unsafe fn quotient_pair<V: Vector, const P: u8>(slots: *const Slot<V::Real>, step: &Step, lanes: usize) {
    let second = (*slots.add(step.outs[1] as usize)).at;
    let mut l = 0;
    let l = &mut l;
    each!(V, slots, step, lanes, 0x110; a = 0, b = 1, c = 2 => {
        let x = if P == 0 { a } else { (a + b) * c };
        let size = x.abs();
        let small = math::exprelr(size);
        let large = small + size;
        let negative = x.lt(V::splat(0.0));
        V::select(negative, small, large).store(second.add(*l));
        *l += V::WIDTH;
        V::select(negative, large, small)
    });
}

#[inline(always)]
unsafe fn sum_relax<V: Vector, const P: u8>(slots: *const Slot<V::Real>, step: &Step, lanes: usize) {
    relax_of::<V, P, true>(slots, step, lanes);
}

#[inline(always)]
unsafe fn relax<V: Vector, const P: u8>(slots: *const Slot<V::Real>, step: &Step, lanes: usize) {
    relax_of::<V, P, false>(slots, step, lanes);
}

#[inline(always)]
unsafe fn exp_and_div<V: Vector, const P: u8>(slots: *const Slot<V::Real>, step: &Step, lanes: usize) {
    let second = (*slots.add(step.outs[1] as usize)).at;
    let mut l = 0;
    let l = &mut l;
    each!(V, slots, step, lanes, 0x00110; x = 0, a = 1, b = 2, c = 3, d = 4 => {
        let q = c / d;
        let y = math::exp(apply_pre::<V, P>(x, a, b));
        q.store(second.add(*l));
        *l += V::WIDTH;
        y
    });
}

#[inline(always)]
unsafe fn select_compare<V: Vector, const C: u8, const P: Pattern>(slots: *const Slot<V::Real>, step: &Step, lanes: usize) {
    each!(V, slots, step, lanes, P; a = 0, b = 1, c = 2, d = 3 => V::select(apply_compare::<V, C>(a, b), c, d));
}

#[inline(always)]
unsafe fn count_compare<V: Vector, const C: u8, const P: Pattern>(slots: *const Slot<V::Real>, step: &Step, lanes: usize) {
    each!(V, slots, step, lanes, P | 0x1100; a = 0, b = 1, c = 2, d = 3, e = 4 =>
        V::select(apply_compare::<V, C>(a, b), c, d) + e);
}

#[inline(always)]
unsafe fn bump<V: Vector, const S: u8, const Q: u8>(slots: *const Slot<V::Real>, step: &Step, lanes: usize) {
    each!(V, slots, step, lanes, 0x0110; a = 0, b = 1, c = 2, d = 3, e = 4, f = 5 => {
        let u = a * b;
        let below = if S == 0 {
            let r = u.abs() + c;
            r * r
        } else {
            u.fma(u, c)
        };
        let y = d / below;
        match Q {
            0 => y,
            1 => y * e,
            _ => y.fma(e, f),
        }
    });
}

/// Everything without parameters, by number.
mod plain {
    #![allow(missing_docs)]
    pub const COPY: u8 = 0;
    pub const NEG: u8 = 1;
    pub const ABS: u8 = 2;
    pub const SQRT: u8 = 3;
    pub const LN: u8 = 4;
    pub const SIN: u8 = 5;
    pub const COS: u8 = 6;
    pub const FLOOR: u8 = 7;
    pub const MIN: u8 = 8;
    pub const MAX: u8 = 9;
    pub const POW: u8 = 10;
    pub const LT: u8 = 11;
    pub const LE: u8 = 12;
    pub const EQ: u8 = 13;
    pub const NE: u8 = 14;
    pub const AND: u8 = 15;
    pub const OR: u8 = 16;
    pub const NOT: u8 = 17;
    pub const SELECT: u8 = 18;
    pub const SPIKE: u8 = 19;
}

#[inline(always)]
unsafe fn plain<V: Vector, const K: u8>(slots: *const Slot<V::Real>, step: &Step, lanes: usize) {
    each!(V, slots, step, lanes, 0; a = 0, b = 1, c = 2 => match K {
        plain::COPY => a,
        plain::NEG => -a,
        plain::ABS => a.abs(),
        plain::SQRT => a.sqrt(),
        plain::LN => math::ln(a),
        plain::SIN => math::sin(a),
        plain::COS => math::cos(a),
        plain::FLOOR => a.floor(),
        plain::MIN => a.min(b),
        plain::MAX => a.max(b),
        plain::POW => math::pow(a, b),
        plain::LT => V::from_mask(a.lt(b)),
        plain::LE => V::from_mask(a.le(b)),
        plain::EQ => V::from_mask(a.eq(b)),
        plain::NE => V::from_mask(V::not(a.eq(b))),
        plain::AND => V::from_mask(V::both(a.to_mask(), b.to_mask())),
        plain::OR => V::from_mask(V::either(a.to_mask(), b.to_mask())),
        plain::NOT => V::from_mask(V::not(a.to_mask())),
        plain::SELECT => V::select(a.to_mask(), b, c),
        _ => V::select(V::splat(0.0).lt(a), V::splat(1.0), V::splat(0.0)),
    });
}

/// The inverse of [`compare_number`].
const fn compare_of(n: u8) -> Compare {
    match n {
        0 => Compare::Lt,
        1 => Compare::Le,
        2 => Compare::Eq,
        _ => Compare::Ne,
    }
}

fn compare_number(c: Compare) -> u8 {
    match c {
        Compare::Lt => 0,
        Compare::Le => 1,
        Compare::Eq => 2,
        Compare::Ne => 3,
    }
}

fn plain_number(code: Code) -> u8 {
    match code {
        Code::Unary(u) => match u {
            Unary::Neg => plain::NEG,
            Unary::Abs => plain::ABS,
            Unary::Sqrt => plain::SQRT,
            Unary::Ln => plain::LN,
            Unary::Sin => plain::SIN,
            Unary::Cos => plain::COS,
            Unary::Floor => plain::FLOOR,
            Unary::Exp | Unary::Expm1 | Unary::Exprelr | Unary::Tanh => unreachable!("has a fused form"),
        },
        Code::Min => plain::MIN,
        Code::Max => plain::MAX,
        Code::Pow => plain::POW,
        Code::Compare(c) => plain::LT + compare_number(c),
        Code::Logic(Logic::And) => plain::AND,
        Code::Logic(Logic::Or) => plain::OR,
        Code::Not => plain::NOT,
        Code::Select => plain::SELECT,
        Code::Spike => plain::SPIKE,
        _ => plain::COPY,
    }
}

/// `[[[f::<a, b, c>]]]` for all `a`, `b`, `c` of three lists.
macro_rules! cube {
    ($f:ident; [$($a:literal)*]; $b:tt; $c:tt) => { [$( cube!(@ $f $a; $b; $c) ),*] };
    (@ $f:ident $a:literal; [$($b:literal)*]; $c:tt) => { [$( cube!(@ $f $a $b; $c) ),*] };
    (@ patterned $a:literal $b:literal; [$($c:literal)*]) => { [$( patterned::<$a, $b, $c, 0> as Loop ),*] };
    (@ $f:ident $a:literal $b:literal; [$($c:literal)*]) => { [$( $f::<$a, $b, $c> as Loop ),*] };
}
macro_rules! list {
    (choices $l:literal; $($a:literal)*) => { [$( choices::<$a, $l, 0> as Loop ),*] };
    (fire $s:literal; $($a:literal)*) => { [$( fire::<$s, $a, 0> as Loop ),*] };
    (fire_listed $s:literal; $($a:literal)*) => { [$( fire_listed::<$s, $a, 0> as Loop ),*] };
    (bump $s:literal; $($a:literal)*) => { [$( bump::<$s, $a> as Loop ),*] };
    (count_compare $p:literal; $($a:literal)*) => { [$( count_compare::<$a, $p> as Loop ),*] };
    (compared; $($a:literal)*) => { [$( compared::<$a, 0> as Loop ),*] };
    ($f:ident; $($a:literal)*) => { [$( $f::<$a> as Loop ),*] };
}

/// The loops compiled for one instruction set.
macro_rules! machine {
    ($module:ident, $R:ty, $V:ty, $(#[$feature:meta])?) => {
        pub mod $module {
            //! The loops for one instruction set and format of numbers.
            #![allow(clippy::missing_safety_doc)]
            use super::{Code, Step};
            type Loop = super::Loop<$R>;
            type Slot = super::Slot<$R>;

            machine!(@ patterned, $V, $(#[$feature])?, F, S, T, P);
            machine!(@ compared, $V, $(#[$feature])?, C, P);
            machine!(@ count_compare, $V, $(#[$feature])?, C, P);
            machine!(@ choices, $V, $(#[$feature])?, C, L, P);
            machine!(@ fire, $V, $(#[$feature])?, S, N, P);
            machine!(@ fire_listed, $V, $(#[$feature])?, S, N, P);
            machine!(@ tree, $V, $(#[$feature])?, R, A, B);
            machine!(@ call, $V, $(#[$feature])?, P, F, Q);
            machine!(@ sum_relax, $V, $(#[$feature])?, P);
            machine!(@ relax, $V, $(#[$feature])?, P);
            machine!(@ bump, $V, $(#[$feature])?, S, Q);
            machine!(@ settle, $V, $(#[$feature])?, F);
            machine!(@ quotient_pair, $V, $(#[$feature])?, P);
            machine!(@ exp_and_div, $V, $(#[$feature])?, P);
            machine!(@ plain, $V, $(#[$feature])?, K);
            $(#[$feature])?
            unsafe fn pass<F: super::passes::Forms>(slots: *const Slot, steps: *const Step, lanes: usize) {
                super::passes::pass::<$V, F>(slots, steps, lanes);
            }

            static CHAIN: [[[Loop; 9]; 9]; 5] = cube!(patterned; [0 1 2 3 4]; [0 1 2 3 4 5 6 7 8]; [0 1 2 3 4 5 6 7 8]);
            static TREE: [[[Loop; 4]; 4]; 4] = cube!(tree; [0 1 2 3]; [0 1 2 3]; [0 1 2 3]);
            static CALL: [[[Loop; 5]; 4]; 6] = cube!(call; [0 1 2 3 4 5]; [0 1 2 3]; [0 1 2 3 4]);
            static RELAX: [[Loop; 5]; 2] = [list!(relax; 0 1 2 3 4), list!(sum_relax; 0 1 2 3 4)];
            static SETTLE: [Loop; 5] = list!(settle; 0 1 2 3 4);
            static BUMP: [[Loop; 3]; 2] = [list!(bump 0; 0 1 2), list!(bump 1; 0 1 2)];
            static EXP_AND_DIV: [Loop; 6] = list!(exp_and_div; 0 1 2 3 4 5);
            static COUNT: [[Loop; 4]; 3] = [
                list!(count_compare 0x00; 0 1 2 3),
                list!(count_compare 0x01; 0 1 2 3),
                list!(count_compare 0x10; 0 1 2 3),
            ];
            static CHOICES: [[Loop; 4]; 2] = [list!(choices 0; 0 1 2 3), list!(choices 1; 0 1 2 3)];
            static FIRE: [[Loop; 2]; 2] = [list!(fire 0; 1 2), list!(fire 1; 1 2)];
            static FIRE_LISTED: [[Loop; 2]; 2] = [list!(fire_listed 0; 1 2), list!(fire_listed 1; 1 2)];
            static SELECT_COMPARE: [Loop; 4] = list!(compared; 0 1 2 3);
            /// Forms with known patterns.
            pub static SPECIAL: &[(Code, super::Pattern, Loop)] = super::special::loops!(written);
            static SPECIAL_LISTED: &[(Code, super::Pattern, Loop)] = super::special::loops!(listed);
            static PLAIN: [Loop; 20] = list!(plain; 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19);

            /// Passes of several superinstructions: which, with what they write written, and with their spikes listed.
            pub static PASSES: &[(fn(&mut Vec<super::passes::Part>), Loop, Loop)] = super::special::passes!();

            /// The loop that lists its first result, whose slot has a `Listing`, if there is one.
            pub fn listed(code: Code, pattern: super::Pattern) -> Option<Loop> {
                let Code::Fire(difference, n) = code else { return None };
                let special = SPECIAL_LISTED.iter().find(|(c, p, _)| (*c, *p) == (code, pattern));
                Some(special.map_or(FIRE_LISTED[usize::from(difference)][n as usize - 1], |s| s.2))
            }

            /// The loop of a superinstruction whose operands have this pattern.
            pub fn lookup(code: Code, pattern: super::Pattern) -> Loop {
                if let Some((_, _, f)) = SPECIAL.iter().find(|(c, p, _)| (*c, *p) == (code, pattern)) {
                    return *f;
                }
                match code {
                    Code::Chain(f, s, t) => CHAIN[f as usize][s as usize][t as usize],
                    Code::Tree(r, a, b) => TREE[r as usize][a as usize][b as usize],
                    Code::Function(p, f, q) => CALL[p as usize][f as usize][q as usize],
                    Code::Bump(s, q) => BUMP[s as usize][q as usize],
                    Code::Relax(p, sum) => RELAX[sum as usize][p as usize],
                    Code::Settle(f) => SETTLE[f as usize],
                    Code::QuotientPair(sum) => [quotient_pair::<0> as Loop, quotient_pair::<1>][usize::from(sum)],
                    Code::ExpAndDiv(p) => EXP_AND_DIV[p as usize],
                    Code::CountCompare(c) => {
                        let place = match pattern & 0xff {
                            0x01 => 1,
                            0x10 => 2,
                            _ => 0,
                        };
                        COUNT[place][super::compare_number(c) as usize]
                    }
                    Code::Choices(c, less) => CHOICES[usize::from(less)][super::compare_number(c) as usize],
                    Code::Fire(difference, n) => FIRE[usize::from(difference)][n as usize - 1],
                    Code::SelectCompare(c) => SELECT_COMPARE[super::compare_number(c) as usize],
                    other => PLAIN[super::plain_number(other) as usize],
                }
            }
        }
    };
    (@ patterned, $V:ty, $(#[$feature:meta])?, $($p:ident),*) => {
        $(#[$feature])?
        unsafe fn patterned<const F: u8, const S: u8, const T: u8, const P: u32>(slots: *const Slot, step: *const Step, lanes: usize) {
            super::chain::<$V, F, S, T, P>(slots, &*step, lanes);
        }
    };
    (@ compared, $V:ty, $(#[$feature:meta])?, $($p:ident),*) => {
        $(#[$feature])?
        unsafe fn compared<const C: u8, const P: u32>(slots: *const Slot, step: *const Step, lanes: usize) {
            super::select_compare::<$V, C, P>(slots, &*step, lanes);
        }
    };
    (@ choices, $V:ty, $(#[$feature:meta])?, $($p:ident),*) => {
        $(#[$feature])?
        unsafe fn choices<const C: u8, const L: u8, const P: u32>(slots: *const Slot, step: *const Step, lanes: usize) {
            super::choices::choices::<$V, C, L, P>(slots, &*step, lanes);
        }
    };
    (@ fire, $V:ty, $(#[$feature:meta])?, $($p:ident),*) => {
        $(#[$feature])?
        unsafe fn fire<const S: u8, const N: u8, const P: u32>(slots: *const Slot, step: *const Step, lanes: usize) {
            super::choices::fire::<$V, S, N, P>(slots, &*step, lanes);
        }
    };
    (@ fire_listed, $V:ty, $(#[$feature:meta])?, $($p:ident),*) => {
        $(#[$feature])?
        unsafe fn fire_listed<const S: u8, const N: u8, const P: u32>(slots: *const Slot, step: *const Step, lanes: usize) {
            super::choices::fire_listed::<$V, S, N, P>(slots, &*step, lanes);
        }
    };
    (@ count_compare, $V:ty, $(#[$feature:meta])?, $($p:ident),*) => {
        $(#[$feature])?
        unsafe fn count_compare<const C: u8, const P: u32>(slots: *const Slot, step: *const Step, lanes: usize) {
            super::count_compare::<$V, C, P>(slots, &*step, lanes);
        }
    };
    (@ $f:ident, $V:ty, $(#[$feature:meta])?, $($p:ident),*) => {
        $(#[$feature])?
        unsafe fn $f<$(const $p: u8),*>(slots: *const Slot, step: *const Step, lanes: usize) {
            super::$f::<$V, $($p),*>(slots, &*step, lanes);
        }
    };
}

machine!(portable, f64, f64,);
#[cfg(target_arch = "x86_64")]
machine!(avx2, f64, crate::lane::avx2::F64x4, #[target_feature(enable = "avx2,fma")]);
#[cfg(target_arch = "x86_64")]
machine!(avx512, f64, crate::lane::avx512::F64x8, #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma")]);
machine!(portable_single, f32, f32,);
#[cfg(target_arch = "x86_64")]
machine!(avx2_single, f32, crate::lane::single::F32x8, #[target_feature(enable = "avx2,fma")]);
#[cfg(target_arch = "x86_64")]
machine!(avx512_single, f32, crate::lane::single::F32x16, #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma")]);
