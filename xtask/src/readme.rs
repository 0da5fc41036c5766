//! The results tables of the README and the docs, made from `results/*.jsonl`: no number is typed by hand.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

use crate::all_numbers;
use crate::error_tables;
use crate::figures;
use crate::headline;
use crate::markdown;
use crate::pictures::pictures;
use crate::results::{self, Run};
use crate::speed_tables;

const START: &str = "<!-- results:start -->\n";
const END: &str = "<!-- results:end -->";

/// What to do when table and results differ.
#[derive(Clone, Copy)]
pub(crate) enum Mode {
    Check,
    Write,
}

/// Writes, or compares: the short table of the README, all tables in `docs/results.md`, the figures in the sentences
/// of both and of every page of `docs/`, all that is known of each number in `results/table.md`, and the pictures.
pub(crate) fn run(root: &Path, mode: Mode) -> anyhow::Result<String> {
    let runs = latest(results::read(&root.join("results"))?);
    let mut files = vec![(root.join("results/table.md"), all_numbers::table(&runs))];
    for path in markdown::pages(root)? {
        let mut text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let name = path.strip_prefix(root).unwrap_or(&path);
        if name == Path::new("README.md") {
            text = replaced(&text, &headline::table(&runs)?)?;
        } else if name == Path::new("docs/results.md") {
            text = replaced(&text, &summary(&runs))?;
        }
        let text =
            figures::replaced(&text, &runs).with_context(|| format!("in {}", name.display()))?;
        files.push((path, text));
    }
    let drawn = pictures(&runs).into_iter();
    files.extend(drawn.map(|picture| (root.join("docs/pictures").join(picture.file), picture.svg)));
    for (path, new) in files {
        if fs::read_to_string(&path).is_ok_and(|old| old == new) {
            continue;
        }
        match mode {
            Mode::Check => {
                anyhow::bail!("{} is out of date: run `cargo xtask readme`", path.display())
            }
            Mode::Write => {
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder)?;
                }
                fs::write(&path, new)?;
            }
        }
    }
    Ok(format!("{} results", runs.len()))
}

/// The last line of each kind, in the order in which the kinds first came. A speed belongs to a machine; an error does
/// not.
fn latest(all: Vec<Run>) -> Vec<Run> {
    let kind = |run: &Run| {
        let words = [&run.task, &run.dataset, &run.metric, &run.model];
        (words.map(String::clone), run.labels, (!run.is_error()).then(|| run.machine.clone()))
    };
    let mut kept: Vec<Run> = Vec::new();
    for run in all {
        match kept.iter_mut().find(|other| kind(other) == kind(&run)) {
            Some(older) => *older = run,
            None => kept.push(run),
        }
    }
    kept
}

/// All tables of `docs/results.md`.
fn summary(runs: &[Run]) -> String {
    if runs.is_empty() {
        return "No run has been recorded yet.\n".to_owned();
    }
    format!(
        "{}{}Times, memory, threads and command lines: [results/table.md](../results/table.md).\n",
        error_tables::tables(runs, &pictures(runs)),
        speed_tables::tables(runs)
    )
}

fn replaced(readme: &str, table: &str) -> anyhow::Result<String> {
    let start =
        readme.find(START).with_context(|| format!("the page has no `{}`", START.trim()))?
            + START.len();
    let end = readme[start..]
        .find(END)
        .with_context(|| format!("the page has no `{END}` after the start"))?
        + start;
    Ok(format!("{}{table}{}", &readme[..start], &readme[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::{error, result};

    #[test]
    fn the_newest_line_of_a_kind_counts() {
        let kept = latest(vec![result("a", 1.0), result("b", 2.0), result("a", 3.0)]);
        let kept: Vec<_> = kept.iter().map(|run| (run.model.as_str(), run.value)).collect();
        assert_eq!(kept, [("a", 3.0), ("b", 2.0)]);
        let on = |run: Run| Run { machine: "another".to_owned(), ..run };
        let kept = latest(vec![result("speed", 1.0), on(result("speed", 2.0))]);
        assert_eq!(kept.len(), 2, "a speed belongs to a machine");
        let kept = latest(vec![error("a", 1.0), on(error("a", 2.0))]);
        assert_eq!(kept.len(), 1, "an error does not");
    }

    #[test]
    fn check_reports_what_write_repairs() {
        let folder = tempfile::tempdir().unwrap();
        let readme = folder.path().join("README.md");
        let docs = folder.path().join("docs/results.md");
        fs::create_dir(folder.path().join("results")).unwrap();
        fs::create_dir(folder.path().join("docs")).unwrap();
        fs::write(folder.path().join("results/a.jsonl"), headline::tests::lines()).unwrap();
        for page in [&readme, &docs] {
            fs::write(page, format!("before\n{START}old\n{END}\nafter\n")).unwrap();
        }

        assert!(run(folder.path(), Mode::Check).unwrap_err().to_string().contains("out of date"));
        assert_eq!(run(folder.path(), Mode::Write).unwrap(), "8 results");
        assert!(run(folder.path(), Mode::Check).is_ok());
        for page in [&readme, &docs] {
            let text = fs::read_to_string(page).unwrap();
            assert!(text.starts_with("before\n") && text.ends_with("after\n"), "{text}");
            assert!(!text.contains("old") && text.contains("TREC-6"), "{text}");
        }
    }

    #[test]
    fn a_readme_without_markers_is_refused() {
        assert!(replaced("nothing here", "").unwrap_err().to_string().contains("results:start"));
    }
}
