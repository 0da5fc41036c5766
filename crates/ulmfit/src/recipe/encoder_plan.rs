//! What all fine-tunings of a sentence encoder have in common.

use crate::optim::OptimizerConfig;
use crate::schedule::{ScheduleConfig, Slanted};
use crate::train::{Phase, Plan};
use ulmfit_ops::Key;

/// The rate rises during the first tenth of the updates, then falls to zero.
pub(super) const WARM_UP: ScheduleConfig =
    ScheduleConfig::Slanted(Slanted { cut_frac: 0.1, ratio: f64::INFINITY });

/// AdamW with PyTorch's defaults, which SetFit uses as well. The gradients have a norm of at most 1, as in BERT's program
/// and by default in `transformers`.
pub(super) fn plan(phases: Vec<Phase>, weight_decay: f64, key: Key) -> Plan {
    Plan {
        phases,
        optimizer: OptimizerConfig::Adam { mom: 0.9, sqr_mom: 0.999, eps: 1e-8 },
        weight_decay,
        clip: Some(1.0),
        accumulate: 1,
        patience: None,
        keep_best: false,
        key,
    }
}
