//! Shapes of data that people have, each through check-data, fit, evaluate and predict: as many rows
//! come out as went in, or none and an exit code that says so.

use crate::attack::parquet_files::{codecs, file as parquet_file};
use crate::common::{Done, Place, label, text};
use crate::shapes::{FIT, jsonl};
use parquet::file::properties::WriterVersion;
use serde_json::{Value, json};
use std::fmt::Display;

const ROWS: usize = 60;

struct Case {
    name: &'static str,
    bytes: Vec<u8>,
    /// Rows that are learned from and scored, if any are; else every command that needs labels
    /// refuses them.
    labelled: Option<usize>,
    /// Rows that are answered, if any.
    answered: Option<usize>,
    /// What check-data says of it, and what fit says of it, if more than nothing.
    says: &'static str,
}

/// A header and a line for each row.
fn lines<T: Display>(header: &str, row: impl Fn(usize) -> T) -> Vec<u8> {
    let rows: Vec<String> = (0..ROWS).map(|n| format!("{}\n", row(n))).collect();
    format!("{header}{}", rows.concat()).into_bytes()
}

fn json_lines(row: impl Fn(usize) -> Value) -> Vec<u8> {
    jsonl(ROWS, row).into_bytes()
}

/// Words without a comma.
fn words(row: usize) -> String {
    text(row, label(row))
}

fn read(name: &'static str, bytes: Vec<u8>, says: &'static str) -> Case {
    Case { name, bytes, labelled: Some(ROWS), answered: Some(ROWS), says }
}

fn refused(name: &'static str, bytes: Vec<u8>, says: &'static str) -> Case {
    Case { name, bytes, labelled: None, answered: None, says }
}

/// Labels that teach nothing beside texts that can be answered.
fn unlabelled(name: &'static str, bytes: Vec<u8>, says: &'static str) -> Case {
    Case { name, bytes, labelled: None, answered: Some(ROWS), says }
}

fn delimited() -> Vec<Case> {
    let stray = |n: usize| if n % 11 == 5 { "\"" } else { "" };
    let parts = {
        let part = |from: usize| {
            let row = |n| format!("{},{}\n", words(n), label(n));
            "\u{feff}text,label\n".to_owned() + &(from..from + 20).map(row).collect::<String>()
        };
        (part(0) + &part(20) + &part(40)).into_bytes()
    };
    vec![
        read(
            "stray_quotes.tsv",
            lines("label\ttext\n", |n| format!("{}\t{}{}", label(n), stray(n), words(n))),
            "with a double quote at the start of a field, taken as text, the first at stray_quotes.tsv:7",
        ),
        read(
            "stray_quotes_first.tsv",
            lines("text\tlabel\n", |n| format!("{}{}\t{}", stray(n), words(n), label(n))),
            "pass `--quotes literal` if that is right, else `--quotes enclose`",
        ),
        read(
            "list_string.csv",
            lines("text,labels\n", |n| format!("{},\"['{}', 'x']\"", words(n), label(n))),
            "look like lists: `--label-delimiter ,` reads several labels from such a cell",
        ),
        read(
            "headerless_semicolon.csv",
            lines("", |n| format!("{};\"{}, really\"", n % 2 + 1, words(n))),
            "text: `2`; label: `1`; delimiter: semicolon",
        ),
        read(
            "sep_line.csv",
            lines("sep=;\r\ntext;label\r\n", |n| format!("{};{}\r", words(n), label(n))),
            "text: `text`; label: `label`; delimiter: semicolon",
        ),
        read(
            "trailing_comma.csv",
            lines("text,label,\n", |n| format!("{},{}", words(n), label(n))),
            "text: `text`; label: `label`\n",
        ),
        read("three_files.csv", parts, "2 rows equal to the header, left out"),
        read(
            "space_after_comma.csv",
            lines("text, label\n", |n| format!("{}, {}", words(n), label(n))),
            "text: `text`; label: `label`\n",
        ),
        read(
            "nan_labels.csv",
            lines("text,label\n", |n| {
                format!("{},{}", words(n), if n % 10 == 0 { "nan" } else { label(n) })
            }),
            "`nan` (6 rows) is a class here",
        ),
        read(
            "line_break.csv",
            lines("text,label\n", |n| format!("{},\"{}\nbreak\"", words(n), label(n))),
            "text: `text`; label: `label`\n",
        ),
    ]
}

fn of_json() -> Vec<Case> {
    let rows: Vec<Value> =
        (0..ROWS).map(|n| json!({"text": words(n), "label": label(n)})).collect();
    vec![
        unlabelled(
            "multi_hot.jsonl",
            json_lines(|n| json!({"text": words(n), "labels": [n % 2, (n + 1) % 2, 0]})),
            "each label is a list of 3 zeros and ones, not of names",
        ),
        read(
            "first_text_null.jsonl",
            json_lines(|n| {
                let text = if n == 0 { Value::Null } else { json!(words(n)) };
                json!({"title": "reviews", "text": text, "label": label(n)})
            }),
            "1 row whose text is null, read as empty, the first at first_text_null.jsonl:1",
        ),
        read(
            "missing_text.jsonl",
            json_lines(|n| match n {
                3 => json!({"label": label(n)}),
                _ => json!({"text": words(n), "label": label(n)}),
            }),
            "1 row without the text column, read as empty, the first at missing_text.jsonl:4",
        ),
        read(
            "one_in_a_list.jsonl",
            json_lines(|n| json!({"text": words(n), "label": [label(n)]})),
            "every list of labels has exactly one label: read as one label per text",
        ),
        read(
            "cats.jsonl",
            json_lines(|n| json!({"text": words(n), "cats": {"A": n % 2, "B": 1 - n % 2}})),
            "text: `text`; label: `cats`",
        ),
        refused(
            "nested.jsonl",
            json_lines(|n| json!({"data": {"text": words(n)}, "note": {"label": label(n)}})),
            "the text is inside another object, at `.data.text`",
        ),
        refused(
            "data.json",
            json!({"version": "1", "data": rows}).to_string().into_bytes(),
            "the rows are a list inside `data`",
        ),
    ]
}

fn of_parquet() -> Vec<Case> {
    let names = ["plain.parquet", "gzip.parquet", "brotli.parquet", "zstd.parquet"];
    let more = ["lz4.parquet", "lz4_raw.parquet", "snappy.parquet"];
    let row = |n| (words(n).into_bytes(), label(n).as_bytes().to_vec());
    let file = |codec| parquet_file(codec, WriterVersion::PARQUET_1_0, ROWS, row);
    let cases = names.into_iter().chain(more).zip(codecs());
    let latin1 = |n| (words(n).into_bytes(), vec![b'a' + (n % 2) as u8, [0xe8, 0xe9][n % 2]]);
    let latin1 = parquet_file(codecs()[0], WriterVersion::PARQUET_1_0, ROWS, latin1);
    cases
        .map(|(name, codec)| read(name, file(codec), "text: `text`; label: `label`\n"))
        .chain([unlabelled(
            "latin1_labels.parquet",
            latin1,
            "latin1_labels.parquet:1: a cell is not UTF-8",
        )])
        .collect()
}

/// One line, and the hint.
fn assert_refused(done: &Done, says: &str) {
    assert_eq!(done.code, Some(65), "{done:?}");
    assert!(done.stderr.contains(says) || done.stdout.contains(says), "{says}: {done:?}");
    assert!(done.stderr.contains("ulmfit: "), "{done:?}");
}

#[test]
fn every_row_comes_out_or_the_exit_code_says_so() {
    let place = Place::new();
    for case in delimited().into_iter().chain(of_json()).chain(of_parquet()) {
        let Case { name, bytes, labelled, answered, says } = case;
        place.write(name, bytes);
        let check = place.run(&format!("check-data {name} --json"));
        let fit = place.run(&format!("fit {name} -o {name}.model --json {FIT}"));
        let model = match labelled {
            Some(rows) => {
                for done in [&check, &fit] {
                    let told = done.stderr.contains(says) || done.stdout.contains(says);
                    assert!(told, "{says}: {done:?}");
                }
                assert_eq!(check.json()["parts"][0]["rows"], rows, "{name}");
                let parts = &fit.json()["rows"];
                let parts = ["train", "valid", "test"].map(|part| parts[part].as_u64().unwrap());
                assert_eq!(parts.iter().sum::<u64>(), rows as u64, "{name}");
                let scores = place.run(&format!("evaluate {name}.model {name} --json")).json();
                assert_eq!(scores["n"], rows, "{name}");
                format!("{name}.model")
            }
            None => {
                assert_refused(&check, says);
                assert_refused(&fit, says);
                let done = place.run(&format!("evaluate classifier {name}"));
                assert_eq!(done.code, Some(65), "{done:?}");
                "classifier".to_owned()
            }
        };
        for format in ["jsonl", "csv", "text"] {
            let done = place.run(&format!("predict {model} {name} --format {format}"));
            match answered {
                Some(rows) => {
                    let header = usize::from(format == "csv");
                    let answers = done.ok();
                    let records = match format {
                        "csv" => csv::Reader::from_reader(answers.as_bytes()).records().count() + 1,
                        _ => answers.lines().count(),
                    };
                    assert_eq!(records, rows + header, "{name} as {format}");
                }
                None => assert_refused(&done, says),
            }
        }
    }
}

/// Of two rows of a class one is learned from and one is tested.
#[test]
fn a_class_of_two_rows_is_tested() {
    let place = Place::new();
    let row = |n: usize| format!("{},{}\n", words(n), if n < 2 { "neg" } else { "pos" });
    place.write("rare.csv", "text,label\n".to_owned() + &(0..200).map(row).collect::<String>());
    let check = place.run("check-data rare.csv").ok();
    assert!(check.contains("`pos` has 198 rows, `neg` only 2"), "{check}");
    let report = place.run(&format!("fit rare.csv -o rare --json {FIT}")).json();
    let neg = json!({"label": "neg", "train": 1, "valid": 0, "test": 1});
    assert_eq!(report["labels"][0], neg);
    let rows = report["test"]["confusion"][0].as_array().unwrap();
    assert_eq!(rows.iter().map(|n| n.as_u64().unwrap()).sum::<u64>(), 1, "{report}");
    assert_eq!(place.run("predict rare rare.csv").ok().lines().count(), 200);
}
