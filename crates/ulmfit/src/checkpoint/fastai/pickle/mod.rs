//! Python pickles, read without Python and without running them.

mod globals;
mod input;
mod machine;
mod object;

pub use globals::{Global, StorageType};
pub use machine::read_pickle;
pub use object::{Id, Object, Pickle};
