//! A zip archive as torch writes it: stored members whose content starts on 64-byte boundaries.

use super::FastaiError;

const ALIGNMENT: usize = 64;
/// Names are UTF-8.
const FLAGS: u16 = 1 << 11;
/// 1 January 1980, the first day zip knows: equal models give equal files.
const DATE: u16 = 1 << 5 | 1;

/// Appends members to an archive in memory.
#[derive(Debug, Default)]
pub(super) struct ArchiveWriter {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

impl ArchiveWriter {
    pub(super) fn add(&mut self, name: &str, content: &[u8]) -> Result<(), FastaiError> {
        let too_large =
            |_| FastaiError::Limit { what: "bytes in an archive", limit: u32::MAX as usize };
        let offset = u32::try_from(self.bytes.len()).map_err(too_large)?;
        let size = u32::try_from(content.len()).map_err(too_large)?;
        let name_length = u16::try_from(name.len()).expect("our names are short");
        // torch's own padding: an extra field of kind "FB", filled with Z.
        let header = self.bytes.len() + 30 + name.len() + 4;
        let padding = header.next_multiple_of(ALIGNMENT) - header;

        let mut common = Vec::new(); // stands in both headers
        for field in [FLAGS, 0, 0, DATE] {
            common.extend(field.to_le_bytes());
        }
        for field in [crc32fast::hash(content), size, size] {
            common.extend(field.to_le_bytes());
        }
        common.extend(name_length.to_le_bytes());

        self.bytes.extend(b"PK\x03\x04\x14\x00");
        self.bytes.extend(&common);
        self.bytes.extend((padding as u16 + 4).to_le_bytes());
        self.bytes.extend(name.bytes());
        self.bytes.extend(b"FB");
        self.bytes.extend((padding as u16).to_le_bytes());
        self.bytes.resize(self.bytes.len() + padding, b'Z');
        self.bytes.extend(content);

        self.directory.extend(b"PK\x01\x02\x14\x00\x14\x00");
        self.directory.extend(&common);
        self.directory.extend([0; 12]); // no extra field, no comment, first disk, no attributes
        self.directory.extend(offset.to_le_bytes());
        self.directory.extend(name.bytes());
        self.count += 1;
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Vec<u8>, FastaiError> {
        let too_large =
            |_| FastaiError::Limit { what: "bytes in an archive", limit: u32::MAX as usize };
        let start = u32::try_from(self.bytes.len()).map_err(too_large)?;
        let length = u32::try_from(self.directory.len()).map_err(too_large)?;
        self.bytes.append(&mut self.directory);
        self.bytes.extend(b"PK\x05\x06\0\0\0\0");
        self.bytes.extend(self.count.to_le_bytes());
        self.bytes.extend(self.count.to_le_bytes());
        self.bytes.extend(length.to_le_bytes());
        self.bytes.extend(start.to_le_bytes());
        self.bytes.extend([0; 2]); // no comment
        Ok(self.bytes)
    }
}
