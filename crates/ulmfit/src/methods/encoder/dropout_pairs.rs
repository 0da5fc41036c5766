//! Pairs of a text with itself: the part of stage 2 that brings vectors of like texts together.

use super::drawn_texts::draw;
use crate::estimate::dropout_pairs_time;
use crate::model::transformer::LANES;
use crate::models::EncoderBundle;
use crate::progress::WorkPhase;
use crate::randomness::Purpose;
use crate::recipe::DropoutPairsRecipe;
use crate::run::{Runner, dropout_pairs_stage};
use crate::train::dropout_pairs::{DropoutPairSettings, DropoutPairTrainee};
use crate::{Error, fingerprint};
use serde_json::json;
use ulmfit_ops::{Cpu, Key};

/// Texts, and how they are learned.
pub(super) struct DropoutPairs {
    recipe: DropoutPairsRecipe,
    documents: Vec<Vec<u32>>,
    seed: u64,
}

impl DropoutPairs {
    /// Draws the texts.
    pub(super) fn new(
        base: &EncoderBundle,
        texts: &[&[String]],
        recipe: &DropoutPairsRecipe,
        seed: u64,
    ) -> Self {
        let key = key(seed).child(2);
        let documents = draw(base, texts, recipe.texts, recipe.max_tokens, &key);
        Self { recipe: *recipe, documents, seed }
    }

    /// How long it will take.
    pub(super) fn estimate(&self, base: &EncoderBundle) -> Option<WorkPhase> {
        dropout_pairs_time(base.copy_encoder(), &self.documents, &self.recipe)
    }

    /// Fine-tunes the encoder.
    ///
    /// # Errors
    /// Those of [`Runner::train`].
    pub(super) fn learn(
        self,
        runner: &mut Runner<'_>,
        base: EncoderBundle,
    ) -> Result<EncoderBundle, Error> {
        let Self { recipe, documents, seed } = self;
        let key = key(seed);
        let EncoderBundle { text, mut encoder } = base;
        let identity = json!({
            "recipe": recipe,
            "lanes": LANES, // bits of gradients depend on how a batch is cut
            "seed": seed,
            "network": encoder.config(),
            "texts": fingerprint::data(&documents),
            "start": fingerprint::model(&encoder),
        });
        let device = recipe.precision.device();
        encoder.set_device(device);
        let DropoutPairsRecipe { batch_size, dropout, temperature, .. } = recipe;
        let settings = DropoutPairSettings { batch_size, dropout, temperature };
        let plan = recipe.plan(encoder.config().layers, documents.len(), key.child(0));
        let mut trainee =
            DropoutPairTrainee::new(device, encoder, &documents, settings, key.child(1));
        runner.train(&dropout_pairs_stage(), &device, &mut trainee, &plan, &identity)?;
        let mut encoder = trainee.into_encoder();
        encoder.set_device(Cpu::default());
        Ok(EncoderBundle { text, encoder })
    }
}

fn key(seed: u64) -> Key {
    Purpose::DropoutPairs.key(seed)
}
