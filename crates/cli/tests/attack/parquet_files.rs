//! Parquet files with changed bytes.

use super::{Random, Tally, attacks};
use crate::common::{Place, label, text};
use parquet::basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::sync::Arc;

/// Columns `text` and `label`, so many rows.
pub(crate) fn file(
    codec: Compression,
    version: WriterVersion,
    rows: usize,
    row: impl Fn(usize) -> (Vec<u8>, Vec<u8>),
) -> Vec<u8> {
    let schema =
        "message rows { OPTIONAL BYTE_ARRAY text (UTF8); OPTIONAL BYTE_ARRAY label (UTF8); }";
    let properties = WriterProperties::builder()
        .set_compression(codec)
        .set_writer_version(version)
        .set_dictionary_enabled(rows.is_multiple_of(2))
        .set_max_row_group_row_count(Some(1_000_000))
        .build();
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for column in 0..2 {
        let mut target = group.next_column().unwrap().unwrap();
        let cell = |n| {
            let (text, label) = row(n);
            ByteArray::from(if column == 0 { text } else { label })
        };
        let cells: Vec<ByteArray> = (0..rows).map(cell).collect();
        target.typed::<ByteArrayType>().write_batch(&cells, Some(&vec![1; rows]), None).unwrap();
        target.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

pub(crate) fn codecs() -> [Compression; 7] {
    [
        Compression::UNCOMPRESSED,
        Compression::GZIP(GzipLevel::default()),
        Compression::BROTLI(BrotliLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
        Compression::LZ4,
        Compression::LZ4_RAW,
        Compression::SNAPPY,
    ]
}

#[test]
fn changed_parquet_files_are_read_or_refused() {
    let place = Place::new();
    let (mut random, mut tally) = (Random::new(2), Tally::default());
    let count = attacks(24);
    for number in 0..count {
        let codec = codecs()[number % 7];
        let version = [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0][number / 7 % 2];
        let row = |n| (text(n, label(n)).into_bytes(), label(n).into());
        let mut bytes = file(codec, version, 30 + number % 2, row);
        // Half of the attacks go for the metadata, which is at the end.
        if number % 2 == 0 {
            let metadata = bytes.split_off(bytes.len() * 2 / 3);
            let mut changed = metadata.clone();
            random.damage(&mut changed);
            bytes.extend(changed);
        } else {
            random.damage(&mut bytes);
        }
        place.write("attacked.parquet", &bytes);
        let attack = format!("attack {number}, {codec}");
        for line in ["check-data", "predict classifier", "evaluate classifier"] {
            tally.run(&place, &format!("{line} attacked.parquet"), &[0, 65], &attack);
        }
    }
    tally.tell(count, "changed Parquet files, 3 commands each");
}
