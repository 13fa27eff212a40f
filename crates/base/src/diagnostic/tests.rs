use super::*;

fn example() -> Diagnostic {
    let source = Source::new("net.toml", "[population.hidden]\nneuron = \"lfi\"\n");
    Diagnostic::error("unknown-neuron", "there is no neuron `lfi`")
        .at(&source, 29..34, "not in the library")
        .suggest("lfi", ["relu", "lif"])
}

#[test]
fn a_rendered_diagnostic_shows_file_line_column_place_and_hint() {
    let text = example().render(false);
    for part in ["error[unknown-neuron]", "net.toml:2:10", "not in the library", "did you mean `lif`?"] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn json_positions_count_from_one() {
    let json = example().to_json();
    assert_eq!((json["labels"][0]["line"].as_u64(), json["labels"][0]["column"].as_u64()), (Some(2), Some(10)));
}

#[test]
fn columns_count_characters_not_bytes() {
    let source = Source::new("a", "é = 1");
    assert_eq!(source.line_column(3), (1, 3));
    assert_eq!(source.line_column(1), (1, 1), "inside a character");
    assert_eq!(source.line_column(99), (1, 6), "past the end");
}

#[test]
fn far_names_are_listed_rather_than_guessed() {
    let d = Diagnostic::error("x", "y").suggest("zebra", ["relu", "lif"]);
    assert_eq!(d.hint.as_deref(), Some("known here: lif, relu"));
}
