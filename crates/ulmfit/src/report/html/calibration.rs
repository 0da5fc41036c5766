//! How far the probabilities can be trusted.

use super::format::points;
use super::titled;
use crate::report::Report;
use crate::report::svg::{Picture, ReliabilityDiagram};
use crate::report::text::{BADLY_CALIBRATED, CALIBRATION_ADVICE};
use maud::{Markup, PreEscaped, html};

pub(super) fn section(report: &Report) -> Markup {
    let (Some(reliability), Some(error)) = (&report.reliability, report.calibration_error) else {
        return html! {};
    };
    let bins = || reliability.bins.iter().filter(|bin| bin.count > 0);
    let gap: f64 = bins().map(|bin| (bin.confidence - bin.accuracy) * bin.count as f64).sum();
    let tendency = match gap {
        _ if !reliability.is_telling() => "With so few answers, this is mostly chance.",
        _ if error < 0.02 => "They are well calibrated.",
        gap if gap > 0.0 => "On the whole they are too high: it is overconfident.",
        _ => "On the whole they are too low: it is underconfident.",
    };
    let diagram = ReliabilityDiagram {
        title: "Reliability".to_owned(),
        given: "confidence".to_owned(),
        outcome: "right".to_owned(),
        reliability: reliability.clone(),
    };
    let content = html! {
        p { "Its probabilities are off by " strong { (points(error)) " percentage points" }
            " on average (expected calibration error). " (tendency) }
        @if error > BADLY_CALIBRATED && reliability.is_telling() {
            p.notice { (advice()) }
        }
        figure.square {
            (PreEscaped(diagram.in_page()))
            figcaption {
                "Bars: how often an answer with this confidence is right, with a 95 % interval. They should end at the dashed \
                 line. Grey below: the number of answers; fewer than five have no bar."
            }
        }
    };
    titled("Can its probabilities be trusted?", &content)
}

/// The advice as a sentence.
fn advice() -> String {
    let mut advice = CALIBRATION_ADVICE.to_owned();
    advice[..1].make_ascii_uppercase();
    advice + "."
}
