//! Running text for language models.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use super::decode::{Decoder, Ending};
use super::folder::{class_folders, entries};
use super::input::Input;
use super::lines::Lines;
use super::options::{Columns, DocumentUnit, Format, LabelUse, ReadOptions};
use super::warnings::Warnings;
use super::{Blank, Records, Rows, TextUnit};
use crate::data::error::DataError;
use crate::data::place::Place;
use crate::data::record::Record;

/// Opens text for a language model: one [`Record`] a document, labels ignored, blank ones left
/// out.
///
/// What a document is in a text file is told by [`ReadOptions::unit`]; other formats have one a
/// row. A folder per class gives its documents; any other folder gives the documents of every
/// data file beneath it, in the order of names.
///
/// # Errors
/// [`DataError`] if `path` is missing, unreadable or holds no data.
pub fn documents(path: &Path, options: &ReadOptions) -> Result<Records, DataError> {
    let options = ReadOptions {
        labels: LabelUse::Ignored,
        label: None,
        columns: Columns::Drop,
        ..options.clone()
    };
    let mut records = if path.is_dir() && class_folders(path)?.is_empty() {
        let mut files = VecDeque::new();
        collect(path, &mut files)?;
        if files.is_empty() {
            return Err(DataError::NoFiles { path: path.to_path_buf() });
        }
        let end = Place::new(&path.into(), 1);
        let settings = options.clone();
        let files = Files { waiting: files, current: None, options, end };
        Records::new(Box::new(files), Format::Folder, &settings)
    } else {
        super::open_as(path, &options, TextUnit::Document)?
    };
    records.blank = Blank::Skip;
    Ok(records)
}

fn collect(folder: &Path, files: &mut VecDeque<PathBuf>) -> Result<(), DataError> {
    for entry in entries(folder)? {
        if entry.is_dir() {
            collect(&entry, files)?;
        } else if Format::from_path(&entry).is_some() {
            files.push_back(entry);
        }
    }
    Ok(())
}

/// The documents of many files, one file open at a time.
struct Files {
    waiting: VecDeque<PathBuf>,
    current: Option<Records>,
    options: ReadOptions,
    end: Place,
}

impl Rows for Files {
    fn next_record(&mut self, warnings: &mut Warnings) -> Result<Option<Record>, DataError> {
        loop {
            if let Some(current) = &mut self.current {
                if let Some(record) = current.rows.next_record(warnings)? {
                    return Ok(Some(record));
                }
                self.current = None;
            }
            let Some(path) = self.waiting.pop_front() else {
                return Ok(None);
            };
            self.current = Some(super::open_as(&path, &self.options, TextUnit::Document)?);
        }
    }

    fn end(&self) -> Place {
        self.end.clone()
    }
}

/// Whether a text file consists of articles under headings.
pub(crate) fn is_articles(input: &Input, options: &ReadOptions) -> bool {
    match options.unit {
        DocumentUnit::Line => false,
        DocumentUnit::Article => true,
        DocumentUnit::Auto => {
            let mut lines = input.head().split(|byte| *byte == input.line_end());
            lines.find(|line| !line.trim_ascii().is_empty()).is_some_and(is_title)
        }
    }
}

/// ` = Title = `, but not ` = = Section = = `.
fn is_title(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.len() > 4 && line.starts_with(b"= ") && line.ends_with(b" =") && !line.starts_with(b"= =")
}

/// Articles of a text file in the manner of WikiText.
///
/// The title belongs to the article. Lines are trimmed, blank ones dropped, and the rest joined
/// by one line break: a paragraph ends with one token, as with WikiText's `<eos>`.
pub(crate) struct Articles {
    lines: Lines,
    decoder: Decoder,
    /// The title that ended the last article.
    title: Option<(Vec<u8>, Place)>,
}

impl Articles {
    pub(crate) fn open(input: Input, options: &ReadOptions) -> Result<Self, DataError> {
        input.refuse_utf16()?;
        Ok(Self { lines: Lines::new(input), decoder: Decoder::new(options), title: None })
    }
}

impl Rows for Articles {
    fn next_record(&mut self, warnings: &mut Warnings) -> Result<Option<Record>, DataError> {
        let (mut text, mut place) = match self.title.take() {
            Some((title, place)) => (title, Some(place)),
            None => (Vec::new(), None),
        };
        let mut cut = Ending::Whole;
        while let Some(ending) = self.lines.advance(self.decoder.keep())? {
            let line = self.lines.bytes().trim_ascii();
            if ending == Ending::Whole && is_title(line) && place.is_some() {
                self.title = Some((line.to_vec(), self.lines.place()));
                break;
            }
            if !line.is_empty() {
                place.get_or_insert_with(|| self.lines.place());
                let room = self.decoder.keep().saturating_sub(text.len());
                if line.len() + 1 > room || ending == Ending::Cut {
                    cut = Ending::Cut;
                }
                if !text.is_empty() && room > 0 {
                    text.push(b'\n');
                }
                text.extend_from_slice(&line[..line.len().min(room)]);
            }
            if ending == Ending::Cut {
                self.lines.skip_rest()?;
            }
        }
        let Some(place) = place else { return Ok(None) };
        let text = self.decoder.text(&text, cut, &place, warnings)?;
        Ok(Some(Record { fields: vec![text], label: None, place, columns: Vec::new() }))
    }

    fn end(&self) -> Place {
        self.lines.place()
    }
}
