//! The nine special tokens of fastai v2, in its order.

use super::TokenId;

/// A word that the vocabulary lacks.
pub const UNK: &str = "xxunk";
/// Fills a batch up to its longest row.
pub const PAD: &str = "xxpad";
/// Begins a document.
pub const BOS: &str = "xxbos";
/// Ends a document (only where asked for).
pub const EOS: &str = "xxeos";
/// Begins a field of a document with several: `xxfld 2 ..`.
pub const FLD: &str = "xxfld";
/// A repeated character: `xxrep 5 o` is `ooooo`.
pub const REP: &str = "xxrep";
/// A repeated word: `xxwrep 3 no` is `no no no`.
pub const WREP: &str = "xxwrep";
/// The next word was written in capitals.
pub const UP: &str = "xxup";
/// The next word began with a capital.
pub const MAJ: &str = "xxmaj";

/// All of them, in the order of their ids in a new vocabulary.
pub const ALL: [&str; 9] = [UNK, PAD, BOS, EOS, FLD, REP, WREP, UP, MAJ];

/// Fills a vocabulary up to a multiple of eight (fastai); never produced by a text.
pub const FAKE: &str = "xxfake";

/// Id of [`UNK`] in every vocabulary.
pub const UNK_ID: TokenId = 0;
/// Id of [`PAD`] in every vocabulary.
pub const PAD_ID: TokenId = 1;
/// Id of [`BOS`] in every vocabulary.
pub const BOS_ID: TokenId = 2;
