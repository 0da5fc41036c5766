//! How long source files are.

use std::fs;
use std::path::Path;

use crate::files;

const LONGEST: usize = 500; // lines

/// Median and 90th percentile of all files; an error names every file that is too long.
pub(crate) fn check(root: &Path) -> anyhow::Result<String> {
    let mut lengths = Vec::new();
    let mut too_long = Vec::new();
    for path in files::rust_files(root)? {
        let lines = fs::read_to_string(&path)?.lines().count();
        lengths.push(lines);
        if lines > LONGEST {
            let name = path.strip_prefix(root).unwrap_or(&path).display();
            too_long.push(format!("{name} has {lines} lines, {LONGEST} are allowed"));
        }
    }
    anyhow::ensure!(too_long.is_empty(), too_long.join("\n"));
    anyhow::ensure!(!lengths.is_empty(), "no source file found under {}", root.display());
    lengths.sort_unstable();
    Ok(format!(
        "{} files, {} lines; median {}, 90 % have at most {}, longest {}",
        lengths.len(),
        lengths.iter().sum::<usize>(),
        share(&lengths, 0.5),
        share(&lengths, 0.9),
        share(&lengths, 1.0),
    ))
}

/// The smallest length that at least this share of the files does not exceed.
fn share(sorted: &[usize], share: f64) -> usize {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted[rank.max(1) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_lengths_that_occur() {
        let lengths = [10, 20, 30, 40];
        assert_eq!(share(&lengths, 0.5), 20);
        assert_eq!(share(&lengths, 0.9), 40);
        assert_eq!(share(&[7], 0.5), 7);
    }

    #[test]
    fn one_line_too_many_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("fits.rs"), "\n".repeat(LONGEST)).unwrap();
        assert!(check(folder.path()).unwrap().contains("longest 500"));

        fs::write(folder.path().join("long.rs"), "\n".repeat(LONGEST + 1)).unwrap();
        let error = check(folder.path()).unwrap_err().to_string();
        assert_eq!(error, "long.rs has 501 lines, 500 are allowed");
    }
}
