//! The rounds of co-training.

/// Which of two fine-tunings a part comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Round {
    /// On the labels.
    First,
    /// On the labels and the pseudo-labels about which both views are most confident.
    Second,
}
