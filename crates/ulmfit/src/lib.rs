//! Text classification by transfer learning from a recurrent language model (ULMFiT,
//! Howard & Ruder 2018, <https://arxiv.org/abs/1801.06146>): from texts and a few labels to a
//! classifier with a report of its errors, on a CPU, without Python.
//!
#![cfg_attr(feature = "train", doc = "```")]
#![cfg_attr(not(feature = "train"), doc = "```ignore")]
//! use ulmfit::model::AwdLstmConfig;
//! use ulmfit::{Base, Classifier, Examples, Trainer};
//!
//! # fn main() -> Result<(), ulmfit::Error> {
//! # let folder = tempfile::tempdir().unwrap();
//! # let path = folder.path().join("tickets");
//! // Labelled texts. `Examples::read("tickets.csv")?` reads files: CSV, JSONL, Parquet and more.
//! let examples: Examples = (0..80)
//!     .map(|n| match n % 2 {
//!         0 => (format!("Where is my parcel? Order {n} is late."), "shipping"),
//!         _ => (format!("Please send my money back for order {n}."), "refund"),
//!     })
//!     .collect();
//!
//! // Everything has a default: `Trainer::new().fit(examples)?` fine-tunes the English model that
//! // is inside the crate (feature `english`). This small network starts from random weights.
//! let trained = Trainer::new()
//!     .base(Base::None)
//!     .network(AwdLstmConfig { vocab: 0, emb: 16, hid: 32, layers: 1 })
//!     .test_share(0.2)
//!     .seed(1)
//!     .fit(examples)?;
//!
//! // Scores on texts that it has not seen, beside simple baselines on the same texts.
//! println!("{}", trained.report());
//! trained.save(&path)?;
//!
//! // A service needs only this. Threads can share a model; the batch changes no bit of a prediction.
//! let model = Classifier::load(&path)?;
//! for prediction in model.predict(["My parcel has not arrived.", "I want my money back."])? {
//!     println!("{} {:.2}", prediction.label(), prediction.confidence());
//! }
//! # assert_eq!(model.labels(), ["refund", "shipping"]);
//! # Ok(())
//! # }
//! ```
//!
//! A service that only predicts takes the crate with `default-features = false`: no training code
//! and few dependencies.
//!
//! Below the front door are the rooms of the library, from the bottom up: [`text`] (strings to
//! token ids), [`data`] (files to examples and batches), [`model`] (the networks), `optim` and
//! `schedule`, [`checkpoint`] (files that survive being killed), `train` (the loop), [`decisions`]
//! (from a score to a decision), [`input`],
//! [`models`] (model folders), `recipe` (hyper-parameters), [`report`], `tfidf` (classifiers on n-grams), [`run`]
//! (resumable runs), [`stages`] (pretrain, fine-tune, train, evaluate) and [`labelling`] (wrong labels,
//! what to label next). All numbers are computed by `ulmfit-ops`.

#[cfg(feature = "train")]
mod base;
pub mod checkpoint;
mod classifier;
pub mod data;
pub mod decisions;
mod error;
mod error_class;
#[cfg(feature = "train")]
mod estimate;
#[cfg(feature = "train")]
mod examples;
mod fields;
#[cfg(feature = "train")]
pub mod fingerprint;
mod free_memory;
pub mod generation;
mod hashing;
pub mod input;
pub mod labelling;
#[cfg(feature = "train")]
mod language_check;
#[cfg(feature = "train")]
mod method;
#[cfg(feature = "train")]
pub mod methods;
pub mod model;
pub mod models;
#[cfg(feature = "train")]
pub mod optim;
mod prepared;
pub mod printable;
mod progress;
pub mod randomness;
#[cfg(feature = "train")]
pub mod recipe;
pub mod report;
pub mod run;
#[cfg(feature = "train")]
pub mod schedule;
pub mod setting;
pub mod stages;
pub mod text;
#[cfg(feature = "train")]
pub mod tfidf;
#[cfg(feature = "train")]
pub mod torch;
#[cfg(feature = "train")]
pub mod train;
#[cfg(feature = "train")]
mod trained;
#[cfg(feature = "train")]
mod trainer;
#[cfg(feature = "train")]
mod trainer_encoder;
#[cfg(feature = "train")]
mod trainer_portfolio;
#[cfg(feature = "train")]
mod trainer_runner;
#[cfg(feature = "train")]
mod trainer_tfidf;

#[cfg(feature = "train")]
pub use base::{Base, BaseUse, LoadedBase, LoadedEncoder, PortfolioBases};
pub use classifier::Classifier;
pub use error::Error;
pub use error_class::ErrorClass;
#[cfg(feature = "train")]
pub use examples::{Examples, Reader, describe_columns};
pub use fields::Fields;
#[cfg(feature = "train")]
pub use method::Method;
pub use models::{Decision, ExplainMethod, Explanation, Prediction, WordWeight};
pub use prepared::PreparedText;
#[cfg(feature = "train")]
pub use trained::Trained;
#[cfg(feature = "train")]
pub use trainer::Trainer;
pub use ulmfit_ops::{
    Cpu, Device, Key, Precision, Tensor, isa, kernel_name, share_memory, trim_memory,
};
