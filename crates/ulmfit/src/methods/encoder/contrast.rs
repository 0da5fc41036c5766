//! Fine-tuning an encoder on pairs of texts.

use super::EncoderExamples;
use crate::data::labels::LabelKind;
use crate::model::transformer::{LANES, Transformer};
use crate::progress::StageName;
use crate::recipe::ContrastiveRecipe;
use crate::run::Runner;
use crate::stages::classify::rows_fingerprint;
use crate::train::Labelled;
use crate::train::pairs::{PairSettings, PairTrainee};
use crate::{Error, fingerprint};
use serde_json::json;
use std::collections::BTreeMap;
use ulmfit_ops::{Cpu, Key};

impl EncoderExamples<'_> {
    /// Fine-tunes the encoder on pairs, in as many passes as over `documents` texts; without at least two labels
    /// it stays as it is.
    pub(super) fn contrast(
        &self,
        runner: &mut Runner<'_>,
        mut encoder: Transformer<Cpu>,
        train: &Labelled,
        recipe: &ContrastiveRecipe,
        (task, documents): (&StageName, usize),
    ) -> Result<Transformer<Cpu>, Error> {
        let groups = groups(&train.targets);
        let kinds = groups.iter().max().map_or(0, |&most| most + 1);
        if self.splits.labels.kind() == LabelKind::Regression || kinds < 2 {
            runner.progress.note(
                "pairs need texts with at least two different labels: the encoder is not fine-tuned",
            );
            return Ok(encoder);
        }
        let seed = self.classify.seed;
        let key = Key::new(seed).child(101);
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
            PairTrainee::new(device, encoder, &beginnings, &groups, settings, key.child(1));
        runner.train(task, &device, &mut trainee, &plan, &identity)?;
        let mut encoder = trainee.into_encoder();
        encoder.set_device(Cpu::default()); // what the saved model is used with
        Ok(encoder)
    }
}

/// Numbers of the groups of texts with equal targets.
fn groups(targets: &[Vec<f32>]) -> Vec<u32> {
    let mut numbers = BTreeMap::new();
    let number = |target: &Vec<f32>| {
        let name: Vec<u32> = target.iter().map(|value| value.to_bits()).collect();
        let next = numbers.len() as u32;
        *numbers.entry(name).or_insert(next)
    };
    targets.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::groups;

    #[test]
    fn equal_targets_are_one_group() {
        let targets = [vec![1.0, 0.0], vec![0.0, 0.0], vec![1.0, 0.0], vec![1.0, 1.0]];
        assert_eq!(groups(&targets), [0, 1, 0, 2]);
    }
}
