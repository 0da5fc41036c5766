//! Files to token streams.

use crate::Error;
use crate::data::Record;
use crate::data::batches::Corpus;
use crate::data::readers::{ColumnUse, Held, LabelUse, ReadOptions, Records, documents};
use crate::progress::Progress;
use crate::text::TextPipeline;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// Documents read at a time: enough to keep all cores busy, few enough to forget soon.
const CHUNK: usize = 4096;

/// A document as its columns.
pub type Document = Vec<String>;

/// The fields of some records, borrowed.
pub fn texts(records: &[Record]) -> Vec<&[String]> {
    records.iter().map(|record| &record.fields[..]).collect()
}

/// All fields of a record as one text; copied only if there are several.
pub(super) fn joined(record: &Record) -> Cow<'_, str> {
    joined_fields(&record.fields)
}

/// All fields of a document as one text; copied only if there are several.
pub(super) fn joined_fields(fields: &[String]) -> Cow<'_, str> {
    match fields {
        [only] => only.into(),
        fields => fields.join(" ").into(),
    }
}

/// Texts that can be gone through again and again: some in memory, then some in files.
#[derive(Clone, Debug, Default)]
pub struct Texts<'a> {
    /// In memory.
    pub documents: Vec<&'a [String]>,
    /// In files, `-` for standard input.
    pub files: Vec<PathBuf>,
}

/// Documents in memory, then those in files, read lazily.
pub(crate) struct TextStream<'a> {
    documents: std::slice::Iter<'a, &'a [String]>,
    files: std::slice::Iter<'a, PathBuf>,
    current: Option<Records>,
    options: ReadOptions,
    what: &'static str,
    progress: &'a mut dyn Progress,
    tells: bool,
    said: Vec<ColumnUse>,
    done: usize,
    /// Counts them where all are kept.
    held: Option<Held>,
}

impl<'a> TextStream<'a> {
    /// `what` goes to `progress`; labels are ignored, blank documents left out.
    pub(crate) fn new(
        texts: &'a Texts<'a>,
        options: &ReadOptions,
        what: &'static str,
        progress: &'a mut dyn Progress,
    ) -> Self {
        let options = ReadOptions { labels: LabelUse::Ignored, ..options.clone() };
        let (documents, files) = (texts.documents.iter(), texts.files.iter());
        let (current, tells, said, done, held) = (None, false, Vec::new(), 0, None);
        Self { documents, files, current, options, what, progress, tells, said, done, held }
    }

    /// Reports which columns are read, and the warnings of each file.
    pub(crate) fn telling(self) -> Self {
        Self { tells: true, ..self }
    }

    /// Fails when all of them together exceed the memory limit.
    fn held(self) -> Self {
        Self { held: Some(Held::new(&self.options.limits)), ..self }
    }

    fn open(&mut self, path: &Path) -> Result<Records, Error> {
        let records = documents(path, &self.options)?;
        let columns = records.columns();
        if self.tells && !self.said.contains(&columns) {
            columns.told_of(path).iter().for_each(|text| self.progress.note(text));
            let learned = &self.options.learned_text;
            if !learned.is_empty() && !columns.text.is_empty() && columns.text != *learned {
                let [learned, read] = [learned, &columns.text].map(|names| names.join("`, `"));
                self.progress.warn(&format!(
                    "the labelled examples have their text in `{learned}`, but `{read}` is read here"
                ));
            }
            self.said.push(columns);
        }
        Ok(records)
    }

    fn advance(&mut self) -> Result<Option<Document>, Error> {
        if let Some(document) = self.documents.next() {
            return Ok(Some(document.to_vec()));
        }
        loop {
            let mut records = match self.current.take() {
                Some(records) => records,
                None => match self.files.next() {
                    Some(path) => self.open(path)?,
                    None => return Ok(None),
                },
            };
            if let Some(record) = records.next() {
                self.current = Some(records);
                let record = record?;
                self.held.as_mut().map_or(Ok(()), |held| held.add(&record))?;
                return Ok(Some(record.fields));
            }
            if self.tells {
                let warnings = records.warnings().messages(self.progress.spelling());
                warnings.iter().for_each(|text| self.progress.warn(text));
            }
        }
    }
}

impl Iterator for TextStream<'_> {
    type Item = Result<Document, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance().transpose();
        self.done += usize::from(next.is_some());
        if self.done.is_multiple_of(CHUNK) {
            self.progress.tick(self.what, self.done, None);
        }
        next
    }
}

/// Reads the text of all documents of some files; labels are ignored.
///
/// # Errors
/// [`Error::Data`] with file and line.
pub fn read_texts(
    paths: &[PathBuf],
    options: &ReadOptions,
    progress: &mut dyn Progress,
) -> Result<Vec<Document>, Error> {
    let texts = Texts { documents: Vec::new(), files: paths.to_owned() };
    let stream = TextStream::new(&texts, options, "documents read", progress).telling().held();
    let texts = stream.collect::<Result<Vec<_>, _>>()?;
    if texts.is_empty() { Err(no_text(paths)) } else { Ok(texts) }
}

/// That there is nothing to read in some files.
pub(super) fn no_text(paths: &[PathBuf]) -> Error {
    let message = format!("there is no text in {}", names(paths));
    Error::TooLittle { message, hint: Some("check the files and the text column".into()) }
}

pub(crate) fn names(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// Token ids of all documents in one stream.
pub fn encode(text: &TextPipeline, documents: &[Document], progress: &mut dyn Progress) -> Corpus {
    let mut corpus = Corpus::default();
    let mut done = 0;
    for chunk in documents.chunks(CHUNK) {
        text.encode_all(chunk).iter().for_each(|ids| corpus.push(ids));
        done += chunk.len();
        progress.tick("documents tokenised", done, Some(documents.len()));
    }
    corpus
}
