//! What `homolog compare digits` must reach. A change that makes learning worse fails here, though every test passes.

use serde_json::{Value, json};

/// What a level must reach.
struct Promise {
    level: &'static str,
    /// Least test accuracy, the mean over the seeds.
    accuracy: f64,
    /// Least spikes of a hidden neuron for an image; 0 for levels that do not promise any.
    spikes: f64,
}

const PROMISES: &[Promise] = &[
    Promise { level: "rate", accuracy: 0.97, spikes: 0.0 },
    Promise { level: "point", accuracy: 0.96, spikes: 0.5 },
    Promise { level: "cable", accuracy: 0.94, spikes: 0.0 },
];

/// Least distance above the control, whose hidden layer does not learn.
const ABOVE_CONTROL: f64 = 0.05;

/// The figures as one object, and every promise that they break. An error when they are not there.
pub fn judge(line: &str) -> Result<(Value, Vec<String>), String> {
    judge_by(PROMISES, line)
}

fn judge_by(promises: &[Promise], line: &str) -> Result<(Value, Vec<String>), String> {
    let found: Value = serde_json::from_str(line.trim()).map_err(|e| format!("compare digits did not print one line of JSON: {e}"))?;
    let mut figures = json!({ "workload": "compare digits", "seeds": found["provenance"]["seeds"], "levels": {} });
    let mut broken = vec![];
    for &Promise { level: name, accuracy: least, spikes: least_spikes } in promises {
        let level = found["levels"].as_array().into_iter().flatten().find(|l| l["level"] == name);
        let level = level.ok_or_else(|| format!("compare digits says nothing of level `{name}`"))?;
        let number =
            |key: &str, value: &Value| value.as_f64().ok_or_else(|| format!("compare digits gives no number for `{key}` of `{name}`"));
        let accuracy = number("test_accuracy", &level["test_accuracy"]["mean"])?;
        let control = number("control_accuracy", &level["control_accuracy"]["mean"])?;
        let spikes = number("spikes_per_neuron_per_image", &level["spikes_per_neuron_per_image"])?;
        figures["levels"][name] = json!({
            "test_accuracy": accuracy, "least_test_accuracy": least, "control_accuracy": control,
            "above_control": accuracy - control, "least_above_control": ABOVE_CONTROL, "spikes_per_neuron_per_image": spikes,
        });
        if accuracy < least {
            broken.push(format!("`{name}` reaches {:.2} %, and {:.0} % was promised", 100.0 * accuracy, 100.0 * least));
        }
        if accuracy - control < ABOVE_CONTROL {
            let (points, least) = (100.0 * (accuracy - control), 100.0 * ABOVE_CONTROL);
            broken.push(format!("`{name}` is {points:.2} points above its control, and {least:.0} were promised"));
        }
        if least_spikes > 0.0 {
            figures["levels"][name]["least_spikes_per_neuron_per_image"] = least_spikes.into();
        }
        if spikes < least_spikes {
            broken.push(format!("a hidden neuron of `{name}` spikes {spikes:.3} times for an image, and {least_spikes} were promised"));
        }
    }
    Ok((figures, broken))
}

#[cfg(test)]
mod tests {
    use super::{Promise, judge, judge_by};
    use serde_json::json;

    /// What `compare` prints of levels: name, accuracy, simulated time (ms) and spikes of a neuron.
    fn line_of(levels: &[(&str, f64, f64, f64)], control: f64) -> String {
        let level = |&(name, accuracy, ms, spikes): &(&str, f64, f64, f64)| {
            json!({ "level": name, "test_accuracy": { "mean": accuracy }, "control_accuracy": { "mean": control },
                "simulated_ms": ms, "spikes_per_neuron_per_image": spikes })
        };
        json!({ "levels": levels.iter().map(level).collect::<Vec<_>>(), "provenance": { "seeds": [0, 1, 2] } }).to_string()
    }

    fn line(rate: f64, point: f64, control: f64, spikes: f64) -> String {
        line_of(&[("rate", rate, 0.0, 0.0), ("point", point, 30.0, spikes), ("cable", 0.99, 20.0, 0.3)], control)
    }

    #[test]
    fn each_promise_that_is_broken_is_named_and_no_other() {
        let broken = |line: &str| judge(line).unwrap().1;
        assert_eq!(broken(&line(0.97, 0.96, 0.9, 0.5)), Vec::<String>::new());
        assert_eq!(broken(&line(0.969, 0.96, 0.9, 0.5)), ["`rate` reaches 96.90 %, and 97 % was promised"]);
        assert_eq!(broken(&line(0.98, 0.95, 0.88, 0.4)).len(), 2);
        assert_eq!(broken(&line(0.98, 0.97, 0.925, 4.0)), ["`point` is 4.50 points above its control, and 5 were promised"]);
        let figures = judge(&line(0.98, 0.97, 0.9, 4.0)).unwrap().0;
        assert_eq!(figures["levels"]["point"]["spikes_per_neuron_per_image"], 4.0);
        assert_eq!(figures["seeds"], json!([0, 1, 2]));
    }

    #[test]
    fn a_further_level_is_one_more_promise() {
        let cable = [Promise { level: "cable", accuracy: 0.94, spikes: 0.0 }];
        let broken = |accuracy: f64, control: f64| judge_by(&cable, &line_of(&[("cable", accuracy, 50.0, 1.0)], control)).unwrap().1;
        assert_eq!(broken(0.94, 0.88), Vec::<String>::new());
        assert_eq!(broken(0.93, 0.89).len(), 2, "worse than promised, and too near its control");
        assert!(judge_by(&cable, &line_of(&[("rate", 0.98, 0.0, 0.0)], 0.9)).unwrap_err().contains("`cable`"));
    }

    #[test]
    fn figures_that_are_not_there_are_an_error_rather_than_a_pass() {
        assert!(judge("").is_err());
        assert!(judge(r#"{"levels": []}"#).unwrap_err().contains("`rate`"));
        assert!(judge(&line(0.98, 0.97, 0.9, 4.0).replace("\"mean\"", "\"maen\"")).is_err());
    }
}
