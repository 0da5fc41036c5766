//! Every file in fuzz/corpus keeps the laws of its target; what the fuzzer finds is added there
//! and stays fixed. Parsers of model files are replayed beside them, in `checkpoint`.

use std::fs;
use std::path::Path;

use ulmfit::data::readers::Format;

#[cfg(feature = "train")]
#[path = "../../../fuzz/laws/config.rs"]
mod config_laws;
#[path = "../../../fuzz/laws/rows.rs"]
mod rows_laws;
#[path = "../../../fuzz/laws/tokenizer.rs"]
mod tokenizer_laws;

fn replay(target: &str, law: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut count = 0;
    for entry in fs::read_dir(&folder).expect("a folder of the repository") {
        law(&fs::read(entry.expect("a name").path()).expect("a small file"));
        count += 1;
    }
    assert!(count > 0, "{} is empty", folder.display());
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("texts in this corpus")
}

#[test]
fn tokenizer() {
    replay("tokenizer", |bytes| tokenizer_laws::hold(text(bytes)));
}

#[test]
fn jsonl_rows() {
    replay("jsonl_rows", |bytes| rows_laws::hold(bytes, Format::Jsonl));
}

#[test]
fn csv_rows() {
    replay("csv_rows", |bytes| rows_laws::hold(bytes, Format::Csv));
}

#[cfg(feature = "train")]
#[test]
fn config() {
    replay("config", |bytes| config_laws::hold(text(bytes)));
}
