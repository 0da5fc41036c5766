use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Retention, RunFolder};
use crate::ErrorClass;
use crate::checkpoint::{CheckpointError, HostTensor, Tensors};

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

/// A hundred weights, all `value`.
pub(super) fn weights(value: u64) -> Tensors {
    Tensors::from([("weights".to_owned(), HostTensor::new([100], vec![value as f32; 100]))])
}

/// Saves a checkpoint and waits for it.
pub(super) fn save(run: &mut RunFolder, step: u64, keep: Retention) -> Result<(), CheckpointError> {
    run.start_checkpoint(json!({ "step": step }), weights(step), keep)?;
    run.finish_checkpoint()
}

/// A run with `steps` steps and a checkpoint after each; step 2 is the anchor.
fn run_to(path: &Path, steps: u64) -> RunFolder {
    let mut run = RunFolder::open_or_create(path).unwrap();
    for step in 1..=steps {
        run.append_metrics(&json!({ "step": step })).unwrap();
        let keep = if step == 2 { Retention::Anchor } else { Retention::Recent };
        save(&mut run, step, keep).unwrap();
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
fn the_last_two_and_the_anchor_are_kept() {
    let place = tempfile::tempdir().unwrap();
    let mut run = run_to(place.path(), 5);
    assert_eq!(kept(place.path()), ["000002", "000004", "000005"]);
    assert_eq!(run.latest_checkpoint().unwrap().unwrap().position, json!({ "step": 5 }));
    for keep in [Retention::Anchor, Retention::Recent, Retention::Recent] {
        save(&mut run, 6, keep).unwrap();
    }
    assert_eq!(kept(place.path()), ["000006", "000007", "000008"]);
}

#[test]
fn a_run_rolls_back_to_its_anchor() {
    let place = tempfile::tempdir().unwrap();
    let mut run = run_to(place.path(), 5);
    let anchor = run.roll_back().unwrap().unwrap();
    assert_eq!(anchor.position, json!({ "step": 2 }));
    assert_eq!(anchor.tensors().unwrap(), weights(2));
    assert_eq!(kept(place.path()), ["000002"]);
    assert_eq!(steps(place.path()), [1, 2], "later steps are taken again");
    drop(run);
    assert_eq!(reopen(place.path()).latest_checkpoint().unwrap().unwrap().position["step"], 2);

    let place = tempfile::tempdir().unwrap();
    let mut run = run_to(place.path(), 1);
    assert!(run.roll_back().unwrap().is_none());
    assert_eq!((kept(place.path()).len(), steps(place.path()).len()), (1, 1));
}

/// Training continues while a checkpoint is written; its lines are dropped as if it had not.
#[test]
fn a_checkpoint_is_what_was_there_when_it_was_begun() {
    let place = tempfile::tempdir().unwrap();
    let mut run = run_to(place.path(), 1);
    run.start_checkpoint(json!({ "step": 1 }), weights(9), Retention::Recent).unwrap();
    run.append_metrics(&json!({ "step": 2 })).unwrap();
    drop(run); // waits
    let latest = reopen(place.path()).latest_checkpoint().unwrap().unwrap();
    assert_eq!(latest.tensors().unwrap(), weights(9));
    assert_eq!(steps(place.path()), [1]);
}

/// What cannot be saved is told before the next one, and the one before it stays.
#[test]
fn numbers_that_are_none_are_not_saved() {
    let place = tempfile::tempdir().unwrap();
    let mut run = run_to(place.path(), 1);
    let mut broken = weights(2);
    broken.get_mut("weights").unwrap().values[77] = f32::NAN;
    run.start_checkpoint(json!({ "step": 2 }), broken, Retention::Recent).unwrap();
    let error = loop {
        if let Err(error) = run.poll_checkpoint() {
            break error;
        }
        sleep(Duration::from_millis(1));
    };
    assert!(error.to_string().contains("`weights`") && error.to_string().contains("77"), "{error}");
    assert_eq!(run.latest_checkpoint().unwrap().unwrap().tensors().unwrap(), weights(1));
    assert_eq!(kept(place.path()), ["000001"]);
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
    fs::write(place.path().join("checkpoints/000005/state.safetensors"), vec![5; 99]).unwrap();

    let mut run = reopen(place.path());
    let found = run.latest_checkpoint().unwrap().unwrap();
    assert_eq!(found.position["step"], 4);
    assert_eq!(found.tensors().unwrap(), weights(4));
    assert!(found.skipped[0].to_string().contains("000005"), "{}", found.skipped[0]);
    assert_eq!(steps(place.path()), [1, 2, 3, 4]);
    save(&mut run, 5, Retention::Recent).unwrap();
    assert_eq!(kept(place.path()), ["000002", "000004", "000006"]);
}

/// Flips `bits` random bits and cuts at `cuts` random places, one damage at a time, all over the
/// files of the newest checkpoint: each time the one before it is taken, and this is said.
#[test]
fn any_damage_leads_back_to_the_checkpoint_before() {
    let (bits, cuts) = (1000, 200);
    let place = tempfile::tempdir().unwrap();
    drop(run_to(place.path(), 3));
    let newest = place.path().join("checkpoints/000003");
    let names = ["state.safetensors", "checkpoint.json", "manifest.json"];
    let files = names.map(|name| (newest.join(name), fs::read(newest.join(name)).unwrap()));
    let total: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    let metrics = fs::read(place.path().join("metrics.jsonl")).unwrap();
    let draws = ulmfit_ops::Key::new(7).uniform_values(bits + cuts, 1.0);
    for (n, draw) in draws.iter().enumerate() {
        let mut at = (f64::from(draw.abs()) * total as f64) as usize % total;
        let mut chosen = files.iter();
        let (path, whole) = loop {
            let (path, whole) = chosen.next().unwrap();
            match at.checked_sub(whole.len()) {
                Some(beyond) => at = beyond,
                None => break (path, whole),
            }
        };
        let mut damaged = whole.clone();
        if n < bits {
            damaged[at] ^= 1 << (n % 8);
        } else {
            damaged.truncate(at);
        }
        fs::write(path, damaged).unwrap();
        let found = reopen(place.path()).latest_checkpoint().unwrap().unwrap();
        assert_eq!(found.position["step"], 2, "{} {n} {at}", path.display());
        assert_eq!(found.skipped.len(), 1, "{} {n} {at}", path.display());
        assert_eq!(found.tensors().unwrap(), weights(2));
        fs::write(path, whole).unwrap();
        fs::write(place.path().join("metrics.jsonl"), &metrics).unwrap();
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
        error
            .to_string()
            .contains("`optim.clip` was not set, now 1; `optim.rate` was 0.01, now 0.02")
    );
    assert!(error.hint().is_some());
}
