//! What is measured and how it is shown.
//!
//! Numbers first ([`metrics`], [`ClassificationScores`]), then what they are worth: intervals,
//! a paired [`Comparison`] with the [baselines](baseline), and how far the probabilities can be
//! trusted ([`calibration`]). A [`Report`] has them all, as text, as JSON, and as a page ([`html`]).
//! [`Table`] shows numbers in a terminal, [`svg`] in a picture.

pub mod baseline;
pub mod calibration;
mod compare;
#[cfg(feature = "train")]
mod contents;
#[cfg(feature = "train")]
mod course;
mod evaluation;
#[cfg(feature = "train")]
pub mod html;
mod learning_curve;
pub mod metrics;
#[cfg(feature = "train")]
mod mistake;
mod scores;
mod spread;
pub mod svg;
mod table;
#[cfg(feature = "train")]
mod text;

pub use compare::{Comparison, Verdict};
#[cfg(feature = "train")]
pub use contents::{
    BaselineScores, Cost, DataHashes, DirectionScore, Judge, LabelCounts, Provenance, Report,
    RowCounts, SelfTrainingReport, StageTime, peak_rss_mb,
};
#[cfg(feature = "train")]
pub use course::{Course, Curve, EpochScore, GroupRates};
pub use evaluation::ClassifierEvaluation;
pub use learning_curve::{CurvePoint, CurveRun, Estimate, LearningCurve, PowerLaw};
pub use metrics::ClassScores;
#[cfg(feature = "train")]
pub use mistake::{Mistake, worst_mistakes};
pub use scores::ClassificationScores;
pub use spread::{Apart, Spread};
pub use table::Table;
#[cfg(feature = "train")]
pub(crate) use table::percent;
