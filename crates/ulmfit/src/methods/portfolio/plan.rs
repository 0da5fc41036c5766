//! Which parts a portfolio is made of, and on how many held-out rows they are weighed.

use crate::recipe::EncoderRecipe;

/// What is known before the work begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Amount {
    /// Training examples.
    pub(crate) rows: usize,
    /// Tokens of the encoder that a fine-tuning on pairs would read.
    pub(crate) contrastive_tokens: usize,
    /// Whether there are texts without labels.
    pub(crate) unlabelled: bool,
    /// Whether there is an encoder for the language of the texts.
    pub(crate) encoder: bool,
}

/// What is done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PortfolioPlan {
    /// How the encoder is fitted, if it is a part.
    pub(crate) encoder: Option<EncoderRecipe>,
    /// Whether ULMFiT is a part.
    pub(crate) ulmfit: bool,
    /// Folds of the training examples.
    pub(crate) folds: usize,
    /// Those that are held out in turn: of many rows one is enough to find a few weights.
    pub(crate) scored: usize,
    /// Whether parts that take long are trained again with the rows that were held out.
    pub(crate) retrains: bool,
}

/// With fewer examples, and no texts without labels, ULMFiT has next to no say beside an encoder.
const FEWEST_FOR_ULMFIT: usize = 300;
/// Tokens of a fine-tuning that is cheap enough to be repeated for each fold: half a minute on two
/// cores.
const CHEAP: usize = 60_000;
/// Tokens of one that is worth its time: beyond it the encoder stays as it is.
const WORTHWHILE: usize = 800_000;
/// Folds of few rows.
const FOLDS: usize = 3;
/// Rows of a fold at most.
const LARGEST_FOLD: usize = 1_000;
/// From this many examples on, one fold of them more would not change a model that takes long.
const MANY: usize = 10_000;

impl PortfolioPlan {
    /// `encoder` is how an encoder is fitted if there is time for it.
    pub(crate) fn new(amount: Amount, encoder: &EncoderRecipe) -> Self {
        let Amount { rows, contrastive_tokens, unlabelled, encoder: has_encoder } = amount;
        let encoder = if contrastive_tokens <= WORTHWHILE {
            encoder.clone()
        } else {
            encoder.clone().as_it_is()
        };
        let ulmfit = unlabelled || rows >= FEWEST_FOR_ULMFIT;
        let is_cheap = encoder.contrastive.is_none() || contrastive_tokens <= CHEAP;
        let folds = FOLDS.max(rows.div_ceil(LARGEST_FOLD));
        let scored = if is_cheap && !ulmfit { FOLDS } else { 1 };
        let encoder = has_encoder.then_some(encoder);
        Self { encoder, ulmfit, folds, scored, retrains: rows < MANY }
    }
}

impl PortfolioPlan {
    /// Tokens that a fine-tuning on pairs of documents of these lengths reads.
    pub(crate) fn contrastive_tokens(lengths: &[usize], encoder: &EncoderRecipe) -> usize {
        let Some(recipe) = encoder.contrastive else { return 0 };
        let capped = lengths.iter().map(|&length| length.min(recipe.max_tokens));
        let mean = capped.sum::<usize>() as f64 / lengths.len().max(1) as f64;
        // whole passes, each text with a partner
        let passes = recipe.passes(lengths.len());
        (mean * (2 * passes * lengths.len()) as f64) as usize
    }

    /// What is going to be done.
    pub(crate) fn words(&self) -> String {
        let mut parts = vec!["TF-IDF"];
        parts.extend(self.encoder.as_ref().map(|recipe| match recipe.contrastive {
            Some(_) => "a fine-tuned sentence encoder",
            None => "a sentence encoder as it is",
        }));
        parts.extend(self.ulmfit.then_some("ULMFiT"));
        let last = parts.pop().unwrap_or_default();
        let parts =
            if parts.is_empty() { last.into() } else { format!("{} and {last}", parts.join(", ")) };
        let held_out = match self.scored {
            1 => format!("one part in {} of the examples", self.folds),
            count => format!("each of {count} parts of the examples"),
        };
        let then = if self.retrains { "then on all" } else { "then all but ULMFiT on all" };
        format!(
            "trains {parts}: first without {held_out}, to weigh the methods by their answers, {then}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(rows: usize, contrastive_tokens: usize) -> PortfolioPlan {
        let amount = Amount { rows, contrastive_tokens, unlabelled: false, encoder: true };
        PortfolioPlan::new(amount, &EncoderRecipe::contrastive())
    }

    #[test]
    fn few_short_texts_are_all_held_out_and_many_once() {
        assert_eq!((plan(100, 25_000).scored, plan(100, 25_000).folds), (3, 3));
        assert_eq!(plan(100, 200_000).scored, 1, "long texts");
        let many = plan(5_000, 150_000);
        assert_eq!((many.scored, many.folds, many.ulmfit), (1, 5, true));
        let is_fine_tuned = |plan: PortfolioPlan| plan.encoder.unwrap().contrastive.is_some();
        assert!(is_fine_tuned(plan(100, 25_000)));
        assert!(!is_fine_tuned(plan(100_000, 3_000_000)));
        assert!(plan(5_000, 150_000).retrains && !plan(100_000, 3_000_000).retrains);
    }
}
