//! How far the answer of a stack rises with those of its parts.
//!
//! The stack adds up the evidence of its parts, the logarithms of their probabilities, each times a
//! weight: `z[c] = sum over k of w[k] ln p[k][c]`, and its answer is `P = softmax(z)`. On the straight
//! path from the sums for an empty text to those for the text, `P[o]` rises by
//!
//! `sum over k and c of s[c] w[k] (ln p[k][c] - ln e[k][c])`
//!
//! where `s[c]` is the mean of the derivative of `P[o]` by `z[c]` along the path (integrated gradients:
//! Sundararajan, Taly & Yan 2017, <https://arxiv.org/abs/1703.01365>), and `e` are the answers to an empty
//! text. On the straight path from `e[k][c]` to `p[k][c]` the mean slope of the logarithm is the
//! secant `(ln p - ln e) / (p - e)`. So a word that adds `d` to `p[k][c]` adds
//! `s[c] w[k] (ln p - ln e) / (p - e) d` to the answer, and these add up to the rise of `P[o]`, since the
//! words' `d` add up to `p - e`. Log odds of several labels and values of a regression likewise.

use crate::data::labels::LabelKind;
use crate::model::slopes::mean_slopes;
use crate::models::stack::{LEAST, Stack, evidence};

/// Factors of the parts' outputs, `[part][output]`, for their share in an output of the stack: from
/// the answers of all parts to a text, and to an empty one.
pub(super) fn factors(
    stack: &Stack,
    task: LabelKind,
    rows: &[&[f32]],
    empty: &[&[f32]],
    output: usize,
) -> Vec<Vec<f64>> {
    let classes = rows.first().map_or(0, |row| row.len());
    let sums = |rows: &[&[f32]]| -> Vec<f64> {
        let sum = |class: usize| {
            let parts = rows.iter().zip(&stack.weights);
            parts.map(|(row, weight)| weight * evidence(task, row[class])).sum()
        };
        (0..classes).map(sum).collect()
    };
    let (start, end) = (sums(empty), sums(rows));
    let asked: Vec<f64> = (0..classes).map(|class| f64::from(u8::from(class == output))).collect();
    let rise: Vec<f64> = start.iter().zip(&end).map(|(start, end)| end - start).collect();
    let mean = mean_slopes(task, None, &start, &rise, &asked);
    let of_part = |((row, empty), weight): ((&&[f32], &&[f32]), &f64)| -> Vec<f64> {
        let of_class = |class: usize| mean[class] * weight * secant(task, empty[class], row[class]);
        (0..classes).map(of_class).collect()
    };
    rows.iter().zip(empty).zip(&stack.weights).map(of_part).collect()
}

/// Mean slope of the evidence between two answers.
fn secant(task: LabelKind, from: f32, to: f32) -> f64 {
    let width = f64::from(to) - f64::from(from);
    if width.abs() > f64::from(f32::EPSILON) * f64::from(from.abs()) {
        return (evidence(task, to) - evidence(task, from)) / width;
    }
    // words may still have raised it and lowered it again
    let p = f64::from(to);
    match task {
        LabelKind::Regression => 1.0,
        LabelKind::Single if p > LEAST => 1.0 / p,
        LabelKind::Multi if p > LEAST && p < 1.0 - LEAST => 1.0 / (p * (1.0 - p)),
        LabelKind::Single | LabelKind::Multi => 0.0,
    }
}
