use super::*;
use crate::operations::{Flops, Traffic};

const HOROWITZ: &str = include_str!("../../../../library/energy/horowitz2014.toml");

fn read(text: &str) -> Result<EnergyTable, Box<Diagnostic>> {
    EnergyTable::read(&Source::new("table.toml", text))
}

#[test]
fn the_table_that_ships_is_that_of_the_paper() {
    let t = read(HOROWITZ).unwrap();
    assert_eq!((t.name.as_str(), t.add, t.multiply, t.word_bits), ("horowitz2014", 0.9, 3.7, 32));
    let access: Vec<_> = t.memory.iter().map(|m| (m.bytes, m.access, m.access_most, m.access_bits)).collect();
    let kb = 1024;
    assert_eq!(
        access,
        [
            (Some(8 * kb), 10.0, None, 64),
            (Some(32 * kb), 20.0, None, 64),
            (Some(kb * kb), 100.0, None, 64),
            (None, 1300.0, Some(2600.0), 64)
        ]
    );
}

#[test]
fn energy_is_counts_times_constants() {
    let t = read(HOROWITZ).unwrap();
    let o = Operations {
        multiply_accumulates: 100.0,
        accumulates: 10.0,
        neurons: Flops { add: 1.0, multiply: 2.0, divide: 3.0, elementary: 4.0 },
        spikes: 5.0,
        traffic: vec![
            Traffic { kind: Kind::Weights, words: 200.0, resident: 1e6 },
            Traffic { kind: Kind::State, words: 50.0, resident: 4096.0 },
        ],
    };
    let e = estimate(&o, &t);
    // 4 MB of weights live in DRAM, 16 KB of state in the 32 KB cache; an access moves two words.
    let expected = [460.0, 9.0, 0.9 + 7.4 + 78.9, 184.0, 100.0 * 1950.0, 25.0 * 20.0];
    let names = [
        "multiply-accumulates",
        "accumulates of spikes",
        "neurons: arithmetic",
        "neurons: elementary functions",
        "weights from DRAM",
        "state from 32 KB cache",
    ];
    for ((part, pj), name) in e.parts.iter().zip(expected).zip(names) {
        assert_eq!(part.name, name);
        assert!((part.joules * 1e12 - pj).abs() < 1e-9, "{name}: {}", part.joules);
    }
    assert!((e.joules - e.parts.iter().map(|p| p.joules).sum::<f64>()).abs() < 1e-20);
    assert!((e.range.1 - e.range.0 - 100.0 * 1300.0e-12).abs() < 1e-18);
    assert!((e.joules - 0.5 * (e.range.0 + e.range.1)).abs() < 1e-20);
}

#[test]
fn a_technology_with_a_multiply_accumulate_of_its_own_uses_it() {
    let t = read(&HOROWITZ.replace("add = 0.9\n", "add = 0.9\nmultiply_accumulate = 1.0\n")).unwrap();
    let o = Operations { multiply_accumulates: 100.0, accumulates: 0.0, neurons: Flops::default(), spikes: 0.0, traffic: vec![] };
    assert!((estimate(&o, &t).joules - 100e-12).abs() < 1e-24);
}

#[test]
fn what_is_wrong_with_a_table_is_said_at_its_place() {
    let said = read(&HOROWITZ.replace("divide = 26.3", "divde = 26.3")).unwrap_err();
    assert!(said.message.contains("divde"), "{}", said.message);
    assert_eq!(said.position().unwrap().0, HOROWITZ.lines().position(|l| l.starts_with("divide")).unwrap() + 1);
    for (from, to, word) in [
        ("add = 0.9", "add = -0.9", "`add = -0.9` is no energy"),
        ("bytes = 32768", "bytes = 1", "from the smallest to the largest"),
        ("access_most = 2600.0", "access_most = 1.0", "below its `access`"),
        ("name = \"DRAM\"", "name = \"DRAM\"\nbytes = 99999999", "everything fits somewhere"),
        ("word_bits = 32", "word_bits = 0", "at least one bit"),
    ] {
        let said = read(&HOROWITZ.replace(from, to)).unwrap_err();
        assert!(said.message.contains(word), "{}", said.message);
    }
}
