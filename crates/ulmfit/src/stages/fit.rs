//! All stages, one after the other: from labelled texts to a classifier and an honest report.

use super::Error;
use super::bundle::LmBundle;
use super::language::{DirectionScore, LmText, finetune, pretrain};
use super::outcome::Outcome;
use super::recipe::StageRecipe;
use super::rows::{Rows, RowsInput, texts};
use super::runner::Runner;
use super::texts::{Document, encode, hold_out, learn_vocab};
use super::train::{TrainOptions, train_on};
use crate::model::AwdLstmConfig;
use crate::text::{TextConfig, VocabConfig};
use std::time::Instant;
use ulmfit_ops::Key;

/// What [`fit`] works on.
pub struct FitInput {
    /// Labelled rows.
    pub rows: RowsInput,
    /// Texts without labels, for the language model.
    pub unlabeled: Vec<Document>,
    /// The language model to start from; none: from scratch.
    pub base: Option<LmBundle>,
}

/// How [`fit`] works.
#[derive(Clone, Debug)]
pub struct FitOptions {
    /// Stage 3.
    pub train: TrainOptions,
    /// Stage 2; stages 1 and 2 in one if there is no base.
    pub language: StageRecipe,
    /// Sizes without a base; the number of rows is the vocabulary's.
    pub sizes: AwdLstmConfig,
    /// Tokenizer without a base.
    pub text: TextConfig,
    /// Vocabulary of the fine-tuned model.
    pub vocab: VocabConfig,
}

/// Share of the unlabelled texts that judges the language model if no labelled rows can.
const LM_VALID: f64 = 0.05;

/// Runs all stages.
///
/// The language model learns the training rows' texts and the unlabelled ones, never those that
/// the classifier is chosen by or scored on.
///
/// # Errors
/// [`Error`] of the stage that failed.
pub fn fit(
    runner: &mut Runner<'_>,
    input: FitInput,
    options: &FitOptions,
) -> Result<Outcome, Error> {
    let started = Instant::now();
    let FitInput { rows, mut unlabeled, base } = input;
    let classify = &options.train.classify;
    let key = Key::new(classify.seed).child(100);
    let rows = Rows::split(rows, &classify.labels, options.train.shares, key, runner.progress)?;
    let count = unlabeled.len();
    let valid = if rows.valid.is_empty() && count > 1 {
        let (kept, held) = hold_out(unlabeled, LM_VALID, key.child(2));
        unlabeled = kept;
        held
    } else {
        texts(&rows.valid)
    };
    let train: Vec<Document> = texts(&rows.train).into_iter().chain(unlabeled).collect();
    let (lm, scores) = language_model(runner, base, &train, &valid, options)?;
    train_on(runner, lm, &rows, scores, count, &options.train, started)
}

/// Stage 2, or stage 1 on the user's texts where there is no base.
fn language_model(
    runner: &mut Runner<'_>,
    base: Option<LmBundle>,
    train: &[Document],
    valid: &[Document],
    options: &FitOptions,
) -> Result<(LmBundle, Vec<DirectionScore>), Error> {
    let text = match &base {
        Some(base) => {
            base.text.rebuild(&options.vocab, train.iter().cloned().map(Ok::<_, Error>))?
        }
        None => learn_vocab(&options.text, &options.vocab, train)?,
    };
    let corpora = LmText {
        train: encode(&text, train, runner.progress),
        valid: encode(&text, valid, runner.progress),
    };
    let (directions, recipe) = (&options.train.directions, &options.language);
    let seed = options.train.classify.seed;
    match base {
        Some(base) => finetune(runner, base, text, &corpora, directions, recipe, seed),
        None => {
            let sizes = AwdLstmConfig { vocab: text.vocab().len(), ..options.sizes };
            // nothing was learned before, so no layer needs to be spared
            let recipe = StageRecipe { lr_factor: None, lr_groups: None, ..recipe.clone() };
            pretrain(runner, text, &corpora, sizes, directions, &recipe, seed)
        }
    }
}
