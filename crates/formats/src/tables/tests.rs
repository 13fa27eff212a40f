use super::*;

fn table(text: &str) -> Columns {
    of_text(&Source::new("t.txt", text)).unwrap()
}

fn refused(text: &str) -> String {
    of_text(&Source::new("t.txt", text)).unwrap_err().iter().map(|d| d.render(false)).collect::<Vec<_>>().join("\n")
}

#[test]
fn columns_are_found_whatever_parts_them() {
    for text in ["0,1\n2,3\n", "0;1\r\n2;3", "0\t1\n\n2\t3\n", "# a\n% b\n 0   1 \n2 3\n", "\"0\", 1\n2,\"3\"\n"] {
        assert_eq!(table(text).numbers, [[0.0, 2.0], [1.0, 3.0]], "{text}");
    }
}

#[test]
fn a_header_is_what_is_not_all_numbers() {
    let t = table("t (ms),\"v, at the soma (mV)\"\n0,-65\n0.1,-64\n");
    assert_eq!(t.headers, ["t (ms)", "v, at the soma (mV)"]);
    assert_eq!(t.numbers[1], [-65.0, -64.0]);
    assert_eq!(table("time v\n0 1\n").headers, ["time", "v"]);
    assert_eq!(table("0 1\n").headers, ["", ""]);
}

#[test]
fn vectors_of_neuron_say_how_long_they_are() {
    let t = table("label:v(.5)\n2\n0\t-70\n0.025\t-69\n");
    assert_eq!((t.headers[1].as_str(), &t.numbers[1][..]), ("v(.5)", &[-70.0, -69.0][..]));
    assert!(refused("label:v(.5)\n3\n0\t-70\n0.025\t-69\n").contains("says that 3 rows follow, but there are 2"));
    assert!(refused("label:v(.5)\n0\t-70\n0.025\t-69\n").contains("how many rows follow"));
}

#[test]
fn what_is_no_number_is_kept_with_its_place_and_rows_of_other_lengths_are_refused() {
    let t = table("0,1\n2,x\n");
    assert_eq!(t.strange, [(1, 1, "x".to_string())]);
    assert!(t.numbers[1][1].is_nan());
    assert_eq!(&t.source.as_ref().unwrap().text[t.rows[1].start..t.rows[1].end], "2,x");
    assert!(refused("0,1\n2\n3,4,5\n").contains("a row of 1 fields among rows of 2"));
    assert!(refused("# nothing\n").contains("holds no numbers"));
}
