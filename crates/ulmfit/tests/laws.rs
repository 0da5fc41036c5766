//! What must hold whatever the numbers: resume, threads, batch mates, freezing.

#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "a test may fail, and compares bits")]

use ulmfit::data::batches::{Bptt, Corpus, LmBatchConfig};
use ulmfit::data::labels::LabelKind;
use ulmfit::model::scoring::score_documents;
use ulmfit::model::{
    AwdLstmConfig, ClassifierConfig, DropoutConfig, LanguageModel, Network, Param, Regularisation,
    TextClassifier, TrainableGroups,
};
use ulmfit::optim::OptimizerConfig;
use ulmfit::schedule::{OneCycle, ScheduleConfig};
use ulmfit::text::Direction;
use ulmfit::train::{
    Checkpointer, ClassifierTrainee, Completion, Control, Event, Labelled, LmTrainee, LossConfig,
    NoCheckpoints, Phase, Plan, Snapshot, StepPlan, TrainError, Trainee, fit,
};
use ulmfit_ops::{Cpu, Device, Key, Reference};

const SIZES: AwdLstmConfig = AwdLstmConfig { vocab: 40, emb: 12, hid: 20, layers: 3 };

fn documents(count: usize, key: u64) -> Vec<Vec<u32>> {
    let length = |n: usize| 3 + (n * 7 + key as usize) % 23;
    let document = |n: usize| {
        let draws = Key::new(key).child(n as u64).uniform_values(length(n), 1.0);
        std::iter::once(2).chain(draws.into_iter().map(|u| 3 + (u.abs() * 36.0) as u32)).collect()
    };
    (0..count).map(document).collect()
}

fn corpus() -> Corpus {
    let mut corpus = Corpus::default();
    documents(60, 5).iter().for_each(|document| corpus.push(document));
    corpus
}

fn labelled() -> Labelled {
    let documents = documents(30, 9);
    let targets = (0..documents.len()).map(|n| vec![(n % 3) as f32]).collect();
    Labelled { documents, targets }
}

fn language_model() -> LanguageModel<Cpu> {
    LanguageModel::new(Cpu::default(), SIZES, DropoutConfig::LANGUAGE_MODEL, Key::new(3))
}

fn classifier() -> TextClassifier<Cpu> {
    let config = ClassifierConfig {
        seq_len: 8,
        max_len: Some(16),
        ..ClassifierConfig::new(SIZES, 3, LabelKind::Single)
    };
    TextClassifier::new(Cpu::default(), config, DropoutConfig::CLASSIFIER, Key::new(3))
}

fn plan(groups: usize, optimizer: OptimizerConfig) -> Plan {
    let phase = |epochs, top| Phase {
        epochs,
        trainable: TrainableGroups::top(groups, top),
        rates: (0..groups).map(|g| 0.02 / 2.6_f64.powf((groups - 1 - g) as f64)).collect(),
        schedule: ScheduleConfig::OneCycle(OneCycle::default()),
    };
    Plan {
        phases: vec![phase(1, 1), phase(2, groups)],
        optimizer,
        weight_decay: 0.01,
        clip: Some(0.25),
        accumulate: 2,
        patience: None,
        keep_best: true,
        key: Key::new(11),
    }
}

/// Keeps the snapshot of one update.
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

fn weights<N: Network<Cpu>>(network: &N) -> Vec<(String, Vec<f32>)> {
    network.state().into_iter().map(|(name, tensor)| (name, tensor.to_f32())).collect()
}

/// A run that is broken off after any update and continued by a fresh trainee ends with the same
/// bits and tells the same events.
fn resumes_exactly<T: Trainee<Cpu>>(start: impl Fn() -> T, optimizer: OptimizerConfig) {
    let device = Cpu::default();
    let mut whole = start();
    let plan = plan(whole.model().groups(), optimizer);
    let mut told = Vec::new();
    let mut note = |event: &Event| {
        told.push(event.clone());
        Control::Continue
    };
    fit(&device, &mut whole, &plan, None, &mut note, &mut NoCheckpoints).unwrap();
    let updates = told.iter().filter(|event| matches!(event, Event::Step { .. })).count() as u64;
    assert!(updates > 6, "{updates} updates prove little");
    for stop in 1..=updates {
        let mut first = start();
        let mut before = Vec::new();
        let mut keep = At(stop, None);
        let mut observer = |event: &Event| {
            before.push(event.clone());
            match event {
                Event::Step { step, .. } if *step == stop => Control::Stop,
                _ => Control::Continue,
            }
        };
        let outcome = fit(&device, &mut first, &plan, None, &mut observer, &mut keep).unwrap();
        assert_eq!(outcome, Completion::Stopped);
        let mut second = start();
        let mut after = |event: &Event| {
            before.push(event.clone());
            Control::Continue
        };
        let snapshot = keep.1.expect("a stop saves a snapshot");
        fit(&device, &mut second, &plan, Some(&snapshot), &mut after, &mut NoCheckpoints).unwrap();
        assert_eq!(weights(second.model()), weights(whole.model()), "stopped at {stop}");
        assert_eq!(before, told, "stopped at {stop}");
    }
}

fn lm_trainee(corpus: &Corpus, bptt: Bptt) -> LmTrainee<'_, Cpu, Corpus> {
    let config = LmBatchConfig { batch_size: 4, seq_len: 16, bptt, direction: Direction::Backward };
    let regularisation = Regularisation::default();
    let key = Key::new(4);
    LmTrainee::new(
        Cpu::default(),
        language_model(),
        corpus,
        Some(corpus),
        config,
        regularisation,
        key,
    )
    .unwrap()
}

#[test]
fn language_model_resumes_exactly() {
    let corpus = corpus();
    resumes_exactly(|| lm_trainee(&corpus, Bptt::Fixed), OptimizerConfig::default());
}

#[test]
fn language_model_with_lanes_resumes_exactly() {
    let corpus = corpus();
    let start = || lm_trainee(&corpus, Bptt::Variable { cap: None }).with_lanes(3);
    resumes_exactly(start, OptimizerConfig::default());
}

#[test]
fn averaged_sgd_with_variable_windows_resumes_exactly() {
    let corpus = corpus();
    let optimizer = OptimizerConfig::NtAsgd { nonmono: 0 };
    resumes_exactly(|| lm_trainee(&corpus, Bptt::Variable { cap: None }), optimizer);
}

#[test]
fn classifier_resumes_exactly() {
    let data = labelled();
    let start = || {
        let loss = LossConfig::default();
        ClassifierTrainee::new(
            Cpu::default(),
            classifier(),
            &data,
            Some(&data),
            6,
            loss,
            Key::new(4),
        )
    };
    resumes_exactly(start, OptimizerConfig::default());
}

/// Whatever is kept, on one thread and on two, and if a run is continued with another setting.
#[test]
fn recomputed_activations_do_not_change_a_bit() {
    let (device, data) = (Cpu::default(), labelled());
    let start = |bytes| {
        let config = ClassifierConfig { max_len: None, ..classifier().config().clone() };
        let mut model = TextClassifier::new(device, config, DropoutConfig::CLASSIFIER, Key::new(3));
        model.keep_activations(bytes);
        ClassifierTrainee::new(device, model, &data, None, 6, LossConfig::default(), Key::new(4))
    };
    let plan = plan(5, OptimizerConfig::default());
    let train = |bytes, threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut trainee = start(bytes);
        let mut silent = ulmfit::train::NoObserver;
        pool.install(|| {
            fit(&device, &mut trainee, &plan, None, &mut silent, &mut NoCheckpoints).unwrap();
        });
        weights(trainee.model())
    };
    let everything = train(u64::MAX, 2);
    // nothing; the first piece of most batches; two of them
    for bytes in [0, 100_000, 200_000] {
        assert_eq!(train(bytes, 1), everything, "{bytes} bytes, one thread");
        assert_eq!(train(bytes, 2), everything, "{bytes} bytes, two threads");
    }
    let runs = std::cell::Cell::new(0);
    let alternating = || {
        runs.set(runs.get() + 1);
        start([u64::MAX, 0, 100_000][runs.get() % 3])
    };
    resumes_exactly(alternating, OptimizerConfig::default());
}

#[test]
fn threads_do_not_change_a_bit() {
    let corpus = corpus();
    let train = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut trainee = lm_trainee(&corpus, Bptt::Fixed);
            let plan = plan(4, OptimizerConfig::default());
            let mut silent = ulmfit::train::NoObserver;
            fit(&Cpu::default(), &mut trainee, &plan, None, &mut silent, &mut NoCheckpoints)
                .unwrap();
            weights(trainee.model())
        })
    };
    let one = train(1);
    assert_eq!(one, train(2));
    assert_eq!(one, train(3));
}

/// The gradients of one batch, by name, and its loss with AR and TAR.
fn gradients<D: Device>(lanes: usize, threads: usize) -> (Vec<(String, Vec<f64>)>, f64) {
    let corpus = corpus();
    let device = D::default();
    let dropout = DropoutConfig::LANGUAGE_MODEL;
    let model = LanguageModel::new(device.clone(), SIZES, dropout, Key::new(3));
    let batches = LmBatchConfig { batch_size: 5, seq_len: 9, ..LmBatchConfig::default() };
    let regularisation = Regularisation::default();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let mut trainee =
        LmTrainee::new(device, model, &corpus, None, batches, regularisation, Key::new(4))
            .unwrap()
            .with_lanes(lanes);
    let trainable = TrainableGroups::all(4);
    let out = pool.install(|| {
        let plan = |step| {
            let key = Key::new(8).child(step as u64);
            StepPlan { step, trainable: &trainable, scale: 0.5, key }
        };
        trainee.step(plan(0)); // gradients add up, and the next state is not zero
        trainee.step(plan(1))
    });
    let named = |(name, _, param): (String, usize, &Param<D>)| {
        (name, param.grad.as_ref().expect("every group learns").to_f64())
    };
    (trainee.model().params().into_iter().map(named).collect(), out.total)
}

/// All masks are those of the whole batch: in `f64` nothing but rounding is left.
#[test]
fn lanes_change_gradients_by_rounding_only() {
    let (whole, loss) = gradients::<Reference<f64>>(1, 1);
    for lanes in [2, 3, 5, 7] {
        let (cut, total) = gradients::<Reference<f64>>(lanes, 2);
        assert!((total - loss).abs() < 1e-12, "{total} {loss}, {lanes} lanes");
        for ((name, whole), (_, cut)) in whole.iter().zip(&cut) {
            let largest = whole.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
            assert!(largest > 0.0, "`{name}` learns nothing");
            for (a, b) in whole.iter().zip(cut) {
                assert!((a - b).abs() < 1e-12, "`{name}`: {a} {b}, {lanes} lanes");
            }
        }
    }
}

#[test]
fn threads_do_not_change_a_bit_of_lanes() {
    for lanes in [1, 2, 3, 4] {
        let one = gradients::<Cpu>(lanes, 1);
        for threads in [2, 3, 8] {
            assert_eq!(gradients::<Cpu>(lanes, threads), one, "{lanes} lanes, {threads} threads");
        }
    }
}

#[test]
fn batch_mates_do_not_change_a_bit() {
    let model = classifier();
    let documents = documents(40, 13);
    let alone: Vec<Vec<f32>> =
        documents.iter().map(|document| model.logits(&[document]).to_f32()).collect();
    for batch_size in [2, 3, 5, 8, 40] {
        let together = score_documents(&model, &documents, batch_size, &mut |_, _| ());
        assert_eq!(together, alone, "batches of {batch_size}");
    }
}

/// Also where the window is shorter than a piece, or no multiple of it.
#[test]
fn batch_mates_do_not_change_a_bit_in_any_window() {
    let sizes = AwdLstmConfig { vocab: 40, emb: 4, hid: 5, layers: 2 };
    let documents = documents(12, 13);
    for seq_len in 1..=9 {
        for max_len in (0..=20).map(|max| (max > 0).then_some(max)) {
            let config = ClassifierConfig {
                seq_len,
                max_len,
                ..ClassifierConfig::new(sizes, 3, LabelKind::Single)
            };
            let (dropout, key) = (DropoutConfig::NONE, Key::new(3));
            let model = TextClassifier::new(Cpu::default(), config, dropout, key);
            let score =
                |batch_size| score_documents(&model, &documents, batch_size, &mut |_, _| ());
            assert_eq!(score(5), score(1), "pieces of {seq_len}, {max_len:?}");
        }
    }
}

/// A window of 100 tokens over pieces of 72: the second document ends before the batch's window.
#[test]
fn a_short_window_over_mixed_lengths_learns() {
    let of_length = |length: usize| (0..length).map(|n| 2 + (n * 5 % 37) as u32).collect();
    let data = Labelled {
        documents: [200, 57, 199, 58].map(of_length).to_vec(),
        targets: vec![vec![0.0], vec![1.0], vec![0.0], vec![2.0]],
    };
    for max_len in [1, 71, 72, 100, 150] {
        let config = ClassifierConfig { max_len: Some(max_len), ..classifier().config().clone() };
        let config = ClassifierConfig { seq_len: 72, ..config };
        let (dropout, key) = (DropoutConfig::CLASSIFIER, Key::new(3));
        let model = TextClassifier::new(Cpu::default(), config, dropout, key);
        let (loss, device) = (LossConfig::default(), Cpu::default());
        let mut trainee =
            ClassifierTrainee::new(device, model, &data, Some(&data), 4, loss, Key::new(4));
        let plan = Plan { accumulate: 1, ..plan(5, OptimizerConfig::default()) };
        let mut silent = ulmfit::train::NoObserver;
        let outcome = fit(&device, &mut trainee, &plan, None, &mut silent, &mut NoCheckpoints);
        assert_eq!(outcome.unwrap(), Completion::Done, "a window of {max_len}");
    }
}

/// The case in which fastai loses the last tokens of a row: one above it ends before the last
/// piece, the row itself goes on.
#[test]
fn a_row_is_read_to_its_end_though_one_above_has_ended() {
    let model = classifier();
    let of_length =
        |length: usize| (0..length).map(|n| 2 + (n * 5 % 37) as u32).collect::<Vec<u32>>();
    let documents = [of_length(35), of_length(28), of_length(27)];
    let texts: Vec<&[u32]> = documents.iter().map(Vec::as_slice).collect();
    let together = model.logits(&texts).to_f32();
    for (n, document) in texts.iter().enumerate() {
        assert_eq!(model.logits(&[document]).to_f32(), together[3 * n..3 * n + 3]);
    }
}

#[test]
fn frozen_groups_stay_as_they_are() {
    let data = labelled();
    let loss = LossConfig::default();
    let mut trainee =
        ClassifierTrainee::new(Cpu::default(), classifier(), &data, None, 6, loss, Key::new(4));
    let before = weights(trainee.model());
    let mut plan = plan(5, OptimizerConfig::default());
    plan.phases.truncate(1);
    let mut silent = ulmfit::train::NoObserver;
    fit(&Cpu::default(), &mut trainee, &plan, None, &mut silent, &mut NoCheckpoints).unwrap();
    for ((name, before), (_, after)) in before.iter().zip(weights(trainee.model())) {
        assert_eq!(*before == after, name.starts_with("0."), "{name}");
    }
}

#[test]
fn a_loss_that_explodes_ends_the_run() {
    let corpus = corpus();
    let mut trainee = lm_trainee(&corpus, Bptt::Fixed);
    let mut plan = plan(4, OptimizerConfig::Sgd);
    plan.phases.iter_mut().for_each(|phase| phase.rates = vec![1e30; 4]);
    plan.clip = None;
    let mut silent = ulmfit::train::NoObserver;
    let result = fit(&Cpu::default(), &mut trainee, &plan, None, &mut silent, &mut NoCheckpoints);
    assert!(
        matches!(result, Err(TrainError::Loss { .. } | TrainError::Gradient { .. })),
        "{result:?}"
    );
}
