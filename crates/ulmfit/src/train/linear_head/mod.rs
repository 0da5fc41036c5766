//! A linear layer on frozen vectors, trained to its only optimum: multinomial logistic regression, one
//! logistic regression per label, or ridge regression, depending on the targets.

mod strength;

use crate::data::labels::LabelKind;
use crate::model::transformer::Dense;
use crate::optim::{Stop, dot, lbfgs};
use ulmfit_ops::class_loss::Targets;
use ulmfit_ops::linear::LinearGrads;
use ulmfit_ops::{Device, Key, Tensor};

/// Vectors with their targets.
pub struct HeadExamples<'a> {
    /// One vector per example.
    pub vectors: &'a [Vec<f32>],
    /// Single class, labels or value of each, as [`Labelled::targets`](super::Labelled::targets).
    pub targets: &'a [Vec<f32>],
}

/// Meaning of the numbers of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadTask {
    /// The one class of an example.
    Class,
    /// A flag for each label.
    Labels,
    /// A number.
    Value,
}

impl From<LabelKind> for HeadTask {
    fn from(kind: LabelKind) -> Self {
        match kind {
            LabelKind::Single => Self::Class,
            LabelKind::Multi => Self::Labels,
            LabelKind::Regression => Self::Value,
        }
    }
}

/// Trains heads on vectors.
pub struct HeadFit<D: Device> {
    device: D,
    task: HeadTask,
    outputs: usize,
    class_weights: Option<Vec<f32>>,
}

/// When a head is trained.
const TRAINED: Stop = Stop { steps: 200, gradient: 1e-5 };

/// Examples as tensors.
struct Batch<D: Device> {
    /// `[examples, width]`.
    x: Tensor<D>,
    targets: Targets,
    count: usize,
    width: usize,
}

impl<D: Device> HeadFit<D> {
    /// For heads with this many outputs, with optional class weights.
    pub fn new(device: D, task: HeadTask, outputs: usize, class_weights: Option<Vec<f32>>) -> Self {
        Self { device, task, outputs, class_weights }
    }

    /// The head that minimises `strength · Σ loss + |w|² / 2`; the bias is not penalised.
    ///
    /// # Panics
    /// If there are no examples.
    pub fn fit(&self, examples: &HeadExamples<'_>, strength: f64) -> Dense<D> {
        let batch = self.batch(examples);
        let start = self.start(batch.width);
        self.head(&self.minimum(&batch, strength, start, TRAINED), batch.width)
    }

    /// The mean loss of a head on examples.
    pub fn loss(&self, head: &Dense<D>, examples: &HeadExamples<'_>) -> f64 {
        self.mean_loss(head, &self.batch(examples))
    }

    fn mean_loss(&self, head: &Dense<D>, batch: &Batch<D>) -> f64 {
        self.device.class_loss(&head.forward(&self.device, &batch.x), &batch.targets).0
    }

    fn batch(&self, examples: &HeadExamples<'_>) -> Batch<D> {
        let (count, width) = (examples.vectors.len(), examples.vectors[0].len());
        let x = Tensor::from_f32(&[count, width], &examples.vectors.concat());
        Batch { x, targets: self.targets(examples.targets), count, width }
    }

    /// Weights and biases of a head that knows nothing.
    fn start(&self, width: usize) -> Vec<f64> {
        vec![0.0; self.outputs * width + self.outputs]
    }

    /// Weights and biases of the best head, searched from `start`.
    fn minimum(&self, batch: &Batch<D>, strength: f64, start: Vec<f64>, stop: Stop) -> Vec<f64> {
        let Batch { x, targets, count, width } = batch;
        let penalised = self.outputs * width;
        let scale = strength * self.terms(*count);
        let objective = |flat: &[f64]| {
            let (weight, bias) = self.unpack(flat, *width);
            let logits = self.device.linear_forward(x, &weight, Some(&bias));
            let (loss, dy) = self.device.class_loss(&logits, targets);
            let (mut d_weight, mut d_bias) =
                (Tensor::zeros(weight.dims()), Tensor::zeros(bias.dims()));
            let grads = LinearGrads { weight: &mut d_weight, bias: Some(&mut d_bias) };
            self.device.linear_backward(x, &weight, &dy, Some(grads));
            let mut gradient = d_weight.to_f64();
            gradient.extend(d_bias.to_f64());
            gradient.iter_mut().for_each(|g| *g *= scale);
            gradient.iter_mut().zip(&flat[..penalised]).for_each(|(g, w)| *g += w);
            (scale * loss + dot(&flat[..penalised], &flat[..penalised]) / 2.0, gradient)
        };
        lbfgs(start, stop, objective)
    }

    fn head(&self, flat: &[f64], width: usize) -> Dense<D> {
        let (weight, bias) = self.unpack(flat, width);
        let mut head = Dense::new("classifier", 1, 1, Key::new(0));
        (head.weight.value, head.bias.value) = (weight, bias);
        head
    }

    /// Number of losses that the mean is over.
    fn terms(&self, count: usize) -> f64 {
        match self.task {
            HeadTask::Class | HeadTask::Value => count as f64,
            HeadTask::Labels => (count * self.outputs) as f64,
        }
    }

    fn targets(&self, targets: &[Vec<f32>]) -> Targets {
        let weights = self.class_weights.clone();
        match self.task {
            HeadTask::Class => {
                let classes = targets.iter().map(|target| target[0] as u32).collect();
                Targets::Classes { classes, smoothing: 0.0, weights }
            }
            HeadTask::Labels => Targets::MultiLabel { values: targets.concat(), weights },
            HeadTask::Value => Targets::Values { values: targets.concat() },
        }
    }

    fn unpack(&self, flat: &[f64], width: usize) -> (Tensor<D>, Tensor<D>) {
        let (weight, bias) = flat.split_at(self.outputs * width);
        (Tensor::from_f64(&[self.outputs, width], weight), Tensor::from_f64(&[self.outputs], bias))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulmfit_ops::{Cpu, Reference};

    /// `sklearn.linear_model.LogisticRegression(C=10, tol=1e-10).fit(x, y)`, version 1.9.1.
    #[test]
    fn weights_are_sklearns() {
        fn check<D: Device>(tolerance: f64) {
            let rows = [[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [0.6, 0.8], [-0.6, 0.8]];
            let vectors = rows.map(|row| row.to_vec());
            let targets = [0.0, 0.0, 1.0, 1.0, 2.0].map(|class| vec![class]);
            let examples = HeadExamples { vectors: &vectors, targets: &targets };
            let fit = HeadFit::new(D::default(), HeadTask::Class, 3, None);
            let head = fit.fit(&examples, 10.0);
            let found = [head.weight.value.to_f64(), head.bias.value.to_f64()].concat();
            for (found, wanted) in found.iter().zip(SKLEARN) {
                assert!((found - wanted).abs() < tolerance, "{found} {wanted}");
            }
        }
        check::<Reference>(1e-3);
        check::<Cpu>(3e-3);
    }

    const SKLEARN: [f64; 9] = [
        1.939_066, -1.525_478, 0.458_364, 1.827_069, -2.397_429, -0.301_591, 0.542_222, -0.740_845,
        0.198_622,
    ];

    #[test]
    fn a_number_is_predicted_by_the_line_through_the_examples() {
        let vectors = [vec![0.0], vec![1.0], vec![2.0]];
        let targets = [vec![1.0], vec![3.0], vec![5.0]];
        let examples = HeadExamples { vectors: &vectors, targets: &targets };
        let fit = HeadFit::new(Cpu::default(), HeadTask::Value, 1, None);
        let head = fit.fit(&examples, 1e6);
        assert!((head.weight.value.to_f64()[0] - 2.0).abs() < 0.01);
        assert!((head.bias.value.to_f64()[0] - 1.0).abs() < 0.01);
        assert!(fit.loss(&head, &examples) < 1e-3);
    }
}
