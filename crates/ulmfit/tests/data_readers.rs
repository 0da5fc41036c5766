//! The same data in every format and compression reads the same.
#![cfg(all(feature = "compression", feature = "parquet"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod data_support;

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use data_support::{Column, gzip, parquet, parquet_with, xz, zstd};
use parquet::basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel};
use tempfile::TempDir;
use ulmfit::data::readers::{
    Columns, DocumentUnit, Format, Header, LabelUse, Quotes, ReadOptions, documents,
};
use ulmfit::data::readers::{open, read_all};
use ulmfit::data::{RawLabel, Record};

const TEXTS: [&str; 3] = ["Good, \"really\" good", "schlecht – für immer", "so\tso"];
const LABELS: [&str; 3] = ["pos", "neg", "pos"];

/// The rows of [`TEXTS`] and [`LABELS`] in a format.
fn encoded(format: Format) -> Vec<u8> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let rows = TEXTS.iter().zip(LABELS);
    match format {
        Format::Csv => rows
            .fold("text,label\r\n".to_owned(), |file, (text, label)| {
                file + &format!("{},{label}\r\n", quoted(text))
            })
            .into(),
        Format::Tsv => rows
            .fold("label\ttext\n".to_owned(), |file, (text, label)| {
                file + &format!("{label}\t{}\n", quoted(text))
            })
            .into(),
        Format::Jsonl => rows
            .map(|(text, label)| serde_json::json!({"label": label, "text": text}).to_string())
            .collect::<Vec<_>>()
            .join("\n")
            .into(),
        Format::Parquet => parquet(&[
            Column::Text("label", LABELS.map(Some).into()),
            Column::Text("text", TEXTS.map(Some).into()),
        ]),
        Format::Text => rows
            .fold(String::new(), |file, (text, label)| file + &format!("__label__{label} {text}\n"))
            .into(),
        Format::Folder => unreachable!("a folder is no file"),
    }
}

fn texts(records: &[Record]) -> Vec<&str> {
    records.iter().map(|record| record.fields[0].as_str()).collect()
}

/// As records hold it.
fn label(name: &str) -> Option<RawLabel> {
    (!name.is_empty()).then(|| RawLabel::One(name.to_owned()))
}

fn write(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

fn ignoring_labels() -> ReadOptions {
    ReadOptions { labels: LabelUse::Ignored, ..ReadOptions::default() }
}

#[test]
fn every_format_in_every_compression() {
    type Compress = fn(&[u8]) -> Vec<u8>;
    let compressions: [(&str, Compress); 4] =
        [("", <[u8]>::to_vec), (".gz", gzip), (".zst", zstd), (".xz", xz)];
    let folder = TempDir::new().unwrap();
    for format in [Format::Csv, Format::Tsv, Format::Jsonl, Format::Parquet, Format::Text] {
        for (suffix, compress) in compressions {
            let extension =
                if format == Format::Text { "txt".to_owned() } else { format.to_string() };
            let name = format!("data.{extension}{suffix}");
            let path = write(&folder, &name, &compress(&encoded(format)));
            let (records, warnings) = read_all(&path, &ReadOptions::default()).unwrap();
            assert_eq!(texts(&records), TEXTS, "{name}");
            assert!(
                records.iter().zip(LABELS).all(|(record, name)| record.label == label(name)),
                "{name}"
            );
            assert!(warnings.is_empty(), "{name}");

            // Without a telling name the content decides.
            let path = write(&folder, "data", &compress(&encoded(format)));
            let records = open(&path, &ReadOptions::default()).unwrap();
            assert_eq!(records.format(), format, "{name}");
            assert_eq!(records.count(), 3, "{name}");
        }
    }
}

#[test]
fn every_codec_of_parquet() {
    let columns = [
        Column::Text("label", LABELS.map(Some).into()),
        Column::Bytes("text", TEXTS.map(str::as_bytes).into()),
    ];
    let folder = TempDir::new().unwrap();
    for codec in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::BROTLI(BrotliLevel::default()),
        Compression::LZ4,
        Compression::LZ4_RAW,
        Compression::ZSTD(ZstdLevel::default()),
    ] {
        let path = write(&folder, "a.parquet", &parquet_with(codec, &columns));
        let (records, _) = read_all(&path, &ReadOptions::default()).unwrap();
        assert_eq!(texts(&records), TEXTS, "{codec}");
        let labels: Vec<_> = records.into_iter().map(|record| record.label).collect();
        assert_eq!(labels, LABELS.map(label), "{codec}");
    }
}

#[test]
fn a_folder_per_class() {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in [
        ("train/pos/b.txt", &b"two\nlines\n"[..]),
        ("train/pos/a.txt", b"one"),
        ("train/neg/1.txt.gz", &gzip(b"zipped")),
        ("train/neg/.hidden.txt", b"x"),
        ("train/urls_pos.txt", b"not a class"),
    ] {
        write(&folder, name, bytes);
    }
    let (records, _) = read_all(&folder.path().join("train"), &ReadOptions::default()).unwrap();
    assert_eq!(texts(&records), ["zipped", "one", "two\nlines\n"]);
    assert_eq!(
        records.iter().map(|record| record.label.clone()).collect::<Vec<_>>(),
        [label("neg"), label("pos"), label("pos")]
    );
    assert!(records[0].place.to_string().ends_with("neg/1.txt.gz:1"));
}

#[test]
fn many_compressed_members_are_one_file() {
    let folder = TempDir::new().unwrap();
    let (head, tail) = (b"text,label\na,x\n", b"b,y\n");
    for (name, bytes) in [
        ("m.csv.gz", [gzip(head), gzip(tail)].concat()),
        ("m.csv.xz", [xz(head), xz(tail)].concat()),
        ("m.csv.zst", [zstd(head), zstd(tail)].concat()),
    ] {
        let path = write(&folder, name, &bytes);
        assert_eq!(
            texts(&read_all(&path, &ReadOptions::default()).unwrap().0),
            ["a", "b"],
            "{name}"
        );
    }
}

#[test]
fn several_text_columns_and_places() {
    let folder = TempDir::new().unwrap();
    let path = write(&folder, "a.csv", b"label,title,description\nx,T,\"D\nD\"\n\ny,U,E\n");
    let mut records = open(&path, &ReadOptions::default()).unwrap();
    assert_eq!(records.columns().text, ["title", "description"]);
    assert_eq!(records.columns().label.as_deref(), Some("label"));
    let (first, second) = (records.next().unwrap().unwrap(), records.next().unwrap().unwrap());
    assert_eq!(first.fields, ["T", "D\nD"]);
    assert_eq!((first.place.line, second.place.line), (2, 5));
    assert!(records.next().is_none());
}

#[test]
fn columns_can_be_echoed() {
    let folder = TempDir::new().unwrap();
    let options = ReadOptions {
        columns: Columns::Keep,
        labels: LabelUse::Optional,
        ..ReadOptions::default()
    };
    let path = write(&folder, "a.jsonl", br#"{"id": 7, "text": "a", "tags": [1, null]}"#);
    let (records, _) = read_all(&path, &options).unwrap();
    let echo: serde_json::Map<_, _> = records[0].columns.iter().cloned().collect();
    assert_eq!(
        serde_json::Value::Object(echo),
        serde_json::json!({"id": 7, "text": "a", "tags": [1, null]})
    );

    let path = write(&folder, "a.csv", b"id,text\n7,a\n");
    let (records, _) = read_all(&path, &options).unwrap();
    assert_eq!(
        records[0].columns,
        [("id".to_owned(), "7".into()), ("text".to_owned(), "a".into())]
    );

    let path = write(
        &folder,
        "a.parquet",
        &parquet(&[Column::Number("id", vec![7]), Column::Text("text", vec![Some("a")])]),
    );
    let (records, _) = read_all(&path, &options).unwrap();
    assert_eq!(records[0].columns, [("id".to_owned(), 7.into()), ("text".to_owned(), "a".into())]);
}

#[test]
fn labels_of_all_kinds() {
    let folder = TempDir::new().unwrap();
    let many = |names: &[&str]| {
        Some(RawLabel::Many(names.iter().map(|name| (*name).to_owned()).collect()))
    };
    let json = |value: &str| {
        let path = write(
            &folder,
            "a.jsonl",
            format!("{{\"text\": \"a\", \"label\": {value}}}").as_bytes(),
        );
        read_all(&path, &ReadOptions::default()).unwrap().0.remove(0).label
    };
    assert_eq!(json("1"), label("1"));
    assert_eq!(json("-0.5"), label("-0.5"));
    assert_eq!(json("true"), label("true"));
    assert_eq!(json(r#"["b", 2]"#), many(&["b", "2"]));
    assert_eq!(json("[]"), many(&[]));

    let options = ReadOptions { label_delimiter: Some('|'), ..ReadOptions::default() };
    let path = write(&folder, "a.csv", b"text,label\na,x| y\nb,\n");
    let (records, _) = read_all(&path, &options).unwrap();
    assert_eq!(
        (records[0].label.clone(), records[1].label.clone()),
        (many(&["x", "y"]), many(&[]))
    );

    let path = write(&folder, "a.txt", b"__label__x __label__y text\n");
    assert_eq!(read_all(&path, &ReadOptions::default()).unwrap().0[0].label, many(&["x", "y"]));

    let columns = [
        Column::Text("text", vec![Some("a"), Some("b")]),
        Column::List("label", vec![vec!["x", "y"], vec![]]),
    ];
    let path = write(&folder, "a.parquet", &parquet(&columns));
    let (records, _) = read_all(&path, &ReadOptions::default()).unwrap();
    assert_eq!(
        (records[0].label.clone(), records[1].label.clone()),
        (many(&["x", "y"]), many(&[]))
    );
}

/// AG News, DBpedia and Yelp as published by Zhang et al. 2015.
#[test]
fn csv_without_header() {
    let folder = TempDir::new().unwrap();
    let path = write(&folder, "train.csv", b"\"3\",\"Oil up\",\"Much\"\n\"4\",\"T\",\"U\"\n");
    let (records, _) = read_all(&path, &ReadOptions::default()).unwrap();
    assert_eq!(
        (records.len(), records[0].fields.as_slice()),
        (2, &["Oil up".to_owned(), "Much".to_owned()][..])
    );
    assert_eq!(records[1].label, label("4"));

    let options =
        ReadOptions { text: vec!["1".into()], label: Some("2".into()), ..ReadOptions::default() };
    let path = write(&folder, "b.csv", b"some text,x\nmore,y\n");
    assert_eq!(texts(&read_all(&path, &options).unwrap().0), ["some text", "more"]);
    let header = ReadOptions { header: Header::Present, ..options };
    assert_eq!(texts(&read_all(&path, &header).unwrap().0), ["more"]);
}

#[test]
fn literal_quotes() {
    let folder = TempDir::new().unwrap();
    let path = write(&folder, "dev.tsv", b"sentence\tlabel\n\"never closed\t1\nwell \"\t0\n");
    let options = ReadOptions { quotes: Quotes::Literal, ..ReadOptions::default() };
    assert_eq!(texts(&read_all(&path, &options).unwrap().0), ["\"never closed", "well \""]);
}

#[test]
fn articles_and_lines() {
    let folder = TempDir::new().unwrap();
    let wiki = b" \n = One = \n\n First . \n\n = = Part = = \nMore\n = Two = \nx\n";
    let path = write(&folder, "wiki.txt", wiki);
    let read = |path: &Path, options: &ReadOptions| -> Vec<String> {
        documents(path, options).unwrap().map(|record| record.unwrap().fields.remove(0)).collect()
    };
    let any = ReadOptions::default();
    assert_eq!(read(&path, &any), ["= One =\nFirst .\n= = Part = =\nMore", "= Two =\nx"]);
    let lines = ReadOptions { unit: DocumentUnit::Line, ..ReadOptions::default() };
    assert_eq!(read(&path, &lines).len(), 6);
    let records = documents(&path, &any).unwrap().collect::<Result<Vec<_>, _>>().unwrap();
    assert_eq!((records[0].place.line, records[1].place.line), (2, 8));

    let path = write(&folder, "plain.txt", b"one\n\n  \ntwo\n");
    assert_eq!(read(&path, &any), ["one", "two"]);
    let path = write(&folder, "labelled.txt", b"__label__a one\n__label__b two\n");
    assert_eq!(read(&path, &any), ["one", "two"]);
    let path = write(&folder, "review.jsonl", b"{\"text\": \"one\", \"label\": 3}\n");
    assert_eq!(read(&path, &any), ["one"]);
    assert_eq!(
        read(folder.path(), &any),
        ["one", "two", "one", "two", "one", "= One =\nFirst .\n= = Part = =\nMore", "= Two =\nx"]
    );
}

#[test]
fn long_documents_are_cut_in_bounded_memory() {
    let folder = TempDir::new().unwrap();
    let long = "é".repeat(3_000_000);
    let options = ReadOptions { max_document_bytes: 1001, ..ReadOptions::default() };
    for (name, file) in [
        ("a.csv", format!("text,label\n{long},x\nb,y\n")),
        (
            "a.jsonl",
            format!("{{\"text\":\"{long}\",\"label\":\"x\"}}\n{{\"text\":\"b\",\"label\":\"y\"}}"),
        ),
        ("a.txt", format!("__label__x {long}\n__label__y b")),
    ] {
        let path = write(&folder, name, file.as_bytes());
        let (records, warnings) = read_all(&path, &options).unwrap();
        assert_eq!(warnings.truncated.count, 1, "{name}");
        assert!(matches!(records[0].fields[0].len(), 980..=1001), "{name}");
        assert!(records[0].fields[0].chars().all(|c| c == 'é'), "{name}");
        assert_eq!(
            (records[1].fields[0].as_str(), records[1].label.clone()),
            ("b", label("y")),
            "{name}"
        );
    }
}

/// Runs itself once more with a pipe as standard input.
#[test]
fn standard_input() {
    const CHILD: &str = "ULMFIT_TEST_READS_STDIN";
    if std::env::var_os(CHILD).is_some() {
        let (records, _) = read_all(Path::new("-"), &ReadOptions::default()).unwrap();
        assert_eq!(texts(&records), TEXTS);
        assert_eq!(records[0].place.file.as_ref(), Path::new("<stdin>"));
        return;
    }
    for format in [Format::Csv, Format::Jsonl, Format::Parquet] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["standard_input", "--exact"])
            .env(CHILD, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&xz(&encoded(format))).unwrap();
        let mut said = String::new();
        child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(child.wait().unwrap().success(), "{format}: {said}");
    }
}

/// Rows and labels of the data sets as their READMEs give them; not part of the repository.
#[test]
fn shared_data_sets() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !shared.is_dir() {
        eprintln!("skipped: no data sets at {}", shared.display());
        return;
    }
    for (name, rows, labels, columns) in [
        ("trec6/train.jsonl.xz", 5452, 6, vec!["text"]),
        ("ag_news/test.jsonl.xz", 7600, 4, vec!["title", "description"]),
        ("sst5/dev.jsonl.xz", 1101, 5, vec!["text"]),
        ("germeval2018_de/test.jsonl.xz", 3532, 2, vec!["text"]),
    ] {
        let mut records = open(&shared.join(name), &ReadOptions::default()).unwrap();
        assert_eq!(records.columns().text, columns, "{name}");
        let all = records.by_ref().collect::<Result<Vec<_>, _>>().unwrap();
        let names: std::collections::BTreeSet<_> = all.iter().map(|record| &record.label).collect();
        assert_eq!((all.len(), names.len()), (rows, labels), "{name}");
        assert!(records.warnings().is_empty(), "{name}: {:?}", records.warnings());
    }
    let articles =
        documents(&shared.join("wikitext103/wikitext103_valid.txt.xz"), &ignoring_labels())
            .unwrap();
    assert_eq!(articles.map(Result::unwrap).count(), 60);
}
