//! One document per line, with fastText's labels if any.

use super::Rows;
use super::decode::{Decoder, Ending};
use super::input::Input;
use super::lines::Lines;
use super::options::{Columns, LabelUse, ReadOptions};
use super::warnings::Warnings;
use crate::data::error::DataError;
use crate::data::labels::LabelCell;
use crate::data::place::Place;
use crate::data::record::{RawLabel, Record};

/// What fastText puts before a label.
const PREFIX: &str = "__label__";

/// Records of a text file.
///
/// If its first line begins with `__label__`, such words are labels at the head of every line;
/// a line may have several. Blank lines are empty documents: rows keep their numbers.
pub(crate) struct TextLines {
    lines: Lines,
    decoder: Decoder,
    labels: LabelCell,
    wanted: LabelUse,
    columns: Columns,
    fast_text: bool,
}

impl TextLines {
    pub(crate) fn open(input: Input, options: &ReadOptions) -> Result<Self, DataError> {
        input.refuse_utf16()?;
        let fast_text = input.head().trim_ascii_start().starts_with(PREFIX.as_bytes());
        if !fast_text && options.labels == LabelUse::Required {
            return Err(DataError::MissingLabel { place: Place::new(&input.file, 1) });
        }
        Ok(Self {
            lines: Lines::new(input),
            decoder: Decoder::new(options),
            labels: LabelCell::new(options),
            wanted: options.labels,
            columns: options.columns,
            fast_text,
        })
    }
}

impl Rows for TextLines {
    fn next_record(&mut self, warnings: &mut Warnings) -> Result<Option<Record>, DataError> {
        let Some(ending) = self.lines.advance(self.decoder.keep())? else {
            return Ok(None);
        };
        let place = self.lines.place();
        let mut text = self.decoder.text(self.lines.bytes(), ending, &place, warnings)?;
        if ending == Ending::Cut {
            self.lines.skip_rest()?;
        }
        let mut label = None;
        if self.fast_text {
            let (mut names, rest) = split_labels(&text);
            let rest = rest.to_owned();
            if self.wanted != LabelUse::Ignored {
                label = match names.len() {
                    0 => self.labels.missing(&place, warnings)?,
                    1 => Some(RawLabel::One(names.remove(0))),
                    _ => Some(RawLabel::Many(names)),
                };
            }
            text = rest;
        }
        let columns = match self.columns {
            Columns::Keep => vec![("text".to_owned(), text.clone().into())],
            Columns::Drop => Vec::new(),
        };
        Ok(Some(Record { fields: vec![text], label, place, columns }))
    }

    fn end(&self) -> Place {
        self.lines.place()
    }
}

fn split_labels(line: &str) -> (Vec<String>, &str) {
    let mut names = Vec::new();
    let mut rest = line.trim_start();
    while let Some(labelled) = rest.strip_prefix(PREFIX) {
        let (name, after) = labelled.split_once(char::is_whitespace).unwrap_or((labelled, ""));
        names.push(name.to_owned());
        rest = after.trim_start();
    }
    (names, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_lead_the_line() {
        let (names, text) = split_labels("__label__a __label__b  hello __label__c");
        assert_eq!(names, ["a", "b"]);
        assert_eq!(text, "hello __label__c");
        assert_eq!(split_labels("__label__a"), (vec!["a".to_owned()], ""));
        assert_eq!(split_labels("plain"), (vec![], "plain"));
    }
}
