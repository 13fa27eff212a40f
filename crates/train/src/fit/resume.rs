//! A fit between two generations as a checkpoint: nothing that goes on is left out, and nothing is drawn from a state that is not in it.

use super::cma::End;
use super::newton::Newton;
use super::objective::Objective;
use super::search::{Best, Fitter, Plan, Searches};
use crate::checkpoint::{bits, number, whole};
use homolog_base::Diagnostic;
use homolog_model::Checkpoint;
use homolog_model::fit::{Fit, Method};

const FORMAT: &str = "homolog-fit-1";

/// Settings that decide how a search goes on, in words that a person can compare. The number of variants counts only where steps depend on it.
fn settings(fit: &Fit, plan: &Plan, objective: &Objective<'_>) -> Vec<(&'static str, String)> {
    let mut out = vec![
        ("method", plan.method.word().to_string()),
        ("restarts", plan.restarts.to_string()),
        ("population", plan.population.to_string()),
        ("seed", plan.seed.to_string()),
    ];
    if plan.method == Method::Gradient {
        out.push(("learning-rate", plan.learning_rate.to_string()));
        out.push(("evaluations", plan.evaluations.to_string()));
    }
    let losses: Vec<String> = fit.losses.iter().map(|l| format!("{:?} {}", l.term.value, l.weight)).collect();
    out.push(("loss", losses.join(", ")));
    out.push(("threshold", fit.threshold.as_ref().map_or("its own".into(), |t| t.value.to_string())));
    let parameter = |c: &super::Coordinate| {
        let start = c.start.map_or(String::new(), |s| format!(" from {s}"));
        let scale = if c.logarithmic { "log" } else { "linear" };
        format!("{} {} to {} {}{start} ({scale})", c.label(), c.low, c.high, c.unit)
    };
    out.push(("parameters", objective.parameters().iter().map(parameter).collect::<Vec<_>>().join(", ")));
    out
}

impl Fitter {
    /// Everything needed to go on from here.
    pub fn checkpoint(&self, fit: &Fit, objective: &Objective<'_>) -> Checkpoint {
        let mut out = Checkpoint::default();
        let (model, data) = objective.hashes();
        let mut word = |name: &str, value: String| out.words.insert(name.into(), value);
        word("format", FORMAT.into());
        word("model", model.hex());
        word("data", data.hex());
        word("generation", self.generation.to_string());
        word("evaluations-done", self.evaluations.to_string());
        for (name, value) in settings(fit, &self.plan, objective) {
            word(&format!("fit.{name}"), value);
        }
        let n = objective.parameters().len();
        let array = |out: &mut Checkpoint, name: String, columns: usize, values: Vec<f64>| {
            let shape = values.len().checked_div(columns).map_or_else(|| vec![values.len()], |rows| vec![rows, columns]);
            out.arrays.insert(name, (shape, values));
        };
        array(&mut out, "best/loss".into(), 0, self.best.iter().map(|b| b.loss).collect());
        array(&mut out, "best/point".into(), n, self.best.iter().flat_map(|b| b.point.clone()).collect());
        array(&mut out, "curve/evaluations".into(), 0, self.curve.iter().map(|c| c.0 as f64).collect());
        array(&mut out, "curve/loss".into(), self.plan.restarts, self.curve.iter().flat_map(|c| c.1.clone()).collect());
        match &self.searches {
            Searches::Descents(params, method) => {
                array(&mut out, "coordinates".into(), n, params.tensors[0].values.clone());
                method.save(params, &mut out);
            }
            Searches::Newton(all) => {
                let rows = |part: &dyn Fn(&Newton) -> &[f64]| all.iter().flat_map(|d| part(d).to_vec()).collect::<Vec<f64>>();
                array(&mut out, "newton/point".into(), n, rows(&|d| &d.point));
                array(&mut out, "newton/gradient".into(), n, rows(&|d| &d.gradient));
                array(&mut out, "newton/inverse".into(), n * n, rows(&|d| &d.inverse));
                array(&mut out, "newton/loss".into(), 0, all.iter().map(|d| d.loss).collect());
                array(&mut out, "newton/part".into(), 0, all.iter().map(|d| d.part).collect());
                array(&mut out, "newton/steps".into(), 0, all.iter().map(|d| d.steps as f64).collect());
            }
            Searches::Distributions(all) => {
                for (r, s) in all.iter().enumerate() {
                    array(&mut out, format!("cma.{r}/mean"), 0, s.mean.clone());
                    array(&mut out, format!("cma.{r}/covariance"), n, s.covariance.clone());
                    array(&mut out, format!("cma.{r}/path"), 0, s.path.clone());
                    array(&mut out, format!("cma.{r}/sigma-path"), 0, s.sigma_path.clone());
                    array(&mut out, format!("cma.{r}/recent"), 0, s.recent.clone());
                    out.words.insert(format!("cma.{r}.sigma"), bits(s.sigma));
                    out.words.insert(format!("cma.{r}.generation"), s.generation.to_string());
                    out.words.insert(format!("cma.{r}.end"), s.end.map_or("no".into(), |e| format!("{e:?}")));
                }
            }
        }
        out
    }

    /// Searches that go on where a checkpoint was made, as if they had never stopped, bit for bit. More variants than before may be asked for where the method is
    /// `cma`.
    ///
    /// # Errors
    /// When the checkpoint is of another fit, neuron or recording, or something in it is missing.
    pub fn resume(fit: &Fit, plan: Plan, objective: &Objective<'_>, from: &Checkpoint) -> Result<Fitter, Vec<Diagnostic>> {
        if from.words.get("format").is_none_or(|f| f != FORMAT) {
            let d = Diagnostic::error("resume-format", format!("this is no checkpoint of a fit: it does not say `{FORMAT}`"));
            return Err(vec![d.hint("leave `--resume` out, or name the folder of a fit of this version")]);
        }
        let mut problems = Vec::new();
        let (model, data) = objective.hashes();
        let again = "go back to the files that it was made with, or leave `--resume` out to begin anew";
        for (name, what, hash) in [("model", "the neuron with its currents", model), ("data", "what it is held to", data)] {
            if from.words.get(name).is_none_or(|h| *h != hash.hex()) {
                let text = format!("{what} is not as it was when this checkpoint was made");
                problems.push(Diagnostic::error("resume-other", text).hint(again));
            }
        }
        for (name, value) in settings(fit, &plan, objective) {
            let saved = from.words.get(&format!("fit.{name}")).map_or("", String::as_str);
            if saved != value {
                let text = format!("`{name}` was {saved} when this checkpoint was made and is {value} now");
                problems.push(
                    Diagnostic::error("resume-setting", text).hint(format!("set `{name}` back, or leave `--resume` out to begin anew")),
                );
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut out = Fitter::new(plan, objective);
        out.load(from, objective.parameters().len()).map_err(|part| {
            let d = Diagnostic::error("resume-incomplete", format!("`{part}` is missing from the checkpoint, or not of the right size"));
            vec![d.hint("it was cut short or changed; leave `--resume` out to begin anew")]
        })?;
        Ok(out)
    }

    fn load(&mut self, from: &Checkpoint, n: usize) -> Result<(), String> {
        let array = |name: &str, size: Option<usize>| -> Result<Vec<f64>, String> {
            let found = from.arrays.get(name).map(|a| &a.1).filter(|v| size.is_none_or(|s| v.len() == s));
            found.cloned().ok_or_else(|| name.to_string())
        };
        self.generation = whole(from, "generation")?;
        self.evaluations = whole(from, "evaluations-done")?;
        let restarts = self.plan.restarts;
        let losses = array("best/loss", Some(restarts))?;
        let points = array("best/point", Some(restarts * n))?;
        self.best = losses.into_iter().zip(points.chunks(n)).map(|(loss, p)| Best { loss, point: p.to_vec() }).collect();
        let spent = array("curve/evaluations", Some(self.generation))?;
        let curve = array("curve/loss", Some(self.generation * restarts))?;
        self.curve = spent.iter().zip(curve.chunks(restarts)).map(|(e, l)| (*e as usize, l.to_vec())).collect();
        if self.plan.method == Method::Gradient && from.arrays.contains_key("newton/point") {
            let parts = |name: &str, size: usize| array(&format!("newton/{name}"), Some(restarts * size));
            let (points, gradients, inverses) = (parts("point", n)?, parts("gradient", n)?, parts("inverse", n * n)?);
            let (losses, fractions, steps) = (parts("loss", 1)?, parts("part", 1)?, parts("steps", 1)?);
            let one = |r: usize| Newton {
                point: points[r * n..(r + 1) * n].to_vec(),
                loss: losses[r],
                gradient: gradients[r * n..(r + 1) * n].to_vec(),
                inverse: inverses[r * n * n..(r + 1) * n * n].to_vec(),
                part: fractions[r],
                steps: steps[r] as usize,
            };
            self.searches = Searches::Newton((0..restarts).map(one).collect());
            return Ok(());
        }
        match &mut self.searches {
            Searches::Newton(_) => {}
            Searches::Descents(params, method) => {
                params.tensors[0].values = array("coordinates", Some(restarts * n))?;
                method.load(params, from)?;
            }
            Searches::Distributions(all) => {
                for (r, s) in all.iter_mut().enumerate() {
                    s.mean = array(&format!("cma.{r}/mean"), Some(n))?;
                    s.covariance = array(&format!("cma.{r}/covariance"), Some(n * n))?;
                    s.path = array(&format!("cma.{r}/path"), Some(n))?;
                    s.sigma_path = array(&format!("cma.{r}/sigma-path"), Some(n))?;
                    s.recent = array(&format!("cma.{r}/recent"), None)?;
                    s.sigma = number(from, &format!("cma.{r}.sigma"))?;
                    s.generation = whole(from, &format!("cma.{r}.generation"))?;
                    let name = format!("cma.{r}.end");
                    s.end = match from.words.get(&name).map(String::as_str) {
                        Some("no") => None,
                        Some("Flat") => Some(End::Flat),
                        Some("Small") => Some(End::Small),
                        Some("Stretched") => Some(End::Stretched),
                        _ => return Err(name),
                    };
                    s.refresh();
                }
            }
        }
        Ok(())
    }
}
