//! `homolog run` of a model that learns by rules of plasticity: samples one after the other, then what its neurons stand for.

use super::run::{Args, Lines};
use crate::page::learned::{Learned, Weights, html};
use crate::progress::Screen;
use crate::work::{self, Prepared};
use crate::{show, terminal};
use homolog_base::Diagnostic;
use homolog_base::report::{Basis, Entry, Provenance, Report, Score};
use homolog_engine::Engine;
use homolog_model::{Learning, Model, Samples};
use homolog_train::{Local, Named};
use std::path::Path;

/// Learns, names the neurons, and scores them on the test part.
pub fn run(
    args: &Args,
    opened: &work::Opened,
    (learning, samples): (&Learning, &Samples),
    out: &Path,
    threads: usize,
    color: bool,
) -> Result<Lines, Vec<Diagnostic>> {
    let seed = args.seed.unwrap_or(0);
    let (report_path, page) = (out.join("report.json"), out.join("learned.html"));
    work::writable([report_path.as_path(), page.as_path()])?;
    let (prepared, notes) = Prepared::new(opened.study.clone(), &opened.library, samples, seed)?;
    terminal::show(&notes, color);
    let Prepared { study, model, params, split, normalisation, .. } = &prepared;
    let mut local = Local::new(study, learning, model, params, samples, split, *normalisation, seed)?;
    let mut engine = Engine::new(threads);
    let screen = Screen::new(args.quiet || args.json, color, std::slice::from_ref(&opened.name));
    let clock = work::Clock::start();
    let bar = screen.bar(&opened.name, 0.0);
    let mut spikes = 0.0;
    while let Some(counts) = local.learn(&mut engine).map_err(work::fault)? {
        let (done, all) = local.progress();
        spikes += counts.iter().sum::<f64>();
        bar.set(done as f64 / all as f64, &format!("{} spikes a sample", show::three_digits(spikes / done as f64)));
    }
    let spent = clock.stop();
    let (shown, _) = local.progress();
    bar.finish(&format!("{shown} samples in {}", show::seconds(spent.wall_s)));
    let (frozen, part) = (local.frozen(), local.part());
    let test = if split.test.is_empty() { &part } else { &split.test };
    let bar = screen.bar("naming", 0.0);
    let all = (part.len() + test.len()) as f64;
    let clock = work::Clock::start();
    let responses = local.responses(&mut engine, &frozen, &part, |n| bar.set(n as f64 / all, "")).map_err(work::fault)?;
    let named = Named::new(&responses, &local.labels(&part), local.classes());
    let on_training = named.score(&responses, &local.labels(&part)).accuracy();
    let done = part.len() as f64;
    let responses = local.responses(&mut engine, &frozen, test, |n| bar.set((done + n as f64) / all, "")).map_err(work::fault)?;
    let confusion = named.score(&responses, &local.labels(test));
    let tested = clock.stop();
    bar.finish(&format!("{:.1} % of {} test samples", 100.0 * confusion.accuracy(), test.len()));

    let accuracy = confusion.accuracy();
    let each_ms = 1000.0 * spent.cpu_s / shown.max(1) as f64;
    let used = named.class.iter().flatten().count();
    let provenance = Provenance { seeds: vec![seed], hashes: prepared.hashes(samples), threads, ..work::provenance() };
    let score = |value: f64, unit: &str, basis| Score { value, sd: None, unit: unit.into(), basis };
    let scores = [
        ("test_accuracy", score(accuracy, "1", Basis::Measured)),
        ("training_accuracy", score(on_training, "1", Basis::Measured)),
        ("samples_shown", score(shown as f64, "1", Basis::Counted)),
        ("spikes_per_sample", score(spikes / shown.max(1) as f64, "1", Basis::Counted)),
        ("neurons_named", score(used as f64, "1", Basis::Counted)),
        ("cpu_ms_per_sample", score(each_ms, "ms", Basis::Measured)),
        ("wall_s", score(spent.wall_s, "s", Basis::Measured)),
        ("cpu_s", score(spent.cpu_s, "s", Basis::Measured)),
        ("test_cpu_s", score(tested.cpu_s, "s", Basis::Measured)),
        ("peak_rss_mb", score(tested.peak_rss_mb, "MB", Basis::Measured)),
    ];
    let title = &opened.study.network.title;
    let report = Report {
        title: title.clone(),
        provenance: provenance.clone(),
        entries: vec![Entry { name: opened.name.clone(), scores: scores.into_iter().map(|(k, s)| (k.to_string(), s)).collect() }],
    };
    work::write_report(&report_path, &report)?;
    let facts = vec![
        format!(
            "{shown} samples were shown, {} of processor time each; {} spikes of the neurons that are read out on average.",
            show::seconds(each_ms / 1000.0),
            show::three_digits(spikes / shown.max(1) as f64)
        ),
        format!(
            "{used} of {} neurons stand for a class: the one that they spiked most for, on average, among the samples that were learned from, with weights held still ({:.1} % of those are told right).",
            named.class.len(),
            100.0 * on_training
        ),
        format!("No label was used before that. Seed {seed}."),
    ];
    let shown_page = Learned {
        title,
        answer: format!("{:.1} % of {} test samples are told right.", 100.0 * accuracy, test.len()),
        facts,
        weights: pictures(&local, model, samples),
        class: &named.class,
        confusion: &confusion,
        provenance: &provenance,
    };
    work::write(&page, html(&shown_page).as_bytes())?;
    Ok(Lines {
        text: format!(
            "test accuracy {:.2} % ({} samples), {shown} samples shown, {} of processor time each, seed {seed}\n{}\n",
            100.0 * accuracy,
            test.len(),
            show::seconds(each_ms / 1000.0),
            page.display()
        ),
        json: serde_json::json!({ "title": title, "seed": seed, "samples_shown": shown, "test_accuracy": accuracy, "training_accuracy": on_training,
            "neurons_named": used, "spikes_per_sample": spikes / shown.max(1) as f64, "cpu_ms_per_sample": each_ms,
            "wall_s": spent.wall_s, "cpu_s": spent.cpu_s, "page": page, "provenance": provenance }),
    })
}

/// The weights onto the neurons that are read out, as pictures where those who send are a picture.
fn pictures(local: &Local<'_>, model: &Model, samples: &Samples) -> Vec<Weights> {
    let mut out = Vec::new();
    for (s, learned) in model.streams.iter().zip(&local.state().plastic) {
        let Some(shape) = samples.picture.filter(|(r, c)| r * c == model.groups[s.from].size) else { continue };
        let (Some(weights), Some(p)) = (learned.connections.first(), s.plasticity.as_ref().filter(|_| s.to == local.readout())) else {
            continue;
        };
        let mut pictures = vec![vec![0.0; model.groups[s.from].size]; model.groups[s.to].size];
        // Of a cell all that one sender's spikes do: it may have several connections.
        s.events.each(|k, sender, receiver| pictures[p.neuron(receiver)][sender] += weights[k]);
        let most = pictures.iter().flatten().fold(f64::MIN_POSITIVE, |m, w| m.max(*w));
        pictures.iter_mut().flatten().for_each(|w| *w /= most);
        out.push(Weights { name: s.name.clone(), shape, pictures });
    }
    out
}
