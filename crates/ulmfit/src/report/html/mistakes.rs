//! The texts that a person should look at first: mistakes, and right answers that were close.

use super::format::percent;
use super::{marked, titled};
use crate::report::{ClassifierEvaluation, QuotedRow, Report};
use maud::{Markup, html};

pub(super) fn section(report: &Report) -> Markup {
    let is_number = matches!(report.evaluated(), Some((ClassifierEvaluation::Regression(_), _)));
    let (title, why) = if is_number {
        ("Largest errors", "The texts whose actual value is farthest from the prediction.")
    } else {
        (
            "Most confident mistakes",
            "Wrong predictions with the highest confidence. Often the label is wrong, or \
             the text fits both.",
        )
    };
    html! {
        (texts(title, why, &report.mistakes))
        (texts(
            "Closest right answers",
            "Right predictions with the lowest confidence: texts between two labels.",
            &report.least_sure,
        ))
    }
}

fn texts(title: &str, why: &str, rows: &[QuotedRow]) -> Markup {
    if rows.is_empty() {
        return html! {};
    }
    let (first, more) = rows.split_at(rows.len().min(SHOWN));
    let content = html! {
        p { (why) }
        @if rows.iter().any(|row| row.words.is_some()) { (marked::legend()) }
        (list(first))
        @if !more.is_empty() { details { summary { (more.len()) " more" } (list(more)) } }
    };
    titled(title, &content)
}

/// Texts that are not folded away.
const SHOWN: usize = 8;

fn list(rows: &[QuotedRow]) -> Markup {
    html! {
        ol.mistakes {
            @for row in rows {
                li {
                    blockquote dir="auto" { (marked::text(&row.text, row.words.as_ref())) }
                    p {
                        span.tag { span.quiet { "actual " } bdi { (row.label) } }
                        span.tag.wrong[row.label != row.guess] { span.quiet { "predicted " } bdi { (row.guess) } }
                        @if let Some(confidence) = row.confidence {
                            span.certainty { (percent(confidence)) span.quiet { " sure" } }
                        }
                        span.place { (row.place) }
                    }
                    @if let Some(words) = &row.words { (marked::strongest(words)) }
                }
            }
        }
    }
}
