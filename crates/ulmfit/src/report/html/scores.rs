//! The score beside those of the baselines, and class by class.

use super::format::{interval, plain_interval, points};
use super::{titled, wide};
use crate::report::baseline::{BaselineScores, Rival, TfIdfErrors, TfIdfScore};
use crate::report::{ClassScores, ClassifierEvaluation, Report};
use maud::{Markup, PreEscaped, html};

pub(super) fn section(report: &Report) -> Markup {
    let Some((scores, _)) = report.evaluated() else { return html! {} };
    let classes = scores.per_class();
    html! {
        (titled("Score", &beside(scores, report)))
        @if !classes.is_empty() { (titled(class_title(scores), &per_class(classes))) }
    }
}

fn class_title(scores: &ClassifierEvaluation) -> &'static str {
    match scores {
        ClassifierEvaluation::SingleLabel(_) => "Class by class",
        _ => "Label by label",
    }
}

/// A method, its score and its interval.
struct Row {
    tool: &'static str,
    score: f64,
    ci95: [f64; 2],
}

fn beside(scores: &ClassifierEvaluation, report: &Report) -> Markup {
    let (unit, ours) = match scores {
        ClassifierEvaluation::SingleLabel(s) => ("Accuracy in %", (s.accuracy, s.accuracy_ci95)),
        ClassifierEvaluation::MultiLabel(s) => {
            ("All labels right in %", (s.subset_accuracy, s.subset_accuracy_ci95))
        }
        ClassifierEvaluation::Regression(s) => ("Mean absolute error", (s.mae, s.mae_ci95)),
    };
    let row = |tool, (score, ci95)| Row { tool, score, ci95 };
    let mut rows = vec![row("This classifier", ours)];
    match &report.baselines {
        Some(BaselineScores::Labels { majority_accuracy, majority_ci95, tfidf }) => {
            let scored = |score: &TfIdfScore| (score.tfidf_accuracy, score.tfidf_ci95);
            rows.extend(tfidf.iter().map(|score| row(Rival::TfIdf.name(), scored(score))));
            rows.push(row("Most frequent label", (*majority_accuracy, *majority_ci95)));
        }
        Some(BaselineScores::Numbers { mean_mae, mean_mae_ci95, tfidf, .. }) => {
            let scored = |found: &TfIdfErrors| (found.tfidf_mae, found.tfidf_mae_ci95);
            let of_ngrams = |found| row(Rival::TfIdfOfNumbers.name(), scored(found));
            rows.extend(tfidf.iter().map(of_ngrams));
            rows.push(row("Always the mean", (*mean_mae, *mean_mae_ci95)));
        }
        None => {}
    }
    let is_part = !matches!(scores, ClassifierEvaluation::Regression(_));
    // The scale is that of the two tools to compare; what lies beyond is an arrow.
    let ends = || rows.iter().take(2).flat_map(|row| row.ci95);
    let low = ends().fold(f64::INFINITY, f64::min);
    let high = ends().fold(f64::NEG_INFINITY, f64::max);
    let end = |value: f64| if is_part { points(value) + " %" } else { format!("{value:.2}") };
    let table = html! {
        table.scores {
            caption { "Scores on the same rows; all tools learned from the same training set" }
            thead {
                tr {
                    th scope="col" { "Tool" }
                    th.number scope="col" { (unit) }
                    th.number scope="col" { "95 % interval" }
                    th.plot-cell scope="col" {
                        span.ends { @for at in [low, f64::midpoint(low, high), high] { span { (end(at)) } } }
                    }
                }
            }
            tbody {
                @for (n, row) in rows.iter().enumerate() {
                    tr.ours[n == 0] {
                        th scope="row" { (row.tool) }
                        @if is_part {
                            td.number { (points(row.score)) }
                            td.number { (interval(row.ci95)) }
                        } @else {
                            td.number { (format!("{:.4}", row.score)) }
                            td.number { (plain_interval(row.ci95)) }
                        }
                        td.plot-cell { (PreEscaped(whisker(row, [low, high]))) }
                    }
                }
            }
        }
    };
    html! { (wide(&table)) (other_scores(scores)) }
}

/// An interval as a line with a dot, between `low` and `high`; an arrow if it lies outside.
fn whisker(row: &Row, [low, high]: [f64; 2]) -> String {
    if !low.is_finite() {
        return String::new(); // one row has no interval, and so there is no scale
    }
    let place = |value: f64| 6.0 + 168.0 * (value - low) / (high - low).max(f64::MIN_POSITIVE);
    let [from, to] = row.ci95.map(|end| place(end).clamp(0.0, 180.0));
    let open = "<svg class=\"whisker\" viewBox=\"0 0 180 16\" aria-hidden=\"true\">\
                <path d=\"M0 8H180M6 4V12M90 4V12M174 4V12\"/>";
    if !(low..=high).contains(&row.score) {
        let arrow = if row.score < low { "M12 3L2 8L12 13" } else { "M168 3L178 8L168 13" };
        return format!("{open}<path class=\"span beyond\" d=\"{arrow}\"/></svg>");
    }
    format!(
        "{open}\
         <path class=\"span\" d=\"M{from:.1} 8H{to:.1}\"/><circle cx=\"{:.1}\" cy=\"8\" r=\"4\"/></svg>",
        place(row.score)
    )
}

fn other_scores(scores: &ClassifierEvaluation) -> Markup {
    let others = match scores {
        ClassifierEvaluation::SingleLabel(s) => vec![
            ("Macro F1", format!("{} %", points(s.macro_f1))),
            ("Error rate", format!("{} %", points(s.error))),
            ("Cross entropy", format!("{:.4} nats", s.loss)),
        ],
        ClassifierEvaluation::MultiLabel(s) => vec![
            ("Label accuracy", format!("{} %", points(s.label_accuracy))),
            ("Micro F1", format!("{} %", points(s.micro_f1))),
            ("Macro F1", format!("{} %", points(s.macro_f1))),
        ],
        ClassifierEvaluation::Regression(s) => vec![
            ("Root mean squared error", format!("{:.4}", s.rmse)),
            ("R²", s.r2.map_or_else(|| "–".into(), |r2| format!("{r2:.4}"))),
            ("Correlation", s.pearson.map_or_else(|| "–".into(), |r| format!("{r:.4}"))),
        ],
    };
    html! {
        dl.inline { @for (name, value) in others { div { dt { (name) } dd { (value) } } } }
    }
}

/// More classes than this are folded away.
const FOLDED: usize = 40;

fn per_class(classes: &[ClassScores]) -> Markup {
    let table = wide(&html! {
        table {
            caption {
                "Precision: the share of a label's predictions that are right. Recall: the share of its rows that are \
                 found. F1: the harmonic mean of both. All in %; with few rows, only a rough estimate."
            }
            thead {
                tr {
                    th scope="col" { "Label" }
                    @for head in ["Precision", "Recall", "F1", "Rows"] {
                        th.number scope="col" { (head) }
                    }
                }
            }
            tbody {
                @for class in classes {
                    tr {
                        th.label scope="row" dir="auto" { (class.label) }
                        td.number { (points(class.precision)) }
                        td.number { (points(class.recall)) }
                        td.number { (bar(class.f1)) (points(class.f1)) }
                        td.number { (super::format::count(class.support)) }
                    }
                }
            }
        }
    });
    if classes.len() <= FOLDED {
        return table;
    }
    html! { details { summary { (classes.len()) " classes" } (table) } }
}

/// A fraction as a short bar.
fn bar(part: f64) -> Markup {
    html! { span.bar aria-hidden="true" { i style=(format!("width:{:.1}%", 100.0 * part)) {} } }
}
