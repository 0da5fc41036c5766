//! Why a `config.json` describes no model.

use std::ops::RangeInclusive;

/// Largest width, vocabulary and number of classes: more than anyone trains, and few enough that
/// no shape overflows.
pub(super) const LARGEST: usize = 1 << 24;
/// Most layers of an encoder, and of a head.
pub(super) const MOST_LAYERS: usize = 64;

/// Why a `config.json` describes no model.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigFault {
    /// A version that this program does not know.
    #[error("format {found} is not supported; this program reads format {known}")]
    Schema {
        /// In the file.
        found: u32,
        /// In this program.
        known: u32,
    },
    /// No direction, or one twice.
    #[error(
        "`directions` must be forward, backward, or each of them once; for a network that is not \
         recurrent, only forward"
    )]
    Directions,
    /// A size that no model has.
    #[error("`{field}` is {found}, but must be from {least} to {most}")]
    Size {
        /// Name of the setting.
        field: &'static str,
        /// In the file.
        found: usize,
        /// Smallest allowed.
        least: usize,
        /// Largest allowed.
        most: usize,
    },
    /// Pieces or a window of nothing.
    #[error("`{field}` is 0, but must be at least 1")]
    Nothing {
        /// Name of the setting.
        field: &'static str,
    },
    /// A value scale where no values are predicted, or none where they are.
    #[error("`target-scale` is for a regression, with a finite mean and a positive deviation")]
    TargetScale,
    /// A width that heads of attention cannot share.
    #[error("`width` is {width}, but must be a multiple of `heads`, {heads}")]
    Heads {
        /// Number of heads.
        heads: usize,
        /// Width of the encoder.
        width: usize,
    },
    /// What is added to a variance must not be negative.
    #[error("`eps` is {found}, but must be a number from 0 up")]
    Epsilon {
        /// In the file.
        found: f64,
    },
    /// Settings of a recurrent network's text pipeline are missing, or there for another network.
    #[error("`text` is required for recurrent networks, and only for them")]
    Text,
    /// A part that is called like another, or whose name cannot begin the name of a file.
    #[error("each part needs a name of its own, of lower-case letters, digits and hyphens")]
    PartName,
    /// A weight of a part that is negative, too large or not a number, or none that is above 0.
    #[error(
        "`weight` of a part is {found}, but must be a number from 0 to 1000, and one of them above 0"
    )]
    PartWeight {
        /// In the file.
        found: f64,
    },
    /// A dropout probability outside 0..1.
    #[error("`dropout` of the head is {found}, but must be from 0 to below 1")]
    Dropout {
        /// In the file.
        found: f64,
    },
}

pub(super) fn size(
    field: &'static str,
    found: usize,
    allowed: RangeInclusive<usize>,
) -> Result<(), ConfigFault> {
    if allowed.contains(&found) {
        return Ok(());
    }
    Err(ConfigFault::Size { field, found, least: *allowed.start(), most: *allowed.end() })
}
