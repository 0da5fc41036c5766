//! What a token file was made from.

use crate::text::{TextConfig, Vocab};

/// Hash of settings, vocabulary and sources: if it differs, the ids mean something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(blake3::Hash);

/// A file that texts were read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name, as the user gave it.
    pub name: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// When it was last changed, in seconds since 1970; none where that is unknown.
    pub modified: Option<u64>,
}

impl Fingerprint {
    /// Of all that decides the ids in a token file, and their order.
    pub fn new(config: &TextConfig, vocab: &Vocab, sources: &[Source]) -> Self {
        let mut hasher = blake3::Hasher::new();
        // Lengths go first, so that no two lists of parts run together to the same bytes.
        let mut add = |part: &[u8]| {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        };
        add(format!("{config:?}").as_bytes());
        add(&(vocab.len() as u64).to_le_bytes());
        vocab.tokens().iter().for_each(|token| add(token.as_bytes()));
        for Source { name, bytes, modified } in sources {
            add(name.as_bytes());
            add(&bytes.to_le_bytes());
            add(format!("{modified:?}").as_bytes());
        }
        Self(hasher.finalize())
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}
