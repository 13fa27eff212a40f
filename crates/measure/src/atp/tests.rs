use super::*;

const ATP: &str = include_str!("../../../../library/energy/atp.toml");

fn read(text: &str) -> Result<AtpTable, Box<Diagnostic>> {
    AtpTable::read(&Source::new("atp.toml", text))
}

fn near(x: f64, y: f64) -> bool {
    (x - y).abs() < 1e-9 * y.abs()
}

#[test]
fn a_picocoulomb_of_sodium_takes_two_million_atp() {
    let table = read(ATP).unwrap();
    // 1e-12 / 1.602176634e-19 = 6.241509074e6 ions, a third of them 2.080503025e6 ATP, at 5e4 / 6.02214076e23 = 8.302695258e-20 J.
    let p = pumping([("na", 1.0)], &table).unwrap();
    assert!(near(table.ion[0].ions(1.0), 6.241_509_074e6), "{}", table.ion[0].ions(1.0));
    assert!(near(p.atp, 2.080_503_024_8e6), "{}", p.atp);
    assert!((table.joules_per_atp() - 8.302_695_7e-20).abs() < 1e-26, "{}", table.joules_per_atp());
    assert!((p.joules - 1.727_378e-13).abs() < 1e-18, "{}", p.joules);
}

#[test]
fn a_picocoulomb_of_calcium_is_half_as_many_ions_and_each_takes_an_atp() {
    let p = pumping([("ca", 1.0)], &read(ATP).unwrap()).unwrap();
    assert!(near(p.atp, 3.120_754_537e6), "{}", p.atp);
}

#[test]
fn charges_of_one_ion_are_one_part_and_parts_add_up() {
    let table = read(ATP).unwrap();
    let p = pumping([("ca", 0.5), ("na", 2.0), ("na", 1.0)], &table).unwrap();
    let parts: Vec<_> = p.parts.iter().map(|p| (p.title.as_str(), p.charge)).collect();
    assert_eq!(parts, [("Sodium", 3.0), ("Calcium", 0.5)]);
    assert!(near(p.atp, 3.0 * 2.080_503_024_8e6 + 0.5 * 3.120_754_537e6));
    assert!(near(p.joules, p.atp * table.joules_per_atp()));
}

#[test]
fn nothing_counted_is_no_energy_and_nothing_in_is_none_spent() {
    let table = read(ATP).unwrap();
    assert_eq!(pumping([], &table), None);
    assert_eq!(pumping([("na", 0.0)], &table).unwrap().joules.to_bits(), 0.0f64.to_bits());
}

#[test]
fn what_is_wrong_with_a_table_of_pumps_is_said_at_its_place() {
    let said = read(&ATP.replace("hydrolysis =", "hydrolisis =")).unwrap_err();
    assert!(said.message.contains("hydrolisis"), "{}", said.message);
    assert_eq!(said.position().unwrap().0, ATP.lines().position(|l| l.starts_with("hydrolysis")).unwrap() + 1);
    for (from, to, word) in [
        ("hydrolysis = 50.0", "hydrolysis = 0.0", "no free energy"),
        ("per_atp = 3.0", "per_atp = -3.0", "`na` needs"),
        ("charge = 2", "charge = 0", "`ca` needs"),
        ("name = \"ca\"", "name = \"na\"", "listed twice"),
        ("name = \"ca\"", "name = \"k\"", "nothing of `ca`"),
    ] {
        let said = read(&ATP.replace(from, to)).unwrap_err();
        assert!(said.code == "atp-table" && said.message.contains(word), "{}", said.message);
    }
}
