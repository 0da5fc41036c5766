//! Malformed inputs: each ends in one clear line with a hint, or in a documented repair that is
//! counted. Nothing panics.
#![cfg(all(feature = "compression", feature = "parquet"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod data_support;

use std::fs;
use std::path::{Path, PathBuf};

use data_support::{Column, gzip, parquet, xz, zstd};
use tempfile::TempDir;
use ulmfit::data::{
    DataError, EncodingErrors, ErrorClass, Format, Header, LabelOptions, LabelSet, LabelUse,
    ReadOptions, Record, Task, Warnings, open, read_all,
};

/// A path and its bytes inside a fresh folder; a path that ends in `/` is an empty folder.
type Files = Vec<(&'static str, Vec<u8>)>;

fn file(name: &'static str, bytes: impl AsRef<[u8]>) -> Files {
    vec![(name, bytes.as_ref().to_vec())]
}

fn place(files: &Files) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        if name.ends_with('/') {
            fs::create_dir_all(path).unwrap();
        } else {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
    folder
}

fn labelled() -> ReadOptions {
    ReadOptions::default()
}

fn unlabelled() -> ReadOptions {
    ReadOptions {
        labels: LabelUse::Ignored,
        ..ReadOptions::default()
    }
}

fn optional() -> ReadOptions {
    ReadOptions {
        labels: LabelUse::Optional,
        ..ReadOptions::default()
    }
}

fn replacing() -> ReadOptions {
    ReadOptions {
        encoding_errors: EncodingErrors::Replace,
        ..unlabelled()
    }
}

fn text(column: &str) -> ReadOptions {
    ReadOptions {
        text: vec![column.to_owned()],
        ..unlabelled()
    }
}

fn given(format: Format) -> ReadOptions {
    ReadOptions {
        format: Some(format),
        ..labelled()
    }
}

fn short(max_document_bytes: usize) -> ReadOptions {
    ReadOptions {
        max_document_bytes,
        ..unlabelled()
    }
}

/// Reads the data and, where labels are required, collects them as a training command does.
fn train_on(
    path: &Path,
    options: &ReadOptions,
    task: Task,
) -> Result<(Vec<Record>, Warnings), DataError> {
    let (records, warnings) = read_all(path, options)?;
    if options.labels == LabelUse::Required {
        LabelSet::from_records(
            &records,
            &LabelOptions {
                task,
                ..LabelOptions::default()
            },
        )?;
    }
    Ok((records, warnings))
}

struct Refused {
    files: Files,
    options: ReadOptions,
    task: Task,
    class: ErrorClass,
    /// Beginning of the message, after the folder's path.
    message: &'static str,
    /// Part of the hint.
    hint: &'static str,
}

fn refused(
    files: Files,
    options: ReadOptions,
    message: &'static str,
    hint: &'static str,
) -> Refused {
    Refused {
        files,
        options,
        task: Task::Auto,
        class: ErrorClass::Data,
        message,
        hint,
    }
}

impl Refused {
    fn class(self, class: ErrorClass) -> Self {
        Self { class, ..self }
    }

    fn task(self, task: Task) -> Self {
        Self { task, ..self }
    }
}

fn check_refusals(cases: Vec<Refused>) {
    for case in cases {
        let folder = place(&case.files);
        let name = case.files[0].0.split('/').next().unwrap();
        let path = folder.path().join(name);
        let error = train_on(&path, &case.options, case.task).expect_err(case.message);
        let message = error
            .to_string()
            .replace(&format!("{}/", folder.path().display()), "");
        assert!(
            message.starts_with(case.message),
            "wanted {:?}\n   got {message:?}",
            case.message
        );
        assert!(
            !message.contains('\n') && !message.ends_with('.'),
            "{message:?}"
        );
        assert_eq!(error.class(), case.class, "{message}");
        let hint = error.hint().unwrap_or_else(|| panic!("no hint: {message}"));
        assert!(hint.contains(case.hint), "{message}\nhint: {hint}");
    }
}

#[test]
fn broken_rows() {
    let many_columns = ["text,label\n", &",".repeat(20_000), "\n"].concat();
    let wide = format!(
        "text,label{}\n{}\n",
        ",x".repeat(40),
        [&"y".repeat(2000)[..]; 42].join(",")
    );
    check_refusals(vec![
        refused(
            file("a.csv", "text,label\nx,a\ny\n"),
            labelled(),
            "a.csv:3: 1 fields where the first row has 2",
            "missing",
        ),
        refused(
            file("a.csv", "text,label\nx,a\n\n\ny,z,b\n"),
            labelled(),
            "a.csv:5: 3 fields",
            "double quotes",
        ),
        refused(
            file("a.tsv", "text\tlabel\nx\ta\ny b\n"),
            labelled(),
            "a.tsv:3: 1 fields",
            "missing",
        ),
        refused(
            file("a.csv", "text,label\rx,a\ry\r"),
            labelled(),
            "a.csv:3: 1 fields",
            "missing",
        ),
        refused(
            file("a.csv", "text,label\r\n\"x\r\ny\",a\r\ny\r\n"),
            labelled(),
            "a.csv:4: 1 fields",
            "missing",
        ),
        refused(
            file("a.csv", "text,label\nx,a\n\"y,b\nz,a\n"),
            labelled(),
            "a.csv:3: a quoted field in this row is never",
            "--quotes",
        ),
        refused(
            file("a.csv", "text,label\nx,a\ny,\"b"),
            labelled(),
            "a.csv:3: a quoted field",
            "close it",
        ),
        refused(
            file("a.csv", many_columns),
            labelled(),
            "a.csv:2: the row is longer",
            "double quote",
        ),
        refused(
            file("a.csv", wide),
            ReadOptions {
                max_document_bytes: 4000,
                ..labelled()
            },
            "a.csv:2: the row is longer",
            "--max-doc-bytes",
        ),
    ]);
}

#[test]
fn broken_headers() {
    check_refusals(vec![
        refused(
            file("a.csv", "text,label,text\nx,a,y\n"),
            labelled(),
            "a.csv:1: two columns are called `text`",
            "rename",
        ),
        refused(
            file("a.csv", "text,label,label\nx,a,y\n"),
            labelled(),
            "a.csv:1: two columns are called `label`",
            "rename",
        ),
        refused(
            file("a.csv", "body,label\nx,a\n"),
            text("bdy"),
            "a.csv:1: no column `bdy`; there are `body` and `label`",
            "did you mean `body`?",
        ),
        refused(
            file("a.csv", "body,label\nx,a\n"),
            text("7"),
            "a.csv:1: no column `7`",
            "choose a column among",
        ),
        refused(
            file("a.csv", "text,klasse,n\nx,a,1\n"),
            labelled(),
            "a.csv:1: cannot tell which column is the label; there are `text`, `klasse` and `n`",
            "--label",
        ),
        refused(
            file("a.csv", "a,b,c\nx,a,1\n"),
            labelled(),
            "a.csv:1: cannot tell which column is the text",
            "--text",
        ),
        refused(
            file("a.csv", "text,label\n"),
            labelled(),
            "a.csv:2: no rows",
            "--header absent",
        ),
        refused(
            file("a.csv", "text,label"),
            labelled(),
            "a.csv:1: no rows",
            "--header absent",
        ),
        refused(
            file("a.csv", "te\u{0}xt,label\nx,a\n"),
            labelled(),
            "a.csv:1: a NUL byte",
            "binary",
        ),
        refused(
            file("a.csv", "text,label\nx,a\n"),
            ReadOptions {
                label: Some("lable".into()),
                ..labelled()
            },
            "a.csv:1: no column `lable`",
            "did you mean `label`?",
        ),
        refused(
            file("a.csv", "x\ny\n"),
            ReadOptions {
                header: Header::Absent,
                ..labelled()
            },
            "a.csv:1: cannot tell which column is the label; there are `1`",
            "--label",
        ),
    ]);
}

#[test]
fn empty_data() {
    check_refusals(vec![
        refused(
            file("a.csv", ""),
            labelled(),
            "a.csv: the file is empty",
            "stopped",
        ),
        refused(
            file("a.jsonl", ""),
            labelled(),
            "a.jsonl: the file is empty",
            "stopped",
        ),
        refused(
            file("a.csv", "\u{feff}"),
            labelled(),
            "a.csv: the file is empty",
            "stopped",
        ),
        refused(
            file("a.csv", "\n\n"),
            labelled(),
            "a.csv: the file is empty",
            "stopped",
        ),
        refused(
            file("a.jsonl", "\n \n"),
            labelled(),
            "a.jsonl:2: no rows",
            "--header",
        ),
        refused(
            file("a.csv.gz", gzip(b"")),
            labelled(),
            "a.csv.gz: the file is empty",
            "stopped",
        ),
        refused(
            file("a.parquet", ""),
            labelled(),
            "a.parquet: the file is empty",
            "stopped",
        ),
    ]);
}

#[test]
fn broken_encodings() {
    let utf16 = |mark: &[u8], text: &str, bytes: fn(u16) -> [u8; 2]| {
        [
            mark,
            &text.encode_utf16().flat_map(bytes).collect::<Vec<_>>(),
        ]
        .concat()
    };
    check_refusals(vec![
        refused(
            file("a.csv", b"text,label\nx,a\ncaf\xe9,b\n"),
            labelled(),
            "a.csv:3: byte 4 of the text is not UTF-8 (0xe9)",
            "LATIN1",
        ),
        refused(
            file("a.txt", b"__label__a good\n__label__b caf\xe9\n"),
            labelled(),
            "a.txt:2: byte",
            "--encoding-errors replace",
        ),
        refused(
            file("a.jsonl", b"{\"text\": \"caf\xe9\", \"label\": 1}"),
            labelled(),
            "a.jsonl:1: byte 14",
            "LATIN1",
        ),
        refused(
            file("a.csv", b"text,label\nx,\xe9\n"),
            labelled(),
            "a.csv:2: byte 1",
            "iconv",
        ),
        refused(
            file("a.csv", b"text,label\nx\xf0\x9f,a\n"),
            labelled(),
            "a.csv:2: byte 2",
            "iconv",
        ),
        refused(
            file("a.csv", b"text,label\nx\0y,a\n"),
            labelled(),
            "a.csv:2: a NUL byte",
            "binary",
        ),
        refused(
            file("a.jsonl", r#"{"text": "a\u0000b", "label": 1}"#),
            labelled(),
            "a.jsonl:1: a NUL byte",
            "replace",
        ),
        refused(
            file(
                "a.csv",
                utf16(b"\xff\xfe", "text,label\nx,a\n", u16::to_le_bytes),
            ),
            labelled(),
            "a.csv:1: the text is UTF-16",
            "iconv -f UTF-16",
        ),
        refused(
            file(
                "a.jsonl",
                utf16(b"\xfe\xff", "{\"text\": 1}", u16::to_be_bytes),
            ),
            labelled(),
            "a.jsonl:1: the text is UTF-16",
            "iconv",
        ),
        refused(
            file("a.txt", utf16(b"", "one line\nanother\n", u16::to_le_bytes)),
            unlabelled(),
            "a.txt:1: the text is UTF-16",
            "iconv",
        ),
        refused(
            file("a/pos/1.txt", b"\xff\xfeh\0i\0"),
            labelled(),
            "a/pos/1.txt:1: the text is UTF-16",
            "iconv",
        ),
        refused(
            file("a.jsonl", r#"{"text": "\ud83d", "label": 1}"#),
            labelled(),
            "a.jsonl:1: not valid JSON at column",
            "half a character",
        ),
    ]);
}

#[test]
fn broken_json() {
    check_refusals(vec![
        refused(
            file(
                "a.jsonl",
                "{\"text\": \"x\", \"label\": 1}\n{\"text\": \"y\", ",
            ),
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
            "--format",
        ),
        refused(
            file("a.json", "[{\"text\": \"x\"}]"),
            labelled(),
            "a.json:1: a list where a JSON object should be",
            "jq -c",
        ),
        refused(
            file("a.jsonl", "{\"text\": \"x\", \"label\": 1}\n\"y\""),
            labelled(),
            "a.jsonl:2: text where a JSON object",
            "must look like",
        ),
        refused(
            file("a.jsonl", "{\"text\": \"x\", \"label\": 1}\n3"),
            labelled(),
            "a.jsonl:2: a number where a JSON object",
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
            file(
                "a.jsonl",
                "{\"text\": \"x\", \"label\": 1}\n{\"txt\": \"y\", \"label\": 1}",
            ),
            labelled(),
            "a.jsonl:2: no column `text`",
            "did you mean `txt`?",
        ),
        refused(
            file("a.jsonl", r#"{"text": ["x"], "label": 1}"#),
            text("text"),
            "a.jsonl:1: `text` is a list, not text",
            "--text",
        ),
        refused(
            file("a.jsonl", r#"{"text": {"x": 1}}"#),
            text("text"),
            "a.jsonl:1: `text` is an object, not text",
            "--text",
        ),
        refused(
            file("a.jsonl", r#"{"text": true}"#),
            text("text"),
            "a.jsonl:1: `text` is true or false",
            "--text",
        ),
        refused(
            file("a.jsonl", r#"{"text": "x", "label": {"a": 1}}"#),
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
        refused(
            file("a.jsonl", "[".repeat(100_000)),
            labelled(),
            "a.jsonl:1: a list",
            "jq",
        ),
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
            "--max-doc-bytes",
        ),
    ]);
}

#[test]
fn broken_labels() {
    let numbered = (0..10_001).fold("text,label\n".to_owned(), |file, n| {
        file + &format!("x,id{n}\n")
    });
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
            file(
                "a.jsonl",
                "{\"text\": \"x\", \"label\": 1}\n{\"text\": \"y\"}",
            ),
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
        refused(
            file("a.txt", "just text\n"),
            labelled(),
            "a.txt:1: no label",
            "__label__",
        ),
        refused(
            file("a.txt", "__label__a x\nno label\n"),
            labelled(),
            "a.txt:2: no label",
            "__label__",
        ),
        refused(
            file("a.csv", "text,label\nx,a\ny,a\n"),
            labelled(),
            "a.csv:2: all 2 rows have the label `a`",
            "--label",
        ),
        refused(
            file("a.csv", numbered),
            labelled(),
            "a.csv:10002: more than 10000 different labels, here `id10000`",
            "--max-labels",
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
            "multi-label",
        )
        .task(Task::Single),
    ]);
}

#[test]
fn broken_containers() {
    let csv = b"text,label\n"
        .iter()
        .chain(b"some words,a\nmore of them,b\n".repeat(200).iter())
        .copied()
        .collect::<Vec<_>>();
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() * 2 / 3].to_vec();
    let rows = || {
        parquet(&[
            Column::Text("text", vec![Some("x"); 50]),
            Column::Text("label", vec![Some("a"); 50]),
        ])
    };
    let nested = parquet(&[
        Column::List("text", vec![vec!["x"]]),
        Column::Text("label", vec![Some("a")]),
    ]);
    let without_label = parquet(&[
        Column::Text("text", vec![Some("x"), Some("y")]),
        Column::Text("label", vec![Some("a"), None]),
    ]);
    let columns = ReadOptions {
        text: vec!["text".into()],
        ..labelled()
    };
    check_refusals(vec![
        refused(
            file("a.csv.gz", cut(gzip(&csv))),
            labelled(),
            "a.csv.gz: the gzip data is damaged or cut short",
            "again",
        ),
        refused(
            file("a.csv.xz", cut(xz(&csv))),
            labelled(),
            "a.csv.xz: the xz data is damaged or cut short",
            "again",
        ),
        refused(
            file("a.csv.zst", cut(zstd(&csv))),
            labelled(),
            "a.csv.zst: the zstd data is damaged or cut short",
            "again",
        ),
        refused(
            file("a.csv.gz", b"\x1f\x8b\x08\x00garbage"),
            labelled(),
            "a.csv.gz: the gzip data is damaged",
            "again",
        ),
        refused(
            file("a.csv.xz", b"\xfd7zXZ\0garbage"),
            labelled(),
            "a.csv.xz: the xz data is damaged",
            "again",
        ),
        refused(
            file("a.parquet", cut(rows())),
            labelled(),
            "a.parquet:1: not readable as Parquet",
            "completely",
        ),
        refused(
            file("a.parquet", "text,label\nx,a\n"),
            labelled(),
            "a.parquet:1: not readable as Parquet",
            "completely",
        ),
        refused(
            file("a.parquet", b"PAR1"),
            labelled(),
            "a.parquet:1: not readable as Parquet",
            "completely",
        ),
        refused(
            file("a.parquet", rows()),
            text("txt"),
            "a.parquet:1: no column `txt`",
            "did you mean `text`?",
        ),
        refused(
            file("a.parquet", nested),
            columns,
            "a.parquet:1: `text` is a nested column, not text",
            "--text",
        ),
        refused(
            file("a.parquet", without_label),
            labelled(),
            "a.parquet:2: no label",
            "label this row",
        ),
        refused(
            file("a.csv", "text,label\nx,a\n"),
            given(Format::Parquet),
            "a.csv:1: not readable as Parquet",
            "completely",
        ),
    ]);
}

#[test]
fn broken_folders_and_paths() {
    let class = |name: &'static str| (name, b"x".to_vec());
    check_refusals(vec![
        refused(
            vec![("d/", vec![])],
            labelled(),
            "d: no class folders",
            "pos/1.txt",
        ),
        refused(
            vec![class("d/a.txt"), class("d/b.txt")],
            labelled(),
            "d: no class folders",
            "pos/1.txt",
        ),
        refused(
            vec![class("d/a.csv")],
            labelled(),
            "d: no class folders",
            "a.csv?",
        ),
        refused(
            vec![class("d/pos/1.txt"), ("d/neg/", vec![])],
            labelled(),
            "d/neg: a class folder without any",
            "remove the folder",
        ),
        refused(
            vec![
                class("d/train/pos/1.txt"),
                class("d/train/neg/1.txt"),
                class("d/test/pos/1.txt"),
            ],
            labelled(),
            "d: no class folders",
            "d/train?",
        ),
        refused(
            vec![class("d/pos/1.txt"), class("d/pos/2.txt")],
            labelled(),
            "d/pos/1.txt:1: all 2 rows have the label `pos`",
            "--label",
        ),
        refused(
            vec![class("d/pos/1.txt")],
            given(Format::Csv),
            "d: not a file",
            "--format",
        )
        .class(ErrorClass::Usage),
        refused(
            file("a.csv", "text,label\nx,a\n"),
            given(Format::Folder),
            "a.csv: not a folder",
            "folder per class",
        )
        .class(ErrorClass::Usage),
    ]);
    let missing = read_all(Path::new("no/such/file.csv"), &labelled()).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "no/such/file.csv: no such file or folder"
    );
    assert_eq!(
        (missing.class(), missing.hint().is_some()),
        (ErrorClass::MissingInput, true)
    );
}

/// Root may read everything, so the test looks first whether the lock holds.
#[cfg(unix)]
#[test]
fn unreadable_file() {
    use std::os::unix::fs::PermissionsExt;

    let folder = place(&file("a.csv", "text,label\nx,a\n"));
    let path = folder.path().join("a.csv");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&path).is_ok() {
        eprintln!("skipped: this user may read everything");
        return;
    }
    let error = read_all(&path, &labelled()).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Io);
    assert!(
        error.to_string().contains("a.csv: cannot read") && error.hint().unwrap().contains("right")
    );
}

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
    Repaired {
        files,
        options,
        texts,
        counts,
    }
}

#[test]
fn documented_repairs() {
    let nulls = || {
        parquet(&[
            Column::Text("text", vec![Some("x"), None]),
            Column::Number("label", vec![1, 2]),
        ])
    };
    let latin = parquet(&[
        Column::Text("text", vec![Some("x")]),
        Column::Number("label", vec![1]),
    ]);
    let none = [0; 5];
    for case in [
        // Bytes at the edge of text.
        repaired(
            file("a.csv", "\u{feff}text,label\nx,a\n"),
            labelled(),
            &["x"],
            none,
        ),
        repaired(
            file("a.jsonl", "\u{feff}{\"text\": \"x\", \"label\": 1}"),
            labelled(),
            &["x"],
            none,
        ),
        repaired(
            file("a.csv", "text,label\r\nx,a\r\n\r\ny,b\r\n"),
            labelled(),
            &["x", "y"],
            none,
        ),
        repaired(
            file("a.csv", "text,label\rx,a\ry,b"),
            labelled(),
            &["x", "y"],
            none,
        ),
        repaired(file("a.txt", "x\r\ny\r\n"), unlabelled(), &["x", "y"], none),
        repaired(file("a.txt", "x\ry"), unlabelled(), &["x", "y"], none),
        repaired(
            file("a.jsonl", "{\"text\": \"x\"}\r{\"text\": \"y\"}\r"),
            unlabelled(),
            &["x", "y"],
            none,
        ),
        // Quotes that enclose nothing.
        repaired(
            file("a.csv", "text,label\na \"b\" c,x\n"),
            labelled(),
            &["a \"b\" c"],
            none,
        ),
        repaired(
            file("a.csv", "text,label\n\"a \"\"b\"\"\",x\n"),
            labelled(),
            &["a \"b\""],
            none,
        ),
        repaired(
            file("a.csv", " text , label \nx,a\n"),
            labelled(),
            &["x"],
            none,
        ),
        repaired(
            file("a.csv", "text;label\n\"x;y\";a\n"),
            labelled(),
            &["x;y"],
            none,
        ),
        repaired(
            file("a.csv", "text\tlabel\nx, y\ta\n"),
            labelled(),
            &["x, y"],
            none,
        ),
        // Bytes that are no text.
        repaired(
            file("a.csv", b"text\ncaf\xe9\n\x00\n"),
            replacing(),
            &["caf\u{fffd}", "\u{fffd}"],
            [0, 2, 0, 0, 0],
        ),
        repaired(
            file("a.txt", b"caf\xe9\n"),
            replacing(),
            &["caf\u{fffd}"],
            [0, 1, 0, 0, 0],
        ),
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
        repaired(
            file("a.jsonl", br#"{"text": "\ud83d\ude00"}"#),
            unlabelled(),
            &["😀"],
            none,
        ),
        // Too long, too short.
        repaired(
            file("a.txt", "abcdef\nabc\n"),
            short(4),
            &["abcd", "abc"],
            [1, 0, 0, 0, 0],
        ),
        repaired(
            file("a.csv", "text\nabcdef\n"),
            short(4),
            &["abcd"],
            [1, 0, 0, 0, 0],
        ),
        repaired(
            file("a.jsonl", "{\"text\": \"abcdef\"}"),
            short(4),
            &["abcd"],
            [1, 0, 0, 0, 0],
        ),
        repaired(
            file("a.csv", "text,label\n,a\n  ,b\n"),
            labelled(),
            &["", "  "],
            [0, 0, 2, 0, 0],
        ),
        repaired(
            file("a.txt", "x\n\ny\n"),
            unlabelled(),
            &["x", "", "y"],
            [0, 0, 1, 0, 0],
        ),
        repaired(
            file("d/pos/1.txt", ""),
            unlabelled(),
            &[""],
            [0, 0, 1, 0, 0],
        ),
        repaired(
            file("a.jsonl", "\n{\"text\": \"x\"}\n\n\n{\"text\": \"y\"}"),
            unlabelled(),
            &["x", "y"],
            none,
        ),
        // Values of another type.
        repaired(
            file(
                "a.jsonl",
                "{\"text\": \"x\"}\n{\"text\": null}\n{\"text\": 4.50}",
            ),
            unlabelled(),
            &["x", "", "4.5"],
            [0, 0, 1, 1, 0],
        ),
        repaired(
            file(
                "a.jsonl",
                "{\"text\": \"x\", \"label\": null}\n{\"text\": \"y\", \"label\": {}}",
            ),
            optional(),
            &["x", "y"],
            [0, 0, 0, 0, 2],
        ),
        repaired(
            file("a.parquet", nulls()),
            unlabelled(),
            &["x", ""],
            [0, 0, 1, 1, 0],
        ),
        repaired(file("a.parquet", nulls()), text("label"), &["1", "2"], none),
        // Names that lie.
        repaired(
            file("a.csv", gzip(b"text\nx\n")),
            unlabelled(),
            &["x"],
            none,
        ),
        repaired(file("a.csv.gz", "text\nx\n"), unlabelled(), &["x"], none),
        repaired(
            file("a.csv", "{\"text\": \"x\"}\n"),
            unlabelled(),
            &["x"],
            none,
        ),
        repaired(file("a.csv", latin), unlabelled(), &["x"], none),
        repaired(
            file("a.parquet.gz", gzip(&nulls())),
            unlabelled(),
            &["x", ""],
            [0, 0, 1, 1, 0],
        ),
    ] {
        let folder = place(&case.files);
        let name = case.files[0].0.split('/').next().unwrap();
        let (records, warnings) = read_all(&folder.path().join(name), &case.options).unwrap();
        let texts: Vec<&str> = records
            .iter()
            .map(|record| record.fields[0].as_str())
            .collect();
        let shown = String::from_utf8_lossy(&case.files[0].1).into_owned();
        assert_eq!(texts, case.texts, "{name} {shown:?}");
        let tallies = [
            &warnings.truncated,
            &warnings.replaced,
            &warnings.empty,
            &warnings.null_text,
            &warnings.unlabelled,
        ];
        assert_eq!(
            tallies.map(|tally| tally.count),
            case.counts,
            "{name} {shown:?}"
        );
        assert_eq!(
            warnings.messages().len(),
            case.counts.iter().filter(|count| **count > 0).count()
        );
    }
}

/// A few hundred damaged Parquet files: an error or some rows, never a panic.
#[test]
fn damaged_parquet_never_panics() {
    let whole = parquet(&[
        Column::Text("text", vec![Some("some words"); 30]),
        Column::List("label", vec![vec!["a", "b"]; 30]),
    ]);
    let folder = TempDir::new().unwrap();
    let path: PathBuf = folder.path().join("a.parquet");
    let mut refused = 0;
    for at in 0..whole.len() {
        for mask in [0x01, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] ^= mask;
            fs::write(&path, &bytes).unwrap();
            refused += usize::from(read_all(&path, &labelled()).is_err());
        }
    }
    assert!(refused > whole.len(), "{refused} of {}", whole.len() * 3);
}

#[test]
fn reading_ends_after_an_error() {
    let folder = place(&file("a.csv", "text\nx\ny,z\nw\n"));
    let mut records = open(&folder.path().join("a.csv"), &unlabelled()).unwrap();
    assert!(records.next().unwrap().is_ok());
    assert!(records.next().unwrap().is_err());
    assert!(records.next().is_none());
}
