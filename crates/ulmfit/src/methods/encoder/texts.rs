//! Stage 2 on a sentence encoder: the user's texts, before any label is used.

use super::dropout_pairs::DropoutPairs;
use super::masked_words::MaskedWords;
use crate::Error;
use crate::models::EncoderBundle;
use crate::progress::WorkPhase;
use crate::recipe::EncoderRecipe;
use crate::run::Runner;

/// What an encoder learns from texts, in this order.
pub(super) struct TextStages {
    masked_words: Option<MaskedWords>,
    dropout_pairs: Option<DropoutPairs>,
}

impl TextStages {
    /// Draws the texts of each stage of the recipe from all texts: those of the training set, whose labels are not
    /// used, and others without labels.
    ///
    /// # Errors
    /// [`Error::Usage`] when the encoder cannot be trained in this way.
    pub(super) fn new(
        base: &EncoderBundle,
        texts: &[&[String]],
        recipe: &EncoderRecipe,
        seed: u64,
    ) -> Result<Self, Error> {
        let masked =
            recipe.masked_words().map(|recipe| MaskedWords::new(base, texts, recipe, seed));
        let pairs = recipe.dropout_pairs();
        Ok(Self {
            masked_words: masked.transpose()?,
            dropout_pairs: pairs.map(|recipe| DropoutPairs::new(base, texts, recipe, seed)),
        })
    }

    /// How long they will take.
    pub(super) fn estimate(&self, base: &EncoderBundle) -> Vec<WorkPhase> {
        let masked = self.masked_words.iter().flat_map(|stage| stage.estimate(base));
        let pairs = self.dropout_pairs.iter().filter_map(|stage| stage.estimate(base));
        masked.chain(pairs).collect()
    }

    /// Fine-tunes an encoder on the texts.
    ///
    /// # Errors
    /// Those of [`Runner::train`].
    pub(super) fn learn(
        self,
        runner: &mut Runner<'_>,
        mut base: EncoderBundle,
    ) -> Result<EncoderBundle, Error> {
        if let Some(stage) = self.masked_words {
            base = stage.learn(runner, base)?;
        }
        if let Some(stage) = self.dropout_pairs {
            base = stage.learn(runner, base)?;
        }
        Ok(base)
    }
}
