//! Fine-tuning an encoder on pairs of texts.

use super::EncoderExamples;
use crate::data::labels::LabelKind;
use crate::model::transformer::{LANES, Transformer};
use crate::progress::StageName;
use crate::randomness::Purpose;
use crate::recipe::ContrastiveRecipe;
use crate::run::Runner;
use crate::stages::classify::rows_fingerprint;
use crate::train::Labelled;
use crate::train::pair_labels::PairLabels;
use crate::train::pairs::{PairSettings, PairTrainee};
use crate::{Error, fingerprint};
use serde_json::json;
use ulmfit_ops::Cpu;

impl EncoderExamples<'_> {
    /// Fine-tunes the encoder on pairs, in as many passes as over `documents` texts; without at least two labels
    /// it stays as it is.
    pub(super) fn contrast(
        &self,
        runner: &mut Runner<'_>,
        mut encoder: Transformer<Cpu>,
        train: &Labelled,
        recipe: &ContrastiveRecipe,
        (stage, documents): (&StageName, usize),
    ) -> Result<Transformer<Cpu>, Error> {
        let task = self.splits.labels.kind();
        let labels = PairLabels::new(train.targets.iter().map(|target| label_set(task, target)));
        if task == LabelKind::Regression || labels.kinds() < 2 {
            runner.progress.note(
                "pairs need texts with at least two different labels: the encoder is not fine-tuned",
            );
            return Ok(encoder);
        }
        let seed = self.classify.seed;
        let key = Purpose::Pairs.key(seed);
        let identity = json!({
            "recipe": recipe,
            "lanes": LANES, // bits of gradients depend on how a batch is cut
            "seed": seed,
            "network": encoder.config(),
            "train": rows_fingerprint(train),
            "start": fingerprint::model(&encoder),
        });
        let device = recipe.precision.device();
        encoder.set_device(device);
        let settings = PairSettings { batch_size: recipe.batch_size, dropout: recipe.dropout };
        let begins = |ids: &Vec<u32>| ids[..ids.len().min(recipe.max_tokens)].to_vec();
        let beginnings: Vec<Vec<u32>> = train.documents.iter().map(begins).collect();
        let plan = recipe.plan(encoder.config().layers, documents, key.child(0));
        let mut trainee =
            PairTrainee::new(device, encoder, &beginnings, &labels, settings, key.child(1));
        runner.train(stage, &device, &mut trainee, &plan, &identity)?;
        let mut encoder = trainee.into_encoder();
        encoder.set_device(Cpu::default()); // what the saved model is used with
        Ok(encoder)
    }
}

/// The labels of an example by its target: a class, or a flag for each label.
fn label_set(task: LabelKind, target: &[f32]) -> Vec<u32> {
    match task {
        LabelKind::Multi => {
            let is_set = |(label, &flag): (usize, &f32)| (flag > 0.5).then_some(label as u32);
            target.iter().enumerate().filter_map(is_set).collect()
        }
        LabelKind::Single | LabelKind::Regression => vec![target[0] as u32],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_from_targets() {
        assert_eq!(label_set(LabelKind::Single, &[2.0]), [2]);
        assert_eq!(label_set(LabelKind::Multi, &[1.0, 0.0, 1.0]), [0, 2]);
        assert!(label_set(LabelKind::Multi, &[0.0, 0.0]).is_empty());
    }
}
