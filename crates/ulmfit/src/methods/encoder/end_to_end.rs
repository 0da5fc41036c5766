//! Fine-tuning encoder and head together: ULMFiT's stage 3.

use super::EncoderExamples;
use crate::model::transformer::{LANES, SentenceClassifier};
use crate::randomness::Purpose;
use crate::recipe::EndToEndRecipe;
use crate::run::{Runner, end_to_end_stage};
use crate::stages::classify::rows_fingerprint;
use crate::train::end_to_end::{EndToEndSettings, EndToEndTrainee};
use crate::train::{Labelled, LossConfig};
use crate::{Error, fingerprint};
use serde_json::json;
use ulmfit_ops::Cpu;

impl EncoderExamples<'_> {
    /// Fine-tunes a classifier whose head has been trained on the vectors as they are: the first step of
    /// gradual unfreezing, taken to its end. A random head would first spoil the layers below it (Kumar et
    /// al. 2022, <https://arxiv.org/abs/2202.10054>).
    pub(super) fn end_to_end(
        &self,
        runner: &mut Runner<'_>,
        mut classifier: SentenceClassifier<Cpu>,
        train: &Labelled,
        recipe: &EndToEndRecipe,
        fold: Option<usize>,
    ) -> Result<SentenceClassifier<Cpu>, Error> {
        let seed = self.classify.seed;
        let key = Purpose::EndToEnd.key(seed);
        let class_weights = self.weights(train);
        let identity = json!({
            "recipe": recipe,
            "lanes": LANES, // bits of gradients depend on how a batch is cut
            "seed": seed,
            "network": classifier.config(),
            "train": rows_fingerprint(train),
            "start": fingerprint::model(&classifier),
            "class-weights": class_weights,
        });
        let device = recipe.precision.device();
        classifier.set_device(device);
        let begins = |ids: &Vec<u32>| ids[..ids.len().min(recipe.max_tokens)].to_vec();
        let documents = train.documents.iter().map(begins).collect();
        let begun = Labelled { documents, targets: train.targets.clone() };
        let all = self.data.documents.len(); // as many passes in a fold as over all examples
        let plan = recipe.plan(classifier.encoder.config().layers, all, key.child(0));
        let settings = EndToEndSettings { batch_size: recipe.batch_size, dropout: recipe.dropout };
        let smoothing = recipe.label_smoothing;
        let loss = LossConfig { smoothing, class_weights, ..LossConfig::default() };
        let mut trainee = EndToEndTrainee::new(classifier, &begun, settings, loss, key.child(1));
        runner.train(&end_to_end_stage(fold), &device, &mut trainee, &plan, &identity)?;
        let mut classifier = trainee.into_model();
        classifier.set_device(Cpu::default()); // what the saved model is used with
        Ok(classifier)
    }
}
