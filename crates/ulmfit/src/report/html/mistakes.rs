//! The mistakes that a person should look at first.

use super::format::percent;
use super::titled;
use crate::report::{ClassifierEvaluation, Mistake, Report};
use maud::{Markup, html};

pub(super) fn section(report: &Report) -> Markup {
    if report.mistakes.is_empty() {
        return html! {};
    }
    let is_number = matches!(report.evaluated(), Some((ClassifierEvaluation::Regression(_), _)));
    let (title, guessed, why) = if is_number {
        (
            "Largest errors",
            "predicted",
            "The texts whose actual value is farthest from the prediction.",
        )
    } else {
        (
            "Most confident mistakes",
            "predicted",
            "Wrong predictions with the highest confidence. Often the label is wrong, or \
             the text fits both.",
        )
    };
    let (first, more) = report.mistakes.split_at(report.mistakes.len().min(SHOWN));
    let content = html! {
        p { (why) }
        (list(first, guessed))
        @if !more.is_empty() { details { summary { (more.len()) " more" } (list(more, guessed)) } }
    };
    titled(title, &content)
}

/// Mistakes that are not folded away.
const SHOWN: usize = 8;

fn list(mistakes: &[Mistake], guessed: &str) -> Markup {
    html! {
        ol.mistakes {
            @for mistake in mistakes {
                li {
                    blockquote dir="auto" { (mistake.text) }
                    p {
                        span.tag { span.quiet { "actual " } bdi { (mistake.label) } }
                        span.tag.wrong { span.quiet { (guessed) " " } bdi { (mistake.guess) } }
                        @if let Some(confidence) = mistake.confidence {
                            span.certainty { (percent(confidence)) span.quiet { " sure" } }
                        }
                        span.place { (mistake.place) }
                    }
                }
            }
        }
    }
}
