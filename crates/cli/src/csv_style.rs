//! How CSV files are written, so that what wrote the input opens them.

use std::io::{self, Write};
use ulmfit::data::readers::{ColumnUse, Delimiter};

/// How a CSV file is written.
///
/// A table with semicolons, as Excel writes and reads them in much of Europe, remains one, and keeps the
/// byte order mark without which Excel takes UTF-8 for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CsvStyle {
    delimiter: Delimiter,
    byte_order_mark: bool,
}

impl CsvStyle {
    /// Commas.
    pub(crate) const PLAIN: Self = Self { delimiter: Delimiter::COMMA, byte_order_mark: false };

    /// That of the input.
    pub(crate) fn of(columns: &ColumnUse) -> Self {
        Self {
            delimiter: match columns.delimiter {
                Some(Delimiter::SEMICOLON) => Delimiter::SEMICOLON,
                _ => Delimiter::COMMA,
            },
            byte_order_mark: columns.byte_order_mark,
        }
    }

    /// What a file begins with.
    pub(crate) fn start(self) -> &'static str {
        if self.byte_order_mark { "\u{feff}" } else { "" }
    }

    /// Writes rows behind the [start](Self::start) of a file.
    pub(crate) fn writer<W: Write>(self, mut out: W) -> io::Result<csv::Writer<W>> {
        out.write_all(self.start().as_bytes())?;
        Ok(self.rows(out))
    }

    /// Writes rows.
    pub(crate) fn rows<W: Write>(self, out: W) -> csv::Writer<W> {
        csv::WriterBuilder::new().delimiter(self.delimiter.byte()).from_writer(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_spreadsheets_remain_such() {
        let written = |delimiter, byte_order_mark| {
            let columns = ColumnUse { delimiter, byte_order_mark, ..ColumnUse::default() };
            let mut writer = CsvStyle::of(&columns).writer(Vec::new()).unwrap();
            writer.write_record(["a", "b;c", "d,e"]).unwrap();
            String::from_utf8(writer.into_inner().unwrap()).unwrap()
        };
        assert_eq!(written(None, false), "a,b;c,\"d,e\"\n");
        assert_eq!(written(Some(Delimiter::SEMICOLON), true), "\u{feff}a;\"b;c\";d,e\n");
        assert_eq!(written(Some(Delimiter::PIPE), false), "a,b;c,\"d,e\"\n");
    }
}
