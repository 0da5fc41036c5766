//! Labels: their cells, their names as a set, what is odd about them.

mod label_cell;
mod label_notices;
mod label_set;

pub(crate) use label_cell::{LabelCell, kind};
pub use label_notices::LabelNotice;
pub(crate) use label_notices::notices;
pub use label_set::{LabelKind, LabelOptions, LabelSet, Target, Task};
pub(crate) use label_set::{names, number};
