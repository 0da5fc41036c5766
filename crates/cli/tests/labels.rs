//! Labels: what they may look like, which are told of, which columns they are in.

use crate::common::{Place, STEPS, csv, label, text};
use crate::shapes::{FIT, jsonl};
use serde_json::json;
use std::fs;

fn words(row: usize) -> String {
    text(row, label(row))
}

#[test]
fn zeros_and_ones_for_every_label_are_not_names() {
    let place = Place::new();
    let hot = |n: usize| json!({"text": words(n), "labels": [n % 2, 1 - n % 2, 1]});
    place.write("hot.jsonl", jsonl(40, hot));
    let cells: String = (0..40).map(|n| format!("{},\"[{}, 1]\"\n", words(n), n % 2)).collect();
    place.write("hot.csv", "text,labels\n".to_owned() + &cells);
    let says = "each label is a list of 3 zeros and ones, not of names";
    for command in ["evaluate classifier", "fit -o out", "train lm -o out"] {
        let done = place.run(&format!("{command} hot.jsonl -q"));
        assert_eq!(done.code, Some(65), "{done:?}");
        assert!(done.stderr.contains(says) && done.stderr.contains("jq -c --argjson"), "{done:?}");
    }
    let done = place.run("check-data hot.jsonl");
    assert_eq!(done.code, Some(65));
    assert!(done.stdout.contains(&format!("error: {says}")), "{done:?}");
    let done = place.run("fit -o out hot.csv --label-delimiter , -q");
    assert!(done.code == Some(65) && done.stderr.contains("a list of 2 zeros"), "{done:?}");
    assert!(!place.path("out").exists());
}

#[test]
fn lists_as_python_prints_them_are_told_and_read_on_request() {
    let place = Place::new();
    let cell = |n: usize| format!("\"['{}', 'row']\"", label(n));
    let rows: String = (0..40).map(|n| format!("{},{}\n", words(n), cell(n))).collect();
    place.write("lists.csv", "text,labels\n".to_owned() + &rows);
    let done = place.run("check-data lists.csv");
    let says =
        "warning: labels such as `['bad', 'row']` look like lists: `--label-delimiter ,` reads";
    assert!(done.stdout.contains(says), "{done:?}");
    place.run(&format!("fit lists.csv -o model {FIT} --label-delimiter ,")).ok();
    let labels = fs::read_to_string(place.path("model/labels.json")).unwrap();
    let labels: serde_json::Value = serde_json::from_str(&labels).unwrap();
    assert_eq!(labels, json!({"kind": "multi", "labels": ["bad", "good", "row"]}));
}

#[test]
fn what_may_mean_that_a_label_is_missing_is_told() {
    let place = Place::new();
    let row = |n: usize| format!("{},{}\n", words(n), if n < 5 { "nan" } else { label(n) });
    let rows: String = (0..40).map(row).collect();
    place.write("nan.csv", "text,label\n".to_owned() + &rows);
    let says = "warning: `nan` (5 rows) is a class here";
    let done = place.run("check-data nan.csv");
    assert!(done.stdout.contains(says), "{done:?}");
    let done = place.run(&format!("train lm nan.csv -o model {STEPS}"));
    assert!(done.stderr.contains(says), "{done:?}");
}

#[test]
fn data_that_teaches_nothing() {
    let place = Place::new();
    place.write("none.jsonl", jsonl(40, |n| json!({"text": words(n), "label": []})));
    place.write("empty.jsonl", jsonl(40, |n| json!({"text": " ", "label": label(n)})));
    place.write("large.jsonl", jsonl(40, |n| json!({"text": words(n), "label": 1e37 * n as f64})));
    for (file, says, found) in [
        ("none.jsonl", "none of the 40 rows has a label", "no training row has a label"),
        ("empty.jsonl", "none of the 40 rows has text", "no training row has a text"),
        ("large.jsonl --task regression", "the label `1e+37` is too large", "39 rows with a label"),
    ] {
        for command in ["fit -o out", "train lm -o out"] {
            let done = place.run(&format!("{command} {file} -q"));
            assert_eq!(done.code, Some(65), "{done:?}");
            assert!(done.stderr.contains(says) && done.stderr.contains("hint: "), "{done:?}");
        }
        let done = place.run(&format!("check-data {file}"));
        assert_eq!(done.code, Some(65), "{done:?}");
        assert!(done.stdout.contains("error: ") && done.stdout.contains(found), "{done:?}");
    }
    assert!(!place.path("out").exists() && !place.path("out.run").exists());
}

#[test]
fn labels_that_training_lacks_are_errors_of_the_model() {
    let place = Place::new();
    place.write("new.csv", csv(1000..1020) + "a lovely film,Good\n");
    let says = "warning: 1 label is unknown to the model and counts as an error: `Good` (1, perhaps `good`)";
    let done = place.run("evaluate classifier new.csv --json");
    assert!(done.stderr.contains(says), "{done:?}");
    let scores = done.json();
    assert_eq!((&scores["n"], &scores["labels"]), (&json!(21), &json!(["bad", "good", "Good"])));
    assert_eq!(scores["per_class"][2]["support"], 1);
    assert_eq!(scores["per_class"][2]["recall"], 0.0);
    assert!(scores["accuracy"].as_f64().unwrap() < 1.0);
    for line in [
        format!("train lm train.csv --test new.csv -o trained {STEPS} --json"),
        format!("fit train.csv --test new.csv -o fitted {FIT} --json"),
    ] {
        let done = place.run(&line);
        assert!(done.stderr.contains(says), "{done:?}");
        assert_eq!(done.json()["test"]["n"], 21);
    }
    let done = place.run("check-data train.csv --test new.csv");
    let says =
        "warning: 1 row of test with the label `Good`, which no training row has; it may be `good`";
    assert!(done.code == Some(0) && done.stdout.contains(says), "{done:?}");
    assert_eq!(place.run("check-data train.csv --valid new.csv").code, Some(65));
}

#[test]
fn what_was_not_tested_is_named() {
    let place = Place::new();
    let row = |n: usize| format!("{},{}\n", text(n, "good"), if n < 198 { "good" } else { "bad" });
    place.write("rare.csv", "text,label\n".to_owned() + &(0..200).map(row).collect::<String>());
    let report = place.run(&format!("train lm rare.csv -o model --test-share 0.2 {STEPS} --json"));
    let report = report.json();
    assert_eq!(report["labels"][0]["label"], "bad");
    assert_eq!(
        (&report["labels"][0]["train"], &report["labels"][0]["test"]),
        (&json!(1), &json!(1))
    );

    place.write("only.csv", "text,label\na lovely film,good\na fine room,good\n");
    let done = place.run(&format!("train lm train.csv --test only.csv -o other {STEPS}"));
    assert!(
        done.stderr.contains("warning: the test set has no rows with the label `bad`"),
        "{done:?}"
    );
    let scores = place.run("evaluate classifier only.csv").ok();
    assert!(scores.contains("% (tested: 1 of 2 classes; no row of `bad`)\n"), "{scores}");
}

#[test]
fn the_label_column_is_asked_for_and_remembered() {
    let place = Place::new();
    let row = |n: usize| format!("{n},{},x,{}\n", words(n), label(n));
    let rows: String = (0..60).map(row).collect();
    place.write("teams.csv", "id,text,note,team\n".to_owned() + &rows);
    for command in ["check-data", "train lm -o model"] {
        let done = place.run(&format!("{command} teams.csv -q"));
        assert_eq!(done.code, Some(65), "{done:?}");
        assert!(done.stderr.contains("cannot tell which column is the label"), "{done:?}");
        assert!(done.stderr.contains("hint: name it with `--label COLUMN`"), "{done:?}");
    }
    // the only other column is not read as the label if the model has learned another one
    place.write("ids.csv", csv(0..60).replace("text,label", "text,code"));
    for file in ["teams.csv", "ids.csv"] {
        let done = place.run(&format!("evaluate classifier {file} -q"));
        assert_eq!(done.code, Some(65), "{done:?}");
        assert!(done.stderr.contains("no column `label`, which had the labels before"), "{done:?}");
        assert!(done.stderr.contains("name it with `--label COLUMN`"), "{done:?}");
    }
    let done = place.run("check-data teams.csv --text text --text team --label team");
    assert_eq!(done.code, Some(65), "{done:?}");
    assert!(done.stderr.contains("`team` is both text and label"), "{done:?}");
    assert_eq!(place.run("check-data teams.csv --label team").code, Some(0));
    place.write("short.csv", csv(0..60).replace("text,label", "text,team"));
    let found = place.run("check-data short.csv --json").json();
    assert_eq!(found["parts"][0]["labels"], json!({"bad": 30, "good": 30}), "as `fit` does");

    place.run(&format!("train lm teams.csv --label team -o model {STEPS}")).ok();
    let config = fs::read_to_string(place.path("model/config.json")).unwrap();
    assert!(config.contains("\"label-column\": \"team\""), "{config}");
    let own = place.run("evaluate model teams.csv --json").json();
    assert_eq!(own, place.run("evaluate model teams.csv --label team --json").json());
    // a folder of before, whose model does not remember its label
    assert_eq!(place.run("evaluate classifier test.csv").code, Some(0));
}

#[test]
fn mistakes_are_listed_with_what_finds_them_again() {
    let place = Place::new();
    let row = |n: usize| {
        let label = if n < 3 { label(n + 1) } else { label(n) };
        format!("T-{n},\"{}\nand more\",{label}\n", words(n))
    };
    let rows: String = (0..30).map(row).collect();
    place.write("queue.csv", "id,text,label\n".to_owned() + &rows);
    let scores = place.run("evaluate classifier queue.csv --mistakes out.csv --json").json();
    let wrong = 30.0 - 30.0 * scores["accuracy"].as_f64().unwrap();
    let table = fs::read_to_string(place.path("out.csv")).unwrap();
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some("id,record,file,line,row,text,label,prediction,confidence"));
    let lines: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert_eq!(lines.len() as f64, wrong.round(), "{table}");
    assert!(!lines.is_empty());
    let mut last = 1.0;
    for cells in lines {
        let record: usize = cells[1].parse().unwrap();
        assert_eq!(cells[0], format!("T-{}", record - 1));
        assert_eq!(cells[2], "queue.csv");
        assert_eq!(cells[3], (2 * record).to_string(), "two lines each, after the header");
        assert_eq!(cells[4], (record + 1).to_string(), "a spreadsheet has one row each");
        assert_ne!(cells[6], cells[7]);
        let confidence: f64 = cells[8].parse().unwrap();
        assert!(confidence <= last && confidence >= 0.5, "{table}");
        last = confidence;
    }
    let first = &scores["mistakes"][0];
    let (line, row) = (first["line"].as_u64().unwrap(), first["row"].as_u64().unwrap());
    assert_eq!((first["file"].as_str(), line), (Some("queue.csv"), 2 * (row - 1)));
    let shown = place.run("evaluate classifier queue.csv").ok();
    assert!(shown.contains(&format!("queue.csv:{line} (row {row})")), "{shown}");
    // a document per file has a name of its own
    let folder = place.path("folder/good");
    fs::create_dir_all(&folder).unwrap();
    fs::create_dir_all(place.path("folder/bad")).unwrap();
    for n in 0..4 {
        fs::write(folder.join(format!("{n}.txt")), text(n, "bad")).unwrap();
        fs::write(place.path("folder/bad").join(format!("{n}.txt")), text(n, "good")).unwrap();
    }
    let found = place.run("evaluate classifier folder --json").json();
    let files: Vec<&str> =
        found["mistakes"].as_array().unwrap().iter().map(|m| m["file"].as_str().unwrap()).collect();
    assert!(!files.is_empty() && files.iter().all(|file| file.starts_with("folder/")), "{found}");
    let done = place.run("evaluate classifier queue.csv --mistakes out.csv");
    assert!(done.code == Some(2) && done.stderr.contains("out.csv: exists already"), "{done:?}");
    let done = place.run("evaluate classifier nothing.csv --mistakes other.csv");
    assert_eq!(done.code, Some(66));
    let done = place.run("evaluate lm texts.txt --mistakes other.csv");
    assert_eq!(done.code, Some(2));
    assert!(!place.path("other.csv").exists());
}
