//! Access tokens.

use crate::ServeError;
use blake3::Hash;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

/// The tokens of a file, one per line; read again on reload.
pub(crate) struct Tokens {
    path: PathBuf,
    /// Their hashes, so that a comparison takes the same time for any token sent.
    hashes: RwLock<Vec<Hash>>,
}

/// Shorter tokens can be guessed.
const SHORTEST: usize = 16;

fn read(path: &Path) -> Result<Vec<Hash>, ServeError> {
    let bad = |message: String| ServeError::Tokens { path: path.to_owned(), message };
    let text = std::fs::read_to_string(path)
        .map_err(|source| ServeError::TokenFile { path: path.to_owned(), source })?;
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        return Err(bad("the file has no token; it needs one per line".into()));
    }
    if lines.iter().any(|line| line.len() < SHORTEST) {
        return Err(bad(format!("a token needs at least {SHORTEST} characters")));
    }
    if !lines.iter().all(|line| line.bytes().all(|byte| byte.is_ascii_graphic())) {
        return Err(bad("a token must consist of ASCII characters without spaces".into()));
    }
    Ok(lines.iter().map(|line| blake3::hash(line.as_bytes())).collect())
}

impl Tokens {
    pub(crate) fn open(path: &Path) -> Result<Self, ServeError> {
        Ok(Self { path: path.to_owned(), hashes: RwLock::new(read(path)?) })
    }

    /// Reads the file again; if that fails, the old tokens stay.
    pub(crate) fn reload(&self) -> Result<(), ServeError> {
        let hashes = read(&self.path)?;
        *self.hashes.write().unwrap_or_else(PoisonError::into_inner) = hashes;
        Ok(())
    }

    /// Whether an `Authorization` header has one of them.
    pub(crate) fn allow(&self, header: &[u8]) -> bool {
        let Some((scheme, token)) = header.split_at_checked(7) else { return false };
        if !scheme.eq_ignore_ascii_case(b"bearer ") {
            return false;
        }
        let given = blake3::hash(token.trim_ascii());
        let hashes = self.hashes.read().unwrap_or_else(PoisonError::into_inner);
        // `Hash` compares in constant time, and all of them are compared
        hashes.iter().filter(|hash| **hash == given).count() > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_of_the_file_is_allowed_and_no_other() {
        let path = std::env::temp_dir().join(format!("tokens-{}", std::process::id()));
        std::fs::write(&path, "\n0123456789abcdef\n  another-long-token-x \n").unwrap();
        let tokens = Tokens::open(&path).unwrap();
        assert!(tokens.allow(b"Bearer 0123456789abcdef"));
        assert!(tokens.allow(b"bearer another-long-token-x"));
        for wrong in ["", "Bearer", "Bearer ", "0123456789abcdef", "Bearer 0123456789abcde"] {
            assert!(!tokens.allow(wrong.as_bytes()), "{wrong}");
        }
        for bad in ["", "\n \n", "short", "with space in the middle"] {
            std::fs::write(&path, bad).unwrap();
            assert!(tokens.reload().is_err(), "{bad:?}");
        }
        assert!(tokens.allow(b"Bearer 0123456789abcdef"), "the old ones stay");
        std::fs::remove_file(&path).unwrap();
    }
}
