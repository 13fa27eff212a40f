//! How far it is: one live bar a level on a terminal, a plain line now and then elsewhere, nothing when not wanted.

use crate::{show, terminal};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::{Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Parts that a run is divided into on a bar.
const PARTS: f64 = 10_000.0;

/// Time between plain lines.
const EVERY: Duration = Duration::from_secs(5);

/// Where progress is shown.
pub struct Screen {
    bars: Option<MultiProgress>,
    color: bool,
    plain: bool,
    width: usize,
}

/// Progress of one piece of work that knows which part of it is done.
pub struct Bar<'a> {
    screen: &'a Screen,
    name: String,
    drawn: Option<ProgressBar>,
    begun: Instant,
    /// When a plain line was last written.
    said: Mutex<Instant>,
    /// Part that was done before it began.
    from: f64,
}

/// Progress of several runs of one kind on one bar.
pub struct Runs<'a> {
    bar: Bar<'a>,
    runs: Mutex<Vec<Run>>,
}

/// How far one run is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Run {
    /// Epochs done, with the part of the present one.
    pub epoch: f64,
    /// Epochs there will be at most.
    pub epochs: usize,
    /// Loss of the present epoch.
    pub loss: f64,
    /// Accuracy of the present epoch.
    pub accuracy: f64,
    /// Whether it has ended.
    pub over: bool,
}

impl Screen {
    /// A screen; `quiet` shows nothing. `names` are those of the bars to come, so that they line up.
    pub fn new(quiet: bool, color: bool, names: &[String]) -> Self {
        let live = !quiet && std::io::stderr().is_terminal();
        let bars = live.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10)));
        Screen { bars, color, plain: !quiet && !live, width: names.iter().map(|n| n.chars().count()).max().unwrap_or(0) }
    }

    /// A bar for some runs.
    pub fn runs(&self, name: &str, runs: usize) -> Runs<'_> {
        Runs { bar: self.bar(name, 0.0), runs: Mutex::new(vec![Run::default(); runs]) }
    }

    /// A bar for work of which the part `from` is done already.
    pub fn bar(&self, name: &str, from: f64) -> Bar<'_> {
        let drawn = self.bars.as_ref().map(|bars| {
            let bar = if self.color { "{bar:28.cyan/dim}" } else { "{bar:28}" };
            let style = ProgressStyle::with_template(&format!("{{prefix}} {bar} {{percent:>3}} %  {{msg}}"))
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .progress_chars("━╸─");
            let bar = bars.add(ProgressBar::new(PARTS as u64).with_style(style));
            bar.set_prefix(format!("{name:<0$}", self.width));
            bar
        });
        let now = Instant::now();
        Bar { screen: self, name: name.into(), drawn, begun: now, said: Mutex::new(now), from }
    }

    /// Writes a line without disturbing the bars.
    pub fn say(&self, text: &str) {
        match &self.bars {
            Some(bars) => bars.suspend(|| terminal::remark(text)),
            None => terminal::remark(text),
        }
    }
}

impl Bar<'_> {
    /// Notes which part is done, from 0 to 1, and what is to be said of it.
    pub fn set(&self, share: f64, word: &str) {
        let words = || {
            let left = left(self.begun.elapsed(), self.from, share);
            [Some(word.to_string()).filter(|w| !w.is_empty()), left].into_iter().flatten().collect::<Vec<_>>().join(", ")
        };
        let mut said = self.said.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(bar) = &self.drawn {
            bar.set_position((share * PARTS) as u64);
            bar.set_message(words());
        } else if self.screen.plain && said.elapsed() >= EVERY {
            *said = Instant::now();
            let words = words();
            terminal::remark(format_args!("{}: {:.0} %{}{words}", self.name, share * 100.0, if words.is_empty() { "" } else { ", " }));
        }
    }

    /// Ends the bar with a last word.
    pub fn finish(self, word: &str) {
        match &self.drawn {
            Some(bar) => {
                bar.set_position(bar.length().unwrap_or(0));
                bar.finish_with_message(word.to_string());
            }
            None if self.screen.plain => terminal::remark(format_args!("{}: {word}", self.name)),
            None => {}
        }
    }
}

impl Runs<'_> {
    /// Notes how far a run is.
    pub fn set(&self, run: usize, to: Run) {
        let mut runs = self.runs.lock().unwrap_or_else(|e| e.into_inner());
        runs[run] = to;
        self.bar.set(share(&runs), &words(&runs));
    }

    /// Ends the bar with a last word.
    pub fn finish(self, word: &str) {
        self.bar.finish(word);
    }
}

/// Which part of some runs is done.
fn share(runs: &[Run]) -> f64 {
    let done = |r: &Run| if r.over { 1.0 } else { (r.epoch / r.epochs.max(1) as f64).min(1.0) };
    runs.iter().map(done).sum::<f64>() / runs.len().max(1) as f64
}

/// The run furthest back among those under way.
fn words(runs: &[Run]) -> String {
    let slowest = runs.iter().filter(|r| !r.over && r.epochs > 0).min_by(|a, b| a.epoch.total_cmp(&b.epoch));
    let Some(r) = slowest else { return String::new() };
    format!("epoch {}/{}, loss {:.3}, {:.1} %", r.epoch.floor() as usize + 1, r.epochs, r.loss, r.accuracy * 100.0)
}

/// How long something still takes of which so much was done in a time, from a part on; none while nobody can know.
fn left(passed: Duration, from: f64, share: f64) -> Option<String> {
    let done = share - from;
    (done > 0.005).then(|| format!("{} left", show::whole_seconds(passed.as_secs_f64() * (1.0 - share) / done)))
}

/// A sign of life of work that cannot say how far it is, with the time it has taken so far. It appears when that is more than a second and
/// goes when it is dropped.
pub struct Spinner {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Spinner {
    /// Begins; `quiet` shows nothing.
    pub fn new(quiet: bool, name: &str) -> Spinner {
        if quiet {
            return Spinner { stop: None, thread: None };
        }
        let (stop, stopped) = mpsc::channel::<()>();
        let (name, begun) = (name.to_string(), Instant::now());
        let thread = std::thread::spawn(move || {
            let goes_on = |time: Duration| stopped.recv_timeout(time) == Err(mpsc::RecvTimeoutError::Timeout);
            if !goes_on(Duration::from_secs(1)) {
                return;
            }
            if std::io::stderr().is_terminal() {
                let style = ProgressStyle::with_template("{spinner} {prefix}: {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
                let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10)).with_style(style).with_prefix(name);
                loop {
                    bar.set_message(show::whole_seconds(begun.elapsed().as_secs_f64()));
                    bar.tick();
                    if !goes_on(Duration::from_millis(100)) {
                        break;
                    }
                }
                bar.finish_and_clear();
            } else {
                while goes_on(EVERY) {
                    terminal::remark(format_args!("{name}: {}", show::seconds(begun.elapsed().as_secs_f64())));
                }
            }
        });
        Spinner { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        // The thread sees that nobody can speak to it any more.
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_that_ended_early_count_as_done() {
        let half = Run { epoch: 5.0, epochs: 10, ..Run::default() };
        let runs = [half, Run { over: true, ..half }];
        assert_eq!(share(&runs), 0.75);
        assert_eq!(words(&runs), "epoch 6/10, loss 0.000, 0.0 %");
    }

    #[test]
    fn what_was_done_before_takes_no_time_again() {
        let ten = Duration::from_secs(10);
        assert_eq!(left(ten, 0.0, 0.5).as_deref(), Some("10 s left"));
        assert_eq!(left(ten, 0.5, 0.75).as_deref(), Some("10 s left"));
        assert_eq!(left(ten, 0.5, 0.5), None, "nobody can know");
    }
}
