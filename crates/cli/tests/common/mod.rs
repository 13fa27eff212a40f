//! Running the real program in a folder of its own.

#![allow(dead_code, reason = "each test file uses a part")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A folder that goes away with the test.
pub struct Place(tempfile::TempDir);

impl Place {
    /// An empty one.
    pub fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file into it.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Reads a file in it.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The program, to be run in it.
    pub fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_homolog"));
        command.args(words.split_whitespace()).current_dir(self.0.path()).env_remove("HOMOLOG_DATA").env_remove("NO_COLOR");
        command
    }

    /// Starts the program and kills it once something is so, when nothing can be tidied up.
    ///
    /// # Panics
    /// It ended before, or two minutes went by.
    pub fn killed_once(&self, words: &str, so: impl Fn() -> bool) {
        let mut child = self.command(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        let mut ended = None;
        // Once more after it ended: what it did last counts.
        while !so() && ended.is_none() && begun.elapsed() < Duration::from_secs(120) {
            std::thread::sleep(Duration::from_millis(2));
            ended = child.try_wait().unwrap().filter(|_| !so());
        }
        child.kill().unwrap();
        child.wait().unwrap();
        if let Some(status) = ended {
            panic!("`{words}` ended ({status}) before it was to be killed: give it more to do");
        }
        assert!(so(), "`{words}` did in two minutes nothing after which it was to be killed");
    }

    /// Runs the program in it.
    pub fn homolog(&self, words: &str) -> Done {
        Done::of(self.command(words).output().unwrap())
    }
}

/// What a run of the program left.
pub struct Done {
    /// Its exit code.
    pub code: i32,
    /// What it said.
    pub out: String,
    /// What it complained of.
    pub err: String,
}

impl Done {
    fn of(output: Output) -> Done {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Done { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Asserts that all went well.
    pub fn well(self) -> Done {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self
    }

    /// The only line of stdout, as JSON.
    pub fn json(&self) -> serde_json::Value {
        assert_eq!(self.out.lines().count(), 1, "{}", self.out);
        serde_json::from_str(&self.out).unwrap()
    }
}

/// A small study of the digits; `population` and `projection` hold further lines.
pub fn study(hidden: &str, more: &str) -> String {
    format!(
        r#"title = "Small"

[population.image]
size = 64
neuron = "input"

[population.hidden]
size = 8
{hidden}

[population.class]
size = 10
neuron = "linear"

[[projection]]
from = "image"
to = "hidden"
wiring = "all-to-all"

[[projection]]
from = "hidden"
to = "class"
wiring = "all-to-all"

{more}
"#
    )
}

/// How it learns, in few epochs.
pub const TRAINING: &str = r#"[data]
source = "digits8x8"
input = "image"
test = 0.2
validation = 0.1

[training]
loss = "cross-entropy"
readout = "class"
learning-rate = 0.01
batch = 32
epochs = 4
schedule = "cosine"
"#;

/// Folder of the repository, asked for when the test runs: a build may be shared by several checkouts.
pub fn repository() -> PathBuf {
    let here = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo says where the tests lie"));
    here.parent().and_then(Path::parent).expect("the crate lies in the repository").to_path_buf()
}
