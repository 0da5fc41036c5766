//! Files of every kind, made in memory.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::stream::encode_all(bytes, 3).unwrap()
}

pub(crate) fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder =
        lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A Parquet column.
pub(crate) enum Column<'a> {
    Text(&'a str, Vec<Option<&'a str>>),
    Number(&'a str, Vec<i64>),
    /// Bytes that may be no text.
    Bytes(&'a str, Vec<&'a [u8]>),
    /// A list of texts in every row.
    List(&'a str, Vec<Vec<&'a str>>),
}

pub(crate) fn parquet(columns: &[Column]) -> Vec<u8> {
    parquet_with(Compression::UNCOMPRESSED, columns)
}

pub(crate) fn parquet_with(codec: Compression, columns: &[Column]) -> Vec<u8> {
    let declarations: String = columns
        .iter()
        .map(|column| match column {
            Column::Text(name, _) => format!("OPTIONAL BYTE_ARRAY {name} (UTF8);"),
            Column::Number(name, _) => format!("REQUIRED INT64 {name};"),
            Column::Bytes(name, _) => format!("REQUIRED BYTE_ARRAY {name};"),
            Column::List(name, _) => {
                format!("REQUIRED group {name} (LIST) {{ REPEATED group list {{ REQUIRED BYTE_ARRAY element (UTF8); }} }}")
            }
        })
        .collect();
    let schema =
        Arc::new(parse_message_type(&format!("message rows {{ {declarations} }}")).unwrap());
    let mut file = Vec::new();
    let properties = Arc::new(WriterProperties::builder().set_compression(codec).build());
    let mut writer = SerializedFileWriter::new(&mut file, schema, properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for column in columns {
        let mut target = group.next_column().unwrap().unwrap();
        match column {
            Column::Text(_, cells) => {
                let values: Vec<ByteArray> =
                    cells.iter().flatten().map(|cell| ByteArray::from(*cell)).collect();
                let levels: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
                target.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None).unwrap();
            }
            Column::Number(_, values) => {
                target.typed::<Int64Type>().write_batch(values, None, None).unwrap();
            }
            Column::Bytes(_, cells) => {
                let values: Vec<ByteArray> =
                    cells.iter().map(|cell| ByteArray::from(cell.to_vec())).collect();
                target.typed::<ByteArrayType>().write_batch(&values, None, None).unwrap();
            }
            Column::List(_, rows) => {
                let values: Vec<ByteArray> =
                    rows.iter().flatten().map(|cell| ByteArray::from(*cell)).collect();
                let (mut defined, mut repeated) = (Vec::new(), Vec::new());
                for row in rows {
                    for level in 0..row.len().max(1) {
                        defined.push(i16::from(!row.is_empty()));
                        repeated.push(i16::from(level > 0));
                    }
                }
                target
                    .typed::<ByteArrayType>()
                    .write_batch(&values, Some(&defined), Some(&repeated))
                    .unwrap();
            }
        }
        target.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    file
}
