use super::*;

fn unit(t: &str) -> Unit {
    Unit::parse(t).unwrap_or_else(|e| panic!("{t}: {e}"))
}

#[test]
fn nmodl_notations_of_one_unit_are_equal() {
    assert_eq!(unit("mho/cm2"), unit("S/cm2"));
    assert_eq!(unit("millivolt"), unit("mV"));
    assert_eq!(unit("/ms"), unit("1/ms"));
    assert_eq!(unit("1"), Unit::ONE);
    assert_eq!(unit("nanoamp"), unit("nA"));
    assert_eq!(unit("ohm cm"), unit("ohm-cm"));
    assert_eq!(unit("mM"), unit("milli/liter").powi(1) * unit("mol"));
}

#[test]
fn derived_units_agree_with_their_definitions() {
    assert_eq!(unit("S/cm2") * unit("mV"), unit("mA/cm2"));
    assert_eq!(unit("Mohm") * unit("nA"), unit("mV"));
    assert_eq!(unit("nF") / unit("uS"), unit("ms"));
    assert_eq!(unit("mV").factor_to(&unit("V")), Some(1e-3));
    assert_eq!(unit("mV").factor_to(&unit("nA")), None);
}

#[test]
fn what_is_printed_reads_back_as_the_same_unit() {
    for t in ["mV", "1", "ms", "S/cm2", "nA", "mV/ms", "0.001 m", "K mol", "A s^-3", "kg m^2", "coulomb/mol"] {
        assert_eq!(unit(&unit(t).to_string()), unit(t), "{t} was printed as {}", unit(t));
    }
}

#[test]
fn a_word_that_is_no_unit_is_named_with_its_place() {
    let e = Unit::parse("mV/fortnight").unwrap_err();
    assert_eq!((e.part.as_str(), e.offset), ("fortnight", 3));
    assert!(Unit::parse("mV/ms/ms").is_err(), "two slashes are ambiguous");
}
