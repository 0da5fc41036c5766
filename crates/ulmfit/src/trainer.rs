//! Trains a classifier: labelled examples in, a classifier and an honest report out.

use crate::base::{Base, BaseUse, LoadedBase, PortfolioBases};
use crate::examples::Examples;
use crate::input::{SplitFractions, UnknownWords};
use crate::method::Method;
use crate::model::AwdLstmConfig;
use crate::models::{BaseModel, LmBundle};
use crate::recipe::{Overrides, Recipe};
use crate::report::scored_csv;
use crate::run::{CheckpointInterval, NoProgress, OnNan, Progress, Runner};
use crate::stages::options::OtherMethods;
use crate::stages::{
    ClassifyOptions, FitInput, FitOptions, TrainInput, TrainOptions, TrainedClassifier, fit, train,
};
use crate::text::{Direction, TextConfig, VocabConfig};
use crate::trained::Trained;
use crate::{Error, checkpoint::Overwrite};
use std::path::PathBuf;
use std::time::Duration;

/// Trains a classifier. Everything has a default.
///
/// ```no_run
/// use ulmfit::{Base, Examples, Trainer};
/// let examples = Examples::read("tickets.csv")?;
/// let trained = Trainer::new().base(Base::English).test_share(0.2).fit(examples)?;
/// println!("{}", trained.report());
/// trained.save("tickets")?;
/// # Ok::<(), ulmfit::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a trainer does nothing until `fit` is called"]
pub struct Trainer {
    method: Option<Method>,
    base: Option<Base>,
    directions: Option<Vec<Direction>>,
    pub(crate) stages: Stages,
    pub(crate) unlabeled: Vec<PathBuf>,
    pub(crate) recipe: Recipe,
    pub(crate) overrides: Overrides,
    lm_overrides: Overrides,
    pub(crate) validation_share: Option<f64>,
    pub(crate) folds: Option<usize>,
    pub(crate) time_budget: Option<Duration>,
    pub(crate) test_share: f64,
    pub(crate) classify: ClassifyOptions,
    sizes: AwdLstmConfig,
    text: TextConfig,
    vocab: VocabConfig,
    pub(crate) output: Option<PathBuf>,
    pub(crate) overwrite: Overwrite,
    pub(crate) checkpoint_interval: CheckpointInterval,
    pub(crate) on_nan: OnNan,
}

/// Which stages of ULMFiT are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stages {
    /// The language model is fine-tuned on the texts, then the classifier is trained on the labels.
    All,
    /// The classifier only, on the unchanged base.
    Classifier,
}

/// Share of the examples to hold out as the test set if none is given.
const TEST_SHARE: f64 = 0.2;
/// Share to hold out as the validation set if the recipe selects on it.
const VALIDATION_SHARE: f64 = 0.1;

impl Default for Trainer {
    fn default() -> Self {
        Self::new()
    }
}

impl Trainer {
    /// The method that fits the examples, on the models inside the program, with the default recipe; one
    /// example in five is held out for the test.
    ///
    /// # Panics
    /// Never: the default recipe is part of the program.
    pub fn new() -> Self {
        Self {
            method: None,
            base: None,
            directions: None,
            stages: Stages::All,
            unlabeled: Vec::new(),
            recipe: Recipe::preset("default").expect("it is inside the program"),
            overrides: Overrides::default(),
            lm_overrides: Overrides::default(),
            validation_share: None,
            folds: None,
            time_budget: None,
            test_share: TEST_SHARE,
            classify: ClassifyOptions::default(),
            sizes: AwdLstmConfig { vocab: 0, emb: 256, hid: 512, layers: 3 },
            text: TextConfig::default(),
            vocab: VocabConfig::default(),
            output: None,
            overwrite: Overwrite::Refuse,
            checkpoint_interval: CheckpointInterval::default(),
            on_nan: OnNan::default(),
        }
    }

    /// The training method. Without it: [`Method::Auto`], or [`Method::Ulmfit`] where something is set
    /// that only a language model has a use for: the base, its sizes, its directions or hyper-parameters.
    pub fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// The method that is going to be used.
    fn chosen_method(&self) -> Method {
        let usual = Self::new();
        let is_plain = self.base.is_none()
            && self.directions.is_none()
            && self.stages == Stages::All
            && self.sizes == usual.sizes
            && self.overrides == usual.overrides
            && self.lm_overrides == usual.lm_overrides
            && self.recipe.finetune == usual.recipe.finetune
            && self.recipe.train == usual.recipe.train
            && self.classify.head == usual.classify.head;
        let chosen = if cfg!(all(feature = "english", feature = "minilm")) && is_plain {
            Method::Auto
        } else {
            Method::Ulmfit
        };
        self.method.unwrap_or(chosen)
    }

    /// Starts from this model instead of the method's own: [`Base::English`] for
    /// [`Method::Ulmfit`], [`Base::MiniLm`] for [`Method::Encoder`]; [`Method::TfIdf`] has none.
    pub fn base(mut self, base: impl Into<Base>) -> Self {
        self.base = Some(base.into());
        self
    }

    /// Reads in these directions; without it those of the base, from scratch forward only.
    pub fn directions(mut self, directions: &[Direction]) -> Self {
        self.directions = Some(directions.to_vec());
        self
    }

    /// Trains the classifier on the unchanged base, without fine-tuning the language model first.
    pub fn classifier_only(mut self) -> Self {
        self.stages = Stages::Classifier;
        self
    }

    /// Files of unlabelled texts: the language model is fine-tuned on them, too, and with few labels a
    /// first classifier gives them pseudo-labels for a second one.
    pub fn unlabeled<P: Into<PathBuf>>(mut self, files: impl IntoIterator<Item = P>) -> Self {
        self.unlabeled = files.into_iter().map(Into::into).collect();
        self
    }

    /// Hyper-parameters of all stages.
    pub fn recipe(mut self, recipe: Recipe) -> Self {
        self.recipe = recipe;
        self
    }

    /// Hyper-parameters of the classifier that replace the recipe's.
    pub fn overrides(mut self, overrides: Overrides) -> Self {
        self.overrides = overrides;
        self
    }

    /// Hyper-parameters of the language model that replace the recipe's.
    pub fn lm_overrides(mut self, overrides: Overrides) -> Self {
        self.lm_overrides = overrides;
        self
    }

    /// Share of the training examples that is held out for the test if no test set is given, from
    /// 0 (none: the classifier is trained on all) to below 1; 0.2 by default.
    pub fn test_share(mut self, share: f64) -> Self {
        self.test_share = share;
        self
    }

    /// Share that is held out for validation if no validation set is given. Unless it is set,
    /// nothing is held out: labels are expensive. Only where the recipe selects an epoch, or
    /// where there is no test set either, it is 0.1.
    pub fn validation_share(mut self, share: f64) -> Self {
        self.validation_share = Some(share);
        self
    }

    /// Scores all examples by cross-validation with so many folds: each is answered by a classifier
    /// that has not learned it, and the final one learns all. Nothing is held out then, whatever
    /// the shares; at least 2.
    pub fn folds(mut self, count: usize) -> Self {
        self.folds = Some(count);
        self
    }

    /// The time that the training and its report may take, of [`Method::Auto`] only: parts that are
    /// not expected to fit, from updates that are measured on this machine, are left out, and the
    /// report names them. First fewer examples are held out for the weights. N-grams always stay, though
    /// they may take longer. What fits depends on the machine; a run that is continued keeps
    /// its plan.
    pub fn time_budget(mut self, time: Duration) -> Self {
        self.time_budget = Some(time);
        self
    }

    /// A time budget has a meaning only where there is a choice.
    pub(crate) fn refuse_time_budget(&self) -> Result<(), Error> {
        match self.time_budget {
            None => Ok(()),
            Some(_) => Err(Error::Usage {
                message: "a time budget chooses among methods, and one was chosen".into(),
                hint: Some("leave it out, or use the method `auto`".into()),
            }),
        }
    }

    /// Kind of prediction, layers of the head, class weights and seed.
    pub fn classifier(mut self, options: ClassifyOptions) -> Self {
        self.classify = options;
        self
    }

    /// Root of all randomness; the same seed gives the same bits.
    pub fn seed(mut self, seed: u64) -> Self {
        self.classify.seed = seed;
        self
    }

    /// Sizes of the network if it starts from scratch; the vocabulary's size comes from the texts.
    pub fn network(mut self, sizes: AwdLstmConfig) -> Self {
        self.sizes = sizes;
        self
    }

    /// Tokenizer if the network starts from scratch.
    pub fn tokenizer(mut self, text: TextConfig) -> Self {
        self.text = text;
        self
    }

    /// Vocabulary of the fine-tuned model.
    pub fn vocabulary(mut self, vocab: VocabConfig) -> Self {
        self.vocab = vocab;
        self
    }

    /// Keeps the state of the training in `OUTPUT.run`, beside the folder where the model will be
    /// [saved](Trained::save): the same call continues there if it was interrupted, and ends with
    /// the same bits. Without it nothing is kept.
    pub fn output(mut self, output: impl Into<PathBuf>, overwrite: Overwrite) -> Self {
        self.output = Some(output.into());
        self.overwrite = overwrite;
        self
    }

    /// How often a checkpoint is saved; every ten minutes by default.
    pub fn checkpoint_interval(mut self, interval: CheckpointInterval) -> Self {
        self.checkpoint_interval = interval;
        self
    }

    /// What happens when a loss, a gradient or a weight becomes NaN or infinite.
    pub fn on_nan(mut self, on_nan: OnNan) -> Self {
        self.on_nan = on_nan;
        self
    }

    /// Trains, without reporting progress.
    ///
    /// # Errors
    /// As [`fit_with`](Self::fit_with).
    pub fn fit(self, examples: impl Into<Examples>) -> Result<Trained, Error> {
        self.fit_with(examples, &mut NoProgress)
    }

    /// Trains, and reports to `progress`.
    ///
    /// # Errors
    /// [`Error`] of the stage that failed; [`Error::Stopped`] when `progress` asked to stop;
    /// [`Error::Finished`] when this result was complete already.
    pub fn fit_with(
        self,
        examples: impl Into<Examples>,
        progress: &mut dyn Progress,
    ) -> Result<Trained, Error> {
        let base = self.base.clone();
        match self.chosen_method() {
            Method::Ulmfit => {
                let asked = match (&base, self.stages) {
                    (None, Stages::All) => BaseUse::Usual,
                    _ => BaseUse::Insisted,
                };
                let base = base.unwrap_or_default().load()?;
                let examples = examples.into();
                let (trainer, base) = self.for_language(base, asked, &examples, progress)?;
                trainer.fit_on(base, examples, progress)
            }
            Method::Auto => {
                let asked = base.as_ref().map_or(BaseUse::Usual, |_| BaseUse::Insisted);
                let bases = PortfolioBases::with_language_model(&base.unwrap_or_default())?;
                let examples = examples.into();
                let PortfolioBases { language_model, encoder } = bases;
                let encoder = encoder
                    .and_then(|encoder| encoder.for_language(BaseUse::Usual, &examples, progress));
                let (trainer, language_model) = self.for_language_of_portfolio(
                    language_model,
                    asked,
                    encoder.is_some(),
                    &examples,
                    progress,
                )?;
                let bases = PortfolioBases { language_model, encoder };
                trainer.fit_portfolio_on(bases, examples, progress)
            }
            Method::Encoder => {
                let base = base.unwrap_or(Base::MiniLm).load_encoder()?;
                self.fit_on_encoder(base, examples.into(), progress)
            }
            Method::TfIdf => self.fit_on_ngrams(examples.into(), progress),
        }
    }

    /// [`fit_with`](Self::fit_with) on a language model that has been loaded.
    ///
    /// # Errors
    /// As [`fit_with`](Self::fit_with).
    pub fn fit_on(
        self,
        base: Option<LoadedBase>,
        examples: Examples,
        progress: &mut dyn Progress,
    ) -> Result<Trained, Error> {
        self.refuse_time_budget()?;
        let mut runner = self.runner(Method::Ulmfit, progress)?;
        let (lm, origin) = base.map(|base| (base.model, base.origin)).unzip();
        let options = self.fit_options(lm.as_ref(), &examples)?;
        let columns = LearnedColumns::of(&examples);
        // what the unlabelled texts call text is what the labelled ones do
        let reading = examples.read.clone();
        let rows = examples.into_rows();
        let unlabeled = self.unlabeled.clone();
        let outcome = match self.stages {
            Stages::All => {
                let input = FitInput { rows, unlabeled, options: reading, base: lm };
                fit(&mut runner, input, &options)?
            }
            Stages::Classifier => {
                let lm = lm.ok_or_else(|| Error::Usage {
                    message: "a classifier needs a language model to start from".into(),
                    hint: Some("train all stages to start from scratch".into()),
                })?;
                // stage 2 warns of its own texts
                let unknown = UnknownWords::in_rows(&lm.text, &rows.train);
                if let Some(warning) = unknown.warning(runner.progress.spelling()) {
                    runner.progress.warn(&warning);
                }
                let input = TrainInput { rows, unlabeled, options: reading };
                train(&mut runner, lm, input, &options.train)?
            }
        };
        self.trained(outcome, columns, origin.as_ref(), &runner)
    }

    /// Options of the stages that start from a language model, checked: better now than after it
    /// was trained.
    pub(crate) fn fit_options(
        &self,
        lm: Option<&LmBundle>,
        examples: &Examples,
    ) -> Result<FitOptions, Error> {
        let sizes = lm.map_or(self.sizes, |lm| lm.networks[0].1.config());
        let directions = match (&self.directions, lm) {
            (Some(directions), _) => directions.clone(),
            (None, Some(lm)) => lm.networks.iter().map(|(direction, _)| *direction).collect(),
            (None, None) => vec![Direction::Forward],
        };
        let classifier = self.recipe.train.checked(&self.overrides, sizes.layers + 2)?;
        let language = self.recipe.finetune.checked(&self.lm_overrides, sizes.layers + 1)?;
        let selects = match self.stages {
            Stages::All => classifier.training.selects() || language.training.selects(),
            Stages::Classifier => classifier.training.selects(),
        };
        let train = TrainOptions {
            directions,
            shares: self.shares(examples, selects)?,
            folds: self.folds,
            recipe: self.recipe.train.clone(),
            overrides: self.overrides.clone(),
            classify: self.classify_options(examples),
        };
        Ok(FitOptions {
            train,
            language: self.recipe.finetune.clone(),
            lm_overrides: self.lm_overrides.clone(),
            sizes,
            text: self.text.clone(),
            vocab: self.vocab.clone(),
            others: OtherMethods {
                encoder: self.recipe.encoder.clone(),
                tfidf: self.recipe.tfidf.clone(),
            },
        })
    }

    /// Kind of prediction, head, class weights and seed, for labels as the examples separate them.
    pub(crate) fn classify_options(&self, examples: &Examples) -> ClassifyOptions {
        let mut classify = self.classify.clone();
        let task = &mut classify.labels.task;
        *task = task.with_delimiter(examples.read.label_delimiter);
        classify
    }

    /// What is held out of the examples; nothing in a cross-validation. `selects` is whether an
    /// epoch is chosen on the validation set.
    pub(crate) fn shares(
        &self,
        examples: &Examples,
        selects: bool,
    ) -> Result<SplitFractions, Error> {
        let tested = examples.test.is_some() || self.test_share > 0.0;
        let usual = if selects || !tested { VALIDATION_SHARE } else { 0.0 };
        let valid = self.validation_share.unwrap_or(usual);
        match self.folds {
            Some(0 | 1) => {
                let message = "a cross-validation needs at least 2 folds".into();
                Err(Error::Usage { message, hint: None })
            }
            Some(_) if selects => {
                let message = "a cross-validation has no validation set to select an epoch on";
                let hint = "train for a fixed number of epochs".into();
                Err(Error::Usage { message: message.into(), hint: Some(hint) })
            }
            Some(_) if examples.test.is_some() || examples.valid.is_some() => {
                let message =
                    "cross-validation scores all examples: it takes no validation or test set"
                        .into();
                Err(Error::Usage { message, hint: None })
            }
            Some(_) => Ok(SplitFractions { valid: 0.0, test: 0.0 }),
            None => Ok(SplitFractions { valid, test: self.test_share }),
        }
    }

    /// What a training has come to, with what its folder needs.
    pub(crate) fn trained(
        self,
        mut outcome: TrainedClassifier,
        columns: LearnedColumns,
        origin: Option<&BaseModel>,
        runner: &Runner<'_>,
    ) -> Result<Trained, Error> {
        let LearnedColumns { text, label } = columns;
        let scored = outcome.scored.take();
        let scored = scored.map(|found| {
            let columns = text.iter().chain(&label).cloned().collect::<Vec<_>>();
            let labels = &outcome.classifier.labels;
            scored_csv(labels, &found.records, &found.rows, &found.folds, &columns)
        });
        let scored = scored.transpose()?;
        outcome.classifier.text_columns = text;
        outcome.classifier.label_column = label;
        let mut metadata = outcome.metadata(origin, runner, rayon::current_num_threads());
        metadata.others.extend(scored.map(|bytes| ("scored.csv".to_owned(), bytes)));
        Ok(Trained::new(outcome, metadata, self.output, self.overwrite))
    }
}

/// Names of the columns that a classifier learns from.
pub(crate) struct LearnedColumns {
    text: Vec<String>,
    label: Option<String>,
}

impl LearnedColumns {
    pub(crate) fn of(examples: &Examples) -> Self {
        Self { text: examples.text_columns.clone(), label: examples.label_column.clone() }
    }
}
