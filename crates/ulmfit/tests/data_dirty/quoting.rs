//! Double quotes that are not what they should be: no row vanishes in silence.

use ulmfit::data::readers::{Quotes, ReadOptions, read_all};
use ulmfit::data::{DataError, Record};
use ulmfit::setting::Spelling;

use crate::harness::{check_refusals, file, labelled, place, refused};

fn read(name: &'static str, text: &str, quotes: Quotes) -> Result<Vec<Record>, DataError> {
    let folder = place(&file(name, text));
    let options = ReadOptions { quotes, ..labelled() };
    read_all(&folder.path().join(name), &options).map(|(records, _)| records)
}

/// Labelled messages, every seventh of which begins with a double quote.
fn messages(rows: usize, delimiter: &str) -> String {
    let row = |n: usize| {
        let quote = if n % 7 == 3 { "\"" } else { "" };
        format!("{}{delimiter}{quote}see you at {n}\n", ["ham", "spam"][n % 2])
    };
    format!("label{delimiter}text\n{}", (0..rows).map(row).collect::<String>())
}

#[test]
fn stray_quotes_of_a_tsv_are_text() {
    let folder = place(&file("a.tsv", messages(70, "\t")));
    let (records, warnings) = read_all(&folder.path().join("a.tsv"), &labelled()).unwrap();
    assert_eq!(records.len(), 70);
    assert_eq!(records[3].fields, ["\"see you at 3"]);
    assert_eq!(warnings.literal_quotes.count, 10);
    let first = warnings.literal_quotes.first.as_ref().unwrap();
    assert_eq!(first.line, 5);
    let said = warnings.messages(Spelling::default()).concat();
    assert!(said.contains("10 rows with a double quote") && said.contains("a.tsv:5"), "{said}");

    // one quote opens, another one closes: regular, but for the rows in between
    let text = "text\tlabel\na\tx\n\"b\ty\nc\tx\nd\ty\nsaid \"e\tx\nf\"\tx\ng\ty\n";
    let records = read("a.tsv", text, Quotes::Auto).unwrap();
    assert_eq!(records.len(), 7);
    assert_eq!(records[1].fields, ["\"b"]);
    // to the end of the file
    let open = "text\tlabel\na\tx\n\"b\ty\nc\tx\n";
    assert_eq!(read("a.tsv", open, Quotes::Auto).unwrap().len(), 3);
    assert!(matches!(
        read("a.tsv", open, Quotes::Enclose),
        Err(DataError::UnclosedQuote { place }) if place.line == 3
    ));
    assert_eq!(read("a.tsv", open, Quotes::Literal).unwrap().len(), 3);
}

#[test]
fn quotes_that_enclose_do_so_as_ever() {
    for (name, text, fields) in [
        ("a.tsv", "text\tlabel\n\"a\nb\"\tx\n\"c \"\"d\"\"\"\ty\n", ["a\nb", "c \"d\""]),
        (
            "a.csv",
            "text,label\n\"a, b\nc, d\n\"\"e\"\", f\",x\n\"g\" ,y\n",
            ["a, b\nc, d\n\"e\", f", "g "],
        ),
        (
            "a.csv",
            "label,text\nx,\"a, b\r\n\r\nc, d\"\r\ny,5\" wide\r\n",
            ["a, b\r\n\r\nc, d", "5\" wide"],
        ),
    ] {
        let records = read(name, text, Quotes::Auto).unwrap();
        let found: Vec<&str> = records.iter().map(|record| &*record.fields[0]).collect();
        assert_eq!(found, fields, "{text}");
    }
}

#[test]
fn a_backslash_before_a_quote() {
    let text = r#"text,label
"he said \"a, b\" to me",x
"plain, or not",y
"ends so \"",x
"#;
    let folder = place(&file("a.csv", text));
    let (records, warnings) = read_all(&folder.path().join("a.csv"), &labelled()).unwrap();
    let found: Vec<&str> = records.iter().map(|record| &*record.fields[0]).collect();
    assert_eq!(found, [r#"he said "a, b" to me"#, "plain, or not", r#"ends so ""#]);
    assert_eq!(warnings.escaped_quotes.count, 2);
    let told = read("a.csv", text, Quotes::Backslash).unwrap();
    assert_eq!(told.len(), 3);
    // a backslash alone is text
    let path = "text,label\n\"C:\\\",x\n\"b, c\",y\n";
    assert_eq!(read("a.csv", path, Quotes::Auto).unwrap()[0].fields, ["C:\\"]);
}

#[test]
fn what_fits_no_reading_is_refused() {
    let late = |rows: usize| {
        // too far behind to be seen when the file is opened
        let mut text = messages(rows, "\t").replace('"', "");
        text.push_str("ham\t\"see you\nspam\tthen\nham\tand \"there\n");
        text
    };
    check_refusals(vec![
        refused(
            file("a.csv", messages(70, ",")),
            labelled(),
            "a.csv:5: text follows a closing double quote in this row; 10 lines of the file have",
            "`quotes = literal`",
        ),
        refused(
            file("a.csv", "text,label\na,x\nb,y\n\"c,x\nd,y\nnot so\",y\n"),
            labelled(),
            "a.csv:4: a quoted field in this row holds 3 lines that look like rows",
            "`quotes = literal`",
        ),
        refused(
            file("a.tsv", late(5000)),
            labelled(),
            "a.tsv:5002: text follows a closing",
            "`quotes = literal`",
        ),
        refused(
            file("a.tsv", late(5000).replace("and \"there", "there\"")),
            labelled(),
            "a.tsv:5002: a quoted field in this row holds 3 lines that look like rows",
            "`quotes = enclose`",
        ),
    ]);
    let text = late(5000);
    let rows = text.lines().count() - 1;
    assert_eq!(read("a.tsv", &text, Quotes::Literal).unwrap().len(), rows);
    let enclosed = text.replace("and \"there", "there\"");
    assert_eq!(read("a.tsv", &enclosed, Quotes::Enclose).unwrap().len(), rows - 2);
}
