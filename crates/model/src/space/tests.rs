use super::{Ends, Places, Profile, Space, small_world};
use homolog_base::Key;

fn lattice(periodic: bool) -> Ends {
    let space = Space { places: Places::Grid(vec![30, 40], 10.0), periodic };
    let at = space.positions(1200, Key::new(1));
    Ends { from: at.clone(), to: at, around: periodic.then(|| space.sides()), same: true }
}

#[test]
fn neurons_of_a_lattice_stand_where_they_should_and_distances_go_around() {
    let (open, around) = (lattice(false), lattice(true));
    assert_eq!(open.from[0], [5.0, 5.0, 0.0]);
    assert_eq!(open.from[41], [15.0, 15.0, 0.0], "the last direction is the fastest");
    assert_eq!(open.distance(0, 39), 390.0);
    assert_eq!(around.distance(0, 39), 10.0);
    assert_eq!(around.distance(0, 29 * 40), 10.0);
    assert!(Space { places: Places::Grid(vec![3, 4], 1.0), periodic: false }.fits(13).is_err());
}

#[test]
fn pairs_are_as_frequent_as_their_profile_says_at_every_distance() {
    let ends = lattice(true);
    for profile in [Profile::Gaussian(0.6, 60.0), Profile::Exponential(0.5, 50.0), Profile::Within(0.3, 80.0)] {
        let graph = ends.graph(profile, Key::new(5));
        // In rings of 20 um: expected and found.
        let mut rings = [[0.0; 3]; 10];
        for s in 0..1200 {
            for r in (0..1200).filter(|r| *r != s) {
                let d = ends.distance(s, r);
                let Some(ring) = rings.get_mut((d / 20.0) as usize) else { continue };
                let p = profile.at(d);
                ring[0] += p;
                ring[1] += p * (1.0 - p);
            }
        }
        for (s, r) in graph.pairs() {
            assert_ne!(s, r, "nobody hears himself");
            if let Some(ring) = rings.get_mut((ends.distance(s as usize, r as usize) / 20.0) as usize) {
                ring[2] += 1.0;
            }
        }
        for (k, [expected, variance, found]) in rings.into_iter().enumerate() {
            assert!((found - expected).abs() <= 4.5 * variance.sqrt(), "{profile:?}, ring {k}: {found} instead of {expected}");
        }
        assert!(graph.target.len() > 10_000);
    }
}

#[test]
fn a_small_world_has_its_degrees_no_pair_twice_and_short_ways_with_few_connections_drawn_anew() {
    let way = |again: f64| {
        let g = small_world(400, 10, again, Key::new(3));
        for s in 0..400 {
            let own = &g.target[g.start[s] as usize..g.start[s + 1] as usize];
            assert_eq!(own.len(), 10);
            assert!(own.windows(2).all(|w| w[0] < w[1]) && !own.contains(&(s as u32)));
        }
        // Mean number of connections on the shortest way from neuron 0 to any other.
        let (mut far, mut edge, mut d) = (vec![u32::MAX; 400], vec![0usize], 0);
        far[0] = 0;
        while !edge.is_empty() {
            d += 1;
            let mut next = vec![];
            for s in edge {
                for r in &g.target[g.start[s] as usize..g.start[s + 1] as usize] {
                    if far[*r as usize] == u32::MAX {
                        far[*r as usize] = d;
                        next.push(*r as usize);
                    }
                }
            }
            edge = next;
        }
        far.iter().map(|d| f64::from(*d)).sum::<f64>() / 399.0
    };
    let (ring, small) = (way(0.0), way(0.1));
    // Watts & Strogatz 1998: n / (2 k) on the ring.
    assert!((ring - 20.3).abs() < 0.5, "{ring}");
    assert!(small < 0.35 * ring, "{small} instead of {ring}");
}
