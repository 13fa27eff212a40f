//! How well something is predicted: events by how likely they were held to be, and numbers.
//!
//! ```text
//! area under the curve     P(s_i > s_j) + P(s_i = s_j) / 2, i any sample of class 1 and j any of class 0
//! explained variance       1 - sum (t_k - p_k)^2 / sum (t_k - mean t)^2
//! ```
//!
//! The area is that under the curve of hits over false alarms, counted by ranks in n ln n (Hanley & McNeil 1982, Radiology 143, 29-36).

/// The area under the curve of hits over false alarms of scores, of samples whose class is 0 or 1: 1/2 where scores say nothing; NaN where one of the
/// classes is missing.
///
/// # Panics
/// There are not as many classes as scores.
pub fn auc(scores: &[f64], classes: &[f64]) -> f64 {
    assert_eq!(scores.len(), classes.len(), "one class a sample");
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    let (mut below, mut sum, mut ones) = (0.0, 0.0, 0.0);
    for equal in order.chunk_by(|a, b| scores[*a] == scores[*b]) {
        let of = |c: f64| equal.iter().filter(|k| classes[**k] == c).count() as f64;
        let (zero, one) = (of(0.0), of(1.0));
        sum += one * (below + 0.5 * zero);
        below += zero;
        ones += one;
    }
    sum / (ones * below)
}

/// The share of the variance of targets that predictions explain, below 0 where their mean would do better; NaN where they do not vary, or one of
/// the numbers is none.
///
/// # Panics
/// There are not as many targets as predictions.
pub fn explained(predicted: &[f64], targets: &[f64]) -> f64 {
    assert_eq!(predicted.len(), targets.len(), "one target a sample");
    let mean = targets.iter().sum::<f64>() / targets.len() as f64;
    let left: f64 = predicted.iter().zip(targets).map(|(p, t)| (t - p) * (t - p)).sum();
    let all: f64 = targets.iter().map(|t| (t - mean) * (t - mean)).sum();
    if all == 0.0 { f64::NAN } else { 1.0 - left / all }
}

#[cfg(test)]
mod tests {
    use super::{auc, explained};

    #[test]
    fn the_area_under_the_curve_is_the_share_of_pairs_in_the_right_order() {
        assert_eq!(auc(&[0.1, 0.4, 0.35, 0.8], &[0.0, 0.0, 1.0, 1.0]), 0.75);
        assert_eq!(auc(&[1.0, 1.0, 1.0, 1.0], &[0.0, 1.0, 0.0, 1.0]), 0.5, "what is said alike of all says nothing");
        assert_eq!(auc(&[2.0, 1.0], &[0.0, 1.0]), 0.0);
        assert!(auc(&[1.0, 2.0], &[0.0, 0.0]).is_nan(), "there is nothing to tell apart");
    }

    #[test]
    fn variance_is_explained_as_far_as_predictions_are_nearer_than_the_mean() {
        assert_eq!(explained(&[1.0, 2.0], &[1.0, 2.0]), 1.0);
        assert_eq!(explained(&[1.5, 1.5], &[1.0, 2.0]), 0.0);
        assert!(explained(&[5.0, 5.0], &[1.0, 2.0]) < 0.0);
        assert!(explained(&[1.0, 1.0], &[2.0, 2.0]).is_nan(), "there is nothing to explain");
        assert!(explained(&[1.0, 2.0], &[1.0, f64::NAN]).is_nan(), "what is no number is not swallowed");
    }
}
