//! Tables of speeds, one per machine: a row for what was measured, a column for each program.

use std::fmt::Write as _;

use crate::results::{Run, distinct};
use crate::shown::{cell, what};

/// The tables of all runs that are not errors.
pub(crate) fn tables(runs: &[Run]) -> String {
    let speeds: Vec<&Run> = runs.iter().filter(|run| !run.is_error()).collect();
    let machine = |run: &Run| format!("{}, {}", run.machine, run.isa.to_lowercase());
    let mut text = String::new();
    for on in distinct(&speeds, |run| machine(run)) {
        let group: Vec<&Run> = speeds.iter().copied().filter(|run| machine(run) == on).collect();
        let _ = writeln!(text, "### Speed on {on}\n");
        text.push_str(&table(&group));
    }
    text
}

fn table(group: &[&Run]) -> String {
    let models = distinct(group, |run| run.model.clone());
    let mut text = format!("| | {} |\n|---|{}\n", models.join(" | "), "---:|".repeat(models.len()));
    for (metric, on) in distinct(group, |run| (run.metric.clone(), what(run))) {
        let cells = models.iter().map(|model| {
            let same = |run: &&&Run| what(run) == on && run.metric == metric && run.model == *model;
            group.iter().find(same).map_or_else(String::new, |run| cell(run))
        });
        let cells: Vec<String> = cells.collect();
        let _ = writeln!(text, "| {metric}; {on} | {} |", cells.join(" | "));
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::{error, result};

    #[test]
    fn each_machine_has_a_table_with_a_column_a_model() {
        let speed = |model: &str, machine: &str| Run {
            metric: "texts/s".to_owned(),
            ci95: None,
            machine: machine.to_owned(),
            ..result(model, 7.0)
        };
        let text = tables(&[speed("a", "x"), error("a", 1.0), speed("b", "x"), speed("b", "y")]);
        let wanted = "### Speed on x, avx512\n\n| | a | b |\n|---|---:|---:|\n| texts/s; trec6 | 7.00 | 7.00 |\n\n\
                      ### Speed on y, avx512\n\n| | b |\n|---|---:|\n| texts/s; trec6 | 7.00 |\n\n";
        assert_eq!(text, wanted);
    }
}
