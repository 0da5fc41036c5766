//! Words that the pages for users do without: the field has others, or English does.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

use crate::markdown::pages;

/// What not to write, in lower case, and what to write.
const FORBIDDEN: [(&str, &str); 20] = [
    ("foretell", "predict, extrapolate"),
    ("labels are dear", "labels are expensive"),
    ("strangers", "untrusted input"),
    (" is no ", "is not a"),
    (" are no ", "are not"),
    ("no number any more", "NaN or infinite"),
    ("to choose by", "validation set"),
    ("to score on", "test set"),
    ("rows of a batch", "batch size"),
    ("stands under", "is listed under"),
    ("stands in ", "is in"),
    ("for so much data", "for little data, for much data"),
    ("may flatter", "may be optimistic"),
    ("a folder a class", "one folder per class"),
    ("a text a line", "one text per line"),
    ("a row a method", "one row per method"),
    ("a file a command", "one file per command"),
    ("a scale a row", "one scale per row"),
    ("judged by", "evaluated on"),
    ("right on average", "unbiased"),
];

/// Where "no" is good English.
const THERE: [&str; 2] = ["there is no ", "there are no "];

/// Pages that are as they were written: the history, and the glossary, which quotes these words.
const HISTORY: [&str; 2] = ["CHANGELOG.md", "CONTRIBUTING.md"];

/// Only the pages that users read first; pages made from the program's own words are checked where they are written.
fn is_checked(name: &Path) -> bool {
    let of_root = name.parent() == Some(Path::new(""));
    let generated = name == Path::new("docs/reference/command-line.md");
    (of_root || name.starts_with("docs"))
        && !generated
        && !HISTORY.iter().any(|page| name == Path::new(page))
}

/// Reads the pages.
///
/// # Errors
/// All forbidden words at once, a line each.
pub(crate) fn check(root: &Path) -> anyhow::Result<String> {
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
        for (number, line) in text.lines().enumerate() {
            let line = line.to_lowercase();
            let line = THERE.iter().fold(line, |line, there| line.replace(there, ""));
            for (word, instead) in FORBIDDEN {
                if line.contains(word) {
                    let at = format!("{}:{}", name.display(), number + 1);
                    faults.push(format!("{at}: `{}`: write {instead}", word.trim()));
                }
            }
        }
    }
    anyhow::ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(format!("{read} pages"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forbidden_word_is_named_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("docs")).unwrap();
        fs::write(folder.path().join("CHANGELOG.md"), "It foretells.").unwrap();
        fs::write(folder.path().join("docs/a.md"), "Good.\nThere is no noise.\n").unwrap();
        assert_eq!(check(folder.path()).unwrap(), "1 pages");
        fs::write(folder.path().join("docs/a.md"), "Good.\nThis Is No good.\n").unwrap();
        let error = check(folder.path()).unwrap_err().to_string();
        assert_eq!(error, "docs/a.md:2: `is no`: write is not a");
    }
}
