//! Error against the number of labels: Howard & Ruder 2018, figure 3.

use crate::experiment_folder::{ExperimentFolder, RunName};
use crate::label_report::LabelCurveReport;
use crate::models::{fine_tuned, sizes};
use crate::result_log::RunResult;
use crate::score::{EvaluationSet, Score};
use serde::Serialize;
use serde_json::{Value, json};
use std::path::PathBuf;
use ulmfit::Error;
use ulmfit::data::Record;
use ulmfit::data::batches::{TokenSource, nested_order};
use ulmfit::data::readers::ReadOptions;
use ulmfit::fingerprint;
use ulmfit::input::Texts;
use ulmfit::input::{HoldOut, LmInput, LmText, VocabSource};
use ulmfit::input::{LabelledInput, LabelledSplits, SplitFractions, labelled, texts};
use ulmfit::methods::encoder::{EncoderInput, EncoderOptions, fit_encoder};
use ulmfit::model::scoring::argmax;
use ulmfit::models::{EncoderBundle, LmBundle};
use ulmfit::randomness::Purpose;
use ulmfit::recipe::{LmStart, Overrides, Recipe, TfIdfRecipe};
use ulmfit::run::Runner;
use ulmfit::stages::{
    ClassifierJob, ClassifyOptions, LabelledText, LmJob, TrainOptions, answers, draw, finetune,
    self_train, tfidf_guesses,
};
use ulmfit::text::{BaseWords, Direction, TextPipeline, VocabConfig};
use ulmfit::train::Labelled;
use ulmfit_ops::Key;

/// A method of training with few labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum LabelMethod {
    /// A sentence encoder, fine-tuned as `fit` does with few labels
    Encoder,
    /// The language model learns the labelled texts only
    Supervised,
    /// The language model learns all texts
    ///
    /// Those of the labelled rows whose labels are not used, and those that have none. Where the
    /// recipe has self-training, a first classifier labels some for a second.
    SemiSupervised,
    /// No language model
    FromScratch,
    /// N-grams of words and characters, weighted by TF-IDF, and a linear classifier
    TfIdf,
}

impl LabelMethod {
    /// All, in the order of the table.
    pub const ALL: [Self; 5] =
        [Self::Encoder, Self::Supervised, Self::SemiSupervised, Self::FromScratch, Self::TfIdf];
    /// What `fit` trains with few labels.
    pub const FIT: [Self; 2] = [Self::Encoder, Self::TfIdf];
    /// Those of a language model (Howard & Ruder 2018, figure 3) and TF-IDF.
    pub const LANGUAGE_MODEL: [Self; 4] =
        [Self::Supervised, Self::SemiSupervised, Self::FromScratch, Self::TfIdf];

    /// What tables call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Encoder => "encoder",
            Self::Supervised => "supervised",
            Self::SemiSupervised => "semi-supervised",
            Self::FromScratch => "from scratch",
            Self::TfIdf => "TF-IDF",
        }
    }
}

/// What [`label_curve`] works on.
pub struct LabelCurveInput<'a> {
    /// Labelled rows; the validation set is not used.
    pub rows: LabelledInput,
    /// Files of texts without labels.
    pub unlabeled: Vec<PathBuf>,
    /// How these are read.
    pub options: ReadOptions,
    /// The language model to start from.
    pub base: &'a LmBundle,
    /// One that has learned all texts already, for the semi-supervised way; none: `base` learns
    /// them, with each seed.
    pub tuned: Option<&'a LmBundle>,
    /// The sentence encoder of [`LabelMethod::Encoder`].
    pub encoder: Option<&'a EncoderBundle>,
}

/// What [`label_curve`] does.
#[derive(Clone, Debug)]
pub struct LabelCurveOptions {
    /// Ways to learn.
    pub methods: Vec<LabelMethod>,
    /// Numbers of labels; none: 50, 100, 200, 500 and so on, as far as there are rows.
    pub counts: Vec<usize>,
    /// For each number and way a run for each; it settles which rows have their labels.
    pub seeds: Vec<u64>,
    /// Reading directions.
    pub directions: Vec<Direction>,
    /// Hyper-parameters.
    pub recipe: Recipe,
    /// Hyper-parameters of the classifier that were set by hand.
    pub overrides: Overrides,
    /// Those of the language model.
    pub lm_overrides: Overrides,
    /// Head, labels, class weights; its seed settles the test rows only.
    pub classify: ClassifyOptions,
    /// Share of the rows to hold out for testing if there is no test set.
    pub test_share: f64,
    /// Vocabulary of the target texts.
    pub vocab: VocabConfig,
}

/// Rows of which a quarter, half and all make a curve, at least.
const LEAST: usize = 16;
/// Numbers of labels, where none are asked for.
const USUAL: [usize; 8] = [50, 100, 200, 500, 1000, 2000, 5000, 10_000];

/// What all runs have in common.
struct Curve<'a> {
    base: &'a LmBundle,
    rows: &'a LabelledSplits,
    classes: Vec<u32>,
    exam: EvaluationSet<'a>,
    options: &'a LabelCurveOptions,
    /// All texts, for the semi-supervised way.
    all: Option<(TextPipeline, LmText)>,
    /// What has learned them already.
    tuned: Option<&'a LmBundle>,
    encoder: Option<&'a EncoderBundle>,
    /// Hashes of base and scored rows, and what else is the same for all runs.
    identity: Value,
}

/// Trains with more and more labels, in each way and with each seed, and fits a law to the errors;
/// what `lab` has already is not run again.
///
/// The rows with 100 labels contain those with 50, in the shares of the classes. The test rows are
/// the same for all. The semi-supervised language model is fine-tuned once a seed and direction.
///
/// # Errors
/// [`Error::Usage`] for more labels than rows or a missing encoder, and those of [`ablate`](crate::ablation::ablate).
pub fn label_curve(
    lab: &mut ExperimentFolder<'_>,
    input: LabelCurveInput<'_>,
    options: &LabelCurveOptions,
) -> Result<LabelCurveReport, Error> {
    let LabelCurveInput { rows, unlabeled, options: reading, base, tuned, encoder } = input;
    if encoder.is_none() && options.methods.contains(&LabelMethod::Encoder) {
        let message = "there is no sentence encoder".into();
        return Err(Error::Usage {
            message,
            hint: Some("give one, or choose other methods".into()),
        });
    }
    for model in [Some(base), tuned].into_iter().flatten() {
        model.require(&options.directions)?;
    }
    let key = Purpose::Splits.key(options.classify.seed);
    let shares = SplitFractions { valid: 0.0, test: options.test_share };
    let rows = LabelledSplits::split(rows, &options.classify.labels, shares, key, lab.progress)?;
    let exam = EvaluationSet::new(&rows.test, &rows.labels)?;
    let counts = counts(&options.counts, rows.train.len())?;
    let input = LmInput {
        train: Texts { documents: texts(&rows.train), files: unlabeled },
        ..lm_input(&[], reading)
    };
    let only = VocabConfig { base_words: BaseWords::Only, ..options.vocab.clone() };
    let vocabulary = match tuned {
        Some(tuned) => VocabSource::Adapt(&tuned.text, &only),
        None => VocabSource::Adapt(&base.text, &options.vocab),
    };
    let is_read = options.methods.contains(&LabelMethod::SemiSupervised);
    let read = |lab: &mut ExperimentFolder<'_>| {
        input.clone().tokenize(vocabulary, Some(&lab.corpus()), lab.progress)
    };
    let all = is_read.then(|| lab.in_turn(read)).transpose()?;
    let mut identity = json!({
        "numerics": fingerprint::NUMERICS,
        "base": fingerprints(base),
        "text": fingerprint::text(&base.text),
        "scored": fingerprint::records(&rows.test),
        "directions": options.directions,
        "vocabulary": options.vocab,
        "language": options.recipe.finetune,
        "classifier": options.recipe.train,
        "head": options.classify.head,
        "balance": options.classify.balance,
    });
    for (name, by_hand) in
        [("by-hand", &options.overrides), ("language-by-hand", &options.lm_overrides)]
    {
        if *by_hand != Overrides::default() {
            identity[name] = json!(by_hand);
        }
    }
    let answers = answers(&rows.labels, &rows.train)?;
    let classes = answers.iter().flatten().copied().collect();
    let curve = Curve { base, rows: &rows, classes, exam, options, all, tuned, encoder, identity };
    let mut runs = Vec::new();
    for &seed in &options.seeds {
        let order = nested_order(&curve.classes, &Purpose::LabelCurve.key(seed));
        for &count in &counts {
            let chosen = || order[..count].to_vec();
            runs.extend(options.methods.iter().map(|&method| (method, seed, chosen())));
        }
    }
    let found =
        lab.all(&runs, |lab, (method, seed, chosen)| curve.run(lab, *method, *seed, chosen))?;
    let cells: Vec<_> = runs.iter().map(|(method, ..)| *method).zip(found).collect();
    lab.finished()?;
    let learned_here = curve.all.as_ref().filter(|_| tuned.is_none());
    let texts = learned_here.map(|(_, corpora)| corpora.train.documents());
    Ok(LabelCurveReport::new(&cells, &counts, texts, options))
}

/// Numbers of labels that were asked for, rising, or the usual ones; of few rows a quarter, half and all.
fn counts(asked: &[usize], rows: usize) -> Result<Vec<usize>, Error> {
    let mut counts = match asked {
        [] if (LEAST..USUAL[1]).contains(&rows) => vec![rows / 4, rows / 2, rows],
        [] => USUAL.to_vec(),
        asked => asked.to_vec(),
    };
    counts.retain(|&count| count <= rows || !asked.is_empty());
    counts.sort_unstable();
    counts.dedup();
    let wrong = counts.iter().find(|&&count| count > rows || count < 2);
    let message = match wrong {
        None if !counts.is_empty() => return Ok(counts),
        None => format!("{rows} training rows are too few for a curve"),
        Some(count) => format!("{count} labels were asked for, but there are {rows} training rows"),
    };
    let hint = match wrong {
        None => format!("label at least {LEAST} rows for training, and more to test on"),
        Some(_) => "choose numbers of labels from 2 to the number of training rows".to_owned(),
    };
    let hint = Some(hint);
    Err(Error::Usage { message, hint })
}

fn fingerprints(lm: &LmBundle) -> Vec<String> {
    lm.networks.iter().map(|(_, network)| fingerprint::model(network)).collect()
}

/// The texts of some rows, without a hold-out.
fn lm_input(rows: &[Record], options: ReadOptions) -> LmInput<'_> {
    LmInput {
        train: Texts { documents: texts(rows), files: Vec::new() },
        valid: Some(Texts::default()),
        hold_out: HoldOut::new(1, Key::new(0)),
        options,
    }
}

impl Curve<'_> {
    fn run(
        &self,
        lab: &mut ExperimentFolder<'_>,
        method: LabelMethod,
        seed: u64,
        chosen: &[usize],
    ) -> Result<Option<RunResult>, Error> {
        let train: Vec<Record> = chosen.iter().map(|&row| self.rows.train[row].clone()).collect();
        let all_texts = (method == LabelMethod::SemiSupervised).then(|| {
            let digest = self.all_texts().1.train.digest();
            self.tuned.map_or_else(|| json!(digest), |lm| json!([digest, fingerprints(lm)]))
        });
        let mut identity = json!({
            "data": self.identity,
            "method": method,
            "train": fingerprint::records(&train),
            "texts": all_texts,
            "seed": seed,
        });
        if method == LabelMethod::TfIdf {
            identity["recipe"] = json!(TfIdfRecipe::default());
        }
        if let (LabelMethod::Encoder, Some(encoder)) = (method, self.encoder) {
            let recipe = &self.options.recipe.encoder;
            identity["encoder"] = json!([fingerprint::model(&encoder.encoder), recipe]);
        }
        let (labels, key) = (train.len(), fingerprint::of(&identity.to_string()));
        let name = RunName { method: method.name(), seed, labels, key };
        lab.run(name, |lab, folder| match method {
            LabelMethod::Encoder => self.on_encoder(&mut lab.runner(folder), train, seed),
            LabelMethod::TfIdf => {
                let guesses = tfidf_guesses(&self.rows.labels, &train, self.exam.records)?;
                Ok(self.exam.score_guesses(guesses.into_iter().flatten()))
            }
            LabelMethod::SemiSupervised => {
                let lm = self.semi_supervised(lab, seed)?;
                let pool = self.pool(chosen, seed);
                self.taught(&mut lab.runner(folder), lm, &train, &pool, seed)
            }
            LabelMethod::Supervised => {
                let (text, corpora) = self.own_texts(lab, &train)?;
                let runner = &mut lab.runner(folder);
                let lm = self.fine_tune(runner, text, &corpora, &self.options.directions, seed)?;
                self.taught(runner, lm, &train, &[], seed)
            }
            LabelMethod::FromScratch => {
                let (text, _) = self.own_texts(lab, &train)?;
                let sizes = sizes(self.base, &text);
                let lm = LmBundle::random(text, sizes, &self.options.directions, seed);
                self.scratch(&mut lab.runner(folder), lm, &train, seed)
            }
        })
    }

    /// A classifier on the sentence encoder, whose labels are those of its rows: one that these lack is never right.
    fn on_encoder(
        &self,
        runner: &mut Runner<'_>,
        train: Vec<Record>,
        seed: u64,
    ) -> Result<Score, Error> {
        let base = self.encoder.unwrap_or_else(|| unreachable!("checked before the first run"));
        let base = EncoderBundle { text: base.text.clone(), encoder: base.copy_encoder() };
        let input = EncoderInput {
            rows: LabelledInput { train, valid: None, test: None },
            unlabeled: Vec::new(),
            options: ReadOptions::default(),
            base,
        };
        let options = EncoderOptions {
            recipe: self.options.recipe.encoder.clone(),
            classify: ClassifyOptions { seed, ..self.options.classify.clone() },
            shares: SplitFractions { valid: 0.0, test: 0.0 }, // the rows are split already
        };
        let model = fit_encoder(runner, input, &options)?.classifier;
        let documents = model.encode_all(&texts(self.exam.records));
        let mut tick = |done, total| runner.progress.tick("documents scored", done, Some(total));
        let rows = model.probabilities_of(&documents, 1, &mut tick)?;
        let class = |row: &Vec<f32>| self.rows.labels.index(&model.labels.names()[argmax(row)]);
        Ok(self.exam.score_guesses(rows.iter().map(|row| class(row).unwrap_or(u32::MAX))))
    }

    /// The labelled texts alone: their vocabulary, their tokens.
    fn own_texts(
        &self,
        lab: &mut ExperimentFolder<'_>,
        train: &[Record],
    ) -> Result<(TextPipeline, LmText), Error> {
        let vocabulary = VocabSource::Adapt(&self.base.text, &self.options.vocab);
        lm_input(train, ReadOptions::default()).tokenize(vocabulary, None, lab.progress)
    }

    /// All texts: vocabulary and tokens.
    fn all_texts(&self) -> &(TextPipeline, LmText) {
        self.all.as_ref().unwrap_or_else(|| unreachable!("no semi-supervised run was asked for"))
    }

    /// The language model of all texts: one a seed and direction.
    fn semi_supervised(
        &self,
        lab: &mut ExperimentFolder<'_>,
        seed: u64,
    ) -> Result<LmBundle, Error> {
        if let Some(tuned) = self.tuned {
            return Ok(tuned.copy(&self.options.directions));
        }
        let (text, corpora) = self.all_texts();
        let mut networks = Vec::new();
        for &direction in &self.options.directions {
            let identity = json!({
                "numerics": fingerprint::NUMERICS,
                "base": self.identity["base"],
                "text": fingerprint::text(text),
                "corpus": corpora.train.digest(),
                "recipe": self.options.recipe.finetune,
                "seed": seed,
                "direction": direction,
            });
            let mut identity = identity;
            if let Some(by_hand) = self.identity.get("language-by-hand") {
                identity["by-hand"] = by_hand.clone();
            }
            let name = format!("lm-{seed}-{direction}");
            let one = lab.shared(&name, &identity, |runner| {
                self.fine_tune(runner, text.clone(), corpora, &[direction], seed)
            })?;
            networks.extend(one.networks);
        }
        Ok(LmBundle { text: text.clone(), networks })
    }

    fn fine_tune(
        &self,
        runner: &mut Runner<'_>,
        text: TextPipeline,
        corpora: &LmText,
        directions: &[Direction],
        seed: u64,
    ) -> Result<LmBundle, Error> {
        let LabelCurveOptions { recipe, lm_overrides, .. } = self.options;
        let tokens = corpora.train.token_count();
        let recipe = recipe.finetune.resolve(lm_overrides, LmStart::AsWritten, tokens);
        let recipe = &recipe.expect("with a base no weights stay random");
        let base = self.base.copy(directions);
        let job = LmJob { corpora, directions, recipe, seed, teacher: None };
        Ok(finetune(runner, base, text, &job)?.0)
    }

    /// Texts whose labels are not used, for a classifier to label.
    fn pool(&self, chosen: &[usize], seed: u64) -> Vec<Vec<u32>> {
        let LabelCurveOptions { recipe, overrides, .. } = self.options;
        let kind = self.rows.labels.kind();
        let most = recipe.train.texts_to_label(overrides, chosen.len(), kind);
        let texts = &self.all_texts().1.train;
        let mut without: Vec<usize> = (0..texts.documents()).collect();
        if most > 0 {
            without.retain(|document| !chosen.contains(document)); // rows come first, in their order
        }
        draw(texts, &without, most, &Purpose::LabelCurveTexts.key(seed))
    }

    fn taught(
        &self,
        runner: &mut Runner<'_>,
        lm: LmBundle,
        train: &[Record],
        pool: &[Vec<u32>],
        seed: u64,
    ) -> Result<Score, Error> {
        let (data, classify) = self.labelled(&lm, train, seed)?;
        let LabelCurveOptions { directions, recipe, overrides, .. } = self.options;
        let options = TrainOptions {
            folds: None,
            directions: directions.clone(),
            recipe: recipe.train.clone(),
            overrides: overrides.clone(),
            classify,
            shares: SplitFractions { valid: 0.0, test: 0.0 }, // the rows are split already
        };
        let trained = self_train(runner, lm, &data, pool, None, &options)?;
        self.exam.of(runner, &trained.classifier, trained.recipe.training.batch_size)
    }

    fn scratch(
        &self,
        runner: &mut Runner<'_>,
        lm: LmBundle,
        train: &[Record],
        seed: u64,
    ) -> Result<Score, Error> {
        let (data, options) = self.labelled(&lm, train, seed)?;
        // changed after the rules for little data were applied: all ways have the same epochs
        let LabelCurveOptions { directions, recipe, overrides, .. } = self.options;
        let groups = self.base.networks[0].1.config().layers + 2;
        let recipe = recipe.train.resolve(overrides, &data.amount(None), groups).from_scratch();
        let (data, options) = (&data, &options);
        let job = ClassifierJob { data, directions, recipe: &recipe, options };
        fine_tuned(runner, lm, &self.exam, &job)
    }

    fn labelled(
        &self,
        lm: &LmBundle,
        train: &[Record],
        seed: u64,
    ) -> Result<(LabelledText, ClassifyOptions), Error> {
        let data = LabelledText {
            train: labelled(&lm.text, train, &self.rows.labels)?,
            valid: Labelled::default(),
            labels: self.rows.labels.clone(),
        };
        Ok((data, ClassifyOptions { seed, ..self.options.classify.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_of_rows_there_are() {
        assert_eq!(counts(&[], 450).unwrap(), [50, 100, 200]);
        assert_eq!(counts(&[200, 100, 100], 450).unwrap(), [100, 200]);
        assert_eq!(counts(&[], 32).unwrap(), [8, 16, 32]);
        assert_eq!(counts(&[], 100).unwrap(), [50, 100]);
        for (asked, rows) in [(&[500, 50][..], 450), (&[1], 450), (&[], LEAST - 1)] {
            assert!(matches!(counts(asked, rows), Err(Error::Usage { .. })), "{asked:?}");
        }
    }
}
