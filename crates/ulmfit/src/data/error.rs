//! Everything that can be wrong with data.

use std::io;
use std::path::PathBuf;

use super::amounts::size;
use super::list::list;
use super::place::Place;
use crate::data::readers::Delimiter;

/// Why data could not be used.
///
/// Messages begin with `FILE:LINE:` (or `FILE:` when a file is wrong as a whole); what to try
/// next is in [`hint`](Self::hint).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The file does not exist.
    #[error("{}: no such file or folder", .path.display())]
    Missing {
        /// The path asked for.
        path: PathBuf,
    },
    /// The operating system failed.
    #[error("{}: cannot read: {source}", .path.display())]
    Read {
        /// The file being read.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// This build cannot read the file.
    #[error("{}: reading {what} is not built into this program", .path.display())]
    NotBuiltIn {
        /// The file.
        path: PathBuf,
        /// What is missing.
        what: &'static str,
    },
    /// A folder was given where a file is needed, or the other way round.
    #[error("{}: not a {wanted}", .path.display())]
    WrongKind {
        /// The path.
        path: PathBuf,
        /// `file` or `folder`.
        wanted: &'static str,
    },
    /// A compressed file is cut short or damaged.
    #[error("{}: the {kind} data is damaged or cut short: {source}", .path.display())]
    Compressed {
        /// The file.
        path: PathBuf,
        /// gzip, zstd or xz.
        kind: &'static str,
        /// The decoder's answer.
        source: io::Error,
    },
    /// A file of another kind.
    #[error("{}: this is {kind}", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
        /// How to make data of it.
        hint: &'static str,
    },
    /// A compressed file needs more memory for its dictionary than it may have.
    #[error(
        "{}: the {kind} data needs more than {limit} MiB of memory for its dictionary",
        .path.display()
    )]
    Dictionary {
        /// The file.
        path: PathBuf,
        /// zstd or xz.
        kind: &'static str,
        /// The bound in MiB.
        limit: u32,
    },
    /// A compressed file expands so much that it may be meant to fill the memory.
    #[error("{}: the data expands to more than {limit} times its size", .path.display())]
    Expands {
        /// The file.
        path: PathBuf,
        /// The bound.
        limit: u64,
    },
    /// A page of a Parquet file is so large that it may be meant to fill the memory.
    #[error("{}: a page of {}, more than {}", .path.display(), size(*.bytes), size(*.limit))]
    LargePage {
        /// The file.
        path: PathBuf,
        /// What the page needs in memory, in bytes.
        bytes: u64,
        /// The bound in bytes.
        limit: u64,
    },
    /// More rows than the memory may hold.
    #[error("{place}: the rows up to here need more than {} of memory", size(*.limit))]
    TooManyRows {
        /// The first row too many.
        place: Place,
        /// The bound in bytes.
        limit: u64,
    },
    /// The temporary copy of a file that cannot be read from its end is too large.
    #[error("{}: its temporary copy needs more than {} of disk", .path.display(), size(*.limit))]
    TooMuchDisk {
        /// The file.
        path: PathBuf,
        /// The bound in bytes.
        limit: u64,
    },
    /// There is not one byte.
    #[error("{}: the file is empty", .path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// Column names, but no row.
    #[error("{}: no rows", .place.file.display())]
    NoRows {
        /// The last line there is.
        place: Place,
    },
    /// The text is UTF-16.
    #[error("{place}: the text is UTF-16, not UTF-8")]
    Utf16 {
        /// Its first line.
        place: Place,
    },
    /// Bytes that are not UTF-8.
    #[error("{place}: byte {offset} of the text is not UTF-8 (0x{byte:02x})")]
    NotUtf8 {
        /// The record.
        place: Place,
        /// Position in the field, from 1.
        offset: usize,
        /// The first bad byte.
        byte: u8,
        /// The encoding that the text seems to have, if one is likely.
        encoding: Option<&'static str>,
    },
    /// A zero byte, which no text has.
    #[error("{place}: a NUL byte in the text")]
    Nul {
        /// The record.
        place: Place,
    },
    /// A row with more or fewer fields than the header.
    #[error("{place}: {found} fields where the first row has {expected} (delimiter: {delimiter})")]
    Ragged {
        /// The row.
        place: Place,
        /// Its fields.
        found: usize,
        /// Fields of the first row.
        expected: usize,
        /// What separates fields.
        delimiter: Delimiter,
    },
    /// A quote that never closes.
    #[error("{place}: a quoted field in this row is never closed")]
    UnclosedQuote {
        /// Where the row begins.
        place: Place,
    },
    /// Quotes that do not enclose whole fields.
    #[error(
        "{place}: text follows a closing double quote in this row; {lines} lines of the file have an \
         odd number of double quotes"
    )]
    StrayQuote {
        /// Where the row begins.
        place: Place,
        /// Lines with an odd number of double quotes; of standard input those up to here.
        lines: u64,
    },
    /// A quoted field with lines that look like rows of their own.
    #[error("{place}: a quoted field in this row holds {lines} lines that look like rows")]
    SwallowedRows {
        /// Where the row begins.
        place: Place,
        /// How many such lines.
        lines: usize,
    },
    /// More columns than any data has.
    #[error("{place}: more than {limit} columns")]
    TooManyColumns {
        /// The row.
        place: Place,
        /// The bound.
        limit: usize,
    },
    /// One row is longer than any document.
    #[error("{place}: the row is longer than {limit} bytes, not counting its text")]
    TooLong {
        /// The row.
        place: Place,
        /// The bound.
        limit: usize,
    },
    /// Two columns of the name that is asked for.
    #[error("{place}: two columns are called `{name}`")]
    DuplicateColumn {
        /// The header, or the JSON object.
        place: Place,
        /// The name.
        name: String,
    },
    /// A column that is not there: it was asked for, or a model learned from it and others that are.
    #[error("{place}: no column `{name}`; there are {}", list(.columns))]
    UnknownColumn {
        /// Header, object or schema.
        place: Place,
        /// Its name.
        name: String,
        /// The names there are.
        columns: Vec<String>,
    },
    /// No column looks like text.
    #[error("{place}: cannot tell which column is the text; there are {}", list(.columns))]
    NoTextColumn {
        /// Header, object or schema.
        place: Place,
        /// The names there are.
        columns: Vec<String>,
    },
    /// No column looks like a label.
    #[error("{place}: cannot tell which column is the label; there are {}", list(.columns))]
    NoLabelColumn {
        /// Header, object or schema.
        place: Place,
        /// The names there are.
        columns: Vec<String>,
    },
    /// There is no column of the name that the labels had before, and none that looks like a label.
    #[error(
        "{place}: no column `{name}`, which had the labels before, and no other column looks like one; \
         there are {}", list(.columns)
    )]
    NoLearnedLabel {
        /// Header, object or schema.
        place: Place,
        /// The name that the labels had.
        name: String,
        /// The names there are.
        columns: Vec<String>,
    },
    /// One column is asked for twice.
    #[error("{place}: `{name}` is {}", if *.as_label { "both text and label" } else { "named twice as text" })]
    UsedTwice {
        /// Header, object or schema.
        place: Place,
        /// Its name.
        name: String,
        /// Whether it is the label, too.
        as_label: bool,
    },
    /// A table of one column where two are needed.
    #[error("{place}: only one column (delimiter: {delimiter}), but text and label are needed")]
    OneColumn {
        /// The first row.
        place: Place,
        /// What separates fields.
        delimiter: Delimiter,
    },
    /// A column is asked for, but the file seems to be plain text.
    #[error("{place}: read as plain text, which has no column `{name}`")]
    NoColumns {
        /// The first line.
        place: Place,
        /// Its name.
        name: String,
    },
    /// A line that is not JSON.
    #[error("{place}: not valid JSON at column {column}: {message}")]
    Json {
        /// The line.
        place: Place,
        /// Position in the line, from 1.
        column: usize,
        /// The parser's words.
        message: String,
    },
    /// Rows in a list inside one JSON object.
    #[error("{place}: the rows are a list inside `{field}`")]
    WrappedRows {
        /// The object.
        place: Place,
        /// Name of the list.
        field: String,
    },
    /// JSON objects whose text is inside other objects.
    #[error("{place}: the text is inside another object, at `{text}`")]
    NestedText {
        /// The object.
        place: Place,
        /// Path of the text in the language of `jq`.
        text: String,
        /// Path of the label, if there is one.
        label: Option<String>,
    },
    /// A JSON line that is not an object.
    #[error("{place}: {found} instead of a JSON object")]
    NotAnObject {
        /// The line.
        place: Place,
        /// What stands there.
        found: &'static str,
    },
    /// A text column that holds something else.
    #[error("{place}: `{column}` is {found}, not text")]
    NotText {
        /// The record.
        place: Place,
        /// The column.
        column: String,
        /// What it holds.
        found: &'static str,
    },
    /// A label that is neither a name, a number, a truth value nor a list of these.
    #[error("{place}: the label is {found}")]
    BadLabel {
        /// The record.
        place: Place,
        /// What stands there.
        found: &'static str,
    },
    /// A record without the label it needs.
    #[error("{place}: no label")]
    MissingLabel {
        /// The record.
        place: Place,
    },
    /// A Parquet file with a feature that this program lacks.
    #[error("{place}: this kind of Parquet cannot be read: {what}")]
    ParquetKind {
        /// The row it was at.
        place: Place,
        /// What is not known.
        what: String,
    },
    /// A cell of a column that the Parquet file declares as UTF-8.
    #[error("{place}: a cell is not UTF-8, though the file declares its column as UTF-8")]
    ParquetText {
        /// The row.
        place: Place,
    },
    /// The Parquet decoder gave up.
    #[error("{place}: not readable as Parquet: {message}")]
    Parquet {
        /// The row it was at.
        place: Place,
        /// The decoder's words.
        message: String,
    },
    /// A folder without a folder per class.
    #[error("{}: no class folders with documents in them", .path.display())]
    NoClasses {
        /// The folder.
        path: PathBuf,
        /// A folder or file inside that could be meant.
        instead: Option<PathBuf>,
    },
    /// A folder without data.
    #[error("{}: no data files in this folder", .path.display())]
    NoFiles {
        /// The folder.
        path: PathBuf,
    },
    /// A class folder without documents.
    #[error("{}: a class folder without any .txt document", .path.display())]
    EmptyClass {
        /// The class folder.
        path: PathBuf,
    },
    /// All rows have the same label.
    #[error("{place}: every row ({rows}) has the label `{label}`; a classifier needs two classes")]
    OneClass {
        /// The first row.
        place: Place,
        /// The only label.
        label: String,
        /// Rows with it.
        rows: usize,
    },
    /// Rows may have several labels, and none has any.
    #[error("{place}: none of the {rows} rows has a label")]
    NoLabels {
        /// The first row.
        place: Place,
        /// How many rows there are.
        rows: usize,
    },
    /// Lists of zeros and ones, one for each label, instead of names.
    #[error("{place}: each label is a list of {length} zeros and ones, not of names")]
    MultiHot {
        /// The first row.
        place: Place,
        /// How long the lists are.
        length: usize,
    },
    /// Not one row has text.
    #[error("{place}: none of the {rows} rows has text")]
    NoText {
        /// The first row.
        place: Place,
        /// How many rows there are.
        rows: usize,
    },
    /// So many labels that they are hardly labels.
    #[error("{place}: more than {limit} different labels, here `{label}`")]
    TooManyLabels {
        /// The row with the first label too many.
        place: Place,
        /// That label.
        label: String,
        /// The bound.
        limit: usize,
    },
    /// A label the model does not know.
    #[error("{place}: unknown label `{label}`")]
    UnknownLabel {
        /// The record.
        place: Place,
        /// Its label.
        label: String,
        /// The labels there are.
        known: Vec<String>,
    },
    /// Lists of labels where single ones are needed.
    #[error("{place}: a list of labels where one label is needed")]
    ManyLabels {
        /// The record.
        place: Place,
    },
    /// A label that is not a number where numbers are to be predicted.
    #[error("{place}: the label `{label}` is not a finite number")]
    NotANumber {
        /// The record.
        place: Place,
        /// Its label.
        label: String,
    },
    /// A value so large that training cannot count with it.
    #[error("{place}: the label `{label}` is too large: values must be between -1e30 and 1e30")]
    TooLarge {
        /// The record.
        place: Place,
        /// Its label.
        label: String,
    },
    /// A stored label list that cannot be right.
    #[error("the label list {problem}")]
    BadLabelSet {
        /// What is wrong with it.
        problem: String,
    },
    /// Too few tokens to predict even one.
    #[error("{tokens} tokens are too few for a language model")]
    TooFewTokens {
        /// Tokens in the corpus.
        tokens: usize,
    },
    /// A file that should be `scored.csv` is not.
    #[error(
        "{}: not a table of scored rows with a probability for each label of the data",
        .path.display()
    )]
    NotScored {
        /// The file.
        path: PathBuf,
    },
    /// A table of scored rows was made of more or fewer rows.
    #[error("{}: the scored rows are not those of the data, which has {rows} rows", .path.display())]
    ScoredCount {
        /// The table.
        path: PathBuf,
        /// Rows of the data.
        rows: usize,
    },
    /// A table of scored rows was made of other rows.
    #[error("{place}: the position, text or label differs from {scored}")]
    ScoredOther {
        /// The row of the data.
        place: Place,
        /// The row of the table.
        scored: Place,
    },
    /// A cell that should be a probability is not.
    #[error("{place}: `{cell}` is not a probability")]
    NotAProbability {
        /// The row.
        place: Place,
        /// What is there.
        cell: String,
    },
}
