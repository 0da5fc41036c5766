//! A recipe's rules for little and much data, applied.

use super::stage_recipe::StageRecipe;
use crate::stages::SelfTraining;
use serde::{Deserialize, Serialize};
use std::fmt::Display;

/// Batches are not made smaller than this: their statistics (batch norm) would be no good.
const LEAST_ROWS: usize = 8;
/// Few documents are learned at most so many times as often: more took longer and were no better (lab book, 2026-11-23).
const MOST_TIMES: usize = 2;

/// Numbers of a recipe for more text than is read twice: it can hardly be learned by heart, and it teaches
/// more than what the lower layers would be spared for (lab book, 2026-11-23).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReadOnce {
    /// Factor of all dropout probabilities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drop_mult: Option<f64>,
    /// Each lower group learns this much slower, if the recipe has such a factor at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lr_factor: Option<f64>,
}

/// Numbers of a recipe for a language model that has read nothing before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NoBase {
    /// Its weights stay random where a text has fewer tokens: however often they were read, labels
    /// were learned no better, and mostly worse (lab book, 2026-11-24).
    pub random_below: usize,
    /// Instead of the stage's own.
    pub min_updates: usize,
}

/// Numbers of a recipe for few documents: all layers learn at once, as they are too few to show a
/// layer at a time much (lab book, 2026-11-24).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FewDocuments {
    /// So many are not few any more.
    pub below: usize,
    /// Peak learning rate of the highest group.
    pub lr: f64,
}

impl StageRecipe {
    /// The recipe for a language model that has read nothing before: no layer has anything that
    /// would have to be spared, and there is more to learn.
    fn without_base(&self) -> Self {
        let min_updates = self.no_base.map(|rule| rule.min_updates).or(self.min_updates);
        Self { lr_factor: None, lr_groups: None, min_updates, ..self.clone() }
    }

    /// The same for so many tokens, as by [`Self::for_text`]; none where its weights stay random.
    pub fn for_text_without_base(&self, tokens: usize) -> Option<Self> {
        let random = self.no_base.is_some_and(|rule| tokens < rule.random_below);
        (!random).then(|| self.without_base().for_text(tokens))
    }

    /// The recipe for a language model that learns from so many tokens: with the epochs that
    /// `min_updates` and `max_tokens` ask for, and without these rules, as it is then reported.
    #[must_use]
    pub fn for_text(&self, tokens: usize) -> Self {
        let least = self.epochs_of(tokens.div_ceil(self.batch_size * self.bptt));
        let mut recipe = self.with_epochs_between(least, tokens);
        if let Some(once) = self.read_once.filter(|_| recipe.epochs == 1 && self.epochs > 1) {
            recipe.drop_mult = once.drop_mult.unwrap_or(recipe.drop_mult);
            recipe.lr_factor = recipe.lr_factor.map(|factor| once.lr_factor.unwrap_or(factor));
        }
        recipe
    }

    /// The recipe for a classifier that learns from so many documents and tokens: with the batches
    /// that `min_batches` asks for and the epochs of `min_updates` and `max_tokens`, all layers at once
    /// where `few` asks for it, and without these rules.
    #[must_use]
    pub fn for_documents(&self, documents: usize, tokens: usize) -> Self {
        let mut recipe = self.clone();
        if let Some(few) = self.few.filter(|few| documents < few.below) {
            recipe = recipe.all_at_once();
            recipe.set_lr(few.lr);
        }
        let (mut rows, least) = (recipe.batch_size, recipe.min_batches.unwrap_or(0));
        while documents.div_ceil(rows) < least && rows >= 2 * LEAST_ROWS {
            rows /= 2;
        }
        let wanted = recipe.epochs_of(documents.div_ceil(rows));
        let most = MOST_TIMES * recipe.last_epochs();
        let recipe = recipe.with_epochs_between(wanted.min(most), tokens);
        Self { batch_size: rows, min_batches: None, few: None, self_training: None, ..recipe }
    }

    /// What the rules for little and much data have changed in `fitted`, in words, if anything.
    pub fn changes(&self, fitted: &Self) -> Option<String> {
        let changes = [
            changed("phases of unfreezing", Some(self.phase.len()), Some(fitted.phase.len())),
            changed("rate", Some(self.lr), Some(fitted.lr)),
            changed("epochs", Some(self.all_epochs()), Some(fitted.all_epochs())),
            changed("rows of a batch", Some(self.batch_size), Some(fitted.batch_size)),
            changed("factor of dropout", Some(self.drop_mult), Some(fitted.drop_mult)),
            changed("rate of each lower layer slower by", self.lr_factor, fitted.lr_factor),
        ];
        let changes: Vec<String> = changes.into_iter().flatten().collect();
        (!changes.is_empty()).then(|| format!("{}, for so much data", changes.join("; ")))
    }

    /// Sets the factor of all dropout probabilities, however much is read.
    pub fn set_drop_mult(&mut self, factor: f64) {
        self.drop_mult = factor;
        self.read_once.iter_mut().for_each(|once| once.drop_mult = None);
    }

    /// Sets by how much each lower group learns slower, however much is read.
    pub fn set_lr_factor(&mut self, factor: f64) {
        (self.lr_factor, self.lr_groups) = (Some(factor), None);
        self.from_scratch_below = None;
        self.read_once.iter_mut().for_each(|once| once.lr_factor = None);
    }

    /// Sets how many texts a first classifier labels for a second one, however few labels there are; 0 for none.
    pub fn set_self_training(&mut self, texts: usize) {
        self.self_training = SelfTraining::of(texts);
    }

    /// How many epochs of so many batches make `min_updates`.
    fn epochs_of(&self, batches: usize) -> usize {
        let updates = batches.div_ceil(self.accumulate).max(1);
        self.min_updates.map_or(0, |least| least.div_ceil(updates))
    }

    fn with_epochs_between(&self, least: usize, tokens: usize) -> Self {
        let most = self.max_tokens.map_or(usize::MAX, |max| (max / tokens.max(1)).max(1));
        let mut recipe = self.clone();
        (recipe.max_tokens, recipe.read_once, recipe.min_updates) = (None, None, None);
        (recipe.from_scratch_below, recipe.no_base) = (None, None);
        let epochs = recipe.phase.last_mut().map_or(&mut recipe.epochs, |last| &mut last.epochs);
        *epochs = (*epochs).max(least).min(most);
        if !recipe.phase.is_empty() {
            recipe.epochs = recipe.all_epochs();
        }
        recipe
    }
}

/// In words, a number that is another one now.
fn changed<N: PartialEq + Display>(
    what: &str,
    before: Option<N>,
    now: Option<N>,
) -> Option<String> {
    let (before, now) = (before?, now?);
    (before != now).then(|| format!("{what}: {now} instead of {before}"))
}

#[cfg(test)]
mod tests {
    use super::{FewDocuments, NoBase, ReadOnce};
    use crate::recipe::stage_recipe::Recipe;
    use crate::recipe::stage_recipe::StageRecipe;
    use crate::recipe::unfreezing::Unfreezing;

    #[test]
    fn long_texts_are_read_less_often_and_short_ones_more() {
        let mut recipe = Recipe::preset("default").unwrap().finetune;
        (recipe.epochs, recipe.batch_size, recipe.bptt) = (10, 2, 5);
        (recipe.max_tokens, recipe.min_updates) = (Some(1000), Some(25));
        for (tokens, epochs) in
            [(0, 25), (10, 25), (11, 13), (30, 10), (101, 9), (400, 2), (1000, 1), (5000, 1)]
        {
            assert_eq!(recipe.for_text(tokens).epochs, epochs, "{tokens} tokens");
        }
        recipe.set_epochs(3);
        assert_eq!([0, 1 << 40].map(|tokens| recipe.for_text(tokens).epochs), [3, 3]);
    }

    #[test]
    fn text_that_is_read_once_needs_less_dropout_and_spares_the_lower_layers_less() {
        let recipe = Recipe::preset("default").unwrap().finetune;
        let once = recipe.read_once.unwrap();
        let numbers = |recipe: &StageRecipe, tokens| {
            let fitted = recipe.for_text(tokens);
            (Some(fitted.drop_mult), fitted.lr_factor)
        };
        let usual = (Some(recipe.drop_mult), recipe.lr_factor);
        assert_eq!([1000, 1_500_000].map(|tokens| numbers(&recipe, tokens)), [usual; 2]);
        assert_eq!(numbers(&recipe, 1 << 30), (once.drop_mult, once.lr_factor));
        let words = "epochs: 1 instead of 4; factor of dropout: 0.2 instead of 0.7; \
                     rate of each lower layer slower by: 1.5 instead of 2.6, for so much data";
        assert_eq!(recipe.changes(&recipe.for_text(1 << 30)).as_deref(), Some(words));

        let mut chosen = recipe.clone();
        chosen.set_drop_mult(0.5);
        chosen.set_lr_factor(2.0);
        assert_eq!(numbers(&chosen, 1 << 30), (Some(0.5), Some(2.0)), "chosen by hand");
        let even = StageRecipe { lr_factor: None, ..recipe.clone() };
        assert_eq!(numbers(&even, 1 << 30), (once.drop_mult, None), "all layers learn alike");
        let mut one = recipe;
        one.set_epochs(1);
        assert_eq!(numbers(&one, 1 << 30), usual, "its epochs were chosen by hand");
        one.read_once = Some(ReadOnce { drop_mult: Some(20.0), lr_factor: None });
        assert!(one.check().is_err());
    }

    #[test]
    fn few_documents_come_in_small_batches() {
        let mut recipe = Recipe::preset("default").unwrap().train;
        (recipe.batch_size, recipe.min_batches, recipe.max_tokens) = (32, Some(20), Some(1000));
        (recipe.min_updates, recipe.few) = (None, None);
        for (documents, rows) in [(2, 8), (100, 8), (310, 16), (600, 16), (609, 32), (9999, 32)] {
            assert_eq!(recipe.for_documents(documents, 1).batch_size, rows, "{documents}");
        }
        let epochs = |tokens| -> Vec<usize> {
            let phases = recipe.for_documents(1, tokens).phase;
            phases.iter().map(|phase| phase.epochs).collect()
        };
        assert_eq!([10, 400, 5000].map(epochs), [[1, 1, 1, 4], [1, 1, 1, 2], [1, 1, 1, 1]]);
        recipe.batch_size = 3;
        assert_eq!(recipe.for_documents(2, 1).batch_size, 3, "it was chosen so small");
    }

    #[test]
    fn without_a_base_little_text_is_read_often_or_not_at_all() {
        let mut recipe = Recipe::preset("default").unwrap().finetune;
        (recipe.batch_size, recipe.bptt, recipe.max_tokens) = (10, 10, None);
        recipe.no_base = Some(NoBase { random_below: 1000, min_updates: 300 });
        let epochs = |recipe: &StageRecipe, tokens| {
            recipe.for_text_without_base(tokens).map(|fitted| (fitted.epochs, fitted.lr_factor))
        };
        let fitted = [999, 1000, 5000, 10_000].map(|tokens| epochs(&recipe, tokens));
        assert_eq!(fitted, [None, Some((30, None)), Some((6, None)), Some((4, None))]);
        let by_hand: [fn(&mut StageRecipe); 2] = [|r| r.set_epochs(2), |r| r.set_lr(0.01)];
        for choose in by_hand {
            let mut recipe = recipe.clone();
            choose(&mut recipe);
            assert!(epochs(&recipe, 10).is_some(), "it is to be trained");
        }
        assert_eq!(recipe.for_text(10_000).lr_factor, recipe.lr_factor, "with a base");
    }

    #[test]
    fn few_documents_teach_all_layers_at_once() {
        let recipe = Recipe::preset("default").unwrap().train;
        let few = recipe.few.unwrap();
        let fitted = |recipe: &StageRecipe, documents| {
            let fitted = recipe.for_documents(documents, 1);
            (fitted.phase.len(), fitted.lr, fitted.lr_factor, fitted.last_epochs())
        };
        assert_eq!(fitted(&recipe, 100), (1, few.lr, recipe.lr_factor, 14));
        assert_eq!(fitted(&recipe, few.below - 1).0, 1);
        assert_eq!(fitted(&recipe, few.below), (4, recipe.lr, recipe.lr_factor, 7));
        let chosen: [fn(&mut StageRecipe); 2] =
            [|recipe| recipe.set_lr(0.1), |recipe| recipe.set_unfreezing(Unfreezing::Gradual, 4)];
        for choose in chosen {
            let mut recipe = recipe.clone();
            choose(&mut recipe);
            assert_eq!(fitted(&recipe, 100), (4, recipe.lr, recipe.lr_factor, 8), "by hand");
        }
        let mut bad = recipe;
        bad.few = Some(FewDocuments { lr: 0.0, ..few });
        assert!(bad.check().is_err());
    }

    #[test]
    fn few_documents_are_learned_from_more_often() {
        let mut recipe = Recipe::preset("default").unwrap().train;
        recipe.few = None;
        let epochs = |recipe: &StageRecipe, documents| recipe.for_documents(documents, 1).epochs;
        for (documents, last) in [(100, 8), (500, 8), (1000, 8), (1984, 5), (1985, 4), (9999, 4)] {
            assert_eq!(epochs(&recipe, documents), 3 + last, "{documents} documents");
        }
        assert_eq!(recipe.for_documents(100, 5_000_000).epochs, 3 + 4, "they are long");
        recipe.accumulate = 2;
        assert_eq!(epochs(&recipe, 1985), 3 + 8, "two batches make an update");
        recipe.set_epochs(1);
        assert_eq!(epochs(&recipe, 100), 3 + 1, "chosen by hand");
    }

    #[test]
    fn a_recipe_that_was_fitted_to_data_says_what_is_done_with_it() {
        let Recipe { finetune, train, .. } = Recipe::preset("default").unwrap();
        assert_eq!(train.changes(&train), None);
        let few = train.for_documents(100, 1000);
        let words = "phases of unfreezing: 1 instead of 4; rate: 0.005 instead of 0.02; \
                     epochs: 14 instead of 7; rows of a batch: 8 instead of 32, for so much data";
        assert_eq!(train.changes(&few).as_deref(), Some(words));
        let (much, words) =
            (finetune.for_text(1_500_000), "epochs: 2 instead of 4, for so much data");
        assert_eq!(finetune.changes(&much).as_deref(), Some(words));
        let train = few;
        assert_eq!((train.batch_size, train.epochs), (8, train.all_epochs()));
        for fitted in [finetune.for_text(1 << 30), train] {
            let rules =
                (fitted.max_tokens, fitted.read_once, fitted.min_updates, fitted.min_batches);
            assert_eq!(rules, (None, None, None, None), "they were applied");
            let rules = (fitted.from_scratch_below, fitted.no_base, fitted.few);
            assert_eq!(rules, (None, None, None), "they were applied");
            assert_eq!(fitted.self_training, None, "it is no matter of one classifier");
            assert_eq!(fitted.for_text(1), fitted);
            assert_eq!(fitted.for_documents(1, 1), fitted);
        }
    }
}
