//! The verdict: how good the classifier is, and how certain that is.

use super::format::{count, counted, interval, percent};
use crate::report::baseline::{BaselineScores, Rival, TfIdfErrors, TfIdfScore};
use crate::report::metrics::in_words;
use crate::report::statistics::{Comparison, MeanGain, Verdict, rounded};
use crate::report::{ClassifierEvaluation, EvaluationSplit, Report};
use maud::{Markup, html};

pub(super) fn section(report: &Report) -> Markup {
    html! {
        header {
            p.eyebrow { "Report on a text classifier" }
            h1 { (unbroken(&headline(report))) }
            p.lead { (unbroken(&evidence(report))) }
            (figures(report))
            @for notice in notices(report) { p.notice { (notice) } }
        }
    }
}

/// The verdict in a line.
fn headline(report: &Report) -> String {
    let (name, short) = (rival(report).name(), rival(report).short_name());
    let (verdict, leaning) = match (&report.comparison, mean_gain(report)) {
        (Some(comparison), _) => (comparison.verdict(), comparison.leaning()),
        (None, Some(gain)) => (gain.verdict(), None),
        (None, None) => return "Not scored: there is no test set".to_owned(),
    };
    match verdict {
        Verdict::First => format!("Better than {name}"),
        Verdict::Second => format!("Worse than {name}"),
        Verdict::Tie => match leaning {
            Some(Verdict::First) => format!("Probably better than {short}, but not proven"),
            Some(_) => format!("Probably worse than {short}, but not proven"),
            None => format!("No clear difference from {short}"),
        },
    }
}

/// What it is compared with.
fn rival(report: &Report) -> Rival {
    report.baselines.as_ref().map_or(Rival::TfIdf, BaselineScores::rival)
}

/// How a model of numbers compares.
fn mean_gain(report: &Report) -> Option<MeanGain> {
    let (scores, _) = report.evaluated()?;
    report.baselines.as_ref()?.mean_gain(scores.rows())
}

/// The evidence for the verdict.
fn evidence(report: &Report) -> String {
    let Some((scores, split)) = report.evaluated() else {
        return "Give a test set, or hold one out.".to_owned();
    };
    let rows = count(scores.rows());
    let on = match split {
        EvaluationSplit::Test => format!("on {rows} test rows"),
        EvaluationSplit::Folds => {
            format!(
                "on all {rows} examples, each predicted by a classifier that was not trained on it"
            )
        }
        EvaluationSplit::Validation => {
            format!("on {rows} validation rows, on which nothing was selected")
        }
        EvaluationSplit::Selection => {
            format!("on the {rows} validation rows that the best epoch was selected on")
        }
    };
    let name = rival(report).name();
    match (&report.comparison, mean_gain(report)) {
        (Some(comparison), _) => compared(comparison, name, &on, split),
        (None, Some(gain)) => {
            let (size, interval, direction) = gain.difference();
            let more = gain.outlook(count).map_or_else(String::new, |more| format!(" {more}."));
            format!(
                "The mean absolute error is {size:.4} {direction} than that of {name} ({interval}) {on}.{more}"
            )
        }
        (None, None) => format!("Scored {on}."),
    }
}

/// `TF-IDF` does not break at its hyphen.
fn unbroken(text: &str) -> Markup {
    html! {
        @for (n, part) in text.split("TF-IDF").enumerate() {
            @if n > 0 { span.unbroken { "TF-IDF" } }
            (part)
        }
    }
}

fn compared(comparison: &Comparison, rival: &str, on: &str, split: EvaluationSplit) -> String {
    // told from the side of the better one
    let told = match comparison.verdict() {
        Verdict::Second => comparison.reversed(),
        Verdict::First | Verdict::Tie => *comparison,
    };
    let [low, high] = told.difference_ci95.map(|part| 100.0 * part);
    let points = 100.0 * told.difference;
    let chance = match comparison.p_value {
        p if p < 0.001 => "p < 0.001".to_owned(),
        p => format!("p = {p:.3}"),
    };
    let interval = format!("95 % interval {low:.1} to {high:.1}, {chance}");
    match comparison.verdict() {
        Verdict::First => format!("{points:.1} points more accurate ({interval}) {on}."),
        Verdict::Second => format!(
            "{points:.1} points less accurate ({interval}) {on}. The simpler tool is the better \
             choice here."
        ),
        Verdict::Tie => {
            let rows = match split {
                EvaluationSplit::Test => "test rows",
                EvaluationSplit::Folds
                | EvaluationSplit::Validation
                | EvaluationSplit::Selection => "rows",
            };
            let n = count(comparison.n);
            let proof = format!("{n} {rows} cannot prove a difference ({interval})");
            match (comparison.leaning(), comparison.rows_needed) {
                (Some(_), Some(needed)) => format!(
                    "{points:+.1} points of accuracy against {rival}, but {proof}. If the true difference is that large, about {} {rows} would show it in four cases out of five.",
                    count(rounded(needed))
                ),
                _ => format!("{points:+.1} points of accuracy against {rival}; {proof}."),
            }
        }
    }
}

/// A name, a number, and what it is worth.
type Figure = (String, String, String);

fn figures(report: &Report) -> Markup {
    let Some((scores, split)) = report.evaluated() else { return html! {} };
    let mut figures = headline_figures(scores);
    match &report.baselines {
        Some(BaselineScores::Labels { tfidf: Some(score), .. }) => {
            let TfIdfScore { tfidf_accuracy, tfidf_ci95 } = *score;
            let beside = format!("95 % interval {}", interval(tfidf_ci95));
            figures.push(("TF-IDF".into(), percent(tfidf_accuracy), beside));
        }
        Some(BaselineScores::Labels { majority_accuracy, majority_ci95, .. }) => {
            let beside = format!("95 % interval {}", interval(*majority_ci95));
            figures.push(("Most frequent label".into(), percent(*majority_accuracy), beside));
        }
        Some(BaselineScores::Numbers { tfidf: Some(errors), .. }) => {
            let TfIdfErrors { tfidf_mae, tfidf_mae_ci95, .. } = *errors;
            figures.push(("TF-IDF".into(), format!("{tfidf_mae:.4}"), in_words(tfidf_mae_ci95)));
        }
        Some(BaselineScores::Numbers { mean_mae, mean_mae_ci95, .. }) => {
            let beside = in_words(*mean_mae_ci95);
            figures.push(("Always the mean".into(), format!("{mean_mae:.4}"), beside));
        }
        None => {}
    }
    let (name, kind) = match split {
        EvaluationSplit::Test => ("Test rows", "not trained on"),
        EvaluationSplit::Folds => ("Examples", "each held out once"),
        EvaluationSplit::Validation => ("Validation rows", "not trained on"),
        EvaluationSplit::Selection => ("Validation rows", "also used for selection"),
    };
    figures.push((name.into(), count(scores.rows()), kind.into()));
    html! {
        dl.figures {
            @for (name, value, worth) in &figures {
                div { dt { (name) } dd { strong { (value) } span { (worth) } } }
            }
        }
    }
}

fn headline_figures(scores: &ClassifierEvaluation) -> Vec<Figure> {
    let figure = |name: &str, value, worth| (name.to_owned(), value, worth);
    match scores {
        ClassifierEvaluation::SingleLabel(scores) => vec![
            figure(
                "Accuracy",
                percent(scores.accuracy),
                format!("95 % interval {}", interval(scores.accuracy_ci95)),
            ),
            figure("Macro F1", percent(scores.macro_f1), "mean over the classes".into()),
        ],
        ClassifierEvaluation::MultiLabel(scores) => vec![
            figure(
                "All labels right",
                percent(scores.subset_accuracy),
                format!("95 % interval {}", interval(scores.subset_accuracy_ci95)),
            ),
            figure("Micro F1", percent(scores.micro_f1), "over all labels".into()),
        ],
        ClassifierEvaluation::Regression(scores) => vec![
            figure("Mean absolute error", format!("{:.4}", scores.mae), in_words(scores.mae_ci95)),
            figure(
                "Variance explained",
                scores.r2.map_or_else(|| "–".into(), percent),
                "R²; the rest is error".into(),
            ),
        ],
    }
}

/// Reasons to trust the score less.
fn notices(report: &Report) -> Vec<String> {
    let mut notices = Vec::new();
    if matches!(report.evaluated(), Some((_, EvaluationSplit::Selection))) {
        notices.push(
            "This score is optimistic: the best epoch was selected on the same rows. A test set gives \
             an unbiased one."
                .to_owned(),
        );
    }
    let repeated = report.rows.train_like_test;
    if repeated > 0 {
        let (rows, verb) = (
            counted(repeated, "training row"),
            if repeated == 1 { "is a near-duplicate of" } else { "are near-duplicates of" },
        );
        notices.push(format!("{rows} {verb} a test row: the score may be optimistic."));
    }
    notices
}
