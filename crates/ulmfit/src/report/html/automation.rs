//! What can be left to the classifier.

use super::figure::figure;
use super::format::{interval, percent, points};
use super::{titled, wide};
use crate::report::Report;
use crate::report::svg::risk_coverage;
use maud::{Markup, html};

pub(super) fn section(report: &Report) -> Markup {
    let Some(found) = &report.automation else { return html! {} };
    let content = html! {
        p { (found.sentence) }
        @if !found.choices.is_empty() {
            (wide(&html! {
                table {
                    caption {
                        "Confidence thresholds: above each, at most the share in the first column is \
                         wrong, with 95 % confidence, for texts like these. Texts below it are left \
                         to a person."
                    }
                    thead {
                        tr {
                            th scope="col" { "Wrong at most" }
                            th.number scope="col" { "Threshold" }
                            th.number scope="col" { "Answered in %" }
                            th.number scope="col" { "Wrong here in %" }
                            th.number scope="col" { "95 % interval" }
                        }
                    }
                    tbody {
                        @for choice in &found.choices {
                            tr.ours[Some(choice) == found.chosen.as_ref()] {
                                th scope="row" { (percent(choice.max_error)) }
                                td.number { (choice.shown_threshold()) }
                                td.number { (points(choice.answered)) }
                                td.number { (points(choice.error)) }
                                td.number { (interval(choice.error_ci95)) }
                            }
                        }
                    }
                }
            }))
        }
        @if let Some(stricter) = &found.stricter { p.quiet { (stricter) } }
        @if found.curve.len() > 1 {
            (figure(
                "Error rate by share of texts answered, the most confident first; dashed, the 95 % \
                 interval.",
                &risk_coverage(found),
            ))
        }
    };
    titled("What can be automated?", &content)
}
