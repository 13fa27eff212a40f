//! From numbers to a verdict, by rules that know nothing of a claim.

use crate::card::{Criterion, Test};
use serde::Serialize;

/// What the numbers say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every criterion is met, and every control misses those it must.
    Supported,
    /// A criterion is missed.
    Contradicted,
    /// Seeds leave a criterion open, or a control does not turn what it must, so the criterion shows nothing.
    Inconclusive,
}

impl Verdict {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Supported => "supported",
            Verdict::Contradicted => "contradicted",
            Verdict::Inconclusive => "inconclusive",
        }
    }
}

/// A criterion with what was measured.
#[derive(Clone, PartialEq, Debug)]
pub struct Judged {
    /// Its name.
    pub name: String,
    /// One number for each seed; not finite where there was nothing to measure.
    pub values: Vec<f64>,
    /// Whether it is met; none where the seeds leave it open.
    pub met: Option<bool>,
}

impl Judged {
    /// The mean over seeds.
    pub fn mean(&self) -> f64 {
        self.values.iter().sum::<f64>() / self.values.len() as f64
    }

    /// The standard error of the mean; 0 for one seed.
    pub fn error(&self) -> f64 {
        let n = self.values.len() as f64;
        if n < 2.0 {
            return 0.0;
        }
        let mean = self.mean();
        let squares: f64 = self.values.iter().map(|x| (x - mean) * (x - mean)).sum();
        (squares / (n - 1.0) / n).sqrt()
    }
}

/// Judges one criterion. What could not be measured in any seed misses it. With several seeds two standard errors to both sides of the
/// mean must all meet it, or none of that.
pub fn judge(criterion: &Criterion, values: &[f64]) -> Judged {
    let mut judged = Judged { name: criterion.name.clone(), values: values.to_vec(), met: Some(false) };
    if values.is_empty() || values.iter().any(|x| !x.is_finite()) {
        return judged;
    }
    let (mean, room) = (judged.mean(), 2.0 * judged.error());
    let (low, high) = (mean - room, mean + room);
    let (all, none) = match criterion.test {
        Test::AtLeast(bound) => (low >= bound, high < bound),
        Test::AtMost(bound) => (high <= bound, low > bound),
        Test::Within(centre, tolerance) => {
            let (least, most) = (centre - tolerance, centre + tolerance);
            (low >= least && high <= most, high < least || low > most)
        }
    };
    judged.met = if all {
        Some(true)
    } else if none {
        Some(false)
    } else {
        None
    };
    judged
}

/// The verdict: `criteria` of the experiment, and for each control whether it missed what it must.
pub fn verdict(criteria: &[Judged], controls: &[bool]) -> Verdict {
    if criteria.iter().any(|c| c.met == Some(false)) {
        Verdict::Contradicted
    } else if criteria.iter().any(|c| c.met.is_none()) || controls.iter().any(|turned| !turned) || controls.is_empty() {
        Verdict::Inconclusive
    } else {
        Verdict::Supported
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Words;

    fn criterion(test: Test) -> Criterion {
        Criterion { name: "a".into(), quantity: "a".into(), unit: "1", test, text: String::new(), words: Words::default() }
    }

    #[test]
    fn one_number_meets_or_misses() {
        let within = criterion(Test::Within(18.7, 0.374));
        assert_eq!(judge(&within, &[18.72]).met, Some(true));
        assert_eq!(judge(&within, &[19.1]).met, Some(false));
        assert_eq!(judge(&within, &[f64::NAN]).met, Some(false), "there was no spike to measure");
        assert_eq!(judge(&within, &[]).met, Some(false));
    }

    #[test]
    fn seeds_that_lie_on_both_sides_leave_it_open() {
        let least = criterion(Test::AtLeast(1.0));
        assert_eq!(judge(&least, &[1.2, 1.25, 1.3]).met, Some(true));
        assert_eq!(judge(&least, &[0.5, 1.2, 1.6]).met, None);
        assert_eq!(judge(&least, &[0.5, 0.55, 0.6]).met, Some(false));
        let within = criterion(Test::Within(1.0, 0.1));
        assert_eq!(judge(&within, &[0.2, 1.0, 1.8]).met, None, "a mean in the middle of wide seeds shows nothing");
        assert_eq!(judge(&within, &[0.5, 0.7, 1.2]).met, None, "nor does one outside of the range that wide seeds reach over");
        assert_eq!(judge(&within, &[1.98, 2.0, 2.02]).met, Some(false));
        assert_eq!(judge(&within, &[0.98, 1.0, 1.02]).met, Some(true));
    }

    #[test]
    fn a_verdict_needs_controls_that_fail() {
        let met = |met| Judged { name: "a".into(), values: vec![1.0], met };
        let all = [met(Some(true)), met(Some(true))];
        assert_eq!(verdict(&all, &[true]), Verdict::Supported);
        assert_eq!(verdict(&all, &[true, false]), Verdict::Inconclusive);
        assert_eq!(verdict(&all, &[]), Verdict::Inconclusive);
        assert_eq!(verdict(&[met(Some(true)), met(None)], &[true]), Verdict::Inconclusive);
        assert_eq!(verdict(&[met(Some(false)), met(None)], &[true]), Verdict::Contradicted);
    }
}
