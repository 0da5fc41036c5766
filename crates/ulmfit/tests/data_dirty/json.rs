//! JSON lines, and labels in any format.

use ulmfit::data::labels::Task;
use ulmfit::data::readers::{BadRows, ReadOptions};

use crate::harness::{check_refusals, file, labelled, refused, short, text};

#[test]
fn broken_json() {
    check_refusals(vec![
        refused(
            file("a.jsonl", "{\"text\": \"x\", \"label\": 1}\n{\"text\": \"y\", "),
            labelled(),
            "a.jsonl:2: not valid JSON",
            "one JSON object",
        ),
        refused(
            file("a.jsonl", "{'text': 'x'}"),
            labelled(),
            "a.jsonl:1: not valid JSON at column 2",
            "one JSON object",
        ),
        refused(
            file("a.jsonl", "text,label\nx,a\n"),
            labelled(),
            "a.jsonl:1: not valid JSON at column",
            "`input-format",
        ),
        refused(
            file("a.json", "[{\"text\": \"x\"}]"),
            labelled(),
            "a.json:1: a list instead of a JSON object",
            "jq -c",
        ),
        refused(
            file("a.jsonl", "{\"text\": \"x\", \"label\": 1}\n\"y\""),
            labelled(),
            "a.jsonl:2: text instead of a JSON object",
            "must look like",
        ),
        refused(
            file("a.jsonl", "{\"text\": \"x\", \"label\": 1}\n3"),
            labelled(),
            "a.jsonl:2: a number instead of a JSON object",
            "must look like",
        ),
        refused(
            file("a.jsonl", r#"{"text": "x", "text": "y", "label": 1}"#),
            labelled(),
            "a.jsonl:1: two columns are called `text`",
            "rename",
        ),
        refused(
            file(
                "a.jsonl",
                "{\"text\": \"x\", \"label\": 1}\n{\"text\": \"y\", \"label\": 1, \"label\": 2}",
            ),
            labelled(),
            "a.jsonl:2: two columns are called `label`",
            "rename",
        ),
        refused(
            file("a.jsonl", "{\"text\": \"x\", \"label\": 1}\n{\"txt\": \"y\", \"label\": 1}"),
            ReadOptions { bad_rows: Some(BadRows::Fail), ..labelled() },
            "a.jsonl:2: no column `text`",
            "did you mean `txt`?",
        ),
        refused(
            file("a.jsonl", r#"{"text": ["x"], "label": 1}"#),
            text("text"),
            "a.jsonl:1: `text` is a list, not text",
            "`text",
        ),
        refused(
            file("a.jsonl", r#"{"text": {"x": 1}}"#),
            text("text"),
            "a.jsonl:1: `text` is an object, not text",
            "`text",
        ),
        refused(
            file("a.jsonl", r#"{"text": true}"#),
            text("text"),
            "a.jsonl:1: `text` is true or false",
            "`text",
        ),
        refused(
            file("a.jsonl", r#"{"text": "x", "label": {"a": "b"}}"#),
            labelled(),
            "a.jsonl:1: the label is an object",
            "a label is text",
        ),
        refused(
            file("a.jsonl", r#"{"text": "x", "label": ["a", null]}"#),
            labelled(),
            "a.jsonl:1: the label is null",
            "a label is text",
        ),
        refused(file("a.jsonl", "[".repeat(100_000)), labelled(), "a.jsonl:1: a list", "jq"),
        refused(
            file("a.jsonl", format!("{{\"text\": {}", "[".repeat(100_000))),
            labelled(),
            "a.jsonl:1: not valid JSON",
            "one JSON object",
        ),
        refused(
            file("a.jsonl", format!("{{\"text\": {}", "[1,".repeat(100_000))),
            short(10),
            "a.jsonl:1: the row is longer",
            "`max-doc-bytes`",
        ),
    ]);
}

#[test]
fn broken_labels() {
    let numbered =
        (0..10_001).fold("text,label\n".to_owned(), |file, n| file + &format!("x,id{n}\n"));
    check_refusals(vec![
        refused(
            file("a.csv", "text,label\nx,a\ny,\n"),
            labelled(),
            "a.csv:3: no label",
            "label this row",
        ),
        refused(
            file("a.csv", "text,label\nx,a\ny,  \n"),
            labelled(),
            "a.csv:3: no label",
            "label this row",
        ),
        refused(
            file("a.jsonl", "{\"text\": \"x\", \"label\": 1}\n{\"text\": \"y\"}"),
            labelled(),
            "a.jsonl:2: no label",
            "label this row",
        ),
        refused(
            file("a.jsonl", "{\"text\": \"x\", \"label\": null}"),
            labelled(),
            "a.jsonl:1: no label",
            "label this row",
        ),
        refused(file("a.txt", "just text\n"), labelled(), "a.txt:1: no label", "__label__"),
        refused(
            file("a.txt", "__label__a x\nno label\n"),
            labelled(),
            "a.txt:2: no label",
            "__label__",
        ),
        refused(
            file("a.csv", "text,label\nx,a\ny,a\n"),
            labelled(),
            "a.csv:2: every row (2) has the label `a`",
            "`label",
        ),
        refused(
            file("a.csv", numbered),
            labelled(),
            "a.csv:10002: more than 10000 different labels, here `id10000`",
            "`max-labels = N`",
        ),
        refused(
            file("a.csv", "text,label\nx,1.5\ny,good\n"),
            labelled(),
            "a.csv:3: the label `good` is not a finite number",
            "regression",
        )
        .task(Task::Regression),
        refused(
            file("a.csv", "text,label\nx,1\ny,nan\n"),
            labelled(),
            "a.csv:3: the label `nan` is not a finite number",
            "regression",
        )
        .task(Task::Regression),
        refused(
            file("a.txt", "__label__a x\n__label__a __label__b y\n"),
            labelled(),
            "a.txt:2: a list of labels",
            "`task = multi`",
        )
        .task(Task::Single),
    ]);
}
