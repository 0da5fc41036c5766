//! Trains the parts, weighs them, and trains those that are used on all examples.

use super::budget::{Budget, Chosen};
use super::choice::Choice;
use super::expected::Expected;
use super::part_trainer::{BATCH, PartTrainer, TfIdfTrainer, UlmfitTrainer, answer_fold};
use super::plan::{Amount, PortfolioPlan};
use super::stack_weights::Answers;
use crate::Error;
use crate::data::labels::LabelKind;
use crate::data::readers::ReadOptions;
use crate::estimate::NgramEstimate;
use crate::input::{LabelledInput, LabelledSplits, labelled, targets};
use crate::methods::encoder::EncoderExamples;
use crate::model::scoring::argmax;
use crate::models::{ClassifierBundle, EncoderBundle, LmBundle, Part, Stack};
use crate::recipe::EncoderRecipe;
use crate::report::PartReport;
use crate::run::{Runner, Timings};
use crate::stages::fit::{LanguageTexts, Unlabelled};
use crate::stages::folds::{Folds, OutOfFold};
use crate::stages::lm_summary::LmSummary;
use crate::stages::options::TrainingMethod;
use crate::stages::report_on::{Trained, report_on};
use crate::stages::{FitOptions, TrainedClassifier};
use crate::text::Direction;
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;
use ulmfit_ops::Key;

/// Input of [`fit_portfolio`].
pub(crate) struct PortfolioInput {
    /// Labelled rows.
    pub(crate) rows: LabelledInput,
    /// Files of texts without labels, for the language model.
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
    let train = &options.train;
    let classify = &train.classify;
    let recipe = train.recipe.checked(&train.overrides, options.sizes.layers + 2)?;
    if recipe.training.selects() {
        let message = "the parts of a portfolio have no validation set to select an epoch on";
        let hint = "train for a fixed number of epochs".into();
        return Err(Error::Usage { message: message.into(), hint: Some(hint) });
    }
    let split_key = Key::new(classify.seed).child(100);
    let rows =
        LabelledSplits::split(rows, &classify.labels, train.shares, split_key, runner.progress)?;
    train.check(rows.labels.kind())?;
    timings.lap("split");
    let unlabelled = !unlabeled.is_empty();
    let full = plan(encoder.as_ref(), &options.others.encoder, &rows, unlabelled, train.folds);
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
    let count = rows.train.len();
    let budget = time.map(|time| Budget::open(runner, time, &full, count)).transpose()?;
    let kept = budget.as_ref().map(Budget::choice).transpose()?.flatten();
    let expected = if runner.progress.wants_plan() || budget.is_some() && kept.is_none() {
        let mut ulmfit = |texts: &LanguageTexts| texts.estimate(runner, &rows.labels, options);
        Some(Expected {
            ulmfit: texts.as_ref().map(&mut ulmfit).transpose()?,
            ngrams: NgramEstimate::measure(&rows.train, &rows.labels, &options.others.tfidf),
            encoder: encoded.as_ref().map(EncoderExamples::estimate),
            train: count,
            scored: rows.scored(),
        })
    } else {
        None
    };
    let chosen = match (kept, &budget, &expected) {
        (Some(chosen), ..) => chosen,
        (None, Some(budget), Some(expected)) => {
            let cost = |plan: &PortfolioPlan| expected.work(plan).seconds();
            budget.choose(runner, &full, count, timings.elapsed(), &cost)?
        }
        _ => Chosen::all(full),
    };
    let time_budget = budget.map(|budget| budget.report(&chosen));
    let Chosen { plan, left_out } = chosen;
    runner.progress.note(&plan.words());
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
        None => (None, LmSummary::default()),
    };
    let read = lm.as_ref().map(|lm| labelled(&lm.text, &rows.train, &rows.labels)).transpose()?;
    let ulmfit = lm
        .as_ref()
        .zip(read.as_ref())
        .map(|(lm, read)| UlmfitTrainer::new(lm, &rows.labels, read, &lm_summary, train));
    let wanted = targets(&rows.train, &rows.labels)?;
    let ngrams = TfIdfTrainer::new(&rows, &wanted, &options.others.tfidf, classify);
    let mut trainers: Vec<&dyn PartTrainer> = vec![&ngrams];
    trainers.extend(encoded.as_ref().map(|trainer| trainer as &dyn PartTrainer));
    trainers.extend(ulmfit.as_ref().map(|trainer| trainer as &dyn PartTrainer));

    let folds = Folds::new(&rows, plan.folds, plan.scored, classify.seed)?;
    let mut answered = Vec::with_capacity(trainers.len());
    // parts that are not trained again
    let mut kept: Vec<Option<Part>> = Vec::with_capacity(trainers.len());
    for trainer in &trainers {
        let mut of_fold = None;
        let found = OutOfFold::of(runner, &folds, &mut |runner, fold| {
            let (part, answers) = answer_fold(runner, *trainer, &rows.train, fold)?;
            of_fold = Some(part);
            Ok(answers)
        })?;
        answered.push(found.rows);
        kept.push(of_fold.filter(|_| !plan.retrains && trainer.takes_long()));
        timings.lap(&format!("weighing {}", trainer.name()));
    }
    let task = rows.labels.kind();
    let answers = Answers::new(task, &answered, &wanted);
    let judges: Vec<usize> = folds.scored().flat_map(|fold| fold.held_out).collect();
    if judges.is_empty() {
        let message = "the examples are too alike to hold some of them out".into();
        return Err(Error::TooLittle { message, hint: Some("choose one method".into()) });
    }
    let choice = Choice::new(&answers, &judges);
    let all: Vec<usize> = (0..rows.train.len()).collect();
    let mut parts = Vec::with_capacity(choice.parts.len());
    for &number in &choice.parts {
        let part = match kept[number].take() {
            Some(part) => part,
            None => trainers[number].train(runner, &all, None)?,
        };
        parts.push((trainers[number].name().to_owned(), part));
        timings.lap(trainers[number].name());
    }
    let classifier = ClassifierBundle {
        parts,
        stack: Some(choice.stack.clone()),
        labels: rows.labels.clone(),
        text_columns: Vec::new(),
        label_column: None,
    };
    let part_reports = reports(&trainers, &choice, &answered, &wanted, &judges, task);
    let out_of_fold = train.folds.map(|_| OutOfFold {
        rows: cross_fitted(&answers, &choice, &folds, &answered, task),
        folds: folds.of_row.clone(),
    });
    let directions = if choice.parts.iter().any(|&part| trainers[part].name() == "ulmfit") {
        train.directions.clone()
    } else {
        vec![Direction::Forward]
    };
    let mut method = TrainingMethod {
        seed: classify.seed,
        directions,
        batch_size: BATCH,
        selects: false,
        folds: train.folds,
        recipe: json!({
            "method": "auto",
            "encoder": plan.encoder,
            "ulmfit": plan.ulmfit.then_some(&train.recipe),
            "folds": plan.folds,
            "folds-held-out": plan.scored,
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

/// What is done with this much data.
fn plan(
    encoder: Option<&EncoderBundle>,
    recipe: &EncoderRecipe,
    rows: &LabelledSplits,
    unlabelled: bool,
    folds: Option<usize>,
) -> PortfolioPlan {
    let documents: Vec<&[String]> = rows.train.iter().map(|record| &record.fields[..]).collect();
    let contrastive_tokens = encoder.map_or(0, |encoder| {
        let ids = encoder.text.encode_all(&documents);
        PortfolioPlan::contrastive_tokens(&ids.iter().map(Vec::len).collect::<Vec<_>>(), recipe)
    });
    let amount = Amount {
        rows: rows.train.len(),
        contrastive_tokens,
        unlabelled,
        encoder: encoder.is_some(),
    };
    let plan = PortfolioPlan::new(amount, recipe);
    match folds {
        Some(count) => plan.with_folds(count),
        None => plan,
    }
}

/// What each part does alone on rows that it has not learned.
fn reports(
    trainers: &[&dyn PartTrainer],
    choice: &Choice,
    answered: &[Vec<Vec<f32>>],
    wanted: &[Vec<f32>],
    judges: &[usize],
    task: LabelKind,
) -> Vec<PartReport> {
    let score = |rows: &Vec<Vec<f32>>| -> f64 {
        let each = judges.iter().map(|&row| match task {
            LabelKind::Single => f64::from(u8::from(argmax(&rows[row]) == wanted[row][0] as usize)),
            LabelKind::Multi => {
                let same = |(p, flag): (&f32, &f32)| (*p >= 0.5) == (*flag > 0.5);
                f64::from(u8::from(rows[row].iter().zip(&wanted[row]).all(same)))
            }
            LabelKind::Regression => f64::from((rows[row][0] - wanted[row][0]).abs()),
        });
        each.sum::<f64>() / judges.len() as f64
    };
    let report = |(number, trainer): (usize, &&dyn PartTrainer)| {
        let place = choice.parts.iter().position(|&part| part == number);
        PartReport {
            name: trainer.name().to_owned(),
            weight: place.map(|place| choice.stack.weights[place]),
            out_of_fold_rows: judges.len(),
            out_of_fold: score(&answered[number]),
            alone: None,
            comparison: None,
        }
    };
    trainers.iter().enumerate().map(report).collect()
}

/// The answers of the portfolio to each fold, with weights from the other folds.
fn cross_fitted(
    answers: &Answers<'_>,
    choice: &Choice,
    folds: &Folds,
    answered: &[Vec<Vec<f32>>],
    task: LabelKind,
) -> Vec<Vec<f32>> {
    let mut rows = vec![Vec::new(); folds.of_row.len()];
    for fold in folds.scored() {
        let stack: Stack = answers.weights(&choice.parts, &fold.train);
        for row in fold.held_out {
            let parts = choice.parts.iter().map(|&part| answered[part][row].as_slice());
            rows[row] = stack.combine(task, &parts.collect::<Vec<_>>());
        }
    }
    rows
}
