//! Stage 3: a classifier on top of a language model.

use super::Task as Title;
use super::bundle::{ClassifierBundle, LmBundle};
use super::recipe::StageRecipe;
use super::runner::Runner;
use super::texts;
use crate::data::LabelSet;
use crate::data::Task;
use super::Error;
use crate::model::{AwdLstmConfig, ClassifierConfig, HeadConfig, Network, TextClassifier};
use crate::text::{Direction, TextPipeline};
use crate::train::{ClassifierTrainee, Labelled, LossConfig};
use serde_json::json;
use ulmfit_ops::{Cpu, Key};

/// Labelled documents, tokenised, to learn from and to be judged by.
pub struct LabelledText {
    /// To learn from.
    pub train: Labelled,
    /// Held out; empty for none.
    pub valid: Labelled,
    /// Names of the outputs.
    pub labels: LabelSet,
}

/// What a classifier starts from.
pub enum Start {
    /// A language model in the vocabulary of the text pipeline, one network a direction.
    LanguageModel(LmBundle),
    /// Random weights.
    Scratch {
        /// Strings to ids.
        text: TextPipeline,
        /// Size of the networks.
        sizes: AwdLstmConfig,
        /// One network each.
        directions: Vec<Direction>,
    },
}

/// Options of stage 3 that are not numbers of the recipe.
#[derive(Clone, Debug, Default)]
pub struct ClassifyOptions {
    /// What the outputs mean.
    pub task: Task,
    /// Layers of the head.
    pub head: HeadConfig,
    /// One weight a class in the loss.
    pub class_weights: Option<Vec<f32>>,
    /// Root of all randomness.
    pub seed: u64,
}

/// Trains one classifier a direction.
///
/// # Errors
/// Those of [`Runner::train`]; [`Error::TooLittle`] for fewer than two documents.
pub fn classify(
    runner: &mut Runner<'_>,
    start: Start,
    directions: &[Direction],
    data: &LabelledText,
    recipe: &StageRecipe,
    options: &ClassifyOptions,
) -> Result<ClassifierBundle, Error> {
    if data.train.documents.len() < 2 {
        let message = "a classifier needs at least two labelled documents".into();
        return Err(Error::TooLittle { message, hint: None });
    }
    let (text, mut encoders) = match start {
        Start::LanguageModel(LmBundle { text, networks }) => {
            (text, networks.into_iter().map(|(d, lm)| (d, lm.config(), Some(lm))).collect())
        }
        Start::Scratch { text, sizes, directions } => {
            (text, directions.into_iter().map(|d| (d, sizes, None)).collect::<Vec<_>>())
        }
    };
    encoders.retain(|(direction, ..)| directions.contains(direction));
    if encoders.len() < directions.len() {
        let message = "the language model has no network for every direction asked for".into();
        let hint = Some("choose another --direction, or pretrain with `--direction both`".into());
        return Err(Error::Usage { message, hint });
    }
    let mut networks = Vec::new();
    for (direction, sizes, lm) in encoders {
        let key = Key::new(options.seed).child(direction as u64);
        let config = ClassifierConfig {
            head: options.head.clone(),
            seq_len: recipe.bptt,
            max_len: (recipe.max_len > 0).then_some(recipe.max_len),
            ..ClassifierConfig::new(sizes, data.labels.outputs(), data.labels.kind())
        };
        let mut network = TextClassifier::new(Cpu::default(), config, recipe.dropouts(), key.child(10));
        if let Some(lm) = &lm {
            network.copy_encoder(lm.encoder());
        }
        drop(lm);
        networks.push((direction, train_one(runner, network, direction, data, recipe, options, key)?));
    }
    Ok(ClassifierBundle { text, labels: data.labels.clone(), networks })
}

fn train_one(
    runner: &mut Runner<'_>,
    network: TextClassifier<Cpu>,
    direction: Direction,
    data: &LabelledText,
    recipe: &StageRecipe,
    options: &ClassifyOptions,
    key: Key,
) -> Result<TextClassifier<Cpu>, Error> {
    let title = format!("train the classifier, {direction}");
    let task = Title { title, name: format!("train-{direction}") };
    let plan = recipe.plan(network.groups(), key.child(11));
    let identity = json!({
        "recipe": recipe,
        "seed": options.seed,
        "direction": direction,
        "network": network.config(),
        "class_weights": options.class_weights,
        "train": fingerprint(&data.train),
        "valid": fingerprint(&data.valid),
        "start": texts::fingerprint_model(&network),
    });
    let (train, valid) = (orient(&data.train, direction), orient(&data.valid, direction));
    let loss = LossConfig {
        smoothing: recipe.label_smoothing,
        class_weights: options.class_weights.clone(),
    };
    let mut trainee = ClassifierTrainee::new(
        Cpu::default(),
        network,
        &train,
        (!valid.documents.is_empty()).then_some(&valid),
        recipe.batch_size,
        loss,
        recipe.regularisation(),
        key.child(12),
    );
    runner.train(&task, &Cpu::default(), &mut trainee, &plan, &identity)?;
    Ok(trainee.into_model())
}

/// Documents as a network of `direction` reads them.
fn orient(labelled: &Labelled, direction: Direction) -> Labelled {
    let mut oriented = labelled.clone();
    oriented.documents.iter_mut().for_each(|document| direction.orient(document));
    oriented
}

fn fingerprint(labelled: &Labelled) -> String {
    let mut hasher = blake3::Hasher::new();
    for (document, target) in labelled.documents.iter().zip(&labelled.targets) {
        document.iter().for_each(|id| {
            hasher.update(&id.to_le_bytes());
        });
        target.iter().for_each(|value| {
            hasher.update(&value.to_le_bytes());
        });
        hasher.update(&[0]);
    }
    hasher.finalize().to_hex()[..16].to_owned()
}
