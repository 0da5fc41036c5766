//! An encoder and its head that learn labels together.

use super::{Control, Labelled, LossConfig, StepLoss, StepPlan, Trainee, Validation};
use crate::data::batches::training_batches;
use crate::model::transformer::{Lanes, SentenceClassifier, SpareGradients, StepSettings};
use std::ops::ControlFlow;
use ulmfit_ops::{Device, Key};

/// A classifier on a sentence encoder, and labelled texts.
pub struct EndToEndTrainee<'a, D: Device> {
    model: SentenceClassifier<D>,
    /// Token ids without a frame.
    train: &'a Labelled,
    settings: EndToEndSettings,
    loss: LossConfig,
    lengths: Vec<usize>,
    key: Key,
    epoch: Vec<Vec<usize>>,
    spare: SpareGradients<D>,
}

/// How texts are read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EndToEndSettings {
    /// Texts of a batch.
    pub batch_size: usize,
    /// Dropout of the encoder.
    pub dropout: f64,
}

impl<'a, D: Device> EndToEndTrainee<'a, D> {
    /// `key` settles the order of the texts.
    pub fn new(
        model: SentenceClassifier<D>,
        train: &'a Labelled,
        settings: EndToEndSettings,
        loss: LossConfig,
        key: Key,
    ) -> Self {
        let lengths = train.documents.iter().map(Vec::len).collect();
        let (epoch, spare) = (Vec::new(), SpareGradients::new());
        Self { model, train, settings, loss, lengths, key, epoch, spare }
    }

    /// The classifier, once training is over.
    pub fn into_model(self) -> SentenceClassifier<D> {
        self.model
    }

    fn of_epoch(&self, epoch: usize) -> Vec<Vec<usize>> {
        training_batches(&self.lengths, self.settings.batch_size, &self.key.child(epoch as u64))
    }
}

impl<D: Device> Trainee<D> for EndToEndTrainee<'_, D> {
    type Model = SentenceClassifier<D>;

    fn model(&self) -> &Self::Model {
        &self.model
    }

    fn model_mut(&mut self) -> &mut Self::Model {
        &mut self.model
    }

    fn steps(&self, epoch: usize) -> usize {
        self.of_epoch(epoch).len()
    }

    fn start_epoch(&mut self, epoch: usize) {
        self.epoch = self.of_epoch(epoch);
    }

    fn step(&mut self, plan: StepPlan<'_>) -> StepLoss {
        let items = &self.epoch[plan.step];
        let texts: Vec<&[u32]> =
            items.iter().map(|&text| self.train.documents[text].as_slice()).collect();
        let (lanes, order) = Lanes::new(&texts);
        let items: Vec<usize> = order.into_iter().map(|number| items[number]).collect();
        let targets = self.loss.targets(self.model.task(), self.train, &items);
        let StepPlan { trainable, scale, key, .. } = plan;
        let settings = StepSettings { dropout: self.settings.dropout, key, trainable, scale };
        let loss = self.model.train_step(&lanes, &targets, settings, &mut self.spare);
        let tokens = texts.iter().map(|text| text.len() + 2).sum(); // with the frame
        StepLoss { loss, total: loss, rate_factor: 1.0, tokens, weight: items.len() as f64 }
    }

    fn validate(
        &mut self,
        _poll: &mut dyn FnMut() -> Control,
    ) -> ControlFlow<(), Option<Validation>> {
        ControlFlow::Continue(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::labels::LabelKind;
    use crate::model::Network;
    use crate::model::transformer::{SentenceClassifierConfig, TransformerConfig, VectorScale};
    use crate::recipe::EndToEndRecipe;
    use crate::train::{Completion, NoCheckpoints, NoObserver, fit};
    use ulmfit_ops::Reference;

    fn classifier(task: LabelKind, classes: usize) -> SentenceClassifier<Reference> {
        let encoder = TransformerConfig {
            vocab: 12,
            positions: 8,
            piece: 8,
            width: 8,
            layers: 2,
            heads: 2,
            inner: 8,
            eps: 1e-12,
            frame: crate::text::Frame { first: 10, last: 11 },
            vectors: VectorScale::Unit,
        };
        let config = SentenceClassifierConfig { encoder, classes, task, target_scale: None };
        SentenceClassifier::new(Reference::default(), &config, Key::new(1))
    }

    /// Words below 5 are of the first class.
    fn rows(task: LabelKind) -> Labelled {
        let documents: Vec<Vec<u32>> = (0..20).map(|n| vec![n % 10; 1 + n as usize % 3]).collect();
        let target = |document: &Vec<u32>| {
            let second = if document[0] < 5 { 0.0 } else { 1.0 };
            match task {
                LabelKind::Multi => vec![1.0 - second, second],
                LabelKind::Single | LabelKind::Regression => vec![second],
            }
        };
        Labelled { targets: documents.iter().map(target).collect(), documents }
    }

    #[test]
    fn every_kind_of_label_is_learned_and_the_embeddings_stay() {
        for (task, classes) in
            [(LabelKind::Single, 2), (LabelKind::Multi, 2), (LabelKind::Regression, 1)]
        {
            let data = rows(task);
            let recipe =
                EndToEndRecipe { lr: 0.02, min_updates: 200, batch_size: 8, ..Default::default() };
            let plan = recipe.plan(2, data.documents.len(), Key::new(2));
            let settings = EndToEndSettings { batch_size: recipe.batch_size, dropout: 0.0 };
            let loss = LossConfig::default();
            let start = classifier(task, classes);
            let words = |model: &SentenceClassifier<Reference>| model.params()[0].2.value.to_f64();
            let before = words(&start);
            let mut trainee = EndToEndTrainee::new(start, &data, settings, loss, Key::new(3));
            let device = Reference::default();
            let done = fit(&device, &mut trainee, &plan, None, &mut NoObserver, &mut NoCheckpoints);
            assert!(matches!(done, Ok(Completion::Done)), "{task:?}");
            let model = trainee.into_model();
            assert_eq!(words(&model), before);
            let found = model.probabilities(&data.documents, &mut |_| ());
            let right = found.iter().zip(&data.targets).filter(|(row, target)| match task {
                LabelKind::Single => (row[1] > 0.5) == (target[0] > 0.5),
                LabelKind::Multi => (row[1] > 0.5) == (target[1] > 0.5),
                LabelKind::Regression => (row[0] > 0.5) == (target[0] > 0.5),
            });
            assert!(right.count() >= 18, "{task:?}: {found:?}");
        }
    }
}
