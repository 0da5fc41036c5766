//! The expected time of what an encoder learns from texts, before any label is used.

use super::speed::Speed;
use crate::model::transformer::{MaskedLm, Transformer};
use crate::progress::{StageName, WorkPhase};
use crate::recipe::{DropoutPairsRecipe, MaskedWordsRecipe};
use crate::run::{dropout_pairs_stage, masked_words_stage};
use crate::train::dropout_pairs::{DropoutPairSettings, DropoutPairTrainee};
use crate::train::masked_words::{MaskedWordSettings, MaskedWordTrainee};
use crate::train::measure::measure;
use crate::train::word_masks::WordMasker;
use ulmfit_ops::{Cpu, Key};

/// Texts of the batches that are measured.
const BATCHES: [usize; 2] = [4, 12];

/// The expected time of pairs of a text with itself.
pub(crate) fn dropout_pairs_time(
    mut encoder: Transformer<Cpu>,
    documents: &[Vec<u32>],
    recipe: &DropoutPairsRecipe,
) -> Option<WorkPhase> {
    if documents.is_empty() {
        return None;
    }
    let (device, layers) = (recipe.precision.device(), encoder.config().layers);
    encoder.set_device(device);
    let mut times = Vec::with_capacity(BATCHES.len());
    for batch_size in BATCHES {
        let sample = spread(documents, batch_size);
        let DropoutPairsRecipe { dropout, temperature, .. } = *recipe;
        let settings = DropoutPairSettings { batch_size, dropout, temperature };
        let plan = recipe.plan(layers, sample.len(), Key::new(0));
        let mut trainee = DropoutPairTrainee::new(device, encoder, &sample, settings, Key::new(0));
        times.extend(measure(&device, &mut trainee, &plan));
        encoder = trainee.into_encoder();
    }
    let plan = recipe.plan(layers, documents.len(), Key::new(0));
    let batches = (documents.len() / recipe.batch_size.max(2)).max(1);
    // every text is read twice
    let seconds = Speed::of_two(&times).seconds(2.0 * tokens(documents), batches as f64);
    Some(phase(dropout_pairs_stage(), plan.epochs() as f64 * seconds))
}

/// The expected time of a masked language model.
pub(crate) fn masked_words_time(
    mut encoder: Transformer<Cpu>,
    documents: &[Vec<u32>],
    masker: &WordMasker,
    recipe: &MaskedWordsRecipe,
) -> Vec<WorkPhase> {
    if documents.is_empty() {
        return Vec::new();
    }
    let (device, layers) = (recipe.precision.device(), encoder.config().layers);
    encoder.set_device(device);
    let mut model = MaskedLm::new(encoder, Key::new(0));
    let mut times = Vec::with_capacity(BATCHES.len());
    for batch_size in BATCHES {
        let sample = spread(documents, batch_size);
        let (dropout, masker) = (recipe.dropout, masker.clone());
        let settings = MaskedWordSettings { batch_size, dropout, masker };
        let plan = recipe.plan(layers, sample.len(), Key::new(0));
        let mut trainee = MaskedWordTrainee::new(model, &sample, settings, Key::new(0));
        times.push(measure(&device, &mut trainee, &plan));
        model = trainee.into_model();
    }
    let plan = recipe.plan(layers, documents.len(), Key::new(0));
    let batches = documents.len().div_ceil(recipe.batch_size.max(1)) as f64;
    let of_phase = |(n, passes): (usize, usize)| {
        let times: Vec<_> = times.iter().filter_map(|phases| phases.get(n).copied()).collect();
        passes as f64 * Speed::of_two(&times).seconds(tokens(documents), batches)
    };
    let passes = plan.phases.iter().map(|phase| phase.epochs).enumerate();
    vec![phase(masked_words_stage(), passes.map(of_phase).sum())]
}

/// So many texts, or all, from all over the list.
fn spread(documents: &[Vec<u32>], most: usize) -> Vec<Vec<u32>> {
    let every = (documents.len() / most).max(1);
    documents.iter().step_by(every).take(most).cloned().collect()
}

/// Tokens of all texts, with their frames.
fn tokens(documents: &[Vec<u32>]) -> f64 {
    documents.iter().map(|ids| ids.len() + 2).sum::<usize>() as f64
}

fn phase(stage: StageName, seconds: f64) -> WorkPhase {
    let StageName { title, name } = stage;
    WorkPhase { title, tasks: vec![name], seconds }
}
