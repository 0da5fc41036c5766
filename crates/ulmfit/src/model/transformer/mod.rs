//! Transformer encoders of the BERT family, and sentence vectors from them.
//!
//! Devlin et al. 2019, <https://arxiv.org/abs/1810.04805>; mean pooling: Reimers & Gurevych 2019,
//! <https://arxiv.org/abs/1908.10084>. The texts of a batch are concatenated without padding,
//! so the vector of a text does not depend on the others.

mod batch;
mod block;
mod classifier;
mod config;
mod dense;
mod encoder;
mod gradients;
mod lanes;
mod learn;
mod masked;
mod norm;
mod presence;
mod shapes;
mod shares;

pub use batch::TextBatch;
pub use classifier::SentenceClassifier;
pub use config::{SentenceClassifierConfig, TransformerConfig, VectorScale};
pub use dense::Dense;
pub use encoder::{Transformer, TransformerTape};
pub use gradients::TransformerGradients;
pub use lanes::{LANES, LaneTapes, Lanes, SpareGradients};
pub use learn::StepSettings;
pub use masked::{MaskedLm, MaskedTokens};
pub use shares::TokenShares;
