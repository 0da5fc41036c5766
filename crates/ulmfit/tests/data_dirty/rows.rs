//! CSV and TSV: rows, headers, nothing at all.

use ulmfit::data::readers::{Header, ReadOptions};

use crate::data_support::gzip;
use crate::harness::{check_refusals, file, labelled, refused, text};

#[test]
fn broken_rows() {
    let wide_header = (0..100_000).map(|n| format!("c{n}")).collect::<Vec<_>>().join(",") + ",";
    let many_columns = ["text,label\n", &",".repeat(20_000), "\n"].concat();
    let wide =
        format!("text,label{}\n{}\n", ",x".repeat(40), [&"y".repeat(2000)[..]; 42].join(","));
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
        refused(file("a.csv", "text,label\rx,a\ry\r"), labelled(), "a.csv:3: 1 fields", "missing"),
        refused(
            file("a.csv", "text,label\r\n\"x\r\ny\",a\r\ny\r\n"),
            labelled(),
            "a.csv:4 (row 3): 1 fields",
            "missing",
        ),
        refused(
            file("a.csv", "text,label\nx,a\n\"y,b\nz,a\n"),
            labelled(),
            "a.csv:3: a quoted field in this row is never",
            "`quotes =",
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
            "a.csv:2: more than 16384 columns",
            "`delimiter`",
        ),
        refused(
            file("a.csv", wide_header),
            labelled(),
            "a.csv:1: more than 16384 columns",
            "`delimiter`",
        ),
        refused(
            file("a.csv", wide),
            ReadOptions { max_document_bytes: 4000, ..labelled() },
            "a.csv:2: the row is longer",
            "`max-doc-bytes`",
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
            "`label",
        ),
        refused(
            file("a.csv", "a,b,c\nx,a,1\n"),
            labelled(),
            "a.csv:1: cannot tell which column is the text",
            "`text",
        ),
        refused(file("a.csv", "text,label\n"), labelled(), "a.csv: no rows", "`header = absent`"),
        refused(file("a.csv", "text,label"), labelled(), "a.csv: no rows", "`header = absent`"),
        refused(
            file("a.csv", "te\u{0}xt,label\nx,a\n"),
            labelled(),
            "a.csv:1: a NUL byte",
            "binary",
        ),
        refused(
            file("a.csv", "text,label\nx,a\n"),
            ReadOptions { label: Some("lable".into()), ..labelled() },
            "a.csv:1: no column `lable`",
            "did you mean `label`?",
        ),
        refused(
            file("a.csv", "x\ny\n"),
            ReadOptions { header: Header::Absent, ..labelled() },
            "a.csv:1: only one column (delimiter: comma), but text and label are needed",
            "`delimiter`",
        ),
    ]);
}

#[test]
fn empty_data() {
    check_refusals(vec![
        refused(file("a.csv", ""), labelled(), "a.csv: the file is empty", "interrupted"),
        refused(file("a.jsonl", ""), labelled(), "a.jsonl: the file is empty", "interrupted"),
        refused(file("a.csv", "\u{feff}"), labelled(), "a.csv: the file is empty", "interrupted"),
        refused(file("a.csv", "\n\n"), labelled(), "a.csv: the file is empty", "interrupted"),
        refused(file("a.jsonl", "\n \n"), labelled(), "a.jsonl: no rows", "at least one"),
        refused(
            file("a.csv.gz", gzip(b"")),
            labelled(),
            "a.csv.gz: the file is empty",
            "interrupted",
        ),
        refused(file("a.parquet", ""), labelled(), "a.parquet: the file is empty", "interrupted"),
    ]);
}
