use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Keep, RunFolder};
use crate::ErrorClass;
use crate::checkpoint::CheckpointError;

/// Opens a run that this process had open before. A test beside this one may be starting a child,
/// which holds a copy of every lock for the moment between fork and exec.
pub(super) fn reopen(path: &Path) -> RunFolder {
    for _ in 0..1000 {
        match RunFolder::open_or_create(path) {
            Err(CheckpointError::Locked { .. }) => sleep(Duration::from_millis(1)),
            opened => return opened.unwrap(),
        }
    }
    panic!("{} stays locked", path.display());
}

/// A run with `steps` steps and a checkpoint after each; step 2 is the best.
fn run_to(path: &Path, steps: u64) -> RunFolder {
    let mut run = RunFolder::open_or_create(path).unwrap();
    for step in 1..=steps {
        run.append_metrics(&json!({ "step": step })).unwrap();
        let keep = if step == 2 { Keep::Best } else { Keep::Recent };
        let weights = vec![step as u8; 100];
        run.save_checkpoint(&json!({ "step": step }), &[("weights", weights)], keep).unwrap();
    }
    run
}

fn kept(path: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(path.join("checkpoints"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn steps(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path.join("metrics.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["step"].clone()).collect()
}

#[test]
fn the_last_two_and_the_best_are_kept() {
    let place = tempfile::tempdir().unwrap();
    let mut run = run_to(place.path(), 5);
    assert_eq!(kept(place.path()), ["000002", "000004", "000005"]);
    let best = run.best_checkpoint().unwrap().unwrap();
    assert_eq!((best.position["step"].as_u64(), best.read("weights").unwrap()[0]), (Some(2), 2));
    assert_eq!(run.latest_checkpoint().unwrap().unwrap().position, json!({ "step": 5 }));
    run.save_checkpoint(&json!({}), &[], Keep::Best).unwrap();
    run.save_checkpoint(&json!({}), &[], Keep::Recent).unwrap();
    run.save_checkpoint(&json!({}), &[], Keep::Recent).unwrap();
    assert_eq!(kept(place.path()), ["000006", "000007", "000008"]);
}

#[test]
fn lines_after_the_checkpoint_are_dropped() {
    let place = tempfile::tempdir().unwrap();
    let mut run = run_to(place.path(), 3);
    run.append_metrics(&json!({ "step": 4 })).unwrap();
    drop(run);
    let mut log =
        fs::OpenOptions::new().append(true).open(place.path().join("metrics.jsonl")).unwrap();
    std::io::Write::write_all(&mut log, b"{\"step\": 5, \"lo").unwrap(); // killed in mid-line

    let mut run = reopen(place.path());
    assert_eq!(run.latest_checkpoint().unwrap().unwrap().position["step"], 3);
    for step in 4..6 {
        run.append_metrics(&json!({ "step": step })).unwrap();
    }
    assert_eq!(steps(place.path()), [1, 2, 3, 4, 5]);
}

#[test]
fn a_run_without_checkpoint_begins_again() {
    let place = tempfile::tempdir().unwrap();
    let mut run = reopen(place.path());
    run.append_metrics(&json!({ "step": 1 })).unwrap();
    drop(run);
    let mut run = reopen(place.path());
    assert!(run.latest_checkpoint().unwrap().is_none());
    run.append_metrics(&json!({ "step": 1 })).unwrap();
    assert_eq!(steps(place.path()), [1]);
}

#[test]
fn a_damaged_checkpoint_is_passed_over_and_later_removed() {
    let place = tempfile::tempdir().unwrap();
    drop(run_to(place.path(), 5));
    fs::write(place.path().join("checkpoints/000005/weights"), vec![5; 99]).unwrap();

    let mut run = reopen(place.path());
    let found = run.latest_checkpoint().unwrap().unwrap();
    assert_eq!(found.position["step"], 4);
    assert_eq!(found.read("weights").unwrap(), [4; 100]);
    assert!(found.skipped[0].to_string().contains("000005"), "{}", found.skipped[0]);
    assert_eq!(steps(place.path()), [1, 2, 3, 4]);
    run.save_checkpoint(&json!({ "step": 5 }), &[], Keep::Recent).unwrap();
    assert_eq!(kept(place.path()), ["000002", "000004", "000006"]);
}

/// One flipped bit anywhere in the newest checkpoint: the one before it is taken, and this is said.
#[test]
fn any_flipped_bit_leads_back_to_the_checkpoint_before() {
    let place = tempfile::tempdir().unwrap();
    drop(run_to(place.path(), 3));
    let newest = place.path().join("checkpoints/000003");
    let metrics = fs::read(place.path().join("metrics.jsonl")).unwrap();
    for name in ["weights", "checkpoint.json", "manifest.json"] {
        let whole = fs::read(newest.join(name)).unwrap();
        for bit in (0..whole.len() * 8).step_by(11) {
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            fs::write(newest.join(name), damaged).unwrap();
            let found = reopen(place.path()).latest_checkpoint().unwrap().unwrap();
            assert_eq!(found.position["step"], 2, "{name} bit {bit}");
            assert_eq!(found.skipped.len(), 1, "{name} bit {bit}");
            fs::write(place.path().join("metrics.jsonl"), &metrics).unwrap();
        }
        fs::write(newest.join(name), whole).unwrap();
    }
    assert_eq!(reopen(place.path()).latest_checkpoint().unwrap().unwrap().position["step"], 3);
}

#[test]
fn garbage_is_never_loaded() {
    let place = tempfile::tempdir().unwrap();
    drop(run_to(place.path(), 1));
    fs::remove_file(place.path().join("checkpoints/000001/manifest.json")).unwrap();
    let mut run = reopen(place.path());
    let error = run.latest_checkpoint().unwrap_err();
    assert!(matches!(error, CheckpointError::NoValidCheckpoint { count: 1, .. }), "{error}");
    assert_eq!(steps(place.path()), [1], "metrics of the lost run stay");
}

#[test]
fn a_shortened_metrics_file_is_refused() {
    let place = tempfile::tempdir().unwrap();
    drop(run_to(place.path(), 3));
    fs::write(place.path().join("metrics.jsonl"), "{\"step\":1}\n").unwrap();
    let error = reopen(place.path()).latest_checkpoint().unwrap_err();
    let wanted = CheckpointError::MetricsTooShort {
        path: place.path().join("metrics.jsonl"),
        found: 11,
        wanted: 33,
    };
    assert_eq!(error.to_string(), wanted.to_string());
}

#[test]
fn a_second_process_is_told_who_is_at_work() {
    let place = tempfile::tempdir().unwrap();
    let run = RunFolder::open_or_create(place.path()).unwrap();
    let error = RunFolder::open_or_create(place.path()).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Locked);
    let pid = std::process::id();
    assert!(error.to_string().ends_with(&format!("is in use by process {pid}")), "{error}");
    drop(run);
    drop(reopen(place.path()));
}

#[test]
fn other_settings_are_refused_by_name() {
    let place = tempfile::tempdir().unwrap();
    let run = RunFolder::open_or_create(place.path()).unwrap();
    let first = json!({ "seed": 1, "optim": { "rate": 0.01, "decay": 0.1 }, "data": ["a"] });
    run.config(&first).unwrap();
    run.config(&first).unwrap();
    let other = json!({ "seed": 1, "optim": { "rate": 0.02, "decay": 0.1, "clip": 1 }, "data": ["a", "b"] });
    let error = run.config(&other).unwrap_err();
    let CheckpointError::ConfigDiffers { differences, .. } = &error else { panic!("{error}") };
    let keys: Vec<_> = differences.iter().map(|difference| difference.key.as_str()).collect();
    assert_eq!(keys, ["data", "optim.clip", "optim.rate"]);
    assert!(
        error.to_string().contains("optim.clip was absent, now 1; optim.rate was 0.01, now 0.02")
    );
    assert!(error.hint().is_some());
}
