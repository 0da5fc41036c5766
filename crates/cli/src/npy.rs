//! Vectors as NumPy's `.npy`, format 1.0: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.

use crate::whole_file::WholeFile;
use std::io::{Seek, SeekFrom, Write};

/// Bytes before the numbers: room for any shape, and a multiple of 64 as the format asks for.
const HEAD: usize = 128;

/// A matrix that is written row by row; its shape is told at the end.
pub(crate) struct Npy {
    file: WholeFile,
    rows: usize,
    width: Option<usize>,
}

impl Npy {
    pub(crate) fn new(mut file: WholeFile) -> anyhow::Result<Self> {
        file.write_all(&[0; HEAD])?;
        Ok(Self { file, rows: 0, width: None })
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, row: &[f32]) -> anyhow::Result<()> {
        anyhow::ensure!(*self.width.get_or_insert(row.len()) == row.len(), "rows of equal length");
        self.rows += 1;
        let bytes: Vec<u8> = row.iter().flat_map(|value| value.to_le_bytes()).collect();
        Ok(self.file.write_all(&bytes)?)
    }

    /// Completes the file.
    pub(crate) fn finish(mut self) -> anyhow::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&head(self.rows, self.width.unwrap_or(0)))?;
        self.file.finish()
    }
}

fn head(rows: usize, width: usize) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(((HEAD - 10) as u16).to_le_bytes());
    let shape = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {width}), }}");
    bytes.extend(shape.as_bytes());
    bytes.resize(HEAD - 1, b' ');
    bytes.push(b'\n');
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_numpys() {
        let bytes = head(usize::MAX, usize::MAX);
        assert_eq!((bytes.len(), bytes.last()), (HEAD, Some(&b'\n')));
        let bytes = head(3, 384);
        assert_eq!(bytes[..10], *b"\x93NUMPY\x01\x00\x76\x00");
        let text = std::str::from_utf8(&bytes[10..]).unwrap().trim_end();
        assert_eq!(text, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 384), }");
    }
}
