//! `homolog claims`: claims as experiments, each with a verdict that is computed.

use super::Done;
use crate::page::claims::{self as page, Shown};
use crate::progress::Screen;
use crate::{show, terminal, work};
use homolog_base::report::Provenance;
use homolog_base::{Diagnostic, has_errors, jobs};
use homolog_claims::{Claim, Order, Outcome, Size, quantity};
use homolog_formats::claims::Folder;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Run claims of an article as experiments and compute their verdicts
///
/// Each claim is a card: what is claimed, a model, a criterion that is fixed before the run, and a control that can fail. All of them
/// are run, or those that are named by number, name or folder, and a page is written. A knob that is turned with --set changes the
/// model, and with it the verdict.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Numbers or names of claims, or a folder of your own; `list` says which there are, `kinds` what a card can ask for [default: all]
    which: Vec<String>,
    /// Turn a knob of the one claim that is run: `nmda=0`, `temperature="6.3 degC"`; may be repeated
    #[arg(long, value_name = "KNOB=VALUE")]
    set: Vec<String>,
    /// Run so many seeds where chance plays a part [default: what the card says]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: Option<u64>,
    /// At the size that the cards call full
    #[arg(long)]
    full: bool,
    /// At the size that the cards call small, for a quick look
    #[arg(long, conflicts_with = "full")]
    small: bool,
    /// Folder for the page and the report
    #[arg(long, value_name = "DIR", default_value = "out/claims")]
    out: PathBuf,
    /// Threads, which run claims side by side, and seeds of a claim where there are more threads than claims [default: all processors]
    #[arg(long, value_name = "N", value_parser = work::threads)]
    threads: Option<usize>,
    /// Folder of .mod files to use besides those that ship with the program; may be repeated
    #[arg(long, value_name = "DIR")]
    library: Vec<PathBuf>,
    /// Print one line of JSON to stdout
    #[arg(long)]
    json: bool,
    /// No progress
    #[arg(long, short)]
    quiet: bool,
}

/// Lists claims, or runs them and writes the page.
pub fn run(args: &Args, color: bool) -> Done {
    if args.which == ["kinds"] {
        kinds();
        return Ok(ExitCode::SUCCESS);
    }
    misplaced(args)?;
    let (claims, mut warnings) = opened(args)?;
    warnings.extend(without_chance(args, &claims));
    terminal::show(&warnings, color);
    if args.which.first().is_some_and(|w| w == "list") {
        list(args, &claims);
        return Ok(ExitCode::SUCCESS);
    }
    let order = ordered(args, &claims)?;
    let names: Vec<String> = claims.iter().map(|c| c.card.name.clone()).collect();
    let screen = Screen::new(args.quiet || args.json, color, &names);
    let threads = args.threads.unwrap_or_else(work::processors).max(1);
    let clock = work::Clock::start();
    let done = all(&claims, &order, threads, &screen)?;
    let spent = clock.stop();

    let hashes = claims.iter().flat_map(Claim::hashes).collect();
    let provenance = Provenance { hashes, threads, ..work::provenance() };
    let shown: Vec<Shown<'_>> =
        claims.iter().zip(&done).map(|(claim, (outcome, wall_s))| Shown { claim, outcome, wall_s: *wall_s }).collect();
    let file = args.out.join("claims.html");
    work::write(&file, page::html(&shown, &provenance, spent.wall_s).as_bytes())?;
    let json =
        json!({ "claims": shown.iter().map(as_json).collect::<Vec<_>>(), "wall_s": spent.wall_s, "page": file, "provenance": provenance });
    work::write(&args.out.join("claims.json"), format!("{json:#}\n").as_bytes())?;
    if args.json {
        terminal::say(&json);
    } else {
        let mut rows = vec![["claim", "verdict", "measured", "criterion", "took"].map(String::from).to_vec()];
        for s in &shown {
            for (k, (c, j)) in s.claim.card.criteria.iter().zip(&s.outcome.criteria).enumerate() {
                let first = |text: String| if k == 0 { text } else { String::new() };
                let met = match j.met {
                    Some(true) => "",
                    Some(false) => " (missed)",
                    None => " (open)",
                };
                rows.push(vec![
                    first(s.claim.card.name.clone()),
                    first(s.outcome.verdict.word().into()),
                    format!("{}: {}", c.name, page::amount(j.mean(), c.unit)),
                    format!("{}{met}", c.text),
                    first(show::seconds(s.wall_s)),
                ]);
            }
        }
        terminal::say(format_args!("{}{}", aligned(&rows), file.display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// `list` and `kinds` are said first or mean nothing.
fn misplaced(args: &Args) -> Result<(), Vec<Diagnostic>> {
    let wrong = args.which.iter().enumerate().find(|(k, w)| (*k > 0 && *w == "list") || *w == "kinds");
    let Some((_, word)) = wrong else { return Ok(()) };
    let hint = if word == "list" { "`homolog claims list 14` lists claim 14 and its knobs" } else { "`homolog claims kinds` stands alone" };
    Err(vec![Diagnostic::error("claim-word", format!("`{word}` means nothing here")).hint(hint)])
}

/// Says of which claims more seeds change nothing.
fn without_chance(args: &Args, claims: &[Claim]) -> Option<Diagnostic> {
    let without: Vec<&str> = claims.iter().filter(|c| !c.card.kind.chance).map(|c| c.card.name.as_str()).collect();
    args.seeds.filter(|_| !without.is_empty()).map(|_| {
        Diagnostic::warning("claim-seeds", format!("`--seeds` changes nothing in {}: no chance plays a part there", without.join(", ")))
            .hint("their numbers are the same in every run")
    })
}

/// The claims that are asked for, in the order of their numbers.
fn opened(args: &Args) -> Result<(Vec<Claim>, Vec<Diagnostic>), Vec<Diagnostic>> {
    let (library, mut problems) = work::library(&args.library);
    let words: Vec<&String> = args.which.iter().filter(|w| *w != "list").collect();
    let (built_in, _) = work::claims(None)?;
    let mut folders: Vec<Folder> = vec![];
    for word in &words {
        let number = |f: &&Folder| f.name.split('-').next() == Some(word.trim_start_matches('0'));
        let named = |f: &&Folder| f.name == **word || f.name.split_once('-').is_some_and(|(_, name)| name == **word);
        match built_in.iter().find(|f| number(f) || named(f)) {
            Some(folder) => folders.push(folder.clone()),
            None if Path::new(word).is_dir() => {
                let (own, said) = work::claims(Some(Path::new(word)))?;
                problems.extend(said);
                folders.extend(own);
            }
            None => {
                let d = Diagnostic::error("claim-unknown", format!("there is no claim `{word}`, and no folder of that name"));
                let ids: Vec<&str> = built_in.iter().map(|f| f.name.as_str()).collect();
                problems.push(d.hint(format!("those that ship with the program are {}", ids.join(", "))));
            }
        }
    }
    if words.is_empty() {
        folders = built_in;
    }
    let mut claims: Vec<Claim> = vec![];
    for folder in &folders {
        let (claim, found) = Claim::open(folder, &library);
        problems.extend(found);
        claims.extend(claim.filter(|c| claims.iter().all(|o| o.card.name != c.card.name)));
    }
    if has_errors(&problems) {
        return Err(problems);
    }
    claims.sort_by_key(|c| c.card.id);
    Ok((claims, problems))
}

/// What is asked of each claim.
fn ordered(args: &Args, claims: &[Claim]) -> Result<Order, Vec<Diagnostic>> {
    let size = if args.full {
        Size::Full
    } else if args.small {
        Size::Small
    } else {
        Size::Default
    };
    let mut order = Order { seeds: args.seeds.map(|n| n as usize), size, ..Order::default() };
    let mut problems = vec![];
    if !args.set.is_empty() && claims.len() != 1 {
        return Err(vec![
            Diagnostic::error("claim-set", "`--set` turns a knob of one claim").hint("name the claim: `homolog claims 14 --set sodium=0`"),
        ]);
    }
    for word in &args.set {
        let card = &claims[0].card;
        let Some((name, text)) = word.split_once('=') else {
            problems.push(Diagnostic::error("claim-set", format!("`--set {word}` has no value")).hint("write it as `--set sodium=0`"));
            continue;
        };
        let Some(knob) = card.knob(name.trim()) else {
            let d = Diagnostic::error("claim-knob", format!("claim {} has no knob `{name}`", card.id));
            problems.push(d.suggest(name, card.knobs.iter().map(|k| k.name.as_str())));
            continue;
        };
        // A number alone is one in the knob's unit.
        let value = text.trim().parse::<f64>().ok().filter(|x| x.is_finite());
        match value.map_or_else(|| quantity::read_in(text, &knob.unit), Ok) {
            Ok(x) => drop(order.set.insert(knob.name.clone(), x)),
            Err(m) => problems.push(Diagnostic::error("claim-set", format!("`--set {word}`: {m}"))),
        }
    }
    if problems.is_empty() { Ok(order) } else { Err(problems) }
}

/// Runs claims, some at once; for each what came out and how long it took, s. Those that measure the machine run before all others, and alone.
fn all(claims: &[Claim], order: &Order, threads: usize, screen: &Screen) -> Result<Vec<(Outcome, f64)>, Vec<Diagnostic>> {
    let (alone, beside): (Vec<usize>, Vec<usize>) = (0..claims.len()).partition(|k| claims[*k].card.kind.alone);
    // Threads that have no claim of their own help inside of claims.
    let order = Order { threads: (threads / beside.len().max(1)).max(1), ..order.clone() };
    let one = |_: usize, k: &usize| {
        let claim = &claims[*k];
        let bar = screen.bar(&claim.card.name, 0.0);
        let clock = work::Clock::start_time();
        let result = homolog_claims::run(claim, &order, &mut |share| bar.set(share, "")).map(|o| (o, clock.stop().wall_s));
        bar.finish(&result.as_ref().map_or("stopped".into(), |(o, s)| format!("{} in {}", o.verdict.word(), show::seconds(*s))));
        (*k, result)
    };
    let mut done = jobs::each(1, &alone, one);
    done.extend(jobs::each(threads, &beside, one));
    done.sort_by_key(|(k, _)| *k);
    let (mut out, mut problems) = (vec![], vec![]);
    for (_, result) in done {
        match result {
            Ok(one) => out.push(one),
            Err(d) => problems.extend(d),
        }
    }
    if problems.is_empty() { Ok(out) } else { Err(problems) }
}

/// What the kinds of experiment do, must be told, and measure.
fn kinds() {
    for kind in homolog_claims::kinds::ALL {
        terminal::say(format_args!("{}: {}", kind.name, kind.about));
        let told = kind.keys.iter().map(|k| vec![format!("  {} =", k.name), k.form.words(), k.about.to_string()]);
        let measured = kind.quantities.iter().map(|q| vec![format!("  measures {}", q.name), q.unit.to_string(), q.en.to_string()]);
        terminal::say(aligned(&told.chain(measured).collect::<Vec<_>>()));
    }
}

/// Rows of a table, all columns to the left.
fn aligned(rows: &[Vec<String>]) -> String {
    let width = |c: usize| rows.iter().filter_map(|r| r.get(c)).map(|t| t.chars().count()).max().unwrap_or(0);
    let line = |row: &Vec<String>| {
        row.iter().enumerate().map(|(c, t)| format!("{t}{}  ", " ".repeat(width(c) - t.chars().count()))).collect::<String>()
    };
    rows.iter().map(|r| format!("{}\n", line(r).trim_end())).collect()
}

fn list(args: &Args, claims: &[Claim]) {
    if args.json {
        let all: Vec<Value> = claims.iter().map(|c| json!({ "id": c.card.id, "name": c.card.name, "title": c.card.en.title, "title_zh": c.card.zh.title,
            "knobs": c.card.knobs.iter().map(|k| json!({ "name": k.name, "default": k.default, "unit": k.unit, "range": [k.range.0, k.range.1], "meaning": k.words.en })).collect::<Vec<_>>() })).collect();
        terminal::say(json!({ "claims": all }));
        return;
    }
    for c in claims {
        terminal::say(format_args!("{:<16} {}", c.card.name, c.card.en.title));
        for k in &c.card.knobs {
            let unit = if k.unit == "1" { String::new() } else { format!(" {}", k.unit) };
            terminal::say(format_args!("  {:<14} --set {}={}{unit}", "", k.name, page::brief(k.default)));
        }
    }
}

/// The unit of a number as it stands in JSON: shares are shares of one.
fn unit(unit: &str) -> &str {
    if unit == "%" { "1" } else { unit }
}

fn as_json(s: &Shown<'_>) -> Value {
    let (card, o) = (&s.claim.card, s.outcome);
    let finite = |x: f64| if x.is_finite() { json!(x) } else { Value::Null };
    let criteria: Vec<Value> = card
        .criteria
        .iter()
        .zip(&o.criteria)
        .map(|(c, j)| {
            json!({ "name": c.name, "quantity": c.quantity, "unit": unit(c.unit), "wanted": c.text, "value": finite(j.mean()),
            "error": j.error(), "met": j.met })
        })
        .collect();
    let measured: serde_json::Map<String, Value> = o
        .measured
        .iter()
        .map(|(name, x)| {
            (
                name.clone(),
                json!({ "unit": unit(card.unit(name).unwrap_or("1")), "values": x.iter().map(|x| finite(*x)).collect::<Vec<_>>() }),
            )
        })
        .collect();
    let control: Vec<Value> = card
        .controls
        .iter()
        .zip(&o.controls)
        .map(|(c, found)| json!({ "what": c.words.en, "set": c.set, "must_miss": c.turns, "turned": found.turned,
            "criteria": card.criteria.iter().zip(&found.criteria).map(|(c, j)| json!({ "name": c.name, "value": finite(j.mean()), "met": j.met })).collect::<Vec<_>>() }))
        .collect();
    json!({ "id": card.id, "name": card.name, "title": card.en.title, "verdict": o.verdict, "criterion": criteria, "measured": measured,
        "control": control, "residual": page::filled(&card.en.residual, card, o), "differs": page::filled(&card.en.differs, card, o), "knobs": o.knobs, "size": o.size.word(), "seeds": o.seeds, "runs": o.runs,
        "wall_s": s.wall_s })
}
