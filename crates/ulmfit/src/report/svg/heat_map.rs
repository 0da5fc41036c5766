//! Counts in a grid, darker where there are more.

use super::{Escaped, InMedium, Medium, Picture, open};
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

/// Names longer than this are cut.
const NAME: usize = 18;
/// Width of a letter, more or less.
const LETTER: f64 = 6.8;

impl HeatMap {
    fn name(&self, index: usize) -> String {
        let name = &self.names[index];
        match name.char_indices().nth(NAME) {
            Some((end, _)) => format!("{}…", &name[..end]),
            None => name.clone(),
        }
    }
}

impl fmt::Display for HeatMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        InMedium(self, Medium::File).fmt(f)
    }
}

impl Picture for HeatMap {
    fn title(&self) -> &str {
        &self.title
    }

    fn draw(&self, f: &mut fmt::Formatter<'_>, medium: Medium) -> fmt::Result {
        let classes = self.names.len();
        let names: Vec<String> = (0..classes).map(|n| self.name(n)).collect();
        let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let size = (520.0 / classes.max(1) as f64).clamp(34.0, 52.0);
        let label = LETTER * longest as f64 + 14.0;
        let left = label + 22.0;
        let top = 0.72 * label + if medium == Medium::File { 60.0 } else { 28.0 };
        let (width, height) =
            (left + size * classes as f64 + 0.72 * label, top + size * classes as f64 + 8.0);
        open(f, medium, width, height, &self.title)?;
        let (rows, columns) = (Escaped(&self.row_label), Escaped(&self.column_label));
        let head = if medium == Medium::File { 46.0 } else { 14.0 };
        writeln!(f, "<text class=\"axis\" x=\"{left:.1}\" y=\"{head}\">{columns} →</text>")?;
        let middle = top + size * classes as f64 / 2.0;
        writeln!(
            f,
            "<text class=\"axis\" text-anchor=\"middle\" transform=\"translate(14 {middle:.1}) rotate(-90)\">← {rows}</text>"
        )?;
        for (index, name) in names.iter().enumerate() {
            let (name, middle) = (Escaped(name), (index as f64 + 0.5) * size);
            let (x, y) = (left + middle, top + middle + 4.0);
            writeln!(
                f,
                "<text x=\"{:.1}\" y=\"{y:.1}\" text-anchor=\"end\">{name}</text>",
                left - 8.0
            )?;
            writeln!(
                f,
                "<text transform=\"translate({x:.1} {:.1}) rotate(-45)\">{name}</text>",
                top - 8.0
            )?;
        }
        for (row, counts) in self.counts.iter().enumerate() {
            let total = counts.iter().sum::<u64>().max(1) as f64;
            for (column, &count) in counts.iter().enumerate() {
                let share = count as f64 / total;
                let (x, y) = (left + column as f64 * size + 1.0, top + row as f64 * size + 1.0);
                let class = match (count, row == column) {
                    (0, _) => "cell none",
                    (_, true) => "cell",
                    (_, false) => "cell off",
                };
                let (is, guess) = (Escaped(&self.names[row]), Escaped(&self.names[column]));
                writeln!(
                    f,
                    "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{0:.1}\" height=\"{0:.1}\" \
                     rx=\"3\" fill-opacity=\"{1:.3}\"><title>{is} predicted as {guess}: {count}</title></rect>",
                    size - 2.0,
                    share.sqrt().mul_add(0.95, 0.05)
                )?;
                if count > 0 {
                    let dark = share > if row == column { 0.25 } else { 0.5 };
                    let class = if dark { "count strong" } else { "count" };
                    let (x, y) = (x + size / 2.0 - 1.0, y + size / 2.0 + 3.0);
                    writeln!(
                        f,
                        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{count}</text>"
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
        assert_eq!(svg.matches("class=\"cell").count(), 4);
        assert!(svg.contains("fill-opacity=\"0.873\"") && svg.contains(">3</text>"));
        assert_eq!(svg.matches("cell none").count(), 2);
        assert!(svg.contains("b&lt;") && !svg.contains("NaN"));
    }
}
