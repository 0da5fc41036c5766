//! What a person must know: is it any good, and how sure is that?

use super::format::{count, counted, interval, percent, plain_interval};
use crate::report::statistics::{Comparison, Verdict};
use crate::report::{BaselineScores, ClassifierEvaluation, Judge, Report};
use maud::{Markup, html};

pub(super) fn section(report: &Report) -> Markup {
    html! {
        header {
            p.eyebrow { "Report on a text classifier" }
            h1 { (headline(report)) }
            p.lead { (evidence(report)) }
            (figures(report))
            @for notice in notices(report) { p.notice { (notice) } }
        }
    }
}

/// The verdict in a line.
fn headline(report: &Report) -> String {
    match (&report.comparison, &report.baselines) {
        (Some(comparison), _) => match comparison.verdict() {
            Verdict::First => "Better than TF-IDF with logistic regression",
            Verdict::Second => "Worse than TF-IDF with logistic regression",
            Verdict::Tie => "No better than TF-IDF with logistic regression on this data",
        },
        (_, Some(BaselineScores::Numbers { mae_gain_ci95: [low, high], .. })) => {
            match (*low > 0.0, *high < 0.0) {
                (true, _) => "Better than always answering the mean",
                (_, true) => "Worse than always answering the mean",
                _ => "No better than always answering the mean on this data",
            }
        }
        _ => "Not scored: no rows were left for it",
    }
    .to_owned()
}

/// What the verdict rests on.
fn evidence(report: &Report) -> String {
    let Some((scores, judge)) = report.judged() else {
        return "Give more rows, or rows of their own with --test.".to_owned();
    };
    let rows = count(scores.rows());
    let on = match judge {
        Judge::Test => format!("on {rows} rows that training never saw"),
        Judge::Valid => format!("on {rows} rows held out of the training"),
        Judge::Chosen => format!("on the {rows} rows that choices were made by"),
    };
    match (&report.comparison, &report.baselines) {
        (Some(comparison), _) => compared(comparison, &on),
        (_, Some(BaselineScores::Numbers { mae_gain, mae_gain_ci95, .. })) => {
            let (error, interval, direction) = match (*mae_gain, *mae_gain_ci95) {
                (gain, [low, high]) if gain < 0.0 => (-gain, [-high, -low], "higher"),
                (gain, interval) => (gain, interval, "lower"),
            };
            let interval = plain_interval(interval);
            format!(
                "The mean absolute error is {error:.4} {direction} (95 % interval {interval}) {on}."
            )
        }
        _ => format!("Scored {on}."),
    }
}

fn compared(comparison: &Comparison, on: &str) -> String {
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
            "{points:.1} points less accurate ({interval}) {on}. The simple tool is the better \
             choice here."
        ),
        Verdict::Tie => format!(
            "The difference of {points:+.1} points ({interval}) {on} may be chance. The simple tool \
             may do, or more rows may tell."
        ),
    }
}

/// A name, a number, and what it is worth.
type Figure = (String, String, String);

fn figures(report: &Report) -> Markup {
    let Some((scores, judge)) = report.judged() else { return html! {} };
    let mut figures = headline_figures(scores);
    match &report.baselines {
        Some(BaselineScores::Labels { tfidf_accuracy, tfidf_ci95, .. }) => {
            let beside = format!("95 % interval {}", interval(*tfidf_ci95));
            figures.push(("TF-IDF beside it".into(), percent(*tfidf_accuracy), beside));
        }
        Some(BaselineScores::Numbers { mean_mae, mean_mae_ci95, .. }) => {
            let beside = format!("95 % interval {}", plain_interval(*mean_mae_ci95));
            figures.push(("Always the mean".into(), format!("{mean_mae:.4}"), beside));
        }
        None => {}
    }
    let kind = if judge == Judge::Chosen { "choices made by them" } else { "not trained on" };
    figures.push(("Rows scored".into(), count(scores.rows()), kind.into()));
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
            figure(
                "Mean absolute error",
                format!("{:.4}", scores.mae),
                format!("95 % interval {}", plain_interval(scores.mae_ci95)),
            ),
            figure(
                "Variance explained",
                scores.r2.map_or_else(|| "–".into(), percent),
                "R²; the rest is error".into(),
            ),
        ],
    }
}

/// What makes the score worth less than it looks.
fn notices(report: &Report) -> Vec<String> {
    let mut notices = Vec::new();
    if matches!(report.judged(), Some((_, Judge::Chosen))) {
        notices.push(
            "This score flatters: choices in training were made by these very rows. Rows of their \
             own, with --test or --test-share, give an honest one."
                .to_owned(),
        );
    }
    let repeated = report.rows.train_like_test;
    if repeated > 0 {
        let (rows, verb) =
            (counted(repeated, "training row"), if repeated == 1 { "s" } else { "" });
        notices.push(format!("{rows} nearly repeat{verb} a test row: the score may flatter."));
    }
    notices
}
