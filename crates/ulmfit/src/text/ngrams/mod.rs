//! Word and character n-grams: texts to columns of a sparse matrix, and TF-IDF weights of them.
//!
//! ```text
//! "It's Fun"
//!   words, 1 to 2        it  '  s  fun  "it '"  "' s"  "s fun"
//!   characters, 2 to 3   " i" "it" "t'" "'s" "s "  " it" "it'" "t's" "'s "   " f" "fu" "un" "n " ...
//! ```
//!
//! Both are those of scikit-learn's `CountVectorizer`: words by `token_pattern=r"\w+|[^\w\s]"` (here
//! combining marks belong to `\w`, so that Hindi words stay whole), characters by
//! `analyzer="char_wb"`, in which a space stands before and after each word. Nothing of it depends
//! on a language.

mod config;
mod scan;
mod tfidf;
mod vocab;

pub use config::{NgramConfig, NgramLimits, NgramRange};
pub use tfidf::{inverse_document_frequencies, tfidf};
pub use vocab::{FieldBytes, NgramVocab};
