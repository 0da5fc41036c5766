//! From a score to a decision: what may be answered, and how sure that is.
//!
//! A [`Calibration`] holds what a classifier said about labelled rows that it had not learned. From
//! it follow a confidence below which it should not answer ([`RiskCurve`]), sets of labels that
//! hold the right one as often as asked for ([`conformal`]), and a [temperature]. A [`Rule`] is
//! what a user asks for, a [`Policy`] the thresholds that it comes to. [`label_issues`] are labels
//! that are probably wrong; [`Uncertainty`] and [`spread`] say which texts to label next.

mod binomial;
mod calibration;
pub mod conformal;
mod error;
pub mod label_issues;
mod policy;
mod risk;
mod rule;
mod scores;
pub mod spread;
mod summary;
pub mod temperature;
mod uncertainty;

pub use binomial::{at_most, clopper_pearson};
pub use calibration::{Calibration, CalibrationFault, Source};
pub use error::DecisionError;
pub use policy::{Answer, Policy};
pub use risk::{CONFIDENCE, RiskCurve, RiskPoint};
pub use rule::Rule;
pub use scores::{LabelFlags, Scores, TrueProbabilities};
pub use summary::{Automation, Choice, CurvePoint};
pub use uncertainty::Uncertainty;
