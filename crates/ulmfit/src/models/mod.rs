//! Models as people keep them: folders, the English ones inside the program, predictions.

#[cfg(test)]
mod absurd_weights_tests;
mod bundle;
mod compact;
mod config_check;
mod decide;
mod directions;
mod embedded;
mod fastai;
#[cfg(test)]
mod hostile_tests;
mod identity;
mod predict;
mod summary;

pub use bundle::{
    ClassifierBundle, LmBundle, ModelConfig, ModelMetadata, NetworkConfig, load_text, read_config,
};
pub use compact::compact;
pub use config_check::ConfigFault;
pub use decide::Decision;
pub use embedded::{ENGLISH, ENGLISH_BASE, embedded_name, english, open_base, open_model};
pub use fastai::{FromFastai, from_fastai};
pub use predict::{Prediction, Probabilities};
pub use summary::{BaseModel, MainScore, ModelSummary};
