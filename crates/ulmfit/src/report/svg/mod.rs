//! Pictures without dependencies: one SVG file each, readable on light and dark pages.

mod chart;
mod heat_map;
mod plots;

pub use chart::{Axis, Line, LineChart, Mark, Scale, Stroke};
pub use heat_map::HeatMap;
pub use plots::{confusion, learning_rates, losses, lr_finder, reliability};

use std::fmt;

/// Colours by class, for a light page and, where the reader's system asks for it, a dark one.
const STYLE: &str = "<style>\
text{font:12px system-ui,sans-serif;fill:#333}.title{font-size:15px;font-weight:600}\
.back{fill:#fff}.grid,.lead{stroke:#ddd;stroke-width:1;fill:none}.lead{stroke:#888;stroke-dasharray:2 3}.line{fill:none;stroke-width:1.8}\
.c0{stroke:#0b6bcb}.c1{stroke:#d9480f}.c2{stroke:#2b8a3e}.c3{stroke:#862e9c}\
.mark{fill:#d9480f}.cell{fill:#0b6bcb}.strong{fill:#fff}\
@media(prefers-color-scheme:dark){text{fill:#ccc}.back{fill:#1c1c1e}.grid{stroke:#444}\
.c0{stroke:#6cb6ff}.c1{stroke:#ffa06a}.c2{stroke:#69db7c}.c3{stroke:#da77f2}\
.mark{fill:#ffa06a}.cell{fill:#4b9cf0}.strong{fill:#111}}</style>";

/// Opens a picture: size, title for screen readers too, colours, background.
fn open(f: &mut fmt::Formatter<'_>, width: f64, height: f64, title: &str) -> fmt::Result {
    let title = Escaped(title);
    writeln!(
        f,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\">"
    )?;
    writeln!(f, "<title>{title}</title>{STYLE}")?;
    writeln!(f, "<rect class=\"back\" width=\"{width}\" height=\"{height}\"/>")?;
    writeln!(f, "<text class=\"title\" x=\"16\" y=\"26\">{title}</text>")
}

/// Text between tags.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                c if c.is_control() => f.write_str(" ")?, // XML forbids most of them
                c => write!(f, "{c}")?,
            }
        }
        Ok(())
    }
}
