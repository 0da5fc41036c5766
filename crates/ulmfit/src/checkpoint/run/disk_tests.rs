//! A disk that is full.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::tests::{reopen, save, weights};
use super::{Retention, RunFolder};
use crate::ErrorClass;
use crate::checkpoint::test_process::run_limited;
use crate::checkpoint::{FolderWriter, HostTensor, Overwrite, Tensors};

const FOLDER: &str = "ULMFIT_DISK_TEST_FOLDER";

/// Not a test of its own: the process in which files may not grow beyond 64 KiB.
#[test]
fn child() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let folder = Path::new(&folder);
    let mut run = RunFolder::open_or_create(&folder.join("run")).unwrap();
    assert_eq!(run.latest_checkpoint().unwrap().unwrap().position, json!({ "step": 1 }));
    let big = HostTensor::new([1 << 18], vec![1.0; 1 << 18]);
    let big = Tensors::from([("w".to_owned(), big)]);
    run.start_checkpoint(json!({ "step": 2 }), big, Retention::Anchor).unwrap();
    assert_eq!(run.finish_checkpoint().unwrap_err().class(), ErrorClass::Io);

    let mut line = "x".repeat(50_000);
    run.append_metrics(&line).unwrap();
    line.push('y');
    let error = run.append_metrics(&line).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Io);
    assert!(error.to_string().contains("metrics.jsonl"), "{error}");

    let mut writer = FolderWriter::create(&folder.join("model"), Overwrite::Refuse).unwrap();
    assert_eq!(writer.write("w", &vec![1; 1 << 20]).unwrap_err().class(), ErrorClass::Io);
}

#[test]
fn a_full_disk_leaves_what_was_there() {
    let place = tempfile::tempdir().unwrap();
    let run_path = place.path().join("run");
    let mut run = RunFolder::open_or_create(&run_path).unwrap();
    run.append_metrics(&json!({ "step": 1 })).unwrap();
    save(&mut run, 1, Retention::Anchor).unwrap();
    drop(run);

    let folder = place.path().to_str().unwrap();
    let limit = "trap '' XFSZ; ulimit -f 128"; // blocks of 512 bytes
    let output = run_limited(limit, "checkpoint::run::disk_tests::child", &[(FOLDER, folder)]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let metrics = fs::read_to_string(run_path.join("metrics.jsonl")).unwrap();
    assert_eq!(metrics.lines().count(), 2, "no part of the line that did not fit");
    let mut run = reopen(&run_path);
    let found = run.latest_checkpoint().unwrap().unwrap();
    assert_eq!(found.tensors().unwrap(), weights(1));
    assert!(found.skipped.is_empty());
    let kept = fs::read_dir(run_path.join("checkpoints")).unwrap().count();
    assert_eq!((kept, fs::read_dir(place.path()).unwrap().count()), (1, 1), "no litter");
}
