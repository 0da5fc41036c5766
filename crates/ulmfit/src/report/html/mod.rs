//! A report as one HTML file without scripts or external resources, for screens of any size and for
//! paper.
//!
//! Every section is a pure function from the [`Report`] to markup. Text of the user is escaped by
//! `maud`, that in pictures by [`svg`](super::svg); a policy in the head forbids scripts
//! and requests, too. Hidden characters are escaped.

mod automation;
mod calibration;
mod confusion;
mod data;
mod figure;
mod format;
mod made;
mod marked;
mod mistakes;
mod parts;
mod scores;
mod training;
mod verdict;

use super::Report;
use crate::printable::printable_lines;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");

/// The whole page.
pub fn page(report: &Report) -> String {
    let policy = "default-src 'none'; style-src 'unsafe-inline'";
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "A text classifier: report" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    (verdict::section(report))
                    (scores::section(report))
                    (parts::section(report))
                    (data::section(report))
                    (confusion::section(report))
                    (mistakes::section(report))
                    (automation::section(report))
                    (calibration::section(report))
                    (training::section(report))
                    (made::section(report))
                }
                footer {
                    p { "All numbers of this page are in report.json. " (report.made.program) "." }
                }
            }
        }
    };
    printable_lines(&page.into_string()).into_owned()
}

/// A section under its heading.
fn titled(title: &str, content: &Markup) -> Markup {
    html! { section { h2 { (title) } (content) } }
}

/// A section that most readers do not need, folded under its heading.
fn folded(title: &str, content: &Markup) -> Markup {
    html! { section.folded { details { summary { h2 { (title) } } (content) } } }
}

/// A table that may be wider than the page.
fn wide(table: &Markup) -> Markup {
    html! { div.wide { (table) } }
}

#[cfg(test)]
mod tests;
