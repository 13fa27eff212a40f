//! Weights that a rule of plasticity changes, recorded at intervals.

mod common;

use common::Place;

fn model(presentation: &str, record: &str) -> String {
    format!(
        "title = \"Weights\"\n[time]\nstep = \"0.1 ms\"\npresentation = \"{presentation}\"\n\
         [population.source]\nnames = [\"s1\", \"s2\", \"s3\"]\nneuron = \"spikes\"\npoisson = \"80 Hz\"\nsends = \"inhibitory\"\n\
         [population.cells]\nsize = 4\nneuron = \"lif\"\nbias = false\n\
         [[noise]]\npopulation = \"cells\"\npoisson = \"1 kHz\"\nweight = \"2 mV\"\n\
         [[projection]]\nfrom = \"source\"\nto = \"cells\"\nwiring = \"all-to-all\"\nweights = {{ uniform = [\"-2 mV\", \"-1 mV\"] }}\n\
         delay = {{ uniform = [\"0.5 ms\", \"3 ms\"] }}\nplasticity = {{ rule = \"stdp\", a_plus = 0.01, a_minus = 0.01, wmax = \"4 mV\" }}\n\
         [[record]]\nvariable = \"weights\"\nfrom = \"source\"\nto = \"cells\"\n{record}"
    )
}

/// Rows of the table of weights: time, and the rest of each.
fn rows(place: &Place, folder: &str) -> Vec<(f64, String)> {
    let text = place.read(&format!("{folder}/weights.csv"));
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("t (ms),projection,from,to,weight,unit"));
    lines.map(|l| l.split_once(',').unwrap()).map(|(t, rest)| (t.parse().unwrap(), rest.to_string())).collect()
}

fn at(rows: &[(f64, String)], t: f64) -> Vec<&str> {
    rows.iter().filter(|r| r.0 == t).map(|r| r.1.as_str()).collect()
}

#[test]
fn a_table_of_weights_holds_those_with_which_a_run_that_ends_there_ends() {
    let place = Place::new();
    place.write("long.toml", &model("100 ms", "every = \"30 ms\"\n"));
    place.homolog("run long.toml --out long --quiet").well();
    let long = rows(&place, "long");
    let mut times: Vec<f64> = long.iter().map(|r| r.0).collect();
    times.dedup();
    assert_eq!(times, [0.0, 30.0, 60.0, 90.0, 100.0], "the beginning, every interval, and the end");
    assert!(long.iter().all(|r| r.1.starts_with("source->cells,") && r.1.ends_with(",mV")));
    let weight = |row: &&str| row.split(',').nth(3).unwrap().parse::<f64>().unwrap();
    let first: Vec<f64> = at(&long, 0.0).iter().map(weight).collect();
    assert!(first.len() == 12 && first.iter().all(|w| (-2.0001..=-0.9999).contains(w)), "as they were drawn, with their sign: {first:?}");
    for (k, t) in [30.0, 60.0, 90.0].into_iter().enumerate() {
        let name = format!("short{k}");
        place.write(&format!("{name}.toml"), &model(&format!("{t} ms"), ""));
        place.homolog(&format!("run {name}.toml --out {name} --quiet")).well();
        assert_eq!(at(&long, t), at(&rows(&place, &name), t), "at {t} ms");
        assert_ne!(at(&long, t), at(&long, 100.0), "and they change");
    }
    let (pairs, all): (std::collections::BTreeSet<&str>, usize) =
        (at(&long, 0.0).iter().map(|r| r.rsplitn(3, ',').nth(2).unwrap()).collect(), 12);
    assert_eq!(pairs.len(), all, "a row for each connection");
}

#[test]
fn weights_that_cannot_be_recorded_are_refused_with_a_place() {
    let place = Place::new();
    for (record, words) in [
        ("every = \"0.15 ms\"\n", "0.15 ms are 1.500 steps of 0.1 ms"),
        ("every = \"5 ms\"\n[[record]]\nvariable = \"weights\"\nfrom = \"source\"\nto = \"cells\"\n", "are recorded twice"),
        ("[[record]]\nvariable = \"weights\"\nfrom = \"cells\"\nto = \"cells\"\n", "there is no projection from `cells` to `cells`"),
        ("name = \"fast\"\n", "there is no projection `fast` from `source` to `cells`"),
        ("[[record]]\nvariable = \"weights\"\nfrom = \"cells\"\nto = \"sauce\"\n", "there is no population `sauce`"),
    ] {
        place.write("bad.toml", &model("100 ms", record));
        let done = place.homolog("check bad.toml");
        assert!(done.code == 1 && done.err.contains(words) && done.err.contains("bad.toml:"), "{words}: {}", done.err);
    }
    let still =
        model("100 ms", "").replace("plasticity = { rule = \"stdp\", a_plus = 0.01, a_minus = 0.01, wmax = \"4 mV\" }", "learn = false");
    place.write("bad.toml", &still);
    let done = place.homolog("check bad.toml");
    assert!(done.code == 1 && done.err.contains("weights of `source->cells` do not change in a run"), "{}", done.err);
}

#[test]
fn the_table_says_at_which_place_of_a_cell_a_weight_is_and_those_of_the_dendrite_that_is_held_up_grow() {
    let place = Place::new();
    place.homolog(&format!("run {} --out found --quiet", common::repository().join("examples/clopath.toml").display())).well();
    let text = place.read("found/weights.csv");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("t (ms),projection,from,to,place,weight,unit"));
    let last: Vec<Vec<&str>> = lines.map(|l| l.split(',').collect()).filter(|r: &Vec<&str>| r[0] == "1000").collect();
    assert_eq!(last.len(), 20);
    for row in last {
        let weight: f64 = row[5].parse().unwrap();
        assert_eq!((row[1], row[3], row[6]), ("input->cell", "0", "nS"));
        match row[4] {
            "left(0.5)" | "left(0.7)" | "left(0.9)" => assert!(weight > 0.2, "{row:?}"),
            // The rest of the left branch is as low as the soma.
            "left(0.1)" | "left(0.3)" => {}
            other => assert!(other.starts_with("right(") && weight < 0.1, "{row:?}"),
        }
    }
}
