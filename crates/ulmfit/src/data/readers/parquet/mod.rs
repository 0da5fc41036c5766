//! Parquet, without Arrow.

mod page_header;
mod pages;

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use ::parquet::basic::Type as Physical;
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::{ParquetMetaDataReader, RowGroupMetaData};
use ::parquet::file::reader::{FileReader, Length, SerializedFileReader};
use ::parquet::record::Field;
use ::parquet::record::reader::RowIter;
use ::parquet::schema::types::{Type, TypePtr};
use serde_json::Value;

use self::pages::{CheckedFile, LARGEST_PAGE, PageFault};
use super::Rows;
use super::column_use::ColumnUse;
use super::columns::Selection;
use super::decode::{Decoder, Ending};
use super::input::{Input, open_error};
use super::limits::expanded;
use super::options::{Columns, Limits, ReadOptions};
use super::warnings::Warnings;
use crate::data::error::DataError;
use crate::data::labels::LabelCell;
use crate::data::place::Place;
use crate::data::readers::columns;
use crate::data::record::Record;

/// A row counts for so much besides its texts when rows are compared with the size of the file.
const OF_A_ROW: u64 = 16;

/// Records of a Parquet file, one page of a column in memory at a time.
pub(crate) struct Parquet {
    rows: RowIter<'static>,
    file: Arc<Path>,
    /// Rows read so far.
    row: u64,
    /// Bytes of rows that the file may still become: a dictionary repeats a text for next to nothing.
    may_follow: u64,
    limits: Limits,
    decoder: Decoder,
    labels: LabelCell,
    columns: Columns,
    /// Names as in the rows.
    names: ColumnUse,
}

impl Parquet {
    pub(crate) fn open(input: Input, options: &ReadOptions) -> Result<Self, DataError> {
        let path = Arc::clone(&input.file);
        let first = Place::new(&path, 1);
        let failed = |error| damaged(&first, &error);
        let file = seekable(input, &options.limits)?;
        let metadata = guarded(&first, || ParquetMetaDataReader::new().parse_and_finish(&file))?;
        let columns = metadata.row_groups().iter().flat_map(RowGroupMetaData::columns);
        for column in columns {
            let [compressed, plain] = [column.compressed_size(), column.uncompressed_size()]
                .map(|bytes| u64::try_from(bytes).unwrap_or_default());
            if plain > expanded(compressed, &options.limits) {
                return Err(expands(&path, &options.limits));
            }
        }
        // Of a file that was compressed itself this is a copy: what counts is what was given.
        let given = std::fs::metadata(&*path).ok().filter(std::fs::Metadata::is_file);
        let given = given.map_or(file.len(), |given| given.len().min(file.len()));
        let may_follow = expanded(given, &options.limits);
        // asks each column where it is, which panics where that is below zero
        let file = guarded(&first, || Ok(CheckedFile::new(file, &metadata, LARGEST_PAGE)))?;
        let reader = guarded(&first, || SerializedFileReader::new(file))?;
        let root = reader.metadata().file_metadata().schema_descr().root_schema_ptr();
        let fields = root.get_fields();
        let names: Vec<String> = fields.iter().map(|field| field.name().to_owned()).collect();
        let textual = |index: usize| is_text(&fields[index]);
        let selection = columns::select(&names, textual, options, &first)?;
        let Selection { text, label } = &selection;
        for &index in text {
            if !fields[index].is_primitive() {
                let found = "a nested column";
                return Err(DataError::NotText {
                    place: first.clone(),
                    column: names[index].clone(),
                    found,
                });
            }
        }
        let chosen: Vec<TypePtr> = match options.columns {
            Columns::Keep => fields.to_vec(),
            Columns::Drop => {
                let read = |index: &usize| text.contains(index) || *label == Some(*index);
                (0..fields.len()).filter(read).map(|index| Arc::clone(&fields[index])).collect()
            }
        };
        let schema =
            Type::group_type_builder(root.name()).with_fields(chosen).build().map_err(failed)?;
        let rows =
            RowIter::from_file_into(Box::new(reader)).project(Some(schema)).map_err(failed)?;
        Ok(Self {
            rows,
            file: path,
            row: 0,
            may_follow,
            limits: options.limits,
            decoder: Decoder::new(options),
            labels: LabelCell::new(options),
            columns: options.columns,
            names: ColumnUse::new(&names, &selection),
        })
    }
}

impl Parquet {
    /// A label as JSON: bytes must be UTF-8, as in every format, or two labels could become one.
    fn label(&self, field: &Field, place: &Place) -> Result<Value, DataError> {
        Ok(match field {
            Field::Bytes(bytes) => self.decoder.name(bytes.data(), place)?.into(),
            Field::Str(text) => self.decoder.name(text.as_bytes(), place)?.into(),
            Field::ListInternal(list) => {
                let labels = list.elements().iter().map(|field| self.label(field, place));
                Value::Array(labels.collect::<Result<_, _>>()?)
            }
            other => value(other),
        })
    }
}

impl Rows for Parquet {
    fn next_record(&mut self, warnings: &mut Warnings) -> Result<Option<Record>, DataError> {
        self.row += 1;
        let place = Place::new(&self.file, self.row);
        let Some(row) = guarded(&place, || self.rows.next().transpose())? else {
            return Ok(None);
        };
        let row = row.into_columns();
        let cell =
            |name: &String| row.iter().find(|(column, _)| column == name).map(|(_, field)| field);

        let mut fields = Vec::with_capacity(self.names.text.len());
        for column in &self.names.text {
            fields.push(match cell(column).unwrap_or(&Field::Null) {
                Field::Str(text) => {
                    self.decoder.text(text.as_bytes(), Ending::Whole, &place, warnings)?
                }
                Field::Bytes(bytes) => {
                    self.decoder.text(bytes.data(), Ending::Whole, &place, warnings)?
                }
                Field::Null => {
                    warnings.null_text.add(&place);
                    String::new()
                }
                number => value(number).to_string(),
            });
        }
        let bytes = OF_A_ROW + fields.iter().map(String::len).sum::<usize>() as u64;
        self.may_follow =
            self.may_follow.checked_sub(bytes).ok_or_else(|| expands(&self.file, &self.limits))?;
        let label = match &self.names.label {
            Some(column) => {
                let label = cell(column).map(|field| self.label(field, &place)).transpose()?;
                self.labels.value(label.as_ref(), &place, warnings)?
            }
            None => None,
        };
        let columns = match self.columns {
            Columns::Keep => row.iter().map(|(name, field)| (name.clone(), value(field))).collect(),
            Columns::Drop => Vec::new(),
        };
        Ok(Some(Record { fields, label, place, columns }))
    }

    fn end(&self) -> Place {
        Place::new(&self.file, 1)
    }

    fn columns(&self) -> ColumnUse {
        self.names.clone()
    }
}

fn expands(path: &Path, limits: &Limits) -> DataError {
    DataError::Expands { path: path.to_path_buf(), limit: limits.expansion }
}

fn is_text(field: &Type) -> bool {
    field.is_primitive() && field.get_physical_type() == Physical::BYTE_ARRAY
}

/// The file itself, or a temporary copy of what cannot be read from its end.
fn seekable(mut input: Input, limits: &Limits) -> Result<File, DataError> {
    if input.is_plain_file() {
        return File::open(&input.file).map_err(|source| open_error(&input.file, source));
    }
    let path = Arc::clone(&input.file);
    let mut copy = tempfile::tempfile().map_err(|source| open_error(&path, source))?;
    let limited = &mut input.by_ref().take(limits.temporary.saturating_add(1));
    let bytes = std::io::copy(limited, &mut copy).map_err(|source| input.error(source))?;
    if bytes > limits.temporary {
        return Err(DataError::TooMuchDisk { path: path.to_path_buf(), limit: limits.temporary });
    }
    Ok(copy)
}

/// Runs a step of the decoder, whose answer to some damaged files is a panic.
///
/// After an error the reader is not used again, so that no half-changed state is seen.
fn guarded<T>(
    place: &Place,
    step: impl FnOnce() -> Result<T, ParquetError>,
) -> Result<T, DataError> {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(step)) {
        Ok(result) => result.map_err(|error| damaged(place, &error)),
        Err(_) => Err(DataError::Parquet {
            place: place.clone(),
            message: "the decoder gave up".to_owned(),
        }),
    }
}

/// What an error of the decoder means: something it does not know, or damage.
fn damaged(place: &Place, error: &ParquetError) -> DataError {
    if let ParquetError::External(source) = error
        && let Some(PageFault::TooLarge(bytes)) = source.downcast_ref()
    {
        let (path, bytes) = (place.file.to_path_buf(), *bytes);
        return DataError::LargePage { path, bytes, limit: LARGEST_PAGE };
    }
    let (place, message) = (place.clone(), error.to_string());
    if message.contains("BYTE_ARRAY as String") {
        return DataError::ParquetText { place };
    }
    let is_unknown = matches!(error, ParquetError::NYI(_))
        || ["Disabled feature", "encrypt", "not supported", "unsupported", "LZO"]
            .iter()
            .any(|sign| message.contains(sign));
    if is_unknown {
        return DataError::ParquetKind { place, what: message };
    }
    DataError::Parquet { place, message }
}

/// A cell as JSON; dates and times become the text Parquet shows them as.
fn value(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Bool(truth) => (*truth).into(),
        Field::Byte(n) => (*n).into(),
        Field::Short(n) => (*n).into(),
        Field::Int(n) => (*n).into(),
        Field::Long(n) => (*n).into(),
        Field::UByte(n) => (*n).into(),
        Field::UShort(n) => (*n).into(),
        Field::UInt(n) => (*n).into(),
        Field::ULong(n) => (*n).into(),
        Field::Float(x) => (*x).into(),
        Field::Double(x) => (*x).into(),
        Field::Str(text) => text.clone().into(),
        Field::Bytes(bytes) => String::from_utf8_lossy(bytes.data()).into_owned().into(),
        Field::ListInternal(list) => list.elements().iter().map(value).collect(),
        Field::Group(row) => {
            row.get_column_iter().map(|(name, field)| (name.clone(), value(field))).collect()
        }
        other => other.to_string().into(),
    }
}
