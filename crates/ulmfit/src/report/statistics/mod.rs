//! Statistics: comparisons, spreads over seeds, calibration, learning curves.

pub mod calibration;
mod compare;
mod learning_curve;
mod mean_gain;
mod spread;

pub use calibration::{Reliability, reliability};
pub use compare::{Comparison, Verdict, rounded};
pub use learning_curve::{CurvePoint, CurveRun, Estimate, LearningCurve, PowerLaw};
pub use mean_gain::MeanGain;
pub use spread::{Separation, Spread};
