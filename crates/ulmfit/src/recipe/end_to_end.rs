//! Hyper-parameters of an encoder and a head that learn the labels together.

use super::TrainPrecision;
use super::encoder_plan;
use super::phase::{PhaseRecipe, Unfreeze};
use super::unfreezing::Unfreezing;
use crate::model::TrainableGroups;
use crate::schedule::{ScheduleConfig, Slanted};
use crate::train::{Phase, Plan};
use serde::{Deserialize, Serialize};
use ulmfit_ops::Key;

/// ULMFiT's stage 3 on a sentence encoder ([`EndToEndTrainee`](crate::train::end_to_end::EndToEndTrainee)):
/// the loss of the labels goes through the head into the layers, with discriminative rates, slanted
/// triangles and gradual unfreezing (Howard & Ruder 2018, sections 3.2 and 3.3).
///
/// The embeddings are not trained, as in [`ContrastiveRecipe`](super::ContrastiveRecipe).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct EndToEndRecipe {
    /// Passes over the examples; those of the last phase where layers are unfrozen gradually.
    pub epochs: usize,
    /// More passes where so few examples would give fewer updates than this.
    pub min_updates: usize,
    /// Examples per batch.
    pub batch_size: usize,
    /// Maximum number of tokens of a text in this stage, from its beginning; predictions read all tokens.
    pub max_tokens: usize,
    /// Peak learning rate of the highest layer and of the head.
    pub lr: f64,
    /// Each lower layer learns more slowly by this factor.
    pub lr_factor: f64,
    /// How layers are unfrozen.
    pub unfreezing: Unfreezing,
    /// Weight decay.
    pub weight_decay: f64,
    /// Dropout of the encoder.
    pub dropout: f64,
    /// `ε` of label smoothing.
    pub label_smoothing: f64,
    /// Precision of matrix products.
    pub precision: TrainPrecision,
}

impl Default for EndToEndRecipe {
    fn default() -> Self {
        Self {
            epochs: 3,
            min_updates: 100,
            batch_size: 32,
            max_tokens: 128,
            lr: 2e-4,
            lr_factor: 1.2,
            unfreezing: Unfreezing::Full,
            weight_decay: 0.01,
            dropout: 0.1,
            label_smoothing: 0.0,
            precision: TrainPrecision::fastest(),
        }
    }
}

impl EndToEndRecipe {
    /// For an encoder that has learned the labels in pairs before: with few examples it does not go over them many times.
    pub(crate) fn after_pairs() -> Self {
        Self { min_updates: 0, ..Self::default() }
    }

    /// Batches of a pass over this many documents.
    pub(crate) fn batches(&self, documents: usize) -> usize {
        (documents / self.batch_size.max(2)).max(1) // an incomplete one is left out
    }

    /// Passes of the last phase over this many documents.
    pub(crate) fn passes(&self, documents: usize) -> usize {
        self.epochs.max(self.min_updates.div_ceil(self.batches(documents))).max(1)
    }

    /// The same with so many times fewer passes.
    #[must_use]
    pub(crate) fn shortened(self, times: usize) -> Self {
        let (epochs, min_updates) =
            (self.epochs.div_ceil(times).max(1), self.min_updates.div_ceil(times));
        Self { epochs, min_updates, ..self }
    }

    /// Passes of all phases of an encoder with `layers` layers.
    pub(crate) fn all_passes(&self, layers: usize, documents: usize) -> usize {
        self.phases(layers, documents).iter().map(|phase| phase.epochs).sum()
    }

    fn phases(&self, layers: usize, documents: usize) -> Vec<PhaseRecipe> {
        // the head counts as a group, the embeddings do not
        self.unfreezing.phases(layers + 1, self.passes(documents))
    }

    /// The plan for an encoder with `layers` layers above its embeddings and a head, with as many passes as
    /// over this many documents.
    pub(crate) fn plan(&self, layers: usize, documents: usize, key: Key) -> Plan {
        let (groups, top) = (layers + 2, layers + 1);
        // head and highest layer have the same rate
        let below = |group: usize| layers.saturating_sub(group) as f64;
        let rates: Vec<f64> =
            (0..groups).map(|group| self.lr / self.lr_factor.powf(below(group))).collect();
        let phase = |phase: PhaseRecipe| Phase {
            epochs: phase.epochs,
            rates: rates.clone(),
            trainable: match (phase.unfreeze, phase.only) {
                (Some(Unfreeze::Top(count)), _) => TrainableGroups::top(groups, count),
                (None, Some(only)) => TrainableGroups::only(groups, groups - only),
                _ => TrainableGroups::top(groups, top),
            },
            schedule: ScheduleConfig::Slanted(Slanted::default()),
        };
        encoder_plan::plan(
            self.phases(layers, documents).into_iter().map(phase).collect(),
            self.weight_decay,
            key,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_layers_learn_more_slowly_and_embeddings_not_at_all() {
        let recipe = EndToEndRecipe { lr: 1.0, lr_factor: 2.0, ..EndToEndRecipe::default() };
        let plan = recipe.plan(3, 1000, Key::new(1));
        let [phase] = &plan.phases[..] else { panic!("{plan:?}") };
        assert_eq!(phase.rates, [0.125, 0.25, 0.5, 1.0, 1.0]);
        assert_eq!(phase.trainable, TrainableGroups::top(5, 4));
        assert_eq!((phase.epochs, recipe.all_passes(3, 1000)), (4, 4));
        assert_eq!(recipe.shortened(2).all_passes(3, 1000), 2);
    }

    #[test]
    fn layers_can_be_unfrozen_one_by_one() {
        let unfreezing = Unfreezing::Gradual;
        let recipe = EndToEndRecipe { unfreezing, min_updates: 0, ..EndToEndRecipe::default() };
        let plan = recipe.plan(3, 1000, Key::new(1));
        let trainable: Vec<_> = plan.phases.iter().map(|phase| phase.trainable.clone()).collect();
        assert_eq!(trainable, [1, 2, 3, 4].map(|top| TrainableGroups::top(5, top)));
        assert_eq!(recipe.all_passes(3, 1000), 6);
        let thaw = EndToEndRecipe { unfreezing: Unfreezing::ChainThaw, ..recipe };
        let plan = thaw.plan(3, 1000, Key::new(1));
        assert_eq!(plan.phases[1].trainable, TrainableGroups::only(5, 1), "the lowest layer");
    }

    #[test]
    fn few_examples_are_read_more_often() {
        let recipe = EndToEndRecipe::default();
        assert_eq!(recipe.passes(100), 34);
        assert_eq!(recipe.passes(10_000), 3);
    }
}
