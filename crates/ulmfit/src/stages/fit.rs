//! All stages, one after the other: from labelled texts to a classifier and its report.

use super::language::{LmJob, finetune, pretrain};
use super::lm_summary::LmSummary;
use super::options::{FitOptions, TrainOptions};
use super::self_training::draw;
use super::train::{pool_key, train_on};
use super::trained_classifier::TrainedClassifier;
use crate::Error;
use crate::data::Record;
use crate::data::batches::TokenSource;
use crate::data::readers::ReadOptions;
use crate::input::Texts;
use crate::input::{HoldOut, LmInput, VocabSource, corpus_folder};
use crate::input::{LabelledInput, LabelledSplits, texts};
use crate::model::AwdLstmConfig;
use crate::models::LmBundle;
use crate::recipe::{LmRecipe, LmStart};
use crate::report::DirectionScore;
use crate::run::Runner;
use crate::run::Timings;
use std::path::PathBuf;
use ulmfit_ops::Key;

/// Input of [`fit`].
pub struct FitInput {
    /// Labelled rows.
    pub rows: LabelledInput,
    /// Files of texts without labels, for the language model.
    pub unlabeled: Vec<PathBuf>,
    /// How they are read.
    pub options: ReadOptions,
    /// The language model to start from; `None` to start from scratch.
    pub base: Option<LmBundle>,
}

/// One unlabelled text in this many is held out for perplexity when there is no validation set.
const LM_HOLD_OUT: usize = 20;
/// Test texts used instead when there are no unlabelled ones either.
const LM_TEST: usize = 500;

/// Runs all stages.
///
/// The language model is trained on the texts of the training set and on the unlabelled ones, never on
/// those of the validation and test sets. If there are neither a validation set nor unlabelled texts,
/// its perplexity is measured on texts of the test set; then nothing is selected on it.
///
/// # Errors
/// [`Error`] of the stage that failed.
pub fn fit(
    runner: &mut Runner<'_>,
    input: FitInput,
    options: &FitOptions,
) -> Result<TrainedClassifier, Error> {
    let mut timings = Timings::start();
    let FitInput { rows, unlabeled, options: reading, base } = input;
    if let Some(base) = &base {
        base.require(&options.train.directions)?;
    }
    let classify = &options.train.classify;
    let key = Key::new(classify.seed).child(100);
    let rows =
        LabelledSplits::split(rows, &classify.labels, options.train.shares, key, runner.progress)?;
    options.train.check(rows.labels.kind())?;
    timings.lap("split");
    let sources = Unlabelled { files: unlabeled, options: reading };
    let (lm, summary) = learn_language(runner, base, &rows, sources, options)?;
    timings.lap("language model");
    train_on(runner, lm, &rows, summary, &options.train, timings)
}

/// Files of texts without labels, and how they are read.
pub(crate) struct Unlabelled {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) options: ReadOptions,
}

/// Stages 1 and 2: a language model that has read the texts.
pub(crate) fn learn_language(
    runner: &mut Runner<'_>,
    base: Option<LmBundle>,
    rows: &LabelledSplits,
    unlabelled: Unlabelled,
    options: &FitOptions,
) -> Result<(LmBundle, LmSummary), Error> {
    let key = Key::new(options.train.classify.seed).child(100);
    let judges = match (rows.valid.is_empty(), unlabelled.files.is_empty()) {
        (false, _) => Some(in_memory(&rows.valid)),
        (true, true) if options.language.training.selects() => Some(Texts::default()),
        (true, true) => Some(in_memory(&rows.test[..rows.test.len().min(LM_TEST)])),
        (true, false) => None,
    };
    let input = LmInput {
        valid: judges,
        train: Texts { files: unlabelled.files, ..in_memory(&rows.train) },
        hold_out: HoldOut::new(LM_HOLD_OUT, key.child(2)),
        options: unlabelled.options,
    };
    let new = base.is_none();
    let most = {
        let TrainOptions { recipe, overrides, .. } = &options.train;
        recipe.texts_to_label(overrides, rows.train.len(), rows.labels.kind())
    };
    let learned = language_model(runner, base, input, options, (most, pool_key(&key)))?;
    let FineTunedLm { lm, scores, recipe, documents, tokens, pool } = learned;
    let unlabeled = recipe.as_ref().map_or(0, |_| documents - rows.train.len());
    let lm_tokens = new.then_some(tokens);
    Ok((lm, LmSummary { language_model: scores, unlabeled, pool, recipe, lm_tokens }))
}

fn in_memory(rows: &[Record]) -> Texts<'_> {
    Texts { documents: texts(rows), files: Vec::new() }
}

/// A language model of the user's texts.
struct FineTunedLm {
    lm: LmBundle,
    scores: Vec<DirectionScore>,
    /// Hyper-parameters, as they were applied; `None` if nothing was trained.
    recipe: Option<LmRecipe>,
    /// Number of texts, training and validation.
    documents: usize,
    /// Tokens that it has read, in all epochs together.
    tokens: usize,
    /// Unlabelled texts for self-training.
    pool: Vec<Vec<u32>>,
}

/// Stage 2, or stage 1 on the user's texts if there is no base. Also draws up to `most` texts for
/// self-training.
fn language_model(
    runner: &mut Runner<'_>,
    base: Option<LmBundle>,
    input: LmInput<'_>,
    options: &FitOptions,
    (most, key): (usize, Key),
) -> Result<FineTunedLm, Error> {
    let folder = runner.folder().map(corpus_folder);
    let vocabulary = match &base {
        Some(base) => VocabSource::Adapt(&base.text, &options.vocab),
        None => VocabSource::Build(&options.text, &options.vocab),
    };
    let (held_out, labelled) = (input.valid.is_none(), input.train.documents.len());
    let (text, corpora) = input.tokenize(vocabulary, folder.as_deref(), runner.progress)?;
    let documents =
        corpora.train.documents() + if held_out { corpora.valid.documents() } else { 0 };
    let without: Vec<usize> = (labelled..corpora.train.documents()).collect();
    let pool = draw(&corpora.train, &without, most, &key);
    let (directions, seed) = (&options.train.directions, options.train.classify.seed);
    let sizes = AwdLstmConfig { vocab: text.vocab().len(), ..options.sizes };
    let tokens = corpora.train.token_count();
    let start = if base.is_some() { LmStart::AsWritten } else { LmStart::Random };
    let recipe = options.language.resolve(&options.lm_overrides, start, tokens);
    let Some(recipe) = recipe else {
        let words = "too little text to pretrain a language model: the classifier starts from random weights";
        runner.progress.note(words);
        let lm = LmBundle::random(text, sizes, directions, seed);
        return Ok(FineTunedLm { lm, scores: Vec::new(), recipe, documents, tokens: 0, pool });
    };
    if let Some(changes) = options.language.changes_by_rules(&options.lm_overrides, &recipe) {
        runner.progress.note(&changes);
    }
    let job = LmJob { corpora: &corpora, directions, recipe: &recipe, seed };
    let (lm, scores) = match base {
        Some(base) => finetune(runner, base, text, &job)?,
        None => pretrain(runner, text, sizes, &job)?,
    };
    let tokens = tokens * recipe.training.all_epochs();
    Ok(FineTunedLm { lm, scores, recipe: Some(recipe), documents, tokens, pool })
}
