use super::*;

fn coordinate(low: f64, high: f64, logarithmic: bool) -> Coordinate {
    Coordinate { name: "p".into(), region: None, unit: Unit::ONE, low, high, logarithmic, start: None, declared: low }
}

fn all() -> [Coordinate; 4] {
    [coordinate(-80.0, -40.0, false), coordinate(0.0, 3.0, false), coordinate(1e-6, 1e-2, true), coordinate(20.0, 400.0, true)]
}

#[test]
fn values_come_back_from_their_coordinates() {
    for c in all() {
        for k in 1..100 {
            let x = c.at_share(f64::from(k) / 100.0);
            let back = c.value(c.of(x));
            assert!((back - x).abs() <= 1e-13 * (c.high - c.low), "{c:?} {x} {back}");
        }
        for u in [-800.0, -40.0, 40.0, 800.0] {
            assert!((c.low..=c.high).contains(&c.value(u)), "{u}");
        }
        assert!(c.of(c.low).is_finite() && c.of(c.high).is_finite());
    }
}

#[test]
fn slopes_are_those_of_finite_differences() {
    for c in all() {
        for k in -40..=40 {
            let (u, h) = (0.2 * f64::from(k), 1e-5);
            let difference = (c.value(u + h) - c.value(u - h)) / (2.0 * h);
            assert!(
                (c.slope(u) - difference).abs() <= 1e-8 * difference.abs() + 1e-10 * (c.high - c.low),
                "{u} {} {difference}",
                c.slope(u)
            );
        }
    }
}

#[test]
fn starts_fill_every_part_of_every_range_once_and_the_first_is_where_the_file_says() {
    let mut parameters = all().to_vec();
    let n = 16;
    let found = starts(&parameters, n, 3);
    for (p, c) in parameters.iter().enumerate() {
        let mut strata: Vec<usize> =
            found.iter().map(|row| ((c.share_of(c.value(row[p])) - MARGIN) / (1.0 - 2.0 * MARGIN) * n as f64) as usize).collect();
        strata.sort_unstable();
        assert_eq!(strata, (0..n).collect::<Vec<_>>());
    }
    parameters[0].start = Some(-70.0);
    let given = starts(&parameters, n, 3);
    assert!((parameters[0].value(given[0][0]) + 70.0).abs() < 1e-12);
    assert_eq!(given[1..], found[1..], "what is given to one search moves no other");
    assert_ne!(starts(&parameters, n, 4), given);
}
