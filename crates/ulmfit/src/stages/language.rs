//! Stages 1 and 2: a language model on general text, then on the user's.

use crate::Error;
use crate::data::batches::{Bptt, LmBatchConfig, TokenSource};
use crate::input::LmText;
use crate::model::{self, AwdLstmConfig, LanguageModel, Network, score_stream};
use crate::models::LmBundle;
use crate::recipe::{BpttKind, StageRecipe};
use crate::report::DirectionScore;
use crate::run::Runner;
use crate::run::{Task, fingerprint};
use crate::text::{Direction, TextPipeline, Vocab};
use crate::train::LmTrainee;
use serde_json::json;
use ulmfit_ops::{Cpu, Key};

impl DirectionScore {
    fn new(direction: Direction, sums: &model::LmScore, before: Option<f64>) -> Self {
        Self {
            direction,
            tokens: sums.tokens,
            loss: sums.loss(),
            perplexity: sums.perplexity(),
            perplexity_before: before,
            accuracy: sums.accuracy(),
        }
    }
}

/// How a stream is cut for a network of one direction.
pub fn lm_batches(recipe: &StageRecipe, direction: Direction) -> LmBatchConfig {
    let bptt = match recipe.bptt_kind {
        BpttKind::Fixed => Bptt::Fixed,
        BpttKind::Variable => Bptt::Variable { cap: None },
    };
    LmBatchConfig { batch_size: recipe.batch_size, seq_len: recipe.bptt, bptt, direction }
}

/// Stage 1: trains new language models, one a direction.
///
/// Rules of the recipe for little and much text must have been applied, by [`StageRecipe::for_text`].
///
/// # Errors
/// Those of [`Runner::train`].
pub fn pretrain<S: TokenSource>(
    runner: &mut Runner<'_>,
    text: TextPipeline,
    corpora: &LmText<S>,
    sizes: AwdLstmConfig,
    directions: &[Direction],
    recipe: &StageRecipe,
    seed: u64,
) -> Result<(LmBundle, Vec<DirectionScore>), Error> {
    let random = LmBundle::random(text, sizes, directions, seed);
    train_all(runner, "pretrain", random, corpora, recipe, seed)
}

/// Stage 2: goes on with a model's networks on other text, in another vocabulary.
///
/// Rows of words the model knows are kept, new words start at the mean of all rows. Rules of the
/// recipe must have been applied as for [`pretrain`].
///
/// # Errors
/// Those of [`Runner::train`]; [`Error::Usage`] when the base lacks a direction.
pub fn finetune<S: TokenSource>(
    runner: &mut Runner<'_>,
    base: LmBundle,
    text: TextPipeline,
    corpora: &LmText<S>,
    directions: &[Direction],
    recipe: &StageRecipe,
    seed: u64,
) -> Result<(LmBundle, Vec<DirectionScore>), Error> {
    let networks = transfer(base, text.vocab(), directions)?;
    train_all(runner, "finetune", LmBundle { text, networks }, corpora, recipe, seed)
}

/// The networks of `base` for some directions, in the vocabulary `to`.
///
/// # Errors
/// As [`LmBundle::require`].
pub fn transfer(
    mut base: LmBundle,
    to: &Vocab,
    directions: &[Direction],
) -> Result<Vec<(Direction, LanguageModel<Cpu>)>, Error> {
    base.keep(directions)?;
    let sources = to.sources_in(base.text.vocab());
    base.networks.iter_mut().for_each(|(_, network)| network.remap_vocab(&sources));
    Ok(base.networks)
}

fn train_all<S: TokenSource>(
    runner: &mut Runner<'_>,
    stage: &str,
    bundle: LmBundle,
    corpora: &LmText<S>,
    recipe: &StageRecipe,
    seed: u64,
) -> Result<(LmBundle, Vec<DirectionScore>), Error> {
    let LmBundle { text, networks } = bundle;
    let vocabulary = &fingerprint::vocabulary(text.vocab());
    let jobs = networks.into_iter().map(|(direction, network)| {
        move |runner: &mut Runner<'_>| {
            train_one(runner, stage, (direction, network), vocabulary, corpora, recipe, seed)
        }
    });
    let trained = runner.side_by_side(jobs.collect())?;
    let (networks, scores): (_, Vec<_>) = trained.into_iter().unzip();
    Ok((LmBundle { text, networks }, scores.into_iter().flatten().collect()))
}

type OneDirection = (Direction, LanguageModel<Cpu>);

/// Trains one network; with its score, if there is text to score on.
fn train_one<S: TokenSource>(
    runner: &mut Runner<'_>,
    stage: &str,
    (direction, mut network): OneDirection,
    vocabulary: &str,
    corpora: &LmText<S>,
    recipe: &StageRecipe,
    seed: u64,
) -> Result<(OneDirection, Option<DirectionScore>), Error> {
    let device = recipe.device();
    network.set_device(device);
    network.set_dropout(recipe.dropouts());
    let title = match stage {
        "pretrain" => format!("pretrain the language model, {direction}"),
        _ => format!("fine-tune the language model, {direction}"),
    };
    let task = Task { title, name: format!("{stage}-{direction}") };
    let key = Key::new(seed).child(direction as u64);
    let plan = recipe.plan(network.groups(), key.child(1))?;
    let batches = lm_batches(recipe, direction);
    let identity = json!({
        "recipe": recipe,
        "seed": seed,
        "direction": direction,
        "sizes": network.config(),
        "vocabulary": vocabulary,
        "train": corpora.train.digest(),
        "valid": corpora.valid.digest(),
        "start": fingerprint::model(&network),
    });
    let valid = (corpora.valid.token_count() > 1).then_some(&corpora.valid);
    // on the weights it starts with, so that a run that goes on finds the same
    let score = |network: &LanguageModel<Cpu>| {
        valid.map(|valid| score_stream(network, valid, &batches, &mut |_, _| ())).transpose()
    };
    let before = if stage == "pretrain" { None } else { score(&network)? };
    let (ar_tar, key) = (recipe.regularisation(), key.child(2));
    let mut trainee = LmTrainee::new(device, network, &corpora.train, valid, batches, ar_tar, key)?;
    runner.train(&task, &device, &mut trainee, &plan, &identity)?;
    let mut network = trainee.into_model();
    network.set_device(Cpu::default()); // what the saved model is used with
    let after = score(&network)?;
    let before = before.map(|before| before.perplexity());
    let score = after.map(|sums| DirectionScore::new(direction, &sums, before));
    Ok(((direction, network), score))
}
