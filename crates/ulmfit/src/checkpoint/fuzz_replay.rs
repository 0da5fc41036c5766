//! Every file in fuzz/corpus goes through the parser of its folder; what the fuzzer finds is added
//! there and stays fixed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::fastai::pickle::read_pickle;
use super::fastai::zip::Archive;
use super::fastai::{import_fastai, read_vocabulary};
use super::{check_manifest, peek_tensors, read_tensors};

fn replay(target: &str, parser: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        parser(&fs::read(entry.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count > 0, "{} is empty", folder.display());
}

#[test]
fn safetensors_open() {
    replay("safetensors_open", |bytes| {
        let Ok(listed) = peek_tensors(bytes) else {
            return;
        };
        let expected: BTreeMap<_, _> =
            listed.into_iter().map(|info| (info.name, info.dims)).collect();
        let _ = read_tensors(bytes, &expected);
    });
}

#[test]
fn pickle_read() {
    replay("pickle_read", |bytes| {
        let _ = (read_pickle(bytes).is_ok(), read_vocabulary(bytes).is_ok());
    });
}

#[test]
fn zip_read() {
    replay("zip_read", |bytes| {
        let _ = Archive::open(bytes);
        let _ = import_fastai(bytes, b"(Va\nVb\nl.");
    });
}

#[test]
fn manifest() {
    replay("manifest", |bytes| drop(check_manifest(bytes)));
}
