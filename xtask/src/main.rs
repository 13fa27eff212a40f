//! The chores of the repository, each one command: `cargo xtask test`.

use std::env;
use std::ffi::OsString;
use std::process::{Command, ExitCode};
use std::time::Instant;

const HELP: &str = "\
cargo xtask <chore>

  test    all that must hold: format, lints, tests, documentation, laws (installs cargo-nextest once)
  smoke   a short run of the real program, in release
  ci      test, then smoke
  bench   the benches of the program, in release
  bless   accept the snapshots as they are now
";

fn main() -> ExitCode {
    let chore = env::args().nth(1).unwrap_or_default();
    let done = match chore.as_str() {
        "test" => test(),
        "smoke" => smoke(),
        "ci" => test().and_then(|()| smoke()),
        "bench" => bench(),
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
    cargo("tests in the documentation", &["test", "--workspace", "--doc", "--locked", "--quiet"])?;
    step(
        "documentation",
        Command::new(cargo_path()).args(["doc", "--workspace", "--no-deps", "--locked", "--quiet"]).env("RUSTDOCFLAGS", "--deny warnings"),
    )
}

/// A short run of the real program, as a newcomer starts it.
fn smoke() -> Result<(), String> {
    cargo("release build", &["build", "--release", "--locked", "--package", "homolog-cli"])?;
    homolog(&["compare", "digits", "--epochs", "3", "--quiet"])?;
    homolog(&["bench", "hh"])
}

fn bench() -> Result<(), String> {
    cargo("release build", &["build", "--release", "--locked", "--package", "homolog-cli"])?;
    homolog(&["bench", "hh"])?;
    homolog(&["bench", "mlp", "--threads", "1"])?;
    homolog(&["bench", "snn", "--threads", "1"])
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
    let mut all = vec!["run", "--release", "--quiet", "--locked", "--package", "homolog-cli", "--"];
    all.extend(args);
    cargo(&format!("homolog {}", args.join(" ")), &all)
}

fn cargo(name: &str, args: &[&str]) -> Result<(), String> {
    step(name, Command::new(cargo_path()).args(args))
}

/// The cargo that runs this.
fn cargo_path() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn step(name: &str, command: &mut Command) -> Result<(), String> {
    eprintln!("▸ {name}");
    let start = Instant::now();
    let status = command.status().map_err(|e| format!("{name}: {e}"))?;
    if !status.success() {
        return Err(format!("{name} failed"));
    }
    eprintln!("✓ {name} ({:.0} s)", start.elapsed().as_secs_f64());
    Ok(())
}
