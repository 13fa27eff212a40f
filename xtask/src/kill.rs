//! Runs that are killed at any moment and go on must leave the files of runs that were not: `cargo xtask kill`.
//!
//! Each round starts the real program, kills it (SIGKILL) after a part of the time that a whole run takes (up to 0.7 of it), goes on, perhaps kills it again, and at
//! last lets it end. All files of the folder are then compared, byte for byte, with those of a run that nobody disturbed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Poisson noise, delays of their own, a raster in several parts, some potentials.
const NETWORK: &str = r#"title = "Killed network"

[time]
step = "0.1 ms"
presentation = "6000 ms"

[population.exc]
size = 800
neuron = "lif"
parameters = { tau = "20 ms", vrest = "0 mV", vth = "20 mV", vreset = "10 mV", tref = "2 ms" }
start = { v = { uniform = ["0 mV", "20 mV"] } }
bias = false

[population.inh]
size = 200
neuron = "lif"
parameters = { tau = "20 ms", vrest = "0 mV", vth = "20 mV", vreset = "10 mV", tref = "2 ms" }
start = { v = { uniform = ["0 mV", "20 mV"] } }
bias = false

[[noise]]
population = "exc"
poisson = "24 kHz"
weight = "0.1 mV"

[[noise]]
population = "inh"
poisson = "24 kHz"
weight = "0.1 mV"

[[block]]
from = ["exc"]
to = ["exc", "inh"]
in-degree = [[80], [80]]
weights = { normal = ["0.2 mV", "0.05 mV"] }
delay = { uniform = ["0.5 ms", "5 ms"] }
learn = false

[[block]]
from = ["inh"]
to = ["exc", "inh"]
in-degree = [[20], [20]]
weights = { constant = "-1 mV" }
delay = "1.5 ms"
learn = false

[[record]]
population = "exc"
variable = "raster"

[[record]]
population = "inh"
variable = "raster"
neurons = [0, 3, 5, 199]

[[record]]
population = "exc"
variable = "v"
neurons = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39]
"#;

/// Cells with a current that comes and goes, and many numbers recorded.
const CELL: &str = r#"title = "Killed cell"

[time]
step = "0.025 ms"
presentation = "6000 ms"

[population.cell]
size = 2
neuron = "cells/two-branch"

[[stimulus]]
population = "cell"
branch = "soma"
delay = "100 ms"
duration = "5000 ms"
amplitude = "0.5 nA"

[[record]]
population = "cell"

[[record]]
population = "cell"
variable = "hh.m"

[[record]]
population = "cell"
variable = "hh.h"

[[record]]
population = "cell"
variable = "spikes"

[[record]]
population = "cell"
variable = "raster"
"#;

/// Numbers that look random and are the same for one seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        (self.word() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, n: u64) -> u64 {
        self.word() % n
    }
}

/// All files of a folder and their bytes.
fn files(folder: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>, String> {
    let mut out = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).map_err(|e| format!("{}: {e}", next.display()))? {
            let path = entry.map_err(|e| e.to_string())?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
                out.insert(path.strip_prefix(folder).unwrap_or(&path).to_path_buf(), bytes);
            }
        }
    }
    Ok(out)
}

/// What differs between two folders.
fn differences(a: &BTreeMap<PathBuf, Vec<u8>>, b: &BTreeMap<PathBuf, Vec<u8>>) -> Vec<String> {
    let mut out: Vec<String> = a.iter().filter(|(k, v)| b.get(*k) != Some(v)).map(|(k, _)| k.display().to_string()).collect();
    out.extend(b.keys().filter(|k| !a.contains_key(*k)).map(|k| format!("{} (not in the whole run)", k.display())));
    out
}

struct Program {
    binary: PathBuf,
    place: PathBuf,
}

impl Program {
    fn start(&self, model: &str, out: &Path) -> Result<Child, String> {
        let mut command = Command::new(&self.binary);
        command.args([
            "run",
            model,
            "--checkpoint-every",
            "20ms",
            "--resume",
            "--format",
            "csv,parquet",
            "--quiet",
            "--threads",
            "1",
            "--out",
        ]);
        command.arg(out).current_dir(&self.place).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().map_err(|e| format!("{}: {e}", self.binary.display()))
    }

    fn to_the_end(&self, model: &str, out: &Path) -> Result<(), String> {
        let status = self.start(model, out)?.wait().map_err(|e| e.to_string())?;
        if status.success() { Ok(()) } else { Err(format!("`homolog run {model}` ended with {status}")) }
    }

    /// Whether it was killed before it ended.
    fn killed_after(&self, model: &str, out: &Path, time: Duration) -> Result<bool, String> {
        let begun = Instant::now();
        let mut child = self.start(model, out)?;
        while begun.elapsed() < time {
            if let Some(status) = child.try_wait().map_err(|e| e.to_string())? {
                return if status.success() { Ok(false) } else { Err(format!("`homolog run {model}` ended with {status}")) };
            }
            sleep(Duration::from_micros(200).min(time.saturating_sub(begun.elapsed())));
        }
        child.kill().map_err(|e| e.to_string())?;
        child.wait().map_err(|e| e.to_string())?;
        Ok(true)
    }
}

/// So many rounds with the program at `binary`; one line of what was found.
pub fn kill(binary: PathBuf, rounds: u64, seed: u64) -> Result<String, String> {
    let place = std::env::temp_dir().join(format!("homolog-kill-{}", std::process::id()));
    fs::create_dir_all(&place).map_err(|e| format!("{}: {e}", place.display()))?;
    let program = Program { binary, place: place.clone() };
    let found = all_rounds(&program, rounds, seed);
    let _ = fs::remove_dir_all(&place);
    found
}

fn all_rounds(program: &Program, rounds: u64, seed: u64) -> Result<String, String> {
    let mut dice = Dice(seed);
    let mut models = vec![];
    for (name, text) in [("network.toml", NETWORK), ("cell.toml", CELL)] {
        fs::write(program.place.join(name), text).map_err(|e| e.to_string())?;
        let out = program.place.join(format!("{name}-whole"));
        let begun = Instant::now();
        program.to_the_end(name, &out)?;
        models.push((name, begun.elapsed(), files(&out)?));
    }
    let (mut exact, mut kills, mut resumed, mut after) = (0, 0, 0, 0);
    let mut wrong = vec![];
    for round in 0..rounds {
        let (model, whole_time, whole) = &models[(round % 2) as usize];
        let out = program.place.join(format!("round-{round}"));
        let checkpoint = out.join("run.safetensors");
        for _ in 0..1 + dice.below(4) {
            if program.killed_after(model, &out, whole_time.mul_f64(0.7 * dice.share()))? {
                kills += 1;
                resumed += u64::from(checkpoint.is_file());
            } else {
                after += 1;
            }
        }
        program.to_the_end(model, &out)?;
        let differ = differences(whole, &files(&out)?);
        if differ.is_empty() {
            exact += 1;
        } else {
            wrong.push(format!("round {round} ({model}): {}", differ.join(", ")));
        }
        fs::remove_dir_all(&out).map_err(|e| e.to_string())?;
    }
    let bytes = |k: usize| models[k].2.values().map(Vec::len).sum::<usize>() / 1_000_000;
    let line = format!(
        "{exact} of {rounds} rounds bit-exact (seed {seed}); {kills} kills, {resumed} of them with a checkpoint to go on from, {after} came after the end; whole runs of {:.2} s ({} files, {} MB) and {:.2} s ({} files, {} MB)",
        models[0].1.as_secs_f64(),
        models[0].2.len(),
        bytes(0),
        models[1].1.as_secs_f64(),
        models[1].2.len(),
        bytes(1)
    );
    if wrong.is_empty() { Ok(line) } else { Err(format!("{line}\n{}", wrong.join("\n"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_named() {
        let folder = |names: &[(&str, &str)]| names.iter().map(|(k, v)| (PathBuf::from(k), v.as_bytes().to_vec())).collect();
        let (a, b) = (folder(&[("x", "1"), ("y", "2"), ("z", "3")]), folder(&[("x", "1"), ("y", "3"), ("w", "4")]));
        assert_eq!(differences(&a, &b), ["y", "z", "w (not in the whole run)"]);
        assert!(differences(&a, &a).is_empty());
    }
}
