//! All stages, one after the other: from labelled texts to a classifier and its report.

use super::language::{LmJob, finetune, pretrain, transfer};
use super::lm_summary::LmSummary;
use super::options::{FitOptions, TrainOptions};
use super::self_training::draw;
use super::train::{pool_key, train_on};
use super::trained_classifier::TrainedClassifier;
use crate::Error;
use crate::data::Record;
use crate::data::batches::TokenSource;
use crate::data::labels::LabelSet;
use crate::data::readers::ReadOptions;
use crate::estimate::{EstimatedExamples, EstimatedTexts, UlmfitEstimate};
use crate::input::{HoldOut, LmInput, LmText, Texts, VocabSource, corpus_folder, without_labels};
use crate::input::{LabelledInput, LabelledSplits, texts};
use crate::model::AwdLstmConfig;
use crate::models::LmBundle;
use crate::randomness::Purpose;
use crate::recipe::{LmRecipe, LmStart};
use crate::run::{LmStage, Runner, Timings};
use crate::text::TextPipeline;
use std::path::PathBuf;

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
/// those of the validation and test sets, unless they are among the unlabelled ones, too. If there are neither a validation set nor unlabelled texts,
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
    let key = Purpose::Splits.key(classify.seed);
    let rows =
        LabelledSplits::split(rows, &classify.labels, options.train.shares, key, runner.progress)?;
    options.train.check(rows.labels.kind())?;
    timings.lap("split");
    let sources = Unlabelled { files: unlabeled, options: reading };
    let texts = LanguageTexts::read(runner, base, &rows, sources, options)?;
    if runner.progress.wants_plan() {
        let estimate = texts.estimate(runner, &rows.labels, options)?;
        runner.progress.planned(&estimate.work(&rows, options.train.folds));
    }
    let (lm, summary) = texts.learn(runner, options)?;
    timings.lap("language model");
    train_on(runner, lm, &rows, summary, &options.train, timings)
}

/// Files of texts without labels, and how they are read.
pub(crate) struct Unlabelled {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) options: ReadOptions,
}

/// The texts of stages 1 and 2, tokenised in the vocabulary that the language model will have.
pub(crate) struct LanguageTexts {
    base: Option<LmBundle>,
    text: TextPipeline,
    corpora: LmText,
    /// Hyper-parameters, resolved for this much text; `None` if the weights stay random.
    recipe: Option<LmRecipe>,
    /// Labelled texts, with which the training text begins.
    labelled: usize,
    /// Number of texts, training and validation.
    documents: usize,
    /// Unlabelled texts for self-training.
    pool: Vec<Vec<u32>>,
}

impl LanguageTexts {
    /// Reads them; those that wait for a pseudo-label are drawn here.
    ///
    /// # Errors
    /// As [`LmInput::tokenize`].
    pub(crate) fn read(
        runner: &mut Runner<'_>,
        base: Option<LmBundle>,
        rows: &LabelledSplits,
        unlabelled: Unlabelled,
        options: &FitOptions,
    ) -> Result<Self, Error> {
        let key = Purpose::Splits.key(options.train.classify.seed);
        let judges = match (rows.valid.is_empty(), unlabelled.files.is_empty()) {
            (false, _) => Some(in_memory(&rows.valid)),
            (true, true) if options.language.training.selects() => Some(Texts::default()),
            (true, true) => Some(in_memory(&rows.test[..rows.test.len().min(LM_TEST)])),
            (true, false) => None,
        };
        let held_out = judges.is_none();
        let input = LmInput {
            valid: judges,
            train: Texts { files: unlabelled.files, ..in_memory(&rows.train) },
            hold_out: HoldOut::new(LM_HOLD_OUT, key.child(2)),
            options: unlabelled.options,
        };
        let folder = runner.folder().map(corpus_folder);
        let vocabulary = match &base {
            Some(base) => VocabSource::Adapt(&base.text, &options.vocab),
            None => VocabSource::Build(&options.text, &options.vocab),
        };
        let (text, corpora) = input.tokenize(vocabulary, folder.as_deref(), runner.progress)?;
        let start = if base.is_some() { LmStart::AsWritten } else { LmStart::Random };
        let tokens = corpora.train.token_count();
        let recipe = options.language.resolve(&options.lm_overrides, start, tokens);
        let TrainOptions { recipe: classifier, overrides, .. } = &options.train;
        let most = classifier.texts_to_label(overrides, rows.train.len(), rows.labels.kind());
        let labelled = rows.train.len();
        let pool = if most > 0 {
            let without = without_labels(&corpora.train, &text, rows, runner.progress);
            draw(&corpora.train, &without, most, &pool_key(&key))
        } else {
            Vec::new()
        };
        let documents =
            corpora.train.documents() + if held_out { corpora.valid.documents() } else { 0 };
        Ok(Self { base, text, corpora, recipe, labelled, documents, pool })
    }

    /// Networks that the training starts from.
    fn start(
        base: Option<LmBundle>,
        text: TextPipeline,
        options: &FitOptions,
    ) -> Result<LmBundle, Error> {
        let TrainOptions { directions, classify, .. } = &options.train;
        let sizes = sizes(&text, options);
        Ok(match base {
            Some(base) => LmBundle { networks: transfer(base, text.vocab(), directions)?, text },
            None => LmBundle::random(text, sizes, directions, classify.seed),
        })
    }

    /// How long this and the training of a classifier will take.
    ///
    /// # Errors
    /// Those of a recipe that does not suit the networks.
    pub(crate) fn estimate(
        &self,
        runner: &mut Runner<'_>,
        labels: &LabelSet,
        options: &FitOptions,
    ) -> Result<UlmfitEstimate, Error> {
        let base = self.base.as_ref().map(|base| base.copy(&options.train.directions));
        let mut lm = Self::start(base, self.text.clone(), options)?;
        let texts = EstimatedTexts { corpora: &self.corpora, stage: self.stage() };
        let recipe = self.recipe.as_ref();
        let language = recipe.map(|recipe| texts.measure(runner, &mut lm, recipe)).transpose()?;
        let train = &self.corpora.train;
        let examples = EstimatedExamples {
            labels,
            lengths: (0..self.labelled).map(|row| train.document(row).len()).collect(),
            tokens: texts.some_tokens(),
            lm_tokens: self.lm_tokens(),
            pool: self.pool.iter().map(Vec::len).collect(),
        };
        let classifier = examples.measure(runner, lm, options.train.settings())?;
        Ok(UlmfitEstimate { language, classifier })
    }

    fn stage(&self) -> LmStage {
        if self.base.is_some() { LmStage::Finetune } else { LmStage::Pretrain }
    }

    /// Tokens that the language model will have read in all epochs, if it starts from random weights.
    fn lm_tokens(&self) -> Option<usize> {
        let epochs = self.recipe.as_ref().map_or(0, |recipe| recipe.training.all_epochs());
        self.base.is_none().then_some(epochs * self.corpora.train.token_count())
    }

    /// Stages 1 and 2: a language model that has read the texts.
    ///
    /// # Errors
    /// Those of the training.
    pub(crate) fn learn(
        self,
        runner: &mut Runner<'_>,
        options: &FitOptions,
    ) -> Result<(LmBundle, LmSummary), Error> {
        let lm_tokens = self.lm_tokens();
        let Self { base, text, corpora, recipe, labelled, documents, pool } = self;
        let (directions, seed) = (&options.train.directions, options.train.classify.seed);
        let Some(recipe) = recipe else {
            let words = "too little text to pretrain a language model: the classifier starts from random weights";
            runner.progress.note(words);
            let lm = Self::start(None, text, options)?;
            let summary = LmSummary { pool, lm_tokens, ..LmSummary::default() };
            return Ok((lm, summary));
        };
        if let Some(changes) = options.language.changes_by_rules(&options.lm_overrides, &recipe) {
            runner.progress.note(&changes);
        }
        let job = LmJob { corpora: &corpora, directions, recipe: &recipe, seed, teacher: None };
        let (lm, scores) = match base {
            Some(base) => finetune(runner, base, text, &job)?,
            None => {
                let sizes = sizes(&text, options);
                pretrain(runner, text, sizes, &job)?
            }
        };
        let (language_model, unlabeled) = (scores, documents - labelled);
        let recipe = Some(recipe);
        Ok((lm, LmSummary { language_model, unlabeled, pool, recipe, lm_tokens }))
    }
}

/// The sizes of a network from random weights, with the vocabulary of the texts.
fn sizes(text: &TextPipeline, options: &FitOptions) -> AwdLstmConfig {
    AwdLstmConfig { vocab: text.vocab().len(), ..options.sizes }
}

fn in_memory(rows: &[Record]) -> Texts<'_> {
    Texts { documents: texts(rows), files: Vec::new() }
}
