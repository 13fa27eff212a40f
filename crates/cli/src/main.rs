//! The command line.

mod commands;
mod cuts;
mod figure;
mod fitted;
mod page;
mod portrait;
mod progress;
mod ranks;
mod raster;
mod show;
mod stepwise;
mod terminal;
mod watch;
mod weights;
mod work;

use clap::{ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::process::ExitCode;
use terminal::Color;

/// Runs one network at any level of neural detail, trains it, and measures every variant on one scale.
#[derive(Parser, Debug)]
#[command(name = "homolog", version, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "Try it:\n  homolog compare digits          the same network with two kinds of neuron, and a page about it\n  homolog check my-channel.mod    all that is wrong with a file, at once"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t)]
    color: Color,
}

#[derive(Subcommand, Debug)]
enum Command {
    Compare(commands::compare::Args),
    Claims(commands::claims::Args),
    Run(commands::run::Args),
    Fit(commands::fit::Args),
    Check(commands::check::Args),
    Fmt(commands::fmt::Args),
    Mech(commands::mech::Args),
    Morph(commands::morph::Args),
    Bench(commands::bench::Args),
}

fn main() -> ExitCode {
    let cli = match parse() {
        Ok(cli) => cli,
        Err(e) => {
            // Its exit code is 2 for wrong usage, 0 for help.
            let _ = e.print();
            return ExitCode::from(e.exit_code() as u8);
        }
    };
    let color = cli.color.on_stderr();
    // MPI is at hand until the end.
    let _begun = match ranks::begin() {
        Ok(begun) => begun,
        Err(d) => {
            terminal::show(&[d], color);
            return ExitCode::FAILURE;
        }
    };
    let done = run(cli.command, color);
    let code = done.unwrap_or_else(|problems| {
        terminal::complain(&problems, color);
        ExitCode::FAILURE
    });
    let code = terminal::refused().map_or(code, |d| {
        terminal::show(&[d], color);
        ExitCode::FAILURE
    });
    if ranks::number() > 1 && code != ExitCode::SUCCESS {
        // Others may wait for this one, and only who starts them can end them.
        std::process::exit(1);
    }
    code
}

/// Does what was asked for.
fn run(command: Command, color: bool) -> commands::Done {
    let alone = match &command {
        Command::Compare(_) => "compare",
        Command::Claims(_) => "claims",
        Command::Fit(_) => "fit",
        Command::Check(_) => "check",
        Command::Fmt(_) => "fmt",
        Command::Mech(_) => "mech",
        Command::Morph(_) => "morph",
        Command::Run(_) | Command::Bench(_) => "",
    };
    if !alone.is_empty() {
        ranks::alone(alone)?;
    }
    match command {
        Command::Compare(args) => commands::compare::run(&args, color),
        Command::Claims(args) => commands::claims::run(&args, color),
        Command::Run(args) => commands::run::run(&args, color),
        Command::Fit(args) => commands::fit::run(&args, color),
        Command::Check(args) => commands::check::run(&args, color),
        Command::Fmt(args) => commands::fmt::run(&args, color),
        Command::Mech(args) => commands::mech::run(&args, color),
        Command::Morph(args) => commands::morph::run(&args, color),
        Command::Bench(args) => commands::bench::run(&args, color),
    }
}

/// Reads the arguments; help and usage errors are coloured as asked for too.
fn parse() -> Result<Cli, clap::Error> {
    let words: Vec<_> = std::env::args_os().collect();
    let asked = |w: &str| words.iter().any(|a| *a == *format!("--color={w}")) || words.windows(2).any(|p| p[0] == *"--color" && p[1] == *w);
    let choice = match () {
        () if asked("always") => ColorChoice::Always,
        () if asked("never") => ColorChoice::Never,
        () => ColorChoice::Auto,
    };
    let matches = Cli::command().color(choice).try_get_matches_from(words)?;
    Cli::from_arg_matches(&matches)
}
