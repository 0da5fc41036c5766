//! The folder for PyTorch.

use super::{JOB, JobFile, JobPhase, SCHEDULE, TRAIN, VALID};
use crate::Error;
use crate::checkpoint::{Dtype, FolderWriter, HostTensor, Tensors};
use crate::data::batches::{LmEpoch, Order, TokenSource};
use crate::input::LmText;
use crate::model::{AwdLstmConfig, Network};
use crate::models::{BaseModel, LmBundle, ModelMetadata};
use crate::optim::OptimizerConfig;
use crate::recipe::{BpttKind, LmRecipe};
use crate::schedule::Schedule;
use crate::stages::transfer;
use crate::text::{Direction, TextPipeline};
use serde_json::json;
use ulmfit_ops::Key;

const PROGRAM: &str = include_str!("train.py");
const README: &str = include_str!("README.md");

/// The weights that a training starts from.
pub enum TorchStart {
    /// Those of a model, which learns another vocabulary.
    Base(LmBundle),
    /// Random ones of these sizes.
    Random(AwdLstmConfig),
}

/// What is trained in PyTorch.
pub struct TorchJob<'a> {
    /// Training and validation text.
    pub corpora: &'a LmText,
    /// Reading directions, one network each.
    pub directions: &'a [Direction],
    /// Hyper-parameters, resolved for this much text ([`LmRecipe::resolve`]).
    pub recipe: &'a LmRecipe,
    /// Root of all randomness.
    pub seed: u64,
    /// The model to start from, if any.
    pub base: Option<BaseModel>,
}

/// Writes the folder, with networks in the vocabulary of `text`.
///
/// # Errors
/// [`Error::Usage`] for a recipe that `train.py` cannot follow, [`Error::Data`] for too little text, and those of
/// writing; nothing is left behind then.
pub fn export_torch(
    start: TorchStart,
    text: TextPipeline,
    job: TorchJob<'_>,
    mut folder: FolderWriter,
) -> Result<(), Error> {
    let TorchJob { corpora, directions, recipe, seed, base: origin } = job;
    let start = match start {
        TorchStart::Base(base) => {
            let networks = transfer(base, text.vocab(), directions)?;
            LmBundle { text, networks }
        }
        TorchStart::Random(sizes) => LmBundle::random(text, sizes, directions, seed),
    };
    let groups = start.networks[0].1.groups();
    let (file, schedule) = plan(recipe, groups, &corpora.train, seed, origin)?;
    folder.write(TRAIN, corpora.train.bytes())?;
    folder.write(VALID, corpora.valid.bytes())?;
    folder.write_tensors(SCHEDULE, &schedule, Dtype::F32)?;
    folder.write(JOB, &pretty(&file))?;
    folder.write("train.py", PROGRAM.as_bytes())?;
    let run = json!({ "schema": 1, "stage": "torch-job", "seed": seed, "base": file.base });
    let metadata = ModelMetadata { card: README.to_owned(), run, ..ModelMetadata::default() };
    start.save(folder, &metadata)
}

/// What `train.py` does, and the rates of every update.
fn plan(
    recipe: &LmRecipe,
    groups: usize,
    train: &impl TokenSource,
    seed: u64,
    base: Option<BaseModel>,
) -> Result<(JobFile, Tensors), Error> {
    let refused = |what: &str, hint: &str| Error::Usage {
        message: format!("training in PyTorch has no {what}"),
        hint: Some(hint.to_owned()),
    };
    let training = &recipe.training;
    let OptimizerConfig::Adam { mom, sqr_mom, eps } = training.optimizer else {
        return Err(refused("optimizer but Adam", "take a recipe with Adam"));
    };
    if recipe.bptt_kind != BpttKind::Fixed {
        return Err(refused("windows of variable length", "take a recipe with fixed windows"));
    }
    if training.selects() {
        return Err(refused("selection of an epoch on a validation set", "train without it"));
    }
    let plan = training.plan(groups, Key::new(seed))?;
    // All epochs have as many windows, whatever the order of documents.
    let batches = training.lm_batches(recipe.bptt_kind, Direction::Forward);
    let windows = LmEpoch::count(train, &batches, Order::InFile)?;
    let updates = windows.div_ceil(plan.accumulate.max(1));
    let mut schedule = Tensors::new();
    for (number, phase) in plan.phases.iter().enumerate() {
        let steps = phase.epochs * updates;
        let rates = (0..steps).flat_map(|step| {
            let rate = phase.schedule.at(step, steps);
            [rate.lr as f32, rate.mom.unwrap_or(mom) as f32]
        });
        let tensor = HostTensor::new([steps, 2], rates.collect());
        schedule.insert(format!("phase.{number}"), tensor);
    }
    let phases = plan.phases.iter().map(|phase| JobPhase {
        epochs: phase.epochs,
        trainable: (0..groups).map(|group| phase.trainable.group(group)).collect(),
        rates: phase.rates.clone(),
    });
    let file = JobFile {
        schema: 1,
        base,
        seed,
        recipe: recipe.clone(),
        batch_size: training.batch_size,
        bptt: training.bptt,
        dropout: training.dropouts(),
        ar: training.ar,
        tar: training.tar,
        sqr_mom,
        eps,
        weight_decay: plan.weight_decay,
        clip: plan.clip,
        accumulate: plan.accumulate.max(1),
        phases: phases.collect(),
    };
    Ok((file, schedule))
}

fn pretty(file: &JobFile) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(file).expect("plain data serialises");
    bytes.push(b'\n');
    bytes
}
