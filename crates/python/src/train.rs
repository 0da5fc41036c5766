//! Training a classifier from Python.

use crate::errors::exception;
use crate::model::{Model, precision};
use crate::progress::told;
use crate::records::{Labelled, records};
use pyo3::prelude::*;
use std::path::{Path, PathBuf};
use std::time::Duration;
use ulmfit::checkpoint::Overwrite;
use ulmfit::data::labels::{LabelOptions, Task};
use ulmfit::model::AwdLstmConfig;
use ulmfit::recipe::{Overrides, Recipe};
use ulmfit::run::CheckpointInterval;
use ulmfit::stages::ClassifyOptions;
use ulmfit::text::{Direction, VocabConfig};
use ulmfit::{Error, Examples, Method, Trainer};

/// Options of a training; the fields are parameters of the estimators.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Options {
    method: Option<String>,
    base: Option<String>,
    directions: Vec<String>,
    recipe: String,
    task: String,
    epochs: Option<usize>,
    lm_epochs: Option<usize>,
    lr: Option<f64>,
    batch_size: Option<usize>,
    self_training: Option<usize>,
    test_share: f64,
    validation_share: Option<f64>,
    folds: Option<usize>,
    time_budget: Option<f64>,
    emb: usize,
    hid: usize,
    layers: usize,
    min_freq: Option<u64>,
    seed: u64,
    threads: Option<usize>,
    precision: String,
    text_columns: Vec<String>,
    checkpoint_dir: Option<PathBuf>,
    checkpoint_updates: Option<u64>,
    unlabeled: Vec<PathBuf>,
}

fn usage(message: String) -> Error {
    Error::Usage { message, hint: None }
}

/// The task of an estimator.
pub(crate) fn task(name: &str) -> Task {
    match name {
        "multi" => Task::Multi,
        "regression" => Task::Regression,
        _ => Task::Single,
    }
}

fn trainer(options: &Options) -> Result<Trainer, Error> {
    let direction = |name: &String| match name.as_str() {
        "forward" => Ok(Direction::Forward),
        "backward" => Ok(Direction::Backward),
        other => Err(usage(format!("direction is \"{other}\"; use forward, backward or both"))),
    };
    let directions: Vec<Direction> =
        options.directions.iter().map(direction).collect::<Result<_, _>>()?;
    let task = task(&options.task);
    let recipe = Path::new(&options.recipe);
    let recipe = if recipe.extension().is_some_and(|ending| ending == "toml") {
        Recipe::read(recipe)?
    } else {
        Recipe::preset(&options.recipe)?
    };
    let sizes =
        AwdLstmConfig { vocab: 0, emb: options.emb, hid: options.hid, layers: options.layers };
    let mut vocab =
        VocabConfig { base_words: ulmfit::text::BaseWords::All, ..VocabConfig::default() };
    vocab.min_freq = options.min_freq.unwrap_or(vocab.min_freq);
    let method = match options.method.as_deref() {
        None => None,
        Some("auto") => Some(Method::Auto),
        Some("ulmfit") => Some(Method::Ulmfit),
        Some("encoder") => Some(Method::Encoder),
        Some("tfidf") => Some(Method::TfIdf),
        Some(other) => {
            let message = format!("method is \"{other}\"; use auto, ulmfit, encoder or tfidf");
            return Err(usage(message));
        }
    };
    let mut trainer = Trainer::new()
        .recipe(recipe)
        .overrides(Overrides {
            epochs: options.epochs,
            lr: options.lr,
            batch_size: options.batch_size,
            self_training: options.self_training,
            ..Overrides::default()
        })
        .lm_overrides(Overrides {
            epochs: options.lm_epochs,
            batch_size: options.batch_size,
            ..Overrides::default()
        })
        .classifier(ClassifyOptions {
            labels: LabelOptions { task, ..LabelOptions::default() },
            seed: options.seed,
            ..ClassifyOptions::default()
        })
        .network(sizes)
        .vocabulary(vocab)
        .unlabeled(&options.unlabeled)
        .test_share(options.test_share);
    if let Some(method) = method {
        trainer = trainer.method(method);
    }
    if let Some(count) = options.folds {
        trainer = trainer.folds(count);
    }
    if let Some(seconds) = options.time_budget {
        let time = Duration::try_from_secs_f64(seconds).ok().filter(|time| !time.is_zero());
        let Some(time) = time else {
            return Err(usage(format!("time_budget is {seconds}; give seconds above 0")));
        };
        trainer = trainer.time_budget(time);
    }
    if let Some(base) = &options.base {
        trainer = trainer.base(base.as_str());
    }
    if let Some(share) = options.validation_share {
        trainer = trainer.validation_share(share);
    }
    if !directions.is_empty() {
        trainer = trainer.directions(&directions);
    }
    if let Some(folder) = &options.checkpoint_dir {
        trainer = trainer.output(folder.join("classifier"), Overwrite::Refuse);
    }
    if let Some(updates) = options.checkpoint_updates {
        trainer = trainer.checkpoint_interval(CheckpointInterval::Updates(updates));
    }
    Ok(trainer)
}

/// Trains a classifier. On Ctrl-C the state is saved in `checkpoint_dir` and `KeyboardInterrupt` is
/// raised; the same call continues from there.
#[pyfunction]
#[pyo3(signature = (train_set, validation_set, options, callback=None))]
pub(crate) fn train(
    py: Python<'_>,
    train_set: Labelled,
    validation_set: Option<Labelled>,
    options: Options,
    callback: Option<Py<PyAny>>,
) -> PyResult<Model> {
    let labelled = |(columns, labels): Labelled| records(py, columns, Some(labels));
    let train_set = labelled(train_set)?;
    let validation_set = validation_set.map(labelled).transpose()?;
    // what fails quickly comes before a training, which may take hours
    let precision = precision(&options.precision).map_err(|error| exception(py, &error))?;
    let place = tempfile::tempdir()?;
    if let Some(folder) = &options.checkpoint_dir {
        std::fs::create_dir_all(folder)?;
    }
    told(py, options.threads, callback, |told| {
        let mut examples =
            Examples::from(train_set).with_text_columns(options.text_columns.clone());
        if let Some(set) = validation_set {
            examples = examples.with_validation(set.into());
        }
        let trained = trainer(&options)?.fit_with(examples, told)?;
        let path = place.path().join("model");
        trained.save(&path)?;
        let model = Model::open(&path, precision)?;
        trained.discard_run()?;
        Ok(model)
    })
}
