//! The parts of a portfolio on held-out folds, and what follows from their answers.

use super::choice::{Choice, Pretrained};
use super::part_trainer::{PartTrainer, answer_fold};
use super::plan::PortfolioPlan;
use super::round::Round;
use super::stack_weights::Answers;
use crate::Error;
use crate::data::labels::{LabelKind, PREDICTED};
use crate::input::LabelledSplits;
use crate::model::scoring::argmax;
use crate::models::Part;
use crate::report::PartReport;
use crate::run::{Runner, Timings};
use crate::stages::folds::{Folds, OutOfFold};
use std::collections::BTreeSet;

/// Rows that weights are found from at most.
const MOST_ROWS: usize = 10_000;

/// What each part answers to examples that it has not learned.
pub(crate) struct Weighing<'a> {
    trainers: &'a [&'a dyn PartTrainer],
    folds: Folds,
    task: LabelKind,
    wanted: &'a [Vec<f32>],
    /// By part: an answer to each example, empty where it was not held out.
    answered: Vec<Vec<Vec<f32>>>,
    /// Held-out examples of classes that the other folds have, too.
    judges: Vec<usize>,
    /// The round of co-training whose parts are used, if there are two.
    pub(crate) round: Option<Round>,
    /// Whether a part learns pseudo-labels.
    is_taught: bool,
    /// Parts that have learned all folds but one, and are not trained again.
    kept: Vec<Option<Part>>,
}

impl<'a> Weighing<'a> {
    /// Trains each part once for each fold that is held out.
    ///
    /// # Errors
    /// Those of a training, and of [`judges`].
    pub(crate) fn of(
        runner: &mut Runner<'_>,
        trainers: &'a [&'a dyn PartTrainer],
        (rows, wanted): (&LabelledSplits, &'a [Vec<f32>]),
        folds: Folds,
        plan: &PortfolioPlan,
        timings: &mut Timings,
    ) -> Result<Self, Error> {
        let (task, is_taught) = (rows.labels.kind(), plan.pseudo_labels > 0);
        let judges = judges(&folds, task, wanted)?;
        let mut answered = Vec::with_capacity(trainers.len());
        let mut kept = Vec::with_capacity(trainers.len());
        for trainer in trainers {
            let mut of_fold = None;
            let found = OutOfFold::of(runner, &folds, &mut |runner, fold| {
                let (part, answers) = answer_fold(runner, *trainer, &rows.train, fold)?;
                of_fold = Some(part);
                Ok(answers)
            })?;
            answered.push(found.rows);
            kept.push(of_fold.filter(|_| !plan.retrains && trainer.takes_long()));
            let again = if trainer.round() == Some(Round::Second) { " again" } else { "" };
            timings.lap(&format!("trial run of {}{again}", trainer.name()));
        }
        let round = better_round(trainers, &answered, (wanted, &judges));
        Ok(Self { trainers, folds, task, wanted, answered, judges, round, is_taught, kept })
    }

    fn answers(&self) -> Answers<'_> {
        Answers::new(self.task, &self.answered, self.wanted)
    }

    /// The parts to choose from: none of the other round of co-training.
    fn usable(&self, better: Option<Round>) -> impl Iterator<Item = usize> {
        let is_usable = move |&number: &usize| {
            let rounds = self.trainers[number].round().zip(better);
            rounds.is_none_or(|(own, better)| own == better)
        };
        (0..self.trainers.len()).filter(is_usable)
    }

    /// The parts that are used, and their weights.
    pub(crate) fn choice(&self) -> Choice {
        self.choose(&self.answers(), self.round, &self.judges)
    }

    /// What some rows choose.
    fn choose(&self, answers: &Answers<'_>, round: Option<Round>, rows: &[usize]) -> Choice {
        // a few weights are not found better from more rows
        let evenly = rows.iter().step_by(rows.len().div_ceil(MOST_ROWS)).copied();
        let rows: Vec<usize> = evenly.collect();
        let usable: Vec<usize> = self.usable(round).collect();
        let pretrained = usable.iter().filter(|&&number| self.trainers[number].is_pretrained());
        let pretrained: Vec<usize> = pretrained.copied().collect();
        let pretrained = Pretrained { parts: &pretrained, are_taught: self.is_taught };
        Choice::new(answers, &rows, &usable, pretrained)
    }

    /// The chosen parts with their names, trained on all examples.
    ///
    /// # Errors
    /// Those of a training.
    pub(crate) fn train(
        &mut self,
        runner: &mut Runner<'_>,
        choice: &Choice,
        timings: &mut Timings,
    ) -> Result<Vec<(String, Part)>, Error> {
        let all: Vec<usize> = (0..self.wanted.len()).collect();
        let mut parts = Vec::with_capacity(choice.parts.len());
        for &number in &choice.parts {
            let trainer = self.trainers[number];
            let part = match self.kept[number].take() {
                Some(part) => part,
                None => trainer.train(runner, &all, None)?,
            };
            parts.push((trainer.name().to_owned(), part));
            timings.lap(trainer.name());
        }
        Ok(parts)
    }

    /// What each part does alone on examples that it has not learned.
    pub(crate) fn reports(&self, choice: &Choice) -> Vec<PartReport> {
        let report = |number: usize| {
            let place = choice.parts.iter().position(|&part| part == number);
            PartReport {
                name: self.trainers[number].name().to_owned(),
                weight: place.map(|place| choice.stack.weights[place]),
                out_of_fold_rows: self.judges.len(),
                out_of_fold: self.score(&self.answered[number]),
                alone: None,
                comparison: None,
            }
        };
        self.usable(self.round).map(report).collect()
    }

    /// Accuracy, or the mean absolute error of numbers.
    fn score(&self, rows: &[Vec<f32>]) -> f64 {
        let wanted = self.wanted;
        let each = self.judges.iter().map(|&row| match self.task {
            LabelKind::Single => f64::from(u8::from(argmax(&rows[row]) == wanted[row][0] as usize)),
            LabelKind::Multi => {
                let same = |(p, flag): (&f32, &f32)| (*p >= PREDICTED) == (*flag > 0.5);
                f64::from(u8::from(rows[row].iter().zip(&wanted[row]).all(same)))
            }
            LabelKind::Regression => f64::from((rows[row][0] - wanted[row][0]).abs()),
        });
        each.sum::<f64>() / self.judges.len() as f64
    }

    /// The answers of the portfolio to each fold, where all that is chosen is chosen on the other folds.
    pub(crate) fn cross_fitted(&self) -> OutOfFold {
        let answers = self.answers();
        let mut rows = vec![Vec::new(); self.folds.of_row.len()];
        for fold in self.folds.scored() {
            let is_other = |row: &&usize| self.folds.of_row[**row] != fold.number;
            let mut others: Vec<usize> = self.judges.iter().filter(is_other).copied().collect();
            if others.is_empty() {
                others.clone_from(&self.judges); // all other classes occur in one fold only
            }
            let round = better_round(self.trainers, &self.answered, (self.wanted, &others));
            let Choice { parts, stack, .. } = self.choose(&answers, round, &others);
            for row in fold.held_out {
                let parts = parts.iter().map(|&part| self.answered[part][row].as_slice());
                rows[row] = stack.combine(self.task, &parts.collect::<Vec<_>>());
            }
        }
        OutOfFold { rows, folds: self.folds.of_row.clone() }
    }
}

/// The round of co-training that is used, if there are two: the second, unless its encoder is right about fewer rows.
/// (Pseudo-labels that are often wrong do harm.)
fn better_round(
    trainers: &[&dyn PartTrainer],
    answered: &[Vec<Vec<f32>>],
    (wanted, judges): (&[Vec<f32>], &[usize]),
) -> Option<Round> {
    let right = |round: Round| {
        let encoder = trainers.iter().position(|trainer| trainer.round() == Some(round))?;
        let is_right = |&&row: &&usize| argmax(&answered[encoder][row]) == wanted[row][0] as usize;
        Some(judges.iter().filter(is_right).count())
    };
    let (first, second) = (right(Round::First)?, right(Round::Second)?);
    Some(if first > second { Round::First } else { Round::Second })
}

/// The examples that are held out; none of a class that the other folds lack, which would count against every part.
///
/// # Errors
/// [`Error::TooLittle`] without any, or where no training set is left beside them: a label that occurs once
/// is not divided, nor are near-duplicates.
pub(crate) fn judges(
    folds: &Folds,
    task: LabelKind,
    wanted: &[Vec<f32>],
) -> Result<Vec<usize>, Error> {
    let (mut judges, mut fewest) = (Vec::new(), usize::MAX);
    for fold in folds.scored() {
        fewest = fewest.min(fold.train.len());
        let class = |row: &usize| wanted[*row][0] as usize;
        let is_single = task == LabelKind::Single;
        let learned: BTreeSet<usize> =
            if is_single { fold.train.iter().map(class).collect() } else { BTreeSet::new() };
        let is_fair = |row: &usize| !is_single || learned.contains(&class(row));
        judges.extend(fold.held_out.into_iter().filter(is_fair));
    }
    if judges.is_empty() || fewest < LEAST_TO_LEARN {
        let message =
            "no examples can be held out to weigh the methods: each label occurs once, or \
            all texts are near-duplicates"
                .into();
        let hint = "check that the label column holds labels that several rows share".into();
        return Err(Error::TooLittle { message, hint: Some(hint) });
    }
    Ok(judges)
}

/// Examples that a classifier needs.
const LEAST_TO_LEARN: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    /// A part of a round, or of none.
    struct OfRound(Option<Round>);

    impl PartTrainer for OfRound {
        fn name(&self) -> &'static str {
            "encoder"
        }

        fn round(&self) -> Option<Round> {
            self.0
        }

        fn train(
            &self,
            _runner: &mut Runner<'_>,
            _rows: &[usize],
            _fold: Option<usize>,
        ) -> Result<Part, Error> {
            unreachable!("nothing is trained")
        }
    }

    #[test]
    fn no_part_is_judged_by_a_class_that_it_could_not_learn() {
        let folds = Folds::of_rows(vec![0, 0, 1, 1, 2, 2, 2, 2], 3);
        let wanted: Vec<_> =
            [0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 2.0, 2.0].map(|class| vec![class]).into();
        assert_eq!(judges(&folds, LabelKind::Single, &wanted).unwrap(), [0, 1, 2, 3, 4, 5]);
        let all = judges(&folds, LabelKind::Regression, &wanted).unwrap();
        assert_eq!(all.len(), 8, "numbers have no classes");
        let alone: Vec<_> = (0..8).map(|class| vec![class as f32]).collect();
        assert!(judges(&folds, LabelKind::Single, &alone).is_err());
    }

    #[test]
    fn the_better_round_is_used() {
        let right = |count: usize| -> Vec<Vec<f32>> {
            (0..40)
                .map(|n| if n * 7 % 40 < count { vec![0.9, 0.1] } else { vec![0.1, 0.9] })
                .collect()
        };
        let rows: Vec<usize> = (0..40).collect();
        let better = |rounds: &[Option<Round>], right_of: &[usize]| {
            let trainers: Vec<OfRound> = rounds.iter().map(|&round| OfRound(round)).collect();
            let trainers: Vec<_> = trainers.iter().map(|trainer| trainer as _).collect();
            let parts: Vec<_> = right_of.iter().map(|&count| right(count)).collect();
            better_round(&trainers, &parts, (&vec![vec![0.0]; 40], &rows))
        };
        let (first, second) = (Some(Round::First), Some(Round::Second));
        assert_eq!(better(&[None, first, second], &[40, 20, 30]), second);
        assert_eq!(better(&[None, first, second], &[10, 30, 20]), first);
        assert_eq!(better(&[first, second, first, second], &[30, 30, 38, 32]), second); // the encoders come first
        assert_eq!(better(&[None, first], &[40, 20]), None);
        assert_eq!(better(&[None, None], &[40, 20]), None);
    }
}
