//! Out-of-fold answers at little cost: linear heads on the vectors of a sentence encoder that stays
//! as it is.

use crate::Error;
use crate::data::labels::LabelKind;
use crate::input::{LabelledSplits, targets, texts};
use crate::models::EncoderBundle;
use crate::progress::Progress;
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

impl FrozenFolds {
    pub(crate) fn new(count: usize, seed: u64) -> Self {
        Self { count, key: Key::new(seed).child(101) }
    }

    /// Probabilities of all training examples, which have one label each, by heads that have learned
    /// the other folds.
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
        let folds = splits.folds(self.count, &self.key)?;
        let targets = targets(&splits.train, &splits.labels)?;
        let documents = encoder.text.encode_all(&texts(&splits.train));
        let vectors = encoder
            .encoder
            .vectors_of(&documents, &mut |done| progress.tick("texts read", done, Some(total)));
        let device = Cpu::default();
        let fit = HeadFit::new(device, HeadTask::Class, splits.labels.outputs(), None);
        let pick = |rows: &[usize]| -> (Vec<Vec<f32>>, Vec<Vec<f32>>) {
            rows.iter().map(|&row| (vectors[row].clone(), targets[row].clone())).unzip()
        };
        let sample: Vec<usize> = (0..total).step_by(total.div_ceil(MOST_TO_CHOOSE_BY)).collect();
        let (some, some_targets) = pick(&sample);
        let examples = HeadExamples { vectors: &some, targets: &some_targets };
        let EncoderRecipe { strengths, folds: inner, .. } = EncoderRecipe::frozen();
        let strength = fit.best_strength(&examples, &strengths, inner, &self.key.child(1000));
        let mut rows = vec![Vec::new(); total];
        for fold in 0..self.count {
            let (held_out, train): (Vec<usize>, Vec<usize>) =
                (0..total).partition(|&row| folds[row] == fold);
            if held_out.is_empty() {
                continue;
            }
            let (of_train, train_targets) = pick(&train);
            let examples = HeadExamples { vectors: &of_train, targets: &train_targets };
            let head = fit.fit(&examples, strength);
            let (of_held_out, _) = pick(&held_out);
            let x = Tensor::from_f32(&[held_out.len(), vectors[0].len()], &of_held_out.concat());
            let logits = head.forward(&device, &x);
            let answers = device.activate(&logits, Activation::Softmax).to_f32();
            let answers = answers.chunks_exact(splits.labels.outputs());
            held_out.iter().zip(answers).for_each(|(&row, found)| rows[row] = found.to_vec());
            progress.tick("folds", fold + 1, Some(self.count));
        }
        Ok(rows)
    }
}
