//! The integration: segment by segment, with dense output and crossings.

use crate::system::{Segment, System};
use crate::{Course, Solved, Tolerance, refused};
use diffsol::matrix::sparsity::MatrixSparsity;
use diffsol::{
    ConstantOp, DiffsolError, FaerContext, FaerSparseLU, FaerSparseMat, FaerVec, Matrix, NonLinearOp, NonLinearOpJacobian, OdeBuilder,
    OdeEquations, OdeEquationsRef, OdeSolverMethod, OdeSolverStopReason, Op, UnitCallable, Vector, VectorIndex,
};
use homolog_base::Diagnostic;
use homolog_model::recordings::end_of_tick;
use homolog_model::{Model, Observable, Probe};
use std::cell::RefCell;

type M = FaerSparseMat<f64>;
type V = FaerVec<f64>;
type Index = <V as Vector>::Index;

/// The equations of a segment as the solver takes them.
struct Problem<'s> {
    system: &'s System,
    segment: Segment,
    start: Vec<f64>,
    context: FaerContext,
    sparsity: <M as Matrix>::Sparsity,
    /// Where the elements of the derivative lie in the matrix, and in the list of them.
    places: (Index, Index),
    elements: RefCell<V>,
}

/// The right-hand side.
struct Rates<'p, 's>(&'p Problem<'s>);

/// The beginning.
struct Begin<'p, 's>(&'p Problem<'s>);

macro_rules! op {
    ($type:ty, $this:ident => $problem:expr) => {
        impl Op for $type {
            type T = f64;
            type V = V;
            type M = M;
            type C = FaerContext;
            fn context(&self) -> &FaerContext {
                let $this = self;
                &$problem.context
            }
            fn nstates(&self) -> usize {
                let $this = self;
                $problem.system.unknowns()
            }
            fn nout(&self) -> usize {
                self.nstates()
            }
            fn nparams(&self) -> usize {
                0
            }
        }
    };
}

op!(Problem<'_>, this => this);
op!(Rates<'_, '_>, this => this.0);
op!(Begin<'_, '_>, this => this.0);

impl NonLinearOp for Rates<'_, '_> {
    fn call_inplace(&self, x: &V, t: f64, y: &mut V) {
        y.for_each_batch_host([x], |y, [x], _| self.0.system.rates(x, t, self.0.segment, y));
    }
}

impl Rates<'_, '_> {
    fn elements(&self, x: &V, t: f64) {
        self.0.elements.borrow_mut().for_each_batch_host([x], |e, [x], _| self.0.system.derivative(x, t, self.0.segment, e));
    }
}

impl NonLinearOpJacobian for Rates<'_, '_> {
    fn jac_mul_inplace(&self, x: &V, t: f64, v: &V, y: &mut V) {
        self.elements(x, t);
        let elements = self.0.elements.borrow();
        y.for_each_batch_host([v, &elements], |y, [v, elements], _| {
            y.fill(0.0);
            for ((row, column), e) in self.0.system.elements.iter().zip(elements) {
                y[*row] += e * v[*column];
            }
        });
    }

    fn jacobian_inplace(&self, x: &V, t: f64, y: &mut M) {
        self.elements(x, t);
        y.set_data_with_indices(&self.0.places.0, &self.0.places.1, &self.0.elements.borrow());
    }

    fn jacobian_sparsity(&self) -> Option<<M as Matrix>::Sparsity> {
        Some(self.0.sparsity.clone())
    }
}

impl ConstantOp for Begin<'_, '_> {
    fn call_inplace(&self, _: f64, y: &mut V) {
        y.for_each_batch_host([], |y, [], _| y.copy_from_slice(&self.0.start));
    }
}

impl<'p, 's> OdeEquationsRef<'p> for Problem<'s> {
    type Mass = UnitCallable<M>;
    type Rhs = Rates<'p, 's>;
    type Root = UnitCallable<M>;
    type Init = Begin<'p, 's>;
    type Out = UnitCallable<M>;
    type Reset = UnitCallable<M>;
}

impl<'s> OdeEquations for Problem<'s> {
    fn rhs(&self) -> Rates<'_, 's> {
        Rates(self)
    }
    fn mass(&self) -> Option<UnitCallable<M>> {
        None
    }
    fn init(&self) -> Begin<'_, 's> {
        Begin(self)
    }
    fn set_params(&mut self, _: &V) {}
    fn get_params(&self, _: &mut V) {}
}

/// A crossing is found to so many halvings of a step.
const HALVINGS: usize = 60;

/// Solves a system from its start to the end of a presentation.
pub(crate) fn solve(
    system: &System,
    model: &Model,
    probes: &[Probe],
    tolerance: Tolerance,
    done: &mut Solved,
) -> Result<Course, Diagnostic> {
    let mut course = Course { values: vec![Vec::with_capacity(model.ticks); probes.len()], spikes: vec![vec![]; system.spike_at.len()] };
    let mut start = system.start.clone();
    let mut tick = 0;
    for edges in system.edges.windows(2) {
        let segment = Segment { begin: edges[0], end: edges[1] };
        let last = edges[1] == system.edges[system.edges.len() - 1];
        start = stretch(system, model, segment, last, probes, tolerance, start, &mut tick, &mut course, done).map_err(|stopped| {
            let why = format!("the solver stopped between {} and {} ms: {stopped}", segment.begin, segment.end);
            refused(&system.group, &why, "try larger tolerances")
        })?;
    }
    Ok(course)
}

/// Why a stretch ended early.
enum Stopped {
    Solver(DiffsolError),
    Unseen(String),
}

impl From<DiffsolError> for Stopped {
    fn from(e: DiffsolError) -> Self {
        Stopped::Solver(e)
    }
}

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Stopped::Solver(e) => write!(f, "{e}"),
            Stopped::Unseen(name) => write!(f, "`{name}` is a counter of steps, which it has not"),
        }
    }
}

/// Solves one segment; returns the unknowns at its end.
#[allow(clippy::too_many_arguments)]
fn stretch(
    system: &System,
    model: &Model,
    segment: Segment,
    last: bool,
    probes: &[Probe],
    tolerance: Tolerance,
    start: Vec<f64>,
    tick: &mut usize,
    course: &mut Course,
    done: &mut Solved,
) -> Result<Vec<f64>, Stopped> {
    let context = FaerContext::default();
    let (n, elements) = (system.unknowns(), system.elements.len());
    let sparsity = <<M as Matrix>::Sparsity as MatrixSparsity<M>>::try_from_indices(n, n, system.elements.clone())
        .map_err(|e| Stopped::Solver(e.into()))?;
    let places = MatrixSparsity::<M>::get_index(&sparsity, &system.elements, context);
    let order = Index::from_vec((0..elements).collect(), context);
    let mut above: Vec<bool> = system.spike_at.iter().map(|c| start[*c] > system.threshold).collect();
    let problem =
        Problem { system, segment, start, context, sparsity, places: (places, order), elements: RefCell::new(V::zeros(elements, context)) };
    let absolute: Vec<f64> = system.scales.iter().map(|s| s * tolerance.absolute).collect();
    let problem = OdeBuilder::<M>::new().t0(segment.begin).rtol(tolerance.relative).atol(absolute).build_from_eqn(problem)?;
    let mut solver = problem.bdf::<FaerSparseLU<f64>>()?;
    solver.set_stop_time(segment.end)?;
    let mut y = V::zeros(n, context);
    loop {
        let before = solver.state().t;
        let reason = solver.step()?;
        let ended = matches!(reason, OdeSolverStopReason::TstopReached);
        let now = solver.state().t;
        while *tick < model.ticks {
            let t = end_of_tick(model.dt, *tick);
            // The last row is that of the end, whatever rounding says.
            if t > now && !(ended && last) {
                break;
            }
            solver.interpolate_inplace(t.min(now), &mut y)?;
            let numbers = y.clone_as_vec();
            for (p, column) in probes.iter().zip(&mut course.values) {
                let Observable::Site(k, site) = p.what else { continue };
                let seen = system.observe(k, site, &numbers, t.min(now), segment);
                column.push(seen.ok_or_else(|| Stopped::Unseen(model.groups[p.group].variables[k].name.clone()))?);
            }
            *tick += 1;
        }
        for (kind, at) in system.spike_at.iter().enumerate() {
            let is_above = solver.state().y.get_index(*at) > system.threshold;
            if is_above && !above[kind] {
                let (mut low, mut high) = (before, now);
                for _ in 0..HALVINGS {
                    let middle = 0.5 * (low + high);
                    solver.interpolate_inplace(middle, &mut y)?;
                    if y.get_index(*at) > system.threshold { high = middle } else { low = middle }
                }
                course.spikes[kind].push(0.5 * (low + high));
            }
            above[kind] = is_above;
        }
        done.steps += 1;
        if ended {
            return Ok(solver.state().y.clone_as_vec());
        }
    }
}
