//! A head of one's own on the frozen layers of a language model.
//!
//! The states of all layers are pooled into one vector per document; a single linear layer, built
//! and trained with the library's parts, learns the labels from these.

#![allow(clippy::print_stdout, reason = "a program for people")]

mod common;

use ulmfit::data::labels::LabelKind;
use ulmfit::input::{HoldOut, LmInput, Texts, VocabSource};
use ulmfit::model::scoring::argmax;
use ulmfit::model::{
    AwdLstmConfig, HeadConfig, HypercolumnHead, Hypercolumns, Network, TrainableGroups,
};
use ulmfit::models::LmBundle;
use ulmfit::optim::OptimizerConfig;
use ulmfit::run::NoProgress;
use ulmfit::schedule::{OneCycle, ScheduleConfig};
use ulmfit::text::{Direction, TextConfig, VocabConfig};
use ulmfit::train::{
    FeatureRows, HypercolumnTrainee, Labelled, LossConfig, NoCheckpoints, NoObserver, Phase, Plan,
    fit,
};
use ulmfit::{Cpu, Key};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (texts, labels): (Vec<_>, Vec<_>) =
        common::reviews(300).map(|(text, label)| (vec![text], label)).unzip();

    // A language model; `LmBundle::load` would read one that has learned something.
    let input = LmInput {
        train: Texts { documents: texts.iter().map(Vec::as_slice).collect(), files: Vec::new() },
        valid: Some(Texts::default()),
        hold_out: HoldOut::new(10, Key::new(1)),
        options: ulmfit::data::readers::ReadOptions::default(),
    };
    let vocab = VocabConfig { min_freq: 1, ..VocabConfig::default() };
    let config = TextConfig::default();
    let (text, _) = input.tokenize(VocabSource::Build(&config, &vocab), None, &mut NoProgress)?;
    let sizes = AwdLstmConfig { vocab: text.vocab().len(), emb: 24, hid: 48, layers: 2 };
    let lm = LmBundle::random(text, sizes, &[Direction::Forward], 1);

    // One vector per document.
    let columns = Hypercolumns { batch_size: 32, seq_len: 72, max_len: None };
    let ids = lm.text.encode_all(&texts);
    let features = columns.extract(&lm.networks[0].1, &ids, &mut |_, _| true).unwrap_or_default();
    let inputs = features[0].len();
    let targets: Vec<Vec<f32>> =
        labels.iter().map(|&label| vec![f32::from(u8::from(label == "good"))]).collect();

    // The head and its training.
    let (key, device) = (Key::new(3), Cpu::default());
    let linear = HeadConfig { hidden: Vec::new(), ..HeadConfig::default() };
    let head = HypercolumnHead::new(device, &linear, inputs, 2, 0.1, key.child(0));
    let phase = Phase {
        epochs: 10,
        trainable: TrainableGroups::all(head.groups()),
        rates: vec![0.01; head.groups()],
        schedule: ScheduleConfig::OneCycle(OneCycle::default()),
    };
    let plan = Plan {
        phases: vec![phase],
        optimizer: OptimizerConfig::Adam { mom: 0.9, sqr_mom: 0.99, eps: 1e-5 },
        weight_decay: 0.01,
        clip: None,
        accumulate: 1,
        patience: None,
        keep_best: false,
        key: key.child(1),
    };
    let rows = FeatureRows {
        features: features.clone(),
        labels: Labelled { documents: Vec::new(), targets: targets.clone() },
    };
    let loss = LossConfig::default();
    let mut trainee = HypercolumnTrainee::new(
        device,
        head,
        LabelKind::Single,
        &rows,
        None,
        32,
        loss,
        key.child(2),
    );
    fit(&device, &mut trainee, &plan, None, &mut NoObserver, &mut NoCheckpoints)?;

    let vectors: Vec<&[f32]> = features.iter().map(Vec::as_slice).collect();
    let logits = trainee.into_model().logits(&vectors).to_f32();
    let right = logits.chunks_exact(2).zip(&targets);
    let right = right.filter(|(row, target)| argmax(row) == target[0] as usize).count();
    println!("{right} of {} training texts are right", targets.len());
    Ok(())
}
