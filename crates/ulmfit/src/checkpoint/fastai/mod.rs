//! fastai's files: weights written by `Learner.save` or `save_encoder`, and the vocabularies
//! beside them.
//!
//! Both are Python pickles, that is, programs. They are read by an interpreter ([`pickle`]) that
//! knows the few words such files need and can call nothing: a call is recorded, and understood
//! later if it is the making of a tensor. Any other word is refused by name. There is no fallback.
//!
//! Layouts read: torch's zip format and the one before torch 1.6; fastai 2 (2.0 to 2.8), fastai 1
//! language models and encoders, and the names of 2018; F16, BF16, F32 and F64.
//! Written: torch's zip format with the names of fastai 2.8, and a pickled list of strings.

mod error;
mod export;
mod import;
mod layout;
mod legacy;
pub mod pickle;
mod pickle_write;
mod storages;
mod torch_file;
mod vocabulary;
pub mod zip;
mod zip_write;

#[cfg(test)]
mod archive_hostile_tests;
#[cfg(test)]
mod pickle_hostile_tests;
#[cfg(test)]
mod tests;

pub use error::FastaiError;
pub use export::{Exported, export_fastai};
pub use import::{Imported, import_fastai, import_fastai_files};
pub use layout::{Kind, Sizes};
pub use vocabulary::{FastaiVocab, read_vocabulary};
