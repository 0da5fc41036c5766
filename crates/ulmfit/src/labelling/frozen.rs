//! Out-of-fold answers at little cost: linear heads on the vectors of a sentence encoder that stays
//! as it is.

use crate::Error;
use crate::data::labels::LabelKind;
use crate::decisions::label_issues::label_issues;
use crate::input::{LabelledSplits, targets, texts};
use crate::models::EncoderBundle;
use crate::progress::Progress;
use crate::randomness::Purpose;
use crate::recipe::EncoderRecipe;
use crate::train::linear_head::{HeadExamples, HeadFit, HeadTask};
use ulmfit_ops::class_loss::{Activation, ClassLoss};
use ulmfit_ops::{Cpu, Key, Tensor};

/// Examples that the strength of the penalty is chosen on at most.
const MOST_TO_CHOOSE_BY: usize = 4000;

/// Cross-validation of heads on a frozen encoder.
pub(crate) struct FrozenFolds {
    count: usize,
    key: Key,
}

/// Examples as the heads see them.
struct Examples {
    vectors: Vec<Vec<f32>>,
    targets: Vec<Vec<f32>>,
    classes: Vec<u32>,
    fit: HeadFit<Cpu>,
    outputs: usize,
}

impl FrozenFolds {
    pub(crate) fn new(count: usize, seed: u64) -> Self {
        Self { count, key: Purpose::Suspects.key(seed) }
    }

    /// Probabilities of all training examples, which have one label each, by heads that have learned
    /// the other folds: the mean of two rounds, the second with other folds and without the examples
    /// whose label is probably wrong after the first, so that they mislead nobody.
    ///
    /// The encoder has seen no label, so each text is read once. The heads share the strength of
    /// their penalty, a single number that is chosen by cross-validation on at most
    /// [`MOST_TO_CHOOSE_BY`] of the examples.
    ///
    /// # Errors
    /// [`Error::TooLittle`] for fewer than two examples per fold, [`Error::Data`] when a label cannot
    /// be read.
    ///
    /// # Panics
    /// Unless each text has exactly one label.
    pub(crate) fn answers(
        &self,
        encoder: &EncoderBundle,
        splits: &LabelledSplits,
        progress: &mut dyn Progress,
    ) -> Result<Vec<Vec<f32>>, Error> {
        assert_eq!(splits.labels.kind(), LabelKind::Single, "one label per text");
        let total = splits.train.len();
        if total < 2 * self.count {
            let message = format!("{total} examples are too few for {} folds", self.count);
            return Err(Error::TooLittle { message, hint: Some("take fewer folds".into()) });
        }
        let outputs = splits.labels.outputs();
        let documents = encoder.text.encode_all(&texts(&splits.train));
        let vectors = encoder
            .encoder
            .vectors_of(&documents, &mut |done| progress.tick("texts read", done, Some(total)));
        let targets = targets(&splits.train, &splits.labels)?;
        let classes = targets.iter().map(|target| target[0] as u32).collect();
        let fit = HeadFit::new(Cpu::default(), HeadTask::Class, outputs, None);
        let examples = Examples { vectors, targets, classes, fit, outputs };
        let strength = examples.best_strength(&self.key.child(0));
        let mut tick = |done| progress.tick("folds", done, Some(2 * self.count));
        let folds = splits.folds(self.count, &self.key)?;
        let first = examples.round(&folds, self.count, strength, &[], &mut tick);
        let doubtful: Vec<usize> =
            label_issues(&examples.classes, &first).iter().map(|issue| issue.row).collect();
        let folds = splits.folds(self.count, &self.key.child(1))?;
        let mut tick = |done| tick(self.count + done);
        let second = examples.round(&folds, self.count, strength, &doubtful, &mut tick);
        let mean = |(a, b): (Vec<f32>, Vec<f32>)| {
            a.into_iter().zip(b).map(|(a, b)| f32::midpoint(a, b)).collect()
        };
        Ok(first.into_iter().zip(second).map(mean).collect())
    }
}

impl Examples {
    fn pick(&self, rows: &[usize]) -> (Vec<Vec<f32>>, Vec<Vec<f32>>) {
        rows.iter().map(|&row| (self.vectors[row].clone(), self.targets[row].clone())).unzip()
    }

    fn best_strength(&self, key: &Key) -> f64 {
        let total = self.vectors.len();
        let sample: Vec<usize> = (0..total).step_by(total.div_ceil(MOST_TO_CHOOSE_BY)).collect();
        let (vectors, targets) = self.pick(&sample);
        let examples = HeadExamples { vectors: &vectors, targets: &targets };
        let EncoderRecipe { strengths, folds, .. } = EncoderRecipe::frozen();
        self.fit.best_strength(&examples, &strengths, folds, key)
    }

    /// Probabilities of each example by a head that has learned the other folds, but not the examples
    /// `without`.
    fn round(
        &self,
        folds: &[usize],
        count: usize,
        strength: f64,
        without: &[usize],
        each: &mut dyn FnMut(usize),
    ) -> Vec<Vec<f32>> {
        let device = Cpu::default();
        let total = folds.len();
        let mut is_left_out = vec![false; total];
        without.iter().for_each(|&row| is_left_out[row] = true);
        // a class that would lose all its examples keeps them
        let mut left = vec![0_usize; self.outputs];
        let kept = (0..total).filter(|&row| !is_left_out[row]);
        kept.for_each(|row| left[self.classes[row] as usize] += 1);
        let learns = |row: usize| !is_left_out[row] || left[self.classes[row] as usize] == 0;
        let mut rows = vec![Vec::new(); total];
        for fold in 0..count {
            let held_out: Vec<usize> = (0..total).filter(|&row| folds[row] == fold).collect();
            let others = (0..total).filter(|&row| folds[row] != fold);
            let train: Vec<usize> = others.filter(|&row| learns(row)).collect();
            if held_out.is_empty() || train.is_empty() {
                // too many near-duplicates of each other: nothing is known
                let even = vec![1.0 / self.outputs as f32; self.outputs];
                held_out.into_iter().for_each(|row| rows[row].clone_from(&even));
                continue;
            }
            let (vectors, targets) = self.pick(&train);
            let examples = HeadExamples { vectors: &vectors, targets: &targets };
            let head = self.fit.fit(&examples, strength);
            let (vectors, _) = self.pick(&held_out);
            let x = Tensor::from_f32(&[held_out.len(), vectors[0].len()], &vectors.concat());
            let logits = head.forward(&device, &x);
            let answers = device.activate(&logits, Activation::Softmax).to_f32();
            let answers = answers.chunks_exact(self.outputs);
            held_out.iter().zip(answers).for_each(|(&row, found)| rows[row] = found.to_vec());
            each(fold + 1);
        }
        rows
    }
}
