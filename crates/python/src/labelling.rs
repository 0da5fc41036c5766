//! Help with labels, for Python: checks of a data set, labels that are probably wrong, texts to label next.

use crate::documents::Column;
use crate::model::Model;
use crate::progress::{Told, told};
use crate::records::{Label, Labelled, records};
use crate::threads::in_pool;
use crate::train::task;
use pyo3::prelude::*;
use std::path::PathBuf;
use ulmfit::data::labels::{LabelOptions, Task};
use ulmfit::data::quality::CheckOptions;
use ulmfit::labelling::next::{Pool, Strategy};
use ulmfit::labelling::suspects::{AnswerSource, Suspects};
use ulmfit::models::EncoderBundle;
use ulmfit::{Base, Error};

/// `check-data --json` of texts, and of a test set.
#[pyfunction]
#[pyo3(signature = (columns, labels, test_set, task_name))]
pub(crate) fn check_data(
    py: Python<'_>,
    columns: Vec<Column>,
    labels: Option<Vec<Label>>,
    test_set: Option<Labelled>,
    task_name: Option<&str>,
) -> PyResult<String> {
    let train = records(py, columns, labels)?;
    let test = test_set.map(|(columns, labels)| records(py, columns, Some(labels))).transpose()?;
    let others: Vec<_> = test.iter().map(|rows| ("test", &rows[..])).collect();
    let task = task_name.map_or(Task::Auto, task);
    let options = CheckOptions { task, ..CheckOptions::default() };
    let check = || ulmfit::data::quality::check_data(&train, &others, &options);
    let report = in_pool(py, check)?;
    Ok(serde_json::to_string(&report).expect("a report serialises"))
}

/// Rows whose label is probably wrong, the most suspicious first: row, the label's probability, the suggested
/// label, its probability, and near-duplicates with another label.
type Found = (usize, f32, String, f32, Vec<usize>);

/// `suspects` of labelled texts.
#[pyfunction]
pub(crate) fn suspects(
    py: Python<'_>,
    rows: Labelled,
    base: PathBuf,
    folds: usize,
    seed: u64,
    threads: Option<usize>,
    callback: Option<Py<PyAny>>,
) -> PyResult<Vec<Found>> {
    let rows = records(py, rows.0, Some(rows.1))?;
    let find = |told: &mut Told<'_>| {
        let encoder = encoder(&base)?;
        let source = AnswerSource::Encoder { encoder: &encoder, folds, seed };
        let options = LabelOptions { task: Task::Single, ..LabelOptions::default() };
        let found = Suspects::find(rows, &source, &options, told)?;
        let suspect = |suspect: &ulmfit::labelling::suspects::Suspect| {
            let issue = &suspect.issue;
            let suggested = found.name(issue.suggested).to_owned();
            let (given, other) = (issue.given_probability, issue.suggested_probability);
            (issue.row, given, suggested, other, suspect.contradicted_by.clone())
        };
        Ok(found.found.iter().map(suspect).collect())
    };
    told(py, threads, callback, find)
}

/// `next`: numbers of the texts to label, the best first.
#[pyfunction]
#[pyo3(signature = (model, pool, labelled, base, strategy, count, seed, threads, callback))]
#[expect(clippy::too_many_arguments, reason = "keywords of a Python function")]
pub(crate) fn next_texts(
    py: Python<'_>,
    model: Option<&Model>,
    pool: Vec<Column>,
    labelled: Option<Vec<Column>>,
    base: Option<PathBuf>,
    strategy: &str,
    count: usize,
    seed: u64,
    threads: Option<usize>,
    callback: Option<Py<PyAny>>,
) -> PyResult<Vec<usize>> {
    let pool = records(py, pool, None)?;
    let labelled = labelled.map(|columns| records(py, columns, None)).transpose()?;
    let labelled = labelled.unwrap_or_default();
    let bundle = model.map(|model| model.classifier().bundle());
    let choose = |told: &mut Told<'_>| {
        let strategy = match strategy {
            "mixed" => Strategy::Mixed,
            "breaking-ties" => Strategy::BreakingTies,
            "entropy" => Strategy::Entropy,
            "coverage" => Strategy::Coverage,
            other => {
                let message = format!(
                    "strategy is \"{other}\"; use mixed, breaking-ties, entropy or coverage"
                );
                return Err(Error::Usage { message, hint: None });
            }
        };
        let own = bundle.filter(|model| model.has_vectors());
        let other = match (&base, own) {
            (None, Some(_)) => None,
            (None, None) => Some(Base::MiniLm.load_encoder()?.model),
            (Some(base), _) => Some(encoder(base)?),
        };
        let encode = |texts: &[&[String]]| match (&other, own) {
            (None, Some(model)) => model.vectors(texts),
            (encoder, _) => Ok(encoder.iter().flat_map(|encoder| encoder.vectors(texts)).collect()),
        };
        let texts = Pool { records: &pool, labelled: &labelled };
        let chosen = match bundle {
            Some(model) => texts.next(model, &encode, (strategy, count, seed), told)?,
            None => texts.cold_start(&encode, count, seed, told)?,
        };
        Ok(chosen.into_iter().map(|text| text.row).collect())
    };
    told(py, threads, callback, choose)
}

fn encoder(base: &std::path::Path) -> Result<EncoderBundle, Error> {
    Ok(Base::from(base).load_encoder()?.model)
}
