//! Untrusted input: names that would drive a terminal, archives that would fill the machine.

use crate::common::Place;
use std::fs;
use ulmfit::printable::is_hidden;

/// Moves a cursor, rings, and turns a line around.
const BAD: &str = "\u{1b}[2J\u{7}\u{202e}";

fn assert_harmless(text: &str, what: &str) {
    let hidden = text.chars().find(|&c| c != '\n' && is_hidden(c));
    assert_eq!(hidden, None, "{what}: {text:?}");
}

#[test]
fn names_in_data_cannot_drive_a_terminal() {
    let place = Place::new();
    let rows = |n: usize| format!("text number {n} of words,a{BAD}\nwords of text {n},b\n");
    let csv: String = (0..20).map(rows).collect();
    place.write("named.csv", format!("text,label\n{csv}"));
    place.write("column.csv", format!("body{BAD},kind{BAD}\nx,y\n"));
    for line in [
        "check-data named.csv",
        "evaluate classifier named.csv",
        "fit column.csv -o x",
        "predict classifier column.csv --text nothing",
        "check-data no\u{1b}such\u{202e}file.csv",
    ] {
        let done = place.run(line);
        assert_harmless(&done.stderr, line);
        assert_harmless(&done.stdout, line);
        assert!(
            done.stdout.contains(r"\u{1b}") || done.stderr.contains(r"\u{1b}"),
            "{line} shows the name: {done:?}"
        );
    }
}

#[test]
fn reports_and_cards_hold_no_control_character() {
    let place = Place::new();
    let rows = |n: usize| format!("\"good words {n}\",\"<b>{BAD}\n```\"\nbad words {n},b\n");
    place.write("named.csv", format!("text,label\n{}", (0..40).map(rows).collect::<String>()));
    let line = "fit named.csv --base none --emb 8 --hid 12 --layers 1 --epochs 1 -o made";
    let done = place.run(line);
    assert_harmless(&done.stderr, line);
    assert_harmless(&done.stdout, line);
    for name in ["report.txt", "README.md", "report.html"] {
        let text = fs::read_to_string(place.path("made").join(name)).unwrap();
        assert_harmless(&text, name);
    }
    let card = fs::read_to_string(place.path("made/README.md")).unwrap();
    let labels = card.lines().find(|line| line.contains("Labels: ")).unwrap();
    assert!(labels.contains(r"\<b\>") && labels.contains("202e"), "{labels}");
    let shown = place.run("inspect made").ok();
    assert_harmless(&shown, "inspect");
    assert!(shown.contains(r"\u{202e}"), "{shown}");
}

#[test]
fn rows_over_the_limit_end_with_a_message() {
    let place = Place::new();
    place.write("rows.csv", "text,label\n".to_owned() + &"text of a row,a\n".repeat(20_000));
    for line in ["check-data rows.csv", "evaluate classifier rows.csv", "fit rows.csv -o x"] {
        let done = place.run(&format!("{line} --max-memory 1M"));
        assert_eq!(done.code, Some(65), "{done:?}");
        assert!(done.stderr.contains("need more than 1 MiB of memory"), "{}", done.stderr);
        assert!(done.stderr.contains("hint: ") && done.stderr.contains("--max-memory"));
    }
    let done = place.run("check-data rows.csv --max-memory nothing");
    assert_eq!(done.code, Some(2), "{done:?}");
}
