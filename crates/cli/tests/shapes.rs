//! Data as other programs write it: read where its meaning is plain, else called what it is.

use crate::common::{Done, Place, label, text};
use serde_json::{Value, json};

/// A training of a fraction of a second.
pub(crate) const FIT: &str =
    "--base none --emb 16 --hid 32 --layers 1 --epochs 1 --lm-epochs 1 --min-freq 1";

/// A line of JSON for each of `rows` rows.
pub(crate) fn jsonl(rows: usize, row: impl Fn(usize) -> Value) -> String {
    (0..rows).map(|n| row(n).to_string() + "\n").collect()
}

fn words(row: usize) -> String {
    text(row, label(row))
}

fn warned(done: &Done, of: &str) {
    let found = done.stderr.lines().any(|l| l.starts_with("warning: ") && l.contains(of));
    assert!(found, "no warning of {of}: {done:?}");
}

#[test]
fn several_rows_decide_which_column_is_the_text() {
    let place = Place::new();
    let row = |n: usize| match n {
        0 => json!({"title": "reviews", "text": null, "label": label(n)}),
        1 => json!({"title": "reviews", "label": label(n)}),
        _ => json!({"title": "reviews", "text": words(n), "label": label(n)}),
    };
    place.write("null.jsonl", jsonl(40, row));
    let late = jsonl(2, |n| row(1 - n)) + &jsonl(40, |n| row(n + 2));
    place.write("late.jsonl", late.clone());
    for (file, rows) in [("null.jsonl", 40), ("late.jsonl", 42)] {
        let read = format!("{file}: text: `text`; label: `label`; not read: `title`\n");
        let done = place.run(&format!("check-data {file} --json"));
        assert!(done.stderr.starts_with(&read), "{done:?}");
        assert_eq!(done.json()["parts"][0]["rows"], rows);
        let done = place.run(&format!("fit {file} -o {file}.model {FIT}"));
        assert!(done.stderr.starts_with(&read), "{done:?}");
        warned(&done, "1 row whose text is null, read as empty");
        warned(&done, "1 row without the text column, read as empty");
        assert!(!done.stderr.contains("row without text"), "said twice: {done:?}");
        done.ok();
        let done = place.run(&format!("evaluate {file}.model {file} --json"));
        assert_eq!(done.json()["n"], rows);
        let answers = place.run(&format!("predict {file}.model {file}")).ok();
        assert_eq!(answers.lines().count(), rows);
    }
    let from_stdin = place.feed("predict late.jsonl.model -", &late).ok();
    assert_eq!(from_stdin, place.run("predict late.jsonl.model late.jsonl").ok());
}

#[test]
fn a_bad_row_is_empty_or_left_out_or_the_end() {
    let place = Place::new();
    let rows = [
        json!({"text": "a lovely film"}).to_string(),
        json!({"txt": "no text"}).to_string(),
        json!({"text": "a dull film"}).to_string(),
    ];
    place.write("missing.jsonl", rows.join("\n"));
    place.write("broken.jsonl", rows.join("\n").replace("{\"txt\"", "{\"txt"));
    place.write("ragged.csv", "text,id\na lovely film,1\na,b,c\na dull film,3\n");
    place.write("latin1.csv", b"text,id\na lovely film,1\ncaf\xe9,2\na dull film,3\n");

    let done = place.run("predict classifier missing.jsonl");
    warned(&done, "1 row without the text column, read as empty, the first at missing.jsonl:2");
    warned(&done, "predicted anyway: treat the prediction as unknown");
    assert_eq!(done.ok().lines().count(), 3);
    assert_eq!(place.run("predict classifier missing.jsonl --on-bad-row fail").code, Some(65));
    for file in ["broken.jsonl", "ragged.csv", "latin1.csv"] {
        assert_eq!(place.run(&format!("predict classifier {file}")).code, Some(65), "{file}");
        let done = place.run(&format!("predict classifier {file} --on-bad-row fail"));
        assert_eq!(done.code, Some(65), "{file}");
        let done = place.run(&format!("predict classifier {file} --on-bad-row empty"));
        warned(&done, "1 row that cannot be read, taken as empty, the first at");
        assert_eq!(done.ok().lines().count(), 3, "{file}");
    }
    for file in ["missing.jsonl", "broken.jsonl", "ragged.csv", "latin1.csv"] {
        let done = place.run(&format!("predict classifier {file} --on-bad-row skip"));
        warned(&done, "1 row that cannot be read, left out, the first at");
        assert_eq!(done.ok().lines().count(), 2, "{file}");
    }

    let labelled = jsonl(40, |n| match n {
        20 => json!({"text": ["a", "list"], "label": label(n)}),
        _ => json!({"text": words(n), "label": label(n)}),
    });
    place.write("train.jsonl", labelled);
    let fit = format!("train.jsonl {FIT}");
    for action in ["", " --on-bad-row empty", " --on-bad-row fail"] {
        let done = place.run(&format!("fit {fit} -o out{action}"));
        assert_eq!(done.code, Some(65), "a row without its text teaches nothing: {done:?}");
    }
    let done = place.run(&format!("fit {fit} -o out --on-bad-row skip --json"));
    warned(&done, "1 row that cannot be read, left out, the first at train.jsonl:21");
    let rows = &done.json()["rows"];
    let parts = ["train", "valid", "test"].map(|part| rows[part].as_u64().unwrap());
    assert_eq!(parts.iter().sum::<u64>(), 39);
}

/// A blank row of a queue cannot be removed: it has to be answered.
#[test]
fn blank_texts_are_answered_and_told() {
    let place = Place::new();
    place.write("queue.csv", "id,text\n1,a lovely film\n2,\n");
    let done = place.run("predict classifier queue.csv");
    warned(&done, "1 row without text, the first at queue.csv:3");
    warned(&done, "predicted anyway: treat the prediction as unknown");
    assert_eq!(done.ok().lines().count(), 2);
}

#[test]
fn rows_inside_other_objects_come_with_the_line_that_converts_them() {
    let place = Place::new();
    let nested = |n: usize| json!({"id": n.to_string(), "data": {"text": words(n)}, "annotation": {"label": label(n)}});
    place.write("nested.jsonl", jsonl(20, nested));
    let rows: Vec<Value> = (0..20).map(|n| json!({"text": words(n), "label": label(n)})).collect();
    place.write("data.json", json!({"version": "1", "data": rows}).to_string());
    place.write("list.json", json!(rows).to_string());
    place.write("pretty.json", serde_json::to_string_pretty(&json!({"data": rows})).unwrap());
    for (file, says, hint) in [
        (
            "nested.jsonl",
            "nested.jsonl:1: the text is inside another object, at `.data.text`",
            "jq -c '{text: .data.text, label: .annotation.label}' nested.jsonl",
        ),
        (
            "data.json",
            "data.json:1: the rows are a list inside `data`",
            "jq -c '.[\"data\"][]' data.json",
        ),
        ("list.json", "list.json:1: a list instead of a JSON object", "jq -c '.[]' list.json"),
        ("pretty.json", "pretty.json:1: not valid JSON", "jq -c . pretty.json"),
    ] {
        for command in ["check-data", "evaluate classifier", "fit -o out", "predict classifier"] {
            let done = place.run(&format!("{command} {file} -q"));
            assert_eq!(done.code, Some(65), "{done:?}");
            assert!(done.stderr.contains(says), "{command} {file}: {done:?}");
            let hint = match command {
                "predict classifier" => hint.replace(", label: .annotation.label", ""),
                _ => hint.to_owned(),
            };
            assert!(done.stderr.contains(&hint), "{command} {file}: {done:?}");
        }
    }
}

/// The same rows in four shapes make the same model.
#[test]
fn labels_of_spacy_and_doccano_are_read() {
    let place = Place::new();
    place.write("plain.jsonl", jsonl(40, |n| json!({"text": words(n), "label": label(n)})));
    place.write("doccano.jsonl", jsonl(40, |n| json!({"text": words(n), "label": [label(n)]})));
    let switches = |n: usize| {
        let share = |name: &str| if label(n) == name { 1.0 } else { 0.0 };
        json!({"text": words(n), "cats": {"bad": share("bad"), "good": share("good")}})
    };
    place.write("spacy.jsonl", jsonl(40, switches));
    let labels = |file: &str, more: &str| {
        let done = place.run(&format!("fit {file} -o {file}.model {FIT} --json {more}"));
        let note = "every list of labels has exactly one label: read as one label per text";
        assert_eq!(
            done.stderr.contains(note),
            file != "plain.jsonl" && more.is_empty(),
            "{done:?}"
        );
        done.ok();
        let weights = std::fs::read(place.path(&format!("{file}.model/model.safetensors")));
        (
            std::fs::read_to_string(place.path(&format!("{file}.model/labels.json"))).unwrap(),
            weights.unwrap(),
        )
    };
    let plain = labels("plain.jsonl", "");
    assert!(labels("doccano.jsonl", "") == plain);
    assert!(labels("spacy.jsonl", "") == plain);
    std::fs::remove_dir_all(place.path("doccano.jsonl.model")).unwrap();
    let (multi, _) = labels("doccano.jsonl", "--task multi");
    assert!(multi.contains("\"multi\""), "{multi}");
    let done = place.run("check-data doccano.jsonl");
    assert!(done.stdout.contains("note: every list of labels has exactly one label"), "{done:?}");
}
