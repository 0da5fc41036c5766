//! Published files to CSV with a header.

use crate::{DataSet, Layout, PullError};
use flate2::read::MultiGzDecoder;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// IMDb reviews have at most 14 thousand characters; an untrusted file may have any number.
const LARGEST_TEXT: u64 = 1 << 24;

/// Writes the set's files to `folder`; returns their numbers of rows, which are the published ones.
pub(crate) fn convert(
    set: &'static DataSet,
    sources: &[PathBuf],
    folder: &Path,
) -> Result<Vec<(&'static str, u64)>, PullError> {
    let header = match set.layout {
        Layout::Questions => &["text", "label", "fine"][..],
        Layout::Csv(["title", "text"]) => &["title", "text", "label"],
        Layout::Csv(_) | Layout::Folders => &["text", "label"],
        Layout::Texts => &["text"],
    };
    let mut tables = Vec::new();
    for (name, rows) in set.rows {
        let header = if *name == "unlabeled.csv" { &["text"] } else { header };
        tables.push(Table::create(folder, name, *rows, header)?);
    }
    match set.layout {
        Layout::Questions => {
            for (table, source) in tables.iter_mut().zip(sources) {
                questions(set, source, table)?;
            }
        }
        Layout::Csv(_) | Layout::Texts => {
            for_each_member(&sources[0], &mut |member, content| {
                // the whole name: archives made on a Mac have `._train.csv` beside it
                let name = member.rsplit('/').next();
                match tables.iter_mut().find(|table| name == Some(table.name)) {
                    Some(table) => csv_rows(set, member, content, table),
                    None => Ok(()),
                }
            })?;
        }
        Layout::Folders => {
            for_each_member(&sources[0], &mut |member, content| {
                review(set, member, content, &mut tables)
            })?;
        }
    }
    tables.into_iter().map(Table::finish).collect()
}

/// A file of the result.
struct Table {
    name: &'static str,
    path: PathBuf,
    writer: csv::Writer<File>,
    rows: u64,
    expected: Option<u64>,
}

impl Table {
    fn create(
        folder: &Path,
        name: &'static str,
        expected: Option<u64>,
        header: &[&str],
    ) -> Result<Self, PullError> {
        let path = folder.join(name);
        let file = File::create_new(&path).map_err(PullError::io("create", &path))?;
        let mut writer = csv::Writer::from_writer(file);
        writer.write_record(header).map_err(|error| PullError::io("write", &path)(error.into()))?;
        Ok(Self { name, path, writer, rows: 0, expected })
    }

    fn write(&mut self, fields: &[&str]) -> Result<(), PullError> {
        self.rows += 1;
        if let Some(expected) = self.expected.filter(|&expected| self.rows > expected) {
            return Err(self.wrong(format!("has more than the {expected} rows it should have")));
        }
        self.writer
            .write_record(fields)
            .map_err(|error| PullError::io("write", &self.path)(error.into()))
    }

    fn finish(self) -> Result<(&'static str, u64), PullError> {
        let expected = self.expected.unwrap_or(self.rows.max(1));
        if self.rows < expected {
            return Err(self.wrong(format!("has {} rows instead of {expected}", self.rows)));
        }
        let io = PullError::io("write", &self.path);
        let file = self.writer.into_inner().map_err(csv::IntoInnerError::into_error);
        file.and_then(|file| file.sync_all()).map_err(io)?;
        Ok((self.name, self.rows))
    }

    fn wrong(&self, reason: String) -> PullError {
        PullError::Content { file: self.name.to_owned(), reason }
    }
}

/// Hands over each plain file of an archive with its path, which is never used as one.
fn for_each_member(
    archive: &Path,
    f: &mut dyn FnMut(&str, &mut dyn Read) -> Result<(), PullError>,
) -> Result<(), PullError> {
    let io = |source: io::Error| match source.kind() {
        // of the archive's content, not of the disk
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
            PullError::Content { file: archive.display().to_string(), reason: source.to_string() }
        }
        _ => PullError::io("read", archive)(source),
    };
    let file = File::open(archive).map_err(io)?;
    let mut archive = tar::Archive::new(MultiGzDecoder::new(io::BufReader::new(file)));
    for entry in archive.entries().map_err(io)? {
        let mut entry = entry.map_err(io)?;
        if entry.header().entry_type().is_file() {
            let member = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            f(&member, &mut entry)?;
        }
    }
    Ok(())
}

/// `CLASS:subclass question`, one per line, in Latin-1.
fn questions(set: &DataSet, source: &Path, table: &mut Table) -> Result<(), PullError> {
    let bytes = fs::read(source).map_err(PullError::io("read", source))?;
    let text: String = bytes.into_iter().map(char::from).collect();
    for (number, line) in text.lines().enumerate() {
        let fields = line.split_once(' ').and_then(|(fine, question)| {
            let (label, _) = fine.split_once(':')?;
            set.labels.contains(&label).then_some([question.trim(), label, fine])
        });
        match fields {
            Some(fields) => table.write(&fields)?,
            None => {
                let file = source.display().to_string();
                let reason = format!("line {} is not a labelled question", number + 1);
                return Err(PullError::Content { file, reason });
            }
        }
    }
    Ok(())
}

/// Rows without a header: where there are labels, the number of the class comes first.
fn csv_rows(
    set: &DataSet,
    member: &str,
    content: &mut dyn Read,
    table: &mut Table,
) -> Result<(), PullError> {
    let wrong = |reason| PullError::Content { file: member.to_owned(), reason };
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(content);
    for (number, record) in reader.byte_records().enumerate() {
        let record = record.map_err(|error| wrong(error.to_string()))?;
        let fields: Vec<_> = record.iter().map(String::from_utf8_lossy).collect();
        let mut fields: Vec<&str> = fields.iter().map(AsRef::as_ref).collect();
        if !set.labels.is_empty() {
            let label = fields.remove(0).parse().ok().and_then(|class: usize| {
                set.labels.get(class.checked_sub(1)?) // they count from 1
            });
            let row = number + 1;
            fields.push(label.ok_or_else(|| wrong(format!("row {row} has no class")))?);
        }
        let columns = match set.layout {
            Layout::Csv(columns) => columns.len() + 1,
            _ => 1,
        };
        if fields.len() != columns {
            let row = number + 1;
            return Err(wrong(format!("row {row} has other than {columns} columns")));
        }
        table.write(&fields)?;
    }
    Ok(())
}

/// One file, one review: `../train/pos/1_7.txt`, `../unsup/0_0.txt`.
fn review(
    set: &DataSet,
    member: &str,
    content: &mut dyn Read,
    tables: &mut [Table],
) -> Result<(), PullError> {
    let mut folders = member.rsplit('/').skip(1);
    let (kind, half) = (folders.next().unwrap_or_default(), folders.next().unwrap_or_default());
    let label = set.labels.iter().find(|label| **label == kind);
    let wanted = match label {
        Some(_) => format!("{half}.csv"),
        None if kind == "unsup" => "unlabeled.csv".to_owned(),
        None => return Ok(()),
    };
    let Some(table) = tables.iter_mut().find(|table| table.name == wanted) else { return Ok(()) };
    let mut text = Vec::new();
    let wrong = |reason| PullError::Content { file: member.to_owned(), reason };
    content
        .take(LARGEST_TEXT + 1)
        .read_to_end(&mut text)
        .map_err(|error| wrong(error.to_string()))?;
    if text.len() as u64 > LARGEST_TEXT {
        return Err(wrong("is longer than any review".to_owned()));
    }
    let text = String::from_utf8_lossy(&text);
    match label {
        Some(label) => table.write(&[&text, label]),
        None => table.write(&[&text]),
    }
}
