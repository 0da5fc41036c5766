//! Trains the parts, weighs them, and trains those that are used on all examples.

use super::budget::{Budget, Chosen};
use super::expected::Expected;
use super::part_trainer::{BATCH, PartTrainer, TfIdfTrainer, UlmfitTrainer};
use super::plan::{Amount, PortfolioPlan, UlmfitStart};
use super::pseudo_labels::{EncoderTrainer, PseudoLabelTrainer, Teacher};
use super::round::Round;
use super::weighing::{Weighing, judges};
use crate::Error;
use crate::data::readers::ReadOptions;
use crate::estimate::NgramEstimate;
use crate::input::{LabelledInput, LabelledSplits, labelled, spool_stdin};
use crate::input::{sample_texts, targets, texts};
use crate::methods::encoder::EncoderExamples;
use crate::models::{ClassifierBundle, EncoderBundle, LmBundle};
use crate::randomness::Purpose;
use crate::recipe::EncoderRecipe;
use crate::run::{Runner, Timings};
use crate::stages::fit::{LanguageTexts, Unlabelled};
use crate::stages::folds::Folds;
use crate::stages::lm_summary::LmSummary;
use crate::stages::options::TrainingMethod;
use crate::stages::report_on::{Trained, report_on};
use crate::stages::{FitOptions, TrainedClassifier};
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;

/// Input of [`fit_portfolio`].
pub(crate) struct PortfolioInput {
    /// Labelled rows.
    pub(crate) rows: LabelledInput,
    /// Files of texts without labels, for pseudo-labels and for the language model.
    pub(crate) unlabeled: Vec<PathBuf>,
    /// How they are read.
    pub(crate) options: ReadOptions,
    /// The language model that ULMFiT starts from; `None` to start from scratch.
    pub(crate) lm: Option<LmBundle>,
    /// The sentence encoder; `None` to do without it.
    pub(crate) encoder: Option<EncoderBundle>,
    /// The time that all of it may take.
    pub(crate) time: Option<Duration>,
}

/// Trains a portfolio and scores it beside simple baselines.
///
/// # Errors
/// [`Error`] of the part that failed.
pub(crate) fn fit_portfolio(
    runner: &mut Runner<'_>,
    input: PortfolioInput,
    options: &FitOptions,
) -> Result<TrainedClassifier, Error> {
    let mut timings = Timings::start();
    let PortfolioInput { rows, mut unlabeled, options: reading, lm: base, encoder, time } = input;
    let train = &options.train;
    let classify = &train.classify;
    let recipe = train.recipe.checked(&train.overrides, options.sizes.layers + 2)?;
    if recipe.training.selects() {
        let message = "the parts of a portfolio have no validation set to select an epoch on";
        let hint = "train for a fixed number of epochs".into();
        return Err(Error::Usage { message: message.into(), hint: Some(hint) });
    }
    let split_key = Purpose::Splits.key(classify.seed);
    let rows =
        LabelledSplits::split(rows, &classify.labels, train.shares, split_key, runner.progress)?;
    train.check(rows.labels.kind())?;
    timings.lap("split");
    let (kind, recipes) = (rows.labels.kind(), &options.others);
    let most = PortfolioPlan::most_pseudo_labels(
        &recipes.tfidf,
        &train.overrides,
        kind,
        encoder.is_some(),
    );
    let start = if base.is_some() { UlmfitStart::Pretrained } else { UlmfitStart::Scratch };
    let _spooled = spool_stdin(&mut unlabeled)?; // texts are drawn, and ULMFiT reads all of them
    let drawn = if most > 0 && !unlabeled.is_empty() {
        let key = Purpose::DrawnTexts.key(classify.seed);
        let is_told = PortfolioPlan::has_ulmfit(rows.train.len(), false, start); // by what ULMFiT reads
        sample_texts(&unlabeled, &reading, &rows, (most, &key), is_told, runner.progress)?
    } else {
        Vec::new()
    };
    let all_are_copies = most > 0 && drawn.is_empty();
    let are_there = !unlabeled.is_empty() && !all_are_copies;
    let others = OtherTexts { are_there, drawn: drawn.len() };
    let full = plan(encoder.as_ref(), &recipes.encoder, start, &rows, others, train.folds);
    if rows.train.len() < 2 * full.folds {
        let message = format!("{} examples are too few to weigh several methods", rows.train.len());
        return Err(Error::TooLittle {
            message,
            hint: Some("choose a single method, or add examples".into()),
        });
    }
    let encoded = encoder
        .as_ref()
        .zip(full.encoder.as_ref())
        .map(|(encoder, recipe)| EncoderExamples::new(encoder, &rows, recipe, classify))
        .transpose()?;
    let texts = if full.ulmfit {
        let sources = Unlabelled { files: unlabeled, options: reading };
        Some(LanguageTexts::read(runner, base, &rows, sources, options)?)
    } else {
        None
    };
    let wanted = targets(&rows.train, &rows.labels)?;
    let folds = Folds::new(&rows, full.folds, full.scored, classify.seed)?;
    judges(&folds, kind, &wanted)?; // before anything is trained
    let count = rows.train.len();
    let mut measured = |runner: &mut Runner<'_>| -> Result<Expected, Error> {
        let ulmfit = texts.as_ref().map(|texts| texts.estimate(runner, &rows.labels, options));
        Ok(Expected {
            ulmfit: ulmfit.transpose()?,
            ngrams: NgramEstimate::measure(&rows.train, &rows.labels, &options.others.tfidf),
            encoder: encoded.as_ref().map(EncoderExamples::estimate),
            train: count,
            scored: rows.scored(),
        })
    };
    let budget = time.map(|time| Budget::open(runner, time, &full, count)).transpose()?;
    let (Chosen { plan, left_out }, expected) =
        choose(runner, full, budget.as_ref(), count, &mut measured, &timings)?;
    let folds = folds.holding_out(plan.scored);
    judges(&folds, kind, &wanted)?;
    let time_budget = budget.map(|budget| budget.report(&left_out));
    runner.progress.note(&plan.words());
    if others.are_there && plan.pseudo_labels == 0 && !plan.ulmfit {
        runner
            .progress
            .note("the texts without labels are not used: no part of this plan learns from them");
    }
    if let Some(budget) = &time_budget {
        runner.progress.note(&budget.sentence());
    }
    if let Some(expected) = expected {
        runner.progress.planned(&expected.work(&plan));
    }
    let encoded = encoded
        .zip(plan.encoder.as_ref())
        .map(|(examples, recipe)| examples.with_recipe(recipe.clone()));
    let texts = texts.filter(|_| plan.ulmfit);
    let (lm, lm_summary) = match texts {
        Some(texts) => {
            let (lm, summary) = texts.learn(runner, options)?;
            timings.lap("language model");
            (Some(lm), summary)
        }
        None => (None, LmSummary { unlabeled: plan.pseudo_labels, ..LmSummary::default() }),
    };
    let read = lm.as_ref().map(|lm| labelled(&lm.text, &rows.train, &rows.labels)).transpose()?;
    let ulmfit = lm
        .as_ref()
        .zip(read.as_ref())
        .map(|(lm, read)| UlmfitTrainer::new(lm, &rows.labels, read, &lm_summary, train));
    let ngrams = TfIdfTrainer::new(&rows, &wanted, &options.others.tfidf, classify);
    let drawn = if plan.pseudo_labels > 0 { drawn } else { Vec::new() };
    let teacher = encoded.as_ref().map(|encoder| Teacher::new(encoder, &ngrams, &drawn));
    let encoders: Vec<EncoderTrainer<'_>> = teacher.iter().flat_map(Teacher::encoders).collect();
    let taught: Vec<PseudoLabelTrainer<'_>> = teacher.iter().flat_map(Teacher::students).collect();
    let mut trainers: Vec<&dyn PartTrainer> = vec![&ngrams];
    trainers.extend(encoders.iter().map(|trainer| trainer as &dyn PartTrainer));
    trainers.extend(taught.iter().map(|trainer| trainer as &dyn PartTrainer));
    trainers.extend(ulmfit.as_ref().map(|trainer| trainer as &dyn PartTrainer));

    let mut weighing =
        Weighing::of(runner, &trainers, (&rows, &wanted), folds, &plan, &mut timings)?;
    if weighing.round == Some(Round::First) {
        let left_out =
            "the encoder's second fine-tuning is left out: it did harm in cross-validation";
        runner.progress.note(left_out);
    }
    let choice = weighing.choice();
    let used = || choice.parts.iter().map(|&part| trainers[part]);
    let learned_from_texts = used().any(PartTrainer::learns_from_texts);
    if others.are_there && (plan.pseudo_labels > 0 || plan.ulmfit) && !learned_from_texts {
        runner.progress.note(
            "the texts without labels did not help: no part that is used has learned from them",
        );
    }
    let classifier = ClassifierBundle {
        parts: weighing.train(runner, &choice, &mut timings)?,
        stack: Some(choice.stack.clone()),
        labels: rows.labels.clone(),
        text_columns: Vec::new(),
        label_column: None,
    };
    let part_reports = weighing.reports(&choice);
    let out_of_fold = train.folds.map(|_| weighing.cross_fitted());
    let directions = used().map(PartTrainer::directions).max_by_key(|directions| directions.len());
    let directions = directions.unwrap_or_default().to_vec();
    let mut method = TrainingMethod {
        seed: classify.seed,
        directions,
        batch_size: BATCH,
        selects: false,
        folds: train.folds,
        recipe: json!({
            "method": "auto",
            "tfidf": options.others.tfidf,
            "encoder": plan.encoder,
            "pseudo-labels": plan.pseudo_labels,
            "co-trained": weighing.round == Some(Round::Second),
            "ulmfit": plan.ulmfit.then_some(&train.recipe),
            "folds": plan.folds,
            "folds-held-out": plan.scored,
            "retrains": plan.retrains,
        }),
    };
    if let Some(budget) = &time_budget {
        // this depends on the speed of the machine, and all else on it
        method.recipe["time-budget"] = budget.seconds.into();
        method.recipe["left-out"] = json!(left_out);
    }
    let trained = Trained { classifier, first: None, out_of_fold, parts: part_reports };
    let mut trained = report_on(runner, trained, &rows, lm_summary, method, timings)?;
    trained.report.time_budget = time_budget;
    Ok(trained)
}

/// The plan that is carried out: all of `full`, or as much of it as the budget allows; and the expected times,
/// if they were needed.
fn choose(
    runner: &mut Runner<'_>,
    full: PortfolioPlan,
    budget: Option<&Budget>,
    rows: usize,
    measured: &mut dyn FnMut(&mut Runner<'_>) -> Result<Expected, Error>,
    timings: &Timings,
) -> Result<(Chosen, Option<Expected>), Error> {
    let kept = budget.map(Budget::choice).transpose()?.flatten();
    let is_open = budget.is_some() && kept.is_none();
    let expected =
        if runner.progress.wants_plan() || is_open { Some(measured(runner)?) } else { None };
    let chosen = match (kept, budget, &expected) {
        (Some(chosen), ..) => chosen,
        (None, Some(budget), Some(expected)) => {
            let cost = |plan: &PortfolioPlan| expected.work(plan).seconds();
            budget.choose(runner, &full, rows, timings.elapsed(), &cost)?
        }
        _ => Chosen::all(full),
    };
    Ok((chosen, expected))
}

/// Texts without labels.
#[derive(Clone, Copy)]
struct OtherTexts {
    /// Whether there are any.
    are_there: bool,
    /// How many of them may get a pseudo-label.
    drawn: usize,
}

/// What is done with this much data.
fn plan(
    encoder: Option<&EncoderBundle>,
    recipe: &EncoderRecipe,
    start: UlmfitStart,
    rows: &LabelledSplits,
    others: OtherTexts,
    folds: Option<usize>,
) -> PortfolioPlan {
    let (recipe, tuned_tokens) = encoder.map_or((recipe.clone(), 0), |encoder| {
        let ids = encoder.text.encode_all(&texts(&rows.train));
        let lengths: Vec<usize> = ids.iter().map(Vec::len).collect();
        let (kind, layers) = (rows.labels.kind(), encoder.encoder.config().layers);
        PortfolioPlan::affordable(&lengths, recipe, kind, layers)
    });
    let amount = Amount {
        rows: rows.train.len(),
        tuned_tokens,
        unlabelled: others.are_there,
        pseudo_labels: others.drawn,
        encoder: encoder.is_some(),
        start,
    };
    let plan = PortfolioPlan::new(amount, &recipe);
    match folds {
        Some(count) => plan.with_folds(count),
        None => plan,
    }
}
