//! A file that gives the decoder no page which is larger than it says, or absurdly large.
//!
//! The decoder believes the header of a page: it takes as much memory as that asks for, and writes
//! whatever gzip, Brotli or LZ4 make of the bytes, to the end. A page of a megabyte could fill the
//! memory. So the header is read here first, and such a page is decompressed once to be counted.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::ops::Range;
use std::sync::Mutex;

use ::parquet::basic::Compression;
use ::parquet::errors::{ParquetError, Result};
use ::parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use ::parquet::file::reader::{ChunkReader, Length};
use bytes::Bytes;

use super::page_header::PageHeader;

/// Bytes that a page may have. Programs write pages of one MiB, and dictionaries of some.
pub(super) const LARGEST_PAGE: u64 = 256 << 20;

/// Why a page is not given to the decoder.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(super) enum PageFault {
    #[error("a page of {0} bytes")]
    TooLarge(u64),
    #[error("a page holds more than the {0} bytes of its header")]
    MoreThanItSays(u64),
}

/// A Parquet file whose pages are checked before they are decompressed.
pub(super) struct CheckedFile {
    file: File,
    chunks: Vec<Chunk>,
    /// Bytes that a page may have.
    largest: u64,
}

/// The pages of a column in a row group.
struct Chunk {
    bytes: Range<u64>,
    codec: Compression,
    /// The page whose header was read last, and where its data begins.
    page: Mutex<Option<(u64, PageHeader)>>,
}

impl CheckedFile {
    pub(super) fn new(file: File, metadata: &ParquetMetaData, largest: u64) -> Self {
        let columns = metadata.row_groups().iter().flat_map(RowGroupMetaData::columns);
        let chunk = |column: &::parquet::file::metadata::ColumnChunkMetaData| {
            let (start, length) = column.byte_range();
            let bytes = start..start.saturating_add(length);
            Chunk { bytes, codec: column.compression(), page: Mutex::new(None) }
        };
        Self { file, chunks: columns.map(chunk).collect(), largest }
    }

    fn chunk(&self, offset: u64) -> Option<&Chunk> {
        self.chunks.iter().find(|chunk| chunk.bytes.contains(&offset))
    }
}

impl Chunk {
    fn page(&self) -> std::sync::MutexGuard<'_, Option<(u64, PageHeader)>> {
        self.page.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Reads the header at `start`, unless the data of a page whose header is known begins there.
    fn see_header(&self, start: u64, bytes: BufReader<File>, largest: u64) -> Result<()> {
        let mut page = self.page();
        if page.is_some_and(|(data, _)| data == start) {
            return Ok(());
        }
        let header = PageHeader::read(bytes.take(self.bytes.end - start))?;
        let plain = u64::try_from(header.plain).unwrap_or_default();
        if plain > largest {
            return Err(fault(PageFault::TooLarge(plain)));
        }
        *page = Some((start + header.length, header));
        Ok(())
    }

    /// Whether the page that begins at `start` becomes what its header says.
    fn check(&self, start: u64, bytes: &[u8]) -> Result<()> {
        let header = match *self.page() {
            Some((data, header)) if data == start => header,
            _ => return Err(ParquetError::General("a page without a header".to_owned())),
        };
        let levels = usize::try_from(header.levels).unwrap_or(usize::MAX);
        let (Some(values), false) = (bytes.get(levels..), header.stored) else {
            return Ok(()); // nothing to decompress, or sizes that the decoder refuses
        };
        let plain = u64::try_from(header.plain.saturating_sub(header.levels)).unwrap_or_default();
        if counts_up_to(self.codec, values, plain) {
            return Ok(());
        }
        Err(fault(PageFault::MoreThanItSays(plain)))
    }
}

/// Whether `bytes` become no more than `limit`; damage is left to the decoder, and so are the
/// codecs with which it minds the limit itself.
fn counts_up_to(codec: Compression, bytes: &[u8], limit: u64) -> bool {
    let count = |decoder: &mut dyn Read| io::copy(&mut decoder.take(limit + 1), &mut io::sink());
    let counted = match codec {
        Compression::GZIP(_) => count(&mut flate2::read::MultiGzDecoder::new(bytes)),
        Compression::BROTLI(_) => count(&mut brotli::Decompressor::new(bytes, 1 << 16)),
        Compression::LZ4 => count(&mut lz4_flex::frame::FrameDecoder::new(bytes)),
        _ => Ok(0),
    };
    counted.map_or(true, |count| count <= limit)
}

fn fault(fault: PageFault) -> ParquetError {
    ParquetError::External(Box::new(fault))
}

impl Length for CheckedFile {
    fn len(&self) -> u64 {
        self.file.len()
    }
}

impl ChunkReader for CheckedFile {
    type T = BufReader<File>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        if let Some(chunk) = self.chunk(start) {
            chunk.see_header(start, self.file.get_read(start)?, self.largest)?;
        }
        self.file.get_read(start)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        if length as u64 > self.len().saturating_sub(start) {
            return Err(ParquetError::EOF("a page behind the end of the file".to_owned()));
        }
        let bytes = self.file.get_bytes(start, length)?;
        if let Some(chunk) = self.chunk(start) {
            chunk.check(start, &bytes)?;
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::parquet::data_type::{ByteArray, ByteArrayType};
    use ::parquet::file::metadata::ParquetMetaDataReader;
    use ::parquet::file::properties::{WriterProperties, WriterVersion};
    use ::parquet::file::reader::{FileReader, SerializedFileReader};
    use ::parquet::file::writer::SerializedFileWriter;
    use ::parquet::schema::parser::parse_message_type;
    use std::io::Write;
    use std::sync::Arc;

    /// Bytes of the one text.
    const TEXT: usize = 900_000;

    /// A file of one page, and where its header begins.
    fn file(codec: Compression, version: WriterVersion) -> (Vec<u8>, usize) {
        let properties = WriterProperties::builder()
            .set_compression(codec)
            .set_dictionary_enabled(false)
            .set_writer_version(version)
            .build();
        let schema = parse_message_type("message rows { OPTIONAL BYTE_ARRAY text; }").unwrap();
        let mut bytes = Vec::new();
        let mut writer =
            SerializedFileWriter::new(&mut bytes, Arc::new(schema), Arc::new(properties)).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let text = ByteArray::from(vec![b'x'; TEXT]);
        column.typed::<ByteArrayType>().write_batch(&[text], Some(&[1]), None).unwrap();
        column.close().unwrap();
        let start = group.close().unwrap().column(0).data_page_offset();
        writer.close().unwrap();
        (bytes, start as usize)
    }

    /// Rows of the file, whose pages may have this many bytes.
    fn rows(bytes: &[u8], largest: u64) -> Result<usize> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&file)?;
        let reader = SerializedFileReader::new(CheckedFile::new(file, &metadata, largest))?;
        reader.get_row_iter(None)?.try_fold(0, |rows, row| row.map(|_| rows + 1))
    }

    fn codecs() -> [Compression; 6] {
        let gzip = Compression::GZIP(::parquet::basic::GzipLevel::default());
        let brotli = Compression::BROTLI(::parquet::basic::BrotliLevel::default());
        let zstd = Compression::ZSTD(::parquet::basic::ZstdLevel::default());
        [gzip, brotli, zstd, Compression::LZ4, Compression::LZ4_RAW, Compression::SNAPPY]
    }

    #[test]
    fn sound_pages_are_read_and_large_ones_refused() {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            for codec in codecs() {
                let (bytes, _) = file(codec, version);
                assert_eq!(rows(&bytes, LARGEST_PAGE).unwrap(), 1, "{codec} {version:?}");
                let Err(ParquetError::External(fault)) = rows(&bytes, TEXT as u64) else {
                    panic!("{codec} {version:?}");
                };
                let fault = fault.downcast_ref();
                assert!(matches!(fault, Some(PageFault::TooLarge(bytes)) if *bytes > TEXT as u64));
            }
        }
    }

    /// The header of each page says 600,000 bytes where 900,000 come.
    #[test]
    fn pages_that_are_more_than_they_say_are_refused() {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            for codec in codecs() {
                let (mut bytes, start) = file(codec, version);
                let [first, kind, second] = [0, 1, 2].map(|at| bytes[start + at]);
                assert!((first, second) == (0x15, 0x15) && kind < 0x80, "two numbers come first");
                for (at, shift) in [(3, 0), (4, 7), (5, 14)] {
                    let more = if at == 5 { 0 } else { 0x80 };
                    assert_eq!(bytes[start + at] & 0x80, more, "a number of three bytes");
                    bytes[start + at] = more | ((1_200_000 >> shift) & 0x7f) as u8;
                }
                let error = rows(&bytes, LARGEST_PAGE).unwrap_err();
                let own = matches!(codec, Compression::GZIP(_) | Compression::BROTLI(_));
                let said = error.to_string().contains("a page holds more than the");
                assert_eq!(said, own, "{codec} {version:?}: {error}");
            }
        }
    }
}
