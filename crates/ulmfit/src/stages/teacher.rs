//! A sentence encoder that teaches a language model.

use crate::data::readers::ReadOptions;
use crate::input::{HoldOut, Texts, passages};
use crate::models::{BaseModel, EncoderBundle};
use crate::progress::Progress;
use crate::recipe::TeacherRecipe;
use crate::text::{Direction, TextPipeline};
use crate::train::distillation::TaughtText;
use crate::{Error, fingerprint};
use serde_json::{Value, json};
use ulmfit_ops::Key;

/// A sentence encoder, and the texts of which it teaches the vectors.
pub struct Teacher {
    pub(crate) encoder: EncoderBundle,
    /// Where it is from.
    pub origin: BaseModel,
    texts: Vec<[String; 1]>,
}

impl Teacher {
    /// Draws sentences and sections of these texts, without the documents that are held out.
    ///
    /// # Errors
    /// [`Error::Data`] with file and line; [`Error::TooLittle`] when there is no sentence.
    pub fn read(
        (encoder, origin): (EncoderBundle, BaseModel),
        texts: &Texts<'_>,
        options: &ReadOptions,
        hold_out: Option<HoldOut>,
        (recipe, seed): (&TeacherRecipe, u64),
        progress: &mut dyn Progress,
    ) -> Result<Self, Error> {
        let key = Key::new(seed).child(109);
        let drawn = (recipe.texts, &key);
        let texts = passages(texts, options, hold_out, drawn, progress)?;
        let texts: Vec<[String; 1]> = texts.into_iter().map(|text| [text]).collect();
        let some: Vec<&[String]> = texts.iter().take(SAMPLE).map(|text| &text[..]).collect();
        encoder.language_warning(&some).iter().for_each(|warning| progress.warn(warning));
        Ok(Self { encoder, origin, texts })
    }

    /// What a run has to have alike to go on.
    pub(crate) fn identity(&self) -> Value {
        let texts = blake3::hash(self.texts.concat().join("\n").as_bytes());
        json!({
            "encoder": fingerprint::model(&self.encoder.encoder),
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
        let teacher = self.encoder.text.encode_all(&self.texts).into_iter().map(cut);
        student.zip(teacher).map(|(student, teacher)| TaughtText { student, teacher }).collect()
    }
}

/// Texts by which the language is checked.
const SAMPLE: usize = 1_000;
