//! Fingerprints of what a run depends on: a run continues only if they are unchanged.

use crate::data::Record;
use crate::hashing;
use crate::model::Network;
use crate::text::{TextPipeline, Vocab};
use serde::Serialize;
use ulmfit_ops::Device;

/// Raised whenever the same settings and data give other numbers than before, so that nothing
/// is continued or taken over from a version that computed otherwise.
pub const NUMERICS: u32 = 1;

/// Hash of what was written out.
pub fn of(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}

/// Raised whenever what is hashed, or how, changes, so that runs of older versions are refused as
/// such and not for settings that seem to differ.
pub const IDENTITIES: u32 = 2;

/// Hash of plain data: settings, texts.
///
/// # Panics
/// When it does not serialise as JSON.
pub fn data(value: &(impl Serialize + ?Sized)) -> String {
    hashing::of_json(value).to_hex()[..16].to_owned()
}

/// Hash of a tokenizer and its vocabulary.
pub fn text(text: &TextPipeline) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(hashing::of_json(text.config()).as_bytes());
    text.files().iter().for_each(|(_, bytes)| _ = hasher.update(bytes));
    hasher.finalize().to_hex()[..16].to_owned()
}

/// Hash of rows: their texts and labels, in their order.
///
/// # Panics
/// Never: texts always serialise.
pub fn records(records: &[Record]) -> String {
    let rows = records.iter().map(|record| (&record.fields, &record.label));
    let mut hasher = blake3::Hasher::new();
    for row in rows {
        // JSON, so that no two rows look alike, whatever they contain.
        serde_json::to_writer(&mut hasher, &row).expect("texts serialise");
        hasher.update(b"\n");
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

/// Hash of this program, if the system tells where it is.
pub fn program() -> Option<String> {
    let path = std::env::current_exe().ok()?;
    Some(crate::checkpoint::hash_file(&path).ok()?[..16].to_owned())
}

/// Hash of the files that a model reads texts with.
pub fn files(files: &[(&str, Vec<u8>)]) -> String {
    let mut hasher = blake3::Hasher::new();
    files.iter().for_each(|(_, bytes)| _ = hasher.update(bytes));
    hasher.finalize().to_hex()[..16].to_owned()
}

/// Hash of a vocabulary.
pub fn vocabulary(vocab: &Vocab) -> String {
    let mut hasher = blake3::Hasher::new();
    for token in vocab.tokens() {
        hasher.update(token.as_bytes()).update(&[0]);
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

/// Hash of a model's weights.
pub fn model<D: Device>(model: &impl Network<D>) -> String {
    let mut hasher = blake3::Hasher::new();
    for (name, tensor) in model.state() {
        hasher.update(name.as_bytes());
        for value in tensor.to_f32() {
            hasher.update(&value.to_le_bytes());
        }
    }
    hasher.finalize().to_hex()[..16].to_owned()
}
