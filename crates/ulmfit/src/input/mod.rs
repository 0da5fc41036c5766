//! From files to examples: labelled rows and their split, corpora of token ids.

#[cfg(feature = "train")]
mod corpus;
#[cfg(feature = "train")]
mod folds;
#[cfg(feature = "train")]
mod known_texts;
mod learned_texts;
#[cfg(feature = "train")]
mod passages;
#[cfg(feature = "train")]
mod reading;
#[cfg(feature = "train")]
mod row_counts;
#[cfg(feature = "train")]
mod rows;
#[cfg(feature = "train")]
mod teacher;
#[cfg(feature = "train")]
mod text_sample;
mod texts;
#[cfg(feature = "train")]
mod unknown_words;
#[cfg(feature = "train")]
mod unspaced;

#[cfg(feature = "train")]
pub(crate) use corpus::spool_stdin;
#[cfg(feature = "train")]
pub use corpus::{HoldOut, LmInput, LmText, VocabSource, corpus_folder};
#[cfg(feature = "train")]
pub(crate) use known_texts::{KnownTexts, without_labels};
pub use learned_texts::LearnedTexts;
#[cfg(feature = "train")]
pub use row_counts::{LabelCounts, RowCounts};
#[cfg(feature = "train")]
pub use rows::{LabelledInput, LabelledSplits, SplitFractions, labelled, targets};
#[cfg(feature = "train")]
pub use teacher::Teacher;
#[cfg(feature = "train")]
pub(crate) use text_sample::sample_texts;
pub use texts::{Document, Texts, encode, read_texts, texts};
#[cfg(feature = "train")]
pub(crate) use unknown_words::UnknownWords;
