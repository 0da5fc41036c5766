//! Cross-validation: every labelled row is answered by a classifier that has not learned it.

use crate::Error;
use crate::data::Record;
use crate::input::LabelledSplits;
use crate::randomness::Purpose;
use crate::run::Runner;
use crate::train::Labelled;

/// Answers to all training rows, each by a classifier that has learned the other folds.
pub(crate) struct OutOfFold {
    /// The fold of each row.
    pub(crate) folds: Vec<usize>,
    /// Probabilities or values, one row each.
    pub(crate) rows: Vec<Vec<f32>>,
}

/// Answers the rows of a fold.
pub(crate) type AnswerFold<'a> =
    dyn FnMut(&mut Runner<'_>, &Fold) -> Result<Vec<Vec<f32>>, Error> + 'a;

impl OutOfFold {
    /// Answers the examples of each fold with what `answer(runner, fold)` has trained on the others.
    ///
    /// # Errors
    /// [`Error::TooLittle`] when there are fewer than two examples per fold, and those of a training.
    pub(crate) fn of(
        runner: &mut Runner<'_>,
        folds: &Folds,
        answer: &mut AnswerFold<'_>,
    ) -> Result<Self, Error> {
        let mut rows = vec![Vec::new(); folds.of_row.len()];
        for fold in folds.scored() {
            let answers = answer(runner, &fold)?;
            fold.held_out.iter().zip(answers).for_each(|(&row, answer)| rows[row] = answer);
        }
        Ok(Self { folds: folds.of_row.clone(), rows })
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

/// Training examples in folds, some or all of which are held out in turn.
pub(crate) struct Folds {
    /// The fold of each example.
    pub(crate) of_row: Vec<usize>,
    /// How many of them are held out.
    scored: usize,
}

/// One fold that is held out.
pub(crate) struct Fold {
    /// Its number.
    pub(crate) number: usize,
    /// Examples of the fold.
    pub(crate) held_out: Vec<usize>,
    /// All other examples.
    pub(crate) train: Vec<usize>,
}

impl Folds {
    /// Folds that have been made, of which the first `scored` are held out.
    #[cfg(test)]
    pub(crate) fn of_rows(of_row: Vec<usize>, scored: usize) -> Self {
        Self { of_row, scored }
    }

    /// Divides the training examples into `count` folds, of which the first `scored` are held out.
    ///
    /// # Errors
    /// [`Error::TooLittle`] when there are fewer than two examples per fold.
    pub(crate) fn new(
        splits: &LabelledSplits,
        count: usize,
        scored: usize,
        seed: u64,
    ) -> Result<Self, Error> {
        if splits.train.len() < 2 * count {
            let message = format!("{} examples are too few for {count} folds", splits.train.len());
            return Err(Error::TooLittle { message, hint: Some("take fewer folds".into()) });
        }
        let of_row = splits.folds(count, &Purpose::Folds.key(seed))?;
        Ok(Self { of_row, scored })
    }

    /// The same folds, of which the first `scored` are held out.
    #[must_use]
    pub(crate) fn holding_out(self, scored: usize) -> Self {
        Self { scored, ..self }
    }

    /// Those that are held out.
    pub(crate) fn scored(&self) -> impl Iterator<Item = Fold> {
        (0..self.scored).map(|number| {
            let (held_out, train) = in_and_out(&self.of_row, number);
            Fold { number, held_out, train }
        })
    }
}

/// Some of the examples.
pub(crate) fn pick(of: &Labelled, rows: &[usize]) -> Labelled {
    Labelled {
        documents: rows.iter().map(|&row| of.documents[row].clone()).collect(),
        targets: rows.iter().map(|&row| of.targets[row].clone()).collect(),
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
