//! Histories of the trainings.

use super::figure::figure;
use super::format::count;
use super::{folded, wide};
use crate::report::svg::{learning_rates, losses};
use crate::report::{ClassifierEvaluation, DirectionScore, EpochScore, Report, TrainingHistory};
use maud::{Markup, html};

pub(super) fn section(report: &Report) -> Markup {
    if report.training.is_empty() && report.language_model.is_empty() {
        return html! {};
    }
    let numbers = matches!(report.evaluated(), Some((ClassifierEvaluation::Regression(_), _)));
    let unit = if numbers { "Loss" } else { "Loss in nats" };
    let content = html! {
        @if !report.language_model.is_empty() { (language_model(&report.language_model)) }
        @for course in &report.training { (training(course, unit)) }
    };
    folded("Training", &content)
}

fn language_model(scores: &[DirectionScore]) -> Markup {
    let compared = scores.iter().any(|score| score.perplexity_before.is_some());
    wide(&html! {
        table {
            caption { "The language model on held-out text. Perplexity (lower is better): how many equally \
                       likely next words it is choosing between, on average. Next word: how often its first guess is right." }
            thead {
                tr {
                    th scope="col" { "Direction" }
                    @if compared { th.number scope="col" { "Perplexity before" } }
                    th.number scope="col" { "Perplexity" }
                    th.number scope="col" { "Next word" }
                    th.number scope="col" { "Tokens" }
                }
            }
            tbody {
                @for score in scores {
                    tr {
                        th scope="row" { (score.direction) }
                        @if compared {
                            td.number {
                                (score.perplexity_before.map_or_else(|| "–".into(), |p| format!("{p:.1}")))
                            }
                        }
                        td.number { (format!("{:.1}", score.perplexity)) }
                        td.number { (super::format::percent(score.accuracy)) }
                        td.number { (count(score.tokens)) }
                    }
                }
            }
        }
    })
}

fn training(course: &TrainingHistory, unit: &str) -> Markup {
    let valid = |epoch: &EpochScore| Some((epoch.step as f64, epoch.valid.as_ref()?.loss));
    let valid = course.epochs.iter().filter_map(valid).collect();
    let mut title: String = course.title.clone();
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let loss = losses(&format!("Loss: {}", course.title), course.loss.points(), valid);
    let rates = learning_rates(&format!("Learning rate: {}", course.title), groups(course));
    html! {
        h3 { (title) }
        @if course.rollbacks > 0 {
            p.notice { "The loss or a gradient became NaN or infinite: the run went back to a checkpoint with half the learning rate "
                       (super::format::counted(course.rollbacks, "time")) "." }
        }
        // a curve of a single update would be an empty grid
        @if course.steps > 1 { div.charts {
            (figure(unit, &loss))
            (figure("Learning rate of each group of layers", &rates))
        } }
        (epochs(course))
    }
}

/// Updates and values.
type Points = Vec<(f64, f64)>;

/// The rates of each group, the lowest first; groups that always have the same are one.
fn groups(course: &TrainingHistory) -> Vec<(String, Points)> {
    let points = |group: usize| -> Points {
        let rate = |rates: &[Option<f64>]| rates.get(group).copied().flatten();
        course
            .rates
            .iter()
            .map(|at| (at.step as f64, rate(&at.rates).unwrap_or(f64::NAN)))
            .collect()
    };
    let mut groups: Vec<(Vec<&str>, Points)> = Vec::new();
    for (group, name) in course.groups.iter().enumerate() {
        let points = points(group);
        match groups.last_mut() {
            Some((names, before)) if alike(before, &points) => names.push(name),
            _ => groups.push((vec![name], points)),
        }
    }
    let name = |names: Vec<&str>| match names[..] {
        [first, .., last] => format!("{first} to {last}"),
        _ => names.concat(),
    };
    groups.into_iter().map(|(names, points)| (name(names), points)).collect()
}

/// Whether two lines are equal; values that are missing in both are equal.
fn alike(a: &[(f64, f64)], b: &[(f64, f64)]) -> bool {
    a.iter().zip(b).all(|(a, b)| a.1.to_bits() == b.1.to_bits())
}

fn epochs(course: &TrainingHistory) -> Markup {
    let names: Vec<&String> = course
        .epochs
        .iter()
        .filter_map(|epoch| epoch.valid.as_ref())
        .flat_map(|valid| valid.metrics.keys())
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    let shown = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |v| format!("{v:.4}"));
    let metric = |epoch: &EpochScore, name: &String| {
        shown(epoch.valid.as_ref().and_then(|valid| valid.metrics.get(name)).copied())
    };
    html! {
        details {
            summary { (super::format::counted(course.epochs.len(), "epoch")) ", "
                      (super::format::counted(course.steps as usize, "update")) }
            (wide(&html! {
                table {
                    caption { "Means over each epoch; training losses with dropout" }
                    thead {
                        tr {
                            th scope="col" { "Epoch" }
                            th.number scope="col" { "Update" }
                            th.number scope="col" { "Trainable groups" }
                            th.number scope="col" { "Training loss" }
                            th.number scope="col" { "Validation loss" }
                            @for name in &names { th.number scope="col" { (name) } }
                        }
                    }
                    tbody {
                        @for (n, epoch) in course.epochs.iter().enumerate() {
                            tr {
                                th scope="row" { (n + 1) }
                                td.number { (count(epoch.step)) }
                                td.number { (epoch.learning) }
                                td.number { (shown(Some(epoch.train_loss))) }
                                td.number { (shown(epoch.valid.as_ref().map(|valid| valid.loss))) }
                                @for name in &names { td.number { (metric(epoch, name)) } }
                            }
                        }
                    }
                }
            }))
        }
    }
}
