//! The claims that ship with the program: each is what its card says, and a knob turns each verdict.

use homolog_base::{Diagnostic, Source, has_errors};
use homolog_claims::card::Criterion;
use homolog_claims::lab::Lab;
use homolog_claims::verdict::judge;
use homolog_claims::{Claim, Order, Outcome, Size, Verdict, run};
use homolog_formats::claims::Folder;
use homolog_formats::{claims, library};
use std::collections::BTreeMap;

fn open(id: u32) -> Claim {
    let (shelf, _) = library::load();
    let all = claims::built_in();
    let folder = all.iter().find(|f| f.name.starts_with(&format!("{id}-"))).expect("there is such a claim");
    let (claim, problems) = Claim::open(folder, &shelf);
    let text: Vec<String> = problems.iter().map(|d| d.render(false)).collect();
    claim.unwrap_or_else(|| panic!("{}", text.join("\n")))
}

/// A card at its small size, with its controls.
fn outcome(id: u32, set: &[(&str, f64)]) -> Outcome {
    let claim = open(id);
    let order = Order { set: named(set), size: Size::Small, ..Order::default() };
    let begun = std::time::Instant::now();
    let out = run(&claim, &order, &mut |_| {}).unwrap_or_else(|e| panic!("{}", e[0].render(false)));
    println!("claim {id} {set:?}: {:?}, {} runs, {:.2} s", out.verdict, out.runs, begun.elapsed().as_secs_f64());
    for (name, values) in &out.measured {
        println!("    {name} = {values:?} {}", claim.card.unit(name).unwrap_or("?"));
    }
    for c in out.criteria.iter().chain(out.controls.iter().flat_map(|c| &c.criteria)) {
        println!("    {}: {:?} {:?}", c.name, c.values, c.met);
    }
    out
}

fn named(set: &[(&str, f64)]) -> BTreeMap<String, f64> {
    set.iter().map(|(k, x)| ((*k).to_string(), *x)).collect()
}

/// What a folder's experiment measures at its small size with the first seed, without controls.
fn measured(folder: &Folder, set: &[(&str, f64)]) -> Result<BTreeMap<&'static str, f64>, Vec<Diagnostic>> {
    seeded(folder, set, 0)
}

/// The same with another seed.
fn seeded(folder: &Folder, set: &[(&str, f64)], seed: u64) -> Result<BTreeMap<&'static str, f64>, Vec<Diagnostic>> {
    let (shelf, _) = library::load();
    let (claim, problems) = Claim::open(folder, &shelf);
    let Some(claim) = claim else { return Err(problems) };
    let mut say = |_: f64| {};
    let mut lab = Lab::new(&claim, &named(set), Size::Small, seed, &mut say)?;
    (claim.card.kind.run)(&mut lab).map(|found| found.numbers.into_iter().collect())
}

/// The folder of a claim with texts of its files changed.
fn changed(id: u32, changes: &[(&str, &str, &str)]) -> Folder {
    let mut folder = claims::built_in().into_iter().find(|f| f.name.starts_with(&format!("{id}-"))).expect("there is such a claim");
    for (file, from, to) in changes {
        let files = if folder.files.contains_key(*file) { &mut folder.files } else { &mut folder.shared };
        let text = files[*file].text.clone();
        assert!(text.contains(from), "{from} in {file}");
        files.insert((*file).into(), Source::new(*file, text.replace(from, to)));
    }
    folder
}

/// The names of criteria that are missed.
fn missed(out: &Outcome) -> Vec<&str> {
    out.criteria.iter().filter(|c| c.met == Some(false)).map(|c| c.name.as_str()).collect()
}

#[test]
fn all_cards_can_be_opened_and_have_numbers_of_their_own() {
    let (shelf, _) = library::load();
    let mut ids = vec![];
    for folder in claims::built_in() {
        let (claim, problems) = Claim::open(&folder, &shelf);
        let text: Vec<String> = problems.iter().map(|d| d.render(false)).collect();
        assert!(!has_errors(&problems), "{}", text.join("\n"));
        let card = claim.expect("no errors").card;
        assert!(folder.name.starts_with(&format!("{}-", card.id)), "{} has the number {}", folder.name, card.id);
        assert!(!card.published.is_empty() && !card.knobs.is_empty(), "{}", folder.name);
        ids.push(card.id);
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[test]
fn a_spike_travels_down_the_axon_to_all_terminals_unless_there_is_no_sodium() {
    let out = outcome(14, &[]);
    assert_eq!(out.verdict, Verdict::Supported);
    assert!(out.controls.iter().all(|c| c.turned));
    let without = outcome(14, &[("sodium", 0.0)]);
    assert_eq!((without.verdict, missed(&without)), (Verdict::Contradicted, vec!["speed", "no loss"]));
    // Branches that ask for too much current lose the spike.
    assert_eq!(outcome(14, &[("branches", 6.0)]).verdict, Verdict::Contradicted);
}

#[test]
fn ion_channels_make_spikes_that_are_all_or_none_and_without_sodium_there_are_none() {
    assert_eq!(outcome(13, &[]).verdict, Verdict::Supported);
    let without = outcome(13, &[("sodium", 0.0)]);
    assert_eq!((without.verdict, missed(&without).len()), (Verdict::Contradicted, 4));
    let slope = without.measured["slope"][0];
    assert!((slope - 1.0).abs() < 0.2, "a membrane without sodium channels answers in proportion: {slope}");
}

#[test]
fn a_neuron_is_not_isopotential_unless_its_cytoplasm_has_no_resistance() {
    let out = outcome(16, &[]);
    assert_eq!(out.verdict, Verdict::Supported);
    assert!(
        (out.measured["theory"][0] - 1.5401).abs() < 1e-3,
        "a cable of one length constant: cosh but for half compartments at its ends"
    );
    let one = outcome(16, &[("resistance", 1e-6)]);
    assert_eq!((one.verdict, missed(&one)), (Verdict::Contradicted, vec!["attenuated", "local"]));
}

#[test]
fn a_shunt_on_the_path_takes_more_than_one_beside_it_unless_the_cell_is_isopotential() {
    assert_eq!(outcome(12, &[]).verdict, Verdict::Supported);
    assert_eq!(missed(&outcome(12, &[("leak", 0.4)])).last(), Some(&"coincidence"));
    let one = outcome(12, &[("resistance", 1e-6)]);
    assert_eq!(one.verdict, Verdict::Contradicted);
    let (on, off) = (one.measured["on-path"][0], one.measured["off-path"][0]);
    assert!((on - off).abs() < 1e-3, "one point has no path: {on} and {off}");
    assert_eq!(missed(&outcome(12, &[("inhibition", 0.0)])), ["on the path"]);
}

#[test]
fn the_ledger_of_a_brain_is_in_its_range_unless_no_neuron_spikes_and_slow_gates_waste_sodium() {
    let out = outcome(30, &[]);
    assert_eq!(out.verdict, Verdict::Supported);
    assert!(out.measured["mammal"][0] > 1.0, "no spike can do with less than the least");
    assert_eq!(missed(&outcome(30, &[("rate", 0.0)])), ["brain"]);
    // What hears no knob keeps its bits.
    let cold = outcome(30, &[("temperature", 6.3), ("gates", 0.2)]);
    assert!(cold.measured["squid"][0] > 2.5 * out.measured["squid"][0] && missed(&cold).contains(&"mammal"));
    assert_eq!(cold.measured["epsp"], out.measured["epsp"]);
}

#[test]
fn a_synapse_is_no_weight_unless_its_mechanisms_are_blocked() {
    assert_eq!(outcome(15, &[]).verdict, Verdict::Supported);
    assert_eq!(missed(&outcome(15, &[("magnesium", 0.0)])), ["block"]);
    assert_eq!(missed(&outcome(15, &[("recovery", 1.0)])), ["depression"]);
    assert_eq!(missed(&outcome(15, &[("gaba", 0.0)])), ["inhibits"]);
}

#[test]
fn a_dendrite_tells_directions_apart_with_nmda_receptors_and_resistance_alone() {
    let out = outcome(20, &[]);
    assert_eq!(out.verdict, Verdict::Supported);
    assert!(out.controls.iter().all(|c| c.turned));
    assert!(missed(&outcome(20, &[("nmda", 0.0)])).contains(&"direction"));
    let one = outcome(20, &[("resistance", 1e-6)]);
    assert!((one.measured["ratio"][0] - 1.0).abs() < 0.01, "one point knows no order");
}

#[test]
fn one_cell_tells_exactly_one_from_both_unless_its_calcium_spike_does_not_fall() {
    let out = outcome(18, &[]);
    assert_eq!((out.verdict, out.seeds.len()), (Verdict::Supported, 3));
    let other = outcome(18, &[("fall", 0.0)]);
    assert_eq!(missed(&other), ["told apart"]);
    // Noise that no seed can be sure of.
    assert_ne!(outcome(18, &[("noise", 0.3)]).verdict, Verdict::Supported);
}

#[test]
fn a_tree_with_nmda_receptors_needs_two_layers_and_a_collapsed_one_does_not() {
    let out = outcome(17, &[]);
    assert!(out.controls.iter().all(|c| c.turned), "{:?}", out.controls);
    assert!(out.measured["gain"].iter().all(|gain| *gain > 0.3), "{:?}", out.measured);
    // The number alone is too near to its bound for three seeds to decide.
    assert_eq!((out.verdict, missed(&out)), (Verdict::Inconclusive, vec![]));
}

#[test]
fn whether_a_tree_needs_two_layers_hangs_on_its_receptors() {
    for (nmda, wanted) in [(2.0, [Some(true), Some(true)]), (0.5, [Some(true), Some(false)])] {
        let (shelf, _) = library::load();
        let folder = changed(17, &[]);
        let card = Claim::open(&folder, &shelf).0.expect("it ships").card;
        let seeds: Vec<_> = (0..3).map(|seed| seeded(&folder, &[("nmda", nmda)], seed).unwrap()).collect();
        let met = |c: &Criterion| judge(c, &seeds.iter().map(|s| s[c.quantity.as_str()]).collect::<Vec<_>>()).met;
        assert_eq!(card.criteria.iter().map(met).collect::<Vec<_>>(), wanted, "{nmda}: {seeds:?}");
    }
}

#[test]
fn a_linear_unit_tells_when_an_integrate_and_fire_neuron_spikes_unless_it_learns_from_other_bins() {
    let folder = changed(10, &[]);
    let seen = measured(&folder, &[("first", 2.0)]).unwrap();
    assert!(seen["point-linear"] > 0.85 && (seen["point-rate"] / 3.0 - 1.0).abs() < 0.3, "{seen:?}");
    let shuffled = measured(&folder, &[("first", 2.0), ("shuffled", 1.0)]).unwrap();
    assert!((shuffled["point-linear"] - 0.5).abs() < 0.15 && shuffled["point-potential-best"] < 0.1, "{shuffled:?}");
    assert!(shuffled["point-linear"] < 0.9, "what falsifies the claim");
}

#[test]
fn a_collapsed_cell_that_gets_its_resistance_back_is_the_tree_again_which_misses_the_criterion() {
    let folder = changed(
        10,
        &[
            ("card.toml", "neurons = [\"collapsed\", \"point\", \"bare\", \"whole\"]", "neurons = [\"collapsed\", \"whole\"]"),
            ("card.toml", "strengths = [0.6, 2.3, 3.1, 0.52]", "strengths = [0.6, 0.52]"),
        ],
    );
    let plain = measured(&folder, &[("first", 2.0)]).unwrap();
    let tree = measured(&folder, &[("first", 1.0), ("resistance", 1e6)]).unwrap();
    // In so few seconds areas under the curve do not tell the two cells apart; what synapses must do for the same rate, and what that costs, does.
    for what in ["strength", "pumps", "potential"] {
        let (again, whole) = (tree[format!("collapsed-{what}").as_str()], plain[format!("whole-{what}").as_str()]);
        let collapsed = plain[format!("collapsed-{what}").as_str()];
        assert!((again / whole - 1.0).abs() < 0.05 && (collapsed / whole - 1.0).abs() > 0.15, "{what}: {again}, {whole}, {collapsed}");
    }
    assert!(tree["collapsed-linear"] < 0.97, "what the control must miss: {tree:?}");
}

#[test]
fn no_number_of_a_ladder_depends_on_threads_and_each_neuron_has_a_strength_to_begin_with() {
    let set = [("first", 3.0), ("seconds", 16.0), ("bins", 400.0), ("passes", 1.0)];
    let (shelf, _) = library::load();
    let claim = Claim::open(&changed(10, &[]), &shelf).0.expect("it ships");
    let with = |threads: usize| {
        let mut say = |_: f64| {};
        let mut lab = Lab::new(&claim, &named(&set), Size::Small, 0, &mut say).unwrap();
        lab.threads = threads;
        // Bits, as what was not measured is no number.
        (claim.card.kind.run)(&mut lab).unwrap().numbers.into_iter().map(|(name, x)| (name, x.to_bits())).collect::<Vec<_>>()
    };
    assert_eq!(with(1), with(3));
    let few = changed(10, &[("card.toml", "strengths = [0.6, 2.3, 3.1, 0.52]", "strengths = [0.6, 2.3]")]);
    let found = measured(&few, &set).unwrap_err();
    assert!(found[0].code == "claim-experiment" && !found[0].labels.is_empty(), "{}", found[0].render(false));
}

#[test]
fn what_a_linear_unit_lacks_remains_where_no_cell_has_nmda_receptors() {
    let folder = changed(19, &[]);
    let none = measured(&folder, &[("nmda", 0.0), ("first", 2.0)]).unwrap();
    for what in ["linear", "best", "strength", "rate", "pumps", "potential"] {
        assert_eq!(none[format!("whole-{what}").as_str()], none[format!("without-{what}").as_str()], "{what}");
    }
    // Nothing that is lacked has no share, which is a miss as well.
    assert!(none["remaining"].is_nan() || none["remaining"] == 1.0, "{none:?}");
    let seen = measured(&folder, &[("first", 2.0)]).unwrap();
    assert!(seen["whole-linear"] < seen["without-linear"], "{seen:?}");
    assert!(seen["share"] <= 0.25 && seen["whole-potential-best"] > 0.5, "{seen:?}");
    assert!(seen["whole-pumps"] > 1.0 && seen["whole-pumps"] < 1e3, "{seen:?}");
    let scrambled = measured(&folder, &[("first", 1.0), ("scrambled", 1.0)]).unwrap();
    assert_eq!(scrambled["whole-linear"], seen["whole-linear"], "the wiring of one network changes no other");
    assert_ne!(scrambled["whole-tree"], seen["whole-tree"]);
}

#[test]
fn a_contact_does_what_the_receptors_of_the_library_do_and_counts_its_sodium() {
    let own = changed(19, &[]);
    let library = changed(
        19,
        &[
            ("cells/ten-branches.toml", "mechanism = \"contact\"", "mechanism = \"ampa_nmda\""),
            ("card.toml", "contact.ratio", "ampa_nmda.ratio"),
        ],
    );
    let set = [("first", 1.0), ("seconds", 16.0), ("bins", 400.0), ("passes", 1.0)];
    let (own, library) = (measured(&own, &set).unwrap(), measured(&library, &set).unwrap());
    assert!((own["whole-strength"] / library["whole-strength"] - 1.0).abs() < 1e-9, "{own:?} and {library:?}");
    assert_eq!(own["whole-rate"], library["whole-rate"]);
    assert!(own["whole-pumps"] > library["whole-pumps"], "the library's receptors name no ion");
}

/// Which criteria of a card are met with three seeds, without controls.
fn met(id: u32, set: &[(&str, f64)]) -> Vec<(String, Option<bool>)> {
    met_in(&changed(id, &[]), set, 3)
}

/// The same of a folder, with so many seeds.
fn met_in(folder: &Folder, set: &[(&str, f64)], seeds: u64) -> Vec<(String, Option<bool>)> {
    let (shelf, _) = library::load();
    let card = Claim::open(folder, &shelf).0.expect("it can be opened").card;
    let seeds: Vec<_> = (0..seeds).map(|seed| seeded(folder, set, seed).unwrap()).collect();
    let of = |c: &Criterion| judge(c, &seeds.iter().map(|s| s[c.quantity.as_str()]).collect::<Vec<_>>()).met;
    card.criteria.iter().map(|c| (c.name.clone(), of(c))).collect()
}

#[test]
fn a_cell_has_room_for_a_hundred_thousand_inputs_from_as_many_neurons() {
    let all = |met: [Option<bool>; 3]| ["fits", "other cells", "invariant"].map(String::from).into_iter().zip(met).collect::<Vec<_>>();
    assert_eq!(met(11, &[]), all([Some(true); 3]));
    let seen = measured(&changed(11, &[]), &[]).unwrap();
    assert_eq!((seen["inputs"], seen["senders"]), (1e5, 1e5));
    // In a second, of Poisson processes of 1 Hz: so many spikes, by so many of them.
    assert!((seen["arrived"] - 1e5).abs() < 4.0 * 1e5f64.sqrt(), "{seen:?}");
    let active = 1.0 - homolog_base::math::exp(-1.0);
    assert!((seen["active"] - 1e5 * active).abs() < 4.0 * (1e5 * active * (1.0 - active)).sqrt(), "{seen:?}");
    assert!(seen["spikes"] >= 5.0, "{seen:?}");
    // A knob turns each but the first, which takes a hundred times the inputs.
    assert_eq!(met(11, &[("contacts", 10.0)])[1].1, Some(false));
    assert_eq!(met(11, &[("step", 0.2)])[2].1, Some(false));
    let more = measured(&changed(11, &[]), &[("times", 10.0), ("step", 0.2)]).unwrap();
    assert!(more["inputs"] == 1e6 && more["memory"] > seen["memory"], "{more:?}");
}

#[test]
fn a_cell_tells_features_that_have_a_branch_each_and_not_those_that_are_anywhere() {
    let folder = changed(21, &[]);
    let brief = |set: &[(&str, f64)]| {
        let set: Vec<(&str, f64)> = set.iter().copied().chain([("epochs", 1.0)]).collect();
        measured(&folder, &set).unwrap()
    };
    let mapped = brief(&[]);
    assert!(mapped["gain"] >= 0.15 && (mapped["sum"] - 0.5).abs() < 0.1, "{mapped:?}");
    for turned in [("scrambled", 1.0), ("nmda", 0.0)] {
        let other = brief(&[turned]);
        assert!(other["gain"] < 0.15, "{turned:?}: {other:?}");
    }
    assert!(mapped["share"] <= 1.0 / 3.0, "{mapped:?}");
    assert!(brief(&[("field", 8.0)])["share"] > 1.0 / 3.0);
}

#[test]
fn links_change_by_use_unless_the_rule_or_what_inputs_share_is_taken_away() {
    let all = ["strengthening", "weakening", "up", "down", "competition"];
    assert_eq!(met(22, &[]), all.map(|name| (name.to_string(), Some(true))));
    // In a fifth of the time inputs are told apart less, and not at all where they share nothing.
    let brief = changed(22, &[("card.toml", "time = \"40 s\"", "time = \"8 s\"")]);
    let missed = |set: &[(&str, f64)]| {
        let all = met_in(&brief, set, 1);
        all.into_iter().filter(|c| c.1 == Some(false)).map(|c| c.0).collect::<Vec<_>>()
    };
    assert_eq!(missed(&[("correlation", 0.0)]), ["competition"]);
    assert_eq!(missed(&[("strengthening", 0.0)]), ["strengthening", "up", "competition"]);
    assert_eq!(missed(&[("weakening", 0.0)]), ["weakening", "down", "competition"]);
    assert_eq!(missed(&[("strengthening", 0.0), ("weakening", 0.0)]), all);
    let ratio = |set: &[(&str, f64)]| measured(&brief, set).unwrap()["ratio"];
    let (shared, alone) = (ratio(&[]), ratio(&[("correlation", 0.0)]));
    assert!(shared > 1.5 && (alone - 1.0).abs() < 0.2, "{shared} and {alone}");
}

#[test]
fn a_population_that_an_experiment_sets_must_be_there() {
    let few = [("card.toml", "pairs = 60", "pairs = 1"), ("card.toml", "time = \"40 s\"", "time = \"1 s\"")];
    for (from, to, wanted) in [
        ("[population.common]", "[population.comon]", "no population `common`"),
        (
            "[population.apart]\nsize = 500\nneuron = \"spikes\"\npoisson = \"20 Hz\"",
            "[population.apart]\nsize = 500\nneuron = \"poisson\"\nbias = false",
            "`apart` is none of Poisson",
        ),
        ("[population.together]", "[population.all]", "no population `together`"),
        ("from = \"common\"\nto = \"together\"", "from = \"common\"\nto = \"cell\"", "no projection from `common` to `together`"),
    ] {
        let found = measured(&changed(22, &[few[0], few[1], ("network.toml", from, to)]), &[]).unwrap_err();
        let text = found[0].render(false);
        assert!(text.contains(wanted) && !found[0].labels.is_empty(), "{wanted}: {text}");
    }
}

#[test]
fn seeds_and_controls_side_by_side_find_what_they_find_one_after_another() {
    let with = |threads: usize| {
        let mut far = vec![];
        let order = Order { size: Size::Small, threads, ..Order::default() };
        let out = run(&open(18), &order, &mut |share| far.push(share)).unwrap();
        assert!(far.windows(2).all(|w| w[0] <= w[1]) && far.last().is_some_and(|x| (x - 1.0).abs() < 1e-9), "{far:?}");
        (out.verdict, out.measured, out.controls, out.runs)
    };
    assert_eq!(with(1), with(4));
}

#[test]
fn one_seed_decides_nothing_where_chance_plays_a_part() {
    let one = Order { seeds: Some(1), size: Size::Small, ..Order::default() };
    assert_eq!(run(&open(18), &one, &mut |_| {}).unwrap().verdict, Verdict::Inconclusive);
}

#[test]
fn a_knob_on_a_setting_keeps_its_unit_and_per_cent_are_hundredths() {
    let plain = |set: &[(&str, f64)]| measured(&changed(30, &[]), set).unwrap();
    let (more, often) = (plain(&[("membrane", 92_000.0)]), plain(&[("release", 0.5)]));
    let folder = changed(
        30,
        &[
            ("card.toml", "default = \"46000 um2\"\nrange = [100, 1e7]", "default = \"0.046 mm2\"\nrange = [1e-4, 10]"),
            ("card.toml", "default = 0.25\nrange = [0, 1]", "default = \"25 %\"\nrange = [0, 100]"),
        ],
    );
    let close = |a: &BTreeMap<&str, f64>, b: &BTreeMap<&str, f64>| {
        for (name, x) in a {
            assert!((x / b[name] - 1.0).abs() < 1e-12, "{name}: {x} and {}", b[name]);
        }
    };
    close(&measured(&folder, &[("membrane", 0.092)]).unwrap(), &more);
    close(&measured(&folder, &[("release", 50.0)]).unwrap(), &often);
    let wrong = changed(30, &[("card.toml", "default = \"46000 um2\"", "default = \"46000 ms\"")]);
    let found = measured(&wrong, &[]).unwrap_err();
    assert!(found[0].code == "claim-knob" && found[0].message.contains("um2"), "{}", found[0].render(false));
}

#[test]
fn onsets_are_set_in_their_own_unit_and_each_input_has_its_own() {
    let numbers = |folder: &Folder| measured(folder, &[("noise", 0.0), ("jitter", 0.0)]).unwrap();
    let (both, seconds) = (numbers(&changed(18, &[])), numbers(&changed(18, &[("cell.toml", "onset = \"10 ms\"", "onset = \"0.01 s\"")])));
    assert_eq!(both, seconds);
    let text = &changed(18, &[]).files["cell.toml"].text.clone();
    let right = &text[text.find("name = \"right\"").unwrap()..];
    let late = right.replacen("onset = \"10 ms\"", "onset = \"50 ms\"", 1);
    let apart = numbers(&changed(18, &[("cell.toml", right, &late)]));
    assert_eq!(apart["one"], both["one"]);
    assert_ne!(apart["two"], both["two"], "the second input comes when its own file says");
}

#[test]
fn places_are_the_middles_of_the_compartments_that_there_are() {
    // Few compartments, and as many as a rule makes: theory holds wherever the middles are.
    for count in ["compartments = 9\n", ""] {
        let folder = changed(16, &[("cable.toml", "compartments = 200\n", count)]);
        let off = measured(&folder, &[]).unwrap()["off-theory"];
        assert!(off < 0.01, "{count:?}: {off}");
    }
    let speed = |count: &str| measured(&changed(14, &[("axon.toml", "compartments = 960\n", count)]), &[]).unwrap()["speed"];
    assert!((speed("compartments = 961\n") / speed("compartments = 960\n") - 1.0).abs() < 2e-3);
}

#[test]
fn a_model_that_only_one_size_has_is_opened_and_run() {
    let mut folder = changed(
        14,
        &[("card.toml", "[[criterion]]\nname = \"speed\"", "[small]\nmodel = \"other.toml\"\n\n[[criterion]]\nname = \"speed\"")],
    );
    folder.files.insert("other.toml".into(), folder.files["model.toml"].clone());
    assert!(measured(&folder, &[]).unwrap()["speed"] > 10.0);
    assert!(measured(&folder, &[("sodium", 0.0)]).unwrap()["speed"].is_nan());
}

#[test]
fn what_does_not_fit_a_presentation_is_said_and_breaks_nothing() {
    let slow = changed(15, &[("card.toml", "rates = [\"10 Hz\", \"25 Hz\", \"50 Hz\"]", "rates = [\"0.1 Hz\"]")]);
    let found = measured(&slow, &[]).unwrap_err();
    assert!(found[0].code == "claim-experiment" && !found[0].labels.is_empty(), "{}", found[0].render(false));
    let late = changed(17, &[("card.toml", "from = \"200 ms\"", "from = \"2 s\"")]);
    assert!(measured(&late, &[("layouts", 16.0)]).unwrap()["spread"].is_nan(), "there is no potential so late");
    let never = changed(13, &[("model.toml", "delay = \"", "delay = \"1000")]);
    assert!(measured(&never, &[]).unwrap()["threshold"].is_nan(), "the pulse never comes");
}

#[test]
fn the_hashes_of_a_claim_are_those_of_its_card_models_and_mechanisms() {
    let (shelf, _) = library::load();
    let hashes = |folder: &Folder| Claim::open(folder, &shelf).0.unwrap().hashes();
    let (was, is) = (hashes(&changed(14, &[])), hashes(&changed(14, &[("axon.toml", "35.4 ohm-cm", "35.5 ohm-cm")])));
    let differs: Vec<&String> = was.keys().filter(|k| was[*k] != is[*k]).collect();
    assert_eq!(differs, ["14-axon/axon.toml"]);
    for name in ["14-axon/card.toml", "14-axon/model.toml", "14-axon: hh"] {
        assert!(was.contains_key(name), "{name} in {was:?}");
    }
    assert!(hashes(&changed(12, &[])).contains_key("12-logic: once"), "a mechanism that claims share is one of it");
    let of = |change: &[(&str, &str, &str)]| hashes(&changed(19, change))["19-ladder: cells/ten-branches"].clone();
    assert_ne!(of(&[]), of(&[("cells/ten-branches.toml", "150 ohm-cm", "151 ohm-cm")]), "and so is a cell");
}
