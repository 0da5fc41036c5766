//! The splits.

use super::format::{count, counted};
use super::{titled, wide};
use crate::report::{LabelCounts, Report};
use maud::{Markup, html};

/// More labels than this are folded away.
const FOLDED: usize = 15;

pub(super) fn section(report: &Report) -> Markup {
    let rows = &report.rows;
    let validated = rows.valid > 0;
    let shown = (1..=FOLDED).contains(&report.labels.len());
    let table = wide(&html! {
        table {
            caption { "Rows by set; near-duplicates are kept in the same set where this program split the data" }
            thead {
                tr {
                    th scope="col" { @if shown { "Label" } @else { "Set" } }
                    th.number scope="col" { "Training" }
                    @if validated { th.number scope="col" { "Validation" } }
                    th.number scope="col" { "Test" }
                }
            }
            @if shown { tbody { (labels(&report.labels, validated)) } }
            tfoot {
                tr {
                    th scope="row" { "All rows" }
                    (counts([rows.train, rows.valid, rows.test], validated))
                }
            }
        }
    });
    titled(
        "Data",
        &html! {
            (table)
            @if report.labels.len() > FOLDED { (folded(&report.labels, validated)) }
            @if report.unlabeled > 0 {
                p { "There were also " (counted(report.unlabeled, "unlabelled text")) "." }
            }
            @if let Some(found) = &report.self_training { p.found { (found) "." } }
        },
    )
}

/// Cells of a row; no validation set has no column.
fn counts([train, valid, test]: [usize; 3], validated: bool) -> Markup {
    html! {
        td.number { (count(train)) }
        @if validated { td.number { (count(valid)) } }
        td.number { (count(test)) }
    }
}

fn labels(labels: &[LabelCounts], validated: bool) -> Markup {
    html! {
        @for label in labels {
            tr {
                th.label scope="row" dir="auto" { (label.label) }
                (counts([label.train, label.valid, label.test], validated))
            }
        }
    }
}

fn folded(all: &[LabelCounts], validated: bool) -> Markup {
    let table = wide(&html! {
        table {
            caption { "Rows of each label" }
            thead {
                tr {
                    th scope="col" { "Label" }
                    th.number scope="col" { "Training" }
                    @if validated { th.number scope="col" { "Validation" } }
                    th.number scope="col" { "Test" }
                }
            }
            tbody { (labels(all, validated)) }
        }
    });
    html! { details { summary { (count(all.len())) " labels" } (table) } }
}
