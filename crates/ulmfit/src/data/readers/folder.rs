//! A folder per class, one document per file: the layout of `aclImdb/train`.

use std::collections::VecDeque;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Rows;
use super::decode::{Decoder, Ending};
use super::input::{Input, open_error};
use super::options::{Columns, Format, LabelUse, Limits, ReadOptions};
use super::warnings::Warnings;
use crate::data::error::DataError;
use crate::data::place::Place;
use crate::data::record::{RawLabel, Record};

/// Documents of class folders, class by class, both in the order of their names.
///
/// Every folder is a class, also `unsup` of the Large Movie Review Dataset: remove or move it
/// before training a classifier on `aclImdb/train`. Other files beside the class folders are
/// passed over. Where labels are not required a folder of `.txt` files will do.
pub(crate) struct Folder {
    path: Arc<Path>,
    documents: VecDeque<(PathBuf, Option<String>)>,
    decoder: Decoder,
    wanted: LabelUse,
    columns: Columns,
    limits: Limits,
}

impl Folder {
    pub(crate) fn open(path: &Path, options: &ReadOptions) -> Result<Self, DataError> {
        if ["manifest.json", "config.json"].iter().all(|name| path.join(name).is_file()) {
            return Err(DataError::Foreign {
                path: path.to_owned(),
                kind: "a model folder",
                hint: "give the data; `ulmfit inspect` shows a model",
            });
        }
        let mut documents = VecDeque::new();
        let classes = class_folders(path)?;
        for class in &classes {
            let files = text_files(class)?;
            if files.is_empty() {
                return Err(DataError::EmptyClass { path: class.clone() });
            }
            let name = class.file_name().unwrap_or_default().to_string_lossy().into_owned();
            documents.extend(files.into_iter().map(|file| (file, Some(name.clone()))));
        }
        if classes.is_empty() && options.labels != LabelUse::Required {
            documents.extend(text_files(path)?.into_iter().map(|file| (file, None)));
        }
        if documents.is_empty() {
            return Err(DataError::NoClasses { path: path.to_path_buf(), instead: instead(path)? });
        }
        Ok(Self {
            path: Arc::from(path),
            documents,
            decoder: Decoder::new(options),
            wanted: options.labels,
            columns: options.columns,
            limits: options.limits,
        })
    }
}

impl Rows for Folder {
    fn next_record(&mut self, warnings: &mut Warnings) -> Result<Option<Record>, DataError> {
        let Some((path, class)) = self.documents.pop_front() else {
            return Ok(None);
        };
        let place = Place::new(&Arc::from(path), 1);
        let mut bytes = Vec::new();
        match Input::open(&place.file, &self.limits) {
            Ok(mut input) => {
                input.refuse_utf16()?;
                let read = input.by_ref().take(self.decoder.keep() as u64).read_to_end(&mut bytes);
                read.map_err(|source| input.error(source))?;
            }
            Err(DataError::Empty { .. }) => {} // an empty document, counted like others
            Err(error) => return Err(error),
        }
        let text = self.decoder.text(&bytes, Ending::Whole, &place, warnings)?;
        let columns = match self.columns {
            Columns::Keep => vec![("text".to_owned(), text.clone().into())],
            Columns::Drop => Vec::new(),
        };
        let label = class
            .filter(|_| matches!(self.wanted, LabelUse::Required | LabelUse::Optional))
            .map(RawLabel::One);
        Ok(Some(Record { fields: vec![text], label, place, columns }))
    }

    fn end(&self) -> Place {
        Place::new(&self.path, 1)
    }
}

/// The folders inside `path` if they are classes: together they hold documents, none holds
/// folders of its own.
pub(crate) fn class_folders(path: &Path) -> Result<Vec<PathBuf>, DataError> {
    let folders: Vec<PathBuf> = entries(path)?.into_iter().filter(|entry| entry.is_dir()).collect();
    let mut documents = 0;
    for folder in &folders {
        if entries(folder)?.iter().any(|entry| entry.is_dir()) {
            return Ok(Vec::new());
        }
        documents += text_files(folder)?.len();
    }
    Ok(if documents > 0 { folders } else { Vec::new() })
}

/// What was probably meant instead of `path`: its training part, or a data file in it.
fn instead(path: &Path) -> Result<Option<PathBuf>, DataError> {
    let train = path.join("train");
    if train.is_dir() && !class_folders(&train)?.is_empty() {
        return Ok(Some(train));
    }
    let is_data = |entry: &PathBuf| matches!(Format::from_path(entry), Some(format) if format != Format::Text);
    Ok(entries(path)?.into_iter().find(|entry| entry.is_file() && is_data(entry)))
}

fn text_files(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let mut files = entries(folder)?;
    files.retain(|entry| Format::from_path(entry) == Some(Format::Text) && entry.is_file());
    Ok(files)
}

/// What is in a folder, in the order of names, without hidden files.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let listing = fs::read_dir(folder).map_err(|source| open_error(folder, source))?;
    let mut entries = listing
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|source| open_error(folder, source))?;
    entries.retain(|entry| {
        !entry.file_name().unwrap_or_default().as_encoded_bytes().starts_with(b".")
    });
    entries.sort();
    Ok(entries)
}
