//! How to read texts and labels.

use super::size::size;
use ulmfit::Error;
use ulmfit::data::readers::{
    BadRows, Delimiter, EncodingErrors, Format, Header, Limits, Quotes, ReadOptions,
};

/// How to read texts and labels.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Data")]
pub(crate) struct DataOptions {
    /// Column with text; repeat for several [default: guessed from the names]
    #[arg(long, value_name = "COL")]
    text: Vec<String>,
    /// Column with the label [default: guessed from the names]
    #[arg(long, value_name = "COL")]
    label: Option<String>,
    /// Character that separates several labels of a text
    #[arg(long, value_name = "CHAR")]
    label_delimiter: Option<char>,
    /// Format of the input [default: from the name, else from the first bytes]
    #[arg(long, value_name = "FORMAT")]
    #[arg(help = "csv, tsv, jsonl, parquet, folder or text [default: from the name or content]")]
    input_format: Option<Format>,
    /// Whether the first row of a CSV or TSV file names the columns
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    header: Header,
    /// Character between the fields of a CSV file: comma, semicolon, tab, pipe or another one
    /// [default: the one that fits the first rows]
    #[arg(long, value_name = "CHAR")]
    delimiter: Option<Delimiter>,
    /// What double quotes mean in CSV and TSV files
    #[arg(long, value_name = "HOW", value_enum, default_value_t)]
    quotes: Quotes,
    /// What to do with bytes that are not valid UTF-8
    #[arg(long, value_name = "ACTION", value_enum, default_value_t)]
    encoding_errors: EncodingErrors,
    /// What to do with a row that cannot be read: treat it as an empty text, skip it, or fail
    /// [default: empty for a missing text, else fail]
    #[arg(long, value_name = "ACTION", value_enum)]
    on_bad_row: Option<BadRows>,
    /// Truncate documents longer than this
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20)]
    max_doc_bytes: usize,
    /// Maximum memory for labelled rows [default: half of the free memory, at most 8G]
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = "Limits")]
    max_memory: Option<u64>,
    /// Refuse compressed files that expand to more than this many times their size; checked from
    /// 8 MiB on [default: 250]
    #[arg(long, value_name = "TIMES", help_heading = "Limits")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    max_expansion: Option<u64>,
    /// Maximum size of the temporary copy of a Parquet file that is compressed or on standard input
    /// [default: 16G]
    #[arg(long, value_name = "SIZE", value_parser = size, help_heading = "Limits")]
    max_temp: Option<u64>,
}

impl DataOptions {
    /// The sign between several labels of a text in what is printed.
    pub(crate) fn printed_delimiter(&self) -> char {
        self.label_delimiter.unwrap_or(',')
    }

    /// Refuses options about labels where a language model reads texts alone.
    pub(crate) fn refuse_labels(&self) -> Result<(), Error> {
        let option = match (&self.label, self.label_delimiter) {
            (Some(_), _) => "--label",
            (None, Some(_)) => "--label-delimiter",
            (None, None) => return Ok(()),
        };
        let message = format!("{option} has no effect: a language model reads no labels");
        Err(Error::Usage { message, hint: Some(format!("leave out {option}")) })
    }

    /// Refuses the delimiter where it is not printed.
    pub(crate) fn refuse_label_delimiter(&self, with: &str) -> Result<(), Error> {
        if self.label_delimiter.is_none() {
            return Ok(());
        }
        let message = format!("--label-delimiter has no effect with {with}");
        Err(Error::Usage { message, hint: Some("leave out --label-delimiter".into()) })
    }

    /// Refuses options for CSV and TSV where no file that was read is either.
    pub(crate) fn refuse_csv_options(&self, formats: &[Format]) -> Result<(), Error> {
        let is_csv = |format: &Format| matches!(format, Format::Csv | Format::Tsv);
        let given = [
            ("--header", self.header != Header::Auto),
            ("--quotes", self.quotes != Quotes::Auto),
            ("--delimiter", self.delimiter.is_some()),
        ];
        let Some((option, _)) = given.iter().find(|(_, given)| *given) else { return Ok(()) };
        let Some(format) = formats.first().filter(|_| !formats.iter().any(is_csv)) else {
            return Ok(());
        };
        let format = match format {
            Format::Csv | Format::Tsv => return Ok(()),
            Format::Jsonl => "JSONL",
            Format::Parquet => "Parquet",
            Format::Folder => "a folder of texts",
            Format::Text => "plain text",
        };
        let message = format!("{option} has no effect: the input is {format}, not CSV or TSV");
        let hint = Some("leave it out, or pass `--input-format csv` if it is CSV".into());
        Err(Error::Usage { message, hint })
    }

    pub(crate) fn read_options(&self) -> ReadOptions {
        let usual = Limits::default();
        ReadOptions {
            text: self.text.clone(),
            label: self.label.clone(),
            label_delimiter: self.label_delimiter,
            format: self.input_format,
            header: self.header,
            delimiter: self.delimiter,
            quotes: self.quotes,
            encoding_errors: self.encoding_errors,
            bad_rows: self.on_bad_row,
            max_document_bytes: self.max_doc_bytes,
            limits: Limits {
                rows: self.max_memory.unwrap_or(usual.rows),
                expansion: self.max_expansion.unwrap_or(usual.expansion),
                temporary: self.max_temp.unwrap_or(usual.temporary),
            },
            ..ReadOptions::default()
        }
    }
}
