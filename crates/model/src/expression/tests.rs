use super::*;
use proptest::prelude::*;

const HERE: Place = Place { distance: 300.0, diameter: 1.5, order: 4.0, position: 0.25, length: 20.0, compartments: 3.0 };

fn at(text: &str) -> f64 {
    Expression::parse(text).unwrap_or_else(|m| panic!("{text}: {m:?}")).at(&HERE)
}

#[test]
fn arithmetic_binds_as_it_is_read() {
    for (text, want) in [
        ("1 + 2*3", 7.0),
        ("(1 + 2)*3", 9.0),
        ("2 - 3 - 4", -5.0),
        ("16/4/2", 2.0),
        ("-2^2", -4.0),
        ("2^-1", 0.5),
        ("2^3^2", 512.0),
        ("1e-3*1.5E+2", 0.15),
        ("max(diameter, 2) + min(order, 3)", 5.0),
        ("abs(-position)", 0.25),
        ("sqrt(distance*3)", 30.0),
    ] {
        assert!((at(text) - want).abs() < 1e-14, "{text} is {}, not {want}", at(text));
    }
    let ih = at("2e-4*(-0.8696 + 2.087*exp(0.0031*distance))");
    assert!((ih / (2e-4 * (-0.8696 + 2.087 * homolog_base::math::exp(0.93))) - 1.0).abs() < 1e-15);
}

#[test]
fn conditions_are_joined_and_denied() {
    for (text, want) in [
        ("distance > 200 and distance <= 300", 1.0),
        ("distance < 300 or order >= 4", 1.0),
        ("not (diameter < 1 or order > 2)", 0.0),
        ("not diameter < 1 and order > 2", 1.0),
        ("2*distance < 600 or position > 0.2 and order < 4", 0.0),
    ] {
        assert_eq!(at(text), want, "{text}");
        assert!(Expression::parse(text).is_ok_and(|e| e.is_condition));
    }
}

#[test]
fn mistakes_have_a_place_and_say_what_was_expected() {
    for (text, place, message) in [
        ("distance > radius", "radius", "there is no `radius`"),
        ("distance >", "", "something is missing"),
        ("2 + (3", "", "a parenthesis is not closed"),
        ("exp(1, 2)", ")", "`exp` takes 1 argument"),
        ("distance and order > 2", "distance", "this part says how much, not if"),
        ("1 + (order > 2)", "(order > 2)", "this part says if, not how much"),
        ("1..2", "1..2", "`1..2` is no number"),
        ("order 3", "3", "the expression goes on"),
    ] {
        let m = Expression::parse(text).expect_err(text);
        assert_eq!((text[m.at.clone()].trim(), m.message.as_str()), (place, message), "{text}");
    }
    assert!(Expression::parse(&"(".repeat(100_000)).is_err_and(|m| m.message.contains("too deep")));
    assert!(Expression::parse(&"-".repeat(100_000)).is_err());
}

proptest! {
    #[test]
    fn any_text_is_read_or_has_a_mistake_inside_of_it(text in "[-a-z0-9 .+*/^()<>=,µ]{0,40}") {
        if let Err(m) = Expression::parse(&text) {
            prop_assert!(m.at.start <= m.at.end && m.at.end <= text.len() && text.is_char_boundary(m.at.start) && text.is_char_boundary(m.at.end));
        }
    }
}
