//! What starting takes: the whole program for `--help`, and reading the library that ships with it.

use super::{Args, Found};
use crate::{show, work};
use homolog_base::{Diagnostic, has_errors};
use std::process::{Command, Stdio};

/// Times that the program is started. The system counts the time of programs that ended in steps of 10 ms, so the mean of 200
/// is known to 0.05 ms.
const STARTS: usize = 200;
/// Times that the library is read, of which the fastest counts.
const READS: usize = 20;

/// Measures both.
pub fn measure(args: &Args) -> Result<Found, Vec<Diagnostic>> {
    let help_ms = help().map_err(|why| vec![Diagnostic::error("bench-start", format!("the program could not start itself: {why}"))])?;
    let mut library_ms = f64::INFINITY;
    let mut mechanisms = 0;
    for _ in 0..READS {
        let clock = work::Clock::start_time();
        let (library, problems) = work::library(&args.library);
        library_ms = library_ms.min(clock.stop().cpu_s * 1e3);
        if has_errors(&problems) {
            return Err(problems);
        }
        mechanisms = library.iter().count();
    }
    let started = help_ms.map_or("unknown on this system".into(), |ms| format!("{} ms", show::three_digits(ms)));
    let text = format!(
        "{started} of processor time for `homolog --help`, mean of {STARTS}\n{} ms of processor time to read the {mechanisms} mechanisms of the library, best of {READS}\n",
        show::three_digits(library_ms)
    );
    let json = serde_json::json!({
        "help_ms": help_ms, "starts": STARTS, "library_ms": library_ms, "reads": READS, "mechanisms": mechanisms, "threads": 1,
    });
    Ok(Found { text, json })
}

/// Mean processor time of `homolog --help` from its creation to its end, ms. None where the system does not say.
fn help() -> Result<Option<f64>, String> {
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let before = work::cpu_s_of_children();
    for _ in 0..STARTS {
        let status = Command::new(&program).arg("--help").stdin(Stdio::null()).stdout(Stdio::null()).status().map_err(|e| e.to_string())?;
        if !status.success() {
            return Err(format!("`{} --help` gave {status}", program.display()));
        }
    }
    Ok(work::cpu_s_of_children().zip(before).map(|(after, before)| (after - before) * 1e3 / STARTS as f64))
}
