//! The same run in one process and in two: with the feature `mpi`, by `mpirun` (`cargo xtask mpi`).

mod common;

use common::Place;

#[cfg(not(feature = "mpi"))]
#[test]
fn several_processes_of_a_program_without_mpi_do_not_all_do_the_same() {
    let place = Place::new();
    for variable in ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"] {
        let done = place.command("bench list").env(variable, "2").output().unwrap();
        assert_eq!(done.status.code(), Some(1));
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(said.contains("one of 2 processes") && said.contains("--features mpi"), "{said}");
        // A job of one process is one.
        assert!(place.command("bench list").env(variable, "1").status().unwrap().success());
    }
}

#[cfg(feature = "mpi")]
mod with_mpi {
    use super::Place;
    use std::process::{Command, Output};

    const NETWORK: &str = include_str!("common/network.toml");

    /// Runs the program as two processes.
    fn two(place: &Place, words: &str) -> Output {
        let one = place.command(words);
        let mut command = Command::new("mpirun");
        command.args(["-n", "2"]).arg(one.get_program()).args(one.get_args()).current_dir(one.get_current_dir().unwrap());
        // In a container one may be root, and have one processor.
        for (name, value) in [("ALLOW_RUN_AS_ROOT", "1"), ("ALLOW_RUN_AS_ROOT_CONFIRM", "1"), ("MCA_rmaps_base_oversubscribe", "1")] {
            command.env(format!("OMPI_{name}"), value);
        }
        command.output().expect("`mpirun` of Open MPI")
    }

    fn well(done: &Output) -> String {
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    fn files(place: &Place, folder: &str) -> Vec<Vec<u8>> {
        ["raster.csv", "traces.csv", "traces.html"].map(|f| std::fs::read(place.path(folder).join(f)).unwrap()).to_vec()
    }

    #[test]
    fn two_processes_write_the_files_of_one_also_from_a_checkpoint_that_one_left() {
        let place = Place::new();
        place.write("net.toml", NETWORK);
        let run = "run net.toml --raster -q --out";
        place.homolog(&format!("{run} one --threads 1")).well();
        let whole = files(&place, "one");
        assert!(whole[0].len() > 20_000, "nobody spikes, so nothing was tested");
        for threads in [1, 2] {
            let said = well(&two(&place, &format!("{run} two --threads {threads}")));
            assert_eq!(said.matches("Network\n").count(), 1, "one of them speaks: {said}");
            assert!(files(&place, "two") == whole, "with {threads} threads");
        }
        let checkpoint = place.path("resumed/run.safetensors");
        place.killed_once(&format!("{run} resumed --threads 1 --checkpoint-every 1ms"), || checkpoint.exists());
        well(&two(&place, &format!("{run} resumed --threads 1 --checkpoint-every 1ms --resume")));
        assert!(files(&place, "resumed") == whole);
    }

    #[test]
    fn a_bench_counts_what_all_processes_have() {
        let place = Place::new();
        let words = "bench brunel-w --scale 0.1 --t 200 --json";
        let of = |said: String| serde_json::from_str::<serde_json::Value>(&said).unwrap();
        let (one, both) = (of(place.homolog(words).well().out), of(well(&two(&place, words))));
        assert_eq!((&one["ranks"], &both["ranks"]), (&1.into(), &2.into()));
        for key in ["spikes_hash", "n_spikes", "n_synapses", "cv_isi"] {
            assert_eq!(one[key], both[key], "{key}");
        }
        assert!(one["n_spikes"].as_u64() > Some(100));
    }

    #[test]
    fn what_one_process_does_is_refused_by_several_and_said_once() {
        let place = Place::new();
        let done = two(&place, "compare digits");
        assert_eq!(done.status.code(), Some(1));
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(said.matches("is done by one process, and 2 were started").count(), 1, "{said}");
        place.write("wrong.toml", &NETWORK.replace("neuron = \"lif\"", "neuron = \"lief\""));
        let done = two(&place, "run wrong.toml");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(!done.status.success() && said.matches("2 errors").count() == 1, "{said}");
    }
}
