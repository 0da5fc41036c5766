//! Learning rates of the groups of layers.

use super::ScheduleError;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Peak learning rates of a model's groups, lowest group first.
///
/// As text, on the command line: `0.01`, `1e-5:1e-3`, `0.01/2.6`, `1e-4,1e-3,1e-2`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum LrSpec {
    /// One rate for every group.
    Scalar {
        /// The rate.
        lr: f64,
    },
    /// Geometric from the lowest group to the highest; fastai's `slice(lowest, highest)`.
    Slice {
        /// Rate of the lowest group.
        lowest: f64,
        /// Rate of the highest group.
        highest: f64,
    },
    /// Each group `factor` times slower than the one above (Howard & Ruder 2018, section 3.2: 2.6).
    Factor {
        /// Rate of the highest group.
        lr: f64,
        /// What it is divided by from group to group.
        factor: f64,
    },
    /// A tenth of the rate for all but the highest group; fastai's `slice(lr)`.
    Tenth {
        /// Rate of the highest group.
        lr: f64,
    },
    /// Each group's own.
    List {
        /// Lowest group first.
        lrs: Vec<f64>,
    },
}

impl LrSpec {
    /// The paper's factor between neighbouring groups.
    pub const FACTOR: f64 = 2.6;

    /// One rate for each of `groups` groups, lowest first.
    ///
    /// # Errors
    /// [`ScheduleError::GroupCount`] for a list of another length, [`ScheduleError::Range`] for a
    /// rate that is not above zero.
    pub fn rates(&self, groups: usize) -> Result<Vec<f64>, ScheduleError> {
        let above = |group: usize| (groups - 1 - group) as f64; // groups above this one
        let spread = |f: &dyn Fn(usize) -> f64| (0..groups).map(f).collect::<Vec<_>>();
        let rates = match self {
            Self::Scalar { lr } => vec![*lr; groups],
            Self::Slice { highest, .. } if groups == 1 => vec![*highest],
            Self::Slice { lowest, highest } => {
                let stride = (highest / lowest).powf(1.0 / (groups - 1) as f64);
                spread(&|group| lowest * stride.powf(group as f64))
            }
            Self::Factor { lr, factor } => spread(&|group| lr / factor.powf(above(group))),
            Self::Tenth { lr } => spread(&|group| if above(group) > 0.0 { lr / 10.0 } else { *lr }),
            Self::List { lrs } if lrs.len() != groups => {
                return Err(ScheduleError::GroupCount { found: lrs.len(), groups });
            }
            Self::List { lrs } => lrs.clone(),
        };
        match rates.iter().find(|rate| !(**rate > 0.0 && rate.is_finite())) {
            Some(&value) => Err(ScheduleError::Range { setting: "lr", value, range: "above 0" }),
            None => Ok(rates),
        }
    }
}

impl FromStr for LrSpec {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let number = |part: &str| match part.trim().parse::<f64>() {
            Ok(value) if value > 0.0 && value.is_finite() => Ok(value),
            _ => Err(ScheduleError::NotARate { text: text.to_owned() }),
        };
        if let Some((lowest, highest)) = text.split_once(':') {
            return Ok(Self::Slice { lowest: number(lowest)?, highest: number(highest)? });
        }
        if let Some((lr, factor)) = text.split_once('/') {
            return Ok(Self::Factor { lr: number(lr)?, factor: number(factor)? });
        }
        if text.contains(',') {
            return Ok(Self::List { lrs: text.split(',').map(number).collect::<Result<_, _>>()? });
        }
        Ok(Self::Scalar { lr: number(text)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: &[f64], wanted: &[f64]) {
        assert_eq!(found.len(), wanted.len());
        for (a, b) in found.iter().zip(wanted) {
            assert!((a / b - 1.0).abs() < 1e-3, "{found:?} {wanted:?}");
        }
    }

    /// The last four columns of fastai: `slice(lr / 2.6**4, lr)` on five groups.
    #[test]
    fn slice_and_factor_agree_with_the_paper() {
        let wanted = [2.188e-5, 5.690e-5, 1.479e-4, 3.846e-4, 1e-3];
        let slice = LrSpec::Slice { lowest: 1e-3 / LrSpec::FACTOR.powi(4), highest: 1e-3 };
        close(&slice.rates(5).unwrap(), &wanted);
        close(&LrSpec::Factor { lr: 1e-3, factor: LrSpec::FACTOR }.rates(5).unwrap(), &wanted);
    }

    #[test]
    fn text_is_read() {
        let rates = |text: &str, groups| text.parse::<LrSpec>().and_then(|spec| spec.rates(groups));
        close(&rates("0.01", 3).unwrap(), &[0.01, 0.01, 0.01]);
        close(&rates("1e-5:1e-3", 3).unwrap(), &[1e-5, 1e-4, 1e-3]);
        close(&rates("1e-5:1e-3", 1).unwrap(), &[1e-3]);
        close(&rates("0.01/2", 3).unwrap(), &[0.0025, 0.005, 0.01]);
        close(&rates("1e-4, 1e-2", 2).unwrap(), &[1e-4, 1e-2]);
        close(&LrSpec::Tenth { lr: 0.01 }.rates(3).unwrap(), &[1e-3, 1e-3, 1e-2]);
        let wrong_length = ScheduleError::GroupCount { found: 2, groups: 3 };
        assert_eq!(rates("1e-4,1e-2", 3), Err(wrong_length));
        for text in ["", "fast", "-1", "0", "inf", "NaN", "1:", "1/0", "1,,2"] {
            assert!(text.parse::<LrSpec>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_rate_of_zero_is_refused_whatever_its_source() {
        let zero = LrSpec::Slice { lowest: 0.0, highest: 1e-3 };
        assert!(matches!(zero.rates(3), Err(ScheduleError::Range { setting: "lr", .. })));
    }
}
