//! Every relative link of the pages has its target, every page of the book is in its table of contents, and the
//! README is short.

use std::collections::HashMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::Context as _;

use crate::markdown::{Page, pages};

/// Longest README, in words of the file as it is.
const README_WORDS: usize = 1500;

/// Checks all pages.
///
/// # Errors
/// All faults at once, a line each.
pub(crate) fn check(root: &Path) -> anyhow::Result<String> {
    let mut read: HashMap<PathBuf, Page> = HashMap::new();
    let mut faults = Vec::new();
    let paths = pages(root)?;
    for path in &paths {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        read.insert(tidy(path), Page::of(&text));
        let words = text.split_whitespace().count();
        if path.strip_prefix(root) == Ok(Path::new("README.md")) && words > README_WORDS {
            faults.push(format!("README.md: {words} words; {README_WORDS} are enough"));
        }
    }
    let mut links = 0;
    for path in &paths {
        let name = path.strip_prefix(root).unwrap_or(path).display();
        for (line, link) in &read[&tidy(path)].links {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            links += 1;
            if let Some(fault) = fault(path, link, &read) {
                faults.push(format!("{name}:{line}: {fault}"));
            }
        }
    }
    faults.extend(left_out(&root.join("docs"), &paths, &read));
    anyhow::ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(format!("{} pages, {links} links", paths.len()))
}

/// What is wrong with a relative link of the page at `path`.
fn fault(path: &Path, link: &str, read: &HashMap<PathBuf, Page>) -> Option<String> {
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let folder = path.parent().unwrap_or(path);
    let target = if file.is_empty() { path.to_owned() } else { folder.join(file) };
    if !target.exists() {
        return Some(format!("`{link}` leads nowhere"));
    }
    let page = read.get(&tidy(&target))?;
    let known = anchor.is_empty() || page.anchors.iter().any(|known| known == anchor);
    (!known).then(|| format!("`{link}`: no such heading there"))
}

/// Pages of the book that its table of contents does not name.
fn left_out(book: &Path, paths: &[PathBuf], read: &HashMap<PathBuf, Page>) -> Vec<String> {
    let summary = book.join("SUMMARY.md");
    let Some(contents) = read.get(&tidy(&summary)) else { return Vec::new() };
    let listed: Vec<PathBuf> =
        contents.links.iter().map(|(_, link)| tidy(&book.join(link))).collect();
    let missing = |path: &&PathBuf| {
        path.starts_with(book) && **path != summary && !listed.contains(&tidy(path))
    };
    let say = |path: &PathBuf| format!("docs/SUMMARY.md does not list {}", path.display());
    paths.iter().filter(missing).map(say).collect()
}

/// The path without `.` and `..`.
fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if tidy.file_name().is_some() => _ = tidy.pop(),
            other => tidy.push(other),
        }
    }
    tidy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_fault_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("README.md", "[good](docs/a.md#one-two) [web](https://example.org/x)\n");
        write("docs/SUMMARY.md", "- [a](a.md)\n");
        write("docs/a.md", "# One two\n[up](../README.md) [here](#one-two)\n");
        assert_eq!(check(folder.path()).unwrap(), "3 pages, 4 links");

        write("docs/b.md", "\n[x](gone.md)\n[y](a.md#gone)\n");
        write("README.md", &"word ".repeat(README_WORDS + 1));
        let error = check(folder.path()).unwrap_err().to_string();
        for fault in [
            "README.md: 1501 words",
            "docs/b.md:2: `gone.md` leads nowhere",
            "docs/b.md:3: `a.md#gone`: no such heading there",
            "docs/SUMMARY.md does not list",
        ] {
            assert!(error.contains(fault), "{fault}: {error}");
        }
        assert_eq!(error.lines().count(), 4, "{error}");
    }
}
