//! Accuracy over confidence.

use super::{Escaped, InMedium, Medium, Picture, open};
use crate::report::metrics::wilson;
use crate::report::statistics::Reliability;
use std::fmt;

/// Bars of accuracy with 95 % intervals (Wilson) and the diagonal they should end at; below, the
/// number of rows in each bin.
/// `to_string` is the SVG.
#[derive(Clone, Debug, PartialEq)]
pub struct ReliabilityDiagram {
    /// What it shows.
    pub title: String,
    /// What the bars are ordered by: "confidence".
    pub given: String,
    /// What a part of the rows is: "right".
    pub outcome: String,
    /// The bins.
    pub reliability: Reliability,
}

const SIZE: f64 = 280.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 14.0;
/// Height of the bars of rows, and the space above them.
const STRIP: f64 = 34.0;
const GAP: f64 = 8.0;
/// A bin of fewer rows has no bar: its accuracy says nearly nothing.
const FEW: u64 = 5;

impl fmt::Display for ReliabilityDiagram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        InMedium(self, Medium::File).fmt(f)
    }
}

impl Picture for ReliabilityDiagram {
    fn title(&self) -> &str {
        &self.title
    }

    fn draw(&self, f: &mut fmt::Formatter<'_>, medium: Medium) -> fmt::Result {
        let top = if medium == Medium::File { 46.0 } else { 10.0 };
        let (floor, end) = (top + SIZE, LEFT + SIZE);
        let base = floor + GAP + STRIP;
        let (given, outcome) = (Escaped(&self.given), Escaped(&self.outcome));
        let bins = &self.reliability.bins;
        open(f, medium, end + RIGHT, base + 40.0, &self.title)?;
        for tick in 0..=5 {
            let part = f64::from(tick) / 5.0;
            let (x, y, text) = (LEFT + part * SIZE, floor - part * SIZE, tick * 20);
            writeln!(
                f,
                "<path class=\"grid\" d=\"M{x:.1} {base:.1}V{top:.1}M{LEFT} {y:.1}H{end}\"/>"
            )?;
            writeln!(
                f,
                "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{text}</text>",
                base + 16.0
            )?;
            writeln!(
                f,
                "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{text}</text>",
                LEFT - 8.0,
                y + 4.0
            )?;
        }
        let most = bins.iter().map(|bin| bin.count).max().unwrap_or(0).max(1) as f64;
        let width = SIZE / bins.len().max(1) as f64;
        for (n, bin) in bins.iter().enumerate().filter(|(_, bin)| bin.count > 0) {
            let (x, wide) = (LEFT + n as f64 * width + 1.0, width - 2.0);
            let (high, share) = (bin.accuracy * SIZE, bin.count as f64 / most);
            let rows = STRIP * share;
            let right = (bin.accuracy * bin.count as f64).round() as u64;
            let [least, most_right] = wilson(right, bin.count).map(|part| floor - part * SIZE);
            let middle = x + wide / 2.0;
            writeln!(
                f,
                "<g><title>{} rows, mean {given} {:.1} %, {outcome} {:.1} %</title>\
                 <rect class=\"rows\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{wide:.1}\" height=\"{rows:.1}\"/></g>",
                bin.count,
                100.0 * bin.confidence,
                100.0 * bin.accuracy,
                base - rows
            )?;
            if bin.count >= FEW {
                writeln!(
                    f,
                    "<rect class=\"bar\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{wide:.1}\" height=\"{high:.1}\" fill-opacity=\"0.55\"/>\
                     <path class=\"interval\" d=\"M{middle:.1} {least:.1}V{most_right:.1}\"/>",
                    floor - high
                )?;
            }
        }
        writeln!(f, "<path class=\"ideal\" d=\"M{LEFT} {floor:.1}L{end} {top:.1}\"/>")?;
        let (middle, below) = (LEFT + SIZE / 2.0, base + 34.0);
        writeln!(
            f,
            "<text x=\"{middle:.1}\" y=\"{below:.1}\" text-anchor=\"middle\">{given} in %</text>"
        )?;
        let up = top + SIZE / 2.0;
        writeln!(
            f,
            "<text x=\"14\" y=\"{up:.1}\" text-anchor=\"middle\" transform=\"rotate(-90 14 {up:.1})\">{outcome} in %</text>"
        )?;
        writeln!(f, "</svg>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagram(confidences: &[f64], hits: &[bool]) -> String {
        ReliabilityDiagram {
            title: "t".to_owned(),
            given: "confidence".to_owned(),
            outcome: "<right>".to_owned(),
            reliability: Reliability::new(confidences, hits),
        }
        .to_string()
    }

    #[test]
    fn empty_bins_have_no_bar() {
        let svg = diagram(
            &[0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.2],
            &[true, false, true, false, true, false, false],
        );
        assert_eq!(svg.matches("class=\"bar\"").count(), 1, "a bar of one row is left out");
        assert_eq!(svg.matches("class=\"interval\"").count(), 1);
        assert_eq!(svg.matches("class=\"rows\"").count(), 2);
        assert!(svg.contains("6 rows, mean confidence 90.0 %, &lt;right&gt; 50.0 %"), "{svg}");
        assert!(!diagram(&[], &[]).contains("NaN"));
    }
}
