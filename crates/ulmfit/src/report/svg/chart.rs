//! Lines over a plane.

use super::{Escaped, InMedium, Medium, Picture, open};
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
    /// For the legend; it leaves out lines without a name.
    pub name: String,
    /// Values of x and y, x ascending; points that are not finite make a gap.
    pub points: Vec<(f64, f64)>,
    /// Single measurements that the line sums up, drawn as rings.
    pub rings: Vec<(f64, f64)>,
    /// How it is drawn.
    pub stroke: Stroke,
    /// One of four.
    pub colour: usize,
    /// From 0 to 1.
    pub opacity: f64,
}

impl Line {
    /// A line without gaps in the `colour`-th colour.
    pub fn new(name: &str, points: Vec<(f64, f64)>, colour: usize) -> Self {
        let (name, rings, stroke) = (name.to_owned(), Vec::new(), Stroke::Solid);
        Self { name, points, rings, stroke, colour, opacity: 1.0 }
    }
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// Without gaps.
    Solid,
    /// With gaps: a reference, not data.
    Dashed,
    /// Without gaps, a dot at each point.
    Dotted,
}

/// A point with a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Written beside it.
    pub label: String,
    /// Its place.
    pub at: (f64, f64),
}

/// Sizes of a picture and of the margins around its plane, in units of the view box.
struct Frame {
    width: f64,
    height: f64,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Frame {
    const FILE: Self =
        Self { width: 720.0, height: 400.0, left: 70.0, right: 20.0, top: 62.0, bottom: 52.0 };
    /// Narrow, so that its letters can be read on a phone.
    const PAGE: Self =
        Self { width: 400.0, height: 230.0, left: 50.0, right: 12.0, top: 10.0, bottom: 42.0 };

    fn across(&self, place: f64) -> f64 {
        self.left + place * (self.width - self.left - self.right)
    }

    fn up(&self, place: f64) -> f64 {
        self.height - self.bottom - place * (self.height - self.top - self.bottom)
    }
}

/// Points a line is thinned to; more cannot be distinguished on a screen.
const POINTS: usize = 700;
const COLOURS: usize = 4;
/// Decades of a logarithmic axis on which powers of ten alone would be too few.
const NARROW: f64 = 2.5;

/// An axis with both its ends known.
struct Ruler {
    scale: Scale,
    low: f64,
    high: f64,
}

impl Ruler {
    /// Once, twice and five times the powers of ten: for an axis that has few of these.
    fn narrow_ticks(&self) -> Vec<(f64, String)> {
        let decades = self.low.floor() as i32..=self.high.floor() as i32;
        let values = decades.flat_map(|decade| [1.0, 2.0, 5.0].map(|f| f * 10_f64.powi(decade)));
        let inside = |value: &f64| (-1e-9..=1.0 + 1e-9).contains(&self.place(*value));
        values.filter(inside).map(|value| (self.place(value), short(value))).collect()
    }

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

    /// A round distance that leaves room for about `count` marks.
    fn stride(&self, count: f64) -> f64 {
        let wanted = (self.high - self.low) / count;
        let magnitude = 10_f64.powf(wanted.log10().floor());
        let factor = [1.0, 2.0, 5.0].into_iter().find(|f| f * magnitude >= wanted).unwrap_or(10.0);
        match self.scale {
            Scale::Linear => magnitude * factor,
            Scale::Log => (magnitude * factor).max(1.0).round(),
        }
    }

    /// Longer at both ends, up to multiples of `stride`.
    fn rounded(self, stride: f64) -> Self {
        let low = (self.low / stride + 1e-9).floor() * stride;
        let high = (self.high / stride - 1e-9).ceil() * stride;
        Self { low, high, ..self }
    }

    /// Multiples of `stride` along the axis, as place and text.
    fn ticks(&self, stride: f64) -> Vec<(f64, String)> {
        if self.scale == Scale::Log && self.high - self.low < NARROW {
            return self.narrow_ticks();
        }
        let span = self.high - self.low;
        let first = (self.low / stride - 1e-9).ceil();
        let heights = (0..12).map(|i| (first + f64::from(i)) * stride);
        let digits = (-stride.log10().floor()).clamp(0.0, 9.0) as usize;
        heights
            .take_while(|height| *height <= self.high + 1e-9 * span)
            .map(|height| {
                let text = match self.scale {
                    Scale::Linear if !(1e-4..1e6).contains(&stride) && height != 0.0 => {
                        format!("{height:.1e}").replace(".0e", "e")
                    }
                    Scale::Linear if stride < 1e-4 => "0".to_owned(),
                    Scale::Linear => format!("{height:.digits$}"),
                    Scale::Log => format!("1e{height:.0}"),
                };
                ((height - self.low) / span, text)
            })
            .collect()
    }
}

/// A number as short as it can be.
fn short(value: f64) -> String {
    if (1e-3..1e6).contains(&value) {
        let digits = (-value.log10().floor()).clamp(0.0, 3.0) as usize;
        format!("{value:.digits$}")
    } else {
        format!("{value:e}")
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
        InMedium(self, Medium::File).fmt(f)
    }
}

impl Picture for LineChart {
    fn title(&self) -> &str {
        &self.title
    }

    fn draw(&self, f: &mut fmt::Formatter<'_>, medium: Medium) -> fmt::Result {
        let mut frame = if medium == Medium::File { Frame::FILE } else { Frame::PAGE };
        let legend = if medium == Medium::File { legend(&frame, &self.lines) } else { Vec::new() };
        frame.top += legend.last().map_or(0.0, |(_, (_, y))| y - LEGEND);
        let lines: Vec<_> = self.lines.iter().map(|line| (line, thinned(&line.points))).collect();
        let points = || {
            let lines = lines.iter().flat_map(|(_, points)| points.iter().copied());
            let rings = self.lines.iter().flat_map(|line| line.rings.iter().copied());
            lines.chain(rings).chain(self.marks.iter().map(|mark| mark.at))
        };
        let x = Ruler::new(&self.x, points().map(|point| point.0));
        let mut y = Ruler::new(&self.y, points().map(|point| point.1));
        let strides = match medium {
            Medium::File => [x.stride(7.0), y.stride(7.0)],
            Medium::Page => [x.stride(5.0), y.stride(4.0)],
        };
        if medium == Medium::Page {
            y = y.rounded(strides[1]);
        }
        open(f, medium, frame.width, frame.height, &self.title)?;
        self.draw_axes(f, medium, &frame, [x.ticks(strides[0]), y.ticks(strides[1])])?;
        let at = |&(a, b): &(f64, f64)| (frame.across(x.place(a)), frame.up(y.place(b)));
        for (line, points) in &lines {
            let points: Vec<_> = points.iter().map(at).collect();
            draw_line(f, line, &points)?;
            for (x, y) in line.rings.iter().map(at).filter(|(x, y)| x.is_finite() && y.is_finite())
            {
                let look = look(line);
                writeln!(f, "<circle {look} cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\"/>")?;
            }
        }
        for (line, (x, y)) in legend {
            writeln!(f, "<path {} d=\"M{x:.1} {y:.1}h24\"/>", look(line))?;
            text(f, (x + 30.0, y + 4.0), "start", &line.name)?;
        }
        for (index, Mark { label, at: point }) in self.marks.iter().enumerate() {
            let (cx, cy) = at(point);
            let top = frame.top + 14.0 + 16.0 * index as f64; // one line each, so that no label covers another
            let (anchor, beside) =
                if cx > frame.width * 0.8 { ("end", -5.0) } else { ("start", 5.0) };
            writeln!(f, "<path class=\"lead\" d=\"M{cx:.1} {cy:.1}V{:.1}\"/>", top - 9.0)?;
            writeln!(f, "<circle class=\"mark\" cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"4\"/>")?;
            text(f, (cx + beside, top), anchor, label)?;
        }
        writeln!(f, "</svg>")
    }
}

impl LineChart {
    /// Round numbers, lines through them, and what they mean.
    fn draw_axes(
        &self,
        f: &mut fmt::Formatter<'_>,
        medium: Medium,
        frame: &Frame,
        [x, y]: [Vec<(f64, String)>; 2],
    ) -> fmt::Result {
        let (floor, middle) = (frame.up(0.0), (frame.across(0.5), frame.up(0.5)));
        for (place, number) in x {
            let (at, top) = (frame.across(place), frame.top);
            writeln!(f, "<path class=\"grid\" d=\"M{at:.1} {floor:.1}V{top}\"/>")?;
            text(f, (at, floor + 18.0), "middle", &number)?;
        }
        for (place, number) in y {
            let (at, end) = (frame.up(place), frame.width - frame.right);
            writeln!(f, "<path class=\"grid\" d=\"M{} {at:.1}H{end}\"/>", frame.left)?;
            text(f, (frame.left - 8.0, at + 4.0), "end", &number)?;
        }
        let label = &self.x.label;
        match medium {
            // a page has the quantity of y in the caption
            Medium::Page => text(f, (frame.across(1.0), frame.height - 6.0), "end", label),
            Medium::File => {
                text(f, (middle.0, frame.height - 12.0), "middle", label)?;
                let (label, up) = (Escaped(&self.y.label), middle.1);
                writeln!(
                    f,
                    "<text x=\"16\" y=\"{up:.1}\" text-anchor=\"middle\" transform=\"rotate(-90 16 {up:.1})\">{label}</text>"
                )
            }
        }
    }
}

fn text(f: &mut fmt::Formatter<'_>, (x, y): (f64, f64), anchor: &str, text: &str) -> fmt::Result {
    let text = Escaped(text);
    writeln!(f, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>")
}

/// How a line looks, as attributes.
fn look(line: &Line) -> String {
    let dash = if line.stroke == Stroke::Dashed { " stroke-dasharray=\"5 4\"" } else { "" };
    let opacity = match line.opacity {
        1.0 => String::new(),
        opacity => format!(" stroke-opacity=\"{opacity:.2}\""),
    };
    format!("class=\"line c{}\"{dash}{opacity}", line.colour % COLOURS)
}

/// Draws a line through places, with a gap where one is not finite.
fn draw_line(f: &mut fmt::Formatter<'_>, line: &Line, places: &[(f64, f64)]) -> fmt::Result {
    let mut path = String::new();
    for part in places.split(|(x, y)| !x.is_finite() || !y.is_finite()) {
        let points: Vec<_> = part.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
        if !points.is_empty() {
            path += "M";
            path += &points.join("L");
        }
    }
    if !path.is_empty() {
        writeln!(f, "<path {} d=\"{path}\"/>", look(line))?;
    }
    if line.stroke == Stroke::Dotted {
        let class = line.colour % COLOURS;
        for (x, y) in places.iter().filter(|(x, y)| x.is_finite() && y.is_finite()) {
            writeln!(f, "<circle class=\"dot c{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>")?;
        }
    }
    Ok(())
}

/// Height of the first row of the legend.
const LEGEND: f64 = 46.0;

/// The lines with names, and where each is explained: side by side, in as many rows as they need.
fn legend<'a>(frame: &Frame, lines: &'a [Line]) -> Vec<(&'a Line, (f64, f64))> {
    let (mut x, mut y) = (frame.left, LEGEND);
    let place = |line: &'a Line| {
        let width = 30.0 + 7.0 * line.name.chars().count() as f64;
        if x > frame.left && x + width > frame.width - frame.right {
            (x, y) = (frame.left, y + 18.0);
        }
        let at = (x, y);
        x += width + 22.0;
        (line, at)
    };
    lines.iter().filter(|line| !line.name.is_empty()).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(scale: Scale, low: f64, high: f64) -> Vec<String> {
        let axis = Axis { label: String::new(), scale, range: Some((low, high)) };
        let ruler = Ruler::new(&axis, std::iter::empty());
        ruler.ticks(ruler.stride(7.0)).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn a_legend_stays_in_the_picture() {
        let named = |length: usize| Line {
            name: "x".repeat(length),
            points: Vec::new(),
            rings: Vec::new(),
            stroke: Stroke::Solid,
            colour: 0,
            opacity: 1.0,
        };
        let lines: Vec<Line> = [18, 34, 31, 0, 28, 40].map(named).into();
        let places = legend(&Frame::FILE, &lines);
        assert_eq!(places.len(), 5, "a line without a name is left out");
        for (line, (x, _)) in &places {
            let end = x + 30.0 + 7.0 * line.name.len() as f64;
            assert!(end <= Frame::FILE.width, "{} ends at {end}", line.name.len());
        }
        let rows: Vec<f64> = places.iter().map(|(_, (_, y))| (y - LEGEND) / 18.0).collect();
        assert_eq!(rows, [0.0, 0.0, 1.0, 1.0, 2.0]);
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
        let tiny = ticks(Scale::Linear, 0.0, 2.4e-4);
        assert_eq!(tiny, ["0", "5e-5", "1e-4", "1.5e-4", "2e-4"]);
        assert_eq!(ticks(Scale::Log, 1e-3, 0.5), ["1e-3", "1e-2", "1e-1"]);
        assert_eq!(ticks(Scale::Log, 0.02, 0.4), ["0.02", "0.05", "0.1", "0.2"]);
        assert_eq!(ticks(Scale::Log, 50.0, 1600.0), ["50", "100", "200", "500", "1000"]);
    }

    #[test]
    fn a_rounded_axis_ends_at_ticks() {
        let axis = Axis { range: Some((3.13, 4.26)), ..Axis::new("", Scale::Linear) };
        let ruler = Ruler::new(&axis, std::iter::empty());
        let ruler = ruler.rounded(0.5);
        let ticks = ruler.ticks(0.5);
        assert_eq!(ticks.first().unwrap(), &(0.0, "3.0".to_owned()));
        assert_eq!(ticks.last().unwrap(), &(1.0, "4.5".to_owned()));
        let same = ruler.rounded(0.5);
        assert_eq!(same.ticks(0.5), ticks);
    }

    fn chart(points: Vec<(f64, f64)>) -> LineChart {
        let rings = points.iter().take(9).copied().collect();
        let line = Line { rings, ..Line::new("train <1>", points, 0) };
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
                let page = chart.in_page();
                assert!(!page.contains("NaN") && !page.contains("<style"), "{page}");
            }
        }
    }

    #[test]
    fn what_is_missing_makes_a_gap() {
        let mut chart =
            chart(vec![(0.0, 1.0), (1.0, 2.0), (2.0, f64::NAN), (3.0, 1.0), (4.0, 2.0)]);
        chart.lines[0].rings.clear();
        chart.lines[0].stroke = Stroke::Dotted;
        let svg = chart.in_page();
        let path = svg.lines().find(|line| line.contains("class=\"line")).unwrap();
        assert_eq!((path.matches('M').count(), path.matches('L').count()), (2, 2), "{path}");
        assert_eq!(svg.matches("<circle").count(), 4);
    }
}
