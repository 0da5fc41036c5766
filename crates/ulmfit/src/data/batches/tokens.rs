//! Where the ids of a language model's text come from.

use std::ops::Range;

use crate::text::token_file::TokenFile;

/// Numericalised documents, one after the other; in memory or mapped from a file.
pub trait TokenSource: Sync {
    /// Number of tokens.
    fn token_count(&self) -> usize;

    /// Number of documents.
    fn document_count(&self) -> usize;

    /// The tokens of a document; it begins where the one before ends.
    ///
    /// # Panics
    /// If there is no such document.
    fn document(&self, index: usize) -> Range<usize>;

    /// Appends some of the tokens to `out`.
    ///
    /// # Panics
    /// If there are fewer.
    fn append(&self, range: Range<usize>, out: &mut Vec<u32>);

    /// Hash of tokens and borders: another text has another one. To be compared among sources of
    /// the same kind.
    fn digest(&self) -> String;
}

/// A corpus in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Corpus {
    /// All tokens.
    pub tokens: Vec<u32>,
    /// Where each document ends in `tokens`.
    pub ends: Vec<usize>,
}

impl Corpus {
    /// Appends a document.
    pub fn push(&mut self, document: &[u32]) {
        self.tokens.extend_from_slice(document);
        self.ends.push(self.tokens.len());
    }
}

impl TokenSource for Corpus {
    fn token_count(&self) -> usize {
        self.tokens.len()
    }

    fn document_count(&self) -> usize {
        self.ends.len()
    }

    fn document(&self, index: usize) -> Range<usize> {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        start..self.ends[index]
    }

    fn append(&self, range: Range<usize>, out: &mut Vec<u32>) {
        out.extend_from_slice(&self.tokens[range]);
    }

    fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for token in &self.tokens {
            hasher.update(&token.to_le_bytes());
        }
        for &end in &self.ends {
            hasher.update(&(end as u64).to_le_bytes());
        }
        short(&hasher.finalize())
    }
}

impl TokenSource for TokenFile {
    fn token_count(&self) -> usize {
        self.len()
    }

    fn document_count(&self) -> usize {
        self.documents()
    }

    fn document(&self, index: usize) -> Range<usize> {
        self.document(index)
    }

    fn append(&self, range: Range<usize>, out: &mut Vec<u32>) {
        let end = out.len();
        out.resize(end + range.len(), 0);
        self.read(range.start, &mut out[end..]);
    }

    /// The checksum in the file, which was compared with its content when it was opened.
    fn digest(&self) -> String {
        short(&self.checksum())
    }
}

fn short(hash: &blake3::Hash) -> String {
    hash.to_hex()[..16].to_owned()
}
