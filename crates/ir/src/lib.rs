//! The meaning of a model: what an equation is, its laws, its derivative, and the program of one step.
//!
//! - [`Mechanism`]: equations with a role and ports, as read from a `.mod` file.
//! - [`Kernel`]: a straight-line program; [`Builder`] makes one, [`verify`](verify::verify) states its laws,
//!   [`text`] writes and reads it.
//! - [`EventProgram`]: what happens to one target when one event arrives.
//! - [`interpret()`]: the reference meaning, generic over its [`Number`] type; with [`Dual`] it is the oracle of
//!   every derivative.
//! - [`calculus`]: symbolic derivatives and the vector-Jacobian product of a kernel.
//! - [`implicit`]: systems of equations, solved inside of a kernel.
//! - [`ode`]: exact exponential and Euler steps of differential equations.
//! - [`passes`]: rewriting for speed, once for all executors.

pub mod builder;
pub mod calculus;
pub mod event;
pub mod implicit;
pub mod interpret;
pub mod ions;
pub mod kernel;
pub mod mechanism;
pub mod number;
pub mod ode;
pub mod passes;
pub mod text;
pub mod verify;

pub use builder::Builder;
pub use event::{Effect, EffectKind, EventProgram};
pub use interpret::interpret;
pub use kernel::{Binary, Class, Compare, Kernel, Literal, Logic, Op, Port, Shape, Surrogate, Unary, Value};
pub use mechanism::{Interface, Ion, Mechanism, Parameter, Readout, Receptor, Role, Signal, Solve, SpikeRule, StateVariable};
pub use number::{Dual, Number};
