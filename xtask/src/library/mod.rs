//! A library as its compiler sees it: modules, what each one imports, and the paths it uses.

mod read;
mod resolve;
mod scan;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub(crate) use read::read;
pub(crate) use scan::{attributes, is_for_tests};

/// All modules of a library except those that only tests compile. The first is the crate's root.
#[derive(Debug)]
pub(crate) struct Library {
    pub(crate) modules: Vec<Module>,
}

/// One module: a file, or braces in one.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// Names below the crate's root, which has none: `["text", "rules"]`.
    pub(crate) path: Vec<String>,
    /// Relative to the folder of `lib.rs`; several if `cfg` chooses between them.
    pub(crate) files: Vec<PathBuf>,
    pub(crate) parent: Option<usize>,
    /// Whether a user of the library can name it.
    pub(crate) public: bool,
    /// Names that it makes visible to users of the library by `pub use`.
    pub(crate) reexports: BTreeSet<String>,
    children: BTreeMap<String, usize>,
    imports: BTreeMap<String, Vec<Vec<String>>>,
    globs: Vec<Vec<String>>,
    items: BTreeSet<String>,
    uses: BTreeSet<Vec<String>>,
}

impl Module {
    /// `text::rules`; the root is `lib.rs`.
    pub(crate) fn name(&self) -> String {
        if self.path.is_empty() { "lib.rs".to_owned() } else { self.path.join("::") }
    }

    /// The file to show in a message.
    pub(crate) fn file(&self) -> &Path {
        self.files.first().map_or(Path::new("lib.rs"), PathBuf::as_path)
    }
}

/// One module uses another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Arrow {
    pub(crate) from: usize,
    /// Where the name is defined.
    pub(crate) to: usize,
    /// Whose re-export the path goes through, if that is not the module of the definition.
    pub(crate) through: Option<usize>,
}
