//! Which optimiser, and its constants.

use serde::{Deserialize, Serialize};

/// An update rule.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[serde(deny_unknown_fields)]
pub enum OptimizerConfig {
    /// Adam with decoupled weight decay, as fastai 2 computes it.
    Adam {
        /// First `β`, unless the schedule moves it. The paper's is 0.7.
        mom: f64,
        /// Second `β`.
        sqr_mom: f64,
        /// Added to the root of the second moment.
        eps: f64,
    },
    /// Plain stochastic gradient descent with an L2 penalty.
    Sgd,
    /// SGD that starts averaging weights when validation stops improving (Merity, Keskar &
    /// Socher 2017, algorithm 1).
    NtAsgd {
        /// `n` of the paper: epochs without improvement before averaging starts.
        nonmono: usize,
    },
}

impl Default for OptimizerConfig {
    /// The paper's momenta (section 4.1) and fastai's `eps`.
    fn default() -> Self {
        Self::Adam { mom: 0.7, sqr_mom: 0.99, eps: 1e-5 }
    }
}
