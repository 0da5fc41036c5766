//! A sentence encoder that teaches a language model.

use super::corpus::HoldOut;
use super::passages::passages;
use super::texts::Texts;
use crate::data::readers::ReadOptions;
use crate::model::transformer::Transformer;
use crate::progress::Progress;
use crate::randomness::Purpose;
use crate::recipe::TeacherRecipe;
use crate::text::{Direction, PretrainedTokenizer, TextPipeline};
use crate::train::distillation::TaughtText;
use crate::{Error, fingerprint};
use serde_json::{Value, json};
use ulmfit_ops::Cpu;

/// A sentence encoder, and the texts of which it teaches the vectors.
pub struct Teacher {
    encoder: Transformer<Cpu>,
    tokenizer: PretrainedTokenizer,
    texts: Vec<[String; 1]>,
}

impl Teacher {
    /// Draws sentences and sections of these texts, without the documents that are held out.
    ///
    /// # Errors
    /// [`Error::Data`] with file and line; [`Error::TooLittle`] when there is no sentence.
    pub fn read(
        (encoder, tokenizer): (Transformer<Cpu>, PretrainedTokenizer),
        texts: &Texts<'_>,
        options: &ReadOptions,
        hold_out: Option<HoldOut>,
        (recipe, seed): (&TeacherRecipe, u64),
        progress: &mut dyn Progress,
    ) -> Result<Self, Error> {
        let key = Purpose::Teacher.key(seed);
        let texts = passages(texts, options, hold_out, (recipe.texts, &key), progress)?;
        Ok(Self { encoder, tokenizer, texts: texts.into_iter().map(|text| [text]).collect() })
    }

    /// The encoder.
    pub fn encoder(&self) -> &Transformer<Cpu> {
        &self.encoder
    }

    /// The texts, each as a document.
    pub fn texts(&self) -> impl Iterator<Item = &[String]> {
        self.texts.iter().map(|text| &text[..])
    }

    /// What a run has to have alike to go on.
    pub(crate) fn identity(&self) -> Value {
        let texts = blake3::hash(self.texts.concat().join("\n").as_bytes());
        json!({
            "encoder": fingerprint::model(&self.encoder),
            "texts": texts.to_hex().to_string(),
        })
    }

    /// The texts as both read them.
    pub(crate) fn taught(
        &self,
        text: &TextPipeline,
        direction: Direction,
        recipe: &TeacherRecipe,
    ) -> Vec<TaughtText> {
        let cut = |mut ids: Vec<u32>| {
            ids.truncate(recipe.max_tokens);
            ids
        };
        let oriented = |mut ids: Vec<u32>| {
            direction.orient(&mut ids);
            ids
        };
        let student = text.encode_all(&self.texts).into_iter().map(|ids| oriented(cut(ids)));
        let teacher = self.tokenizer.encode_all(&self.texts).into_iter().map(cut);
        student.zip(teacher).map(|(student, teacher)| TaughtText { student, teacher }).collect()
    }
}
