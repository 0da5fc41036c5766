//! Lines over a plane.

use super::{Escaped, open};
use std::fmt;

/// Lines and marked points over two axes; `to_string` is the SVG.
#[derive(Clone, Debug, PartialEq)]
pub struct LineChart {
    /// What it shows.
    pub title: String,
    /// To the right.
    pub x: Axis,
    /// Upwards.
    pub y: Axis,
    /// Drawn in this order.
    pub lines: Vec<Line>,
    /// Points with a name.
    pub marks: Vec<Mark>,
}

/// One direction of the plane.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Quantity and unit.
    pub label: String,
    /// Even in numbers or in their magnitude.
    pub scale: Scale,
    /// Ends of the axis; those of the data if `None`.
    pub range: Option<(f64, f64)>,
}

impl Axis {
    /// An axis over the range of its data.
    pub fn new(label: &str, scale: Scale) -> Self {
        Self { label: label.to_owned(), scale, range: None }
    }
}

/// How an axis spreads its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Evenly.
    Linear,
    /// By their logarithm; numbers that have none are left out.
    Log,
}

impl Scale {
    fn height(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Log => value.log10(),
        }
    }
}

/// A line from point to point.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// For the legend.
    pub name: String,
    /// Values of x and y, x ascending; points that are not finite are left out.
    pub points: Vec<(f64, f64)>,
    /// How it is drawn.
    pub stroke: Stroke,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// Without gaps.
    Solid,
    /// With gaps: a reference, not data.
    Dashed,
}

/// A point with a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Written beside it.
    pub label: String,
    /// Its place.
    pub at: (f64, f64),
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 62.0;
const BOTTOM: f64 = 52.0;
/// Points a line is thinned to; more cannot be told apart on a screen.
const POINTS: usize = 700;
const COLOURS: usize = 4;

/// An axis with both its ends known.
struct Ruler {
    scale: Scale,
    low: f64,
    high: f64,
}

impl Ruler {
    fn new(axis: &Axis, values: impl Iterator<Item = f64>) -> Self {
        let scale = axis.scale;
        let heights = values.map(|value| scale.height(value)).filter(|value| value.is_finite());
        let (mut low, mut high) = match axis.range {
            Some((low, high)) => (scale.height(low), scale.height(high)),
            None => heights.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            }),
        };
        if low > high {
            (low, high) = (0.0, 1.0); // no data
        }
        if high - low < 1e-12 * high.abs().max(1e-300) {
            (low, high) = (low - 0.5, high + 0.5); // all the same
        }
        Self { scale, low, high }
    }

    /// 0 at the low end, 1 at the high one.
    fn place(&self, value: f64) -> f64 {
        (self.scale.height(value) - self.low) / (self.high - self.low)
    }

    /// Round numbers along the axis, as place and text.
    fn ticks(&self) -> Vec<(f64, String)> {
        let span = self.high - self.low;
        let wanted = span / 7.0;
        let magnitude = 10_f64.powf(wanted.log10().floor());
        let factor = [1.0, 2.0, 5.0].into_iter().find(|f| f * magnitude >= wanted).unwrap_or(10.0);
        let stride = match self.scale {
            Scale::Linear => magnitude * factor,
            Scale::Log => (magnitude * factor).max(1.0).round(),
        };
        let first = (self.low / stride - 1e-9).ceil();
        let heights = (0..12).map(|i| (first + f64::from(i)) * stride);
        let digits = (-stride.log10().floor()).clamp(0.0, 9.0) as usize;
        heights
            .take_while(|height| *height <= self.high + 1e-9 * span)
            .map(|height| {
                let text = match self.scale {
                    Scale::Linear if !(1e-4..1e6).contains(&stride) => format!("{height:e}"),
                    Scale::Linear => format!("{height:.digits$}"),
                    Scale::Log => format!("1e{height:.0}"),
                };
                ((height - self.low) / span, text)
            })
            .collect()
    }
}

/// At most [`POINTS`] points: means of equally many neighbours.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let size = points.len().div_ceil(POINTS).max(1);
    let mean = |some: &[(f64, f64)], pick: fn(&(f64, f64)) -> f64| {
        some.iter().map(pick).sum::<f64>() / some.len() as f64
    };
    points.chunks(size).map(|some| (mean(some, |p| p.0), mean(some, |p| p.1))).collect()
}

impl fmt::Display for LineChart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.lines.iter().map(|line| (line, thinned(&line.points))).collect();
        let points = || {
            let lines = lines.iter().flat_map(|(_, points)| points.iter().copied());
            lines.chain(self.marks.iter().map(|mark| mark.at))
        };
        let x = Ruler::new(&self.x, points().map(|point| point.0));
        let y = Ruler::new(&self.y, points().map(|point| point.1));
        let across = |place: f64| LEFT + place * (WIDTH - LEFT - RIGHT);
        let up = |place: f64| HEIGHT - BOTTOM - place * (HEIGHT - TOP - BOTTOM);
        let (floor, middle) = (up(0.0), (across(0.5), up(0.5)));

        open(f, WIDTH, HEIGHT, &self.title)?;
        for (place, text) in x.ticks() {
            let at = across(place);
            writeln!(f, "<path class=\"grid\" d=\"M{at:.1} {floor:.1}V{TOP}\"/>")?;
            writeln!(
                f,
                "<text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{text}</text>",
                floor + 18.0
            )?;
        }
        for (place, text) in y.ticks() {
            let at = up(place);
            writeln!(f, "<path class=\"grid\" d=\"M{LEFT} {at:.1}H{}\"/>", WIDTH - RIGHT)?;
            writeln!(
                f,
                "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{text}</text>",
                LEFT - 8.0,
                at + 4.0
            )?;
        }
        let (x_label, y_label) = (Escaped(&self.x.label), Escaped(&self.y.label));
        writeln!(
            f,
            "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{x_label}</text>",
            middle.0,
            HEIGHT - 12.0
        )?;
        writeln!(
            f,
            "<text x=\"16\" y=\"{0:.1}\" text-anchor=\"middle\" transform=\"rotate(-90 16 {0:.1})\">{y_label}</text>",
            middle.1
        )?;
        let mut legend = LEFT;
        for (index, (line, points)) in lines.iter().enumerate() {
            let class = index % COLOURS;
            let dash = if line.stroke == Stroke::Dashed { " stroke-dasharray=\"5 4\"" } else { "" };
            let places =
                points.iter().map(|point| (across(x.place(point.0)), up(y.place(point.1))));
            let path: Vec<_> = places
                .filter(|(x, y)| x.is_finite() && y.is_finite())
                .map(|(x, y)| format!("{x:.1} {y:.1}"))
                .collect();
            if !path.is_empty() {
                writeln!(f, "<path class=\"line c{class}\"{dash} d=\"M{}\"/>", path.join("L"))?;
            }
            writeln!(f, "<path class=\"line c{class}\"{dash} d=\"M{legend:.1} 46h24\"/>")?;
            writeln!(
                f,
                "<text x=\"{:.1}\" y=\"50\">{}</text>",
                legend + 30.0,
                Escaped(&line.name)
            )?;
            legend += 52.0 + 7.0 * line.name.chars().count() as f64;
        }
        for (index, Mark { label, at }) in self.marks.iter().enumerate() {
            let (cx, cy) = (across(x.place(at.0)), up(y.place(at.1)));
            let top = TOP + 14.0 + 16.0 * index as f64; // one line each, so that no label covers another
            let (anchor, beside) = if cx > WIDTH * 0.8 { ("end", -5.0) } else { ("start", 5.0) };
            writeln!(f, "<path class=\"lead\" d=\"M{cx:.1} {cy:.1}V{:.1}\"/>", top - 9.0)?;
            writeln!(f, "<circle class=\"mark\" cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"4\"/>")?;
            let (at, label) = (cx + beside, Escaped(label));
            writeln!(
                f,
                "<text x=\"{at:.1}\" y=\"{top:.1}\" text-anchor=\"{anchor}\">{label}</text>"
            )?;
        }
        writeln!(f, "</svg>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(scale: Scale, low: f64, high: f64) -> Vec<String> {
        let axis = Axis { label: String::new(), scale, range: Some((low, high)) };
        Ruler::new(&axis, std::iter::empty()).ticks().into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(ticks(Scale::Linear, 0.0, 1.0), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(ticks(Scale::Linear, 3.1, 4.26), ["3.2", "3.4", "3.6", "3.8", "4.0", "4.2"]);
        assert_eq!(ticks(Scale::Linear, 0.0, 930.0), ["0", "200", "400", "600", "800"]);
        assert_eq!(
            ticks(Scale::Log, 1e-7, 1.0),
            ["1e-7", "1e-6", "1e-5", "1e-4", "1e-3", "1e-2", "1e-1", "1e0"]
        );
        assert_eq!(ticks(Scale::Log, 1e-3, 0.5), ["1e-3", "1e-2", "1e-1"]);
    }

    fn chart(points: Vec<(f64, f64)>) -> LineChart {
        let line = Line { name: "train <1>".to_owned(), points, stroke: Stroke::Solid };
        let axis = |label| Axis::new(label, Scale::Linear);
        LineChart {
            title: "a & b".to_owned(),
            x: axis("x"),
            y: axis("y"),
            lines: vec![line],
            marks: vec![],
        }
    }

    #[test]
    fn odd_data_draws_no_nan() {
        let long = (0..50_000).map(|i| (f64::from(i), 1.0)).collect();
        let broken = vec![(0.0, f64::NAN), (1.0, 2.0), (f64::INFINITY, 1.0)];
        for points in [vec![], vec![(1.0, 1.0)], broken, long] {
            for scale in [Scale::Linear, Scale::Log] {
                let mut chart = chart(points.clone());
                (chart.x.scale, chart.y.scale) = (scale, scale);
                let svg = chart.to_string();
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
                assert!(svg.len() < 30_000, "{}", svg.len());
                assert!(svg.contains("a &amp; b") && svg.contains("train &lt;1&gt;"));
            }
        }
    }
}
