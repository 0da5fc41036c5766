//! Trains the parts, weighs them, and trains those that are used on all examples.

use super::expected::Expected;
use super::other_texts::OtherTexts;
use super::part_trainer::{BATCH, PartTrainer, TfIdfTrainer, UlmfitTrainer};
use super::plan::{PortfolioPlan, UlmfitStart};
use super::planning::{Planned, full_plan};
use super::pseudo_labels::{EncoderTrainer, PseudoLabelTrainer, Teacher};
use super::round::Round;
use super::weighing::{Weighing, judges};
use crate::Error;
use crate::data::readers::ReadOptions;
use crate::estimate::NgramEstimate;
use crate::input::{LabelledInput, LabelledSplits, labelled, targets};
use crate::methods::encoder::EncoderExamples;
use crate::models::{ClassifierBundle, EncoderBundle, LmBundle};
use crate::progress::Progress;
use crate::randomness::Purpose;
use crate::run::{Runner, Timings};
use crate::stages::fit::LanguageTexts;
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
    let PortfolioInput { rows, unlabeled, options: reading, lm: base, encoder, time } = input;
    refuse_selection(options)?;
    let (train, classify) = (&options.train, &options.train.classify);
    let split_key = Purpose::Splits.key(classify.seed);
    let rows =
        LabelledSplits::split(rows, &classify.labels, train.shares, split_key, runner.progress)?;
    train.check(rows.labels.kind())?;
    timings.lap("split");

    // what there is to learn from, and all that could be done with it
    let (kind, recipes) = (rows.labels.kind(), &options.others);
    let start = if base.is_some() { UlmfitStart::Pretrained } else { UlmfitStart::Scratch };
    let (by_hand, has_encoder) = (&train.overrides, encoder.is_some());
    let most = PortfolioPlan::most_pseudo_labels(&recipes.tfidf, by_hand, kind, has_encoder);
    let rule = (most, classify.seed, start);
    let others = OtherTexts::draw(unlabeled, reading, &rows, rule, runner.progress)?;
    let full = full_plan(encoder.as_ref(), &recipes.encoder, start, &rows, &others, train.folds)?;
    let encoded = encoder
        .as_ref()
        .zip(full.encoder.as_ref())
        .map(|(encoder, recipe)| EncoderExamples::new(encoder, &rows, recipe, classify))
        .transpose()?;
    let texts = if full.ulmfit {
        let sources = others.for_language_model();
        Some(LanguageTexts::read(runner, base, &rows, sources, options)?)
    } else {
        None
    };
    let wanted = targets(&rows.train, &rows.labels)?;
    let folds = Folds::new(&rows, full.folds, full.scored, classify.seed)?;
    judges(&folds, kind, &wanted)?; // before anything is trained

    // what is done
    let count = rows.train.len();
    let mut measured = |runner: &mut Runner<'_>| -> Result<Expected, Error> {
        let ulmfit = texts.as_ref().map(|texts| texts.estimate(runner, &rows.labels, options));
        Ok(Expected {
            ulmfit: ulmfit.transpose()?,
            ngrams: NgramEstimate::measure(&rows.train, &rows.labels, &recipes.tfidf),
            encoder: encoded.as_ref().map(EncoderExamples::estimate),
            train: count,
            scored: rows.scored(),
        })
    };
    let planned = Planned::new(runner, (full, count), time, &mut measured, &timings)?;
    planned.tell(&others, runner.progress);
    let plan = &planned.plan;
    let folds = folds.holding_out(plan.scored);
    judges(&folds, kind, &wanted)?;

    // the parts
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
    let ngrams = TfIdfTrainer::new(&rows, &wanted, &recipes.tfidf, classify);
    let drawn = if plan.pseudo_labels > 0 { others.drawn() } else { &[] };
    let teacher = encoded.as_ref().map(|encoder| Teacher::new(encoder, &ngrams, drawn));
    let encoders: Vec<EncoderTrainer<'_>> = teacher.iter().flat_map(Teacher::encoders).collect();
    let taught: Vec<PseudoLabelTrainer<'_>> = teacher.iter().flat_map(Teacher::students).collect();
    let mut trainers: Vec<&dyn PartTrainer> = vec![&ngrams];
    trainers.extend(encoders.iter().map(|trainer| trainer as &dyn PartTrainer));
    trainers.extend(taught.iter().map(|trainer| trainer as &dyn PartTrainer));
    trainers.extend(ulmfit.as_ref().map(|trainer| trainer as &dyn PartTrainer));

    // their weights, and those that are used
    let mut weighing =
        Weighing::of(runner, &trainers, (&rows, &wanted), folds, plan, &mut timings)?;
    let choice = weighing.choice();
    let used: Vec<&dyn PartTrainer> = choice.parts.iter().map(|&part| trainers[part]).collect();
    tell_of_choice(&planned, &others, weighing.round, &used, runner.progress);
    let classifier = ClassifierBundle {
        parts: weighing.train(runner, &choice, &mut timings)?,
        stack: Some(choice.stack.clone()),
        labels: rows.labels.clone(),
        text_columns: Vec::new(),
        label_column: None,
    };
    let parts = weighing.reports(&choice);
    let out_of_fold = train.folds.map(|_| weighing.cross_fitted());
    let method = training_method(options, &planned, &used, weighing.round);
    let trained = Trained { classifier, first: None, out_of_fold, parts };
    let mut trained = report_on(runner, trained, &rows, lm_summary, method, timings)?;
    trained.report.time_budget = planned.time;
    Ok(trained)
}

/// Refuses a recipe that selects an epoch: the parts have no validation set.
fn refuse_selection(options: &FitOptions) -> Result<(), Error> {
    let FitOptions { train, sizes, .. } = options;
    let recipe = train.recipe.checked(&train.overrides, sizes.layers + 2)?;
    if recipe.training.selects() {
        let message = "the parts of a portfolio have no validation set to select an epoch on";
        let hint = "train for a fixed number of epochs".into();
        return Err(Error::Usage { message: message.into(), hint: Some(hint) });
    }
    Ok(())
}

/// Says what was tried and is not used.
fn tell_of_choice(
    planned: &Planned,
    others: &OtherTexts,
    round: Option<Round>,
    used: &[&dyn PartTrainer],
    progress: &mut dyn Progress,
) {
    if round == Some(Round::First) {
        progress
            .note("the encoder's second fine-tuning is left out: it made predictions worse in cross-validation");
    }
    let learned = used.iter().any(|part| part.learns_from_texts());
    if others.are_there() && planned.learns_from_texts() && !learned {
        progress.note(
            "the texts without labels did not help: no part of the final model was trained on them",
        );
    }
}

/// How the parts were trained, for the report.
fn training_method(
    options: &FitOptions,
    planned: &Planned,
    used: &[&dyn PartTrainer],
    round: Option<Round>,
) -> TrainingMethod {
    let (train, plan) = (&options.train, &planned.plan);
    let directions = used.iter().map(|part| part.directions());
    let directions = directions.max_by_key(|directions| directions.len()).unwrap_or_default();
    let mut recipe = json!({
        "method": "auto",
        "tfidf": options.others.tfidf,
        "encoder": plan.encoder,
        "pseudo-labels": plan.pseudo_labels,
        "co-trained": round == Some(Round::Second),
        "ulmfit": plan.ulmfit.then_some(&train.recipe),
        "folds": plan.folds,
        "folds-held-out": plan.scored,
        "retrains": plan.retrains,
    });
    if let Some(time) = &planned.time {
        // this depends on the speed of the machine, and all else on it
        recipe["time-budget"] = time.seconds.into();
        recipe["left-out"] = json!(planned.left_out);
    }
    TrainingMethod {
        seed: train.classify.seed,
        directions: directions.to_vec(),
        batch_size: BATCH,
        selects: false,
        folds: train.folds,
        recipe,
    }
}
