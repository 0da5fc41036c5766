//! Labels: their cells, their names as a set, and oddities.

mod label_cell;
mod label_kind;
mod label_notices;
mod label_set;
mod predicted;

pub(crate) use label_cell::{LabelCell, kind};
pub use label_kind::{LabelKind, Task};
pub use label_notices::LabelNotice;
pub(crate) use label_notices::{notices, same_spelling};
pub use label_set::{LabelOptions, LabelSet, Target};
pub(crate) use label_set::{multi_hot, names, number};
pub(crate) use predicted::{PREDICTED, predicted_labels};
