//! All stages, one after the other: from labelled texts to a classifier and an honest report.

use super::language::{finetune, pretrain};
use super::outcome::Outcome;
use super::self_training::draw;
use super::train::{Before, TrainOptions, pool_key, train_on};
use crate::Error;
use crate::data::Record;
use crate::data::batches::TokenSource;
use crate::data::readers::ReadOptions;
use crate::input::Texts;
use crate::input::{HoldOut, LmInput, Vocabulary, corpus_folder};
use crate::input::{Rows, RowsInput, texts};
use crate::model::AwdLstmConfig;
use crate::models::LmBundle;
use crate::recipe::StageRecipe;
use crate::report::DirectionScore;
use crate::run::Laps;
use crate::run::Runner;
use crate::text::{TextConfig, VocabConfig};
use std::path::PathBuf;
use ulmfit_ops::Key;

/// What [`fit`] works on.
pub struct FitInput {
    /// Labelled rows.
    pub rows: RowsInput,
    /// Files of texts without labels, for the language model.
    pub unlabeled: Vec<PathBuf>,
    /// How these are read.
    pub options: ReadOptions,
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

/// One of so many unlabelled texts judges the language model if no rows to choose by can.
const LM_VALID: usize = 20;
/// So many test texts do if there are no unlabelled ones either.
const LM_TEST: usize = 500;

/// Runs all stages.
///
/// The language model learns the training rows' texts and the unlabelled ones, never those that
/// the classifier is chosen by or scored on. Where there are neither rows to choose by nor
/// unlabelled texts, its perplexity is that of texts of the test rows; nothing is chosen by it then.
///
/// # Errors
/// [`Error`] of the stage that failed.
pub fn fit(
    runner: &mut Runner<'_>,
    input: FitInput,
    options: &FitOptions,
) -> Result<Outcome, Error> {
    let mut laps = Laps::start();
    let FitInput { rows, unlabeled, options: reading, base } = input;
    if let Some(base) = &base {
        base.require(&options.train.directions)?;
    }
    let classify = &options.train.classify;
    let key = Key::new(classify.seed).child(100);
    let rows = Rows::split(rows, &classify.labels, options.train.shares, key, runner.progress)?;
    laps.lap("split");
    let judges = match (rows.valid.is_empty(), unlabeled.is_empty()) {
        (false, _) => Some(in_memory(&rows.valid)),
        (true, true) if options.language.chooses() => Some(Texts::default()),
        (true, true) => Some(in_memory(&rows.test[..rows.test.len().min(LM_TEST)])),
        (true, false) => None,
    };
    let input = LmInput {
        valid: judges,
        train: Texts { files: unlabeled, ..in_memory(&rows.train) },
        hold_out: HoldOut::new(LM_VALID, key.child(2)),
        options: reading,
    };
    let new = base.is_none();
    let most = options.train.recipe.texts_to_label(rows.train.len(), rows.labels.kind());
    let learned = language_model(runner, base, input, options, (most, pool_key(&key)))?;
    laps.lap("language model");
    let Learned { lm, scores, recipe, documents, tokens, pool } = learned;
    let mut train = options.train.clone();
    if new && train.recipe.from_scratch_below.is_some_and(|least| tokens < least) {
        train.recipe = train.recipe.from_scratch();
        let rate = train.recipe.lr;
        runner.progress.note(&format!(
            "the language model has read {tokens} tokens: all layers learn at once, with the rate {rate}"
        ));
    }
    let unlabeled = recipe.as_ref().map_or(0, |_| documents - rows.train.len());
    let before = Before { language_model: scores, unlabeled, pool, recipe };
    train_on(runner, lm, &rows, before, &train, laps)
}

fn in_memory(rows: &[Record]) -> Texts<'_> {
    Texts { documents: texts(rows), files: Vec::new() }
}

/// A language model of the user's texts.
struct Learned {
    lm: LmBundle,
    scores: Vec<DirectionScore>,
    /// Hyper-parameters, as they were applied; none if nothing was learned.
    recipe: Option<StageRecipe>,
    /// How many texts there were to read or to be judged by.
    documents: usize,
    /// How many tokens it has read here, those of all passes.
    tokens: usize,
    /// Texts without labels for a classifier to label.
    pool: Vec<Vec<u32>>,
}

/// Stage 2, or stage 1 on the user's texts where there is no base; with so many texts drawn by a
/// key for a classifier to label.
fn language_model(
    runner: &mut Runner<'_>,
    base: Option<LmBundle>,
    input: LmInput<'_>,
    options: &FitOptions,
    (most, key): (usize, Key),
) -> Result<Learned, Error> {
    let folder = runner.folder().map(corpus_folder);
    let vocabulary = match &base {
        Some(base) => Vocabulary::Adapt(&base.text, &options.vocab),
        None => Vocabulary::Learn(&options.text, &options.vocab),
    };
    let (held_out, labelled) = (input.valid.is_none(), input.train.documents.len());
    let (text, corpora) = input.tokenize(vocabulary, folder.as_deref(), runner.progress)?;
    let documents =
        corpora.train.documents() + if held_out { corpora.valid.documents() } else { 0 };
    let without: Vec<usize> = (labelled..corpora.train.documents()).collect();
    let pool = draw(&corpora.train, &without, most, &key);
    let (directions, seed) = (&options.train.directions, options.train.classify.seed);
    let sizes = AwdLstmConfig { vocab: text.vocab().len(), ..options.sizes };
    let (wanted, tokens) = (&options.language, corpora.train.token_count());
    let recipe = match &base {
        Some(_) => Some(wanted.for_text(tokens)),
        None => wanted.for_text_without_base(tokens),
    };
    let Some(recipe) = recipe else {
        let words =
            "so few texts teach no language: the weights are random until labels are learned";
        runner.progress.note(words);
        let lm = LmBundle::random(text, sizes, directions, seed);
        return Ok(Learned { lm, scores: Vec::new(), recipe, documents, tokens: 0, pool });
    };
    wanted.changes(&recipe).iter().for_each(|words| runner.progress.note(words));
    let (lm, scores) = match base {
        Some(base) => finetune(runner, base, text, &corpora, directions, &recipe, seed)?,
        None => pretrain(runner, text, &corpora, sizes, directions, &recipe, seed)?,
    };
    let tokens = tokens * recipe.all_epochs();
    Ok(Learned { lm, scores, recipe: Some(recipe), documents, tokens, pool })
}
