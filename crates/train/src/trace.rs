//! A loss on recorded traces.

/// The mean squared difference of two traces, and its gradient with respect to the first. `samples` is what the sum is divided by: at least
/// the length of the traces, more when samples that never differ (the initial one) count too.
///
/// # Panics
/// When the traces differ in length.
pub fn mean_square(trace: &[f64], target: &[f64], samples: usize) -> (f64, Vec<f64>) {
    assert_eq!(trace.len(), target.len(), "traces of one length");
    let scale = 1.0 / samples.max(1) as f64;
    let sum: f64 = trace.iter().zip(target).map(|(a, b)| (a - b) * (a - b)).sum();
    (sum * scale, trace.iter().zip(target).map(|(a, b)| 2.0 * scale * (a - b)).collect())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_gradient_is_the_slope_of_the_loss() {
        let (a, b) = ([1.0, -2.0, 0.5], [0.0, 1.0, 0.5]);
        let (loss, gradient) = super::mean_square(&a, &b, 4);
        assert_eq!((loss, gradient), (2.5, vec![0.5, -1.5, 0.0]));
    }
}
