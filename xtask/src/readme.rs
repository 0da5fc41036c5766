//! The results tables of the README and the docs, made from `results/*.jsonl`: no number is typed by hand.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Context as _;

use crate::figures;
use crate::headline;
use crate::markdown;
use crate::pictures::{Picture, pictures};
use crate::results::{self, Run, distinct};

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
    let mut files = vec![(root.join("results/table.md"), table(&runs))];
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

/// The last line of each kind, in the order in which the kinds first came.
fn latest(all: Vec<Run>) -> Vec<Run> {
    let kind = |run: &Run| {
        let words = [&run.task, &run.dataset, &run.metric, &run.model, &run.machine];
        (words.map(String::clone), run.labels)
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

/// Tables of a task and machine: one for all data sets, and one more for each that several numbers of labels were
/// learned from, below its picture.
fn summary(runs: &[Run]) -> String {
    if runs.is_empty() {
        return "No run has been recorded yet.\n".to_owned();
    }
    let machine = |run: &Run| format!("{}, {}", run.machine, run.isa.to_lowercase());
    let mut text = String::new();
    for (task, on) in distinct(runs, |run| (run.task.clone(), machine(run))) {
        let group: Vec<Run> =
            runs.iter().filter(|run| run.task == task && machine(run) == on).cloned().collect();
        let has_curve = |run: &&Run| {
            group.iter().any(|other| other.dataset == run.dataset && other.labels != run.labels)
        };
        let (curves, single): (Vec<&Run>, Vec<&Run>) = group.iter().partition(has_curve);
        let _ = writeln!(text, "**{task}**, {on}\n");
        text.push_str(&rows(&single));
        let pictures = pictures(&group);
        for dataset in distinct(&curves, |run| run.dataset.clone()) {
            if let Some(Picture { file, .. }) = pictures.iter().find(|it| it.dataset == dataset) {
                let _ = writeln!(text, "![{dataset}: error over labels](pictures/{file})\n");
            }
            let of_set: Vec<&Run> =
                curves.iter().copied().filter(|run| run.dataset == dataset).collect();
            text.push_str(&rows(&of_set));
        }
        text.push_str(&means(&group));
    }
    text.push_str(
        "Times, memory, threads and command lines: [results/table.md](../results/table.md).\n",
    );
    text
}

/// A table: a row for what was measured, a column for whom.
fn rows(group: &[&Run]) -> String {
    let mut text = String::new();
    if group.is_empty() {
        return text;
    }
    let models = distinct(group, |run| run.model.clone());
    let _ = writeln!(text, "| | {} |", models.join(" | "));
    let _ = writeln!(text, "|---|{}", "---:|".repeat(models.len()));
    for (metric, what) in distinct(group, |run| (run.metric.clone(), what(run))) {
        let cells = models.iter().map(|model| {
            let same = |run: &&&Run| {
                self::what(run) == what && run.metric == metric && run.model == *model
            };
            group.iter().find(same).map_or_else(String::new, |run| cell(run))
        });
        let cells: Vec<String> = cells.collect();
        let _ = writeln!(text, "| {metric}; {what} | {} |", cells.join(" | "));
    }
    text.push('\n');
    text
}

/// Data sets of which each seed learned from rows of its own.
const DRAWN: &str = ", drawn labels";
/// Fewer data sets have no mean.
const FEWEST_FOR_MEAN: usize = 3;

/// A table of means over data sets with drawn labels: a row for each number of labels, a column for each program
/// that was run on all of these sets.
fn means(group: &[Run]) -> String {
    let drawn: Vec<&Run> = group.iter().filter(|run| run.dataset.ends_with(DRAWN)).collect();
    let models = distinct(&drawn, |run| run.model.clone());
    let mut text = String::new();
    for labels in distinct(&drawn, |run| run.labels) {
        let of: Vec<&Run> = drawn.iter().copied().filter(|run| run.labels == labels).collect();
        let sets = distinct(&of, |run| run.dataset.clone());
        let (Some(labels), true) = (labels, sets.len() >= FEWEST_FOR_MEAN) else { continue };
        let cells = models.iter().map(|model| {
            let values = of.iter().filter(|run| run.model == *model).map(|run| run.value);
            let values: Vec<f64> = values.collect();
            let mean = values.iter().sum::<f64>() / sets.len() as f64;
            if values.len() == sets.len() { format!("{mean:.1}") } else { String::new() }
        });
        let cells: Vec<String> = cells.collect();
        let names: Vec<&str> = sets.iter().map(|set| set.trim_end_matches(DRAWN)).collect();
        let (count, names) = (sets.len(), names.join("; "));
        let _ =
            writeln!(text, "| {labels} labels, {count} sets: {names} | {} |", cells.join(" | "));
    }
    if text.is_empty() {
        return text;
    }
    let head = format!("| mean test error, % | {} |", models.join(" | "));
    format!("{head}\n|---|{}\n{text}\n", "---:|".repeat(models.len()))
}

/// On what a run was measured.
fn what(run: &Run) -> String {
    let labels = run.labels.map_or_else(String::new, |labels| format!(", {labels} labels"));
    format!("{}{labels}", run.dataset)
}

/// A value with its interval.
pub(crate) fn cell(run: &Run) -> String {
    let short = |value: f64| {
        if run.metric.contains('%') { format!("{value:.1}") } else { digits(value, 3) }
    };
    let range = |[low, high]: [f64; 2]| format!(" ({}–{})", short(low), short(high));
    format!("{}{}", short(run.value), run.ci95.map_or_else(String::new, range))
}

/// Everything about every number.
fn table(runs: &[Run]) -> String {
    let mut text = String::from(
        "# Results\n\nMade from the `.jsonl` files beside it by `cargo xtask readme`; the story is in \
         [LOG.md](LOG.md).\n\n| task | data set | model | metric | value | 95 % interval or range | runs | each | n | time | memory | machine |\n\
         |---|---|---|---|---:|---|---:|---|---:|---:|---:|---|\n",
    );
    for run in runs {
        let range = run.ci95.map_or_else(
            || "-".to_owned(),
            |[low, high]| format!("{} to {}", number(low), number(high)),
        );
        let memory = run.peak_rss_mb.map_or_else(|| "-".to_owned(), |mb| format!("{mb:.0} MB"));
        let each: Vec<String> = run.each.iter().map(|&value| number(value)).collect();
        let each = if each.is_empty() { "-".to_owned() } else { each.join(", ") };
        let peak = run.gemm_gflops.map_or_else(String::new, |peak| format!(", {peak:.0} GFLOP/s"));
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {range} | {} | {each} | {} | {} | {memory} | {}, {}, {} threads{peak} |",
            run.task,
            what(run),
            run.model,
            run.metric,
            number(run.value),
            run.seeds,
            run.n,
            run.seconds.map_or_else(|| "-".to_owned(), duration),
            run.machine,
            run.isa,
            run.threads,
        );
    }
    text.push_str("\n## How each was measured\n\n```\n");
    let mut shown = BTreeSet::new(); // one command can give several numbers
    for run in runs {
        if shown.insert((&run.command, &run.commit)) {
            let _ = writeln!(
                text,
                "# {}, {}: {}, commit {}\n{}",
                what(run),
                run.model,
                run.date,
                run.commit,
                run.command
            );
        }
    }
    text.push_str("```\n");
    text
}

/// Four significant digits, and no fewer before the point.
fn number(value: f64) -> String {
    digits(value, 4)
}

/// So many significant digits, and no fewer before the point.
fn digits(value: f64, count: i32) -> String {
    let magnitude = if value == 0.0 { 0 } else { value.abs().log10().floor() as i32 };
    let decimals = usize::try_from((count - 1 - magnitude).clamp(0, 6)).unwrap_or(0);
    format!("{value:.decimals$}")
}

fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7_200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3_600.0),
    }
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
    use crate::results::tests::LINE;

    fn result(model: &str, value: f64) -> Run {
        let run: Run = serde_json::from_str(LINE).unwrap();
        Run { model: model.to_owned(), value, ..run }
    }

    #[test]
    fn the_newest_line_of_a_kind_counts() {
        let kept = latest(vec![result("a", 1.0), result("b", 2.0), result("a", 3.0)]);
        let kept: Vec<_> = kept.iter().map(|run| (run.model.as_str(), run.value)).collect();
        assert_eq!(kept, [("a", 3.0), ("b", 2.0)]);
    }

    #[test]
    fn a_row_shows_interval_time_and_machine_and_below_it_the_command() {
        let text = table(&[result("ulmfit", 4.2), result("ulmfit", 5.0)]);
        let row = text.lines().nth(6).unwrap();
        let wanted = "| classify | trec6 | ulmfit | error % | 4.200 | 2.500 to 6.400 | 3 | - | 500 | 95 s | - | \
                      2 cores, avx512, 2 threads, 223 GFLOP/s |";
        assert_eq!(row, wanted);
        assert!(text.contains("# trec6, ulmfit: 2026-01-31, commit abc\nulmfit fit\n"));
        assert_eq!(text.matches("ulmfit fit").count(), 1);
    }

    #[test]
    fn the_summary_has_a_row_a_metric_and_a_column_a_model() {
        let other = Run { metric: "seconds".to_owned(), ci95: None, ..result("b", 7.0) };
        let text = summary(&[result("a", 1.0), result("b", 2.0), other]);
        let lines: Vec<_> = text.lines().take(6).collect();
        let wanted = [
            "**classify**, 2 cores, avx512",
            "",
            "| | a | b |",
            "|---|---:|---:|",
            "| error %; trec6 | 1.0 (2.5–6.4) | 2.0 (2.5–6.4) |",
            "| seconds; trec6 |  | 7.00 |",
        ];
        assert_eq!(lines, wanted);
    }

    #[test]
    fn a_data_set_with_several_numbers_of_labels_has_a_table_of_its_own() {
        let few =
            |labels| Run { labels: Some(labels), dataset: "few".to_owned(), ..result("a", 3.0) };
        let text = summary(&[result("a", 1.0), few(100), few(200), result("b", 2.0)]);
        let tables: Vec<_> = text.split("\n\n").filter(|part| part.starts_with("| |")).collect();
        assert_eq!(tables.len(), 2, "{text}");
        assert!(tables[0].starts_with("| | a | b |") && !tables[0].contains("few"), "{text}");
        assert!(tables[1].starts_with("| | a |\n") && tables[1].contains("few, 200"), "{text}");
    }

    #[test]
    fn a_mean_is_of_those_who_were_run_on_all_sets() {
        let run = |set: &str, model: &str, value| Run {
            labels: Some(100),
            dataset: format!("{set}{DRAWN}"),
            ..result(model, value)
        };
        let mut runs = vec![run("x", "a", 1.0), run("y", "a", 2.0), run("x", "b", 9.0)];
        assert_eq!(means(&runs), "", "two sets have no mean");
        runs.push(run("z", "a", 6.0));
        let wanted = "| mean test error, % | a | b |\n|---|---:|---:|\n\
                      | 100 labels, 3 sets: x; y; z | 3.0 |  |\n\n";
        assert_eq!(means(&runs), wanted);
    }

    #[test]
    fn numbers_keep_four_digits() {
        assert_eq!(
            [0.0, 0.01234, 4.2, 57.3, 48_123.4].map(number),
            ["0.000", "0.01234", "4.200", "57.30", "48123"]
        );
        assert_eq!([61.4, 600.0, 9_000.0].map(duration), ["61 s", "10 min", "2.5 h"]);
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
