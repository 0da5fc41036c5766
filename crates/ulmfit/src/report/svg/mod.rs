//! Pictures without dependencies: SVG, as files or in a page, readable on light and dark ones.

mod chart;
mod heat_map;
mod plots;
mod reliability;

pub use chart::{Axis, Line, LineChart, Mark, Scale, Stroke};
pub use heat_map::HeatMap;
pub use plots::{
    LabelSeries, confusion, label_curve, learning_rates, losses, lr_finder, risk_coverage,
};
pub use reliability::ReliabilityDiagram;

use crate::printable::is_hidden;
use std::fmt;

/// Colours by class, for a light page and, where the reader's system asks for it, a dark one.
const STYLE: &str = "<style>\
text{font:12px system-ui,sans-serif;fill:#333}.title{font-size:15px;font-weight:600}\
.back{fill:#fff}.grid,.lead{stroke:#ddd;stroke-width:1;fill:none}.lead{stroke:#888;stroke-dasharray:2 3}.line{fill:none;stroke-width:1.8}\
.c0{stroke:#0b6bcb}.c1{stroke:#d9480f}.c2{stroke:#2b8a3e}.c3{stroke:#862e9c}\
.dot{stroke:none}.dot.c0,.bar{fill:#0b6bcb}.dot.c1{fill:#d9480f}.rows{fill:#999}.ideal{stroke:#888;stroke-dasharray:5 4}.interval{stroke:#333;fill:none}.mark{fill:#d9480f}.cell{fill:#0b6bcb}.off{fill:#d9480f}.none{fill:#999}.strong{fill:#fff}\
@media(prefers-color-scheme:dark){text{fill:#ccc}.back{fill:#1c1c1e}.grid{stroke:#444}\
.c0{stroke:#6cb6ff}.c1{stroke:#ffa06a}.c2{stroke:#69db7c}.c3{stroke:#da77f2}\
.dot.c0,.bar{fill:#6cb6ff}.dot.c1{fill:#ffa06a}.mark,.off{fill:#ffa06a}.cell{fill:#4b9cf0}.strong{fill:#111}}</style>";

/// Where a picture is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// A file of its own: colours, title, legend and background are part of it.
    File,
    /// A page that has a style sheet, captions and legends.
    Page,
}

/// A picture that can be drawn for both media.
pub trait Picture {
    /// What it shows.
    fn title(&self) -> &str;

    /// Draws it.
    ///
    /// # Errors
    /// Those of `f`.
    fn draw(&self, f: &mut fmt::Formatter<'_>, medium: Medium) -> fmt::Result;

    /// The SVG for a page.
    fn in_page(&self) -> String
    where
        Self: Sized,
    {
        InMedium(self, Medium::Page).to_string()
    }
}

/// A picture for a medium; `to_string` is the SVG.
struct InMedium<'a, P>(&'a P, Medium);

impl<P: Picture> fmt::Display for InMedium<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.draw(f, self.1)
    }
}

/// Opens a picture: size, title for screen readers; for a file also colours, background and title.
fn open(
    f: &mut fmt::Formatter<'_>,
    medium: Medium,
    width: f64,
    height: f64,
    title: &str,
) -> fmt::Result {
    let title = Escaped(title);
    writeln!(
        f,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-label=\"{title}\">"
    )?;
    writeln!(f, "<title>{title}</title>")?;
    if medium == Medium::Page {
        return Ok(());
    }
    writeln!(f, "{STYLE}<rect class=\"back\" width=\"{width:.0}\" height=\"{height:.0}\"/>")?;
    writeln!(f, "<text class=\"title\" x=\"16\" y=\"26\">{title}</text>")
}

/// Text between tags, or in a quoted attribute.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                c if is_hidden(c) => write!(f, "{}", c.escape_unicode())?, // XML forbids most of them
                c => write!(f, "{c}")?,
            }
        }
        Ok(())
    }
}
