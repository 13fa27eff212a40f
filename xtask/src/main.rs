//! The chores of the repository, each one command: `cargo xtask test`.

mod accuracy;
mod kill;

use std::env;
use std::ffi::OsString;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

const HELP: &str = "\
cargo xtask <chore>

  test    all that must hold: format, lints, tests, documentation, laws (installs cargo-nextest once)
  smoke   the real program, in release: the digits must be learned as well as promised (one line of JSON on stdout)
  ci      test, then smoke
  bench   the benches of the program, in release
  kill    [ROUNDS] [SEED]: the real program, in release, killed at seeded moments; what goes on must leave the files of a whole run (100 rounds)
  mpi     the program with the feature `mpi`: lints, and runs in two processes (part of `test` where `mpirun`, `mpicc` and `clang` are found)
  bless   accept the snapshots as they are now
";

fn main() -> ExitCode {
    let chore = env::args().nth(1).unwrap_or_default();
    let done = match chore.as_str() {
        "test" => test(),
        "smoke" => smoke(),
        "ci" => test().and_then(|()| smoke()),
        "bench" => bench(),
        "kill" => kill(),
        "mpi" => mpi(),
        "bless" => bless(),
        "" | "help" | "--help" => {
            print!("{HELP}");
            Ok(())
        }
        other => {
            eprint!("there is no chore `{other}`\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            eprintln!("\n✗ {what}");
            ExitCode::FAILURE
        }
    }
}

/// What must hold before anything is merged.
fn test() -> Result<(), String> {
    cargo("format", &["fmt", "--all", "--check"])?;
    cargo("lints", &["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"])?;
    nextest()?;
    cargo("tests", &["nextest", "run", "--workspace", "--locked", "--no-fail-fast", "--status-level", "fail"])?;
    // Its crate is built with the help of clang.
    if ["mpirun", "mpicc", "clang"].into_iter().all(found) {
        mpi()?;
    } else {
        println!("· runs in several processes are not tried: there is no `mpirun`, `mpicc` or `clang`");
    }
    cargo("tests in the documentation", &["test", "--workspace", "--doc", "--locked", "--quiet"])?;
    step(
        "documentation",
        Command::new(cargo_path()).args(["doc", "--workspace", "--no-deps", "--locked", "--quiet"]).env("RUSTDOCFLAGS", "--deny warnings"),
    )
}

/// Whether a program is there.
fn found(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}

/// Several processes.
fn mpi() -> Result<(), String> {
    let part = ["--locked", "--package", "homolog-cli", "--features", "mpi"];
    let words = |first: &[&'static str], last: &[&'static str]| [first, &part, last].concat();
    cargo("lints with MPI", &words(&["clippy"], &["--", "--deny", "warnings"]))?;
    cargo("tests with MPI", &words(&["nextest", "run"], &["--test", "mpi", "--no-fail-fast", "--status-level", "fail"]))
}

/// The real program, as a newcomer starts it, and what it must reach.
fn smoke() -> Result<(), String> {
    cargo("release build", &["build", "--release", "--locked", "--package", "homolog-cli"])?;
    let line = homolog_says(&["compare", "digits", "--seeds", "3", "--json"])?;
    let (figures, broken) = accuracy::judge(&line)?;
    println!("{figures}");
    if !broken.is_empty() {
        return Err(format!("compare digits: {}", broken.join("; ")));
    }
    homolog(&["bench", "hh"])?;
    homolog(&["bench", "grad"])
}

fn bench() -> Result<(), String> {
    cargo("release build", &["build", "--release", "--locked", "--package", "homolog-cli"])?;
    homolog(&["bench", "hh"])?;
    homolog(&["bench", "grad"])?;
    homolog(&["bench", "mlp", "--threads", "1"])?;
    homolog(&["bench", "snn", "--threads", "1"])
}

/// Runs that are killed.
fn kill() -> Result<(), String> {
    let number = |k: usize, default: u64| match env::args().nth(k) {
        Some(word) => word.parse().map_err(|_| format!("`{word}` is not a number")),
        None => Ok(default),
    };
    let (rounds, seed) = (number(2, 100)?, number(3, 1)?);
    let built = timed("release build", || {
        let mut command = Command::new(cargo_path());
        command.args(["build", "--release", "--locked", "--package", "homolog-cli", "--message-format", "json"]).stderr(Stdio::inherit());
        let output = command.output().map_err(|e| e.to_string())?;
        if output.status.success() { Ok(String::from_utf8_lossy(&output.stdout).into_owned()) } else { Err("the build failed".into()) }
    })?;
    let executable = |line: &str| Some(serde_json::from_str::<serde_json::Value>(line).ok()?.get("executable")?.as_str()?.to_string());
    let binary = built.lines().filter_map(executable).next_back().ok_or("cargo does not say where the program is")?;
    println!("{}", timed("kill", || kill::kill(binary.into(), rounds, seed))?);
    Ok(())
}

fn bless() -> Result<(), String> {
    nextest()?;
    // Everything runs, so that one snapshot that changed does not hide the next.
    step(
        "snapshots",
        Command::new(cargo_path())
            .args(["nextest", "run", "--workspace", "--no-fail-fast", "--status-level", "fail"])
            .env("INSTA_UPDATE", "always"),
    )
}

/// Installs the test runner when it is not there: without what fetches updates, and not optimised, which takes a third of
/// the time.
fn nextest() -> Result<(), String> {
    let there = Command::new(cargo_path()).args(["nextest", "--version"]).output().is_ok_and(|o| o.status.success());
    if there {
        Ok(())
    } else {
        cargo(
            "cargo-nextest",
            &["install", "--debug", "--locked", "--no-default-features", "--features", "default-no-update", "cargo-nextest"],
        )
    }
}

fn homolog(args: &[&str]) -> Result<(), String> {
    step(&format!("homolog {}", args.join(" ")), &mut homolog_command(args))
}

/// What the program prints to stdout.
fn homolog_says(args: &[&str]) -> Result<String, String> {
    let name = format!("homolog {}", args.join(" "));
    timed(&name, || {
        let output = homolog_command(args).stderr(Stdio::inherit()).output().map_err(|e| format!("{name}: {e}"))?;
        if output.status.success() { Ok(String::from_utf8_lossy(&output.stdout).into_owned()) } else { Err(format!("{name} failed")) }
    })
}

fn homolog_command(args: &[&str]) -> Command {
    let mut command = Command::new(cargo_path());
    command.args(["run", "--release", "--quiet", "--locked", "--package", "homolog-cli", "--"]).args(args);
    command
}

fn cargo(name: &str, args: &[&str]) -> Result<(), String> {
    step(name, Command::new(cargo_path()).args(args))
}

/// The cargo that runs this.
fn cargo_path() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn step(name: &str, command: &mut Command) -> Result<(), String> {
    timed(name, || {
        let status = command.status().map_err(|e| format!("{name}: {e}"))?;
        if status.success() { Ok(()) } else { Err(format!("{name} failed")) }
    })
}

fn timed<T>(name: &str, work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    eprintln!("▸ {name}");
    let start = Instant::now();
    let done = work()?;
    eprintln!("✓ {name} ({:.0} s)", start.elapsed().as_secs_f64());
    Ok(done)
}
