//! Compression, Parquet, folders and paths.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use ulmfit::ErrorClass;
use ulmfit::data::DataError;
use ulmfit::data::readers::read_all;
use ulmfit::data::readers::{Format, ReadOptions, documents};

use crate::data_support::{Column, gzip, parquet, xz, zstd};
use crate::harness::{check_refusals, file, given, labelled, place, refused, text, unlabelled};

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
    let nested =
        parquet(&[Column::List("text", vec![vec!["x"]]), Column::Text("label", vec![Some("a")])]);
    let latin_label = parquet(&[
        Column::Text("text", vec![Some("x"), Some("y")]),
        Column::Bytes("label", vec![b"caf", b"caf\xe9"]),
    ]);
    let without_label = parquet(&[
        Column::Text("text", vec![Some("x"), Some("y")]),
        Column::Text("label", vec![Some("a"), None]),
    ]);
    let columns = ReadOptions { text: vec!["text".into()], ..labelled() };
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
            "`text",
        ),
        refused(
            file("a.parquet", latin_label),
            labelled(),
            "a.parquet:2: byte 4 of the text is not UTF-8 (0xe9)",
            "as UTF-8 text",
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
fn broken_folders_and_paths() {
    let class = |name: &'static str| (name, b"x".to_vec());
    check_refusals(vec![
        refused(vec![("d/", vec![])], labelled(), "d: no class folders", "pos/1.txt"),
        refused(
            vec![class("d/a.txt"), class("d/b.txt")],
            labelled(),
            "d: no class folders",
            "pos/1.txt",
        ),
        refused(vec![class("d/a.csv")], labelled(), "d: no class folders", "a.csv?"),
        refused(
            vec![class("d/pos/1.txt"), ("d/neg/", vec![])],
            labelled(),
            "d/neg: a class folder without any",
            "remove the folder",
        ),
        refused(
            vec![class("d/train/pos/1.txt"), class("d/train/neg/1.txt"), class("d/test/pos/1.txt")],
            labelled(),
            "d: no class folders",
            "d/train?",
        ),
        refused(
            vec![class("d/pos/1.txt"), class("d/pos/2.txt")],
            labelled(),
            "d/pos/1.txt:1: every row (2) has the label `pos`",
            "`label",
        ),
        refused(vec![class("d/pos/1.txt")], given(Format::Csv), "d: not a file", "`input-format")
            .class(ErrorClass::Usage),
        refused(
            file("a.csv", "text,label\nx,a\n"),
            given(Format::Folder),
            "a.csv: not a folder",
            "folder per class",
        )
        .class(ErrorClass::Usage),
    ]);
    let folder = place(&vec![("d/README", b"x".to_vec())]);
    let error = documents(&folder.path().join("d"), &unlabelled()).unwrap_err();
    assert!(
        error.to_string().ends_with("/d: no data files in this folder")
            && error.hint().unwrap().contains(".txt")
    );
    let missing = read_all(Path::new("no/such/file.csv"), &labelled()).unwrap_err();
    assert_eq!(missing.to_string(), "no/such/file.csv: no such file or folder");
    assert_eq!((missing.class(), missing.hint().is_some()), (ErrorClass::MissingInput, true));
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

#[test]
fn files_of_another_kind() {
    let mut tar = b"train.csv".to_vec();
    tar.resize(512, 0);
    tar[257..262].copy_from_slice(b"ustar");
    let lfs = "version https://git-lfs.github.com/spec/v1\noid sha256:1b\nsize 12\n";
    let page = "<!DOCTYPE html>\n<html><body>404</body></html>\n";
    let book = b"PK\x03\x04\x14\0\0\0\x08\0[Content_Types].xml\0PK\x03\x04xl/workbook.xml";
    check_refusals(vec![
        refused(file("a.csv", book), labelled(), "a.csv: this is an Excel workbook", "CSV UTF-8"),
        refused(file("a.zip", b"PK\x03\x04a.csv"), labelled(), "a.zip: this is a zip", "unzip"),
        refused(
            file("a.csv.bz2", b"BZh91AY&SY\0\0"),
            labelled(),
            "a.csv.bz2: this is a bzip2",
            "bunzip2",
        ),
        refused(file("a.tgz", gzip(&tar)), labelled(), "a.tgz: this is a tar archive", "tar -xf"),
        refused(
            file("a.arrow", b"ARROW1\0\0\0\0"),
            labelled(),
            "a.arrow: this is an Arrow",
            "parquet",
        ),
        refused(file("a.jsonl", lfs), labelled(), "a.jsonl: this is a Git LFS", "git lfs pull"),
        refused(file("a.csv", page), labelled(), "a.csv: this is a web page", "raw"),
    ]);
}

#[test]
fn numbered_parts_are_one_table() {
    let part = |texts: &[&'static str], label: &'static str| {
        parquet(&[
            Column::Text("text", texts.iter().map(|text| Some(*text)).collect()),
            Column::Text(label, vec![Some("a"); texts.len()]),
        ])
    };
    let texts = |files: Vec<(&'static str, Vec<u8>)>| {
        let folder = place(&files);
        let (records, _) = read_all(&folder.path().join("d"), &labelled())?;
        Ok::<_, DataError>(
            records.into_iter().map(|record| record.fields.concat()).collect::<Vec<_>>(),
        )
    };
    let spark = vec![
        ("d/_SUCCESS", Vec::new()),
        ("d/part-00000-ab-c000.parquet", part(&["x", "y"], "label")),
        ("d/part-00001-ab-c000.parquet", part(&["z"], "label")),
    ];
    assert_eq!(texts(spark).unwrap(), ["x", "y", "z"]);
    let csv = |text: &str| format!("text,label\n{text},a\n").into_bytes();
    let hub = vec![("d/train-00.csv", csv("x")), ("d/train-01.csv", csv("y"))];
    assert_eq!(texts(hub).unwrap(), ["x", "y"]);
    let other =
        vec![("d/0.parquet", part(&["x"], "label")), ("d/1.parquet", part(&["y"], "stars"))];
    let error = texts(other).unwrap_err().to_string();
    assert!(error.contains("1.parquet:1: no column `label`"), "{error}");
    // rows to learn from and rows to score on are never put together
    let splits = vec![("d/train-0.csv", csv("x")), ("d/test-0.csv", csv("y"))];
    assert!(matches!(texts(splits), Err(DataError::NoClasses { .. })));
    let one = vec![("d/train.csv", csv("x"))];
    assert!(matches!(texts(one), Err(DataError::NoClasses { .. })));
}
