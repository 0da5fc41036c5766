//! Which examples are held out together.

use crate::data::labels::LabelKind;
use ulmfit_ops::Key;

/// The fold of each example, from 0: at random, and where each has one class the classes shared out
/// evenly. There are as many folds as asked for, but at least 2, and no more than examples.
pub(super) fn fold_numbers(
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
    let mut fold_of = vec![0; targets.len()];
    order.into_iter().enumerate().for_each(|(place, n)| fold_of[n] = place % folds);
    fold_of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_shared_out_evenly() {
        let targets: Vec<Vec<f32>> = (0..30).map(|n| vec![[0.0, 0.0, 1.0][n % 3]]).collect();
        let folds = fold_numbers(&targets, LabelKind::Single, 5, &Key::new(1));
        for fold in 0..5 {
            let held_out: Vec<f32> =
                (0..30).filter(|&n| folds[n] == fold).map(|n| targets[n][0]).collect();
            let of = |class: f32| held_out.iter().filter(|n| (**n - class).abs() < 0.5).count();
            assert_eq!([of(0.0), of(1.0)], [4, 2]);
        }
        assert_eq!(fold_numbers(&targets[..1], LabelKind::Single, 5, &Key::new(1)), [0]);
    }
}
