//! Counts in a grid, darker where there are more.

use super::{Escaped, open};
use std::fmt;

/// Counts by row and column, each row shaded by its own shares; `to_string` is the SVG.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeatMap {
    /// What it shows.
    pub title: String,
    /// What a row is.
    pub row_label: String,
    /// What a column is.
    pub column_label: String,
    /// Names of rows and of columns.
    pub names: Vec<String>,
    /// `counts[row][column]`.
    pub counts: Vec<Vec<u64>>,
}

const LEFT: f64 = 130.0;
const TOP: f64 = 140.0;
/// Names longer than this are cut.
const NAME: usize = 16;

impl fmt::Display for HeatMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = (560.0 / self.names.len().max(1) as f64).clamp(6.0, 48.0);
        let (numbers, names) = (size >= 26.0, size >= 12.0);
        let (width, height) = (
            (LEFT + size * self.names.len() as f64 + 70.0).max(360.0),
            TOP + size * self.names.len() as f64 + 20.0,
        );
        open(f, width, height, &self.title)?;
        let (rows, columns) = (Escaped(&self.row_label), Escaped(&self.column_label));
        writeln!(f, "<text x=\"16\" y=\"46\">rows: {rows}, columns: {columns}</text>")?;
        for (index, name) in self.names.iter().enumerate().filter(|_| names) {
            let cut: String = name.chars().take(NAME).collect();
            let (cut, middle) = (Escaped(&cut), (index as f64 + 0.5) * size);
            let (x, y) = (LEFT + middle, TOP + middle + 4.0);
            writeln!(
                f,
                "<text x=\"{}\" y=\"{y:.1}\" text-anchor=\"end\">{cut}</text>",
                LEFT - 8.0
            )?;
            writeln!(
                f,
                "<text transform=\"translate({x:.1} {}) rotate(-45)\">{cut}</text>",
                TOP - 8.0
            )?;
        }
        for (row, counts) in self.counts.iter().enumerate() {
            let total = counts.iter().sum::<u64>().max(1) as f64;
            for (column, &count) in counts.iter().enumerate() {
                let share = count as f64 / total;
                let (x, y) = (LEFT + column as f64 * size, TOP + row as f64 * size);
                writeln!(
                    f,
                    "<rect class=\"cell\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{size:.1}\" height=\"{size:.1}\" \
                     fill-opacity=\"{:.3}\"/>",
                    share.mul_add(0.96, 0.04)
                )?;
                if numbers && count > 0 {
                    let class = if share > 0.5 { " class=\"strong\"" } else { "" };
                    let (x, y) = (x + size / 2.0, y + size / 2.0 + 4.0);
                    writeln!(
                        f,
                        "<text{class} x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{count}</text>"
                    )?;
                }
            }
        }
        writeln!(f, "</svg>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_has_its_cell() {
        let names: Vec<_> = ["a", "b<"].map(str::to_owned).to_vec();
        let map = HeatMap {
            title: "t".to_owned(),
            row_label: "is".to_owned(),
            column_label: "guess".to_owned(),
            names,
            counts: vec![vec![3, 1], vec![0, 0]],
        };
        let svg = map.to_string();
        assert_eq!(svg.matches("class=\"cell\"").count(), 4);
        assert!(svg.contains("fill-opacity=\"0.760\"") && svg.contains(">3</text>"));
        assert!(svg.contains("b&lt;") && !svg.contains("NaN"));
    }
}
