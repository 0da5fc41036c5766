//! From a recipe to the settings of one training: recipe, explicit settings, amount of data.
//!
//! Precedence, from high to low: explicit settings ([`Overrides`]); the recipe's rules for little and
//! much data; the recipe's own numbers. A rule does not apply at all if one of the numbers it would
//! change was set explicitly. The result has no rules left, so that it can be reported and compared.

use super::overrides::Overrides;
use super::training::{Rates, TrainingRecipe};
use super::unfreezing::Unfreezing;
use super::{ClassifierRecipe, LmRecipe};

/// Batches are not made smaller than this: batch norm's statistics would be too noisy.
const LEAST_BATCH: usize = 8;
/// Upper limit of the factor by which few documents get more epochs: more took longer and did not
/// help (lab book, 2026-11-23).
const MOST_TIMES: usize = 2;
/// Factor of the learning rate for random networks whose groups are all trainable: with a higher rate
/// they are unstable on few examples (lab book, 2026-11-23).
const RATE_FROM_SCRATCH: f64 = 0.3;

/// What a language model starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LmStart {
    /// The weights that the recipe is meant for: a base for stage 2, random ones for stage 1.
    AsWritten,
    /// Random weights, with a recipe that is meant for a base.
    Random,
}

/// The data of a classifier's training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassifierData {
    /// Labelled documents.
    pub documents: usize,
    /// Tokens in them.
    pub tokens: usize,
    /// Tokens that the language model has read in all epochs, if it started from random weights.
    pub lm_tokens: Option<usize>,
}

impl LmRecipe {
    /// The numbers for this many tokens; `None` where the weights stay random.
    ///
    /// A network of other than `groups` groups cannot be trained by the result.
    #[must_use]
    pub fn resolve(&self, by_hand: &Overrides, start: LmStart, tokens: usize) -> Option<Self> {
        let mut recipe = self.overridden(by_hand, 0); // no unfreezing by hand, so groups do not matter
        let no_base = self.no_base.filter(|_| {
            start == LmStart::Random && by_hand.lr.is_none() && by_hand.epochs.is_none()
        });
        if no_base.is_some_and(|rule| tokens < rule.random_below) {
            return None;
        }
        let training = &mut recipe.training;
        if start == LmStart::Random && by_hand.lr_factor.is_none() {
            training.rates = Rates::Uniform; // no layer has anything to be spared
        }
        if by_hand.epochs.is_none() {
            let before = training.all_epochs();
            let min_updates = no_base.map(|rule| rule.min_updates).or(training.min_updates);
            let batches = tokens.div_ceil(training.batch_size * training.bptt);
            let least = training.epochs_for(min_updates, batches);
            training.limit_epochs(least, tokens);
            if let Some(rule) = self.read_once.filter(|_| before > 1 && training.all_epochs() == 1)
            {
                if by_hand.drop_mult.is_none() {
                    training.drop_mult = rule.drop_mult.unwrap_or(training.drop_mult);
                }
                if let (Rates::Factor(factor), None, Some(once)) =
                    (&mut training.rates, by_hand.lr_factor, rule.lr_factor)
                {
                    *factor = once;
                }
            }
        }
        training.forget_rules();
        (recipe.read_once, recipe.no_base) = (None, None);
        Some(recipe)
    }
}

impl ClassifierRecipe {
    /// The numbers for this much data and a network of `groups` groups.
    #[must_use]
    pub fn resolve(&self, by_hand: &Overrides, data: &ClassifierData, groups: usize) -> Self {
        let mut recipe = self.overridden(by_hand, groups);
        let layers_by_hand = by_hand.unfreezing.is_some() || by_hand.lr.is_some();
        let scratch = self.from_scratch_below.filter(|&least| {
            let read_little = data.lm_tokens.is_some_and(|tokens| tokens < least);
            read_little && !layers_by_hand && by_hand.lr_factor.is_none()
        });
        let few = self.few.filter(|rule| data.documents < rule.below && !layers_by_hand);
        if scratch.is_some() {
            recipe.training.start_from_scratch();
        } else if let Some(few) = few {
            recipe.training.unfreeze(Unfreezing::Full, groups);
            recipe.training.set_lr(few.lr);
        }
        let training = &mut recipe.training;
        if by_hand.batch_size.is_none() {
            let least = self.min_batches.unwrap_or(0);
            let batches = |batch_size| data.documents.div_ceil(batch_size);
            while batches(training.batch_size) < least && training.batch_size >= 2 * LEAST_BATCH {
                training.batch_size /= 2;
            }
        }
        if by_hand.epochs.is_none() {
            let batches = data.documents.div_ceil(training.batch_size);
            let wanted = training.epochs_for(training.min_updates, batches);
            let most = MOST_TIMES * training.last_epochs();
            training.limit_epochs(wanted.min(most), data.tokens);
        }
        training.forget_rules();
        Self {
            min_batches: None,
            few: None,
            self_training: None,
            from_scratch_below: None,
            ..recipe
        }
    }

    /// The recipe for a network of random weights: all groups learn from the start, with one rate,
    /// for the sum of its epochs.
    #[must_use]
    pub fn from_scratch(&self) -> Self {
        let mut recipe = self.clone();
        recipe.training.start_from_scratch();
        (recipe.few, recipe.from_scratch_below) = (None, None);
        recipe
    }
}

impl TrainingRecipe {
    fn start_from_scratch(&mut self) {
        self.unfreeze(Unfreezing::Full, 1);
        self.rates = Rates::Uniform;
        self.set_lr(self.lr * RATE_FROM_SCRATCH);
    }

    /// How many epochs of this many batches make `min_updates`.
    fn epochs_for(&self, min_updates: Option<usize>, batches: usize) -> usize {
        let updates = batches.div_ceil(self.accumulate).max(1);
        min_updates.map_or(0, |least| least.div_ceil(updates))
    }

    /// Keeps the epochs of the last phase between `least` and what `max_tokens` allows.
    fn limit_epochs(&mut self, least: usize, tokens: usize) {
        let most = self.max_tokens.map_or(usize::MAX, |max| (max / tokens.max(1)).max(1));
        self.set_last_epochs(self.last_epochs().max(least).min(most));
    }

    fn forget_rules(&mut self) {
        (self.max_tokens, self.min_updates) = (None, None);
        self.epochs = self.all_epochs();
    }
}
