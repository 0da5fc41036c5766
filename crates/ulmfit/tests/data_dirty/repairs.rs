//! What is put right and counted instead of refused.

use ulmfit::data::readers::ReadOptions;
use ulmfit::data::readers::{open, read_all};
use ulmfit::setting::Spelling;

use crate::data_support::{Column, gzip, parquet};
use crate::harness::{Files, file, labelled, optional, place, replacing, short, text, unlabelled};

struct Repaired {
    files: Files,
    options: ReadOptions,
    texts: &'static [&'static str],
    /// How often something was truncated, replaced, empty, null, unlabelled.
    counts: [u64; 5],
}

fn repaired(
    files: Files,
    options: ReadOptions,
    texts: &'static [&'static str],
    counts: [u64; 5],
) -> Repaired {
    Repaired { files, options, texts, counts }
}

#[test]
fn documented_repairs() {
    let nulls = || {
        parquet(&[Column::Text("text", vec![Some("x"), None]), Column::Number("label", vec![1, 2])])
    };
    let latin = parquet(&[Column::Text("text", vec![Some("x")]), Column::Number("label", vec![1])]);
    let none = [0; 5];
    for case in [
        // Bytes at the edge of text.
        repaired(file("a.csv", "\u{feff}text,label\nx,a\n"), labelled(), &["x"], none),
        repaired(
            file("a.jsonl", "\u{feff}{\"text\": \"x\", \"label\": 1}"),
            labelled(),
            &["x"],
            none,
        ),
        repaired(file("a.csv", "text,label\r\nx,a\r\n\r\ny,b\r\n"), labelled(), &["x", "y"], none),
        repaired(file("a.csv", "text,label\rx,a\ry,b"), labelled(), &["x", "y"], none),
        repaired(file("a.txt", "x\r\ny\r\n"), unlabelled(), &["x", "y"], none),
        repaired(file("a.txt", "x\ry"), unlabelled(), &["x", "y"], none),
        repaired(
            file("a.jsonl", "{\"text\": \"x\"}\r{\"text\": \"y\"}\r"),
            unlabelled(),
            &["x", "y"],
            none,
        ),
        // Quotes that enclose nothing.
        repaired(file("a.csv", "text,label\na \"b\" c,x\n"), labelled(), &["a \"b\" c"], none),
        repaired(file("a.csv", "text,label\n\"a \"\"b\"\"\",x\n"), labelled(), &["a \"b\""], none),
        repaired(file("a.csv", " text , label \nx,a\n"), labelled(), &["x"], none),
        repaired(file("a.csv", "text;label\n\"x;y\";a\n"), labelled(), &["x;y"], none),
        repaired(file("a.csv", "text\tlabel\nx, y\ta\n"), labelled(), &["x, y"], none),
        // Bytes that are no text.
        repaired(
            file("a.csv", b"text\ncaf\xe9\n\x00\n"),
            replacing(),
            &["caf\u{fffd}", "\u{fffd}"],
            [0, 2, 0, 0, 0],
        ),
        repaired(file("a.txt", b"caf\xe9\n"), replacing(), &["caf\u{fffd}"], [0, 1, 0, 0, 0]),
        repaired(
            file("a.jsonl", b"{\"text\": \"caf\xe9\"}"),
            replacing(),
            &["caf\u{fffd}"],
            [0, 1, 0, 0, 0],
        ),
        repaired(
            file("a.jsonl", br#"{"text": "x\ud83d\u0000"}"#),
            replacing(),
            &["x\u{fffd}\u{fffd}"],
            [0, 2, 0, 0, 0],
        ),
        repaired(file("a.jsonl", br#"{"text": "\ud83d\ude00"}"#), unlabelled(), &["😀"], none),
        // Too long, too short.
        repaired(file("a.txt", "abcdef\nabc\n"), short(4), &["abcd", "abc"], [1, 0, 0, 0, 0]),
        repaired(file("a.csv", "text\nabcdef\n"), short(4), &["abcd"], [1, 0, 0, 0, 0]),
        repaired(file("a.jsonl", "{\"text\": \"abcdef\"}"), short(4), &["abcd"], [1, 0, 0, 0, 0]),
        repaired(file("a.csv", "text,label\n,a\n  ,b\n"), labelled(), &["", "  "], [0, 0, 2, 0, 0]),
        repaired(file("a.txt", "x\n\ny\n"), unlabelled(), &["x", "", "y"], [0, 0, 1, 0, 0]),
        repaired(file("d/pos/1.txt", ""), unlabelled(), &[""], [0, 0, 1, 0, 0]),
        repaired(
            file("a.jsonl", "\n{\"text\": \"x\"}\n\n\n{\"text\": \"y\"}"),
            unlabelled(),
            &["x", "y"],
            none,
        ),
        // Values of another type.
        repaired(
            file("a.jsonl", "{\"text\": \"x\"}\n{\"text\": null}\n{\"text\": 4.50}"),
            unlabelled(),
            &["x", "", "4.5"],
            [0, 0, 0, 1, 0],
        ),
        repaired(
            file("a.jsonl", "{\"text\": \"x\", \"label\": null}\n{\"text\": \"y\", \"label\": {}}"),
            optional(),
            &["x", "y"],
            [0, 0, 0, 0, 2],
        ),
        repaired(file("a.parquet", nulls()), unlabelled(), &["x", ""], [0, 0, 0, 1, 0]),
        repaired(file("a.parquet", nulls()), text("label"), &["1", "2"], none),
        // Names that lie.
        repaired(file("a.csv", gzip(b"text\nx\n")), unlabelled(), &["x"], none),
        repaired(file("a.csv.gz", "text\nx\n"), unlabelled(), &["x"], none),
        repaired(file("a.csv", "{\"text\": \"x\"}\n"), unlabelled(), &["x"], none),
        repaired(file("a.csv", latin), unlabelled(), &["x"], none),
        repaired(file("a.parquet.gz", gzip(&nulls())), unlabelled(), &["x", ""], [0, 0, 0, 1, 0]),
    ] {
        let folder = place(&case.files);
        let name = case.files[0].0.split('/').next().unwrap();
        let (records, warnings) = read_all(&folder.path().join(name), &case.options).unwrap();
        let texts: Vec<&str> = records.iter().map(|record| record.fields[0].as_str()).collect();
        let shown = String::from_utf8_lossy(&case.files[0].1).into_owned();
        assert_eq!(texts, case.texts, "{name} {shown:?}");
        let tallies = [
            &warnings.truncated,
            &warnings.replaced,
            &warnings.empty,
            &warnings.null_text,
            &warnings.unlabelled,
        ];
        assert_eq!(tallies.map(|tally| tally.count), case.counts, "{name} {shown:?}");
        assert_eq!(
            warnings.messages(Spelling::default()).len(),
            case.counts.iter().filter(|count| **count > 0).count()
        );
    }
}

#[test]
fn reading_ends_after_an_error() {
    let folder = place(&file("a.csv", "text\nx\ny,z\nw\n"));
    let mut records = open(&folder.path().join("a.csv"), &unlabelled()).unwrap();
    assert!(records.next().unwrap().is_ok());
    assert!(records.next().unwrap().is_err());
    assert!(records.next().is_none());
}
