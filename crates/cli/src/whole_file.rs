//! A file of results that appears complete or not at all.

use anyhow::Context;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;
use ulmfit::Error;

/// A file of results that appears under its name when it is complete.
pub(crate) struct WholeFile {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
    existing: Existing,
}

/// What becomes of a file that has the name already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    /// It stays: an error, whose hint says how to replace it.
    Refuse {
        /// How to replace it.
        hint: &'static str,
    },
    /// It is replaced when the new one is complete.
    Replace,
}

impl WholeFile {
    /// Claims the place of the file, before hours of work.
    pub(crate) fn create(path: &Path, existing: Existing) -> anyhow::Result<Self> {
        if std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
            // a device or a pipe would be replaced by a file, for every other program as well
            let message = format!("{}: is not a regular file", path.display());
            let hint = Some("leave out --output and redirect standard output there".to_owned());
            return Err(Error::Usage { message, hint }.into());
        }
        match existing {
            Existing::Refuse { hint } if path.exists() => {
                let message = format!("{}: exists already", path.display());
                let hint = Some(format!("{hint}, or choose another name"));
                return Err(Error::Usage { message, hint }.into());
            }
            Existing::Replace if path.is_dir() => {
                let message = format!("{}: is a folder", path.display());
                let hint = Some("choose another name".to_owned());
                return Err(Error::Usage { message, hint }.into());
            }
            _ => {}
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.exists()) {
            let message = format!("{}: there is no folder {}", path.display(), folder.display());
            return Err(Error::Usage { message, hint: Some("create it first".into()) }.into());
        }
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder
            .tempfile_in(folder.unwrap_or(Path::new(".")))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file), existing })
    }

    /// Gives the file its name when all of it is on the disk.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        let Self { path, file, existing } = self;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        let named = match existing {
            Existing::Refuse { .. } => file.persist_noclobber(&path),
            Existing::Replace => file.persist(&path),
        };
        named
            .map_err(|error| error.error)
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(())
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for WholeFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}
