//! The format of a file from its name and its first bytes.

use std::path::Path;

use super::columns::is_known;
use super::dialect::preamble;
use super::options::{Format, ReadOptions};
use crate::data::error::DataError;
use crate::data::place::Place;

/// What a file is: by content where that is certain, else by name, else by the first line.
///
/// # Errors
/// [`DataError::NoColumns`] if that is plain text, but `options` name columns and the file's name
/// does not say that it is text, or its first line has such a column.
pub(crate) fn format_of(
    path: &Path,
    head: &[u8],
    options: &ReadOptions,
) -> Result<Format, DataError> {
    let start = head.trim_ascii_start();
    if head.starts_with(b"PAR1") {
        return Ok(Format::Parquet);
    }
    let by_name = Format::from_path(path);
    let format = match by_name {
        // No header begins so, but JSON lines saved under another name do.
        Some(Format::Csv | Format::Tsv) if start.starts_with(b"{\"") => Format::Jsonl,
        Some(format) => format,
        None if matches!(start.first(), Some(b'{' | b'[')) => Format::Jsonl,
        None if preamble(start).is_some() => Format::Csv,
        None => {
            let is_usual = |name: &str| is_known(name) || options.is_learned(name);
            let is_tight = |cell: &str| cell == cell.trim();
            by_header(start, |cell| {
                options.names(bare(cell)) || is_tight(cell) && is_usual(bare(cell))
            })
        }
    };
    let is_table = || by_header(start, |cell| options.names(bare(cell))) != Format::Text;
    match options.text.iter().chain(&options.label).next() {
        Some(name) if format == Format::Text && (by_name.is_none() || is_table()) => {
            let place = Place::new(&path.into(), 1);
            Err(DataError::NoColumns { place, name: name.clone() })
        }
        _ => Ok(format),
    }
}

/// A name without white space and quotes around it.
fn bare(cell: &str) -> &str {
    cell.trim().trim_matches('"')
}

/// Only a line with a column name we know makes a file CSV or TSV; prose has commas too. `is_name` sees each cell with the
/// white space around it: in prose a comma is followed by some ("Yes, comment if you like"), and a word that nobody has
/// named must not turn the line into a header.
fn by_header(start: &[u8], is_name: impl Fn(&str) -> bool) -> Format {
    let line = start.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let has_names =
        |separator: char| line.contains(separator) && line.split(separator).any(&is_name);
    match () {
        () if has_names('\t') => Format::Tsv,
        () if [',', ';', '|'].into_iter().any(has_names) => Format::Csv,
        () => Format::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> ReadOptions {
        ReadOptions { text: vec![text.to_owned()], ..ReadOptions::default() }
    }

    #[test]
    fn content_and_names() {
        for (name, head, format) in [
            ("-", &b"{\"text\": 1}"[..], Format::Jsonl),
            ("-", b"text,label\n", Format::Csv),
            ("-", b"id\ttext\n", Format::Tsv),
            ("-", b"Well, this is prose\n", Format::Text),
            ("-", b"Yes, comment\nThe goal, bread in the oven\n", Format::Text),
            ("-", b"Hello, text\n", Format::Text),
            ("-", b"\"id\",\"text\"\r\n", Format::Csv),
            ("a.csv", b"PAR1", Format::Parquet),
            ("a.csv", b"{\"text\": 1}", Format::Jsonl),
            ("a.txt", b"text,label", Format::Text),
            ("a.bin", b"\"text\";\"label\"\n", Format::Csv),
            ("-", b"text|label\n", Format::Csv),
            ("-", b"sep=;\r\nKommentar;Wertung\r\n", Format::Csv),
        ] {
            assert_eq!(
                format_of(Path::new(name), head, &ReadOptions::default()).unwrap(),
                format,
                "{name} {}",
                String::from_utf8_lossy(head)
            );
        }
    }

    #[test]
    fn a_column_that_is_asked_for_makes_a_table() {
        let options = asked("Kommentar");
        for (head, format) in [
            (&b"Kommentar,Wertung\nnice film,5\n"[..], Format::Csv),
            (b"\"Wertung\"; \"Kommentar\"\n5;nice\n", Format::Csv),
            (b"Wertung\tKommentar\n5\tnice\n", Format::Tsv),
        ] {
            assert_eq!(format_of(Path::new("-"), head, &options).unwrap(), format);
        }
        let label = ReadOptions { label: Some("Wertung".into()), ..ReadOptions::default() };
        let head = b"Kommentar,Wertung\n";
        assert_eq!(format_of(Path::new("a.dat"), head, &label).unwrap(), Format::Csv);
        // as does the label that a model remembers
        let label = ReadOptions { learned_label: Some("Wertung".into()), ..ReadOptions::default() };
        assert_eq!(format_of(Path::new("a.dat"), head, &label).unwrap(), Format::Csv);
    }

    #[test]
    fn plain_text_has_no_columns_to_ask_for() {
        let refused = |name: &str, head: &[u8], column: &str| {
            matches!(
                format_of(Path::new(name), head, &asked(column)),
                Err(DataError::NoColumns { .. })
            )
        };
        assert!(refused("-", b"a nice film\n", "Kommentar"));
        assert!(refused("-", b"a nice film, not long\n", "2"));
        assert!(refused("a.dat", b"kommentar,wertung\n", "Kommentar"));
        assert!(refused("a.txt", b"Kommentar,Wertung\n", "Kommentar"));
        // `fit` reads texts without labels beside a table whose columns are named
        assert!(!refused("more.txt", b"a nice film, not long\n", "Kommentar"));
    }
}
