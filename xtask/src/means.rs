//! Mean errors over the data sets of which each seed drew labels of its own.

use std::fmt::Write as _;

use crate::error_tables::models;
use crate::results::{DRAWN, Run, distinct};

/// What the table and its picture are called.
pub(crate) const TITLE: &str = "Mean test error over labels";

/// Fewer data sets have no mean.
const FEWEST_SETS: usize = 3;

/// A mean is of the same data sets for all programs and all numbers of labels.
#[derive(Debug, PartialEq)]
pub(crate) struct Means {
    /// Names of the data sets.
    pub(crate) sets: Vec<String>,
    /// Rising.
    pub(crate) labels: Vec<usize>,
    /// For each program, the mean for each number of labels; none where a set is missing.
    pub(crate) of: Vec<(String, Vec<Option<f64>>)>,
}

/// The means, if there are enough data sets.
pub(crate) fn means(runs: &[Run]) -> Option<Means> {
    let drawn: Vec<&Run> = runs.iter().filter(|run| run.is_error() && run.is_drawn()).collect();
    let all_sets = distinct(&drawn, |run| run.dataset.clone());
    let has = |set: &String, labels: usize| {
        drawn.iter().any(|run| run.dataset == *set && run.labels == Some(labels))
    };
    let mut labels: Vec<usize> = distinct(&drawn, |run| run.labels).into_iter().flatten().collect();
    labels.sort_unstable();
    labels.retain(|&labels| all_sets.iter().filter(|set| has(set, labels)).count() >= FEWEST_SETS);
    let in_all = |set: &String| labels.iter().all(|&labels| has(set, labels));
    let sets: Vec<String> = all_sets.into_iter().filter(in_all).collect();
    if sets.len() < FEWEST_SETS || labels.is_empty() {
        return None;
    }
    let mean = |model: &String, labels: usize| {
        let value = |set: &String| {
            let same = |run: &&&Run| {
                run.model == *model && run.dataset == *set && run.labels == Some(labels)
            };
            drawn.iter().find(same).map(|run| run.value)
        };
        let values: Option<Vec<f64>> = sets.iter().map(value).collect();
        values.map(|values| values.iter().sum::<f64>() / values.len() as f64)
    };
    let of = models(&drawn).into_iter().map(|model| {
        let means: Vec<Option<f64>> = labels.iter().map(|&labels| mean(&model, labels)).collect();
        (model, means)
    });
    let of = of.filter(|(_, means)| means.iter().any(Option::is_some)).collect();
    Some(Means { sets, labels, of })
}

/// The table in Markdown and, below it, which data sets they are.
pub(crate) fn table(runs: &[Run]) -> Option<String> {
    let Means { sets, labels, of } = means(runs)?;
    let heads: Vec<String> = labels.iter().map(|labels| format!("{labels} labels")).collect();
    let mut text = format!(
        "| mean test error, % | {} |\n|---|{}\n",
        heads.join(" | "),
        "---:|".repeat(heads.len())
    );
    for (model, means) in of {
        let cell = |mean: &Option<f64>| mean.map_or_else(String::new, |mean| format!("{mean:.1}"));
        let cells: Vec<String> = means.iter().map(cell).collect();
        let _ = writeln!(text, "| {model} | {} |", cells.join(" | "));
    }
    let names: Vec<&str> = sets.iter().map(|set| set.trim_end_matches(DRAWN)).collect();
    let _ = writeln!(text, "\nThe data sets: {}.\n", names.join("; "));
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::error;

    #[test]
    fn a_mean_is_of_the_same_sets_for_all_programs_and_numbers_of_labels() {
        let run = |set: &str, model: &str, labels, value| Run {
            labels: Some(labels),
            dataset: format!("{set}{DRAWN}"),
            ..error(model, value)
        };
        let mut runs = vec![run("x", "a", 100, 1.0), run("y", "a", 100, 2.0)];
        assert_eq!(table(&runs), None, "two sets have no mean");
        runs.push(run("z", "a", 100, 6.0));
        runs.push(run("x", "b", 100, 9.0));
        for set in ["z", "y", "x"] {
            runs.push(run(set, "a", 20, 9.0));
        }
        runs.push(run("other", "a", 100, 50.0)); // not with 20 labels
        runs.push(run("x", "a", 50, 1.0)); // one set only
        let wanted = "| mean test error, % | 20 labels | 100 labels |\n|---|---:|---:|\n\
                      | a | 9.0 | 3.0 |\n\nThe data sets: x; y; z.\n\n";
        assert_eq!(table(&runs).unwrap(), wanted);
    }
}
