//! How far the probabilities can be trusted.

use super::format::points;
use super::titled;
use crate::report::svg::{Picture, ReliabilityDiagram};
use crate::report::text::{BADLY_CALIBRATED, CALIBRATION_ADVICE, FEW_TO_CALIBRATE};
use crate::report::{ClassifierEvaluation, Report};
use maud::{Markup, PreEscaped, html};

pub(super) fn section(report: &Report) -> Markup {
    let (Some(reliability), Some(error)) = (&report.reliability, report.calibration_error) else {
        return html! {};
    };
    let several = matches!(report.evaluated(), Some((ClassifierEvaluation::MultiLabel(_), _)));
    let (outcome, given, confident) = if several {
        ("label present", "probability", "a label with this probability is there")
    } else {
        ("right", "confidence", "an answer with this confidence is right")
    };
    let bins = || reliability.bins.iter().filter(|bin| bin.count > 0);
    let gap: f64 = bins().map(|bin| (bin.confidence - bin.accuracy) * bin.count as f64).sum();
    let tendency = match gap {
        _ if reliability.rows() < FEW_TO_CALIBRATE => "Of so few rows that is mostly chance.",
        _ if error < 0.02 => "They are well calibrated.",
        gap if several && gap > 0.0 => "On the whole they are too high.",
        gap if several && gap < 0.0 => "On the whole they are too low.",
        gap if gap > 0.0 => "On the whole it is overconfident.",
        _ => "On the whole it is underconfident.",
    };
    let diagram = ReliabilityDiagram {
        title: "Reliability".to_owned(),
        given: given.to_owned(),
        outcome: outcome.to_owned(),
        reliability: reliability.clone(),
    };
    let content = html! {
        p { "Its probabilities are off by " strong { (points(error)) " percentage points" }
            " on average (expected calibration error). " (tendency) }
        @if error > BADLY_CALIBRATED && reliability.rows() >= FEW_TO_CALIBRATE {
            p.notice { (advice()) }
        }
        figure.square {
            (PreEscaped(diagram.in_page()))
            figcaption {
                "Bars: how often " (confident) ", with a 95 % interval. They should end at the dashed \
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
