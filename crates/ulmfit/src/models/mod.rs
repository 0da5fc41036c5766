//! Models with everything they need, their folders, the English ones inside the program, predictions.

#[cfg(test)]
mod absurd_weights_tests;
mod bundle;
mod classifier_network;
mod classifier_text;
mod compact;
mod config;
mod config_check;
mod config_fault;
mod decide;
mod directions;
pub(crate) mod embedded;
mod explain;
mod fastai;
mod folder;
#[cfg(test)]
mod hostile_tests;
mod identity;
mod predict;
mod sentence;
mod summary;

pub use bundle::{ClassifierBundle, LmBundle, load_text};
pub use classifier_network::ClassifierNetwork;
pub use classifier_text::ClassifierText;
pub use compact::compact;
pub use config::{ModelConfig, NetworkConfig};
pub use config_fault::ConfigFault;
pub use decide::Decision;
pub use embedded::{ENGLISH, ENGLISH_BASE, embedded_name, english, open_base, open_model};
pub use explain::{ExplainMethod, Explanation, WordWeight};
pub use fastai::{FromFastai, from_fastai};
pub use folder::{ModelMetadata, read_config};
pub use predict::{Prediction, Probabilities};
pub use sentence::{EncoderBundle, from_hugging_face};
pub use summary::{BaseModel, MainScore, ModelSummary};
