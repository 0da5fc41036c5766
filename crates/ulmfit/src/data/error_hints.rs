//! What to try next when data could not be used.

use super::error::DataError;
use super::list::list;
use crate::data::quality::closest;
use crate::data::readers::Format;
use crate::setting::{Setting, Spelling};
use std::io;

impl DataError {
    /// What to try next, in one line.
    pub fn hint(&self) -> Option<String> {
        self.hint_in(Spelling::default())
    }

    /// The same with settings as a front end writes them.
    pub fn hint_in(&self, spelling: Spelling) -> Option<String> {
        self.hint_with_settings(spelling).or_else(|| self.plain_hint())
    }

    /// Hints that name a setting.
    fn hint_with_settings(&self, spelling: Spelling) -> Option<String> {
        let name = |setting| spelling.name(setting);
        let with = |setting, value| spelling.with(setting, value);
        let replace = || with(Setting::EncodingErrors, "replace");
        Some(match self {
            Self::WrongKind { wanted: "file", .. } => {
                format!("give a file inside it, or leave out {}", name(Setting::InputFormat))
            }
            Self::WrongKind { .. } => {
                let folder = with(Setting::InputFormat, "folder");
                format!("{folder} needs a folder that has one folder per class")
            }
            Self::Expands { .. } => {
                let limit = name(Setting::MaxExpansion);
                format!("if you trust the file, raise {limit} or decompress it")
            }
            Self::TooManyRows { .. } => {
                let limit = name(Setting::MaxMemory);
                format!("give fewer rows, or raise {limit} if the machine has more memory")
            }
            Self::TooMuchDisk { .. } => {
                format!(
                    "give the uncompressed file by its name, or raise {}",
                    name(Setting::MaxTemp)
                )
            }
            Self::NoRows { place }
                if matches!(Format::from_path(&place.file), Some(Format::Csv | Format::Tsv)) =>
            {
                let absent = with(Setting::Header, "absent");
                format!("the first line is read as the header; if it is a row, pass {absent}")
            }
            Self::MissingLabel { place }
                if Format::from_path(&place.file) != Some(Format::Text) =>
            {
                let skip = with(Setting::OnBadRow, "skip");
                format!("label this row, or leave out all rows without a label with {skip}")
            }
            Self::NotUtf8 { place, .. }
                if Format::from_path(&place.file) == Some(Format::Parquet) =>
            {
                return None;
            }
            Self::NotUtf8 { place, encoding: Some(encoding), .. } => format!(
                "it looks like {encoding}: iconv -f {encoding} -t UTF-8 {} > NEWFILE, or pass {}",
                place.file.display(),
                replace()
            ),
            Self::NotUtf8 { .. } => {
                format!(
                    "convert it (iconv -f ENCODING -t UTF-8 FILE > NEWFILE), or pass {}",
                    replace()
                )
            }
            Self::Nul { .. } => {
                format!("is this a binary or UTF-16 file? If not, pass {}", replace())
            }
            Self::Ragged { found, expected, .. } if found > expected => {
                let delimiter = name(Setting::Delimiter);
                format!(
                    "put fields that contain the delimiter in double quotes, or see {delimiter}"
                )
            }
            Self::UnclosedQuote { .. } => {
                let literal = with(Setting::Quotes, "literal");
                format!("close it, write a double quote inside it twice, or pass {literal}")
            }
            Self::StrayQuote { .. } => format!(
                "pass {} if double quotes are ordinary characters, {} if `\\\"` stands for a double quote; else write \
                 a double quote inside a field twice",
                with(Setting::Quotes, "literal"),
                with(Setting::Quotes, "backslash")
            ),
            Self::SwallowedRows { .. } => format!(
                "pass {} if double quotes are ordinary characters, {} if the field is right as it is",
                with(Setting::Quotes, "literal"),
                with(Setting::Quotes, "enclose")
            ),
            Self::TooManyColumns { .. } => {
                let delimiter = name(Setting::Delimiter);
                format!(
                    "is the delimiter right (see {delimiter})? If so, keep only the columns you need"
                )
            }
            Self::TooLong { .. } => {
                let limit = name(Setting::MaxDocBytes);
                format!("is a double quote or line break missing? If not, raise {limit}")
            }
            Self::NoTextColumn { .. } => {
                let text = with(Setting::Text, "COLUMN");
                format!("name it with {text} (a number where there is no header)")
            }
            Self::OneColumn { .. } => {
                format!(
                    "if another character separates the columns, see {}",
                    name(Setting::Delimiter)
                )
            }
            Self::NoLabelColumn { .. } => {
                format!("name it with {}", with(Setting::Label, "COLUMN"))
            }
            Self::NoLearnedLabel { .. } => {
                format!(
                    "if a column has the labels, name it with {}",
                    with(Setting::Label, "COLUMN")
                )
            }
            Self::UsedTwice { as_label: false, .. } => {
                format!("pass {} once for each column", name(Setting::Text))
            }
            Self::UsedTwice { .. } => format!(
                "a classifier that reads its label learns nothing: choose another {} or {}",
                name(Setting::Text),
                name(Setting::Label)
            ),
            Self::NoColumns { .. } => format!(
                "if it has columns pass {} (or tsv), else leave out {} and {}",
                with(Setting::InputFormat, "csv"),
                name(Setting::Text),
                name(Setting::Label)
            ),
            // serde_json's two ways to say that a surrogate lacks its other half.
            Self::Json { message, .. }
                if message.contains("surrogate") || message.contains("hex escape") =>
            {
                format!("this is half a character; pass {} to put U+FFFD in its place", replace())
            }
            Self::Json { place, message, .. } if place.line == 1 && message.starts_with("EOF") => {
                return None;
            }
            Self::Json { .. } => {
                let format = name(Setting::InputFormat);
                format!("each line must be one JSON object; {format} names another format")
            }
            Self::NotText { .. } => {
                format!("choose another column with {}", with(Setting::Text, "COLUMN"))
            }
            Self::OneClass { .. } | Self::NoLabels { .. } => {
                format!("is this the right label column? See {}", name(Setting::Label))
            }
            Self::NoText { .. } => {
                format!("is this the right text column? See {}", name(Setting::Text))
            }
            Self::MultiHot { place, .. }
                if Format::from_path(&place.file) == Some(Format::Jsonl) =>
            {
                return None;
            }
            Self::MultiHot { .. } => {
                let delimiter = with(Setting::LabelDelimiter, "'|'");
                format!(
                    "write the names of the labels that are 1, as in `sport|news` with {delimiter}"
                )
            }
            Self::TooManyLabels { .. } => {
                let limit = with(Setting::MaxLabels, "N");
                format!("is this the right label column? If so, pass {limit}")
            }
            Self::ManyLabels { .. } => {
                format!("pass {} if texts have several labels", with(Setting::Task, "multi"))
            }
            Self::NotANumber { .. } => {
                format!("leave out {} if labels are names", with(Setting::Task, "regression"))
            }
            _ => return None,
        })
    }

    /// Hints that name no setting.
    fn plain_hint(&self) -> Option<String> {
        let hint = match self {
            Self::Missing { .. } => "check the path; `-` reads standard input",
            Self::Read { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                "you have no permission to read it; see `ls -l`"
            }
            Self::Read { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "make room on the disk, or set TMPDIR to a folder on another one"
            }
            Self::NotBuiltIn { .. } => "build with the feature of that name, or convert the file",
            Self::Dictionary { .. } => {
                "decompress it with its own program, or compress it with a smaller dictionary"
            }
            Self::LargePage { .. } => "write it again with pages of about 1 MiB",
            Self::Compressed { .. } => "copy or download the file again",
            Self::Foreign { hint, .. } => hint,
            Self::Empty { .. } => "was the program that wrote it interrupted?",
            Self::NoRows { .. } => "at least one row is needed",
            Self::NoFiles { .. } => "it should hold .txt, .csv, .tsv, .jsonl or .parquet files",
            Self::Utf16 { place } => {
                return Some(format!(
                    "convert it: iconv -f UTF-16 -t UTF-8 {} > NEWFILE",
                    place.file.display()
                ));
            }
            Self::NotUtf8 { place, .. }
                if Format::from_path(&place.file) == Some(Format::Parquet) =>
            {
                "write this column as UTF-8 text"
            }
            Self::Ragged { .. } => "is a field missing, or an earlier double quote not closed?",
            Self::DuplicateColumn { .. } => "rename one of them",
            Self::NotScored { .. } | Self::NotAProbability { .. } => {
                "give the `scored.csv` of a training with cross-validation on this data, or leave it out"
            }
            Self::ScoredCount { .. } | Self::ScoredOther { .. } => {
                "give the file that was scored, unchanged since then, or leave the scores out"
            }
            Self::UnknownColumn { name, columns, .. } => {
                return Some(did_you_mean(name, columns, "column"));
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
            Self::NotAnObject { found: "a list", place } => {
                return Some(format!(
                    "one object per line is needed: jq -c '.[]' {}",
                    place.file.display()
                ));
            }
            Self::NotAnObject { .. } => {
                r#"each line must look like {"text": "...", "label": "..."}"#
            }
            Self::BadLabel { .. } => "a label is text, a number, true or false, or a list of these",
            Self::MissingLabel { .. } => {
                "begin each line with `__label__NAME `, or use CSV or JSONL"
            }
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
            Self::MultiHot { place, .. }
                if Format::from_path(&place.file) == Some(Format::Jsonl) =>
            {
                return Some(format!(
                    "name them: jq -c --argjson names '[\"FIRST\", \"SECOND\", ...]' '.labels |= \
                     [to_entries[] | select(.value == 1) | $names[.key]]' {}",
                    place.file.display()
                ));
            }
            Self::UnknownLabel { label, known, .. } => {
                return Some(did_you_mean(label, known, "label"));
            }
            Self::TooLarge { .. } => "use a larger unit",
            Self::TooFewTokens { .. } => "a language model needs more text",
            _ => return None, // no hint, or one with settings
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
