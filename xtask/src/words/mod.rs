//! The English of the repository: pages for readers, and every text in the sources.
//!
//! [`rules`] has the forbidden words, [`pages`] reads README and docs, [`sources`] reads the string literals,
//! error attributes and doc comments of the crates.

mod allowed;
mod pages;
mod rules;
mod sources;

use std::path::Path;

/// Checks pages and sources.
///
/// # Errors
/// Everything found, one line each.
pub(crate) fn check(root: &Path) -> anyhow::Result<String> {
    let (pages, mut faults) = pages::check(root)?;
    let (texts, found) = sources::check(root)?;
    faults.extend(found);
    anyhow::ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(format!("{pages} pages, {texts} texts in the sources"))
}
