//! Stage 2 on a sentence encoder: the user's texts, before any label is used.

use crate::input::Document;
use crate::model::transformer::LANES;
use crate::models::EncoderBundle;
use crate::recipe::DropoutPairsRecipe;
use crate::run::{Runner, dropout_pairs_stage};
use crate::stages::self_training::sample;
use crate::train::dropout_pairs::{DropoutPairSettings, DropoutPairTrainee};
use crate::{Error, fingerprint};
use serde_json::json;
use ulmfit_ops::{Cpu, Key};

/// Fine-tunes an encoder on texts: those of the training set, whose labels are not used, and others without
/// labels.
///
/// # Errors
/// Those of [`Runner::train`].
pub(super) fn learn_texts(
    runner: &mut Runner<'_>,
    base: EncoderBundle,
    train: &[&[String]],
    unlabelled: &[Document],
    recipe: &DropoutPairsRecipe,
    seed: u64,
) -> Result<EncoderBundle, Error> {
    let key = Key::new(seed).child(106);
    let all: Vec<&[String]> =
        train.iter().copied().chain(unlabelled.iter().map(Vec::as_slice)).collect();
    let numbers: Vec<usize> = (0..all.len()).collect();
    let drawn = sample(&numbers, recipe.texts, &key.child(2));
    let drawn: Vec<&[String]> = drawn.into_iter().map(|number| all[number]).collect();
    let EncoderBundle { text, mut encoder } = base;
    let mut documents = text.encode_all(&drawn);
    documents.iter_mut().for_each(|ids| ids.truncate(recipe.max_tokens));
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
    let DropoutPairsRecipe { batch_size, dropout, temperature, .. } = *recipe;
    let settings = DropoutPairSettings { batch_size, dropout, temperature };
    let plan = recipe.plan(encoder.config().layers, documents.len(), key.child(0));
    let mut trainee = DropoutPairTrainee::new(device, encoder, &documents, settings, key.child(1));
    runner.train(&dropout_pairs_stage(), &device, &mut trainee, &plan, &identity)?;
    let mut encoder = trainee.into_encoder();
    encoder.set_device(Cpu::default());
    Ok(EncoderBundle { text, encoder })
}
