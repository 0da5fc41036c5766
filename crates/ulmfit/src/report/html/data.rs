//! Which rows went where.

use super::format::{count, counted};
use super::{titled, wide};
use crate::report::{LabelCounts, Report};
use maud::{Markup, html};

/// More labels than this are folded away.
const FOLDED: usize = 15;

pub(super) fn section(report: &Report) -> Markup {
    let rows = &report.rows;
    let shown = (1..=FOLDED).contains(&report.labels.len());
    let table = wide(&html! {
        table {
            caption { "Rows by use; rows whose texts nearly repeat each other stay together where we split" }
            thead {
                tr {
                    th scope="col" { @if shown { "Label" } @else { "Use" } }
                    th.number scope="col" { "Learned from" }
                    th.number scope="col" { "Chosen by" }
                    th.number scope="col" { "Scored on" }
                }
            }
            @if shown { tbody { (labels(&report.labels)) } }
            tfoot {
                tr {
                    th scope="row" { "All rows" }
                    @for n in [rows.train, rows.valid, rows.test] { td.number { (count(n)) } }
                }
            }
        }
    });
    titled(
        "Data",
        &html! {
            (table)
            @if report.labels.len() > FOLDED { (folded(&report.labels)) }
            @if report.unlabeled > 0 {
                p { "The language model also learned from "
                    (counted(report.unlabeled, "text")) " without labels." }
            }
            @if let Some(found) = &report.self_training { p { "The classifier " (found) "." } }
        },
    )
}

fn labels(labels: &[LabelCounts]) -> Markup {
    html! {
        @for label in labels {
            tr {
                th.label scope="row" dir="auto" { (label.label) }
                @for n in [label.train, label.valid, label.test] { td.number { (count(n)) } }
            }
        }
    }
}

fn folded(all: &[LabelCounts]) -> Markup {
    let table = wide(&html! {
        table {
            caption { "Rows of each label" }
            thead {
                tr {
                    th scope="col" { "Label" }
                    th.number scope="col" { "Learned from" }
                    th.number scope="col" { "Chosen by" }
                    th.number scope="col" { "Scored on" }
                }
            }
            tbody { (labels(all)) }
        }
    });
    html! { details { summary { (count(all.len())) " labels" } (table) } }
}
