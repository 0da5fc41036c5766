//! The program in a folder of its own, tiny corpora and tiny models.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use tempfile::TempDir;

/// Makes a stage take a fraction of a second.
pub(crate) const STEPS: &str = "--epochs 1 --batch-size 8 --bptt 16";

/// A new network of that kind.
pub(crate) const SIZES: &str = "--emb 16 --hid 24 --layers 2";

/// What the program did.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Done {
    fn new(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the program writes UTF-8");
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        let panicked = stderr.contains("panicked") || stderr.contains("internal error");
        assert!(!panicked, "a panic reached the user: {stderr}");
        Self { code: output.status.code(), stdout, stderr }
    }

    /// What it printed, if all went well.
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// The one JSON document it printed.
    pub(crate) fn json(self) -> serde_json::Value {
        let document: serde_json::Value = serde_json::from_str(&self.ok()).expect("one document");
        assert_eq!(document["schema"], 1);
        document
    }
}

/// A fresh folder to work in, with a little of everything:
///
/// - `lm` and `classifier`: models of both kinds;
/// - `train.csv` and `test.csv`: labelled rows;
/// - `texts.txt`: text without labels.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self::without_models();
        for (name, bytes) in models() {
            fs::create_dir_all(place.path(name).parent().unwrap()).unwrap();
            place.write(name, bytes);
        }
        place
    }

    fn without_models() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.write("train.csv", csv(0..60));
        place.write("test.csv", csv(1000..1030));
        let texts: Vec<String> = (2000..2060).map(|row| text(row, label(row))).collect();
        place.write("texts.txt", texts.join("\n"));
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    /// Names of all that lies here.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        names(self.0.path())
    }

    /// The program with the words of `line`, to be run here.
    pub(crate) fn command(&self, line: &str) -> Command {
        // Another build than that of the tests, such as the one that will be published.
        let other = std::env::var_os("ULMFIT_PROGRAM");
        let program = other.unwrap_or_else(|| env!("CARGO_BIN_EXE_ulmfit").into());
        let mut command = Command::new(program);
        command.args(line.split_whitespace()).current_dir(self.0.path());
        command.env("ULMFIT_THREADS", "2").stdin(Stdio::null());
        command
    }

    /// Runs the program here.
    pub(crate) fn run(&self, line: &str) -> Done {
        Done::new(self.command(line).output().unwrap())
    }

    /// Runs the program here with `input` on its standard input.
    pub(crate) fn feed(&self, line: &str, input: &str) -> Done {
        self.write("stdin", input);
        let input = fs::File::open(self.path("stdin")).unwrap();
        Done::new(self.command(line).stdin(input).output().unwrap())
    }
}

/// A number of a document.
pub(crate) fn number(document: &serde_json::Value, field: &str) -> f64 {
    document[field].as_f64().unwrap_or_else(|| panic!("{field} is no number in {document}"))
}

/// Names of all that lies in a folder.
pub(crate) fn names(folder: &Path) -> BTreeSet<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
    let names = fs::read_dir(folder).unwrap().map(name);
    names.map(|name| name.into_string().unwrap()).collect()
}

pub(crate) fn label(row: usize) -> &'static str {
    ["bad", "good"][row % 2]
}

/// Words of which a third tell the label: enough to learn from, too many to repeat.
pub(crate) fn text(row: usize, label: &str) -> String {
    const NEUTRAL: &str = "the a this that film book meal story room phone train garden music \
        garment journey was is with and of in on for by my our very quite rather again";
    const GOOD: &str = "lovely great superb fine charming brilliant warm fresh clever bright";
    const BAD: &str = "dull poor awful cold broken boring stale ugly clumsy dreadful";
    let mut state = row as u64;
    let mut word = |list: &'static str| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let words: Vec<&str> = list.split(' ').collect();
        words[(state >> 33) as usize % words.len()]
    };
    let telling = if label == "good" { GOOD } else { BAD };
    let words = (0..18).map(|n| word(if n % 3 == 2 { telling } else { NEUTRAL }));
    words.collect::<Vec<_>>().join(" ") + "."
}

/// Labelled rows under a header.
pub(crate) fn csv(rows: std::ops::Range<usize>) -> String {
    let line = |row| format!("{},{}\n", text(row, label(row)), label(row));
    "text,label\n".to_owned() + &rows.map(line).collect::<String>()
}

/// Files of a language model and of a classifier on it, made once.
fn models() -> &'static [(String, Vec<u8>)] {
    static MODELS: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    MODELS.get_or_init(|| {
        let place = Place::without_models();
        place.run(&format!("pretrain texts.txt -o lm {SIZES} {STEPS}")).ok();
        let learn = "--unfreeze full --epochs 8 --lr 0.02 --drop-mult 0.2 --batch-size 8 --bptt 16";
        place.run(&format!("train lm train.csv -o classifier {learn}")).ok();
        let mut files = Vec::new();
        for folder in ["lm", "classifier"] {
            for name in names(&place.path(folder)) {
                let name = format!("{folder}/{name}");
                let bytes = fs::read(place.path(&name)).unwrap();
                files.push((name, bytes));
            }
        }
        files
    })
}
