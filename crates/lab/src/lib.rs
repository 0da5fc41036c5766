//! Many runs side by side: the paper's ablations, and error against the number of labels.
//!
//! A [`ExperimentFolder`] keeps them in a folder: a line of `results.jsonl` for each run that was finished,
//! language models that several runs share, and the state of the run that is going on. The same
//! command again takes what is there and does what is missing. Several processes can share the folder
//! ([`Sharing::Worker`]).

mod ablation;
mod ablation_report;
mod bench;
mod bench_checkpoint;
mod bench_encoder;
mod bench_profile;
mod bench_scaling;
mod experiment_folder;
mod label_curve;
mod label_report;
mod lane_model;
mod methods;
mod models;
mod result_log;
mod score;

pub use ablation::{AblationOptions, ablate};
pub use ablation_report::{AblationReport, AblationRow};
pub use bench::{BenchOptions, ClassifierSpeed, Speed, bench_classifier, bench_lm};
pub use bench_checkpoint::{CheckpointSpeed, bench_checkpoint};
pub use bench_encoder::{EncoderSpeed, bench_encoder};
pub use bench_profile::{PartTime, PredictionProfile, profile_prediction};
pub use bench_scaling::{Scaling, ScalingReport, bench_scaling};
pub use experiment_folder::{ExperimentFolder, Sharing};
pub use label_curve::{LabelCurveInput, LabelCurveOptions, LabelMethod, label_curve};
pub use label_report::{LabelCurveReport, LabelRow, MethodCurve};
pub use lane_model::{LaneModel, wait_seconds};
pub use methods::{METHODS, Method};
pub use result_log::RunResult;
