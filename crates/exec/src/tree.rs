//! The solve of a tree of compartments, and its adjoint.
//!
//! The voltages `x` of a neuron's compartments, its *nodes*, obey a system whose matrix is sparse as the tree is: with `g_c` the
//! coupling of child `c` and its parent `p`,
//!
//! ```text
//! (d_i + a_i) x_i - sum of g x over the edges of i = b_i          a_i = sum of g over the edges of i
//! ```
//!
//! Elimination from the tips to the root fills nothing in (Hines 1984, Int. J. Bio-Med. Comput. 15, 69-76). The order of operations
//! is part of the contract: nodes by their depth, deepest first, and by ascending index within a depth,
//!
//! ```text
//! D_i = d_i + a_i                                                 at the start
//! q_c = 1 / D_c,  f = g_c q_c,  D_p = fma(-g_c, f, D_p),  B_p = fma(f, B_c, B_p)
//! q_r = 1 / D_r,  x_r = B_r q_r                                   roots
//! x_c = q_c fma(g_c, x_p, B_c)                                    back, shallowest first
//! ```
//!
//! The matrix is symmetric, so that the adjoint is the same elimination with the pivots `q` of then, and without division:
//!
//! ```text
//! Y_p = fma(g_c q_c, Y_c, Y_p),  lam_r = Y_r q_r,  lam_c = q_c fma(g_c, lam_p, Y_c)
//! db_i = lam_i,  dd_i = (-lam_i) x_i,  dg_c = dg_c + (-(lam_c - lam_p)) (x_c - x_p)
//! ```
//!
//! With [`Solve::change`] the unknowns are the changes `y = x - v` instead, so that 32-bit numbers lose digits of those alone. The right side
//! is then what drives the change at `v`, without what flows between nodes, which elimination adds:
//!
//! ```text
//! w = g_c (v_p - v_c),  B_c = B_c + w                             before a child is drawn in
//! B_p = fma(f, B_c, B_p) - w
//! y_r = B_r q_r,  y_c = q_c fma(g_c, y_p, B_c),  x = v + y        or fma(2, y, v) when extrapolated
//! ```
//!
//! Only the order of a node's children shows in the bits. So runs of nodes with neighbouring indices are done together, and how
//! numbers are cut into vectors changes nothing.

mod adjoint;
mod chains;
mod kernel;

use crate::column::{Column, Meeting, Use, check_alone, meeting};
use crate::isa::Isa;
use crate::scalar::Scalar;
use std::ops::Range;

/// What a node's numbers are when a run comes to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Start {
    /// Those that were given.
    Given,
    /// Zero: no membrane.
    Zero,
    /// What elimination of a child has left.
    Touched,
}

/// Children `child..child + n` of parents `parent..parent + n`; roots have themselves as parents.
#[derive(Clone, Copy, Debug)]
struct Run {
    child: u32,
    parent: u32,
    n: u32,
    of_child: Start,
    of_parent: Start,
}

/// A tree of nodes, or several.
#[derive(Clone, Debug)]
pub struct Tree {
    parent: Vec<Option<u32>>,
    membrane: usize,
    /// In the order of elimination.
    runs: Vec<Run>,
    roots: Vec<Run>,
    /// For lone neurons, where runs are short or chains lie side by side.
    chains: Option<chains::Chains>,
}

/// Why a list of parents is no tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TreeError {
    /// A node whose parent does not exist.
    NoSuchParent {
        /// The node.
        node: usize,
        /// Its parent.
        parent: u32,
    },
    /// A node that is an ancestor of itself.
    Cycle {
        /// The node.
        node: usize,
    },
    /// More nodes than fit in the index.
    TooMany,
}

impl std::fmt::Display for TreeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TreeError::NoSuchParent { node, parent } => write!(f, "node {node} has parent {parent}, which does not exist"),
            TreeError::Cycle { node } => write!(f, "node {node} is an ancestor of itself"),
            TreeError::TooMany => write!(f, "a tree has at most 2^31 nodes"),
        }
    }
}

impl std::error::Error for TreeError {}

/// Couplings and their sums: one number per node, or one per node and lane.
#[derive(Clone, Copy, Debug)]
pub enum Couplings<'a, R = f64> {
    /// The same in all lanes.
    Shared {
        /// By child; a root's is not read.
        couplings: &'a [R],
        /// From [`Tree::axial`].
        axial: &'a [R],
    },
    /// A number per lane.
    Lanes {
        /// By child; a root's is not read.
        couplings: Column,
        /// From [`Tree::axial_of_lanes`].
        axial: Column,
    },
}

/// Columns of a solve. `pivot` may be `d`; `x` may be `v`, or `b` without `extrapolate` and `change`.
#[derive(Clone, Copy, Debug)]
pub struct Solve<'a, R = f64> {
    /// Between the nodes.
    pub couplings: Couplings<'a, R>,
    /// The diagonal without the couplings. Working space afterwards.
    pub d: Column,
    /// The right side. Working space afterwards.
    pub b: Column,
    /// The old values; read with `extrapolate` or `change` only.
    pub v: Column,
    /// The result.
    pub x: Column,
    /// Inverse pivots, for the adjoint.
    pub pivot: Column,
    /// The result is `2 x - v`, with one rounding: Crank-Nicolson by a backward Euler step of half the length.
    pub extrapolate: bool,
    /// The right side is without `d v`, and the system is solved for the change of the values.
    pub change: bool,
}

/// Columns of the adjoint of a solve.
#[derive(Clone, Copy, Debug)]
pub struct Adjoint<'a, R = f64> {
    /// As in the solve.
    pub couplings: Couplings<'a, R>,
    /// As the solve left them.
    pub pivot: Column,
    /// The old values; read with `extrapolate` only.
    pub v: Column,
    /// The solve's result.
    pub x: Column,
    /// Cotangent of `x`; afterwards that part of the cotangent of `v` which does not pass through the system.
    pub dx: Column,
    /// Cotangent of the right side, written.
    pub db: Column,
    /// Cotangent of the diagonal, written.
    pub dd: Column,
    /// Cotangents of couplings are added here, by child; a root's is not touched.
    pub dg: Option<Column>,
    /// As in the solve.
    pub extrapolate: bool,
}

impl<'a, R> Couplings<'a, R> {
    fn with_columns(self, column: impl Fn(&Column) -> Column) -> Couplings<'a, R> {
        match self {
            Couplings::Shared { .. } => self,
            Couplings::Lanes { couplings, axial } => Couplings::Lanes { couplings: column(&couplings), axial: column(&axial) },
        }
    }
}

impl<'a, R: Copy> Solve<'a, R> {
    /// Whether old values are read.
    pub(crate) fn reads_old(&self) -> bool {
        self.extrapolate || self.change
    }

    /// The same with other columns.
    pub(crate) fn with_columns(&self, column: impl Fn(&Column) -> Column) -> Solve<'a, R> {
        let x = column(&self.x);
        let v = if self.reads_old() { column(&self.v) } else { x };
        let couplings = self.couplings.with_columns(&column);
        Solve { couplings, d: column(&self.d), b: column(&self.b), v, x, pivot: column(&self.pivot), ..*self }
    }
}

impl<'a, R: Copy> Adjoint<'a, R> {
    /// The same with other columns.
    pub(crate) fn with_columns(&self, column: impl Fn(&Column) -> Column) -> Adjoint<'a, R> {
        let x = column(&self.x);
        Adjoint {
            couplings: self.couplings.with_columns(&column),
            pivot: column(&self.pivot),
            v: if self.extrapolate { column(&self.v) } else { x },
            x,
            dx: column(&self.dx),
            db: column(&self.db),
            dd: column(&self.dd),
            dg: self.dg.as_ref().map(&column),
            extrapolate: self.extrapolate,
        }
    }
}

impl Tree {
    /// The tree in which node `i` has parent `parent[i]`, or is a root. Nodes from `membrane` on are junctions without membrane:
    /// their `d` and `b` are zero, and nobody need write them.
    ///
    /// # Errors
    /// When a parent does not exist, or a node is an ancestor of itself.
    pub fn new(parent: &[Option<u32>], membrane: usize) -> Result<Tree, TreeError> {
        let n = parent.len();
        if n > 1 << 31 {
            return Err(TreeError::TooMany);
        }
        if let Some((node, parent)) = parent.iter().enumerate().find_map(|(i, p)| p.filter(|p| *p as usize >= n).map(|p| (i, p))) {
            return Err(TreeError::NoSuchParent { node, parent });
        }
        let depth = depths(parent)?;
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by_key(|&i| (std::cmp::Reverse(depth[i]), i));
        let mut touched = vec![false; n];
        let start = |i: usize, touched: &[bool]| match (touched[i], i < membrane) {
            (true, _) => Start::Touched,
            (false, true) => Start::Given,
            (false, false) => Start::Zero,
        };
        let (mut runs, mut roots): (Vec<Run>, Vec<Run>) = (Vec::new(), Vec::new());
        for (k, &c) in order.iter().enumerate() {
            let p = parent[c].map_or(c, |p| p as usize);
            let next = Run { child: c as u32, parent: p as u32, n: 1, of_child: start(c, &touched), of_parent: start(p, &touched) };
            let list = if parent[c].is_some() { &mut runs } else { &mut roots };
            match list.last_mut() {
                // A run has one depth: its parents are not among its children.
                Some(run)
                    if k > 0
                        && depth[order[k - 1]] == depth[c]
                        && (run.child + run.n, run.parent + run.n) == (next.child, next.parent)
                        && (run.of_child, run.of_parent) == (next.of_child, next.of_parent) =>
                {
                    run.n += 1;
                }
                _ => list.push(next),
            }
            touched[p] |= p != c;
        }
        let chains = chains::Chains::of(parent, membrane, runs.len());
        Ok(Tree { parent: parent.to_vec(), membrane, runs, roots, chains })
    }

    /// How many nodes.
    pub fn nodes(&self) -> usize {
        self.parent.len()
    }

    /// Of each node its parent.
    pub fn parents(&self) -> &[Option<u32>] {
        &self.parent
    }

    /// Nodes from here on are junctions.
    pub fn membrane(&self) -> usize {
        self.membrane
    }

    /// Of each node the sum of its couplings: its own, then those of its children in ascending order.
    ///
    /// # Panics
    /// When a slice does not have one number per node.
    pub fn axial<R: Scalar>(&self, couplings: &[R], axial: &mut [R]) {
        assert!(couplings.len() == self.nodes() && axial.len() == self.nodes(), "tree: one coupling per node");
        for (i, a) in axial.iter_mut().enumerate() {
            *a = if self.parent[i].is_some() { couplings[i] } else { R::default() };
        }
        for (c, p) in self.parent.iter().enumerate() {
            if let Some(p) = p {
                axial[*p as usize] += couplings[c];
            }
        }
    }

    /// As [`Tree::axial`], for columns of the arena with a number per lane, in their tick 0.
    ///
    /// # Panics
    /// When a column leaves the arena, or they overlap.
    pub fn axial_of_lanes<R: Scalar>(&self, arena: &mut [R], couplings: Column, axial: Column, lanes: usize) {
        let uses = [self.used(couplings, lanes, false, "couplings"), self.used(axial, lanes, true, "axial")];
        for u in &uses {
            check_alone(u, &(0..1), arena.len(), "tree");
        }
        assert!(meeting(&uses[0], &uses[1], &(0..1)) == Meeting::Apart, "tree: axial overlaps couplings");
        for (i, p) in self.parent.iter().enumerate() {
            let (from, to) = (couplings.at + i * couplings.site, axial.at + i * axial.site);
            if p.is_some() {
                arena.copy_within(from..from + lanes, to);
            } else {
                arena[to..to + lanes].fill(R::default());
            }
        }
        for (c, p) in self.parent.iter().enumerate() {
            if let Some(p) = p {
                for l in 0..lanes {
                    let g = arena[couplings.at + c * couplings.site + l];
                    arena[axial.at + *p as usize * axial.site + l] += g;
                }
            }
        }
    }

    /// Solves the systems of `lanes` lanes, with columns in their tick 0.
    ///
    /// # Panics
    /// When a column leaves the arena or overlaps another (but where [`Solve`] allows it), couplings are not one per node, or the
    /// machine lacks `isa`.
    pub fn solve<R: Scalar>(&self, isa: Isa, arena: &mut [R], solve: &Solve<R>, lanes: usize) {
        isa.check();
        self.check(&self.uses_of_solve(solve, lanes), arena.len(), &(0..1), "tree");
        // SAFETY: just checked; the arena is borrowed exclusively.
        unsafe { R::solve(self, isa, arena.as_mut_ptr(), solve, 0, 0..lanes) }
    }

    /// The adjoint of [`Tree::solve`].
    ///
    /// # Panics
    /// As [`Tree::solve`]; no column that is written may overlap another.
    pub fn adjoint(&self, isa: Isa, arena: &mut [f64], adjoint: &Adjoint, lanes: usize) {
        isa.check();
        self.check(&self.uses_of_adjoint(adjoint, lanes), arena.len(), &(0..1), "tree");
        // SAFETY: just checked; the arena is borrowed exclusively.
        unsafe { self.adjoint_lanes(isa, arena.as_mut_ptr(), adjoint, 0, 0..lanes) }
    }

    fn used(&self, column: Column, lanes: usize, written: bool, name: &str) -> Use {
        Use { column, sites: self.nodes(), width: lanes, shared: false, written, name: name.into() }
    }

    fn uses_of_couplings<R>(&self, couplings: &Couplings<R>, lanes: usize, uses: &mut Vec<Use>) {
        match couplings {
            Couplings::Shared { couplings, axial } => {
                assert!(couplings.len() == self.nodes() && axial.len() == self.nodes(), "tree: one coupling per node");
            }
            Couplings::Lanes { couplings, axial } => {
                uses.push(self.used(*couplings, lanes, false, "couplings"));
                uses.push(self.used(*axial, lanes, false, "axial"));
            }
        }
    }

    pub(crate) fn uses_of_solve<R: Copy>(&self, s: &Solve<R>, lanes: usize) -> Vec<Use> {
        let mut uses = Vec::with_capacity(7);
        for (column, name) in [(s.d, "d"), (s.b, "b"), (s.x, "x"), (s.pivot, "pivot")] {
            uses.push(self.used(column, lanes, true, name));
        }
        if s.reads_old() {
            uses.push(self.used(s.v, lanes, false, "v"));
        }
        self.uses_of_couplings(&s.couplings, lanes, &mut uses);
        uses
    }

    pub(crate) fn uses_of_adjoint<R>(&self, a: &Adjoint<R>, lanes: usize) -> Vec<Use> {
        let mut uses = Vec::with_capacity(9);
        let dg = a.dg.iter().map(|c| (*c, "dg"));
        for (column, name) in [(a.dx, "dx"), (a.db, "db"), (a.dd, "dd")].into_iter().chain(dg) {
            uses.push(self.used(column, lanes, true, name));
        }
        uses.push(self.used(a.pivot, lanes, false, "pivot"));
        uses.push(self.used(a.x, lanes, false, "x"));
        if a.extrapolate {
            uses.push(self.used(a.v, lanes, false, "v"));
        }
        self.uses_of_couplings(&a.couplings, lanes, &mut uses);
        uses
    }

    /// Panics when these columns of one solve or adjoint cannot be.
    pub(crate) fn check(&self, uses: &[Use], arena: usize, ticks: &Range<usize>, owner: &str) {
        let reads_old = uses.iter().any(|u| u.name == "v");
        for (k, x) in uses.iter().enumerate() {
            check_alone(x, ticks, arena, owner);
            for y in &uses[..k] {
                let met = if x.written || y.written { meeting(x, y, ticks) } else { Meeting::Apart };
                let may_be_one = match (y.name.as_str(), x.name.as_str()) {
                    ("d", "pivot") | ("x", "v") => true,
                    ("b", "x") => !reads_old,
                    _ => false,
                };
                assert!(
                    met == Meeting::Apart || (met == Meeting::Same && may_be_one),
                    "{owner}: {} overlaps {} of the tree",
                    x.name,
                    y.name
                );
            }
        }
    }
}

/// Edges from each node to its root.
fn depths(parent: &[Option<u32>]) -> Result<Vec<u32>, TreeError> {
    const UNKNOWN: u32 = u32::MAX;
    let mut depth = vec![UNKNOWN; parent.len()];
    let mut path = Vec::new();
    for node in 0..parent.len() {
        path.clear();
        let mut at = node;
        let mut known = loop {
            if depth[at] != UNKNOWN {
                break depth[at] + 1;
            }
            if path.len() == parent.len() {
                return Err(TreeError::Cycle { node });
            }
            path.push(at);
            match parent[at] {
                Some(p) => at = p as usize,
                None => break 0,
            }
        };
        for &i in path.iter().rev() {
            depth[i] = known;
            known += 1;
        }
    }
    Ok(depth)
}
