//! Whether a backward pass reaches the weights of a part.

/// Whether gradients of a part's own weights are computed; frozen parts skip them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightGradients {
    /// They are added to those of earlier passes.
    Accumulate,
    /// The part is frozen: only the gradient of its input is computed.
    Skip,
}

impl WeightGradients {
    /// [`Accumulate`](Self::Accumulate) where the part is trainable.
    pub fn of(is_trainable: bool) -> Self {
        if is_trainable { Self::Accumulate } else { Self::Skip }
    }

    /// Whether they are computed.
    pub fn are_computed(self) -> bool {
        self == Self::Accumulate
    }
}
