//! Tiles of a loop in memory of their own.
//!
//! A column of many sites has all lanes of a site side by side. A tile of few lanes then touches a short piece of every site, from page
//! to page, and each program runs site by site. So a tile that does not have all lanes is copied to where its own lanes are side by
//! side, runs some ticks there, in the second-level cache, and is copied back: what is copied is a few numbers for each site, lane and
//! *chunk* of ticks, against those of every action in every tick.
//!
//! Columns that overlap in some tick are one *region*: `slots` (ticks) of `sites` of lanes. Where columns are no such grid, the loop
//! runs as it is.

use crate::column::{Column, Use};
use crate::program::Arena;
use crate::scalar::Scalar;
use crate::ticks::{Action, Checked, Loop, Plan, WORTH};
use std::ops::Range;

/// Ticks of a chunk: the more, the less is copied; where columns are kept tick by tick, the fewer, the smaller it is.
const CHUNKS: [usize; 2] = [128, 8];
/// Lanes of a tile that are enough.
const ENOUGH: usize = 32;
/// Bytes of a tile of more lanes than that: with what programs need beside it, in a second-level cache of 2 MB.
const NEAR: usize = 1200 * 1024;

/// Columns that are one grid.
#[derive(Clone, Debug)]
struct Region {
    /// First number, and one after the last, in the chunk that begins with the loop.
    from: usize,
    to: usize,
    /// Numbers from site to site, and from slot to slot (0: one slot).
    site: usize,
    pitch: usize,
    sites: usize,
    slots: usize,
    /// Slots that must be there before the chunk, and that are there after it.
    filled: Range<usize>,
    left: Range<usize>,
    /// Numbers of a lane in the regions before.
    before: usize,
}

/// How a loop is packed.
#[derive(Clone, Debug)]
pub(crate) struct Packing {
    regions: Vec<Region>,
    /// Numbers of a lane.
    pub numbers: usize,
    /// Ticks of a chunk.
    pub chunk: usize,
}

/// One use of a column by an action, in its order.
struct Piece<'u> {
    use_: &'u Use,
    /// Where it begins in the first tick, and all that it touches.
    begin: usize,
    from: usize,
    to: usize,
}

impl Packing {
    /// Of a loop whose actions use these columns; none where they are no grids.
    pub fn new<R: Scalar>(l: &Loop<R>, uses: &[Use], chunk: usize) -> Option<Packing> {
        let chunk = l.ticks.len().min(chunk);
        let mut pieces: Vec<Piece> = Vec::new();
        for use_ in uses.iter().filter(|u| !u.shared && u.sites > 0) {
            let c = &use_.column;
            let forward = usize::try_from(c.tick).ok()?;
            let begin = c.begin(l.ticks.start);
            let length = (use_.sites - 1) * c.site + use_.width;
            pieces.push(Piece { use_, begin, from: begin, to: begin + forward * (chunk - 1) + length });
        }
        let mut order: Vec<usize> = (0..pieces.len()).collect();
        order.sort_by_key(|&k| (pieces[k].from, k));
        let mut groups: Vec<(usize, Vec<usize>)> = Vec::new();
        for k in order {
            match groups.last_mut() {
                Some((end, members)) if pieces[k].from < *end => {
                    *end = pieces[k].to.max(*end);
                    members.push(k);
                }
                _ => groups.push((pieces[k].to, vec![k])),
            }
        }
        let mut regions = Vec::with_capacity(groups.len());
        let mut numbers = 0;
        for (to, mut members) in groups {
            // In the order of the actions.
            members.sort_unstable();
            let members: Vec<&Piece> = members.iter().map(|k| &pieces[*k]).collect();
            let region = Region { before: numbers, to, ..region(&members, l, chunk)? };
            numbers += region.sites * region.slots;
            regions.push(region);
        }
        Some(Packing { regions, numbers, chunk })
    }

    /// Whether any column has more than one site: else nothing is gained.
    pub fn pays(&self) -> bool {
        self.regions.iter().any(|r| r.sites > 8)
    }

    fn region(&self, at: usize) -> &Region {
        let k = self.regions.partition_point(|r| r.to <= at);
        &self.regions[k]
    }

    /// Where a column of the loop is in a scratch memory from `scratch` on, with `lanes` side by side; ticks count from the chunk's first.
    pub fn column(&self, c: &Column, first: usize, scratch: usize, lanes: usize) -> Column {
        let at = c.begin(first);
        let r = self.region(at);
        let o = at - r.from;
        let (slot, rest) = o.checked_div(r.pitch).map_or((0, o), |slot| (slot, o % r.pitch));
        let at = scratch + (r.before + slot * r.sites + rest / r.site) * lanes;
        let tick = if c.tick == 0 { 0 } else { (r.sites * lanes) as isize };
        Column { at, tick, site: lanes }
    }

    /// Copies what a chunk needs, or what it leaves, of some lanes. The chunk begins `ticks` ticks after the loop.
    ///
    /// # Safety
    /// The columns are in the arena for these ticks and lanes, and so is the scratch memory; nobody else touches either.
    pub unsafe fn copy<R>(&self, arena: *mut R, scratch: usize, lanes: &Range<usize>, ticks: usize, out: bool) {
        let n = lanes.len();
        for r in &self.regions {
            for slot in if out { r.left.clone() } else { r.filled.clone() } {
                for site in 0..r.sites {
                    let far = arena.add(r.from + (slot + ticks) * r.pitch + site * r.site + lanes.start);
                    let near = arena.add(scratch + (r.before + slot * r.sites + site) * n);
                    let (from, to) = if out { (near, far) } else { (far, near) };
                    std::ptr::copy_nonoverlapping(from, to, n);
                }
            }
        }
    }
}

/// The grid of some columns that overlap.
fn region<R: Scalar>(members: &[&Piece], l: &Loop<R>, chunk: usize) -> Option<Region> {
    let from = members.iter().map(|p| p.from).min()?;
    let mut site = 0;
    let mut pitch = 0;
    for p in members {
        let c = &p.use_.column;
        if p.use_.width != l.lanes {
            return None;
        }
        if p.use_.sites > 1 {
            if site != 0 && site != c.site {
                return None;
            }
            site = c.site;
        }
        if c.tick != 0 && chunk > 1 {
            if pitch != 0 && pitch != c.tick.unsigned_abs() {
                return None;
            }
            pitch = c.tick.unsigned_abs();
        }
    }
    let site = if site == 0 { l.lanes } else { site };
    let place = |p: &Piece| {
        let o = p.begin - from;
        let (slot, rest) = o.checked_div(pitch).map_or((0, o), |slot| (slot, o % pitch));
        rest.is_multiple_of(site).then_some((slot, rest / site))
    };
    let places: Vec<(usize, usize)> = members.iter().map(|p| place(p)).collect::<Option<_>>()?;
    let sites = members.iter().zip(&places).map(|(p, at)| at.1 + p.use_.sites).max()?;
    if pitch > 0 && pitch < sites * site {
        return None;
    }
    let moves = |p: &Piece| if p.use_.column.tick != 0 && chunk > 1 { chunk - 1 } else { 0 };
    let slots = members.iter().zip(&places).map(|(p, at)| at.0 + moves(p) + 1).max()?;
    // Slots that one action fills, all sites, before any other looks at them.
    let fills = |(p, at): (&&Piece, &(usize, usize))| p.use_.written && at.1 == 0 && p.use_.sites == sites;
    let first_of = |slot: usize| members.iter().zip(&places).find(|(_, at)| at.0 == slot);
    let still = members.iter().any(|p| p.use_.column.tick == 0);
    // An action may read what it fills in place, so a use that fills must be alone at its beginning.
    let alone = |slot: usize| first_of(slot).is_some_and(fills);
    let later = places.iter().map(|at| at.0).max()?;
    let filled = match (l.reverse, later) {
        (false, 1) if !still && alone(1) => 0..1,
        _ => 0..slots,
    };
    let written = || members.iter().zip(&places).filter(|(p, _)| p.use_.written);
    let left = match (written().map(|(_, at)| at.0).min(), written().map(|(p, at)| at.0 + moves(p) + 1).max()) {
        (Some(a), Some(b)) => a..b,
        _ => 0..0,
    };
    Some(Region { from, to: 0, site, pitch, sites, slots, filled, left, before: 0 })
}

impl<'a, R: Scalar> Action<'a, R> {
    /// The same with other columns; those that are one number for all lanes are given by `shared`.
    pub(crate) fn with_columns(&self, column: impl Fn(&Column) -> Column, shared: impl Fn(&Column) -> Column) -> Action<'a, R> {
        match self {
            Action::Run { program, sites, inputs, outputs } => {
                let inputs =
                    inputs.iter().zip(program.constant()).map(|(c, constant)| if *constant { shared(c) } else { column(c) }).collect();
                let outputs = outputs.iter().map(&column).collect();
                Action::Run { program, sites: *sites, inputs, outputs }
            }
            Action::Solve { tree, columns } => Action::Solve { tree, columns: columns.with_columns(&column) },
            Action::Adjoint { tree, columns } => Action::Adjoint { tree, columns: columns.with_columns(&column) },
            Action::AddConstant { to, amount } => Action::AddConstant { to: column(to), amount: *amount },
            Action::Copy { from, to } => Action::Copy { from: column(from), to: column(to) },
            Action::AddColumn { from, to, sites } => Action::AddColumn { from: column(from), to: column(to), sites: *sites },
            Action::Weigh { from, sites, places, to, add } => {
                Action::Weigh { from: column(from), sites: *sites, places, to: column(to), add: *add }
            }
            Action::Spread { from, to, sites, places } => Action::Spread { from: column(from), to: column(to), sites: *sites, places },
        }
    }
}

/// Some ticks of a loop, packed.
struct Chunk<'a, R: Scalar> {
    packing: Packing,
    /// Ticks from the beginning of the packing's loop to that of the chunk.
    shift: usize,
    /// First tick.
    first: usize,
    ticks: usize,
    /// The loop's, whose shared columns this chunk reads where they are.
    actions: Vec<Action<'a, R>>,
}

/// Runs a loop in tiles that are copied to scratch memory; false where that does not pay or cannot be.
pub(crate) fn run<R: Scalar>(checked: &Checked<R>, arena: &mut [R], parallel: bool, scratch: Range<usize>) -> bool {
    let l = checked.ticks;
    if scratch.is_empty() || l.ticks.is_empty() || l.lanes == 0 {
        return false;
    }
    let uses: Vec<Use> = l.actions.iter().flat_map(|a| a.uses(l.lanes)).collect();
    let parallel = parallel && rayon::current_num_threads() > 1 && checked.work() * l.ticks.len() >= WORTH;
    let threads = if parallel { rayon::current_num_threads() } else { 1 };
    let share = scratch.len() / threads;
    let most = l.lanes.div_ceil(threads).next_multiple_of(R::LINE);
    let of = |chunk: usize| {
        let packing = Packing::new(l, &uses, chunk).filter(Packing::pays)?;
        let whole = |numbers: usize| numbers / packing.numbers / R::LINE * R::LINE;
        let lanes = whole(share).min(whole(NEAR / size_of::<R>()).max(ENOUGH)).min(most);
        Some((packing, lanes))
    };
    let Some(long) = of(CHUNKS[0]) else { return false };
    let (whole, lanes) = if long.1 >= ENOUGH.min(most) { long } else { of(CHUNKS[1]).unwrap_or(long) };
    // Alone with all lanes a loop runs where it is.
    if lanes == 0 || lanes >= l.lanes {
        return false;
    }
    let n = l.ticks.len() / whole.chunk;
    let mut chunks: Vec<Chunk<R>> = (0..n)
        .map(|k| Chunk {
            packing: whole.clone(),
            shift: k * whole.chunk,
            first: l.ticks.start + k * whole.chunk,
            ticks: whole.chunk,
            actions: vec![],
        })
        .collect();
    let rest = l.ticks.start + n * whole.chunk;
    if rest < l.ticks.end {
        let short = Loop { ticks: rest..l.ticks.end, ..l.clone() };
        let Some(packing) = Packing::new(&short, &uses, short.ticks.len()) else { return false };
        chunks.push(Chunk { packing, shift: 0, first: rest, ticks: l.ticks.end - rest, actions: vec![] });
    }
    if chunks.iter().any(|c| c.packing.numbers * lanes > share) {
        return false;
    }
    if l.reverse {
        chunks.reverse();
    }
    for c in &mut chunks {
        let first = c.first;
        let shared = |s: &Column| Column { at: s.begin(first), ..*s };
        let same = |c: &Column| *c;
        c.actions = l.actions.iter().map(|a| a.with_columns(same, shared)).collect();
    }
    // What one action is allowed to overlap it is allowed here, and all sites lie side by side.
    let plans: Vec<Plan> = checked.plans.iter().map(|p| Plan { flat: true, beyond: 0, ..p.clone() }).collect();
    let base = Arena(arena.as_mut_ptr());
    let tile = |start: usize, scratch: usize| {
        let own = start..(start + lanes).min(l.lanes);
        let n = own.len();
        for c in &chunks {
            // The packing's own first tick is that of its loop, whichever chunk this is.
            let origin = c.first - c.shift;
            let column = |x: &Column| c.packing.column(x, origin, scratch, n);
            let actions = c.actions.iter().map(|a| a.with_columns(column, |s| *s)).collect();
            let packed = Loop { actions, ticks: 0..c.ticks, reverse: l.reverse, lanes: n, tile: n };
            let run = Checked { ticks: &packed, isa: checked.isa, arena: checked.arena, plans: plans.clone() };
            // SAFETY: the columns were checked for these ticks and lanes, and are before the scratch memory; packed columns are grids that
            // overlap as the columns do; this share of the scratch memory is this task's.
            unsafe {
                c.packing.copy(base.get(), scratch, &own, c.shift, false);
                run.run_tile(base, 0..n, &(0..c.ticks), true);
                c.packing.copy(base.get(), scratch, &own, c.shift, true);
            }
        }
    };
    if threads == 1 {
        (0..l.lanes).step_by(lanes).for_each(|start| tile(start, scratch.start));
        return true;
    }
    let (tile, lanes_of) = (&tile, l.lanes);
    rayon::scope(|scope| {
        for k in 0..threads {
            scope.spawn(move |_| {
                let own = scratch.start + k * share;
                (0..lanes_of).step_by(lanes).skip(k).step_by(threads).for_each(|start| tile(start, own));
            });
        }
    });
    true
}
