//! README and docs.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

use super::rules::forbidden;
use crate::markdown::pages;

/// The glossary quotes these words.
const QUOTES: [&str; 1] = ["CONTRIBUTING.md"];

/// Only the pages that users read first; pages made from the program's own words are checked where they are written.
fn is_checked(name: &Path) -> bool {
    let of_root = name.parent() == Some(Path::new(""));
    let generated = name == Path::new("docs/reference/command-line.md");
    (of_root || name.starts_with("docs"))
        && !generated
        && !QUOTES.iter().any(|page| name == Path::new(page))
}

/// How many pages there are, and what is wrong with them.
///
/// # Errors
/// If a page cannot be read.
pub(super) fn check(root: &Path) -> anyhow::Result<(usize, Vec<String>)> {
    let mut faults = Vec::new();
    let mut read = 0;
    for path in pages(root)? {
        let name = path.strip_prefix(root).unwrap_or(&path);
        if !is_checked(name) {
            continue;
        }
        read += 1;
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        for (start, paragraph) in paragraphs(&text) {
            let at = format!("{}:{start}", name.display());
            faults.extend(forbidden(&paragraph).iter().map(|fault| format!("{at}: {fault}")));
        }
    }
    Ok((read, faults))
}

/// Paragraphs with the number of their first line; a row of a table or list is one, too.
fn paragraphs(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        let begins = ["|", "- ", "* ", "#", "```"].iter().any(|mark| line.starts_with(mark));
        match found.last_mut() {
            Some((_, paragraph)) if open && !begins && !line.is_empty() => {
                paragraph.push(' ');
                paragraph.push_str(line);
            }
            _ if line.is_empty() => {}
            _ => found.push((number + 1, line.to_owned())),
        }
        open = !line.is_empty();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forbidden_word_is_named_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("docs")).unwrap();
        fs::write(folder.path().join("CONTRIBUTING.md"), "It is judged by it.").unwrap();
        fs::write(folder.path().join("docs/a.md"), "Good.\n\nThere is\nno noise.\n").unwrap();
        assert_eq!(check(folder.path()).unwrap(), (1, Vec::new()));
        fs::write(folder.path().join("docs/a.md"), "Good.\n\n- First.\n- This Is\n  No good.\n")
            .unwrap();
        let fault = "docs/a.md:4: `is no`: write is not a".to_owned();
        assert_eq!(check(folder.path()).unwrap(), (1, vec![fault]));
    }
}
