//! The parts of a portfolio.

use super::{titled, wide};
use crate::report::Report;
use crate::report::part_table::{PartTable, judgement};
use maud::{Markup, html};

pub(super) fn section(report: &Report) -> Markup {
    if report.parts.is_empty() {
        return html! {};
    }
    let table = PartTable(report);
    let measure = if table.is_numbers() { "Mean absolute error" } else { "Accuracy" };
    let has_alone = report.parts.iter().any(|part| part.alone.is_some());
    let rows = html! {
        table {
            thead {
                tr {
                    th { "Part" }
                    th.number { "Weight" }
                    th.number { (measure) ", held out" }
                    @if has_alone {
                        th.number { (measure) ", scored" }
                        th { "Beside the portfolio" }
                    }
                }
            }
            tbody {
                @for part in &report.parts {
                    tr {
                        th scope="row" { (part.name) }
                        td.number { (part.weight.map_or("-".to_owned(), |w| format!("{w:.2}"))) }
                        td.number { (table.score(part.out_of_fold)) }
                        @if has_alone {
                            td.number { (part.alone.map_or("-".to_owned(), |s| table.score(s))) }
                            td { (judgement(part)) }
                        }
                    }
                }
            }
        }
    };
    titled("Parts", &html! { (wide(&rows)) p { (table.sentence()) } })
}
