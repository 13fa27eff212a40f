use super::*;
use crate::calculus::tests::random_kernel;

#[test]
fn what_is_printed_reads_back_as_the_same_kernel() {
    for seed in 0..200 {
        let kernel = random_kernel(seed, 15);
        let text = kernel.to_string();
        let back = parse(&Source::new("k", text.clone())).unwrap_or_else(|e| panic!("{}\n{text}", e[0].render(false)));
        assert_eq!(kernel, back);
    }
}

#[test]
fn every_line_that_is_not_understood_is_reported_with_its_place() {
    let text = "kernel k\nin x mV\n%0 = input x\n%1 = frobnicate %0\n%2 = exp %9\nout y mV %0\n%7 = exp %0\n";
    let problems = parse(&Source::new("k.txt", text)).unwrap_err();
    let lines: Vec<_> = problems.iter().map(|d| d.position().unwrap().0).collect();
    assert_eq!(lines, [4, 5, 7]);
}

#[test]
fn a_kernel_that_reads_well_but_breaks_a_law_is_refused() {
    let text = "kernel k\nin x 1\n%0 = input x\n%1 = lt %0 %0\n%2 = exp %1\nout y 1 %1\n";
    let problems = parse(&Source::new("k.txt", text)).unwrap_err();
    assert_eq!(problems.len(), 2, "{problems:?}");
}
