//! Metrics, statistics and reports.
//!
//! Metrics first ([`metrics`], [`ClassificationScores`]), then how certain they are: intervals,
//! a paired [`Comparison`](statistics::Comparison) with a simple baseline, and how far the probabilities can be
//! trusted ([`statistics::calibration`]). A [`Report`] has them all, as text, as JSON, and as a page ([`html`]).
//! [`Table`] shows numbers in a terminal, [`svg`] in a picture.

#[cfg(feature = "train")]
mod baseline;
#[cfg(feature = "train")]
mod contents;
mod evaluation;
mod excerpt;
#[cfg(feature = "train")]
pub mod html;
mod least_sure;
pub mod metrics;
mod mistake;
#[cfg(feature = "train")]
mod part_table;
mod quoted_row;
mod read_scored;
mod scored_rows;
mod scores;
pub mod statistics;
pub mod svg;
mod table;
mod telling_words;
#[cfg(feature = "train")]
mod text;
#[cfg(feature = "train")]
pub mod time_budget;
#[cfg(feature = "train")]
mod training_history;

#[cfg(feature = "train")]
pub use crate::input::{LabelCounts, RowCounts};
#[cfg(feature = "train")]
pub(crate) use baseline::Rival;
#[cfg(feature = "train")]
pub use baseline::{BaselineScores, TfIdfErrors, TfIdfScore};
#[cfg(feature = "train")]
pub use contents::{
    Cost, DataHashes, DirectionScore, EvaluationSplit, PartReport, Provenance, Report,
    SelfTrainingReport, StageTime, peak_rss_mb,
};
pub use evaluation::ClassifierEvaluation;
pub use least_sure::least_sure;
pub use metrics::ClassScores;
pub use mistake::mistakes;
pub use quoted_row::QuotedRow;
pub use read_scored::read_scored;
pub use scored_rows::scored_csv;
pub use scores::ClassificationScores;
pub use table::{Table, percent};
pub use telling_words::TellingWords;
#[cfg(feature = "train")]
pub use training_history::{Curve, EpochScore, GroupRates, TrainingHistory};
