//! Cross-validation: every labelled row is answered by a classifier that has not learned it.

use super::classify::LabelledText;
use super::options::TrainOptions;
use super::self_training::{SelfTrained, train_fold};
use crate::Error;
use crate::data::Record;
use crate::input::LabelledSplits;
use crate::models::LmBundle;
use crate::run::Runner;
use crate::train::Labelled;
use ulmfit_ops::Key;

/// Answers to all training rows, each by a classifier that has learned the other folds.
pub(crate) struct OutOfFold {
    /// The fold of each row.
    pub(crate) folds: Vec<usize>,
    /// Probabilities or values, one row each.
    pub(crate) rows: Vec<Vec<f32>>,
}

impl OutOfFold {
    /// Trains a classifier without each fold, and answers the fold with it.
    ///
    /// All of them start from the same language model. It has read the texts of all rows, without
    /// their labels, as it would read texts that wait for a prediction; labels of a fold reach
    /// nothing that answers it. `pool` and `lm_tokens` are those of
    /// [`self_train`](super::self_train).
    ///
    /// # Errors
    /// Those of a training.
    pub(crate) fn train(
        runner: &mut Runner<'_>,
        lm: &LmBundle,
        splits: &LabelledSplits,
        data: &Labelled,
        (pool, lm_tokens): (&[Vec<u32>], Option<usize>),
        options: &TrainOptions,
        count: usize,
    ) -> Result<Self, Error> {
        if splits.train.len() < 2 * count {
            let message = format!("{} examples are too few for {count} folds", splits.train.len());
            return Err(Error::TooLittle { message, hint: Some("take fewer folds".into()) });
        }
        runner.progress.note(&format!(
            "the classifier is trained {} times: without each of {count} folds, then on all \
             examples",
            count + 1
        ));
        let key = Key::new(options.classify.seed).child(101);
        let folds = splits.folds(count, &key)?;
        let mut rows = vec![Vec::new(); folds.len()];
        for fold in 0..count {
            let (held_out, train) = in_and_out(&folds, fold);
            let pick = |rows: &[usize]| Labelled {
                documents: rows.iter().map(|&row| data.documents[row].clone()).collect(),
                targets: rows.iter().map(|&row| data.targets[row].clone()).collect(),
            };
            let labelled = LabelledText {
                train: pick(&train),
                valid: Labelled { documents: Vec::new(), targets: Vec::new() },
                labels: splits.labels.clone(),
            };
            let SelfTrained { classifier, recipe, .. } = train_fold(
                Some(fold),
                runner,
                lm.copy(&options.directions),
                &labelled,
                pool,
                lm_tokens,
                options,
            )?;
            let mut tick =
                |done, total| runner.progress.tick("documents scored", done, Some(total));
            let batch = recipe.training.batch_size;
            let documents = pick(&held_out).documents;
            let part = &classifier.parts[0].1;
            let answers = part.probabilities_of_ids(&documents, batch, &mut tick)?;
            held_out.into_iter().zip(answers).for_each(|(row, answer)| rows[row] = answer);
        }
        Ok(Self { folds, rows })
    }

    /// The folds of some records: those of each fold, and the others.
    pub(crate) fn parts(&self, records: &[Record]) -> Vec<FoldPart> {
        let count = self.folds.iter().max().map_or(0, |&last| last + 1);
        let part = |fold: usize| {
            let take = |rows: &[usize]| rows.iter().map(|&row| records[row].clone()).collect();
            let (held_out, train) = in_and_out(&self.folds, fold);
            FoldPart { train: take(&train), test: take(&held_out), rows: held_out }
        };
        (0..count).map(part).collect()
    }
}

/// Numbers of the rows of a fold, and of all others.
fn in_and_out(folds: &[usize], fold: usize) -> (Vec<usize>, Vec<usize>) {
    (0..folds.len()).partition(|&row| folds[row] == fold)
}

/// One fold and the others.
pub(crate) struct FoldPart {
    /// Records of the other folds.
    pub(crate) train: Vec<Record>,
    /// Records of this one.
    pub(crate) test: Vec<Record>,
    /// Their numbers.
    pub(crate) rows: Vec<usize>,
}
