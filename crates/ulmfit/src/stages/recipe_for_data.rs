//! A recipe's rules for little and much data, applied.

use super::recipe::StageRecipe;

/// Batches are not made smaller than this: their statistics (batch norm) would be no good.
const LEAST_ROWS: usize = 8;

impl StageRecipe {
    /// The recipe for a language model that learns from so many tokens: with the epochs that
    /// `min_updates` and `max_tokens` ask for, and without these rules, as it is then reported.
    #[must_use]
    pub fn for_text(&self, tokens: usize) -> Self {
        let updates = tokens.div_ceil(self.batch_size * self.bptt * self.accumulate).max(1);
        let least = self.min_updates.map_or(0, |least| least.div_ceil(updates));
        self.with_epochs_between(least, tokens)
    }

    /// The recipe for a classifier that learns from so many documents and tokens: with the batches
    /// that `min_batches` asks for and the epochs of `max_tokens`, and without these rules.
    #[must_use]
    pub fn for_documents(&self, documents: usize, tokens: usize) -> Self {
        let mut recipe = self.with_epochs_between(0, tokens);
        let wanted = recipe.min_batches.take().unwrap_or(0);
        while documents.div_ceil(recipe.batch_size) < wanted && recipe.batch_size >= 2 * LEAST_ROWS
        {
            recipe.batch_size /= 2;
        }
        recipe
    }

    /// What the rules for little and much data have changed in `fitted`, in words, if anything.
    pub fn changes(&self, fitted: &Self) -> Option<String> {
        let (epochs, rows) = (fitted.all_epochs(), fitted.batch_size);
        let changes = [
            (epochs != self.all_epochs())
                .then(|| format!("epochs: {epochs} instead of {}", self.all_epochs())),
            (rows != self.batch_size)
                .then(|| format!("rows of a batch: {rows} instead of {}", self.batch_size)),
        ];
        let changes: Vec<String> = changes.into_iter().flatten().collect();
        (!changes.is_empty()).then(|| format!("{}, for so much data", changes.join("; ")))
    }

    fn with_epochs_between(&self, least: usize, tokens: usize) -> Self {
        let most = self.max_tokens.map_or(usize::MAX, |max| (max / tokens.max(1)).max(1));
        let mut recipe = self.clone();
        (recipe.max_tokens, recipe.min_updates) = (None, None);
        let epochs = recipe.phase.last_mut().map_or(&mut recipe.epochs, |last| &mut last.epochs);
        *epochs = (*epochs).max(least).min(most);
        if !recipe.phase.is_empty() {
            recipe.epochs = recipe.all_epochs();
        }
        recipe
    }
}

#[cfg(test)]
mod tests {
    use super::super::Recipe;

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
    fn few_documents_come_in_small_batches() {
        let mut recipe = Recipe::preset("default").unwrap().train;
        (recipe.batch_size, recipe.min_batches, recipe.max_tokens) = (32, Some(20), Some(1000));
        for (documents, rows) in [(2, 8), (100, 8), (310, 16), (600, 16), (609, 32), (9999, 32)] {
            assert_eq!(recipe.for_documents(documents, 1).batch_size, rows, "{documents}");
        }
        let epochs = |tokens| -> Vec<usize> {
            let phases = recipe.for_documents(1, tokens).phase;
            phases.iter().map(|phase| phase.epochs).collect()
        };
        assert_eq!([10, 400, 5000].map(epochs), [[1, 1, 1, 8], [1, 1, 1, 2], [1, 1, 1, 1]]);
        recipe.batch_size = 3;
        assert_eq!(recipe.for_documents(2, 1).batch_size, 3, "it was chosen so small");
    }

    #[test]
    fn a_recipe_that_was_fitted_to_data_says_what_is_done_with_it() {
        let Recipe { finetune, train, .. } = Recipe::preset("default").unwrap();
        assert_eq!(train.changes(&train), None);
        let few = train.for_documents(100, 1000);
        let words = "rows of a batch: 8 instead of 32, for so much data";
        assert_eq!(train.changes(&few).as_deref(), Some(words));
        let (much, words) =
            (finetune.for_text(1 << 30), "epochs: 1 instead of 4, for so much data");
        assert_eq!(finetune.changes(&much).as_deref(), Some(words));
        let train = few;
        assert_eq!((train.batch_size, train.epochs), (8, train.all_epochs()));
        for fitted in [finetune.for_text(1 << 30), train] {
            let rules = (fitted.max_tokens, fitted.min_updates, fitted.min_batches);
            assert_eq!(rules, (None, None, None), "they were applied");
            assert_eq!(fitted.for_text(1), fitted);
            assert_eq!(fitted.for_documents(1, 1), fitted);
        }
    }
}
