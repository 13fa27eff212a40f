use super::*;
use homolog_base::Source;
use std::fs;

/// Two populations of named neurons and one of numbers, and a table beside their file.
fn opened(projection: &str, table: &str) -> (Network, Vec<Diagnostic>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("e.csv"), table).unwrap();
    let text = format!(
        "[population.a]\nnames = [\"AVAL\", \"AVAR\", \"RIS\"]\nneuron = \"lif\"\nsends = \"excitatory\"\n\
         [population.b]\nnames = {{ table = \"e.csv\", column = [\"Source\", 2], where = {{ Class = \"motor\" }} }}\nneuron = \"lif\"\n\
         [population.n]\nsize = 4\nneuron = \"lif\"\n[[projection]]\n{projection}\n"
    );
    let source = Source::new(folder.path().join("net.toml").display().to_string(), text);
    let (study, problems) = homolog_model::file::read(&source);
    assert!(problems.is_empty(), "{}", shown(&problems));
    let mut network = study.network;
    let found = open(&mut network);
    (network, found)
}

fn shown(all: &[Diagnostic]) -> String {
    all.iter().map(|d| d.render(false)).collect::<Vec<_>>().join("\n\n")
}

fn listed(network: &Network) -> &Listed {
    match &network.projections[0].wiring.value {
        Wiring::Table(t) => t.listed.as_ref().expect("it was read"),
        _ => panic!("a table"),
    }
}

const TABLE: &str = "Source,Target,Weight,Class,Delay\n\
    AVAR , AVAL ,3,command,1\nAVAL,AVAR,2,command,2.5\nDA1,DB1,7,motor,0\nAVAL,AVAR,5,command,3\nAVAL,DB1,4,cross,1\nAVAL,AVAL,1,self,1\n";

#[test]
fn rows_become_connections_by_sender_receiver_and_row_with_what_stands_beside_them() {
    let within = "from = \"a\"\nto = \"a\"\nwiring = { table = \"e.csv\" }\nweights = { column = \"Weight\", scale = \"2 nS\" }\n\
                  delay = { column = 5, scale = \"1 ms\" }";
    let (network, found) = opened(within, TABLE);
    assert!(found.is_empty(), "{}", shown(&found));
    assert_eq!(network.populations[1].named(), Some(&["DA1".to_string(), "DB1".into()][..]), "in the order of their rows");
    assert_eq!(network.populations[1].size.value, 2);
    let l = listed(&network);
    assert_eq!(l.pairs, [(0, 0), (0, 1), (0, 1), (1, 0)], "rows of other populations are theirs");
    assert_eq!((&l.weights[..], &l.delays[..]), (&[1.0, 2.0, 5.0, 3.0][..], &[1.0, 2.5, 3.0, 1.0][..]));
    let (network, _) = opened(&format!("{within}\nautapses = false"), TABLE);
    assert_eq!(listed(&network).weights, [2.0, 5.0, 3.0]);
    let (network, _) =
        opened("from = \"a\"\nto = \"b\"\nwiring = { table = \"e.csv\", where = { Class = [\"cross\", \"motor\"] } }", TABLE);
    assert_eq!((&listed(&network).pairs[..], listed(&network).weights.len()), (&[(0, 1)][..], 0));
}

#[test]
fn numbers_count_neurons_from_0() {
    let table = "0 3 9 motor\n3 1 8 motor\n";
    // Of `b` nothing is asked for, so its table needs no header.
    let text = "[population.n]\nsize = 4\nneuron = \"lif\"\n[[projection]]\nfrom = \"n\"\nto = \"n\"\nwiring = { table = \"e.txt\" }\nweights = { column = 3 }\n";
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("e.txt"), table).unwrap();
    let source = Source::new(folder.path().join("net.toml").display().to_string(), text);
    let mut network = homolog_model::file::read(&source).0.network;
    assert!(open(&mut network).is_empty());
    assert_eq!((&listed(&network).pairs[..], &listed(&network).weights[..]), (&[(0, 3), (3, 1)][..], &[9.0, 8.0][..]));
}

#[test]
fn what_is_wrong_with_a_table_is_said_all_at_once_with_file_line_and_column() {
    let table =
        "Source,Target,Weight,Class,Delay\nAVAL,AVRA,1,x,1\nAVAL,AVAR,two,x,1\nAVAL,AVAR,-3,x,1\nAVAL,AVAR,inf,x,-1\nDA1,DA1,1,motor,1\n";
    let both = "from = \"a\"\nto = \"a\"\nweights = { column = \"Weight\" }\ndelay = { column = \"Delay\", scale = \"1 ms\" }\n";
    let (_, found) = opened(&format!("{both}wiring = {{ table = \"e.csv\" }}"), table);
    let text = shown(&found);
    for (message, place) in [
        ("there is no neuron `AVRA`, neither in `a` nor in another population", "e.csv:2:6"),
        ("`two` is no number", "e.csv:3:11"),
        ("`a` is excitatory, and this weight has the other sign", "e.csv:4:11"),
        ("a weight cannot be `inf`", "e.csv:5:11"),
        ("a delay cannot be `-1`", "e.csv:5:17"),
    ] {
        assert!(text.contains(message) && text.contains(place), "{message} at {place}:\n{text}");
    }
    assert!(text.contains("did you mean `AVAR`? `skip-unknown = true`"), "{text}");
    assert_eq!(found.len(), 5, "{text}");
    let numbers = "from = \"n\"\nto = \"n\"\nwiring = { table = \"e.csv\", from = 3, to = \"Delay\" }";
    let (_, found) = opened(numbers, "Source,Target,Weight,Class,Delay\nDA1,DA1,4,motor,x1\nDA1,DA1,3,motor,1\n");
    let text = shown(&found);
    assert!(text.contains("`n` has no neuron 4") && text.contains("its 4 neurons are numbered from 0"), "{text}");
    assert!(text.contains("`x1` is no number of a neuron") && text.contains("e.csv:2:17"), "{text}");
}

#[test]
fn columns_and_words_that_are_not_there_are_suggested() {
    let ask = |keys: &str| shown(&opened(&format!("from = \"a\"\nto = \"a\"\nwiring = {{ table = \"e.csv\"{keys} }}"), TABLE).1);
    assert!(ask(", from = \"Sorce\"").contains("did you mean `Source`?"));
    assert!(ask(", from = 6").contains("`e.csv` has no column 6"));
    let text = ask(", where = { Class = [\"command\", \"comand\"] }");
    assert!(
        text.contains("no row of `e.csv` has `comand` in column `Class`") && text.contains("`command`, `cross`, `motor`, `self`"),
        "{text}"
    );
    let (_, found) = opened("from = \"b\"\nto = \"a\"\nwiring = { table = \"e.csv\" }", TABLE);
    assert!(!has_errors(&found) && shown(&found).contains("no row of `e.csv` connects `b` to `a`"), "{}", shown(&found));
    let (_, found) = opened("from = \"b\"\nto = \"a\"\nwiring = { table = \"none.csv\" }", TABLE);
    assert!(shown(&found).contains("none.csv") && shown(&found).contains("named here"), "{}", shown(&found));
}

#[test]
fn rows_of_neurons_that_nobody_has_are_left_out_when_that_is_asked_for() {
    let table = "Source,Target,Class\nAVAL,muscle,x\nAVAL,RIS,x\nDA1,DA1,motor\n";
    let (network, found) = opened("from = \"a\"\nto = \"a\"\nwiring = { table = \"e.csv\", skip-unknown = true }", table);
    assert!(found.is_empty(), "{}", shown(&found));
    assert_eq!(listed(&network).pairs, [(0, 2)]);
}

#[test]
fn neurons_are_recorded_by_name() {
    let record = "from = \"a\"\nto = \"a\"\nwiring = \"all-to-all\"\n[[record]]\npopulation = \"a\"\nneurons = [\"RIS\", \"AVAL\"]";
    let (network, found) = opened(record, TABLE);
    assert!(found.is_empty(), "{}", shown(&found));
    assert_eq!(network.recordings[0].neurons.as_ref().map(|n| n.value.clone()), Some(vec![2, 0]));
    let both = record.replace("RIS", "RIT").replace("\"all-to-all\"", "{ table = \"e.csv\", from = \"Sorce\" }");
    let (_, found) = opened(&both, TABLE);
    assert!(found.len() == 2 && shown(&found).contains("did you mean `Source`?"), "all at once: {}", shown(&found));
    assert!(shown(&found).contains("`a` has no neuron `RIT`") && shown(&found).contains("did you mean `RIS`?"), "{}", shown(&found));
}

#[test]
fn the_connectome_of_the_worm_is_a_table_like_any_other() {
    let Some(data) = crate::library::data_folder() else { return };
    let file = data.join("connectome/celegans_herm_full_edgelist.csv");
    let text = "[population.all]\nneuron = \"lif\"\n\
        names = { table = \"HOMOLOG_DATA/connectome/celegans_herm_full_edgelist.csv\", column = [\"Source\", \"Target\"] }\n\
        [[projection]]\nfrom = \"all\"\nto = \"all\"\nweights = { column = \"Weight\", scale = \"0.1 mV\" }\n\
        wiring = { table = \"HOMOLOG_DATA/connectome/celegans_herm_full_edgelist.csv\", where = { Type = \"chemical\" } }\n";
    let mut network = homolog_model::file::read(&Source::new("worm.toml", text)).0.network;
    let found = open(&mut network);
    assert!(found.is_empty(), "{}", shown(&found));
    // Counted by itself, without the reader of tables.
    let rows: Vec<Vec<String>> = fs::read_to_string(file)
        .unwrap()
        .lines()
        .skip(1)
        .map(|l| l.split(',').map(|f| f.trim().to_string()).collect::<Vec<_>>())
        .filter(|r| r.len() == 4)
        .collect();
    let neurons: HashSet<&String> = rows.iter().flat_map(|r| &r[..2]).collect();
    let chemical: Vec<&Vec<String>> = rows.iter().filter(|r| r[3] == "chemical").collect();
    assert!(neurons.len() > 300 && chemical.len() > 3000, "{} and {}", neurons.len(), chemical.len());
    assert_eq!((network.populations[0].size.value, listed(&network).pairs.len()), (neurons.len(), chemical.len()));
    let synapses: f64 = chemical.iter().map(|r| r[2].parse::<f64>().unwrap()).sum();
    assert_eq!(listed(&network).weights.iter().sum::<f64>(), synapses);
}

/// The network of a model file that lies in a folder, with its tables, and what was found wrong with these.
fn beside(folder: &tempfile::TempDir, text: String) -> (Network, String) {
    let source = Source::new(folder.path().join("net.toml").display().to_string(), text);
    let (study, problems) = homolog_model::file::read(&source);
    assert!(problems.is_empty(), "{}", shown(&problems));
    let mut network = study.network;
    let found = open(&mut network);
    (network, shown(&found))
}

/// Three populations, the first of which spikes as a table says.
fn driven(names: &str, times: &str, table: &str) -> (Network, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("s.csv"), table).unwrap();
    let text = format!(
        "[population.a]\n{names}\nneuron = \"spikes\"\ntimes = {times}\n[population.b]\nnames = [\"RIS\"]\nneuron = \"lif\"\n\
         [[projection]]\nfrom = \"a\"\nto = \"b\"\nwiring = \"all-to-all\"\nlearn = false\n"
    );
    beside(&folder, text)
}

fn times(network: &Network) -> Vec<&[f64]> {
    network.populations[0].times.iter().map(|t| &t.value[..]).collect()
}

#[test]
fn rows_become_the_spikes_of_their_neurons_in_the_order_of_time_and_in_their_unit() {
    let table = "neuron,t (ms),kind\n2,7.5,x\n0,3,x\n2,0.1,x\n1,1,y\n";
    let (network, found) = driven("size = 3", "{ table = \"s.csv\", where = { kind = \"x\" } }", table);
    assert!(found.is_empty(), "{found}");
    assert_eq!(times(&network), [&[3.0][..], &[], &[0.1, 7.5]]);
    // Names, another unit in the header, and one that is said.
    let table = "who,when (s)\nAVAL,0.0035\nRIS,1\nAVAR,0.1\n";
    let (network, found) = driven("names = [\"AVAL\", \"AVAR\"]", "{ table = \"s.csv\", neuron = 1, time = \"when (s)\" }", table);
    assert!(found.is_empty(), "the row of another population is its own: {found}");
    assert_eq!(times(&network), [&[3.5][..], &[100.0]]);
    let said = "{ table = \"s.csv\", neuron = 1, time = 2, unit = \"us\" }";
    let (network, _) = driven("names = [\"AVAL\", \"AVAR\"]", said, "AVAL 3500\nAVAR 20\n");
    assert_eq!(times(&network), [&[3.5][..], &[0.02]]);
    // A raster has numbers, also of neurons that have names.
    let (network, found) =
        driven("names = [\"AVAL\", \"AVAR\"]", "{ table = \"s.csv\", recorded = true }", "population,neuron,t (ms)\na,1,2.5\n");
    assert!(found.is_empty(), "{found}");
    assert_eq!(times(&network), [&[][..], &[2.5]]);
    // A population that was silent is in no row.
    let silent = "{ table = \"s.csv\", recorded = true, where = { population = \"b\" } }";
    let (network, found) = driven("size = 2", silent, "population,neuron,t (ms)\na,1,2.5\n");
    assert!(found.contains("warning") && found.contains("has `b` in column `population`") && !found.contains("error"), "{found}");
    assert!(times(&network).iter().all(|t| t.is_empty()));
}

#[test]
fn what_is_wrong_with_a_table_of_spikes_is_said_all_at_once_with_file_line_and_column() {
    let table = "neuron,t (ms)\nAVAL,1\nAVRA,2\nAVAR,-1\nAVAR,inf\nAVAR,soon\n";
    let (_, text) = driven("names = [\"AVAL\", \"AVAR\"]", "{ table = \"s.csv\" }", table);
    for (message, place) in [
        ("there is no neuron `AVRA`, neither in `a` nor in another population", "s.csv:3:1"),
        ("a spike cannot be at `-1`", "s.csv:4:6"),
        ("a spike cannot be at `inf`", "s.csv:5:6"),
        ("`soon` is no number", "s.csv:6:6"),
    ] {
        let found = text.split("\n\n").any(|one| one.contains(message) && one.contains(place));
        assert!(found, "{message} at {place}:\n{text}");
    }
    let (_, text) = driven("size = 3", "{ table = \"s.csv\" }", "neuron,t (ms)\n3,1\n-1,1\n1.5,1\n");
    for (message, place) in
        [("`a` has no neuron 3", "s.csv:2:1"), ("`-1` is no number of a neuron", "s.csv:3:1"), ("`1.5` is no", "s.csv:4:1")]
    {
        assert!(text.split("\n\n").any(|one| one.contains(message) && one.contains(place)), "{message} at {place}:\n{text}");
    }
    for (times, table, message) in [
        ("{ table = \"s.csv\" }", "neuron,when (ms)\n1,2\n", "`s.csv` has no column `t (ms)`"),
        ("{ table = \"s.csv\", time = 2 }", "neuron,when\n1,2\n", "the unit of column 2 of `s.csv` is not known"),
        ("{ table = \"s.csv\", time = 2 }", "neuron,when (mV)\n1,2\n", "is in mV, not in a unit such as ms"),
        ("{ table = \"s.csv\", where = { kind = \"x\" } }", "neuron,t (ms),kind\n1,2,y\n", "no row of `s.csv` has `x` in column `kind`"),
        ("{ table = \"t.csv\" }", "neuron,t (ms)\n1,2\n", "t.csv"),
        ("{ table = \"s.csv\", skip-unknown = true }", "neuron,t (ms)\n9,2\n", "`a` has no neuron 9"),
    ] {
        let (_, text) = driven("size = 3", times, table);
        assert!(text.contains(message) && text.contains("net.toml:4") | text.contains("s.csv:2"), "{message}:\n{text}");
    }
}

/// Neurons into which a current from a table flows.
fn stimulated(current: &str, table: &str) -> (Network, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("i.csv"), table).unwrap();
    let text = format!(
        "[population.a]\nnames = [\"AVAL\", \"AVAR\"]\nneuron = \"if_curr_exp\"\n[[stimulus]]\npopulation = \"a\"\nneurons = [\"AVAR\"]\ncurrent = {current}\n"
    );
    beside(&folder, text)
}

#[test]
fn a_course_of_current_is_read_with_its_units_and_its_neurons_by_their_names() {
    let (network, found) =
        stimulated("{ table = \"i.csv\", where = { trial = 2 } }", "t (s),i (pA),trial\n0,9,1\n0.001,-50,2\n0.0205,0,2\n");
    assert!(found.is_empty(), "{found}");
    let s = &network.stimuli[0];
    assert_eq!(s.neurons.as_ref().unwrap().value, [1]);
    let listed = s.course.as_ref().unwrap().value.listed.clone().unwrap();
    assert_eq!((&listed.0[..], listed.1.to_string().as_str()), (&[(1.0, -50.0), (20.5, 0.0)][..], "pA"));
    let (network, _) = stimulated("{ table = \"i.csv\", time = \"t (ms)\", value = 1, unit = \"nA\" }", "i,t (ms)\n0.5,3\n");
    assert_eq!(network.stimuli[0].course.as_ref().unwrap().value.listed.as_ref().unwrap().0, [(3.0, 0.5)]);
}

#[test]
fn what_is_wrong_with_a_course_is_said_all_at_once_with_file_line_and_column() {
    let (_, text) = stimulated("{ table = \"i.csv\" }", "t (ms),i (nA)\n-1,0\n1,x\n2,inf\n3,1\n3,2\n");
    for (message, place) in [
        ("a current cannot begin at `-1`", "i.csv:2:1"),
        ("`x` is no number", "i.csv:3:3"),
        ("a course cannot hold `inf`", "i.csv:4:3"),
        ("times do not rise: after 3 ms comes 3 ms", "i.csv:6:1"),
    ] {
        assert!(text.split("\n\n").any(|one| one.contains(message) && one.contains(place)), "{message} at {place}:\n{text}");
    }
    for (current, table, message) in [
        ("{ table = \"i.csv\" }", "t (ms),i\n1,2\n", "the unit of column 2 of `i.csv` is not known"),
        ("{ table = \"i.csv\" }", "t,i (nA)\n1,2\n", "the unit of column 1 of `i.csv` is not known"),
        ("{ table = \"i.csv\", value = \"j\" }", "t (ms),i (nA)\n1,2\n", "`i.csv` has no column `j`"),
    ] {
        let (_, text) = stimulated(current, table);
        assert!(text.contains(message) && text.contains("net.toml:7"), "{message}:\n{text}");
    }
}
