//! A training step of a classifier on a sentence encoder: the loss of the labels goes through the head into
//! the encoder.

use super::gradients::Layer;
use super::{Lanes, SentenceClassifier, SpareGradients};
use crate::model::TrainableGroups;
use ulmfit_ops::class_loss::Targets;
use ulmfit_ops::{Device, Key};

/// What a step of [`SentenceClassifier::train_step`] is made with.
#[derive(Clone, Copy, Debug)]
pub struct StepSettings<'a> {
    /// Dropout of the encoder.
    pub dropout: f64,
    /// Randomness of the step.
    pub key: Key,
    /// Trainable groups, the head's last.
    pub trainable: &'a TrainableGroups,
    /// Factor of the gradients.
    pub scale: f64,
}

impl<D: Device> SentenceClassifier<D> {
    /// The same classifier on another device.
    pub fn set_device(&mut self, device: D) {
        self.encoder.set_device(device);
        self.head.forget_prepared();
    }

    /// Adds the gradients of the trainable groups; gives the mean loss. `targets` are in the order of the
    /// lanes.
    pub fn train_step(
        &mut self,
        lanes: &Lanes<'_>,
        targets: &Targets,
        settings: StepSettings<'_>,
        spare: &mut SpareGradients<D>,
    ) -> f64 {
        let StepSettings { dropout, key, trainable, scale } = settings;
        let device = self.encoder.device().exact(); // a head is small
        let (vectors, tapes) = self.encoder.train_forward_in_lanes(lanes, dropout, key);
        let logits = self.head.forward(&device, &vectors);
        let (loss, mut d_logits) = device.class_loss(&logits, targets);
        device.scale(&mut d_logits, scale);
        let is_learning = trainable.group(self.encoder.config().layers + 1);
        let mut gradients = is_learning.then(|| self.head.take_gradients());
        let d_vectors = self.head.backward(&device, &vectors, &d_logits, gradients.as_mut());
        gradients.into_iter().for_each(|gradients| self.head.put_gradients(gradients));
        self.encoder.backward_in_lanes(tapes, d_vectors, trainable, spare);
        loss
    }
}

#[cfg(test)]
mod tests {
    use super::super::presence::tests::network;
    use super::*;
    use crate::data::labels::LabelKind;
    use crate::model::Network;
    use crate::model::gradient_check::{assert_gradients, middle};
    use crate::model::transformer::VectorScale;
    use ulmfit_ops::Reference;

    type Classifier = SentenceClassifier<Reference>;

    const TEXTS: [&[u32]; 3] = [&[1, 2, 3], &[4], &[5, 6]];

    fn targets(order: &[usize]) -> Targets {
        Targets::Classes {
            classes: order.iter().map(|&text| [0, 1, 1][text]).collect(),
            smoothing: 0.0,
            weights: None,
        }
    }

    fn loss(classifier: &mut Classifier, trainable: &TrainableGroups) -> f64 {
        let (lanes, order) = Lanes::new(&TEXTS);
        let settings = StepSettings { dropout: 0.0, key: Key::new(1), trainable, scale: 1.0 };
        classifier.train_step(&lanes, &targets(&order), settings, &mut SpareGradients::new())
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        for vectors in [VectorScale::AsIs, VectorScale::Unit] {
            let mut classifier = network::<Reference>(LabelKind::Single, vectors);
            let all = TrainableGroups::all(classifier.groups());
            let none = TrainableGroups::top(classifier.groups(), 1);
            let loss =
                |it: &mut Classifier, learns| self::loss(it, if learns { &all } else { &none });
            assert_gradients(&mut classifier, |classifier| classifier, loss, middle, &[]);
        }
    }

    /// As after a rollback to before an update whose loss was not finite.
    #[test]
    fn spare_gradients_that_became_nan_do_not_reach_the_next_step() {
        let mut spare = SpareGradients::new();
        let mut step = |scale: f64| {
            let mut classifier = network::<Reference>(LabelKind::Single, VectorScale::AsIs);
            let all = TrainableGroups::all(classifier.groups());
            let (lanes, order) = Lanes::new(&TEXTS);
            let settings = StepSettings { dropout: 0.0, key: Key::new(1), trainable: &all, scale };
            classifier.train_step(&lanes, &targets(&order), settings, &mut spare);
            let params = classifier.params().into_iter();
            params
                .flat_map(|(_, _, param)| param.grad.as_ref().unwrap().to_f64())
                .collect::<Vec<f64>>()
        };
        let sound = step(1.0);
        assert!(step(f64::NAN).iter().any(|value| value.is_nan()));
        assert_eq!(step(1.0), sound);
    }

    #[test]
    fn frozen_groups_have_no_gradients() {
        let mut classifier = network::<Reference>(LabelKind::Single, VectorScale::Unit);
        let groups = classifier.groups();
        for top in 1..groups {
            classifier.params_mut().into_iter().for_each(|(_, _, param)| param.grad = None);
            loss(&mut classifier, &TrainableGroups::top(groups, top));
            for (name, group, param) in classifier.params() {
                assert_eq!(param.grad.is_some(), group >= groups - top, "{name}");
            }
        }
    }
}
