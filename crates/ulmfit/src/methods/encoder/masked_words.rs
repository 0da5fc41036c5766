//! A masked language model: the part of stage 2 that learns the words of the user's texts.

use super::drawn_texts::draw;
use crate::estimate::masked_words_time;
use crate::model::transformer::{LANES, MaskedLm};
use crate::models::EncoderBundle;
use crate::progress::WorkPhase;
use crate::randomness::Purpose;
use crate::recipe::MaskedWordsRecipe;
use crate::run::{Runner, masked_words_stage};
use crate::text::PretrainedTokenizer;
use crate::train::masked_words::{MaskedWordSettings, MaskedWordTrainee};
use crate::train::word_masks::WordMasker;
use crate::{Error, fingerprint};
use serde_json::json;
use ulmfit_ops::{Cpu, Key};

/// Texts, and how they are learned.
pub(super) struct MaskedWords {
    recipe: MaskedWordsRecipe,
    settings: MaskedWordSettings,
    documents: Vec<Vec<u32>>,
    seed: u64,
}

impl MaskedWords {
    /// Draws the texts, and leaves out those without words.
    ///
    /// # Errors
    /// [`Error::Usage`] when the tokenizer has no token for a hidden word.
    pub(super) fn new(
        base: &EncoderBundle,
        texts: &[&[String]],
        recipe: &MaskedWordsRecipe,
        seed: u64,
    ) -> Result<Self, Error> {
        let masker = masker(&base.text, base.encoder.config().vocab, recipe.share)?;
        let key = key(seed).child(2);
        let mut documents = draw(base, texts, recipe.texts, recipe.max_tokens, &key);
        documents.retain(|ids| masker.can_mask(ids));
        let MaskedWordsRecipe { batch_size, dropout, .. } = *recipe;
        let settings = MaskedWordSettings { batch_size, dropout, masker };
        Ok(Self { recipe: *recipe, settings, documents, seed })
    }

    /// How long it will take.
    pub(super) fn estimate(&self, base: &EncoderBundle) -> Vec<WorkPhase> {
        let masker = &self.settings.masker;
        masked_words_time(base.copy_encoder(), &self.documents, masker, &self.recipe)
    }

    /// Fine-tunes the encoder, below a head that is dropped then.
    ///
    /// # Errors
    /// Those of [`Runner::train`].
    pub(super) fn learn(
        self,
        runner: &mut Runner<'_>,
        base: EncoderBundle,
    ) -> Result<EncoderBundle, Error> {
        let Self { recipe, settings, documents, seed } = self;
        if documents.is_empty() {
            runner.progress.note(
                "no text has a word that can be masked: the encoder is not trained on masked words",
            );
            return Ok(base);
        }
        let key = key(seed);
        let EncoderBundle { text, mut encoder } = base;
        let identity = json!({
            "recipe": recipe,
            "lanes": LANES, // bits of gradients depend on how a batch is cut
            "seed": seed,
            "mask": settings.masker.mask,
            "network": encoder.config(),
            "texts": fingerprint::data(&documents),
            "start": fingerprint::model(&encoder),
        });
        let device = recipe.precision.device();
        encoder.set_device(device);
        let plan = recipe.plan(encoder.config().layers, documents.len(), key.child(0));
        let model = MaskedLm::new(encoder, key.child(3));
        let mut trainee = MaskedWordTrainee::new(model, &documents, settings, key.child(1));
        runner.train(&masked_words_stage(), &device, &mut trainee, &plan, &identity)?;
        let mut encoder = trainee.into_model().into_encoder();
        encoder.set_device(Cpu::default());
        Ok(EncoderBundle { text, encoder })
    }
}

fn key(seed: u64) -> Key {
    Purpose::MaskedWords.key(seed)
}

/// What hides words of an encoder with so many embeddings.
fn masker(text: &PretrainedTokenizer, vocab: usize, share: f64) -> Result<WordMasker, Error> {
    let Some(mask) = text.mask() else {
        return Err(Error::Usage {
            message:
                "this encoder cannot be trained on masked words: its tokenizer has no [MASK] or <mask>"
                    .into(),
            hint: Some(
                "leave `encoder.masked-words` out of the recipe, or set its `updates` to 0".into(),
            ),
        });
    };
    let frame = text.frame();
    let mut spared = text.special();
    spared.extend([frame.first, frame.last]);
    let vocab = vocab.min(text.vocab_size()) as u32;
    Ok(WordMasker { share, mask, vocab, spared })
}
