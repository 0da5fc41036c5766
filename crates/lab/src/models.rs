//! The networks that runs begin with.

use crate::score::{EvaluationSet, Score};
use serde_json::json;
use ulmfit::Error;
use ulmfit::input::texts;
use ulmfit::model::{AwdLstmConfig, HypercolumnHead, Hypercolumns, Network};
use ulmfit::models::LmBundle;
use ulmfit::run::Runner;
use ulmfit::run::StageName;
use ulmfit::stages::transfer;
use ulmfit::stages::{ClassifierJob, classify};
use ulmfit::text::{Direction, TextPipeline};
use ulmfit::train::{FeatureRows, HypercolumnTrainee, Labelled, LossConfig};
use ulmfit_ops::Key;

/// The base's networks in another vocabulary.
pub(crate) fn in_vocabulary(
    base: &LmBundle,
    text: &TextPipeline,
    directions: &[Direction],
) -> Result<LmBundle, Error> {
    let networks = transfer(base.copy(directions), text.vocab(), directions)?;
    Ok(LmBundle { text: text.clone(), networks })
}

/// The base's sizes in another vocabulary.
pub(crate) fn sizes(base: &LmBundle, text: &TextPipeline) -> AwdLstmConfig {
    AwdLstmConfig { vocab: text.vocab().len(), ..base.networks[0].1.config() }
}

/// Stage 3 on a language model, and its score.
pub(crate) fn fine_tuned(
    runner: &mut Runner<'_>,
    lm: LmBundle,
    exam: &EvaluationSet<'_>,
    job: &ClassifierJob<'_>,
) -> Result<Score, Error> {
    let classifier = classify(runner, lm, job)?;
    exam.of(runner, &classifier, job.recipe.training.batch_size)
}

/// A head on all layers of a frozen language model, and its score.
pub(crate) fn hypercolumns(
    runner: &mut Runner<'_>,
    lm: &LmBundle,
    exam: &EvaluationSet<'_>,
    job: &ClassifierJob<'_>,
) -> Result<Score, Error> {
    let ClassifierJob { data, recipe, options, .. } = *job;
    let training = &recipe.training;
    let (direction, network) = &lm.networks[0];
    let columns = Hypercolumns {
        batch_size: training.batch_size,
        seq_len: training.bptt,
        max_len: recipe.max_len,
    };
    let mut features = |mut documents: Vec<Vec<u32>>| {
        documents.iter_mut().for_each(|document| direction.orient(document));
        let progress = &mut *runner.progress;
        let mut tick = |done, all| {
            progress.tick("documents read", done, Some(all));
            true
        };
        columns.extract(network, &documents, &mut tick).unwrap_or_default()
    };
    let mut rows = |labelled: &Labelled| FeatureRows {
        features: features(labelled.documents.clone()),
        labels: Labelled { documents: Vec::new(), targets: labelled.targets.clone() },
    };
    let (train, valid) = (rows(&data.train), rows(&data.valid));
    let exam_rows = features(lm.text.encode_all(&texts(exam.records)));

    let key = Key::new(options.seed).child(*direction as u64);
    let inputs = train.features.first().map_or(0, Vec::len);
    let (first, key_of_head) = (training.dropouts().output, key.child(10));
    let (device, outputs) = (training.device(), data.labels.outputs());
    let head = HypercolumnHead::new(device, &options.head, inputs, outputs, first, key_of_head);
    let plan = training.plan(head.groups(), key.child(11))?;
    let loss = LossConfig {
        smoothing: recipe.label_smoothing,
        class_weights: options.balance.then(|| data.class_weights()),
        ..LossConfig::default()
    };
    let title = format!("train a head on hypercolumns, {direction}");
    let task = StageName { title, name: format!("hypercolumns-{direction}") };
    let mut trainee = HypercolumnTrainee::new(
        device,
        head,
        data.labels.kind(),
        &train,
        (!valid.features.is_empty()).then_some(&valid),
        training.batch_size,
        loss,
        key.child(12),
    );
    let identity = json!({ "recipe": recipe, "seed": options.seed, "inputs": inputs });
    runner.train(&task, &device, &mut trainee, &plan, &identity)?;
    let exam_rows: Vec<&[f32]> = exam_rows.iter().map(Vec::as_slice).collect();
    let logits = trainee.into_model().logits(&exam_rows).to_f32();
    Ok(exam.score(&logits.chunks_exact(outputs).map(<[f32]>::to_vec).collect::<Vec<_>>()))
}
