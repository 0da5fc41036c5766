//! Which examples are held out together.

use crate::data::labels::LabelKind;
use std::collections::HashMap;
use std::hash::Hash;
use ulmfit_ops::Key;

/// The fold of each example, from 0: at random, and where each has one class the classes shared out
/// evenly. There are as many folds as asked for, but at least 2, and no more than examples.
///
/// Copies, whose `inputs` are equal, are in one fold: learned there and held out here, they would make weak penalties and
/// high confidence look good. Where fewer inputs differ than there are folds, copies are not kept together.
pub(super) fn fold_numbers<I: Eq + Hash>(
    inputs: impl Iterator<Item = I>,
    targets: &[Vec<f32>],
    task: LabelKind,
    folds: usize,
    key: &Key,
) -> Vec<usize> {
    let mut order = key.permutation(targets.len());
    if task == LabelKind::Single {
        order.sort_by(|&a, &b| targets[a][0].total_cmp(&targets[b][0])); // stable
    }
    let folds = folds.clamp(2, targets.len().max(2));
    let mut first = HashMap::with_capacity(targets.len());
    let mut leader: Vec<usize> =
        inputs.enumerate().map(|(n, input)| *first.entry(input).or_insert(n)).collect();
    if first.len() < folds {
        leader = (0..targets.len()).collect();
    }
    let mut fold_of = vec![0; targets.len()];
    let leaders = order.into_iter().filter(|&n| leader[n] == n);
    leaders.enumerate().for_each(|(place, n)| fold_of[n] = place % folds);
    (0..targets.len()).map(|n| fold_of[leader[n]]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_shared_out_evenly() {
        let targets: Vec<Vec<f32>> = (0..30).map(|n| vec![[0.0, 0.0, 1.0][n % 3]]).collect();
        let folds = fold_numbers(0..30, &targets, LabelKind::Single, 5, &Key::new(1));
        for fold in 0..5 {
            let held_out: Vec<f32> =
                (0..30).filter(|&n| folds[n] == fold).map(|n| targets[n][0]).collect();
            let of = |class: f32| held_out.iter().filter(|n| (**n - class).abs() < 0.5).count();
            assert_eq!([of(0.0), of(1.0)], [4, 2]);
        }
        assert_eq!(fold_numbers(0..1, &targets[..1], LabelKind::Single, 5, &Key::new(1)), [0]);
    }

    #[test]
    fn copies_are_held_out_together() {
        let targets: Vec<Vec<f32>> = (0..30).map(|n| vec![[0.0, 1.0][n % 2]]).collect();
        let folds =
            fold_numbers((0..30).map(|n| n / 3), &targets, LabelKind::Single, 5, &Key::new(1));
        for group in folds.chunks(3) {
            assert!(group.iter().all(|fold| *fold == group[0]), "{folds:?}");
        }
        for fold in 0..5 {
            assert_eq!(folds.iter().filter(|of| **of == fold).count(), 6, "{folds:?}");
        }
        let same = fold_numbers((0..30).map(|_| 0), &targets, LabelKind::Single, 5, &Key::new(1));
        assert!((0..5).all(|fold| same.contains(&fold)), "{same:?}");
    }
}
