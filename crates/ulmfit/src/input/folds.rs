//! Labelled rows in folds, for cross-validation.

use super::rows::LabelledSplits;
use super::texts::joined;
use crate::Error;
use crate::data::DataError;
use crate::data::batches::split::{HoldOutSize, Split, random_groups, stratified_groups};
use crate::data::labels::{LabelKind, Target};
use crate::data::quality::find_duplicates;
use ulmfit_ops::Key;

impl LabelledSplits {
    /// The fold of each training example, from 0 to `count`: about equally many in each, stratified
    /// by label. Near-duplicates are in the same fold.
    ///
    /// # Errors
    /// [`Error::Data`] when a label cannot be read.
    pub(crate) fn folds(&self, count: usize, key: &Key) -> Result<Vec<usize>, Error> {
        let texts: Vec<_> = self.train.iter().map(joined).collect();
        let groups = find_duplicates(&texts).near;
        let classes = match self.labels.kind() {
            LabelKind::Single => {
                let class = |record| match self.labels.target(record)? {
                    Target::Class(class) => Ok(class),
                    _ => unreachable!("a single-label set gives classes"),
                };
                Some(self.train.iter().map(class).collect::<Result<Vec<u32>, DataError>>()?)
            }
            LabelKind::Multi | LabelKind::Regression => None,
        };
        let mut folds = vec![count - 1; self.train.len()];
        let mut left: Vec<usize> = (0..self.train.len()).collect();
        for fold in 0..count - 1 {
            let size = HoldOutSize::Fraction(1.0 / (count - fold) as f64);
            let own = |of: &[usize]| left.iter().map(|&row| of[row]).collect::<Vec<usize>>();
            let key = key.child(fold as u64);
            let Split { train, valid } = match &classes {
                Some(classes) => {
                    let classes: Vec<u32> = left.iter().map(|&row| classes[row]).collect();
                    stratified_groups(&classes, &own(&groups), size, &key)
                }
                None => random_groups(&own(&groups), size, &key),
            };
            valid.iter().for_each(|&at| folds[left[at]] = fold);
            left = train.iter().map(|&at| left[at]).collect();
        }
        Ok(folds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::labels::LabelOptions;
    use crate::data::{Place, RawLabel, Record};
    use crate::input::{LabelledInput, SplitFractions};
    use crate::progress::NoProgress;
    use std::path::Path;
    use std::sync::Arc;

    #[test]
    fn every_row_has_a_fold_and_copies_share_theirs() {
        let text = |n: usize| {
            let words = (0..30).map(|word| format!("w{}", (n * 31 + word * 7) % 997));
            words.collect::<Vec<_>>().join(" ")
        };
        let record = |n: usize| Record {
            fields: vec![format!("{} copy{n}", text(n % 50))],
            label: Some(RawLabel::One(["a", "a", "b"][n % 50 % 3].to_owned())),
            place: Place::new(&Arc::from(Path::new("f")), 1),
            columns: Vec::new(),
        };
        let train = (0..100).map(record).collect();
        let input = LabelledInput { train, valid: None, test: None };
        let shares = SplitFractions { valid: 0.0, test: 0.0 };
        let rows = LabelledSplits::split(
            input,
            &LabelOptions::default(),
            shares,
            Key::new(1),
            &mut NoProgress,
        )
        .unwrap();
        let folds = rows.folds(5, &Key::new(7)).unwrap();
        assert_eq!(folds, rows.folds(5, &Key::new(7)).unwrap());
        assert!((0..50).all(|n| folds[n] == folds[n + 50]), "copies share a fold: {folds:?}");
        for fold in 0..5 {
            let rows: Vec<usize> = (0..100).filter(|&n| folds[n] == fold).collect();
            assert!((16..=24).contains(&rows.len()), "{fold}: {}", rows.len());
            let of_b = rows.iter().filter(|&&n| n % 50 % 3 == 2).count();
            assert!((4..=9).contains(&of_b), "{fold}: {of_b}");
        }
    }
}
