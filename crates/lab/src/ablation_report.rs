//! The table of an ablation.

use crate::ablation::AblationOptions;
use crate::methods::Method;
use crate::result_log::RunResult;
use serde::Serialize;
use std::fmt::{self, Write};
use ulmfit::report::metrics::{mean_interval, wilson};
use ulmfit::report::statistics::{Separation, Spread};
use ulmfit::report::{RowCounts, Table, percent};

/// Rows of the paper's tables, run here.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AblationReport {
    /// `test`, or `validation`: rows that nothing was chosen by here either, but a recipe may have
    /// been.
    pub scored_on: &'static str,
    /// How many rows went where.
    pub rows: RowCounts,
    /// Rows that were scored.
    pub scored: usize,
    /// The recipe that the methods change.
    pub recipe: String,
    /// Roots of the runs' randomness.
    pub seeds: Vec<u64>,
    /// The method the others are compared with.
    pub reference: &'static str,
    /// One a method.
    pub methods: Vec<AblationRow>,
}

/// A method.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AblationRow {
    /// Its name.
    pub method: &'static str,
    /// Tables of the paper that have this row.
    pub tables: &'static str,
    /// What it is.
    pub title: &'static str,
    /// Error of its runs.
    pub error: Spread,
    /// Error of each run, in the order of the seeds.
    pub errors: Vec<f64>,
    /// Mean error minus that of the reference.
    pub difference: f64,
    /// 95 % interval of that, as far as it depends on which rows are scored (paired, row by row).
    pub difference_ci95: [f64; 2],
    /// Whether it exceeds the spread over the seeds of both.
    pub apart: Separation,
    /// Mean time of a run, without language models that several share.
    pub seconds: f64,
}

impl AblationReport {
    pub(crate) fn new(
        methods: &[Method],
        cells: &[Vec<RunResult>],
        rows: RowCounts,
        scored_on: &'static str,
        options: &AblationOptions,
    ) -> Self {
        let spread = |cells: &[RunResult]| {
            let errors: Vec<f64> = cells.iter().map(|cell| cell.error).collect();
            (Spread::from_runs(&errors).expect("a row has runs"), errors)
        };
        let first = methods.iter().position(|method| method.name == "ulmfit").unwrap_or(0);
        let reference = spread(&cells[first]).0;
        let of_reference = by_row(&cells[first]);
        let row = |(method, cells): (&Method, &Vec<RunResult>)| {
            let (error, errors) = spread(cells);
            let pairs = by_row(cells).into_iter().zip(&of_reference);
            let differences: Vec<f64> = pairs.map(|(here, there)| here - there).collect();
            AblationRow {
                method: method.name,
                tables: method.tables,
                title: method.title,
                error,
                errors,
                difference: error.mean - reference.mean,
                difference_ci95: mean_interval(&differences).1,
                apart: error.separation(&reference),
                seconds: cells.iter().map(|cell| cell.seconds).sum::<f64>() / cells.len() as f64,
            }
        };
        Self {
            scored_on,
            rows,
            scored: cells[first][0].rows,
            recipe: options.recipe.name.clone(),
            seeds: options.seeds.clone(),
            reference: methods[first].name,
            methods: methods.iter().zip(cells).map(row).collect(),
        }
    }

    /// What the difference of a method is worth, in words.
    fn verdict(&self, row: &AblationRow) -> &'static str {
        if row.method == self.reference {
            return "reference";
        }
        let [low, high] = row.difference_ci95;
        match row.apart {
            Separation::Lower if high < 0.0 => "better",
            Separation::Higher if low > 0.0 => "worse",
            Separation::Lower | Separation::Higher => "too few rows to tell",
            Separation::Within => "within the spread",
            Separation::Unknown => "one seed: cannot tell",
        }
    }

    fn cells(&self, row: &AblationRow) -> [String; 9] {
        let Spread { mean, sd, min, max, .. } = row.error;
        [
            row.method.to_owned(),
            row.tables.to_owned(),
            row.title.to_owned(),
            percent(mean),
            sd.map_or("-".to_owned(), percent),
            format!("{}-{}", percent(min), percent(max)),
            format!("{:+.2}", 100.0 * row.difference),
            self.verdict(row).to_owned(),
            format!("{:.0}", row.seconds),
        ]
    }

    /// How the numbers were measured.
    fn notes(&self) -> String {
        let (n, seeds) = (self.scored, self.seeds.len());
        let reference = self.methods.iter().find(|row| row.method == self.reference);
        let mean = reference.map_or(0.0, |row| row.error.mean);
        let [low, high] = wilson((mean * n as f64).round() as u64, n as u64);
        let kind = self.scored_on;
        let note = match kind {
            "validation" => "; the recipe may have been selected on them",
            _ => "",
        };
        format!(
            "Error in percent of {n} {kind} rows{note}: mean, standard deviation and range over {seeds} \
             seed{}. All methods use the same {} training rows.\nDifferences are to {}. \"Within the \
             spread\": the ranges touch, or the means differ by less than the two standard deviations \
             together. \"Too few rows\": the difference exceeds the spread, but may be due to this \
             sample of rows (paired 95 % interval).\nOn another {n} rows, an error of {} % could be \
             {} to {} % (95 % interval), for all methods alike.\nRecipe: {}.\n",
            if seeds == 1 { "" } else { "s" },
            self.rows.train,
            self.reference,
            percent(mean),
            percent(low),
            percent(high),
            self.recipe,
        )
    }

    /// The same for a page.
    pub fn markdown(&self) -> String {
        let mut page = "# Ablation\n\n".to_owned();
        let _ = writeln!(page, "| {} |\n|{}", HEADS.join(" | "), "---|".repeat(HEADS.len()));
        for row in &self.methods {
            let _ = writeln!(page, "| {} |", self.cells(row).join(" | "));
        }
        page + "\n" + &self.notes()
    }
}

/// The share of the runs that predicted each scored row wrong.
fn by_row(cells: &[RunResult]) -> Vec<f64> {
    let mut wrong = vec![0.0; cells[0].rows];
    for row in cells.iter().flat_map(|cell| &cell.wrong) {
        wrong[*row as usize] += 1.0 / cells.len() as f64;
    }
    wrong
}

const HEADS: [&str; 9] =
    ["row", "paper's table", "what", "error", "sd", "range", "difference", "verdict", "seconds"];

impl fmt::Display for AblationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new(HEADS);
        self.methods.iter().for_each(|row| table.row(self.cells(row)));
        write!(f, "{table}\n{}", self.notes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulmfit::report::statistics::Separation;

    fn cell(method: &str, seed: u64, rows: usize, wrong: usize) -> RunResult {
        RunResult {
            method: method.into(),
            seed,
            labels: 90,
            key: String::new(),
            error: wrong as f64 / rows as f64,
            rows,
            wrong: (0..wrong as u32).collect(),
            seconds: 1.0,
        }
    }

    /// Two seeds that agree do not make two rows of fifty a proof.
    #[test]
    fn a_method_is_better_only_if_seeds_and_rows_say_so() {
        let methods = ["ulmfit", "last"].map(|name| Method::named(name).unwrap());
        let options = AblationOptions {
            methods: methods.to_vec(),
            seeds: vec![1, 2],
            recipe: ulmfit::recipe::Recipe::preset("default").unwrap(),
            overrides: ulmfit::recipe::Overrides::default(),
            lm_overrides: ulmfit::recipe::Overrides::default(),
            classify: ulmfit::stages::ClassifyOptions::default(),
            shares: ulmfit::input::SplitFractions { valid: 0.1, test: 0.0 },
            vocab: ulmfit::text::VocabConfig::default(),
        };
        let counts = RowCounts { train: 90, valid: 10, test: 0, train_like_test: 0 };
        let verdict = |rows: usize, [ours, last]: [usize; 2]| {
            let runs =
                |name: &str, wrong| [1, 2].map(|seed| cell(name, seed, rows, wrong)).to_vec();
            let cells = [runs("ulmfit", ours), runs("last", last)];
            let report = AblationReport::new(&methods, &cells, counts, "validation", &options);
            assert_eq!(report.methods[1].apart == Separation::Within, ours == last);
            report.verdict(&report.methods[1])
        };
        assert_eq!(verdict(50, [10, 12]), "too few rows to tell");
        assert_eq!(verdict(50, [10, 22]), "worse");
        assert_eq!(verdict(50, [22, 10]), "better");
        assert_eq!(verdict(50, [10, 10]), "within the spread");
    }
}
