//! The straight-line program of one step.
//!
//! A [`Kernel`] is a list of operations in static single assignment: operation `k` defines value `k` and may use
//! only values before it. There is no control flow; a branch is a [`Op::Select`]. Every executor (the reference
//! interpreter here, the block machine in `exec`) must give the same bits for it, so nothing is left to an
//! executor's choice: a fused multiply-add is written [`Op::Fma`] or it is not fused, and elementary functions are
//! those of [`homolog_base::math`].

use homolog_base::Unit;

/// The number of an operation, and of the value that it defines.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub struct Value(pub u32);

impl Value {
    /// Position in [`Kernel::body`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// How the elements of a port are found for consecutive lanes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, serde::Serialize, serde::Deserialize)]
pub enum Class {
    /// One number for all lanes of a launch.
    Constant,
    /// Lane `l` reads element `l` of a column.
    #[default]
    Contiguous,
    /// Lane `l` reads element `index[l]`; no two lanes share one.
    Unique,
    /// Lane `l` reads element `index[l]`; lanes may share one, so scatters sum in lane order.
    Colliding,
}

/// A named, typed opening of a kernel: what it reads or what it writes.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Port {
    /// Name, unique among the inputs (or among the outputs) of a kernel.
    pub name: String,
    /// Physical unit.
    pub unit: Unit,
    /// Index class.
    pub class: Class,
}

impl Port {
    /// A contiguous port.
    pub fn new(name: impl Into<String>, unit: Unit) -> Self {
        Port { name: name.into(), unit, class: Class::Contiguous }
    }
}

/// Functions of one number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum Unary {
    /// `-x`
    Neg,
    /// `|x|`
    Abs,
    /// Correctly rounded square root.
    Sqrt,
    /// `e^x`
    Exp,
    /// `e^x - 1`, exact near zero.
    Expm1,
    /// Natural logarithm.
    Ln,
    /// Sine of radians.
    Sin,
    /// Cosine of radians.
    Cos,
    /// Hyperbolic tangent.
    Tanh,
    /// `x / (e^x - 1)`, 1 at zero: the removable singularity of Hodgkin-Huxley rates.
    Exprelr,
    /// Largest integer not above `x`; its derivative is zero.
    Floor,
}

/// Functions of two numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum Binary {
    /// `x + y`
    Add,
    /// `x - y`
    Sub,
    /// `x * y`
    Mul,
    /// `x / y`
    Div,
    /// `if x < y { x } else { y }`: exactly this, so that NaN and signed zeros agree everywhere.
    Min,
    /// `if x > y { x } else { y }`
    Max,
    /// `x^y`
    Pow,
}

/// Comparisons; NaN makes each of them false, except [`Compare::Ne`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum Compare {
    /// `x < y`
    Lt,
    /// `x <= y`
    Le,
    /// `x == y`
    Eq,
    /// `x != y`
    Ne,
}

/// Functions of truth values.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum Logic {
    /// Both.
    And,
    /// Either.
    Or,
}

/// What stands for the derivative of the Heaviside step in a backward pass; `x` is the distance above threshold.
///
/// Every shape is a function of the dimensionless `u = x / width`, so that its derivative with respect to `x` is
/// `shape(u) / width` for the normalised ones.
#[derive(Clone, Copy, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Surrogate {
    /// The shape.
    pub shape: Shape,
    /// The width of the shape, in the unit of the argument of the spike condition. Positive.
    pub width: f64,
}

/// Shapes of surrogate derivatives.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum Shape {
    /// `1 / (2 width (1 + |u|)^2)`: derivative of the fast sigmoid `(1 + u / (1 + |u|)) / 2`, of area 1.
    FastSigmoid,
    /// `1 / (width pi (1 + u^2))`: derivative of `1/2 + arctan(u) / pi`, of area 1 (Fang et al. 2021, eq. 8).
    Arctan,
    /// `1 / (1 + |u|)^2`: peak 1 whatever the width (Zenke & Ganguli 2018, eq. 7 with `beta = 1 / width`).
    SuperSpike,
}

impl Eq for Surrogate {}
impl std::hash::Hash for Surrogate {
    fn hash<H: std::hash::Hasher>(&self, h: &mut H) {
        self.shape.hash(h);
        self.width.to_bits().hash(h);
    }
}

/// A number as a constant: compared and hashed by its bits, so that NaN and -0 are themselves.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Literal(pub f64);
impl PartialEq for Literal {
    fn eq(&self, o: &Self) -> bool {
        self.0.to_bits() == o.0.to_bits()
    }
}
impl Eq for Literal {}
impl std::hash::Hash for Literal {
    fn hash<H: std::hash::Hasher>(&self, h: &mut H) {
        self.0.to_bits().hash(h);
    }
}

/// One operation. Operands are earlier values. Comparisons and logic give truth values; all else gives numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum Op {
    /// The element of input port `.0` for this lane.
    Input(u32),
    /// A constant.
    Const(Literal),
    /// A function of one number.
    Unary(Unary, Value),
    /// A function of two numbers.
    Binary(Binary, Value, Value),
    /// `x * y + z`, rounded once.
    Fma(Value, Value, Value),
    /// A truth value from two numbers.
    Compare(Compare, Value, Value),
    /// A truth value from two.
    Logic(Logic, Value, Value),
    /// The opposite truth value.
    Not(Value),
    /// `if c { x } else { y }`; never propagates anything from the branch not taken.
    Select(Value, Value, Value),
    /// `if x > 0 { 1 } else { 0 }`, whose derivative is by definition the surrogate.
    Spike(Value, Surrogate),
}

impl Op {
    /// Calls `f` with every operand.
    pub fn for_each_operand(&self, mut f: impl FnMut(Value)) {
        match *self {
            Op::Input(_) | Op::Const(_) => {}
            Op::Unary(_, a) | Op::Not(a) | Op::Spike(a, _) => f(a),
            Op::Binary(_, a, b) | Op::Compare(_, a, b) | Op::Logic(_, a, b) => {
                f(a);
                f(b)
            }
            Op::Fma(a, b, c) | Op::Select(a, b, c) => {
                f(a);
                f(b);
                f(c)
            }
        }
    }

    /// True when the operation gives a truth value.
    pub fn is_truth(&self) -> bool {
        matches!(self, Op::Compare(..) | Op::Logic(..) | Op::Not(_))
    }
}

/// The program of one step: see the module's page.
#[derive(Clone, PartialEq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Kernel {
    /// Name, for messages and profiles: `hh.step`.
    pub name: String,
    /// What it reads, in order.
    pub inputs: Vec<Port>,
    /// The operations; operation `k` defines `Value(k)`.
    pub body: Vec<Op>,
    /// What it writes, in order. All writes happen after all reads.
    pub outputs: Vec<(Port, Value)>,
}

impl Kernel {
    /// Index of the input of this name.
    pub fn input(&self, name: &str) -> Option<usize> {
        self.inputs.iter().position(|p| p.name == name)
    }

    /// Index of the output of this name.
    pub fn output(&self, name: &str) -> Option<usize> {
        self.outputs.iter().position(|(p, _)| p.name == name)
    }

    /// Floating-point operations of one lane: an elementary function counts one, an fma two, selects and
    /// comparisons one each.
    pub fn flops(&self) -> u64 {
        self.body
            .iter()
            .map(|op| match op {
                Op::Input(_) | Op::Const(_) => 0,
                Op::Fma(..) => 2,
                _ => 1,
            })
            .sum()
    }
}
