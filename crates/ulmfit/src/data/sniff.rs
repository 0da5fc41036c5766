//! The format of a file from its name and its first bytes.

use std::path::Path;

use super::Format;
use super::columns::is_known;

/// What a file is: by content where that is certain, else by name, else by the first line.
pub(crate) fn format_of(path: &Path, head: &[u8]) -> Format {
    let start = head.trim_ascii_start();
    if head.starts_with(b"PAR1") {
        return Format::Parquet;
    }
    match Format::from_path(path) {
        // No header begins so, but JSON lines saved under another name do.
        Some(Format::Csv | Format::Tsv) if start.starts_with(b"{\"") => Format::Jsonl,
        Some(format) => format,
        None if matches!(start.first(), Some(b'{' | b'[')) => Format::Jsonl,
        None => by_header(start),
    }
}

/// Only a line with a column name we know makes a file CSV or TSV; prose has commas too.
fn by_header(start: &[u8]) -> Format {
    let line = start.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let has_names = |separator: char| {
        line.contains(separator)
            && line.split(separator).any(|name| is_known(name.trim_matches('"')))
    };
    match () {
        () if has_names('\t') => Format::Tsv,
        () if has_names(',') || has_names(';') => Format::Csv,
        () => Format::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_and_names() {
        for (name, head, format) in [
            ("-", &b"{\"text\": 1}"[..], Format::Jsonl),
            ("-", b"text,label\n", Format::Csv),
            ("-", b"id\ttext\n", Format::Tsv),
            ("-", b"Well, this is prose\n", Format::Text),
            ("a.csv", b"PAR1", Format::Parquet),
            ("a.csv", b"{\"text\": 1}", Format::Jsonl),
            ("a.txt", b"text,label", Format::Text),
            ("a.bin", b"\"text\";\"label\"\n", Format::Csv),
        ] {
            assert_eq!(
                format_of(Path::new(name), head),
                format,
                "{name} {}",
                String::from_utf8_lossy(head)
            );
        }
    }
}
