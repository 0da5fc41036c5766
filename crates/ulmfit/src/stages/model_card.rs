//! The files of a model folder for people: the model card, and `run.json` with its provenance.

use super::options::TrainingMethod;
use super::trained_classifier::TrainedClassifier;
use crate::data::batches::TokenSource;
use crate::decisions::Calibration;
use crate::fingerprint;
use crate::hashing;
use crate::input::LabelledSplits;
use crate::input::{LearnedTexts, LmText};
use crate::model::Network;
use crate::models::BaseModel;
use crate::models::{ClassifierBundle, ClassifierNetwork, ClassifierText, LmBundle, ModelMetadata};
use crate::printable::{markdown, printable_lines};
use crate::recipe::LmRecipe;
use crate::report::{DataHashes, DirectionScore, Provenance, html};
use crate::run::{FOLD, Runner};
use crate::text::token_file::TokenFile;
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt::Write;

/// Contents of a language model's card.
pub struct LmCard<'a, S = TokenFile> {
    /// `pretrain` or `finetune`.
    pub stage: &'static str,
    /// The model it started from, if any.
    pub base: Option<BaseModel>,
    /// The sentence encoder whose vectors it learned, if any.
    pub teacher: Option<&'a BaseModel>,
    /// Its training and validation text.
    pub corpora: &'a LmText<S>,
    /// Hyper-parameters.
    pub recipe: &'a LmRecipe,
    /// Its scores.
    pub scores: &'a [DirectionScore],
}

/// Name and version of this program.
const PROGRAM: &str = concat!("ulmfit ", env!("CARGO_PKG_VERSION"));

/// The fields that every `run.json` has.
fn run(stage: &str, base: Option<&BaseModel>, seed: u64, threads: usize, rest: Value) -> Value {
    let mut run = json!({
        "schema": 1,
        "program": PROGRAM,
        "program-hash": fingerprint::program(),
        "stage": stage,
        "seed": seed,
        "threads": threads,
        "isa": ulmfit_ops::isa(),
    });
    if let Some(base) = base {
        run["base"] = json!(base);
    }
    if let (Value::Object(run), Value::Object(rest)) = (&mut run, rest) {
        run.extend(rest);
    }
    run
}

/// The front matter of a card, as model hubs read it.
fn front_matter(tag: &str) -> String {
    format!("---\nlibrary_name: ulmfit\ntags:\n- ulmfit\n- {tag}\n---\n\n")
}

/// What encloses a text in Markdown: more backticks than it has in a row.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

fn metrics(runner: &Runner<'_>) -> Vec<(String, Vec<u8>)> {
    let file = |(task, lines): (String, Vec<u8>)| (format!("metrics-{task}.jsonl"), lines);
    let kept = runner.metrics().into_iter().filter(|(task, _)| !task.starts_with(FOLD));
    kept.map(file).collect()
}

impl<S: TokenSource> LmCard<'_, S> {
    /// Writes them; `threads` is recorded because the time depends on it, not the weights.
    pub fn write(
        &self,
        bundle: &LmBundle,
        runner: &Runner<'_>,
        seed: u64,
        threads: usize,
    ) -> ModelMetadata {
        let network = &bundle.networks[0].1;
        let sizes = network.config();
        let mut card = front_matter("language-model");
        let verb = if self.stage == "pretrain" { "Pretrained" } else { "Fine-tuned" };
        let LmText { train, valid } = self.corpora;
        let tokens = train.token_count();
        let documents = train.document_count();
        let _ = write!(
            card,
            "# An AWD-LSTM language model\n\n{verb} by ulmfit on {tokens} tokens of {documents} documents.\n\n\
             | | |\n|---|---|\n| vocabulary | {} |\n| embedding | {} |\n| width | {} |\n| layers | {} |\n\
             | weights of a direction | {} |\n",
            sizes.vocab,
            sizes.emb,
            sizes.hid,
            sizes.layers,
            network.parameters(),
        );
        for score in self.scores {
            let (direction, perplexity) = (score.direction, score.perplexity);
            let _ = writeln!(card, "| validation perplexity, {direction} | {perplexity:.2} |");
        }
        if let Some(teacher) = self.teacher {
            let _ = writeln!(card, "| teacher of sentence vectors | {} |", markdown(&teacher.name));
        }
        let mut rest = json!({
            "recipe": self.recipe,
            "vocabulary": fingerprint::vocabulary(bundle.text.vocab()),
            "train": { "tokens": tokens, "documents": documents, "hash": train.digest() },
            "valid": { "tokens": valid.token_count(), "hash": valid.digest() },
            "metrics": self.scores,
        });
        if let Some(teacher) = self.teacher {
            rest["teacher"] = json!(teacher);
        }
        ModelMetadata {
            card,
            run: run(self.stage, self.base.as_ref(), seed, threads, rest),
            others: metrics(runner),
            ..ModelMetadata::default()
        }
    }
}

fn vocabulary_hash(text: &ClassifierText) -> String {
    match text {
        ClassifierText::Pipeline(text) => fingerprint::vocabulary(text.vocab()),
        ClassifierText::Pretrained(text) => fingerprint::files(&text.files()),
        ClassifierText::Ngrams(text) => fingerprint::files(&text.files()),
    }
}

/// Provenance of a classifier.
pub(crate) fn provenance(
    classifier: &ClassifierBundle,
    rows: &LabelledSplits,
    language_model: Option<&LmRecipe>,
    method: TrainingMethod,
) -> Provenance {
    fn plain(recipe: &impl Serialize) -> Value {
        serde_json::to_value(recipe).expect("plain data serialises")
    }
    let tokens = classifier.parts.iter().map(|(_, part)| part.text.vocab_size());
    let networks = classifier.parts.iter().map(|(_, part)| &part.networks[0].1);
    Provenance {
        program: PROGRAM.to_owned(),
        program_hash: fingerprint::program(),
        isa: ulmfit_ops::isa().to_owned(),
        threads: rayon::current_num_threads(),
        seed: method.seed,
        directions: method.directions,
        vocabulary: tokens.sum(),
        vocabulary_hash: match &classifier.parts[..] {
            [(_, part)] => vocabulary_hash(&part.text),
            parts => {
                let hashes = parts.iter().map(|(_, part)| vocabulary_hash(&part.text));
                hashing::of_json(&hashes.collect::<Vec<_>>()).to_hex().to_string()
            }
        },
        network: match classifier.single() {
            Some(part) => match &part.networks[0].1 {
                ClassifierNetwork::Recurrent(network) => plain(network.config()),
                ClassifierNetwork::Transformer(network) => plain(&network.config()),
                ClassifierNetwork::Linear(network) => plain(network.config()),
            },
            None => plain(&classifier.config().network),
        },
        weights: networks.map(Network::parameters).sum(),
        data: DataHashes {
            train: fingerprint::records(&rows.train),
            valid: fingerprint::records(&rows.valid),
            test: fingerprint::records(&rows.test),
        },
        language_model_recipe: language_model.map(plain),
        classifier_recipe: method.recipe,
    }
}

impl TrainedClassifier {
    /// The metadata of a classifier that started from `base`, its report among them.
    pub fn metadata(
        &self,
        base: Option<&BaseModel>,
        runner: &Runner<'_>,
        threads: usize,
    ) -> ModelMetadata {
        let report = &self.report;
        let mut card = front_matter("text-classification");
        let labels: Vec<String> =
            self.classifier.labels.names().iter().map(|name| markdown(name)).collect();
        let labels = labels.join(", ");
        let text = printable_lines(&report.to_string()).into_owned();
        let fence = fence(&text);
        let _ = write!(
            card,
            "# A text classifier\n\nTrained by ulmfit. Labels: {labels}.\n\n{fence}\n{text}{fence}\n\n\
             The whole report is `report.html`.\n"
        );
        let rest = json!({
            "recipe": report.made.classifier_recipe,
            "directions": report.made.directions,
            "vocabulary": report.made.vocabulary_hash,
            "data": report.made.data,
            "report": {
                "rows": report.rows,
                "test": report.test,
                "valid": report.valid,
                "baselines": report.baselines,
                "verdict": report.verdict,
            },
        });
        let mut others = metrics(runner);
        others.extend([
            ("report.html".to_owned(), html::page(report).into_bytes()),
            ("report.json".to_owned(), report.to_json()),
            ("report.txt".to_owned(), text.into_bytes()),
        ]);
        if let Some(calibration) = &self.calibration {
            others.push((Calibration::FILE.to_owned(), calibration.to_json()));
        }
        others.push((LearnedTexts::FILE.to_owned(), self.learned.to_bytes()));
        let run = run("train", base, report.made.seed, threads, rest);
        ModelMetadata { card, run, others, ..ModelMetadata::default() }
    }
}
