//! Stages 1 and 2: a language model on general text, then on the user's.

use crate::Error;
use crate::data::batches::{LmBatchConfig, TokenSource};
use crate::fingerprint;
use crate::input::{LmText, Teacher};
use crate::model::scoring::score_stream;
use crate::model::student::Student;
use crate::model::{self, AwdLstmConfig, HasLanguageModel, LanguageModel, Network, Regularisation};
use crate::models::LmBundle;
use crate::recipe::{LmRecipe, TeacherRecipe};
use crate::report::DirectionScore;
use crate::run::{LmStage, Runner};
use crate::text::token_file::TokenFile;
use crate::text::{Direction, TextPipeline, Vocab};
use crate::train::LmTrainee;
use crate::train::distillation::{DistillationTrainee, Lessons};
use serde_json::json;
use std::sync::Arc;
use ulmfit_ops::{Cpu, Key};

impl DirectionScore {
    pub(crate) fn new(
        direction: Direction,
        sums: &model::scoring::LmScore,
        before: Option<f64>,
    ) -> Self {
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

/// The training of a language model: what stages 1 and 2 need besides a network.
pub struct LmJob<'a, S = TokenFile> {
    /// Training and validation text.
    pub corpora: &'a LmText<S>,
    /// Reading directions, one network each.
    pub directions: &'a [Direction],
    /// Hyper-parameters, resolved for this much text ([`LmRecipe::resolve`]).
    pub recipe: &'a LmRecipe,
    /// Root of all randomness.
    pub seed: u64,
    /// A sentence encoder whose vectors are learned beside the next word.
    pub teacher: Option<&'a Teacher>,
}

/// Stage 1: trains new language models, one per direction.
///
/// # Errors
/// Those of [`Runner::train`].
pub fn pretrain<S: TokenSource>(
    runner: &mut Runner<'_>,
    text: TextPipeline,
    sizes: AwdLstmConfig,
    job: &LmJob<'_, S>,
) -> Result<(LmBundle, Vec<DirectionScore>), Error> {
    let random = LmBundle::random(text, sizes, job.directions, job.seed);
    train_all(runner, LmStage::Pretrain, random, job)
}

/// Stage 2: continues with a model's networks on other text, in another vocabulary.
///
/// Rows of words that the model knows are kept, new words start at the mean of all rows.
///
/// # Errors
/// Those of [`Runner::train`]; [`Error::Usage`] when the base lacks a direction.
pub fn finetune<S: TokenSource>(
    runner: &mut Runner<'_>,
    base: LmBundle,
    text: TextPipeline,
    job: &LmJob<'_, S>,
) -> Result<(LmBundle, Vec<DirectionScore>), Error> {
    let networks = transfer(base, text.vocab(), job.directions)?;
    train_all(runner, LmStage::Finetune, LmBundle { text, networks }, job)
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
    stage: LmStage,
    bundle: LmBundle,
    job: &LmJob<'_, S>,
) -> Result<(LmBundle, Vec<DirectionScore>), Error> {
    let LmBundle { text, networks } = bundle;
    let pipeline = &text;
    let jobs = networks.into_iter().map(|network| {
        move |runner: &mut Runner<'_>| train_one(runner, stage, network, pipeline, job)
    });
    let trained = runner.side_by_side(jobs.collect())?;
    let (networks, scores): (_, Vec<_>) = trained.into_iter().unzip();
    Ok((LmBundle { text, networks }, scores.into_iter().flatten().collect()))
}

type OneDirection = (Direction, LanguageModel<Cpu>);

/// Trains one network; with its score, if there is validation or test text.
fn train_one<S: TokenSource>(
    runner: &mut Runner<'_>,
    stage: LmStage,
    (direction, mut network): OneDirection,
    text: &TextPipeline,
    job: &LmJob<'_, S>,
) -> Result<(OneDirection, Option<DirectionScore>), Error> {
    let LmJob { corpora, recipe, seed, teacher, .. } = *job;
    let training = &recipe.training;
    let device = training.device();
    network.set_device(device);
    network.set_dropout(training.dropouts());
    let key = Key::new(seed).child(direction as u64);
    let plan = training.plan(network.groups(), key.child(1))?;
    let batches = training.lm_batches(recipe.bptt_kind, direction);
    let mut identity = json!({
        "recipe": recipe,
        "seed": seed,
        "direction": direction,
        "sizes": network.config(),
        "vocabulary": fingerprint::vocabulary(text.vocab()),
        "train": corpora.train.digest(),
        "valid": corpora.valid.digest(),
        "start": fingerprint::model(&network),
    });
    let valid = (corpora.valid.token_count() > 1).then_some(&corpora.valid);
    // on the weights it starts with, so that a run that continues finds the same
    let score = |network: &LanguageModel<Cpu>| score(network, valid, &batches, direction);
    let before = if stage == LmStage::Pretrain { None } else { score(&network)? };
    let ar_tar = training.regularisation();
    let trainee = LmTraining { device, corpora, valid, batches, ar_tar, key: key.child(2) };
    let task = stage.task(direction);
    let mut network = match teacher {
        None => {
            let mut trainee = trainee.trainee(network, recipe.lanes, runner)?;
            runner.train(&task, &device, &mut trainee, &plan, &identity)?;
            trainee.into_model()
        }
        Some(teacher) => {
            identity["teacher"] = teacher.identity();
            let taught = teacher.taught(text, direction, &recipe.teacher);
            let encoder = teacher.encoder();
            let TeacherRecipe { batch_size, weight, .. } = recipe.teacher;
            let lessons = Lessons { teacher: encoder, texts: &taught, batch_size, weight };
            let student = Student::new(network, encoder.config().width, key.child(3));
            let language = trainee.trainee(student, recipe.lanes, runner)?;
            let mut trainee = DistillationTrainee::new(device, language, lessons, key.child(4));
            runner.train(&task, &device, &mut trainee, &plan, &identity)?;
            trainee.into_model()
        }
    };
    network.set_device(Cpu::default()); // what the saved model is used with
    let after = score(&network)?;
    let before = before.map(|before| before.perplexity());
    let score = after.map(|sums| DirectionScore::new(direction, &sums, before));
    Ok(((direction, network), score))
}

/// What the training of a language model is made of, besides the network.
struct LmTraining<'a, S> {
    device: Cpu,
    corpora: &'a LmText<S>,
    valid: Option<&'a S>,
    batches: LmBatchConfig,
    ar_tar: Regularisation,
    key: Key,
}

impl<'a, S: TokenSource> LmTraining<'a, S> {
    fn trainee<M: HasLanguageModel<Cpu>>(
        self,
        model: M,
        lanes: usize,
        runner: &Runner<'_>,
    ) -> Result<LmTrainee<'a, Cpu, S, M>, Error> {
        let Self { device, corpora, valid, batches, ar_tar, key } = self;
        let trainee = LmTrainee::new(device, model, &corpora.train, valid, batches, ar_tar, key)?;
        Ok(trainee.with_lanes_on(lanes, Arc::clone(runner.ranks())))
    }
}

/// Score of a network on validation text, if there is any.
pub(crate) fn score<S: TokenSource>(
    network: &LanguageModel<Cpu>,
    valid: Option<&S>,
    batches: &LmBatchConfig,
    direction: Direction,
) -> Result<Option<model::scoring::LmScore>, Error> {
    let Some(valid) = valid else { return Ok(None) };
    let score = score_stream(network, valid, batches, &mut |_, _| ())?;
    if score.perplexity().is_finite() {
        return Ok(Some(score));
    }
    Err(Error::NotFinite { what: "a perplexity", direction })
}
