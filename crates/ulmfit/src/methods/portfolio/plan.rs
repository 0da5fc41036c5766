//! Which parts a portfolio is made of, and on how many held-out rows they are weighed.

use crate::data::labels::LabelKind;
use crate::recipe::{EncoderRecipe, Overrides, TfIdfRecipe};
use crate::report::time_budget::LeftOut;
use serde::{Deserialize, Serialize};

/// What is known before the work begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Amount {
    /// Training examples.
    pub(crate) rows: usize,
    /// Tokens of the encoder that its fine-tuning would read.
    pub(crate) tuned_tokens: usize,
    /// Whether there are texts without labels.
    pub(crate) unlabelled: bool,
    /// How many of them the encoder labels.
    pub(crate) pseudo_labels: usize,
    /// Whether there is an encoder for the language of the texts.
    pub(crate) encoder: bool,
    /// What ULMFiT starts from.
    pub(crate) start: UlmfitStart,
}

/// What ULMFiT starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UlmfitStart {
    /// A language model for the language of the texts.
    Pretrained,
    /// Random weights.
    Scratch,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct PortfolioPlan {
    /// How the encoder is fitted, if it is a part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) encoder: Option<EncoderRecipe>,
    /// Texts whose pseudo-labels another part on n-grams learns: those of the encoder; 0 for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) pseudo_labels: usize,
    /// Whether ULMFiT is a part.
    pub(crate) ulmfit: bool,
    /// Folds of the training examples.
    pub(crate) folds: usize,
    /// Those that are held out in turn: of many rows one is enough to find a few weights.
    pub(crate) scored: usize,
    /// Whether parts that take long are trained again with the rows that were held out.
    pub(crate) retrains: bool,
    /// Whether the answers to the folds are the score: then all are held out, whatever it takes.
    pub(crate) is_scored_by_folds: bool,
}

/// Serde asks by reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// With fewer examples ULMFiT has next to no say beside an encoder. It is a part all the same where there are texts
/// without labels that nothing else reads.
const FEWEST_FOR_ULMFIT: usize = 300;
/// The same without a language model to start from. On questions it is then worse than TF-IDF with 500 labels, adds
/// nothing to it with 1,000, and takes a hundred times as long (lab book, 2026-11-30).
const FEWEST_FROM_SCRATCH: usize = 2_000;
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
/// From this many examples on, ULMFiT is worth more than the fine-tuning of the encoder where there is
/// time for one of them only. A guess between 500 questions, where it is not, and 5,000, where it is.
const ULMFIT_FIRST: usize = 2_000;

impl PortfolioPlan {
    /// `encoder` is how an encoder is fitted to so many examples if there is time for it.
    pub(crate) fn new(amount: Amount, encoder: &EncoderRecipe) -> Self {
        let Amount { rows, tuned_tokens, unlabelled, encoder: has_encoder, .. } = amount;
        let encoder = encoder.clone();
        let encoder = if tuned_tokens <= WORTHWHILE { encoder } else { encoder.as_it_is() };
        let pseudo_labels = if has_encoder { amount.pseudo_labels } else { 0 };
        let learned =
            encoder.second_contrastive().map_or(0, |(_, rule)| rule.learned(pseudo_labels));
        let encoder = if learned > 0 { encoder } else { encoder.without_co_training() };
        let ulmfit = Self::has_ulmfit(rows, unlabelled && pseudo_labels == 0, amount.start);
        let is_cheap = !encoder.is_fine_tuned() || tuned_tokens <= CHEAP;
        let folds = FOLDS.max(rows.div_ceil(LARGEST_FOLD));
        let scored = if is_cheap && !ulmfit { FOLDS } else { 1 };
        let encoder = has_encoder.then_some(encoder);
        let retrains = rows < MANY;
        Self { encoder, pseudo_labels, ulmfit, folds, scored, retrains, is_scored_by_folds: false }
    }
}

impl PortfolioPlan {
    /// Whether ULMFiT can be a part with so many examples, and with or without texts that have no labels.
    pub(crate) fn has_ulmfit(rows: usize, unlabelled: bool, start: UlmfitStart) -> bool {
        let fewest = match start {
            UlmfitStart::Pretrained => FEWEST_FOR_ULMFIT,
            UlmfitStart::Scratch => FEWEST_FROM_SCRATCH,
        };
        unlabelled || rows >= fewest
    }

    /// How many texts without labels get a pseudo-label at most: the number set by hand, or else the recipe's. The
    /// labels of several at once, and numbers, have not been tried.
    pub(crate) fn most_pseudo_labels(
        recipe: &TfIdfRecipe,
        by_hand: &Overrides,
        kind: LabelKind,
        has_encoder: bool,
    ) -> usize {
        let wanted = by_hand.self_training.unwrap_or(recipe.pseudo_labels);
        if kind == LabelKind::Single && has_encoder { wanted } else { 0 }
    }

    /// How an encoder with `layers` layers is fitted to documents of these lengths, and the tokens that it then reads:
    /// in pairs and end-to-end, or in one of these ways where both would take too long.
    pub(crate) fn affordable(
        lengths: &[usize],
        recipe: &EncoderRecipe,
        task: LabelKind,
        layers: usize,
    ) -> (EncoderRecipe, usize) {
        let usual = recipe.for_examples(lengths.len(), task);
        let mut ways = vec![usual.clone()];
        if task == LabelKind::Single && usual != *recipe {
            ways.extend([usual.end_to_end(), recipe.clone()]);
        }
        let tokens = |way: &EncoderRecipe| Self::tuned_tokens(lengths, way, layers);
        let chosen = ways.iter().find(|way| tokens(way) <= WORTHWHILE).unwrap_or(&ways[0]);
        (chosen.clone(), tokens(chosen))
    }

    /// Tokens that the fine-tuning of an encoder with `layers` layers on documents of these lengths reads.
    fn tuned_tokens(lengths: &[usize], encoder: &EncoderRecipe, layers: usize) -> usize {
        let rows = lengths.len();
        let of_pass = |most: usize| lengths.iter().map(|&length| length.min(most)).sum::<usize>();
        // each text with a partner
        let pairs = encoder
            .contrastive
            .map_or(0, |recipe| 2 * recipe.passes(rows) * of_pass(recipe.max_tokens));
        let together = encoder
            .end_to_end
            .map_or(0, |recipe| recipe.all_passes(layers, rows) * of_pass(recipe.max_tokens));
        pairs + together
    }

    /// The same with the score of a cross-validation with so many folds.
    pub(crate) fn with_folds(self, count: usize) -> Self {
        let (folds, scored, retrains) = (count, count, true);
        Self { folds, scored, retrains, is_scored_by_folds: true, ..self }
    }

    /// This plan and those that take less time, the best first: each of them with all of its folds, then
    /// with one. TF-IDF is a part of all.
    pub(crate) fn shorter(&self, rows: usize) -> Vec<Self> {
        let tuned = self.encoder.clone();
        let frozen = tuned.clone().map(EncoderRecipe::as_it_is);
        let shortened = |by: usize| tuned.clone().map(|recipe| recipe.shortened(by));
        let (half, quarter) = (shortened(2), shortened(4));
        let mut ordered = vec![(&tuned, true)];
        let encoders = [(&tuned, false), (&half, false), (&quarter, false)];
        if rows < ULMFIT_FIRST {
            ordered.extend(encoders);
            ordered.push((&frozen, true));
        } else {
            ordered.push((&frozen, true));
            ordered.extend(encoders);
        }
        let without = (&None, self.ulmfit && frozen.is_none());
        ordered.extend([(&frozen, false), without, (&None, false)]);
        let mut plans: Vec<Self> = Vec::new();
        for (encoder, ulmfit) in ordered {
            let labels = if encoder.is_some() { self.pseudo_labels } else { 0 };
            let ulmfit = ulmfit && self.ulmfit;
            let once = encoder.clone().map(EncoderRecipe::without_co_training);
            let rounds = [(encoder, labels), (&once, labels), (&once, 0)];
            let of_folds = [self.scored, if self.is_scored_by_folds { self.scored } else { 1 }];
            for ((encoder, pseudo_labels), scored) in
                rounds.into_iter().flat_map(|round| of_folds.map(|scored| (round, scored)))
            {
                let encoder = encoder.clone();
                let plan = Self { encoder, pseudo_labels, ulmfit, scored, ..self.clone() };
                if !plans.contains(&plan) {
                    plans.push(plan);
                }
            }
        }
        plans
    }

    /// What a shorter plan does not do.
    pub(crate) fn lacks(&self, shorter: &Self) -> Vec<LeftOut> {
        let is_tuned =
            |plan: &Self| plan.encoder.as_ref().is_some_and(EncoderRecipe::is_fine_tuned);
        // without pseudo-labels or a fine-tuning there is none anyway
        let is_once = self.is_taught_again()
            && !shorter.is_taught_again()
            && shorter.pseudo_labels > 0
            && is_tuned(shorter);
        let updates = |plan: &Self| plan.encoder.clone().map(EncoderRecipe::without_co_training);
        let has_no_encoder = shorter.encoder.is_none();
        let lacking = [
            (LeftOut::Ulmfit, self.ulmfit && !shorter.ulmfit),
            (LeftOut::CoTraining, is_once),
            (LeftOut::PseudoLabels, self.pseudo_labels > 0 && shorter.pseudo_labels == 0),
            (LeftOut::Encoder, self.encoder.is_some() && has_no_encoder),
            (LeftOut::FineTuning, is_tuned(self) && !is_tuned(shorter) && !has_no_encoder),
            (LeftOut::Passes, is_tuned(shorter) && updates(self) != updates(shorter)),
            (LeftOut::Folds, self.scored > shorter.scored),
        ];
        lacking.into_iter().filter(|(_, lacks)| *lacks).map(|(what, _)| what).collect()
    }

    /// Whether the encoder is fine-tuned on pseudo-labels in the end.
    fn is_taught_again(&self) -> bool {
        self.encoder.as_ref().is_some_and(|recipe| recipe.second_contrastive().is_some())
    }

    /// What is going to be done.
    pub(crate) fn words(&self) -> String {
        let mut parts = vec!["TF-IDF"];
        parts.extend(self.encoder.as_ref().map(|recipe| match recipe.is_fine_tuned() {
            true if self.is_taught_again() => "a sentence encoder that is fine-tuned twice",
            true => "a fine-tuned sentence encoder",
            false => "a frozen sentence encoder",
        }));
        let is_taught = self.pseudo_labels > 0;
        parts.extend(is_taught.then_some("TF-IDF on the encoder's pseudo-labels"));
        parts.extend(self.ulmfit.then_some("ULMFiT"));
        let last = parts.pop().unwrap_or_default();
        let parts =
            if parts.is_empty() { last.into() } else { format!("{} and {last}", parts.join(", ")) };
        let part = match self.folds {
            2 => "half of the examples".to_owned(),
            3 => "a third of the examples".to_owned(),
            folds => format!("one example in {folds}"),
        };
        let runs = match self.scored {
            1 => format!("a trial run leaves out {part}"),
            count => format!("{count} trial runs, each without {part},"),
        };
        let shows = if self.scored == 1 { "to see" } else { "show" };
        let kept = self.ulmfit && !self.retrains;
        let then = if kept { "those that are used, except ULMFiT," } else { "those that are used" };
        format!(
            "trains {parts}: {runs} {shows} how far to trust each method; then {then} are trained on all examples"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(rows: usize, tuned_tokens: usize) -> PortfolioPlan {
        labelling(rows, tuned_tokens, 0)
    }

    /// The same with so many texts that the encoder labels.
    fn labelling(rows: usize, tuned_tokens: usize, pseudo_labels: usize) -> PortfolioPlan {
        let unlabelled = pseudo_labels > 0;
        let start = UlmfitStart::Pretrained;
        let amount = Amount { rows, tuned_tokens, unlabelled, pseudo_labels, encoder: true, start };
        PortfolioPlan::new(amount, &EncoderRecipe::contrastive())
    }

    #[test]
    fn few_short_texts_are_all_held_out_and_many_once() {
        assert_eq!((plan(100, 25_000).scored, plan(100, 25_000).folds), (3, 3));
        assert_eq!(plan(100, 200_000).scored, 1, "long texts");
        let many = plan(5_000, 150_000);
        assert_eq!((many.scored, many.folds, many.ulmfit), (1, 5, true));
        let is_fine_tuned = |plan: PortfolioPlan| plan.encoder.unwrap().is_fine_tuned();
        assert!(is_fine_tuned(plan(100, 25_000)));
        assert!(!is_fine_tuned(plan(100_000, 3_000_000)));
        let taught = labelling(100, 25_000, 4_000);
        assert_eq!((taught.pseudo_labels, taught.ulmfit, taught.scored), (4_000, false, 3));
        assert!(labelling(500, 25_000, 4_000).ulmfit);
        assert!(plan(5_000, 150_000).retrains && !plan(100_000, 3_000_000).retrains);
    }

    #[test]
    fn many_long_texts_are_learned_in_one_way() {
        let recipe = EncoderRecipe::contrastive();
        let ways = |rows: usize, tokens: usize| {
            let lengths = vec![tokens; rows];
            let (recipe, _) = PortfolioPlan::affordable(&lengths, &recipe, LabelKind::Single, 6);
            (recipe.contrastive.is_some(), recipe.end_to_end.is_some())
        };
        assert_eq!([ways(100, 20), ways(5_000, 20)], [(true, false), (true, true)]);
        assert_eq!(ways(10_000, 20), (false, true), "with pairs it would read a million tokens");
        assert_eq!(
            ways(4_000, 200),
            (true, false),
            "end-to-end would read 1.5 million, pairs a third"
        );
    }

    #[test]
    fn shorter_plans_keep_what_is_worth_most() {
        use LeftOut::{Encoder, FineTuning, Folds, Passes, Ulmfit};
        let names = |rows: usize, tokens: usize| -> Vec<Vec<LeftOut>> {
            let full = plan(rows, tokens);
            full.shorter(rows).iter().map(|shorter| full.lacks(shorter)).collect()
        };
        let few = [
            vec![],
            vec![Folds],
            vec![Passes],
            vec![Passes, Folds],
            vec![Passes],
            vec![Passes, Folds],
            vec![FineTuning],
            vec![FineTuning, Folds],
            vec![Encoder],
            vec![Encoder, Folds],
        ];
        assert_eq!(names(100, 25_000), few);
        let more = [
            vec![],
            vec![Ulmfit],
            vec![Ulmfit, Passes],
            vec![Ulmfit, Passes],
            vec![FineTuning],
            vec![Ulmfit, FineTuning],
            vec![Ulmfit, Encoder],
        ];
        assert_eq!(names(500, 80_000), more);
        let many = names(5_000, 150_000);
        assert_eq!((&many[1], &many[2]), (&vec![FineTuning], &vec![Ulmfit]));
        let taught = labelling(100, 25_000, 4_000);
        let shorter = taught.shorter(100);
        let lacks: Vec<_> = [0, 2, 4].map(|n| taught.lacks(&shorter[n])).into();
        assert_eq!(lacks, [vec![], vec![LeftOut::CoTraining], vec![LeftOut::PseudoLabels]]);
        let last = shorter.last().unwrap();
        assert_eq!((last.pseudo_labels, last.encoder.is_none()), (0, true));
        // a cross-validation that was asked for stays whole
        let folded = plan(100, 25_000).with_folds(5);
        assert!(folded.shorter(100).iter().all(|plan| (plan.folds, plan.scored) == (5, 5)));
    }

    #[test]
    fn a_plan_is_read_as_it_was_written() {
        for plan in plan(500, 80_000).shorter(500) {
            let written = serde_json::to_string(&plan).unwrap();
            assert_eq!(serde_json::from_str::<PortfolioPlan>(&written).unwrap(), plan);
        }
    }
}
