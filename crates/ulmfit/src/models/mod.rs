//! Models with everything they need, their folders, the English ones inside the program, predictions.

#[cfg(test)]
mod absurd_weights_tests;
mod bundle;
mod classifier_bundle;
mod classifier_network;
mod classifier_text;
mod compact;
pub mod config;
mod config_check;
mod config_fault;
mod decide;
mod directions;
pub(crate) mod embedded;
mod encoded;
mod explain;
mod fastai;
mod fastai_readme;
mod folder;
#[cfg(test)]
mod hostile_tests;
mod identity;
mod ngram_text;
#[cfg(feature = "onnx")]
pub mod onnx;
mod part;
#[cfg(test)]
mod portfolio_tests;
mod predict;
mod recurrent_text;
mod sentence;
pub(crate) mod stack;
mod summary;
pub mod vectors;
mod weights;

pub use bundle::LmBundle;
pub use classifier_bundle::ClassifierBundle;
pub use classifier_network::ClassifierNetwork;
pub use classifier_text::ClassifierText;
pub use compact::compact;
pub use config::{ModelConfig, NetworkConfig};
pub use decide::Decision;
pub use embedded::{embedded_name, english, open_base, open_model};
pub use encoded::EncodedDocument;
pub use explain::{ExplainMethod, Explanation, WordWeight};
pub use fastai::{FromFastai, from_fastai};
pub use folder::{ModelMetadata, read_config};
#[cfg(feature = "train")]
pub(crate) use part::PSEUDO_LABELS;
pub use part::Part;
pub use predict::{Prediction, Probabilities};
pub use recurrent_text::load_text;
pub use sentence::{EncoderBundle, from_hugging_face};
pub use stack::Stack;
pub use summary::{BaseModel, MainScore, ModelSummary};
