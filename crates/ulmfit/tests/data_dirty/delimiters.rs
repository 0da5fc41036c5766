//! What separates fields, and what spreadsheets leave around them.

use ulmfit::data::RawLabel;
use ulmfit::data::readers::{Delimiter, ReadOptions, open, read_all};
use ulmfit::setting::Spelling;

use crate::harness::{check_refusals, file, labelled, place, refused};

/// Texts and labels of a CSV file.
fn rows(text: &str, options: &ReadOptions) -> Vec<(String, String)> {
    let folder = place(&file("a.csv", text));
    let (records, _) = read_all(&folder.path().join("a.csv"), options).expect(text);
    let label = |label| match label {
        Some(RawLabel::One(name)) => name,
        other => panic!("{other:?}"),
    };
    records.into_iter().map(|record| (record.fields.concat(), label(record.label))).collect()
}

fn pair(text: &str, label: &str) -> (String, String) {
    (text.to_owned(), label.to_owned())
}

#[test]
fn found_from_several_rows() {
    for (text, first, delimiter) in [
        ("text,label\na;b,x\nc;d,y\n", pair("a;b", "x"), None),
        ("text;label\na, b;x\nc;y\n", pair("a, b", "x"), Some(Delimiter::SEMICOLON)),
        ("text|label\na, b; c|x\nd|y\n", pair("a, b; c", "x"), Some(Delimiter::PIPE)),
        ("text\tlabel\na, b\tx\n", pair("a, b", "x"), Some(Delimiter::TAB)),
        // a comma in each row, but inside quotes
        ("1;\"a, really\"\n0;\"b, really\"\n", pair("a, really", "1"), Some(Delimiter::SEMICOLON)),
        ("1;a, b\n0;c\n2;d, e, f\n", pair("a, b", "1"), Some(Delimiter::SEMICOLON)),
        ("sep=;\r\ntext;label\r\na;x\r\n", pair("a", "x"), Some(Delimiter::SEMICOLON)),
        ("\"sep=,\"\ntext,label\na;b,x\n", pair("a;b", "x"), None),
        ("\u{feff}SEP=\t\ntext\tlabel\na\tx\n", pair("a", "x"), Some(Delimiter::TAB)),
    ] {
        assert_eq!(rows(text, &labelled())[0], first, "{text}");
        let folder = place(&file("a.csv", text));
        let columns = open(&folder.path().join("a.csv"), &labelled()).unwrap().columns();
        assert_eq!(columns.delimiter, delimiter, "{text}");
        assert_eq!(columns.to_string().contains("delimiter: "), delimiter.is_some());
    }
}

#[test]
fn given_by_the_user() {
    let options =
        |delimiter: &str| ReadOptions { delimiter: Some(delimiter.parse().unwrap()), ..labelled() };
    assert_eq!(rows("text~label\na, b~x\n", &options("~")), [pair("a, b", "x")]);
    let both = "sep=,\ntext;label\na, b;x\n";
    assert_eq!(rows(both, &options("semicolon")), [pair("a, b", "x")]);
    check_refusals(vec![
        refused(
            file("a.csv", "text~label\na~x\n"),
            labelled(),
            "a.csv:1: only one column (delimiter: comma)",
            "`delimiter`",
        ),
        refused(
            file("a.csv", "text;label\na;x\nb;c;y\n"),
            labelled(),
            "a.csv:3: 3 fields where the first row has 2 (delimiter: semicolon)",
            "double quotes",
        ),
    ]);
}

#[test]
fn lines_keep_their_numbers_below_a_delimiter_line() {
    let folder = place(&file("a.csv", "sep=;\ntext;label\na;x\nb;y\n"));
    let (records, _) = read_all(&folder.path().join("a.csv"), &labelled()).unwrap();
    assert_eq!(records[1].place.line, 4);
}

#[test]
fn empty_columns_at_the_end_are_not_there() {
    let two = [pair("a", "x"), pair("b", "y")];
    for text in [
        "text,label,\na,x\nb,y\n",
        "text,label,,,\na,x,,,\nb,y,,,\n",
        "text,label\na,x,\nb,y,,\n",
        "text,wertung,\na,x,\nb,y\n",
    ] {
        assert_eq!(rows(text, &labelled()), two, "{text}");
    }
    check_refusals(vec![
        refused(
            file("a.csv", "text,label\na,x,\nb,c,y\n"),
            labelled(),
            "a.csv:3: 3 fields",
            "double quotes",
        ),
        refused(file("a.csv", "text,label,\na\n"), labelled(), "a.csv:2: 1 fields", "missing"),
    ]);
}

#[test]
fn headers_of_further_files_are_left_out() {
    let text = "text,label\na,x\n\u{feff}text,label\nb,y\ntext, label \n\u{feff}\"c, d\",x\n";
    let folder = place(&file("a.csv", text));
    let (records, warnings) = read_all(&folder.path().join("a.csv"), &labelled()).unwrap();
    let found: Vec<&str> = records.iter().map(|record| &*record.fields[0]).collect();
    assert_eq!(found, ["a", "b", "c, d"]);
    let repeated = &warnings.repeated_headers;
    assert_eq!((repeated.count, repeated.first.as_ref().unwrap().line), (2, 3));
    assert!(warnings.messages(Spelling::default())[0].starts_with("2 rows equal to the header"));
    // a name alone may be a text
    let unlabelled = crate::harness::unlabelled();
    let folder = place(&file("a.csv", "text\na\ntext\n"));
    let (records, _) = read_all(&folder.path().join("a.csv"), &unlabelled).unwrap();
    assert_eq!(records.len(), 2);
}

#[test]
fn blanks_around_labels_are_not_part_of_them() {
    assert_eq!(rows("text, label\na , x\nb,y \n", &labelled()), [pair("a ", "x"), pair("b", "y")]);
}
