//! Statistics: comparisons, spreads over seeds, calibration, learning curves.

pub mod calibration;
mod compare;
mod learning_curve;
mod spread;

pub use calibration::{Reliability, reliability};
pub use compare::{Comparison, Verdict, rounded, rows_for_mean};
pub use learning_curve::{CurvePoint, CurveRun, Estimate, LearningCurve, PowerLaw};
pub use spread::{Separation, Spread};
