//! A run that is killed at every named place.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::ExitStatus;

use serde_json::{Value, json};

use super::tests::reopen;
use super::{Retention, RunFolder};
use crate::checkpoint::test_process::run_alone;
use crate::checkpoint::{
    CRASH_POINTS, CheckpointError, FolderWriter, HostTensor, ModelFolder, Overwrite, Tensors,
};

const STEPS: u64 = 12;

/// A little run: the weights are a hash chain, so a step left out or taken twice shows.
fn train(folder: &Path) -> Result<(), CheckpointError> {
    let mut run = RunFolder::open_or_create(&folder.join("run"))?;
    run.config(&json!({ "steps": STEPS }))?;
    let (mut step, mut weights) = (0, vec![0; 32]);
    if let Some(checkpoint) = run.latest_checkpoint()? {
        step = checkpoint.position["step"].as_u64().expect("we wrote it");
        let values = &checkpoint.tensors()?["weights"].values;
        weights = values.iter().map(|&value| value as u8).collect();
    }
    while step < STEPS {
        step += 1;
        weights = blake3::hash(&weights).as_bytes().to_vec();
        run.append_metrics(&json!({ "step": step, "loss": weights[0] }))?;
        if step % 3 == 0 {
            let keep = if step == 3 { Retention::Anchor } else { Retention::Recent };
            let values = weights.iter().map(|&byte| f32::from(byte)).collect::<Vec<_>>();
            let tensors = Tensors::from([("weights".into(), HostTensor::new([32], values))]);
            run.start_checkpoint(json!({ "step": step }), tensors, keep)?;
        }
    }
    run.finish_checkpoint()?;
    let mut model = FolderWriter::create(&folder.join("model"), Overwrite::Replace)?;
    model.write("weights", &weights)?;
    model.finish()
}

/// Not a test of its own: the process that [`survives_every_crash_point`] kills.
#[test]
fn child() {
    if let Ok(folder) = std::env::var("ULMFIT_CRASH_TEST_FOLDER") {
        train(Path::new(&folder)).unwrap();
    }
}

fn run_child(folder: &Path, crash_at: &str) -> ExitStatus {
    let variables =
        [("ULMFIT_CRASH_TEST_FOLDER", folder.to_str().unwrap()), ("ULMFIT_CRASH_AT", crash_at)];
    run_alone("checkpoint::run::crash_tests::child", &variables).status
}

/// Every file below `folder` that belongs to the result.
fn result(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let metrics = fs::read(folder.join("run/metrics.jsonl")).unwrap();
    let model = ModelFolder::open(&folder.join("model")).unwrap();
    let mut run = reopen(&folder.join("run"));
    let latest = run.latest_checkpoint().unwrap().unwrap();
    let latest = latest.folder().hash();
    let anchor = run.roll_back().unwrap().unwrap();
    assert_eq!(anchor.position["step"], 3);
    vec![
        ("metrics".into(), metrics),
        ("model".into(), model.read("weights").unwrap()),
        ("latest".into(), latest.into()),
        ("anchor".into(), anchor.folder().hash().into()),
    ]
}

fn entries(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        found.insert(entry.file_name().into_string().unwrap());
        if entry.file_type().unwrap().is_dir() {
            found.extend(entries(&entry.path()));
        }
    }
    found
}

#[test]
fn survives_every_crash_point() {
    let place = tempfile::tempdir().unwrap();
    let undisturbed = place.path().join("undisturbed");
    assert!(run_child(&undisturbed, "").success());
    let wanted = result(&undisturbed);
    let lines: Vec<Value> = String::from_utf8(wanted[0].1.clone())
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len() as u64, STEPS);

    for point in CRASH_POINTS {
        let folder = place.path().join(point);
        if *point == "folder.moved_away" {
            assert!(run_child(&folder, "").success(), "something to replace");
        }
        let mut kills = 0;
        for visit in 1..=3 {
            kills += usize::from(!run_child(&folder, &format!("{point}#{visit}")).success());
        }
        assert!(kills >= 1, "{point} was never reached");
        assert!(run_child(&folder, "").success(), "{point}: did not resume");
        assert_eq!(result(&folder), wanted, "{point}");
        let litter: Vec<_> =
            entries(&folder).into_iter().filter(|name| name.starts_with('.')).collect();
        assert!(litter.is_empty(), "{point} leaves {litter:?}");
    }
}
