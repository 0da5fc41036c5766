//! Runs in their folders: broken off anywhere, and with numbers that stop being finite.

#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "a test may fail, and compares bits")]

use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::path::Path;
use ulmfit::Error;
use ulmfit::Key;
use ulmfit::checkpoint::{RunFolder, Tensors};
use ulmfit::data::batches::{Bptt, Corpus, LmBatchConfig};
use ulmfit::model::{
    AwdLstmConfig, DropoutConfig, LanguageModel, Network, Regularisation, TrainableGroups,
};
use ulmfit::optim::OptimizerConfig;
use ulmfit::run::{CheckpointInterval, NoProgress, OnNan, Progress, Runner, StageName};
use ulmfit::schedule::{Constant, ScheduleConfig};
use ulmfit::text::Direction;
use ulmfit::train::{
    Control, Event, LmTrainee, MAX_ROLLBACKS, Phase, Plan, StepLoss, StepPlan, Trainee, Validation,
};
use ulmfit_ops::Cpu;

const GROUPS: usize = 3;
const SIZES: AwdLstmConfig = AwdLstmConfig { vocab: 30, emb: 8, hid: 12, layers: GROUPS - 1 };

/// A language model whose loss is no number as soon as a weight of its bias exceeds `limit`.
struct Fragile<'a> {
    inner: LmTrainee<'a, Cpu, Corpus>,
    limit: f32,
}

impl Trainee<Cpu> for Fragile<'_> {
    type Model = LanguageModel<Cpu>;

    fn model(&self) -> &Self::Model {
        self.inner.model()
    }

    fn model_mut(&mut self) -> &mut Self::Model {
        self.inner.model_mut()
    }

    fn steps(&self, epoch: usize) -> usize {
        self.inner.steps(epoch)
    }

    fn start_epoch(&mut self, epoch: usize) {
        self.inner.start_epoch(epoch);
    }

    fn step(&mut self, plan: StepPlan<'_>) -> StepLoss {
        let step = self.inner.step(plan);
        let total = if largest(self) > self.limit { f64::NAN } else { step.total };
        StepLoss { total, ..step }
    }

    fn validate(
        &mut self,
        poll: &mut dyn FnMut() -> Control,
    ) -> ControlFlow<(), Option<Validation>> {
        self.inner.validate(poll)
    }

    fn carried(&self) -> Tensors {
        self.inner.carried()
    }

    fn restore_carried(&mut self, tensors: &Tensors) {
        self.inner.restore_carried(tensors);
    }
}

fn corpus() -> Corpus {
    let mut corpus = Corpus::default();
    for n in 0..40 {
        let draws = Key::new(5).child(n).uniform_values(12, 1.0);
        let ids = draws.into_iter().map(|u| 3 + (u.abs().powi(2) * 26.0) as u32);
        corpus.push(&std::iter::once(2).chain(ids).collect::<Vec<_>>());
    }
    corpus
}

fn trainee(corpus: &Corpus, limit: f32) -> Fragile<'_> {
    let device = Cpu::default();
    let model = LanguageModel::new(device, SIZES, DropoutConfig::LANGUAGE_MODEL, Key::new(3));
    let batches = LmBatchConfig {
        batch_size: 4,
        seq_len: 10,
        bptt: Bptt::Fixed,
        direction: Direction::Forward,
    };
    let regularisation = Regularisation::default();
    let key = Key::new(4);
    let inner =
        LmTrainee::new(device, model, corpus, Some(corpus), batches, regularisation, key).unwrap();
    Fragile { inner, limit }
}

fn plan(lr: f64) -> Plan {
    let phase = Phase {
        epochs: 2,
        trainable: TrainableGroups::all(GROUPS),
        rates: vec![lr; GROUPS],
        schedule: ScheduleConfig::Constant(Constant::default()),
    };
    Plan {
        phases: vec![phase],
        optimizer: OptimizerConfig::default(),
        weight_decay: 0.0,
        clip: None,
        accumulate: 1,
        patience: None,
        keep_best: true,
        key: Key::new(11),
    }
}

/// Asks to stop at the `n`-th question.
struct StopAt(std::cell::Cell<usize>);

impl StopAt {
    fn asked(&self) -> bool {
        self.0.set(self.0.get().saturating_sub(1));
        self.0.get() == 0
    }
}

impl Progress for StopAt {
    fn event(&mut self, _task: &StageName, _event: &Event) -> Control {
        if self.asked() { Control::Stop } else { Control::Continue }
    }

    fn stop_asked(&self) -> bool {
        self.asked()
    }
}

/// One go at the run in `folder`.
fn run(
    folder: &Path,
    trainee: &mut Fragile<'_>,
    plan: &Plan,
    on_nan: OnNan,
    progress: &mut dyn Progress,
) -> Result<(), Error> {
    let task = StageName { title: "test".into(), name: "task".into() };
    let runner = Runner::new(progress, Some(folder.to_owned()), CheckpointInterval::Updates(4));
    runner.with_on_nan(on_nan)?.train(&task, &Cpu::default(), trainee, plan, &json!({}))
}

fn weights(trainee: &Fragile<'_>) -> Vec<(String, Vec<f32>)> {
    let state = trainee.model().state();
    state.into_iter().map(|(name, tensor)| (name, tensor.to_f32())).collect()
}

fn metrics(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("task/metrics.jsonl")).unwrap()
}

fn events(text: &str, kind: &str) -> Vec<Value> {
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|event| event["event"] == kind).collect()
}

/// The largest weight of the bias.
fn largest(trainee: &Fragile<'_>) -> f32 {
    let bias = trainee.model().state()["1.decoder.bias"].to_f32();
    bias.into_iter().map(f32::abs).fold(0.0, f32::max)
}

#[test]
fn a_run_that_rolls_back_ends_with_the_same_bits_wherever_it_is_broken_off() {
    let (corpus, plan) = (corpus(), plan(0.03));
    let place = tempfile::tempdir().unwrap();
    // A limit that a run at the full rate meets near its end, and one at a lower rate does not.
    let mut free = trainee(&corpus, f32::INFINITY);
    run(&place.path().join("free"), &mut free, &plan, OnNan::Stop, &mut NoProgress).unwrap();
    let limit = 0.9 * largest(&free);
    let whole = place.path().join("whole");
    let mut wanted = trainee(&corpus, limit);
    run(&whole, &mut wanted, &plan, OnNan::Rollback, &mut NoProgress).unwrap();
    let text = metrics(&whole);
    let steps = events(&text, "step");
    let numbers: Vec<_> = steps.iter().map(|step| step["step"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "each exactly once");
    let back = events(&text, "rolled-back");
    assert!((1..=MAX_ROLLBACKS as usize).contains(&back.len()), "{back:?}");
    for (n, back) in (1..).zip(&back) {
        let (to, from) = (back["step"].as_u64().unwrap(), back["from"].as_u64().unwrap());
        assert!(to.is_multiple_of(4) && (to..to + 4).contains(&from), "{back}");
        assert_eq!(back["rate_factor"], 0.5_f64.powi(n));
        assert!(back["reason"].as_str().unwrap().contains("the loss is NaN at step"), "{back}");
    }
    let last = back.last().unwrap();
    assert_eq!(steps.last().unwrap()["lr"], 0.03 * last["rate_factor"].as_f64().unwrap());

    let mut stopped = 0;
    for question in 1.. {
        let folder = place.path().join(question.to_string());
        let mut stop = StopAt(std::cell::Cell::new(question));
        let mut first = trainee(&corpus, limit);
        match run(&folder, &mut first, &plan, OnNan::Rollback, &mut stop) {
            Err(Error::Stopped) => stopped += 1,
            Ok(()) => break, // more questions than are asked
            Err(error) => panic!("{error}"),
        }
        let mut second = trainee(&corpus, limit);
        run(&folder, &mut second, &plan, OnNan::Rollback, &mut NoProgress).unwrap();
        assert_eq!(weights(&second), weights(&wanted), "stopped at question {question}");
        assert_eq!(metrics(&folder), text, "stopped at question {question}");
    }
    assert!(stopped > 2 * numbers.len(), "{stopped}: also inside validations");
}

#[test]
fn a_run_that_cannot_be_mended_ends_and_names_step_and_layer() {
    let (corpus, plan) = (corpus(), plan(0.03));
    for (on_nan, rollbacks) in [(OnNan::Stop, 0), (OnNan::Rollback, MAX_ROLLBACKS as usize)] {
        let place = tempfile::tempdir().unwrap();
        let mut broken = trainee(&corpus, 0.0); // from the second step on
        let error = run(place.path(), &mut broken, &plan, on_nan, &mut NoProgress).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("the loss is NaN at step 1; the largest weight is "), "{text}");
        assert!(text.contains("` ") || text.ends_with('`'), "{text}");
        assert!(error.hint().unwrap().contains("`on-nan = rollback`"));
        assert_eq!(events(&metrics(place.path()), "rolled-back").len(), rollbacks);
    }
}

/// A rate so high that the weights themselves overflow: nothing of that reaches the disk.
#[test]
fn weights_that_are_none_are_not_saved() {
    let corpus = corpus();
    let place = tempfile::tempdir().unwrap();
    let mut start = trainee(&corpus, f32::INFINITY);
    let error =
        run(place.path(), &mut start, &plan(1e38), OnNan::Stop, &mut NoProgress).unwrap_err();
    let text = error.to_string();
    assert!(text.contains(" step ") && text.contains('`'), "{text}");
    let mut folder = RunFolder::open_or_create(&place.path().join("task")).unwrap();
    if let Some(saved) = folder.latest_checkpoint().unwrap() {
        let tensors = saved.tensors().unwrap(); // reading refuses what is not finite
        assert!(!tensors.is_empty());
    }
}

#[test]
fn a_rollback_by_the_clock_is_refused() {
    let mut quiet = NoProgress;
    let error =
        Runner::new(&mut quiet, None, CheckpointInterval::default()).with_on_nan(OnNan::Rollback);
    assert!(error.err().unwrap().hint().unwrap().contains("`checkpoint-every = 1000`"));
}
