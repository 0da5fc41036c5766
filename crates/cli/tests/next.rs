//! `next`: which texts to label.

use crate::common::{Place, label, text};
use serde_json::Value;
use std::fs;

/// A pool with ids, of which some rows are like labelled ones.
fn place() -> Place {
    let place = Place::new();
    let line = |row: usize| format!("p{row},{}\n", text(row, label(row)));
    let mut rows: String = (3000..3060).map(line).collect();
    rows += &format!("copy,{}\nblank,  \n", text(3, label(3)));
    place.write("pool.csv", format!("id,text\n{rows}"));
    place
}

fn table(csv: &str) -> (csv::StringRecord, Vec<csv::StringRecord>) {
    let mut table = csv::Reader::from_reader(csv.as_bytes());
    (table.headers().unwrap().clone(), table.records().map(Result::unwrap).collect())
}

#[test]
fn uncertain_texts_come_first_and_labelled_ones_not_at_all() {
    let place = place();
    let answers = place.run("predict classifier pool.csv --echo -q").ok();
    let answers: Vec<Value> =
        answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let confidence = |id: &str| {
        let row = answers.iter().find(|row| row["id"] == id).unwrap();
        row["confidence"].as_f64().unwrap()
    };
    for strategy in ["breaking-ties", "entropy", "coverage", "mixed"] {
        let line =
            format!("next classifier pool.csv --labelled train.csv -n 8 -q --strategy {strategy}");
        let found = place.run(&line).ok();
        assert_eq!(place.run(&format!("{line} --threads 1")).ok(), found, "{strategy}");
        let (head, rows) = table(&found);
        assert_eq!(&head, &["id", "text", "label", "prediction", "confidence"][..]);
        assert_eq!(rows.len(), 8);
        assert!(rows.iter().all(|row| row[2].is_empty() && row[0] != *"copy"), "{strategy}");
        assert!(rows.iter().all(|row| row[0] != *"blank"), "{strategy}");
        let chosen: Vec<f64> = rows.iter().map(|row| confidence(&row[0])).collect();
        if matches!(strategy, "breaking-ties" | "entropy") {
            assert!(chosen.is_sorted(), "{chosen:?}");
            let others = answers
                .iter()
                .map(|row| row["id"].as_str().unwrap())
                .filter(|id| id.starts_with('p') && rows.iter().all(|row| row[0] != **id));
            assert!(others.map(confidence).all(|other| other >= chosen[7]), "{chosen:?}");
        }
    }
    let all = place.run("next classifier pool.csv -n 100");
    assert!(all.stderr.contains("only 61 of "), "{all:?}");
}

#[test]
fn without_a_model_the_first_texts_are_of_different_kinds() {
    let place = Place::new();
    let kinds = [
        ["Where is my parcel?", "My package is late.", "The parcel has not arrived."],
        ["I want a refund.", "Please give me my money back.", "How do I get a refund?"],
        ["I forgot my password.", "I cannot log in.", "Reset my password, please."],
    ];
    let rows: String =
        (0..9).map(|n| format!("{{\"body\": \"{}\"}}\n", kinds[n % 3][n / 3])).collect();
    place.write("pool.jsonl", rows);
    for seed in 1..4 {
        let found = place.run(&format!("next pool.jsonl -n 3 -q --seed {seed} --label team")).ok();
        let (head, rows) = table(&found);
        assert_eq!(&head, &["body", "team"][..]);
        let kind = |row: &csv::StringRecord| kinds.iter().position(|kind| kind.contains(&&row[0]));
        let mut found: Vec<_> = rows.iter().map(|row| kind(row).unwrap()).collect();
        found.sort_unstable();
        assert_eq!(found, [0, 1, 2], "seed {seed}");
    }
    // what is labelled is covered
    place.write("labelled.csv", "body,team\nMy package is late.,a\nI want a refund.,b\n");
    let found = place.run("next pool.jsonl -n 1 -q --labelled labelled.csv").ok();
    let (_, rows) = table(&found);
    assert!(kinds[2].contains(&&rows[0][0]), "{found}");
}

#[test]
fn the_file_can_be_filled_in_and_trained_on() {
    let place = place();
    let done = place.run("next classifier pool.csv -n 20 -o todo.csv");
    assert!(done.ok().contains("20 texts to label are in todo.csv"));
    let (head, rows) = table(&fs::read_to_string(place.path("todo.csv")).unwrap());
    let mut filled = csv::Writer::from_writer(Vec::new());
    filled.write_record(&head).unwrap();
    for row in &rows {
        let number: usize = row[0].trim_start_matches('p').parse().unwrap_or(3);
        let cells = row.iter().enumerate().map(|(n, c)| if n == 2 { label(number) } else { c });
        filled.write_record(cells).unwrap();
    }
    place.write("filled.csv", filled.into_inner().unwrap());
    place.run("evaluate classifier filled.csv").ok();
    let more = place.run("next classifier pool.csv --labelled filled.csv -n 100 --json -q").json();
    let texts = more["texts"].as_array().unwrap();
    assert_eq!(texts.len(), 41);
    assert!(texts[0]["answer"]["confidence"].is_number(), "{}", texts[0]);
}

#[test]
fn a_classifier_on_n_grams_chooses_by_the_vectors_of_an_encoder() {
    let place = place();
    place.run("fit train.csv -o ngrams --method tfidf").ok();
    let found = place.run("next ngrams pool.csv -n 5 -q").ok();
    let (head, rows) = table(&found);
    assert_eq!((head.len(), rows.len()), (5, 5), "{found}");
    assert_eq!(place.run("next ngrams pool.csv -n 5 -q --threads 1").ok(), found);
}

#[test]
fn what_cannot_be_chosen_is_refused() {
    let place = place();
    place.write("blank.csv", "text\n \n\" \"\n");
    for (line, code, said) in [
        ("next blank.csv", 65, "there is no text to label"),
        ("next lm pool.csv", 65, "a classifier is needed here"),
        ("next pool.csv --base lm", 65, "a sentence encoder is needed here"),
        ("next pool.csv --strategy entropy", 2, "required"),
        ("next classifier nothing.csv", 66, "no such file"),
        ("next classifier pool.csv -n 0", 2, "0 is not in 1.."),
        ("next classifier pool.csv -o train.csv", 2, "exists already"),
        ("next classifier train.csv --labelled train.csv", 65, "there is no text to label"),
    ] {
        let done = place.run(line);
        assert_eq!(done.code, Some(code), "{line}: {done:?}");
        assert!(done.stderr.contains(said), "{line}: {done:?}");
    }
    assert!(!place.path("out.csv").exists());
}

#[test]
fn rows_with_a_label_are_not_chosen_and_keep_it() {
    let place = place();
    let line = |row: usize, label: &str| {
        format!("q{row},{},{label}\n", text(row, crate::common::label(row)))
    };
    let labelled: String = (3000..3010).map(|row| line(row, label(row))).collect();
    let others: String = (3010..3014).map(|row| line(row, "")).collect();
    place.write("half.csv", format!("id,text,label\n{labelled}{others}"));
    for command in
        ["next classifier half.csv -n 9", "next half.csv -n 9", "next half.csv -n 9 --label label"]
    {
        let done = place.run(command);
        assert!(done.stderr.contains("label: `label`"), "{done:?}");
        assert!(done.stderr.contains("10 rows of half.csv have a label already"), "{done:?}");
        assert!(done.stderr.contains("there are only 4 texts without a label"), "{done:?}");
        let (head, rows) = table(&done.ok());
        assert_eq!(&head.iter().take(3).collect::<Vec<_>>(), &["id", "text", "label"]);
        let mut ids: Vec<&str> = rows.iter().map(|row| &row[0]).collect();
        ids.sort_unstable();
        assert_eq!(ids, ["q3010", "q3011", "q3012", "q3013"], "{command}");
    }
    // the same file on both sides
    let done = place.run("next classifier half.csv -n 9 --labelled half.csv -q").ok();
    assert_eq!(table(&done).1.len(), 4);
}

#[test]
fn rows_that_were_chosen_and_labelled_are_learned_beside_the_others() {
    let place = place();
    let found = place.run("next classifier pool.csv --labelled train.csv -n 8 -q").ok();
    let (_, rows) = table(&found);
    let line = |row: &csv::StringRecord| format!("{},{},good,{},0.5\n", &row[0], &row[1], &row[3]);
    let rows: String = rows.iter().map(line).collect();
    place.write("chosen.csv", format!("id,text,label,prediction,confidence\n{rows}"));
    // the same rows in one file
    let mut both = fs::read_to_string(place.path("train.csv")).unwrap();
    for row in rows.lines() {
        let (text, _) = row.split_once(',').unwrap().1.split_once(",good").unwrap();
        both += &format!("{text},good\n");
    }
    place.write("both.csv", both);
    let fit = |files: &str, out: &str| {
        let line = format!("fit {files} --test test.csv --method tfidf -o {out} --json");
        let report = place.run(&line).json();
        assert_eq!(report["rows"]["train"], 68, "{report}");
        place.run(&format!("predict {out} test.csv")).ok()
    };
    assert_eq!(fit("train.csv chosen.csv", "two"), fit("both.csv", "one"));
    let done = place.run("fit train.csv no-such.csv -o three");
    assert!(done.code == Some(66) && done.stderr.contains("no-such.csv"), "{done:?}");
}
