//! All stages, one after the other: from labelled texts to a classifier and an honest report.

use super::bundle::{ClassifierBundle, LmBundle};
use super::baselines::{BaselineScores, Baselines};
use super::classify::{ClassifyOptions, LabelledText, Start, classify};
use super::evaluate::{ClassifierEvaluation, score};
use super::language::{DirectionScore, LmText, finetune, pretrain};
use super::recipe::StageRecipe;
use super::runner::Runner;
use super::texts::{Document, encode, hold_out, learn_vocab};
use crate::data::split::{HeldOut, Split, random_groups, stratified_groups};
use crate::data::{DataError, LabelKind, LabelOptions, LabelSet, Record, Target, find_duplicates};
use super::Error;
use crate::model::AwdLstmConfig;
use crate::text::{Direction, TextConfig, TextPipeline, VocabConfig};
use crate::train::Labelled;
use serde::Serialize;
use ulmfit_ops::Key;

/// What [`fit()`] works on.
pub struct FitInput {
    /// Labelled rows.
    pub train: Vec<Record>,
    /// Rows to choose by, if the user has set some apart.
    pub valid: Option<Vec<Record>>,
    /// Rows for the final score, touched once.
    pub test: Option<Vec<Record>>,
    /// Texts without labels, for the language model.
    pub unlabeled: Vec<Document>,
    /// The language model to start from; none: from scratch.
    pub base: Option<LmBundle>,
}

/// How [`fit()`] works.
pub struct FitOptions {
    /// Reading directions.
    pub directions: Vec<Direction>,
    /// Stage 2; stage 1 and 2 in one if there is no base.
    pub language: StageRecipe,
    /// Stage 3.
    pub classifier: StageRecipe,
    /// Head, class weights, seed, task.
    pub classify: ClassifyOptions,
    /// Sizes without a base; the number of rows is the vocabulary's.
    pub sizes: AwdLstmConfig,
    /// Tokenizer without a base.
    pub text: TextConfig,
    /// Vocabulary of the fine-tuned model.
    pub vocab: VocabConfig,
    /// Share of the labelled rows set apart to choose by, unless the user did.
    pub valid_share: f64,
    /// Share of the labelled rows kept for the final score if there are no test rows.
    pub test_share: f64,
}

/// What [`fit()`] found out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FitReport {
    /// Rows learned from, chosen by, and scored on.
    pub rows: FitRows,
    /// The language model on held-out text.
    pub language_model: Vec<DirectionScore>,
    /// The score on rows never seen before.
    pub test: ClassifierEvaluation,
    /// The same by which choices were made.
    pub valid: Option<ClassifierEvaluation>,
    /// What simpler tools reach on the same rows; single-label tasks only.
    pub baselines: Option<BaselineScores>,
    /// The classifier against TF-IDF, in words.
    pub verdict: Option<String>,
}

/// How many rows went where.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FitRows {
    /// Learned from.
    pub train: usize,
    /// Chosen by.
    pub valid: usize,
    /// Scored on.
    pub test: usize,
    /// Texts without labels.
    pub unlabeled: usize,
    /// Training rows whose text nearly repeats a test row's; can only be if the user chose the
    /// test rows.
    pub duplicates_of_test: usize,
}

/// Everything [`fit()`] makes.
pub struct FitOutcome {
    /// The classifier.
    pub classifier: ClassifierBundle,
    /// How good it is.
    pub report: FitReport,
}

/// Runs all stages.
///
/// Rows whose texts nearly repeat each other never stand on both sides of a split.
///
/// # Errors
/// [`Error`] of the stage that failed.
pub fn fit(runner: &mut Runner<'_>, input: FitInput, options: &FitOptions) -> Result<FitOutcome, Error> {
    let FitInput { train: mut records, valid, test, mut unlabeled, base } = input;
    let seed = options.classify.seed;
    let key = Key::new(seed).child(100);
    let labels = LabelSet::from_records(&records, &LabelOptions { task: options.classify.task, ..LabelOptions::default() })?;
    for notice in labels.notices(&records) {
        runner.progress.warn(&notice.to_string());
    }
    let test = match test {
        Some(test) => test,
        None => set_apart(&mut records, &labels, options.test_share, key.child(0))?,
    };
    let duplicates_of_test = repeated(&records, &test);
    if duplicates_of_test > 0 {
        let rows = format!("{duplicates_of_test} training rows nearly repeat a test row");
        runner.progress.warn(&format!("{rows}: the score may flatter"));
    }
    let valid = match valid {
        Some(valid) => valid,
        None => set_apart(&mut records, &labels, options.valid_share, key.child(1))?,
    };
    let rows = FitRows {
        train: records.len(),
        valid: valid.len(),
        test: test.len(),
        unlabeled: unlabeled.len(),
        duplicates_of_test,
    };

    let texts = |records: &[Record]| records.iter().map(|r| r.fields.clone()).collect::<Vec<Document>>();
    let valid_texts = if valid.is_empty() {
        let (kept, held) = hold_out(unlabeled, 0.05, key.child(2));
        unlabeled = kept;
        held
    } else {
        texts(&valid)
    };
    let lm_texts: Vec<Document> = texts(&records).into_iter().chain(unlabeled).collect();
    let (lm, language_model) = language_model(runner, base, &lm_texts, &valid_texts, options)?;

    let data = LabelledText {
        train: labelled(&lm.text, &records, &labels)?,
        valid: labelled(&lm.text, &valid, &labels)?,
        labels,
    };
    let directions = &options.directions;
    let start = Start::LanguageModel(lm);
    let classifier = classify(runner, start, directions, &data, &options.classifier, &options.classify)?;

    let batch = options.classifier.batch_size;
    let evaluated = |records: &[Record], runner: &mut Runner<'_>| {
        let ids = classifier.text.encode_all(&texts(records));
        let mut tick = |done, total| runner.progress.tick("documents scored", done, Some(total));
        let rows = classifier.probabilities_of_ids(&ids, batch, &mut tick);
        score(&classifier, records, &rows).map(|score| (score, rows))
    };
    let (test_score, test_rows) = evaluated(&test, runner)?;
    let valid_score = match valid.as_slice() {
        [] => None,
        valid => Some(evaluated(valid, runner)?.0),
    };
    let baselines = Baselines::measure(&classifier, &records, &test)?;
    let verdict = baselines.as_ref().map(|baselines| baselines.verdict(&test_rows));
    let report = FitReport {
        rows,
        language_model,
        test: test_score,
        valid: valid_score,
        baselines: baselines.map(|b| b.scores),
        verdict,
    };
    Ok(FitOutcome { classifier, report })
}

/// Moves a share of the records, stratified by label, to a list of their own.
fn set_apart(
    records: &mut Vec<Record>,
    labels: &LabelSet,
    share: f64,
    key: Key,
) -> Result<Vec<Record>, Error> {
    let texts: Vec<String> = records.iter().map(|record| record.fields.join(" ")).collect();
    let groups = find_duplicates(&texts).near;
    let held_out = HeldOut::Fraction(share);
    let Split { valid, .. } = match labels.kind() {
        LabelKind::Single => {
            let classes = records.iter().map(|record| match labels.target(record) {
                Ok(Target::Class(class)) => Ok(class),
                Ok(_) => unreachable!("a single-label set gives classes"),
                Err(error) => Err(error),
            });
            let classes = classes.collect::<Result<Vec<_>, DataError>>()?;
            stratified_groups(&classes, &groups, held_out, &key)
        }
        LabelKind::Multi | LabelKind::Regression => random_groups(&groups, held_out, &key),
    };
    let mut is_apart = vec![false; records.len()];
    valid.into_iter().for_each(|row| is_apart[row] = true);
    let mut apart = Vec::new();
    let mut at = 0;
    records.retain(|record| {
        at += 1;
        if is_apart[at - 1] {
            apart.push(record.clone());
        }
        !is_apart[at - 1]
    });
    Ok(apart)
}

/// How many records nearly repeat one of `others`.
fn repeated(records: &[Record], others: &[Record]) -> usize {
    let texts: Vec<String> = others.iter().chain(records).map(|r| r.fields.join(" ")).collect();
    let near = find_duplicates(&texts).near;
    near[others.len()..].iter().filter(|&&first| first < others.len()).count()
}

/// Token ids and targets of some records.
pub(super) fn labelled(text: &TextPipeline, records: &[Record], labels: &LabelSet) -> Result<Labelled, Error> {
    let documents: Vec<Document> = records.iter().map(|record| record.fields.clone()).collect();
    let outputs = labels.outputs() as u32;
    let targets = records.iter().map(|record| {
        Ok(match labels.target(record)? {
            Target::Class(class) => vec![class as f32],
            Target::Classes(classes) => {
                (0..outputs).map(|n| f32::from(u8::from(classes.contains(&n)))).collect()
            }
            Target::Value(value) => vec![value as f32],
        })
    });
    let targets = targets.collect::<Result<Vec<_>, DataError>>()?;
    Ok(Labelled { documents: text.encode_all(&documents), targets })
}

/// Stage 2, or stage 1 on the user's texts where there is no base.
fn language_model(
    runner: &mut Runner<'_>,
    base: Option<LmBundle>,
    train: &[Document],
    valid: &[Document],
    options: &FitOptions,
) -> Result<(LmBundle, Vec<DirectionScore>), Error> {
    let text = match &base {
        Some(base) => base.text.rebuild(&options.vocab, train.iter().cloned().map(Ok::<_, Error>))?,
        None => learn_vocab(&options.text, &options.vocab, train)?,
    };
    let corpora = LmText {
        train: encode(&text, train, runner.progress),
        valid: encode(&text, valid, runner.progress),
    };
    let (directions, recipe) = (&options.directions, &options.language);
    let seed = options.classify.seed;
    match base {
        Some(base) => finetune(runner, base, text, &corpora, directions, recipe, seed),
        None => {
            let sizes = AwdLstmConfig { vocab: text.vocab().len(), ..options.sizes };
            pretrain(runner, text, &corpora, sizes, directions, recipe, seed)
        }
    }
}
