//! Documents to batches, and splits.

mod bptt;
mod classifier_batches;
mod lm_batches;
mod nested;
pub mod split;
mod tokens;

pub use bptt::Bptt;
pub use classifier_batches::{
    ClassifierBatch, evaluation_batches, pad, training_batches, training_batches_with_permutation,
};
pub use lm_batches::{LmBatch, LmBatchConfig, LmEpoch, Order};
pub use nested::nested_order;
pub use tokens::{Corpus, TokenSource};
