//! The parts of a portfolio.

use super::{titled, wide};
use crate::report::Report;
use crate::report::part_table::{PartTable, judgement};
use maud::{Markup, html};

/// Head of the last column.
const COMPARED: &str = "Compared with the classifier";

pub(super) fn section(report: &Report) -> Markup {
    if report.parts.is_empty() {
        return html! {};
    }
    let table = PartTable(report);
    let has_alone = report.parts.iter().any(|part| part.alone.is_some());
    let [crossed, scored] = table.headings().map(|name| name[..1].to_uppercase() + &name[1..]);
    // on a narrow screen each part is a list, with the names of the columns before its cells
    let rows = html! {
        table.stacked {
            thead {
                tr {
                    th { "Part" }
                    th.number { "Weight" }
                    th.number { (crossed) }
                    @if has_alone {
                        th.number { (scored) }
                        th { (COMPARED) }
                    }
                }
            }
            tbody {
                @for part in &report.parts {
                    tr {
                        th scope="row" { (part.name) }
                        td.number data-name="Weight" { (part.weight.map_or("-".to_owned(), |w| format!("{w:.2}"))) }
                        td.number data-name=(crossed) { (table.score(part.out_of_fold)) }
                        @if has_alone {
                            td.number data-name=(scored) { (part.alone.map_or("-".to_owned(), |s| table.score(s))) }
                            td data-name=(COMPARED) { (judgement(part)) }
                        }
                    }
                }
            }
        }
    };
    titled("Parts", &html! { (wide(&rows)) p { (table.sentence()) } })
}
