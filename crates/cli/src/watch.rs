//! What is seen of a model that is run once for its own sake: tables that grow, and what is said and drawn at the end. It takes as much memory
//! for a long run as for a short one, and goes on from a checkpoint as if never stopped.

use crate::commands::Format;
use crate::figure::{Line, MOST, Thinner};
use crate::stepwise::Sink;
use crate::weights::Weights;
use crate::work;
use homolog_base::Diagnostic;
use homolog_model::recordings::{self, Raster, Recorded, RecordedWeights};
use homolog_model::{Checkpoint, Clock, Model, Observable, Probe, Recording};
use std::path::{Path, PathBuf};
use work::{Column, Growing, Kind};

/// After so many spikes no times are kept for the figure and the line of JSON; a raster has them all.
const MOST_SPIKES: usize = 100_000;

/// What is asked of the runner: what the file says, and for each population what is said of it at the end.
pub struct Watch {
    probes: Vec<Probe>,
    pub groups: Vec<Watched>,
    recorded: Vec<Recorded>,
    rasters: Vec<Raster>,
    /// What is recorded tick by tick; none when nothing is.
    traces: Option<Growing>,
    /// Who spiked when; none when nobody asks.
    raster: Option<Growing>,
    /// Weights that change; none when nobody asks.
    weights: Option<Weights>,
    /// Name and unit of each recorded column, after the time.
    columns: Vec<(String, String)>,
    /// Columns that are drawn.
    lines: Vec<(usize, Thinner)>,
    /// When times of spikes were last kept, ms; none while they are.
    until: Option<f64>,
    /// So many are.
    most_spikes: usize,
}

/// A population that is watched.
pub struct Watched {
    pub group: usize,
    /// The probe of its spikes.
    spiking: Option<usize>,
    /// Of a cell: the potential where spikes are made, for each kind of neuron, and the last of each that was seen, mV.
    potential: Vec<(usize, Vec<f64>)>,
    /// All recorded potentials.
    potentials: Vec<usize>,
    /// Of a cell: its potential at the beginning and the threshold, mV.
    rise: Option<(f64, f64)>,
    /// When each neuron spiked, ms; none of a population that does not. Empty before anything was seen.
    pub times: Option<Vec<Vec<f64>>>,
    neurons: usize,
    /// How many spikes there were.
    pub spikes: usize,
    /// The lowest and the highest recorded potential, mV.
    pub range: Option<(f64, f64)>,
}

/// What is wanted of a run.
pub struct Wanted<'a> {
    pub recorded: Vec<Recorded>,
    pub rasters: Vec<Raster>,
    pub weights: Vec<RecordedWeights>,
    pub formats: &'a [Format],
    pub out: &'a Path,
    /// Whether all numbers are kept until the end.
    pub whole: bool,
}

impl Watch {
    pub fn new(model: &Model, opened: &work::Opened, wanted: Wanted) -> Watch {
        let Wanted { recorded, rasters, weights, formats, out, whole } = wanted;
        let mut probes: Vec<Probe> = recorded.iter().map(|r| r.probe.clone()).collect();
        let mut ask = |group: usize, what: Observable| {
            let probe = Probe { group, what };
            probes.iter().position(|p| *p == probe).unwrap_or_else(|| {
                probes.push(probe);
                probes.len() - 1
            })
        };
        let mut groups = vec![];
        for (g, group) in model.groups.iter().enumerate().filter(|(_, g)| g.clock == Clock::Tick) {
            let spiking = group.spikes.then(|| ask(g, Observable::Raster));
            // Of cells whose spikes are on the grid it follows from the potential when within a step it crossed the threshold.
            let places = group.tree.as_ref().zip(group.anatomy.as_ref()).filter(|_| !group.interpolated);
            let places = places.into_iter().flat_map(|(t, a)| a.spike_at.iter().map(|site| Observable::Site(t.potential, *site)));
            let potential = places.map(|what| (ask(g, what), vec![])).collect();
            let cell = opened.library.cell(&group.neuron);
            groups.push(Watched {
                group: g,
                spiking,
                potential,
                potentials: vec![],
                rise: cell.map(|c| (c.initial.value, c.spike.threshold.value)),
                times: group.spikes.then(Vec::new),
                neurons: group.size,
                spikes: 0,
                range: None,
            });
        }
        for w in &mut groups {
            let potential = |p: &Probe| match p.what {
                Observable::Site(k, _) => p.group == w.group && model.groups[w.group].variables[k].name == "v",
                _ => false,
            };
            w.potentials = probes.iter().enumerate().filter(|(_, p)| potential(p)).map(|(k, _)| k).collect();
        }
        let named = |group: &str, n: usize| {
            let names = opened.study.network.population(group).and_then(|g| opened.study.network.populations[g].named());
            names.and_then(|all| all.get(n)).map_or_else(|| n.to_string(), String::clone)
        };
        let column = |r: &Recorded, n: usize| {
            let group = &model.groups[r.probe.group].name;
            (format!("{group}[{}].{}", named(group, n), r.label), r.unit.to_string())
        };
        let columns: Vec<(String, String)> = recorded.iter().flat_map(|r| r.wanted.iter().map(move |n| column(r, *n))).collect();
        // Spikes are drawn as strokes, not as a line of zeros and ones.
        let drawn = |k: &usize| {
            let before = columns[..*k].iter().filter(|c| c.1 == columns[*k].1 && !c.0.ends_with(".spikes")).count();
            !columns[*k].0.ends_with(".spikes") && before < MOST
        };
        let duration = model.dt * model.ticks as f64;
        let lines = (0..columns.len()).filter(drawn).map(|k| (k, Thinner::new(model.ticks, duration))).collect();
        let (csv, parquet) = (formats.contains(&Format::Csv), formats.contains(&Format::Parquet));
        let growing = |name: &str, columns: Vec<Column>| {
            let rows = if whole { usize::MAX / columns.len() } else { work::rows_of_a_part(columns.len()) };
            Growing::new(out.join(name), columns, csv, parquet, rows)
        };
        let headers = columns.iter().map(|(name, unit)| Column::real(format!("{name} ({unit})")));
        let traces = (!columns.is_empty()).then(|| growing("traces", [Column::real("t (ms)")].into_iter().chain(headers).collect()));
        let names = model.groups.iter().map(|g| g.name.clone()).collect();
        let of_spikes = [
            Column { header: "population".into(), kind: Kind::Word(names) },
            Column { header: "neuron".into(), kind: Kind::Whole },
            Column::real("t (ms)"),
        ];
        let raster = (!rasters.is_empty()).then(|| growing("raster", of_spikes.into()));
        let weights = Weights::new(weights, model, &mut probes, formats, out);
        Watch {
            probes,
            groups,
            recorded,
            rasters,
            traces,
            raster,
            weights,
            columns,
            lines,
            until: None,
            most_spikes: if whole { usize::MAX } else { MOST_SPIKES },
        }
    }

    /// What heads the columns of what is recorded.
    pub fn headers(&self) -> Vec<&str> {
        self.traces.iter().flat_map(|t| t.headers()).collect()
    }

    /// Spikes in the order of ticks, populations and neurons, which no piece changes.
    fn spikes(&mut self, model: &Model, first: usize, seen: &Recording) -> Result<(), Diagnostic> {
        let mut rows = vec![];
        let mut at = vec![0; self.groups.len()];
        self.groups.iter_mut().for_each(Watched::make_room);
        for t in 0..model.ticks {
            for (w, at) in self.groups.iter_mut().zip(&mut at) {
                let Some(probe) = w.spiking else { continue };
                let raster = self.rasters.iter().find(|r| r.group == w.group);
                while let Some(spike) = seen.traces[probe].data.get(*at..*at + 3).filter(|s| s[0] as usize == t) {
                    let neuron = spike[1] as usize;
                    let when = match model.groups[w.group].interpolated {
                        true => recordings::at(model.dt, first as f64 + spike[0]),
                        false => w.when(model, seen, first, t, neuron),
                    };
                    w.spikes += 1;
                    if let Some(times) = w.times.as_mut().filter(|_| self.until.is_none()) {
                        times[neuron].push(when);
                    }
                    if raster.is_some_and(|r| r.wants(neuron)) {
                        rows.extend([w.group as f64, neuron as f64, when]);
                    }
                    *at += 3;
                }
            }
            if self.until.is_none() && self.groups.iter().map(|w| w.spikes).sum::<usize>() >= self.most_spikes {
                self.until = Some(recordings::end_of_tick(model.dt, first + t));
            }
        }
        for (probe, last) in self.groups.iter_mut().flat_map(|w| &mut w.potential) {
            let trace = &seen.traces[*probe];
            last.clear();
            last.extend_from_slice(&trace.data[trace.data.len() - trace.shape[1] * trace.shape[2]..]);
        }
        self.raster.as_mut().map_or(Ok(()), |raster| raster.push(&rows))
    }

    /// How many spikes there were, and until when (ms) their times were kept, when there were more.
    pub fn more_spikes(&self) -> Option<(usize, f64)> {
        let (all, kept) = self
            .groups
            .iter()
            .fold((0, 0), |(all, kept), w| (all + w.spikes, kept + w.times.iter().flatten().map(Vec::len).sum::<usize>()));
        self.until.filter(|_| all > kept).map(|until| (all, until))
    }

    /// What is drawn as lines; those that are not have no points.
    pub fn lines(&self) -> Vec<Line> {
        let points = |k: usize| self.lines.iter().find(|l| l.0 == k).map_or_else(Vec::new, |l| l.1.points());
        let shown = self.columns.iter().enumerate().filter(|(_, c)| !c.0.ends_with(".spikes"));
        shown.map(|(k, (name, unit))| Line { name: name.clone(), unit: unit.clone(), points: points(k) }).collect()
    }

    /// All that was recorded, as a table; none when it is in parts on the disk.
    pub fn table(&self) -> Option<work::Table> {
        let (width, numbers) = (self.columns.len() + 1, self.traces.as_ref()?.all()?);
        let heads = [("t".to_string(), "ms".to_string())].into_iter().chain(self.columns.iter().cloned());
        let column = |(k, (name, unit)): (usize, (String, String))| (name, unit, numbers.iter().skip(k).step_by(width).copied().collect());
        Some(work::Table { columns: heads.enumerate().map(column).collect() })
    }

    /// The tables.
    fn tables(&self) -> impl Iterator<Item = (&'static str, &Growing)> {
        let weights = self.weights.as_ref().map(Weights::table);
        [("traces", self.traces.as_ref()), ("raster", self.raster.as_ref()), ("weights", weights)]
            .into_iter()
            .filter_map(|(name, t)| Some((name, t?)))
    }

    /// Whether weights are wanted before the end.
    pub fn in_between(&self) -> bool {
        self.weights.as_ref().is_some_and(Weights::between)
    }

    /// Writes what is left; says which files there are.
    pub fn finish(&self) -> Result<Vec<(&'static str, PathBuf)>, Vec<Diagnostic>> {
        let mut files = vec![];
        for (name, table) in self.tables() {
            let word = |kind: &'static str| match (name, kind) {
                ("raster", "csv") => "raster_csv",
                ("raster", _) => "raster_parquet",
                ("weights", "csv") => "weights_csv",
                ("weights", _) => "weights_parquet",
                (_, kind) => kind,
            };
            files.extend(table.finish().map_err(|d| vec![d])?.into_iter().map(|(kind, path)| (word(kind), path)));
        }
        Ok(files)
    }
}

impl Sink for Watch {
    fn probes(&self) -> &[Probe] {
        &self.probes
    }

    fn numbers(&self, model: &Model) -> usize {
        let seen = |p: &Probe| match p.what {
            Observable::Site(..) | Observable::Sum(_) => model.groups[p.group].copies(),
            Observable::Raster | Observable::Weights(_) => 0,
            _ => model.groups[p.group].size,
        };
        self.probes.iter().map(seen).sum::<usize>() + self.columns.len() + 1
    }

    fn ahead(&self, tick: usize) -> usize {
        self.weights.as_ref().map_or(usize::MAX, |w| w.ahead(tick))
    }

    fn bytes(&self, model: &Model, ticks: usize) -> f64 {
        let of = |t: &Growing| t.most(ticks) as f64 * work::RECORDED;
        let lists = self.groups.iter().filter(|w| w.times.is_some()).map(|w| w.neurons * size_of::<Vec<f64>>()).sum::<usize>();
        let few = self.lines.len() as f64 * 16.0 * 4000.0 + MOST_SPIKES as f64 * 16.0 + lists as f64;
        // How many spikes there will be nobody knows: as if a part of them were full.
        let listed = self.raster.iter().map(|_| work::rows_of_a_part(3) as f64 * 3.0 * work::RECORDED).sum::<f64>();
        let weights = self.weights.iter().map(|w| w.bytes(model)).sum::<f64>();
        self.traces.iter().map(of).sum::<f64>() + listed + few + weights
    }

    fn take(&mut self, model: &Model, first: usize, seen: Recording) -> Result<(), Diagnostic> {
        self.spikes(model, first, &seen)?;
        if let Some(weights) = &mut self.weights {
            weights.take(model, first, &seen)?;
        }
        for w in &mut self.groups {
            let potentials = w.potentials.iter().flat_map(|p| seen.traces[*p].data.iter().copied());
            w.range = potentials.fold(w.range, |r, v| Some(r.map_or((v, v), |(l, h)| (l.min(v), h.max(v)))));
        }
        let Some(traces) = &mut self.traces else { return Ok(()) };
        let mut rows = Vec::with_capacity(model.ticks * (self.columns.len() + 1));
        for t in 0..model.ticks {
            let begun = rows.len();
            rows.push(recordings::end_of_tick(model.dt, first + t));
            for (r, trace) in self.recorded.iter().zip(&seen.traces) {
                let row = &trace.data[t * r.neurons.len()..(t + 1) * r.neurons.len()];
                rows.extend(r.wanted.iter().map(|n| row[n - r.neurons.start]));
            }
            for (k, line) in &mut self.lines {
                line.push((rows[begun], rows[begun + 1 + *k]));
            }
        }
        traces.push(&rows)
    }

    fn begin(&self) -> Result<(), Diagnostic> {
        self.tables().try_for_each(|(_, t)| t.begin())
    }

    fn save(&self, to: &mut Checkpoint) {
        self.tables().for_each(|(name, t)| t.save(name, to));
        let mut put = |name: String, numbers: Vec<f64>| to.arrays.insert(format!("watch.{name}"), (vec![numbers.len()], numbers));
        put("until".into(), self.until.into_iter().collect());
        for (k, line) in &self.lines {
            put(format!("line/{k}"), line.numbers());
        }
        for w in &self.groups {
            let g = w.group;
            let range = w.range.map_or(vec![], |r| vec![r.0, r.1]);
            put(format!("spikes/{g}"), vec![w.spikes as f64]);
            put(format!("range/{g}"), range);
            let times = w.times.iter().flatten().enumerate();
            put(format!("times/{g}"), times.flat_map(|(n, all)| all.iter().flat_map(move |t| [n as f64, *t])).collect());
            put(format!("before/{g}"), w.potential.iter().flat_map(|p| p.1.iter().copied()).collect());
        }
    }

    fn load(&mut self, model: &Model, from: &Checkpoint) -> Result<(), String> {
        if let Some(t) = &mut self.traces {
            t.load("traces", from)?;
        }
        if let Some(t) = &mut self.raster {
            t.load("raster", from)?;
        }
        if let Some(w) = &mut self.weights {
            w.load(from)?;
        }
        let get = |name: String| from.arrays.get(&format!("watch.{name}")).map(|a| &a.1[..]).ok_or(format!("watch.{name}"));
        self.until = get("until".into())?.first().copied();
        for (k, line) in &mut self.lines {
            let name = format!("line/{k}");
            *line = line.resumed(get(name.clone())?).ok_or(format!("watch.{name}"))?;
        }
        for w in &mut self.groups {
            let (g, size) = (w.group, model.groups[w.group].size);
            let wrong = |what: &str| format!("watch.{what}/{g}");
            w.make_room();
            w.spikes = get(format!("spikes/{g}"))?.first().map(|x| *x as usize).ok_or(wrong("spikes"))?;
            w.range = match get(format!("range/{g}"))? {
                [] => None,
                [low, high] => Some((*low, *high)),
                _ => return Err(wrong("range")),
            };
            let (pairs, rest) = get(format!("times/{g}"))?.as_chunks::<2>();
            match &mut w.times {
                Some(times) if rest.is_empty() && pairs.iter().all(|p| (p[0] as usize) < size) => {
                    pairs.iter().for_each(|[n, t]| times[*n as usize].push(*t));
                }
                None if pairs.is_empty() => {}
                _ => return Err(wrong("times")),
            }
            let before = get(format!("before/{g}"))?;
            let copies = model.groups[g].copies();
            if before.len() != copies * w.potential.len() && !before.is_empty() {
                return Err(wrong("before"));
            }
            for ((_, last), now) in w.potential.iter_mut().zip(before.chunks_exact(copies)) {
                *last = now.to_vec();
            }
        }
        Ok(())
    }

    fn words(&self) -> String {
        let tables = [&self.traces, &self.raster];
        let listed: Vec<_> = self.rasters.iter().map(|r| (r.group, &r.wanted)).collect();
        let weights = self.weights.as_ref().map(Weights::words).unwrap_or_default();
        format!("{:?} {listed:?}{weights}", tables.map(|t| t.as_ref().map(|t| (t.headers().collect::<Vec<_>>(), t.formats()))))
    }
}

impl Watched {
    /// Room for the times of spikes, once it is known that there is some.
    fn make_room(&mut self) {
        if let Some(times) = self.times.as_mut() {
            times.resize(self.neurons, vec![]);
        }
    }

    /// When a neuron spiked that did in tick `t` of the ticks from `first` on, ms.
    fn when(&self, model: &Model, seen: &Recording, first: usize, t: usize, neuron: usize) -> f64 {
        let copies = model.groups[self.group].copies();
        let Some(((v, last), (initial, threshold))) = self.potential.get(neuron / copies).zip(self.rise) else {
            return recordings::end_of_tick(model.dt, first + t);
        };
        let at = |t: usize| seen.traces[*v].data[t * copies + neuron % copies];
        let before = match t {
            0 => last.get(neuron % copies).copied().unwrap_or(initial),
            _ => at(t - 1),
        };
        recordings::crossing(model.dt, first + t, before, at(t), threshold)
    }
}
