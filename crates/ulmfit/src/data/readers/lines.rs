//! Lines of a stream, of bounded length in memory.

use std::io::{BufRead, Read};

use super::decode::Ending;
use super::input::Input;
use crate::data::error::DataError;
use crate::data::place::Place;

/// A cursor over lines; the bytes of the present one are in [`Lines::bytes`].
pub(crate) struct Lines {
    input: Input,
    end: u8,
    number: u64,
    bytes: Vec<u8>,
}

impl Lines {
    pub(crate) fn new(input: Input) -> Self {
        Self { end: input.line_end(), input, number: 0, bytes: Vec::new() }
    }

    /// The present line without its end.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where the present line is.
    pub(crate) fn place(&self) -> Place {
        Place::new(&self.input.file, self.number)
    }

    /// Goes to the next line and keeps at most `keep` bytes of it; `None` at the end of the file.
    ///
    /// After [`Ending::Cut`] the caller must take the rest with [`skip_rest`](Self::skip_rest)
    /// or [`rest`](Self::rest).
    pub(crate) fn advance(&mut self, keep: usize) -> Result<Option<Ending>, DataError> {
        self.bytes.clear();
        let most = (keep as u64).saturating_add(2); // room for the line's end
        let read = self.input.by_ref().take(most).read_until(self.end, &mut self.bytes);
        if read.map_err(|source| self.input.error(source))? == 0 {
            return Ok(None);
        }
        self.number += 1;
        if self.bytes.last() == Some(&self.end) {
            self.bytes.pop();
            if self.end == b'\n' && self.bytes.last() == Some(&b'\r') {
                self.bytes.pop();
            }
            return Ok(Some(Ending::Whole));
        }
        Ok(Some(if self.bytes.len() as u64 == most { Ending::Cut } else { Ending::Whole }))
    }

    /// Drops what [`advance`](Self::advance) did not keep.
    pub(crate) fn skip_rest(&mut self) -> Result<(), DataError> {
        self.rest(|_| {})
    }

    /// Hands over, piece by piece, what [`advance`](Self::advance) did not keep.
    pub(crate) fn rest(&mut self, mut piece: impl FnMut(&[u8])) -> Result<(), DataError> {
        loop {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(source) => return Err(self.input.error(source)),
            };
            let stop = buffer.iter().position(|byte| *byte == self.end);
            let (len, done) = match stop {
                Some(at) => (at, true),
                None => (buffer.len(), buffer.is_empty()),
            };
            piece(&buffer[..len]);
            self.input.consume(len + usize::from(stop.is_some()));
            if done {
                return Ok(());
            }
        }
    }
}
