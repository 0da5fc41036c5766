//! What a reader should look for.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use super::delimiter::Delimiter;
use crate::free_memory::free_memory;

/// How data files are read.
///
/// ```
/// use ulmfit::data::readers::{LabelUse, ReadOptions};
/// let options = ReadOptions { text: vec!["body".into()], labels: LabelUse::Ignored, ..Default::default() };
/// assert_eq!(options.max_document_bytes, 1 << 20);
/// ```
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// Names of the text columns (or their numbers, from 1); empty means guess.
    pub text: Vec<String>,
    /// Names of the text columns that a model learned from: read instead of guessed ones where the
    /// data has all of them.
    pub learned_text: Vec<String>,
    /// Name of the label column (or its number, from 1); `None` means guess.
    pub label: Option<String>,
    /// The format; `None` means detect it from the name and the first bytes.
    pub format: Option<Format>,
    /// Whether CSV and TSV begin with column names.
    pub header: Header,
    /// Delimiter of CSV and TSV; `None` means detect it from the first rows.
    pub delimiter: Option<Delimiter>,
    /// What a double quote means in CSV and TSV.
    pub quotes: Quotes,
    /// What to do with bytes that are not text.
    pub encoding_errors: EncodingErrors,
    /// Longest text kept of one field; the rest is cut off and counted.
    pub max_document_bytes: usize,
    /// Whether labels are needed.
    pub labels: LabelUse,
    /// Name of the label column that a model learned from: read instead of a guessed one where the
    /// data has it.
    pub learned_label: Option<String>,
    /// Splits a label cell into several labels.
    pub label_delimiter: Option<char>,
    /// What to do with rows that cannot be read; `None` reads a missing text as empty and stops at
    /// anything else.
    pub bad_rows: Option<BadRows>,
    /// Whether records carry all their columns.
    pub columns: Columns,
    /// What one document is in [`documents`](crate::data::readers::documents).
    pub unit: DocumentUnit,
    /// How much reading a file may cost.
    pub limits: Limits,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            text: Vec::new(),
            learned_text: Vec::new(),
            label: None,
            format: None,
            header: Header::Auto,
            delimiter: None,
            quotes: Quotes::Auto,
            encoding_errors: EncodingErrors::Fail,
            max_document_bytes: 1 << 20,
            labels: LabelUse::Required,
            learned_label: None,
            label_delimiter: None,
            bad_rows: None,
            columns: Columns::Drop,
            unit: DocumentUnit::Auto,
            limits: Limits::default(),
        }
    }
}

impl ReadOptions {
    /// Whether a column of this name is asked for.
    pub(crate) fn names(&self, column: &str) -> bool {
        self.text.iter().chain(&self.label).any(|name| name == column)
    }

    /// Whether a model learned from a column of this name.
    pub(crate) fn is_learned(&self, column: &str) -> bool {
        self.learned_text.iter().chain(&self.learned_label).any(|name| name == column)
    }
}

/// How much reading a file may cost. What is over a limit is an error before it is a full memory
/// or disk.
///
/// ```
/// use ulmfit::data::readers::Limits;
/// let limits = Limits { rows: 1 << 30, ..Limits::default() };
/// assert_eq!(limits.expansion, 250);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of rows that are held in memory: texts, labels, echoed columns and 250 bytes per row.
    /// By default half of the memory that is free, at most 8 GiB.
    pub rows: u64,
    /// How many times its compressed size a file may have; from 8 MiB on.
    pub expansion: u64,
    /// Bytes of the temporary copy of a Parquet file that is compressed or on standard input.
    pub temporary: u64,
}

impl Default for Limits {
    fn default() -> Self {
        // Whole MiB read well in a message.
        let rows = free_memory().map_or(8 << 30, |free| ((free / 2) >> 20 << 20).min(8 << 30));
        Self { rows, expansion: 250, temporary: 16 << 30 }
    }
}

/// How rows are laid out in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Comma-separated values (RFC 4180); other delimiters are noticed.
    Csv,
    /// Tab-separated values, quoted like CSV.
    Tsv,
    /// One JSON object a line.
    Jsonl,
    /// Apache Parquet.
    Parquet,
    /// A folder per class, one document per file (the layout of `aclImdb/train`).
    Folder,
    /// One document per line, labelled as in fastText (`__label__NAME text`) if at all.
    Text,
}

impl Format {
    /// The format that a file name means, whatever compression suffix follows.
    pub fn from_path(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        let name =
            [".gz", ".zst", ".xz"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
        match name.rsplit_once('.')?.1 {
            "csv" => Some(Self::Csv),
            "tsv" | "tab" => Some(Self::Tsv),
            "jsonl" | "ndjson" | "json" => Some(Self::Jsonl),
            "parquet" | "pq" => Some(Self::Parquet),
            "txt" | "text" => Some(Self::Text),
            _ => None,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
            Self::Folder => "folder",
            Self::Text => "text",
        })
    }
}

/// A name that is not a [`Format`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a format; choose csv, tsv, jsonl, parquet, folder or text")]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        [Self::Csv, Self::Tsv, Self::Jsonl, Self::Parquet, Self::Folder, Self::Text]
            .into_iter()
            .find(|format| format.to_string() == name)
            .ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

/// Whether the first row of CSV or TSV names the columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum Header {
    /// Decided from the first rows
    ///
    /// [`Present`](Self::Present), unless the first row is a class number beside text (Zhang et al.
    /// 2015 publish AG News, DBpedia and Yelp so) or columns are asked for by number.
    #[default]
    Auto,
    /// The first row holds names
    Present,
    /// The first row is data; columns are called `1`, `2`, ...
    Absent,
}

/// What a double quote means in CSV and TSV.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum Quotes {
    /// Decided from the first rows
    ///
    /// [`Enclose`](Self::Enclose) where that fits, else [`Backslash`](Self::Backslash), else in
    /// tab-separated text [`Literal`](Self::Literal). Rows that fit none of them, or that a quoted
    /// field seems to have taken in, are an error.
    #[default]
    Auto,
    /// They enclose fields with delimiters or line breaks, and are doubled inside (RFC 4180)
    Enclose,
    /// They enclose fields, and are escaped with a backslash inside, as Spark and MySQL write
    Backslash,
    /// They are ordinary characters, as in the TSV files of GLUE
    Literal,
}

/// What to do with bytes that are not UTF-8, NUL bytes, and lone surrogates in JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum EncodingErrors {
    /// Stop, and say where the first one is
    #[default]
    Fail,
    /// Replace them with U+FFFD, and count the documents
    Replace,
}

/// What to do with a row that cannot be read: broken JSON, a wrong number of fields, no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum BadRows {
    /// Read it as a row without text, and count it
    ///
    /// Where labels are needed reading stops.
    Empty,
    /// Leave it out, and count it
    Skip,
    /// Stop with an error
    Fail,
}

/// What labels are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LabelUse {
    /// Every record needs one: training, evaluation.
    #[default]
    Required,
    /// Read where present: prediction, checks.
    Optional,
    /// Read from a column that is named, or whose name is one of those that labels usually have, where
    /// the data has one; rows may lack it: texts of which some may be labelled already.
    IfNamed,
    /// Not even looked for: language models.
    Ignored,
}

/// Whether records carry all their columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Columns {
    /// Only text and label.
    #[default]
    Drop,
    /// Everything, to be echoed beside a prediction.
    Keep,
}

/// What one document of a language model's text file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DocumentUnit {
    /// Articles when the file begins with a heading ` = Title = `, lines otherwise.
    #[default]
    Auto,
    /// Every line that is not blank.
    Line,
    /// From one heading ` = Title = ` to the next, as in WikiText; sections ` = = Part = = `
    /// belong to their article. Blank lines are dropped, other lines joined by one line break.
    Article,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_format() {
        for (name, format) in [
            ("a.csv", Some(Format::Csv)),
            ("A.CSV.GZ", Some(Format::Csv)),
            ("x/train.jsonl.xz", Some(Format::Jsonl)),
            ("b.pq", Some(Format::Parquet)),
            ("c.tsv.zst", Some(Format::Tsv)),
            ("README", None),
            ("a.docx", None),
        ] {
            assert_eq!(Format::from_path(Path::new(name)), format, "{name}");
        }
    }

    #[test]
    fn formats_read_their_own_names() {
        assert_eq!("parquet".parse(), Ok(Format::Parquet));
        assert!("xls".parse::<Format>().is_err());
    }
}
