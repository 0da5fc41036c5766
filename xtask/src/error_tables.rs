//! Tables of errors, whatever machine they were measured on: a row for each program, a column for each number of
//! labels or data set.

use std::fmt::Write as _;

use crate::means;
use crate::pictures::Picture;
use crate::results::{DRAWN, Run, distinct};
use crate::shown::cell;

/// The tables, each data set of which several numbers of labels were learned below its picture.
pub(crate) fn tables(runs: &[Run], pictures: &[Picture]) -> String {
    let errors: Vec<&Run> = runs.iter().filter(|run| run.is_error()).collect();
    let is_curve = |run: &&Run| {
        errors.iter().any(|other| other.dataset == run.dataset && other.labels != run.labels)
    };
    let (curves, single): (Vec<&Run>, Vec<&Run>) = errors.iter().copied().partition(is_curve);
    let (few, all): (Vec<&Run>, Vec<&Run>) = single.into_iter().partition(|run| run.is_drawn());
    let picture = |of: &str| {
        let found = pictures.iter().find(|it| it.dataset == of);
        found.map_or_else(String::new, |it| format!("![{}](pictures/{})\n\n", it.title, it.file))
    };
    let mut text = String::new();
    if let Some(means) = means::table(runs) {
        let _ = write!(text, "### Means over data sets\n\n{}{means}", picture(means::TITLE));
    }
    let labels =
        |run: &Run| run.labels.map_or_else(String::new, |labels| format!("{labels} labels"));
    let mut datasets = distinct(&curves, |run| run.dataset.clone());
    datasets.sort_by_key(|dataset| !dataset.ends_with(DRAWN)); // those with the most programs first
    for dataset in datasets {
        let of: Vec<&Run> = curves.iter().copied().filter(|run| run.dataset == dataset).collect();
        let _ = write!(text, "### {dataset}\n\n{}{}", picture(&dataset), table(&of, &labels));
    }
    for (title, of) in [("Other data sets, drawn labels", few), ("All labels", all)] {
        if !of.is_empty() {
            let column =
                |run: &Run| format!("{}, {}", run.dataset.trim_end_matches(DRAWN), labels(run));
            let _ = write!(text, "### {title}\n\n{}", table(&of, &column));
        }
    }
    text
}

/// Columns rise with the number of labels.
fn table(of: &[&Run], column: &dyn Fn(&Run) -> String) -> String {
    let mut sorted = of.to_vec();
    sorted.sort_by_key(|run| run.labels);
    let columns = distinct(&sorted, |run| column(run));
    let mut text = format!(
        "| test error, % | {} |\n|---|{}\n",
        columns.join(" | "),
        "---:|".repeat(columns.len())
    );
    for model in models(of) {
        let cells = columns.iter().map(|wanted| {
            let same = |run: &&&Run| run.model == model && column(run) == *wanted;
            of.iter().find(same).map_or_else(String::new, |run| cell(run))
        });
        let cells: Vec<String> = cells.collect();
        let _ = writeln!(text, "| {model} | {} |", cells.join(" | "));
    }
    text.push('\n');
    text
}

/// The programs: `fit`, our others, and then those of others, in the order in which they came.
pub(crate) fn models(of: &[&Run]) -> Vec<String> {
    let rank = |name: &String| match name.as_str() {
        "ulmfit fit" => 0,
        name if name.starts_with("ulmfit fit") => 1,
        name if name.starts_with("ulmfit") => 2,
        "most frequent label" => 4,
        _ => 3,
    };
    let mut models = distinct(of, |run| run.model.clone());
    models.sort_by_key(rank);
    models
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::error;

    #[test]
    fn a_data_set_with_several_numbers_of_labels_has_a_table_of_its_own() {
        let few = |model, labels, value| Run {
            labels: Some(labels),
            dataset: "few".to_owned(),
            ..error(model, value)
        };
        let all = |model| Run { labels: Some(900), ..error(model, 1.0) };
        let runs = [
            few("SVM", 200, 9.0),
            all("ulmfit"),
            few("ulmfit fit", 100, 7.0),
            few("SVM", 100, 8.0),
            all("SVM"),
        ];
        let wanted = "### few\n\n| test error, % | 100 labels | 200 labels |\n|---|---:|---:|\n\
                      | ulmfit fit | 7.0 (2.5–6.4) |  |\n| SVM | 8.0 (2.5–6.4) | 9.0 (2.5–6.4) |\n\n\
                      ### All labels\n\n| test error, % | trec6, 900 labels |\n|---|---:|\n\
                      | ulmfit | 1.0 (2.5–6.4) |\n| SVM | 1.0 (2.5–6.4) |\n\n";
        assert_eq!(tables(&runs, &[]), wanted);
    }
}
