//! What to try next when data could not be used.

use super::error::DataError;
use super::list::list;
use crate::data::quality::closest;
use crate::data::readers::Format;
use std::io;

impl DataError {
    /// What to try next, in one line; the command line prints it after `hint:`.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Missing { .. } => "check the path; `-` reads standard input",
            Self::Read { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                "you have no right to read it; see `ls -l`"
            }
            Self::Read { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "make room on the disk, or set TMPDIR to a folder on another one"
            }
            Self::Read { .. } | Self::BadLabelSet { .. } => return None,
            Self::NotBuiltIn { .. } => "build with the feature of that name, or convert the file",
            Self::WrongKind { wanted: "file", .. } => {
                "give a file inside it, or leave out `--input-format`"
            }
            Self::WrongKind { .. } => {
                "`--input-format folder` needs a folder that holds a folder per class"
            }
            Self::Dictionary { .. } => {
                "decompress it with its own program, or compress it with a smaller dictionary"
            }
            Self::Expands { .. } => {
                "if you trust the file, raise `--max-expansion` or decompress it"
            }
            Self::LargePage { .. } => "write it again with pages of about one MiB",
            Self::TooManyRows { .. } => {
                "give fewer rows, or raise `--max-memory` if the machine has more"
            }
            Self::TooMuchDisk { .. } => {
                "give the uncompressed file by its name, or raise `--max-temp`"
            }
            Self::Compressed { .. } => "copy or download the file again",
            Self::Foreign { hint, .. } => hint,
            Self::Empty { .. } => "was the program that wrote it stopped?",
            Self::NoRows { place }
                if matches!(Format::from_path(&place.file), Some(Format::Csv | Format::Tsv)) =>
            {
                "pass `--header absent` if the first row is data"
            }
            Self::NoRows { .. } => "at least one row is needed",
            Self::NoFiles { .. } => "it should hold .txt, .csv, .tsv, .jsonl or .parquet files",
            Self::Utf16 { place } => {
                return Some(format!(
                    "convert it: iconv -f UTF-16 -t UTF-8 {}",
                    place.file.display()
                ));
            }
            Self::NotUtf8 { place, .. }
                if Format::from_path(&place.file) == Some(Format::Parquet) =>
            {
                "write this column as UTF-8 text"
            }
            Self::NotUtf8 { place, encoding: Some(encoding), .. } => {
                return Some(format!(
                    "it looks like {encoding}: iconv -f {encoding} -t UTF-8 {} > NEWFILE, or pass \
                     `--encoding-errors replace`",
                    place.file.display()
                ));
            }
            Self::NotUtf8 { .. } => {
                "convert it from the encoding it has (iconv -f ENCODING -t UTF-8), or pass \
                 `--encoding-errors replace`"
            }
            Self::Nul { .. } => {
                "is this a binary or UTF-16 file? If not, pass `--encoding-errors replace`"
            }
            Self::Ragged { found, expected, .. } if found > expected => {
                "put fields that contain the delimiter in double quotes, or see `--delimiter`"
            }
            Self::Ragged { .. } => "is a field missing, or an earlier double quote not closed?",
            Self::UnclosedQuote { .. } => {
                "close it, write a double quote inside it twice, or pass `--quotes literal`"
            }
            Self::StrayQuote { .. } => {
                "pass `--quotes literal` if double quotes are text, `--quotes backslash` if `\\\"` \
                 stands for one; else write a double quote inside a field twice"
            }
            Self::SwallowedRows { .. } => {
                "pass `--quotes literal` if double quotes are text, `--quotes enclose` if the field is \
                 right"
            }
            Self::TooManyColumns { .. } => {
                "is the delimiter right? See `--delimiter`; else keep only the columns that are needed"
            }
            Self::TooLong { .. } => {
                "is a double quote or line break missing? If not, raise `--max-doc-bytes`"
            }
            Self::DuplicateColumn { .. } => "rename one of them",
            Self::UnknownColumn { name, columns, .. } => {
                return Some(did_you_mean(name, columns, "column"));
            }
            Self::NoTextColumn { .. } => {
                "name it with `--text COLUMN` (a number where there is no header)"
            }
            Self::OneColumn { .. } => {
                "if another character separates the columns, see `--delimiter`"
            }
            Self::NoLabelColumn { .. } => "name it with `--label COLUMN`",
            Self::NoColumns { .. } => {
                "if it has columns pass `--input-format csv` (or tsv), else leave out `--text` and `--label`"
            }
            // serde_json's two ways to say that a surrogate lacks its other half.
            Self::Json { message, .. }
                if message.contains("surrogate") || message.contains("hex escape") =>
            {
                "half a character; pass `--encoding-errors replace` to put U+FFFD in its place"
            }
            Self::Json { place, message, .. } if place.line == 1 && message.starts_with("EOF") => {
                return Some(format!(
                    "each line must be one JSON object; this makes lines of longer ones: jq -c . {}",
                    place.file.display()
                ));
            }
            Self::WrappedRows { place, field } => {
                return Some(format!(
                    "one object per line is needed: jq -c '.[\"{field}\"][]' {}",
                    place.file.display()
                ));
            }
            Self::NestedText { place, text, label } => {
                let label = label.as_ref().map(|path| format!(", label: {path}"));
                return Some(format!(
                    "text and label must not be nested: jq -c '{{text: {text}{}}}' {}",
                    label.unwrap_or_default(),
                    place.file.display()
                ));
            }
            Self::Json { .. } => {
                "each line must be one JSON object; another format is given by `--input-format`"
            }
            Self::NotAnObject { found: "a list", place } => {
                return Some(format!(
                    "one object per line is needed: jq -c '.[]' {}",
                    place.file.display()
                ));
            }
            Self::NotAnObject { .. } => {
                r#"each line must look like {"text": "...", "label": "..."}"#
            }
            Self::NotText { .. } => "choose another column with `--text COLUMN`",
            Self::BadLabel { .. } => "a label is text, a number, true or false, or a list of these",
            Self::MissingLabel { place }
                if Format::from_path(&place.file) == Some(Format::Text) =>
            {
                "begin each line with `__label__NAME `, or use CSV or JSONL"
            }
            Self::MissingLabel { .. } => "label this row or remove it",
            Self::ParquetKind { .. } => {
                "write it again without encryption, compressed with snappy or zstd"
            }
            Self::ParquetText { .. } => "write this column as UTF-8 text",
            Self::Parquet { .. } => "was it written or copied completely?",
            Self::NoClasses { instead: Some(path), .. } => {
                return Some(format!("did you mean {}?", path.display()));
            }
            Self::NoClasses { .. } => {
                "it should hold a folder per class with .txt files, such as pos/1.txt"
            }
            Self::EmptyClass { .. } => "remove the folder or put documents into it",
            Self::OneClass { .. } | Self::NoLabels { .. } => {
                "is this the right label column? See `--label`"
            }
            Self::NoText { .. } => "is this the right text column? See `--text`",
            Self::MultiHot { place, .. }
                if Format::from_path(&place.file) == Some(Format::Jsonl) =>
            {
                return Some(format!(
                    "name them: jq -c --argjson names '[\"FIRST\", \"SECOND\", ...]' '.labels |= \
                     [to_entries[] | select(.value == 1) | $names[.key]]' {}",
                    place.file.display()
                ));
            }
            Self::MultiHot { .. } => {
                "write the names of the labels that are 1 instead, as in `sport|news` with \
                 `--label-delimiter '|'`"
            }
            Self::TooManyLabels { .. } => {
                "is this the right label column? If so, pass `--max-labels N`"
            }
            Self::UnknownLabel { label, known, .. } => {
                return Some(did_you_mean(label, known, "label"));
            }
            Self::ManyLabels { .. } => "pass `--task multi` if documents have several labels",
            Self::NotANumber { .. } => "leave out `--task regression` if labels are names",
            Self::TooLarge { .. } => "use a larger unit",
            Self::TooFewTokens { .. } => "a language model needs more text",
        };
        Some(hint.to_owned())
    }
}

fn did_you_mean(name: &str, candidates: &[String], noun: &str) -> String {
    match closest(name, candidates) {
        Some(near) => format!("did you mean `{near}`?"),
        None if candidates.is_empty() => format!("there is no {noun} at all"),
        None => format!("choose a {noun} among {}", list(candidates)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Place;
    use std::path::Path;
    use std::sync::Arc;

    #[test]
    fn an_unknown_column_names_the_nearest() {
        let error = DataError::UnknownColumn {
            place: Place::new(&Arc::from(Path::new("a.csv")), 1),
            name: "txt".into(),
            columns: vec!["text".into(), "label".into()],
        };
        assert_eq!(error.to_string(), "a.csv:1: no column `txt`; there are `text` and `label`");
        assert_eq!(error.hint().as_deref(), Some("did you mean `text`?"));
    }
}
