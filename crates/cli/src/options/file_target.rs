//! The file that rows are written to.

use crate::whole_file::{Existing, WholeFile};
use std::path::{Path, PathBuf};

/// Where rows go.
#[derive(Debug, clap::Args)]
pub(crate) struct FileTarget {
    /// Write to this file instead of standard output (`-`); it appears complete or not at all
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace an existing file
    #[arg(long, requires = "output")]
    overwrite: bool,
}

impl FileTarget {
    /// The file's path; `None` is standard output.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.output.as_deref().filter(|path| *path != Path::new("-"))
    }

    /// Whether the file's name has this extension, in whatever case.
    pub(crate) fn has_extension(&self, extension: &str) -> bool {
        let own = self.path().and_then(Path::extension);
        own.is_some_and(|own| own.eq_ignore_ascii_case(extension))
    }

    /// Claims the place of the file, if there is one.
    pub(crate) fn create(&self) -> anyhow::Result<Option<WholeFile>> {
        let existing = if self.overwrite {
            Existing::Replace
        } else {
            Existing::Refuse { hint: "pass --overwrite to replace it" }
        };
        self.path().map(|path| WholeFile::create(path, existing)).transpose()
    }
}
