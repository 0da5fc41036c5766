//! The confusion matrix.

use super::format::{count, percent};
use super::{titled, wide};
use crate::report::svg::{Picture, confusion};
use crate::report::{ClassificationScores, ClassifierEvaluation, Report};
use maud::{Markup, PreEscaped, html};

/// Most classes whose counts can be read in a grid.
const GRID: usize = 20;
/// Most classes whose grid may shrink to the width of a phone; a larger one is scrolled.
const SMALL: usize = 8;
/// Pairs of classes that are listed.
const PAIRS: usize = 20;

pub(super) fn section(report: &Report) -> Markup {
    let Some((ClassifierEvaluation::SingleLabel(scores), _)) = report.evaluated() else {
        return html! {};
    };
    let content = html! {
        @if scores.labels.len() <= GRID {
            figure.grid.small[scores.labels.len() <= SMALL] {
                div.wide { (PreEscaped(confusion(scores).in_page())) }
                figcaption { "Rows are the actual classes, columns the predicted ones; the stronger \
                              the color, the larger the share of the row. Mistakes lie off the diagonal." }
            }
        }
        @if scores.labels.len() > 2 { (pairs(scores)) }
    };
    titled("Confusion matrix", &content)
}

fn pairs(scores: &ClassificationScores) -> Markup {
    let confused = scores.confused();
    if confused.is_empty() {
        return html! { p { "No mistakes." } };
    }
    let most = if scores.labels.len() <= GRID { 5 } else { PAIRS };
    wide(&html! {
        table {
            caption { "The most frequent confusions" }
            thead {
                tr {
                    th scope="col" { "Actual" }
                    th scope="col" { "Predicted" }
                    th.number scope="col" { "Rows" }
                    th.number scope="col" { "Share of class" }
                }
            }
            tbody {
                @for &(target, guess, rows) in confused.iter().take(most) {
                    tr {
                        td.label dir="auto" { (scores.labels[target]) }
                        td.label dir="auto" { (scores.labels[guess]) }
                        td.number { (count(rows)) }
                        td.number {
                            (percent(rows as f64 / scores.per_class[target].support.max(1) as f64))
                        }
                    }
                }
            }
        }
    })
}
