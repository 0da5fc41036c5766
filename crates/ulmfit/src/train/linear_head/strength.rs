//! How strongly a head is fitted, chosen by cross-validation.

use super::{Batch, HeadExamples, HeadFit, HeadTask};
use crate::data::labels::LabelKind;
use crate::optim::Stop;
use crate::train::folds::fold_numbers;
use ulmfit_ops::{Device, Key};

/// When a head of a fold is trained: its loss is compared, its weights are not kept.
const COMPARED: Stop = Stop { steps: 200, gradient: 1e-3 };

/// A fold, and the head that has learned the other ones with the last strength.
struct Fold<D: Device> {
    train: Batch<D>,
    held_out: Batch<D>,
    flat: Vec<f64>,
}

impl<D: Device> HeadFit<D> {
    /// The strength with the lowest loss in cross-validation; ties go to the smallest.
    ///
    /// Strengths are tried from the smallest on, each from the weights of the one before, until two in
    /// succession have not been better (a regularisation path: Friedman, Hastie & Tibshirani 2010,
    /// section 2.5).
    ///
    /// # Panics
    /// If `strengths` is empty.
    pub fn best_strength(
        &self,
        examples: &HeadExamples<'_>,
        strengths: &[f64],
        folds: usize,
        key: &Key,
    ) -> f64 {
        let mut strengths = strengths.to_vec();
        strengths.sort_by(f64::total_cmp);
        let [first, others @ ..] = &strengths[..] else { panic!("no strength to choose") };
        if others.is_empty() {
            return *first;
        }
        let mut folds = self.folds(examples, folds, key);
        let mut best = (*first, self.held_out_loss(&mut folds, *first));
        let mut worse = 0;
        for &strength in others {
            let found = self.held_out_loss(&mut folds, strength);
            if found < best.1 {
                (best, worse) = ((strength, found), 0);
            } else {
                worse += 1;
            }
            if worse == 2 {
                break;
            }
        }
        best.0
    }

    /// The loss on all examples, each by a head that has not learned it.
    fn held_out_loss(&self, folds: &mut [Fold<D>], strength: f64) -> f64 {
        let of_fold = |fold: &mut Fold<D>| {
            let start = std::mem::take(&mut fold.flat);
            fold.flat = self.minimum(&fold.train, strength, start, COMPARED);
            let head = self.head(&fold.flat, fold.train.width);
            self.mean_loss(&head, &fold.held_out) * fold.held_out.count as f64
        };
        folds.iter_mut().map(of_fold).sum()
    }

    fn folds(&self, examples: &HeadExamples<'_>, folds: usize, key: &Key) -> Vec<Fold<D>> {
        let task = match self.task {
            HeadTask::Class => LabelKind::Single,
            HeadTask::Labels => LabelKind::Multi,
            HeadTask::Value => LabelKind::Regression,
        };
        let bits = |vector: &Vec<f32>| vector.iter().map(|x| x.to_bits()).collect::<Vec<u32>>();
        let inputs = examples.vectors.iter().map(bits);
        let fold_of = fold_numbers(inputs, examples.targets, task, folds, key);
        let of_fold = |fold: usize| {
            let part = |is_held_out: bool| {
                let rows = (0..fold_of.len()).filter(|&n| (fold_of[n] == fold) == is_held_out);
                let (vectors, targets): (Vec<_>, Vec<_>) = rows
                    .map(|n| (examples.vectors[n].clone(), examples.targets[n].clone()))
                    .unzip();
                self.batch(&HeadExamples { vectors: &vectors, targets: &targets })
            };
            let (train, held_out) = (part(false), part(true));
            let flat = self.start(train.width);
            Fold { train, held_out, flat }
        };
        (0..=fold_of.iter().copied().max().unwrap_or(0)).map(of_fold).collect()
    }
}
