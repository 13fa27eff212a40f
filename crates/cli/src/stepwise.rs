//! One presentation of a model, run piece by piece: it shows how far it is, its memory does not grow with time, and from a checkpoint it goes
//! on bit for bit.
//!
//! No piece changes a bit ([`homolog_model::pieces`]), so pieces may be as long as suits the clock on the wall and the memory.

use crate::progress::{Bar, Screen, Spinner};
use crate::ranks::{self, World};
use crate::{show, terminal, work};
use homolog_base::{Diagnostic, Hash};
use homolog_engine::Engine;
use homolog_model::{Checkpoint, Inputs, Model, Params, Pieces, Probe, Recording, Runner, State, pause};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What the word `format` of a checkpoint says.
const FORMAT: &str = "homolog run 1";

/// Name of the checkpoint in the folder of a run.
pub const FILE: &str = "run.safetensors";

/// A piece should take about as long, so that progress moves and a checkpoint is not late.
const PIECE: Duration = Duration::from_millis(500);
/// Ticks of the first piece; later ones are as long as the clock says, and at most so many times longer than the one before.
const FIRST: usize = 200;
const FASTER: f64 = 8.0;
/// Numbers that probes see in a piece, at most: 8 MB.
const MOST_NUMBERS: usize = 1 << 20;

/// What takes what is seen, piece after piece.
pub trait Sink {
    /// What is asked of the runner.
    fn probes(&self) -> &[Probe];
    /// Numbers that are seen in a tick, of which nobody knows before how many there will be apart.
    fn numbers(&self, model: &Model) -> usize;
    /// Bytes that are kept of so many ticks, at most.
    fn bytes(&self, model: &Model, ticks: usize) -> f64;
    /// Ticks from one on after which a piece must end, at most.
    fn ahead(&self, tick: usize) -> usize;
    /// What was seen in the ticks of a piece, from tick `first` on.
    fn take(&mut self, model: &Model, first: usize, seen: Recording) -> Result<(), Diagnostic>;
    /// Makes ready, after [`Sink::load`] if that is called.
    fn begin(&self) -> Result<(), Diagnostic>;
    /// Adds to a checkpoint what is needed to go on.
    fn save(&self, to: &mut Checkpoint);
    /// Goes on from a checkpoint.
    ///
    /// # Errors
    /// The name of what is missing or does not fit.
    fn load(&mut self, model: &Model, from: &Checkpoint) -> Result<(), String>;
    /// What is recorded and where it is written, in words that are others for another recording.
    fn words(&self) -> String;
}

/// Asks for the same as another, and takes nothing.
struct Silent<'a>(&'a mut dyn Sink);

impl Sink for Silent<'_> {
    fn probes(&self) -> &[Probe] {
        self.0.probes()
    }

    fn numbers(&self, model: &Model) -> usize {
        self.0.numbers(model)
    }

    fn ahead(&self, tick: usize) -> usize {
        self.0.ahead(tick)
    }

    fn bytes(&self, model: &Model, ticks: usize) -> f64 {
        self.0.bytes(model, ticks)
    }

    fn take(&mut self, _: &Model, _: usize, _: Recording) -> Result<(), Diagnostic> {
        Ok(())
    }

    fn begin(&self) -> Result<(), Diagnostic> {
        Ok(())
    }

    fn save(&self, _: &mut Checkpoint) {}

    fn load(&mut self, _: &Model, _: &Checkpoint) -> Result<(), String> {
        Ok(())
    }

    fn words(&self) -> String {
        self.0.words()
    }
}

/// How to run.
pub struct Course<'a> {
    pub name: &'a str,
    pub out: &'a Path,
    pub threads: usize,
    /// Time between checkpoints; none without.
    pub every: Option<Duration>,
    pub resume: bool,
    pub quiet: bool,
    pub color: bool,
    /// What a checkpoint that is gone on from must be of.
    pub identity: Vec<Fact>,
}

/// Something that a run is of.
pub struct Fact {
    /// What: `the seed`.
    pub name: String,
    /// In words, or as a hash.
    pub value: String,
    /// Whether a run with another is another run; else it only helps to say what differs.
    pub decides: bool,
}

/// All that a run is of. What is recorded decides too: tables go on.
pub fn identity(opened: &work::Opened, model: &Model, params: &Params, seed: u64, sink: &dyn Sink) -> Vec<Fact> {
    let fact = |decides: bool, name: String, value: String| Fact { name, value, decides };
    let first = [
        ("the seed", seed.to_string()),
        ("the time step", format!("{} ms", model.dt)),
        ("the presentation", format!("{} steps", model.ticks)),
        ("the network", model.hash.hex()),
        ("what it starts with", params.hash().hex()),
        ("what is recorded", Hash::of(sink.words().as_bytes()).hex()),
    ];
    let mut out: Vec<Fact> = first.into_iter().map(|(name, value)| fact(true, name.into(), value)).collect();
    for p in &opened.study.network.populations {
        out.push(fact(false, format!("population `{}`", p.name.value), format!("{} of {}", p.size.value, p.neuron.value)));
    }
    let texts = opened.library.iter().filter_map(|m| Some((format!("mechanism `{}`", m.name), opened.library.source(&m.name)?)));
    let cells = opened.library.cells().filter_map(|c| Some((format!("cell `{}`", c.name), c.source.as_ref()?)));
    out.extend(texts.chain(cells).map(|(name, source)| fact(false, name, Hash::of(source.text.as_bytes()).hex())));
    out
}

/// How it went.
pub struct Went {
    /// Wall time of this process, s.
    pub wall_s: f64,
    /// Ticks that were done before it.
    pub from: usize,
    /// The checkpoint, where there is one.
    pub checkpoint: Option<PathBuf>,
    /// How many checkpoints were written, and how long that took, s.
    pub saves: (usize, f64),
    /// Bytes of memory that were expected to be needed beside the compiled network.
    pub expected_bytes: f64,
}

impl Course<'_> {
    /// Runs the presentation; what is seen goes into `sink`. The state is that of its end.
    pub fn run(
        &self,
        pieces: &mut Pieces,
        params: &Params,
        inputs: &Inputs,
        sink: &mut dyn Sink,
    ) -> Result<(Went, State), Vec<Diagnostic>> {
        let path = self.out.join(FILE);
        let ticks = pieces.ticks();
        let indivisible = pieces.indivisible();
        if let Some(why) = indivisible.as_ref().filter(|_| self.every.is_some() || self.resume) {
            let text = format!("`{}` cannot be interrupted: {why}", self.name);
            return Err(vec![Diagnostic::error("run-indivisible", text).hint("run it without `--checkpoint-every` and `--resume`")]);
        }
        // Of several processes the first takes what is seen; the others compute.
        let mut silent = Silent(sink);
        let sink: &mut dyn Sink = if ranks::first() { silent.0 } else { &mut silent };
        let mut engine = Engine::new(self.threads).among(World);
        let most = (MOST_NUMBERS / sink.numbers(pieces.model()).max(1)).clamp(1, ticks.max(1));
        let expected_bytes = self.affordable(&engine, pieces, params, inputs, sink, if indivisible.is_some() { ticks } else { most })?;

        let saved = if self.resume { work::load(&path)? } else { None };
        let mut state = State::fresh();
        let mut every = self.every;
        if let Some(saved) = &saved {
            state = self.load(&path, saved, pieces, sink)?;
            every = every.or_else(|| saved.words.get("every-ms").and_then(|w| w.parse().ok()).map(Duration::from_millis));
        } else if self.resume {
            terminal::remark(format_args!("{}: no checkpoint in {}, so it begins at its beginning", self.name, self.out.display()));
        }
        if every.is_some() && ranks::first() {
            work::writable([path.as_path()])?;
        }
        if !self.resume && ranks::first() {
            // The tables that it speaks of are about to go.
            work::remove(&path)?;
        }
        sink.begin().map_err(|d| vec![d])?;

        let from = state.tick as usize;
        let (begun, mut first) = (Instant::now(), from);
        if indivisible.is_some() {
            let spinner = Spinner::new(self.quiet || !ranks::first(), self.name);
            let seen = engine.run(pieces.whole(), params, inputs, sink.probes(), &mut state, None);
            drop(spinner);
            sink.take(pieces.model(), 0, seen.map_err(work::fault)?).map_err(|d| vec![d])?;
            return Ok((Went { wall_s: begun.elapsed().as_secs_f64(), from, checkpoint: None, saves: (0, 0.0), expected_bytes }, state));
        }
        let screen = Screen::new(self.quiet || !ranks::first(), self.color, &[self.name.to_string()]);
        let mut bar: Option<Bar> = None;
        let (mut next, mut saved_at, mut saves) = (FIRST, Instant::now(), (0, 0.0));
        let mut save = |state: &State, sink: &dyn Sink| -> Result<(), Vec<Diagnostic>> {
            let clock = Instant::now();
            work::save(&path, &self.checkpoint(state, sink, every))?;
            saves = (saves.0 + 1, saves.1 + clock.elapsed().as_secs_f64());
            Ok(())
        };
        while first < ticks {
            // The clock of the first process counts.
            let now = World.first(next.clamp(1, most).min(ticks - first).min(sink.ahead(first)) as u64) as usize;
            let piece = pieces.piece(first, now);
            let clock = Instant::now();
            let seen = engine.run(piece, params, inputs, sink.probes(), &mut state, None).map_err(work::fault)?;
            sink.take(piece, first, seen).map_err(|d| vec![d])?;
            next = following(now, clock.elapsed(), every);
            first += now;
            if ranks::first() && every.is_some_and(|every| saved_at.elapsed() >= every) && first < ticks {
                save(&state, sink)?;
                saved_at = Instant::now();
            }
            if begun.elapsed() > Duration::from_secs(1) && first < ticks {
                let dt = pieces.model().dt;
                let share = first as f64 / ticks as f64;
                let bar = bar.get_or_insert_with(|| screen.bar(self.name, share));
                bar.set(share, &pace(dt, first, ticks, first - from, begun.elapsed()));
            }
        }
        if let Some(bar) = bar {
            bar.finish(&pace(pieces.model().dt, first, ticks, first - from, begun.elapsed()));
        }
        // Of the end too: should writing what is left be interrupted, that alone is done again.
        if every.is_some() && ranks::first() {
            save(&state, sink)?;
        }
        pieces.whole();
        let checkpoint = every.map(|_| path);
        Ok((Went { wall_s: begun.elapsed().as_secs_f64(), from, checkpoint, saves, expected_bytes }, state))
    }

    /// Refuses what the machine has no memory for; says how many bytes are needed, with those that are there already.
    fn affordable(
        &self,
        engine: &Engine,
        pieces: &mut Pieces,
        params: &Params,
        inputs: &Inputs,
        sink: &dyn Sink,
        ticks: usize,
    ) -> Result<f64, Vec<Diagnostic>> {
        let whole = pieces.ticks();
        let piece = pieces.piece(0, ticks);
        let columns = engine.memory(piece, params, inputs, sink.probes()) as f64;
        let seen = sink.numbers(piece) as f64 * ticks as f64 * 16.0;
        let tables = sink.bytes(piece, whole) + seen;
        pieces.whole();
        let gb = |bytes: f64| format!("{:.2} GB", bytes / 1e9);
        let what = format!("running `{}` ({} of numbers that move, {} of what is recorded)", self.name, gb(columns), gb(tables));
        let hint = "reduce the `size` of populations, or record less";
        work::room_for(&what, columns + tables, hint)?;
        Ok(columns + tables)
    }

    fn checkpoint(&self, state: &State, sink: &dyn Sink, every: Option<Duration>) -> Checkpoint {
        let mut out = Checkpoint::default();
        pause::save(state, &mut out);
        sink.save(&mut out);
        out.words.insert("format".into(), FORMAT.into());
        out.words.insert("version".into(), env!("CARGO_PKG_VERSION").into());
        out.words.extend(every.map(|e| ("every-ms".into(), e.as_millis().to_string())));
        out.words.extend(self.identity.iter().map(|f| (format!("is.{}", f.name), f.value.clone())));
        out
    }

    /// Goes on from a checkpoint.
    fn load(&self, path: &Path, saved: &Checkpoint, pieces: &Pieces, sink: &mut dyn Sink) -> Result<State, Vec<Diagnostic>> {
        let refuse = |what: String, hint: &str| {
            let text = format!("the checkpoint `{}` {what}", path.display());
            vec![Diagnostic::error("resume-other", text).hint(hint)]
        };
        match saved.words.get("format") {
            Some(f) if f == FORMAT => {}
            Some(f) => {
                return Err(refuse(format!("is of the kind `{f}`, not `{FORMAT}`"), "give another folder with `--out`"));
            }
            None => return Err(refuse("does not say what it is of".into(), "give another folder with `--out`")),
        }
        let other = self.differs(saved);
        if !other.is_empty() {
            let text = format!("is of another run: {}", other.join("; "));
            return Err(refuse(text, "give another folder with `--out`, or run without `--resume` to begin anew"));
        }
        if let Some(version) = saved.words.get("version").filter(|v| *v != env!("CARGO_PKG_VERSION")) {
            let text = format!("the checkpoint was written by version {version}, this is {}", env!("CARGO_PKG_VERSION"));
            let d = Diagnostic::warning("resume-version", text).hint("bits may differ from those of a run that was never stopped");
            terminal::show(&[d], self.color);
        }
        let wrong = |name: String| refuse(format!("has no fitting `{name}`"), "it was altered; begin anew without `--resume`");
        sink.load(pieces.model(), saved).map_err(wrong)?;
        let state = pause::load(saved, pieces.model()).map_err(wrong)?;
        let possible = usize::try_from(state.tick).is_ok_and(|t| t <= pieces.ticks());
        if possible { Ok(state) } else { Err(wrong("state.tick".into())) }
    }

    /// What is not as in a checkpoint, in words; nothing when all is that decides.
    fn differs(&self, saved: &Checkpoint) -> Vec<String> {
        let there = |f: &Fact| saved.words.get(&format!("is.{}", f.name)).map(String::as_str);
        let other = || self.identity.iter().filter(|f| there(f) != Some(&f.value));
        if !other().any(|f| f.decides) {
            return vec![];
        }
        let hash = |v: &str| v.len() == 64 && v.chars().all(|c| c.is_ascii_hexdigit());
        let say = |f: &Fact| match there(f) {
            Some(there) if hash(there) && hash(&f.value) => format!("{} is another", f.name),
            Some(there) => format!("{} was {there} and is {} now", f.name, f.value),
            None => format!("{} was not there", f.name),
        };
        let known = |name: &str| self.identity.iter().any(|f| f.name == name);
        let gone = saved.words.keys().filter_map(|k| k.strip_prefix("is.")).filter(|k| !known(k));
        other().map(say).chain(gone.map(|k| format!("{k} is gone"))).collect()
    }
}

/// Ticks of the piece after one of so many that took so long.
fn following(ticks: usize, took: Duration, every: Option<Duration>) -> usize {
    let wanted = every.map_or(PIECE, |e| e.min(PIECE)).as_secs_f64();
    let more = (wanted / took.as_secs_f64().max(1e-9)).min(FASTER);
    ((ticks as f64 * more) as usize).max(1)
}

/// How far a run is, and how fast.
fn pace(dt: f64, tick: usize, ticks: usize, done: usize, took: Duration) -> String {
    let brief = |ms: f64| format!("{:.0}", ms.floor());
    let factor = took.as_secs_f64() * 1e3 / (done as f64 * dt).max(1e-300);
    format!("{} of {} ms, {} times real time", brief(tick as f64 * dt), brief(ticks as f64 * dt), show::three_digits(factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_take_about_as_long_as_wanted() {
        let ms = Duration::from_millis;
        assert_eq!(following(200, ms(100), None), 1000);
        assert_eq!(following(200, ms(1), None), 1600, "no more than so many times longer");
        assert_eq!(following(1000, ms(1000), Some(ms(10))), 10);
        assert_eq!(following(1, ms(10_000), None), 1, "one at least");
    }

    #[test]
    fn the_pace_is_that_of_what_was_done_here() {
        assert_eq!(pace(0.1, 15_000, 20_000, 10_000, Duration::from_secs(2)), "1500 of 2000 ms, 2.00 times real time");
    }
}
