//! How far the probabilities can be trusted.

use super::format::percent;
use super::titled;
use crate::report::svg::{Picture, ReliabilityDiagram};
use crate::report::{ClassifierEvaluation, Report};
use maud::{Markup, PreEscaped, html};

pub(super) fn section(report: &Report) -> Markup {
    let (Some(reliability), Some(error)) = (&report.reliability, report.calibration_error) else {
        return html! {};
    };
    let several = matches!(report.judged(), Some((ClassifierEvaluation::MultiLabel(_), _)));
    let (outcome, given, confident) = if several {
        ("label present", "probability", "the probability of a label")
    } else {
        ("right", "confidence", "the probability it gives its answer")
    };
    let bins = || reliability.bins.iter().filter(|bin| bin.count > 0);
    let gap: f64 = bins().map(|bin| (bin.confidence - bin.accuracy) * bin.count as f64).sum();
    let tendency = match gap {
        _ if error < 0.02 => "They can be taken at their word.",
        gap if several && gap > 0.0 => "On the whole they are too high.",
        gap if several && gap < 0.0 => "On the whole they are too low.",
        gap if gap > 0.0 => "On the whole it is surer than it should be.",
        _ => "On the whole it is less sure than it could be.",
    };
    let diagram = ReliabilityDiagram {
        title: "Reliability".to_owned(),
        given: given.to_owned(),
        outcome: outcome.to_owned(),
        reliability: reliability.clone(),
    };
    let content = html! {
        p { "Its probabilities are off by " strong { (percent(error)) }
            " on average (expected calibration error). " (tendency) }
        figure.square {
            (PreEscaped(diagram.in_page()))
            figcaption {
                "Bars: how often it is so, by " (confident) ". They should end at the dashed line, and \
                 are fainter where they stand for fewer answers. Grey below: how many."
            }
        }
    };
    titled("Can its probabilities be trusted?", &content)
}
