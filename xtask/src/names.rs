//! How much a reader of the library meets at once: names of a module, lines of a room.

use std::fs;
use std::path::Path;

use crate::library;

/// Names that one public module may re-export: more are not a page but a list.
const MOST_NAMES: usize = 30;

/// Rooms that have grown too large before, and the lines that they may have.
const MOST_LINES: &[(&str, usize)] = &[("stages", 2_500)];

/// Counts names and lines of the library in `folder`.
pub(crate) fn check(folder: &Path) -> anyhow::Result<String> {
    let library = library::read(folder)?;
    let mut wrong = Vec::new();
    let mut most = 0;
    for module in library.modules.iter().filter(|module| module.public) {
        let found = module.reexports.len();
        most = most.max(found);
        if found > MOST_NAMES {
            let name = module.name();
            wrong.push(format!("`{name}` re-exports {found} names, {MOST_NAMES} are allowed"));
        }
    }
    for &(room, limit) in MOST_LINES {
        let inside = |module: &&library::Module| module.path.first().is_some_and(|m| m == room);
        let mut found = 0;
        for file in library.modules.iter().filter(inside).flat_map(|module| &module.files) {
            found += fs::read_to_string(folder.join(file))?.lines().count();
        }
        if found > limit {
            wrong.push(format!("`{room}` has {found} lines, {limit} are allowed"));
        }
    }
    anyhow::ensure!(wrong.is_empty(), wrong.join("\n"));
    Ok(format!("no public module re-exports more than {most} names"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A library whose module `stages` re-exports that many names and has that many lines.
    fn library(names: usize, lines: usize) -> anyhow::Result<String> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("lib.rs"), "pub mod stages; pub use stages::N0;")?;
        let list: Vec<String> = (0..names).map(|n| format!("N{n}")).collect();
        let uses = format!("mod a; pub use a::{{{}}};\npub(crate) use a::More;", list.join(","));
        fs::create_dir(folder.path().join("stages"))?;
        fs::write(folder.path().join("stages/mod.rs"), uses)?;
        fs::write(folder.path().join("stages/a.rs"), "\n".repeat(lines - 2))?;
        check(folder.path())
    }

    #[test]
    fn thirty_names_and_2500_lines_are_enough() {
        assert!(library(30, 2_500).unwrap().ends_with("more than 30 names"));
        let error = library(31, 10).unwrap_err().to_string();
        assert_eq!(error, "`stages` re-exports 31 names, 30 are allowed");
        let error = library(1, 2_501).unwrap_err().to_string();
        assert_eq!(error, "`stages` has 2501 lines, 2500 are allowed");
    }
}
