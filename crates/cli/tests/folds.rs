//! `--folds`: a score on all rows.

use crate::common::{Place, STEPS, label, number, text};
use serde_json::Value;
use std::fs;
use std::time::{Duration, Instant};
use ulmfit::checkpoint::{ModelFolder, hash_file};

/// Rows with a column that names them.
fn named() -> Place {
    let place = Place::new();
    let line = |row: usize| format!("t{row},{},{}\n", text(row, label(row)), label(row));
    place.write("named.csv", "id,text,label\n".to_owned() + &(0..60).map(line).collect::<String>());
    place
}

const LEARN: &str =
    "--unfreeze full --epochs 4 --lr 0.02 --drop-mult 0.2 --batch-size 8 --bptt 16 --quiet";

#[test]
fn every_row_is_scored_by_a_classifier_that_has_not_learned_it() {
    let place = named();
    let report = place.run(&format!("train lm named.csv -o out --folds 3 {LEARN} --json")).json();
    assert_eq!((number(&report, "folds"), number(&report["test"], "n")), (3.0, 60.0));
    assert_eq!((number(&report["rows"], "train"), number(&report["rows"], "test")), (60.0, 0.0));
    assert_eq!(report["comparison"]["n"], 60);
    assert_eq!(report["automation"]["rows"], 60);
    assert_eq!(report["training"].as_array().unwrap().len(), 1, "the final one");
    let folder = ModelFolder::open(&place.path("out")).unwrap();
    let table = folder.read("scored.csv").unwrap();
    let mut table = csv::Reader::from_reader(&table[..]);
    let names = ["id", "place", "text", "label", "prediction", "confidence", "right", "fold"];
    let names: Vec<&str> = names.into_iter().chain(["p(bad)", "p(good)"]).collect();
    assert_eq!(table.headers().unwrap(), &names[..]);
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 60);
    for (n, row) in rows.iter().enumerate() {
        assert_eq!((&row[0], &row[3]), (&*format!("t{n}"), label(n)));
        assert_eq!(row[6] == *"true", row[3] == row[4]);
    }
    let right = rows.iter().filter(|row| &row[6] == "true").count();
    assert!((right as f64 / 60.0 - number(&report["test"], "accuracy")).abs() < 1e-9);
    for fold in ["1", "2", "3"] {
        let own = rows.iter().filter(|row| &row[7] == fold);
        assert!((18..=22).contains(&own.count()), "fold {fold}");
    }
    let calibration = folder.read("calibration.json").unwrap();
    let calibration: Value = serde_json::from_slice(&calibration).unwrap();
    assert_eq!((&calibration["source"], &calibration["rows"]), (&"out-of-fold".into(), &60.into()));
    place.run("predict out test.csv --coverage 0.9").ok();
    let text = String::from_utf8(folder.read("report.txt").unwrap()).unwrap();
    assert!(text.contains("score on all examples"), "{text}");
    // the model is the one that learns all rows
    let all = format!("train lm named.csv -o all --test-share 0 --valid-share 0 {LEARN}");
    place.run(&all).ok();
    let weights = |name: &str| hash_file(&place.path(name).join("model.safetensors")).unwrap();
    assert_eq!(weights("out"), weights("all"));
}

/// Nothing of a fold reaches its answers: they are, to the bit, those of a training on a file that
/// lacks these rows.
#[test]
fn answers_are_those_of_a_training_without_the_fold() {
    let place = named();
    place.run(&format!("train lm named.csv -o out --folds 3 {LEARN}")).ok();
    let table = fs::read(place.path("out/scored.csv")).unwrap();
    let mut table = csv::Reader::from_reader(&table[..]);
    let scored: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    let rows = fs::read_to_string(place.path("named.csv")).unwrap();
    let rows: Vec<&str> = rows.lines().skip(1).collect();
    for fold in ["1", "3"] {
        let part = |is_in: bool| {
            let own = rows.iter().zip(&scored).filter(|(_, row)| (&row[7] == fold) == is_in);
            let lines: String = own.map(|(line, _)| format!("{line}\n")).collect();
            format!("id,text,label\n{lines}")
        };
        place.write("others.csv", part(false));
        place.write("held-out.csv", part(true));
        let line = "train lm others.csv -o others --overwrite --test-share 0 --valid-share 0";
        place.run(&format!("{line} {LEARN}")).ok();
        let answers = place.run("predict others held-out.csv -q").ok();
        let held_out = scored.iter().filter(|row| &row[7] == fold);
        assert_eq!(answers.lines().count(), held_out.clone().count());
        for (answer, row) in answers.lines().zip(held_out) {
            let answer: Value = serde_json::from_str(answer).unwrap();
            assert_eq!(answer["label"], row[4], "fold {fold}, {row:?}");
            let confidence: f64 = row[5].parse().unwrap();
            assert_eq!(number(&answer, "confidence"), confidence, "fold {fold}, {row:?}");
        }
    }
}

#[test]
fn a_killed_cross_validation_goes_on() {
    let place = named();
    let fit = format!("fit named.csv --base lm --lm-epochs 1 --folds 3 {STEPS} --quiet");
    place.run(&format!("{fit} -o whole")).ok();
    let mut child = place.command(&format!("{fit} -o out")).spawn().unwrap();
    let begun = Instant::now();
    let second = place.path("out.run/fold-2-train-forward");
    while !second.exists() && child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_mins(1));
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    if !place.path("out").exists() {
        place.run(&format!("{fit} -o out")).ok();
    }
    for file in ["scored.csv", "model.safetensors", "calibration.json"] {
        let read = |name: &str| fs::read(place.path(name).join(file)).unwrap();
        assert!(read("out") == read("whole"), "{file}");
    }
}

#[test]
fn numbers_are_compared_with_tools_that_have_not_learned_the_fold() {
    let place = Place::new();
    let rows: String = (0..60)
        .map(|n| format!("a {} parcel {n},{}.5\n", ["tiny", "large", "huge"][n % 3], n % 3))
        .collect();
    place.write("numbers.csv", format!("text,label\n{rows}"));
    let train = format!("train lm numbers.csv -o out --task regression --folds 3 {LEARN} --json");
    let report = place.run(&train).json();
    assert_eq!(number(&report["test"], "n"), 60.0, "{report}");
    // each word stands for a number: n-grams find it in every fold, and a mean can only be near it
    let baselines = &report["baselines"];
    assert!(number(baselines, "tfidf_mae") < 0.3 * number(baselines, "mean_mae"), "{report}");
}

#[test]
fn what_folds_cannot_do_is_refused() {
    let place = named();
    for (options, message) in [
        ("--folds 3 --test test.csv", "cannot be used with"),
        ("--folds 3 --test-share 0.1", "cannot be used with"),
        ("--folds 1", "1 is not in 2..=100"),
        ("--folds 50", "60 examples are too few for 50 folds"),
        ("--folds 3 --patience 2", "has no validation set to select an epoch on"),
    ] {
        let done = place.run(&format!("train lm named.csv -o out {options} {STEPS}"));
        assert!(matches!(done.code, Some(2 | 65)), "{options}: {done:?}");
        assert!(done.stderr.contains(message), "{options}: {done:?}");
        assert!(!place.path("out").exists(), "{options}");
    }
}
