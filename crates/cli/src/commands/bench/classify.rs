//! One epoch of MNIST through a network of 784, 256 and 10 neurons.

use super::{Args, Found};
use crate::show;
use crate::work::{self, Prepared};
use homolog_base::Diagnostic;
use homolog_engine::Engine;
use homolog_train::Trainer;

/// Trains one epoch, then scores the test part.
pub fn measure(args: &Args) -> Result<Found, Vec<Diagnostic>> {
    let mut opened = work::open_built_in(&format!("benches/{}.toml", args.name), &args.library)?;
    let missing = || {
        vec![
            Diagnostic::error("bench-data", "this bench needs MNIST")
                .hint("set HOMOLOG_DATA to a folder that holds mnist/train-images-idx3-ubyte.gz and the three other files"),
        ]
    };
    let samples = opened.samples.take().ok_or_else(missing)?;
    let (mut prepared, _) = Prepared::new(opened.study.clone(), &opened.library, &samples, 0)?;
    if let Some(n) = args.samples {
        prepared.split.train.truncate(n);
    }
    work::affordable(&opened.study, &prepared.memory(&prepared.task(&samples)?, false))?;
    let mut trainer = Trainer::new(prepared.task(&samples)?, prepared.params.clone(), 0)?;
    let mut engine = Engine::new(args.threads);
    let clock = work::Clock::start();
    let score = trainer.epoch(&mut engine, &mut |_| ()).map_err(|s| vec![s.diagnostic()])?;
    let spent = clock.stop();
    let result = trainer.evaluate(&mut engine, &prepared.split.test).map_err(work::fault)?;
    let images = prepared.split.train.len();
    let text = format!(
        "{} of processor time, {} of wall time for one epoch of {} images, {}\ntest accuracy {:.2} %, training loss {:.4}, peak memory {} MB\n",
        show::seconds(spent.cpu_s),
        show::seconds(spent.wall_s),
        show::count(images as f64),
        show::plural(args.threads, "thread"),
        result.accuracy * 100.0,
        score.point.train_loss,
        show::three_digits(spent.peak_rss_mb),
    );
    let json = serde_json::json!({
        "threads": args.threads, "images": images, "cpu_s_per_epoch": spent.cpu_s, "wall_s_per_epoch": spent.wall_s,
        "loss": score.point.train_loss, "train_accuracy": score.point.train_accuracy, "test_accuracy": result.accuracy, "peak_rss_mb": spent.peak_rss_mb,
    });
    Ok(Found { text, json })
}
