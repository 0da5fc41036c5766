//! Token ids to predictions, and gradients back.
