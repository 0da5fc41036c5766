//! Models and runs on disk.
//!
//! - [`tensors`]: strict safetensors, the only weight format we write;
//! - [`FolderWriter`] and [`ModelFolder`]: a folder that is complete, with a hash of every file,
//!   or absent;
//! - `RunFolder` (feature `train`): lock, configuration, metrics and rotating checkpoints of a
//!   run;
//! - [`fastai`]: weights and vocabularies of fastai, in and out, without executing a pickle.
//!
//! Whatever is read here may be untrusted, or come from a disk that lost power: every size is
//! checked before memory is taken, every hash before a byte is believed.

mod crash_point;
mod difference;
mod durable;
mod error;
pub mod fastai;
mod folder_writer;
mod hugging_face;
mod manifest;
mod model_folder;
#[cfg(feature = "train")]
mod run;
pub mod tensors;

#[cfg(test)]
mod folder_tests;
#[cfg(test)]
mod fuzz_replay;
#[cfg(test)]
pub(crate) mod test_process;

#[cfg(debug_assertions)]
#[doc(hidden)]
pub use crash_point::CRASH_POINTS;
pub use difference::ConfigDifference;
pub use durable::{hash_file, replace};
pub use error::{CheckpointError, ManifestFault};
pub use folder_writer::{FolderWriter, Overwrite};
pub use hugging_face::HuggingFaceFault;
pub use manifest::check_manifest;
pub use model_folder::ModelFolder;
#[cfg(feature = "train")]
pub use run::RunLock;
#[cfg(feature = "train")]
pub(crate) use run::{CONFIG, VERSION, differences, store_or_compare};
#[cfg(feature = "train")]
pub use run::{Checkpoint, Retention, RunFolder, SkippedCheckpoint};
pub use tensors::{
    Dtype, HostTensor, Tensors, TensorsError, peek_tensors, read_some_tensors, read_tensors,
    stored_as, write_tensors,
};
