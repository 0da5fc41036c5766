//! Which parts are used, and with what weights.

use super::stack_weights::Answers;
use crate::models::Stack;

/// The parts of a portfolio that are used.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Choice {
    /// Their numbers, ascending.
    pub(crate) parts: Vec<usize>,
    /// Their weights.
    pub(crate) stack: Stack,
}

/// From this many rows on their mean loss decides; fewer have to prove what speaks against the pretrained
/// part.
const PROOF_UNTIL: usize = 100;

/// A part with less of all weights changes next to nothing, and costs its time in every prediction.
const LEAST_SHARE: f64 = 0.03;

impl Choice {
    /// All parts that have a say, if they are better together than the best of them alone, and this
    /// one otherwise. Both are weighed on one half of the rows and judged on the other, in turn.
    ///
    /// With few rows this is next to a draw, and the `pretrained` part is used alone, unless the choice is
    /// better by more than two standard errors: what others have read is worth more than twenty rows.
    ///
    /// # Panics
    /// Without rows.
    pub(crate) fn new(answers: &Answers<'_>, rows: &[usize], pretrained: Option<usize>) -> Self {
        let all: Vec<usize> = (0..answers.parts()).collect();
        let alone = all.iter().map(|&part| (vec![part], mean(&answers.judged(&[part], rows))));
        let best = alone.min_by(|a, b| a.1.total_cmp(&b.1)).expect("there are parts");
        let mut chosen = all.clone();
        loop {
            let stack = answers.weights(&chosen, rows);
            let total: f64 = stack.weights.iter().sum();
            let has_say = |&(_, weight): &(usize, &f64)| *weight >= LEAST_SHARE * total;
            let kept: Vec<usize> = chosen
                .iter()
                .copied()
                .zip(&stack.weights)
                .filter(has_say)
                .map(|(part, _)| part)
                .collect();
            if kept.len() == chosen.len() {
                break;
            }
            chosen = kept;
        }
        let mut losses = answers.judged(&chosen, rows);
        if mean(&losses) >= best.1 {
            losses = answers.judged(&best.0, rows);
            chosen = best.0;
        }
        if let Some(part) = pretrained.filter(|_| rows.len() < PROOF_UNTIL)
            && !is_proven(&answers.judged(&[part], rows), &losses)
        {
            chosen = vec![part];
        }
        let stack = answers.weights(&chosen, rows);
        Self { parts: chosen, stack }
    }
}

fn mean(losses: &[f64]) -> f64 {
    losses.iter().sum::<f64>() / losses.len() as f64
}

/// Whether losses are lower than others on the same rows by more than two standard errors.
fn is_proven(before: &[f64], after: &[f64]) -> bool {
    let gains: Vec<f64> = before.iter().zip(after).map(|(before, after)| before - after).collect();
    let gain = mean(&gains);
    let squares: f64 = gains.iter().map(|own| (own - gain).powi(2)).sum();
    let count = gains.len() as f64;
    gain > 2.0 * (squares / (count - 1.0).max(1.0) / count).sqrt()
}

impl Answers<'_> {
    /// The loss of some parts together on each row, with weights that do not come from this row.
    fn judged(&self, parts: &[usize], rows: &[usize]) -> Vec<f64> {
        let half = |odd: bool| -> Vec<usize> {
            let of_half = rows.iter().enumerate().filter(|(n, _)| (n % 2 == 1) == odd);
            of_half.map(|(_, &row)| row).collect()
        };
        let (even, odd) = (half(false), half(true));
        let of_halves = [(&even, &odd), (&odd, &even)].map(|(learn, judge)| {
            let stack = self.weights(parts, learn);
            judge.iter().map(|&row| self.loss(parts, &stack, &[row])).collect::<Vec<f64>>()
        });
        of_halves.concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::labels::LabelKind;

    /// Answers that are right with `p` in rows whose number, times a prime, is below `right`.
    fn part(p: f32, right: usize, prime: usize) -> Vec<Vec<f32>> {
        let row =
            |n: usize| if n * prime % 200 < right { vec![p, 1.0 - p] } else { vec![1.0 - p, p] };
        (0..200).map(row).collect()
    }

    #[test]
    fn parts_that_err_differently_are_used_together() {
        let parts = [part(0.8, 160, 37), part(0.8, 160, 61)];
        let targets = vec![vec![0.0]; 200];
        let rows: Vec<usize> = (0..200).collect();
        let choice = Choice::new(&Answers::new(LabelKind::Single, &parts, &targets), &rows, None);
        assert_eq!(choice.parts, [0, 1]);
        assert!(choice.stack.weights.iter().all(|&weight| weight > 0.3), "{choice:?}");
    }

    #[test]
    fn a_copy_of_noise_is_left_out() {
        let noise: Vec<Vec<f32>> =
            (0..200).map(|n| if n % 3 == 0 { vec![0.7, 0.3] } else { vec![0.3, 0.7] }).collect();
        let parts = [noise, part(0.9, 180, 37)];
        let targets = vec![vec![0.0]; 200];
        let rows: Vec<usize> = (0..200).collect();
        let choice =
            Choice::new(&Answers::new(LabelKind::Single, &parts, &targets), &rows, Some(0));
        assert_eq!(choice.parts, [1]);
        assert_eq!(choice.stack.weights.len(), 1);
    }

    #[test]
    fn few_rows_have_to_prove_what_speaks_against_the_pretrained_part() {
        let targets = vec![vec![0.0]; 200];
        let chosen = |right: [usize; 2], rows: usize| {
            let parts = [part(0.7, right[0], 37), part(0.7, right[1], 37)];
            let rows: Vec<usize> = (0..rows).collect();
            let answers = Answers::new(LabelKind::Single, &parts, &targets);
            Choice::new(&answers, &rows, Some(0)).parts
        };
        assert_eq!(chosen([150, 154], 30), [0]); // the same in most rows
        assert_eq!(chosen([150, 154], 200), [1]);
        assert_eq!(chosen([60, 190], 30), [1]);
    }
}
