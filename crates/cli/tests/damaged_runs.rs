//! A run folder that was damaged or removed: cured by the program, or refused with the way out.

use crate::common::{Place, SIZES, names};
use crate::resume::{Ending, kill_after_steps, run_of_base, start, wait_for_steps};
use std::fs;

fn line() -> String {
    format!(
        "pretrain texts.txt -o base {SIZES} --epochs 40 --batch-size 8 --bptt 16 --checkpoint-every 2"
    )
}

/// Each damage is named in one line with a way out, and `--restart` is one.
#[test]
fn damage_beside_intact_checkpoints_is_refused_and_cured_by_restart() {
    let whole = Place::new();
    let line = || line().replace("--epochs 40 ", "--epochs 12 "); // seven times
    whole.run(&line()).ok();
    let wanted = Ending::of(&whole, "base");
    type Damage = fn(&std::path::Path);
    let damages: [(&str, i32, Damage); 7] = [
        ("metrics cut off", 65, |run| fs::write(run.join("metrics.jsonl"), "").unwrap()),
        ("metrics that are not JSON", 65, |run| {
            let path = run.join("metrics.jsonl");
            let mut bytes = fs::read(&path).unwrap();
            bytes[..4].copy_from_slice(b"\xff\xfe\x00{");
            fs::write(path, bytes).unwrap();
        }),
        ("a folder in place of the metrics", 65, |run| {
            fs::remove_file(run.join("metrics.jsonl")).unwrap();
            fs::create_dir(run.join("metrics.jsonl")).unwrap();
        }),
        ("settings that are not JSON", 65, |run| {
            fs::write(run.join("config.json"), "{\"a\":").unwrap();
        }),
        ("settings that are gone", 65, |run| fs::remove_file(run.join("config.json")).unwrap()),
        ("settings of an older version", 2, |run| {
            let path = run.join("config.json");
            let text = fs::read_to_string(&path).unwrap();
            let mut config: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert!(config.as_object_mut().unwrap().remove("version").is_some());
            fs::write(path, config.to_string()).unwrap();
        }),
        ("a folder in place of the lock", 65, |run| {
            fs::remove_file(run.join("run.lock")).unwrap();
            fs::create_dir(run.join("run.lock")).unwrap();
        }),
    ];
    for (what, code, damage) in damages {
        let place = Place::new();
        kill_after_steps(&place, &line(), 9);
        damage(&run_of_base(&place));
        let done = place.run(&format!("{} --quiet", line()));
        assert_eq!(done.code, Some(code), "{what}: {done:?}");
        let lines: Vec<&str> = done.stderr.lines().collect();
        assert_eq!(lines.len(), 2, "{what}: {done:?}");
        assert!(
            lines[0].starts_with("ulmfit: ") && lines[0].contains("base.run"),
            "{what}: {done:?}"
        );
        assert!(
            lines[1].starts_with("hint: ") && lines[1].contains("--restart"),
            "{what}: {done:?}"
        );
        place.run(&format!("{} --restart", line())).ok();
        assert_eq!(Ending::of(&place, "base"), wanted, "{what}");
        assert!(!place.path("base.run").exists(), "{what}");
    }
}

#[test]
fn a_run_folder_that_is_removed_ends_the_run_and_is_named() {
    let place = Place::new();
    let mut child = start(&mut place.command(&line().replace("--epochs 40 ", "--epochs 4000 ")));
    wait_for_steps(&place, &mut child, 5);
    fs::rename(place.path("base.run"), place.path("moved")).unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(74), "{stderr}");
    let (message, hint) = stderr.trim_end().rsplit_once('\n').unwrap();
    assert!(
        message.ends_with("base.run/pretrain-forward was removed or renamed during the run"),
        "{stderr}"
    );
    assert!(hint.starts_with("hint: put it back"), "{stderr}");
    assert!(!place.path("base").exists());
    assert!(names(&place.path("moved")).contains("pretrain-forward"));
}

/// What tells how a model came about differs with the threads; its hash does not.
#[test]
fn the_hash_of_a_model_does_not_depend_on_threads() {
    let place = Place::new();
    for threads in [1, 2] {
        let line = line().replace("-o base", &format!("-o model{threads} --threads {threads}"));
        place.run(&line.replace("--epochs 40 ", "--epochs 1 ")).ok();
    }
    let [one, two] = ["model1", "model2"].map(|name| place.path(name));
    let run = |path: &std::path::Path| fs::read_to_string(path.join("run.json")).unwrap();
    assert_ne!(run(&one), run(&two), "else this proves nothing");
    let hash = |path| ulmfit::checkpoint::ModelFolder::open(path).unwrap().hash();
    assert_eq!(hash(&one), hash(&two));
}
