//! Two losses on one encoder, and heads on frozen ones.

#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "a test may fail, and compares bits")]

use ulmfit::data::batches::{Bptt, Corpus, LmBatchConfig, LmEpoch, Order, pad};
use ulmfit::data::labels::LabelKind;
use ulmfit::model::{
    AwdLstmConfig, ClassifierConfig, DropoutConfig, HeadConfig, HypercolumnHead, LanguageModel,
    MultiTask, Network, RandomMasks, Regularisation, TextClassifier, TrainableGroups,
};
use ulmfit::optim::OptimizerConfig;
use ulmfit::schedule::ScheduleConfig;
use ulmfit::text::Direction;
use ulmfit::train::{
    Checkpointer, ClassifierTrainee, Control, Event, FeatureRows, HypercolumnTrainee, Labelled,
    LmTask, LossConfig, MultiTaskTrainee, NoCheckpoints, NoObserver, Phase, Plan, Snapshot,
    TrainError, Trainee, fit,
};
use ulmfit_ops::class_loss::Targets;
use ulmfit_ops::{Cpu, Device, Key, Reference, Tensor};

const SIZES: AwdLstmConfig = AwdLstmConfig { vocab: 40, emb: 12, hid: 20, layers: 3 };
const GROUPS: usize = 5;

fn documents() -> Vec<Vec<u32>> {
    let length = |n: usize| 4 + (n * 7) % 19;
    (0..30).map(|n| (0..length(n)).map(|t| 3 + ((t * t + 5 * n) % 36) as u32).collect()).collect()
}

fn labelled() -> Labelled {
    let documents = documents();
    let targets = (0..documents.len()).map(|n| vec![(n % 3) as f32]).collect();
    Labelled { documents, targets }
}

fn corpus() -> Corpus {
    let mut corpus = Corpus::default();
    documents().iter().for_each(|document| corpus.push(document));
    corpus
}

fn classifier<D: Device>(dropout: DropoutConfig) -> TextClassifier<D> {
    let config = ClassifierConfig {
        seq_len: 8,
        max_len: Some(16),
        ..ClassifierConfig::new(SIZES, 3, LabelKind::Single)
    };
    TextClassifier::new(D::default(), config, dropout, Key::new(3))
}

fn multi_task<D: Device>(dropout: DropoutConfig) -> MultiTask<D> {
    let decoder = LanguageModel::new(D::default(), SIZES, dropout, Key::new(8));
    MultiTask::new(classifier(dropout), decoder)
}

fn windows() -> LmBatchConfig {
    LmBatchConfig { batch_size: 4, seq_len: 8, bptt: Bptt::Fixed, direction: Direction::Forward }
}

fn plan(groups: usize) -> Plan {
    let phase = |epochs, top| Phase {
        epochs,
        trainable: TrainableGroups::top(groups, top),
        rates: vec![0.01; groups],
        schedule: ScheduleConfig::default(),
    };
    Plan {
        phases: vec![phase(1, 1), phase(2, groups)],
        optimizer: OptimizerConfig::default(),
        weight_decay: 0.01,
        clip: Some(0.25),
        accumulate: 1,
        patience: None,
        keep_best: false,
        key: Key::new(11),
    }
}

fn weights<N: Network<Cpu>>(network: &N) -> Vec<(String, Vec<f32>)> {
    network.state().into_iter().map(|(name, tensor)| (name, tensor.to_f32())).collect()
}

fn trainee<'a>(data: &'a Labelled, corpus: &'a Corpus, weight: f64) -> MultiTaskTrainee<'a, Cpu> {
    let lm = LmTask { corpus, batches: windows(), weight };
    let (loss, key) = (LossConfig::default(), Key::new(4));
    let model = multi_task(DropoutConfig::CLASSIFIER);
    MultiTaskTrainee::new(Cpu::default(), model, data, Some(data), 6, loss, lm, key).unwrap()
}

#[test]
fn a_weight_of_nothing_leaves_the_classifier_alone() {
    let (data, corpus) = (labelled(), corpus());
    let train = |weight| {
        let mut both = trainee(&data, &corpus, weight);
        fit(&Cpu::default(), &mut both, &plan(GROUPS), None, &mut NoObserver, &mut NoCheckpoints)
            .unwrap();
        weights(&both.into_model().into_classifier())
    };
    let (loss, model) = (LossConfig::default(), classifier(DropoutConfig::CLASSIFIER));
    let mut alone =
        ClassifierTrainee::new(Cpu::default(), model, &data, Some(&data), 6, loss, Key::new(4));
    fit(&Cpu::default(), &mut alone, &plan(GROUPS), None, &mut NoObserver, &mut NoCheckpoints)
        .unwrap();
    assert_eq!(train(0.0), weights(alone.model()));
    assert_ne!(train(0.5), weights(alone.model()));
}

/// Gradients of every parameter, by name; zero where there is none.
fn gradients(model: &MultiTask<Reference<f64>>) -> Vec<(String, Vec<f64>)> {
    let values = |param: &ulmfit::model::Param<Reference<f64>>| {
        param.grad.as_ref().map_or(vec![0.0; param.value.len()], Tensor::to_f64)
    };
    model.params().into_iter().map(|(name, _, param)| (name, values(param))).collect()
}

/// What is descended is the sum of both losses: so are the gradients, through the same encoder.
#[test]
fn gradients_of_both_losses_add_up() {
    let dropout = DropoutConfig::LANGUAGE_MODEL;
    let (texts, corpus) = (documents(), corpus());
    let batch = pad(&[&texts[2], &texts[1], &texts[0]], 8);
    let targets = Targets::Classes { classes: vec![2, 0, 1], smoothing: 0.0, weights: None };
    let epoch = LmEpoch::new(&corpus, &windows(), Order::InFile).unwrap();
    let (trainable, regularisation) = (TrainableGroups::all(GROUPS), Regularisation::default());
    let run = |classify: bool, weight: f64| {
        let mut model = multi_task::<Reference<f64>>(dropout);
        let masks = |n| RandomMasks::new(Reference::default(), Key::new(n));
        if classify {
            model.classifier_mut().train_step(
                &batch,
                &targets,
                &masks(1),
                regularisation,
                &trainable,
                1.0,
            );
        }
        if weight > 0.0 {
            let mut state = model.zero_state(epoch.batch_size());
            let window = epoch.batch(0);
            model.lm_step(&window, &mut state, &masks(2), regularisation, &trainable, weight);
        }
        gradients(&model)
    };
    let (labels, text, both) = (run(true, 0.0), run(false, 1.0), run(true, 0.5));
    for (((name, labels), (_, text)), (_, both)) in labels.iter().zip(&text).zip(&both) {
        let flows = |of: &[f64]| of.iter().any(|gradient| *gradient != 0.0);
        assert_eq!(flows(labels), name != "1.decoder.bias", "{name}");
        assert_eq!(flows(text), !name.starts_with("1.layers"), "{name}");
        for ((labels, text), both) in labels.iter().zip(text).zip(both) {
            let sum = labels + 0.5 * text;
            assert!((sum - both).abs() < 1e-12 + 1e-9 * sum.abs(), "{name}: {sum} {both}");
        }
    }
}

struct At(u64, Option<Snapshot>);

impl Checkpointer for At {
    fn due(&mut self, updates: u64) -> Result<bool, TrainError> {
        Ok(updates == self.0)
    }

    fn save(&mut self, snapshot: Snapshot) -> Result<(), TrainError> {
        if snapshot.position.updates == self.0 && self.1.is_none() {
            self.1 = Some(snapshot);
        }
        Ok(())
    }
}

#[test]
fn both_tasks_resume_exactly() {
    let (data, corpus) = (labelled(), corpus());
    let start = || trainee(&data, &corpus, 0.5);
    let (device, plan) = (Cpu::default(), plan(GROUPS));
    let mut whole = start();
    fit(&device, &mut whole, &plan, None, &mut NoObserver, &mut NoCheckpoints).unwrap();
    for stop in 1..=12 {
        let mut keep = At(stop, None);
        let mut observer = |event: &Event| match event {
            Event::Step { step, .. } if *step == stop => Control::Stop,
            _ => Control::Continue,
        };
        fit(&device, &mut start(), &plan, None, &mut observer, &mut keep).unwrap();
        let mut second = start();
        fit(&device, &mut second, &plan, keep.1.as_ref(), &mut NoObserver, &mut NoCheckpoints)
            .unwrap();
        assert_eq!(weights(second.model()), weights(whole.model()), "stopped at {stop}");
    }
}

/// Features that tell the class are learned from, and the head is all that learns.
#[test]
fn a_head_learns_from_features() {
    let rows = |seed: u64, count: usize| {
        let noise = Key::new(seed).uniform_values(count * 6, 0.5);
        let feature = |n: usize, i: usize| noise[6 * n + i] + f32::from(u8::from(i == n % 3));
        let features = (0..count).map(|n| (0..6).map(|i| feature(n, i)).collect()).collect();
        let targets = (0..count).map(|n| vec![(n % 3) as f32]).collect();
        FeatureRows { features, labels: Labelled { documents: vec![], targets } }
    };
    let (train, valid) = (rows(1, 60), rows(2, 60));
    let config = HeadConfig { hidden: vec![8], dropout: 0.0 };
    let head = HypercolumnHead::new(Cpu::default(), &config, 6, 3, 0.0, Key::new(5));
    let plan = Plan { phases: vec![Phase { epochs: 30, ..plan(1).phases[1].clone() }], ..plan(1) };
    let mut trainee = HypercolumnTrainee::new(
        Cpu::default(),
        head,
        LabelKind::Single,
        &train,
        Some(&valid),
        10,
        LossConfig::default(),
        Key::new(6),
    );
    let (mut first, mut last) = (None, None);
    let mut observer = |event: &Event| {
        if let Event::Epoch { valid: Some(valid), .. } = event {
            first.get_or_insert(valid.loss);
            last = Some((valid.loss, valid.metrics["accuracy"]));
        }
        Control::Continue
    };
    fit(&Cpu::default(), &mut trainee, &plan, None, &mut observer, &mut NoCheckpoints).unwrap();
    let (loss, accuracy) = last.unwrap();
    assert!(loss < 0.5 * first.unwrap() && accuracy > 0.9, "{first:?} {last:?}");
}
