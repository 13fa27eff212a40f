//! Networks that are lists of connections.

mod common;

use common::{Place, repository};

const WORM: &str = r#"title = "The chemical synapses of a worm"
[time]
step = "0.1 ms"
presentation = "200 ms"
[population.all]
names = { table = "HOMOLOG_DATA/connectome/celegans_herm_full_edgelist.csv", column = ["Source", "Target"] }
neuron = "lif"
bias = false
[[noise]]
population = "all"
poisson = "1 kHz"
weight = "1.5 mV"
[[projection]]
from = "all"
to = "all"
wiring = { table = "HOMOLOG_DATA/connectome/celegans_herm_full_edgelist.csv", where = { Type = "chemical" } }
weights = { column = "Weight", scale = "0.1 mV" }
delay = "1 ms"
learn = false
[[record]]
population = "all"
neurons = ["AVAL", "AVAR"]
[[record]]
population = "all"
variable = "raster"
"#;

#[test]
fn the_connectome_of_a_worm_runs_and_its_synapses_are_heard() {
    let Some(data) = std::env::var_os("HOMOLOG_DATA") else { return };
    let place = Place::new();
    place.write("worm.toml", WORM);
    place.write("silent.toml", &WORM.replace("0.1 mV", "0 mV"));
    let spikes = |name: &str| {
        let words = format!("run {name}.toml --quiet --json --out {name}");
        let done = place.command(&words).env("HOMOLOG_DATA", &data).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let json: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
        assert_eq!(json["columns"], serde_json::json!(["t (ms)", "all[AVAL].v (mV)", "all[AVAR].v (mV)"]));
        json["populations"]["all"]["spikes"].as_u64().unwrap()
    };
    let (wired, silent) = (spikes("worm"), spikes("silent"));
    assert!(silent > 100 && wired > silent + silent / 10, "{wired} spikes, and {silent} without synapses");
    // What is wrong is said, and nothing that follows from it.
    place.write("bad.toml", &WORM.replace("\"chemical\"", "\"chemicl\"").replace("\"AVAL\"", "\"AVALL\""));
    let done = place.command("check bad.toml").env("HOMOLOG_DATA", &data).output().unwrap();
    let err = String::from_utf8_lossy(&done.stderr);
    assert!(err.contains("did you mean `AVAL`?") && err.contains("there is `chemical`, `electrical`") && err.contains("2 errors"), "{err}");
}

#[test]
fn tables_beside_a_model_are_read_from_wherever_it_is_run() {
    let place = Place::new();
    let model = repository().join("examples/connectome.toml");
    let json = place.homolog(&format!("run {} --quiet --json --out a", model.display())).well().json();
    for (name, size) in [("sensory", 4), ("inter", 4), ("brake", 2), ("motor", 2)] {
        assert_eq!(json["populations"][name]["size"], size);
    }
    assert!(json["populations"]["motor"]["spikes"].as_u64().unwrap() > 0);
    assert_eq!(json["columns"], serde_json::json!(["t (ms)", "motor[motor-1].v (mV)", "motor[motor-2].v (mV)"]));
}
