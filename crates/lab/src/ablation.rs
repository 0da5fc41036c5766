//! The rows of the paper's tables on one split, with the same seeds.

use crate::ablation_report::AblationReport;
use crate::experiment_folder::{ExperimentFolder, RunName};
use crate::methods::{Classifier, Language, METHODS, Method, Tuning};
use crate::models::{fine_tuned, hypercolumns, in_vocabulary, sizes};
use crate::result_log::RunResult;
use crate::score::{EvaluationSet, Score};
use serde_json::{Value, json};
use std::path::Path;
use ulmfit::Error;
use ulmfit::data::batches::TokenSource;
use ulmfit::data::readers::ReadOptions;
use ulmfit::fingerprint;
use ulmfit::input::Texts;
use ulmfit::input::{HoldOut, LmInput, LmText, VocabSource};
use ulmfit::input::{LabelledInput, LabelledSplits, SplitFractions, labelled, texts};
use ulmfit::models::LmBundle;
use ulmfit::randomness::Purpose;
use ulmfit::recipe::{ClassifierRecipe, LmRecipe, Overrides, Recipe};
use ulmfit::run::Runner;
use ulmfit::stages::{ClassifierJob, ClassifyOptions, LabelledText, LmJob, finetune, pretrain};

use ulmfit::text::{Direction, TextPipeline, VocabConfig};
use ulmfit::train::Labelled;
use ulmfit_ops::Key;

/// What [`ablate`] does.
#[derive(Clone, Debug)]
pub struct AblationOptions {
    /// Rows of the table.
    pub methods: Vec<Method>,
    /// A run of each row for each.
    pub seeds: Vec<u64>,
    /// What the rows change.
    pub recipe: Recipe,
    /// Hyper-parameters of the classifier that were set by hand.
    pub overrides: Overrides,
    /// Those of the language model.
    pub lm_overrides: Overrides,
    /// Head, labels, class weights; its seed settles the split only.
    pub classify: ClassifyOptions,
    /// Share of the rows to hold out where the user gave no file.
    pub shares: SplitFractions,
    /// Vocabulary of the target texts.
    pub vocab: VocabConfig,
}

/// Everything that runs of different rows have in common.
struct Bench<'a> {
    base: &'a LmBundle,
    text: TextPipeline,
    corpora: LmText,
    data: LabelledText,
    exam: EvaluationSet<'a>,
    options: &'a AblationOptions,
    /// What the rows change, fitted to the data.
    recipe: Recipe,
    lm_overrides: Overrides,
    /// Hashes of base, text and rows.
    identity: Value,
}

/// Runs each row of the table with each seed; runs that `lab` has already are not repeated. Rows that earlier
/// calls have finished in this folder, on the same data with the same seeds, are in the table as well.
///
/// Scored on the test set, or on the validation set if there is none; then nothing is selected on
/// it: no best epoch is kept, and no phase stops early. The language models are trained on the
/// texts of the training set.
///
/// # Errors
/// [`Error::Usage`] for a task with several labels per text or none, or a direction that the base
/// lacks; [`Error::Stopped`], and those of the stages.
pub fn ablate(
    lab: &mut ExperimentFolder<'_>,
    input: LabelledInput,
    base: &LmBundle,
    options: &AblationOptions,
) -> Result<AblationReport, Error> {
    let has: Vec<Direction> = base.networks.iter().map(|(direction, _)| *direction).collect();
    for method in &options.methods {
        method.directions(&has)?; // before any work is done
    }
    let key = Purpose::Splits.key(options.classify.seed);
    let rows =
        LabelledSplits::split(input, &options.classify.labels, options.shares, key, lab.progress)?;
    let scored_on = if rows.test.is_empty() { "validation" } else { "test" };
    let records = if rows.test.is_empty() { &rows.valid } else { &rows.test };
    let exam = EvaluationSet::new(records, &rows.labels)?;
    let texts = |rows| Texts { documents: texts(rows), files: Vec::new() };
    let lm_input = LmInput {
        train: texts(&rows.train),
        valid: Some(texts(&rows.valid)),
        hold_out: HoldOut::new(1, Key::new(0)), // holds nothing: there are no files
        options: ReadOptions::default(),
    };
    let vocabulary = VocabSource::Adapt(&base.text, &options.vocab);
    let (text, corpora) = lab
        .in_turn(|lab| lm_input.clone().tokenize(vocabulary, Some(&lab.corpus()), lab.progress))?;
    let mut recipe = options.recipe.clone();
    let mut lm_overrides = options.lm_overrides.clone();
    let mut valid = labelled(&text, &rows.valid, &rows.labels)?;
    if rows.test.is_empty() {
        valid = Labelled::default();
        (lm_overrides.patience, lm_overrides.keep_best) = (None, None);
        let stage = &mut recipe.finetune.training;
        (stage.patience, stage.keep_best) = (None, false);
    }
    let train = labelled(&text, &rows.train, &rows.labels)?;
    let data = LabelledText { train, valid, labels: rows.labels.clone() };
    // before the rows change it: they shall all have the same epochs
    let groups = base.networks[0].1.config().layers + 2;
    recipe.train = recipe.train.resolve(&options.overrides, &data.amount(None), groups);
    if rows.test.is_empty() {
        let stage = &mut recipe.train.training;
        (stage.patience, stage.keep_best) = (None, false);
    }
    let networks = base.networks.iter().map(|(_, network)| fingerprint::model(network));
    let identity = json!({
        "numerics": fingerprint::NUMERICS,
        "base": networks.collect::<Vec<_>>(),
        "text": fingerprint::text(&text),
        "corpus": [corpora.train.digest(), corpora.valid.digest()],
        "train": fingerprint::records(&rows.train),
        "valid": fingerprint::records(&rows.valid),
        "scored": fingerprint::records(records),
    });
    let bench = Bench { base, text, corpora, data, exam, options, recipe, lm_overrides, identity };
    let seeds = &options.seeds;
    let is_in_table = |method: &&Method| {
        options.methods.contains(method) || bench.is_done(lab, method, &has, seeds)
    };
    let methods: Vec<Method> = METHODS.iter().filter(is_in_table).copied().collect();
    let runs: Vec<(&Method, u64)> =
        methods.iter().flat_map(|method| seeds.iter().map(move |&seed| (method, seed))).collect();
    let cells = lab.all(&runs, |lab, &(method, seed)| {
        bench.run(lab, method, &method.directions(&has)?, seed)
    })?;
    let cells: Vec<Vec<RunResult>> = cells.chunks(seeds.len()).map(<[_]>::to_vec).collect();
    lab.finished()?;
    Ok(AblationReport::new(&methods, &cells, rows.counts(), scored_on, options))
}

/// A run, and what it depends on.
struct Planned {
    name: RunName,
    language: Option<LmRecipe>,
    classifier: ClassifierRecipe,
    options: ClassifyOptions,
}

impl Bench<'_> {
    fn planned(&self, method: &Method, directions: &[Direction], seed: u64) -> Planned {
        let layers = self.base.networks[0].1.config().layers;
        let recipe = &self.recipe;
        let tokens = self.corpora.train.token_count();
        let language = method.language_recipe(recipe, &self.lm_overrides, tokens);
        let classifier = method.classifier_recipe(&recipe.train, layers + 2);
        let mut options = ClassifyOptions { seed, ..self.options.classify.clone() };
        if !method.dropout {
            options.head.dropout = 0.0;
        }
        let identity = json!({
            "data": self.identity,
            "network": format!("{:?} {:?}", method.language, method.classifier),
            "directions": directions,
            "language": language,
            "classifier": classifier,
            "head": options.head,
            "balance": options.balance,
            "seed": seed,
        });
        let labels = self.data.train.targets.len();
        let key = fingerprint::of(&identity.to_string());
        let name = RunName { method: method.name, seed, labels, key };
        Planned { name, language, classifier, options }
    }

    /// Whether earlier commands have made all runs of a row.
    fn is_done(
        &self,
        lab: &ExperimentFolder<'_>,
        method: &Method,
        has: &[Direction],
        seeds: &[u64],
    ) -> bool {
        let Ok(directions) = method.directions(has) else { return false };
        seeds.iter().all(|&seed| lab.has(&self.planned(method, &directions, seed).name))
    }

    fn run(
        &self,
        lab: &mut ExperimentFolder<'_>,
        method: &Method,
        directions: &[Direction],
        seed: u64,
    ) -> Result<Option<RunResult>, Error> {
        let planned = self.planned(method, directions, seed);
        let Planned { name, language, classifier, options } = planned;
        language.as_ref().map_or(Ok(()), LmRecipe::check)?;
        classifier.check()?;
        lab.run(name, |lab, folder| {
            let lm =
                self.language_model(lab, folder, method, language.as_ref(), directions, seed)?;
            let mut runner = lab.runner(folder);
            self.classify(&mut runner, lm, method, directions, &classifier, &options)
        })
    }

    fn classify(
        &self,
        runner: &mut Runner<'_>,
        lm: LmBundle,
        method: &Method,
        directions: &[Direction],
        recipe: &ClassifierRecipe,
        options: &ClassifyOptions,
    ) -> Result<Score, Error> {
        let job = ClassifierJob { data: &self.data, directions, recipe, options };
        if method.classifier == Classifier::Hypercolumns {
            return hypercolumns(runner, &lm, &self.exam, &job);
        }
        fine_tuned(runner, lm, &self.exam, &job)
    }

    /// The language model that a run begins with; that of the paper is shared by many.
    fn language_model(
        &self,
        lab: &mut ExperimentFolder<'_>,
        folder: &Path,
        method: &Method,
        recipe: Option<&LmRecipe>,
        directions: &[Direction],
        seed: u64,
    ) -> Result<LmBundle, Error> {
        let Self { base, text, corpora, .. } = self;
        let Some(recipe) = recipe else {
            return match method.language {
                Language::Random | Language::Trained(_) => {
                    Ok(LmBundle::random(text.clone(), sizes(base, text), directions, seed))
                }
                _ => in_vocabulary(base, text, directions),
            };
        };
        if matches!(method.language, Language::Trained(_)) {
            let (text, sizes) = (text.clone(), sizes(base, text));
            let runner = &mut lab.runner(folder);
            let job = LmJob { corpora, directions, recipe, seed, teacher: None };
            return Ok(pretrain(runner, text, sizes, &job)?.0);
        }
        let tuned = |runner: &mut Runner<'_>, directions: &[Direction]| {
            let (base, text) = (base.copy(directions), text.clone());
            let job = LmJob { corpora, directions, recipe, seed, teacher: None };
            Ok(finetune(runner, base, text, &job)?.0)
        };
        if method.language != Language::FineTuned(Tuning::Stlr) || !method.dropout {
            return tuned(&mut lab.runner(folder), directions);
        }
        let mut networks = Vec::new();
        for &direction in directions {
            let identity = json!({
                "data": self.identity,
                "recipe": recipe,
                "seed": seed,
                "direction": direction,
            });
            let name = format!("lm-{seed}-{direction}");
            let one = lab.shared(&name, &identity, |runner| tuned(runner, &[direction]))?;
            networks.extend(one.networks);
        }
        Ok(LmBundle { text: text.clone(), networks })
    }
}
