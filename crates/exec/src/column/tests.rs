use super::*;
use homolog_base::Key;

fn lanes_of(u: &Use, ticks: &Range<usize>, mut f: impl FnMut(usize, i128, usize)) {
    for t in ticks.clone() {
        for s in 0..u.sites {
            for l in 0..u.width {
                f(t, extent(u, t).0 + (s * u.column.site + l) as i128, if u.shared { usize::MAX } else { l });
            }
        }
    }
}

#[test]
fn what_is_allowed_is_never_a_number_of_two_lanes() {
    let (mut allowed, mut refused) = (0, 0);
    for case in 0..20_000u64 {
        let pick = |k: u64, n: usize| (Key::new(7).uniform(case, k) * n as f64) as usize;
        let width = 1 + pick(0, 6);
        let ticks = pick(1, 3)..pick(1, 3) + 1 + pick(2, 4);
        let make = |k: u64| {
            let shared = pick(k, 6) == 0;
            let sites = if shared { 1 } else { 1 + pick(k + 1, 3) };
            let site = width + [0, 0, 0, 1, 3][pick(k + 2, 5)];
            let tick = [0, 0, site, sites * site, 3 * site, 20, 24][pick(k + 3, 7)] as isize;
            let column = Column { at: 100 + pick(k + 4, 5) * site + pick(k + 5, 3) * pick(k + 6, 8), tick, site };
            Use { column, sites, width: if shared { 1 } else { width }, shared, written: true, name: String::new() }
        };
        let (x, y) = (make(10), make(20));
        let mut found = false;
        lanes_of(&x, &ticks, |_, a, l| lanes_of(&y, &ticks, |_, b, m| found |= a == b && l != m));
        let said = cross(&x, &y, &ticks);
        assert!(said || !found, "{x:?} {y:?} {ticks:?}");
        // Within one step of ticks the answer is exact.
        if x.column.tick == y.column.tick {
            assert_eq!(said, found, "{x:?} {y:?} {ticks:?}");
        }
        allowed += usize::from(!said);
        refused += usize::from(said);

        let mut same_tick = false;
        lanes_of(&x, &ticks, |t, a, _| lanes_of(&y, &ticks, |u, b, _| same_tick |= t == u && a == b));
        match meeting(&x, &y, &ticks) {
            Meeting::Apart => assert!(!same_tick, "{x:?} {y:?} {ticks:?}"),
            Meeting::Same => assert!(x.sites == y.sites && x.shared == y.shared),
            Meeting::Overlap => assert!(same_tick || x.column.tick != y.column.tick, "{x:?} {y:?} {ticks:?}"),
        }
    }
    assert!(allowed > 2000 && refused > 2000, "{allowed} {refused}");
}
