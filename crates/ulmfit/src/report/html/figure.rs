//! A line chart with caption and legend.

use crate::report::svg::{LineChart, Picture, Stroke};
use maud::{Markup, PreEscaped, html};

/// The chart under a caption; its legend wraps as text does.
pub(super) fn figure(caption: &str, chart: &LineChart) -> Markup {
    html! {
        figure {
            figcaption { (caption) }
            (PreEscaped(chart.in_page()))
            @if chart.lines.len() > 1 {
                ul.legend {
                    @for line in &chart.lines {
                        li {
                            i.swatch.{ "c" (line.colour) }.dashed[line.stroke == Stroke::Dashed]
                                style=(format!("opacity:{:.2}", line.opacity)) {}
                            (line.name)
                        }
                    }
                }
            }
        }
    }
}
