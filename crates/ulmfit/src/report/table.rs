//! Tables for a terminal.

use crate::printable::printable;
use std::fmt;

/// Rows of text in aligned columns; a column of numbers is aligned to the right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these column heads.
    pub fn new<H: Into<String>>(heads: impl IntoIterator<Item = H>) -> Self {
        Self { heads: heads.into_iter().map(|head| cell(&head.into())).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    ///
    /// # Panics
    /// If it does not have one cell per column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<String> = cells.into_iter().map(|text| cell(&text)).collect();
        assert_eq!(cells.len(), self.heads.len(), "one cell per column");
        self.rows.push(cells);
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = |index: usize| self.rows.iter().map(move |row| &row[index]);
        let columns: Vec<_> = (0..self.heads.len())
            .map(|index| {
                let numeric = column(index).all(|cell| cell.parse::<f64>().is_ok());
                let cells = column(index).chain([&self.heads[index]]);
                (cells.map(|cell| cell.chars().count()).max().unwrap_or(0), numeric)
            })
            .collect();
        for row in [&self.heads].into_iter().chain(&self.rows) {
            let cells = row.iter().zip(&columns).map(|(cell, &(width, numeric))| {
                // a label may be longer than the 65,535 characters that format strings can pad to
                let space = " ".repeat(width - cell.chars().count());
                if numeric { space + cell } else { format!("{cell}{space}") }
            });
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}

/// Labels are cells, too, and may hold anything.
fn cell(text: &str) -> String {
    printable(text).into_owned()
}

/// A fraction in percent, with one decimal, as in the HTML report: few test sets can tell more.
pub fn percent(part: f64) -> String {
    format!("{:.1}", 100.0 * part)
}
