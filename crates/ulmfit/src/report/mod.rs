//! What is measured and how it is shown.
//!
//! Numbers first ([`metrics`], [`ClassificationScores`]), then what they are worth: intervals,
//! a paired [`Comparison`] with the [baselines](baseline), and how far the probabilities can be
//! trusted ([`calibration`]). [`Table`] shows them in a terminal, [`svg`] in a page.

pub mod baseline;
pub mod calibration;
mod compare;
pub mod metrics;
mod scores;
pub mod svg;
mod table;

pub use compare::{Comparison, Verdict};
pub use scores::{ClassScores, ClassificationScores};
pub use table::Table;
pub(crate) use table::percent;
