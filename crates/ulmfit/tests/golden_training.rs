//! Forty steps of training against fastai: schedules, discriminative rates, freezing, clipping.
//!
//! Numbers: `trajectory_lm()` and `trajectory_classifier()` in fixtures/generate.py.

#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "a test may fail, and compares bits")]

mod golden;

use golden::{
    assert_close, classifier_batch, config, fill, lm_batch, number, numbers, open, rows, size,
};
use serde_json::Value;
use ulmfit::data::labels::LabelKind;
use ulmfit::model::{
    ClassifierConfig, DropoutConfig, HeadConfig, LanguageModel, Network, RandomMasks,
    Regularisation, TextClassifier, TrainableGroups,
};
use ulmfit::optim::{
    Optimizer, OptimizerConfig, Update, clip_gradients, gradient_norm, zero_gradients,
};
use ulmfit::schedule::{Constant, OneCycle, Schedule, ScheduleConfig, Slanted};
use ulmfit_ops::class_loss::Targets;
use ulmfit_ops::{Cpu, Device, Key, Reference};

const STEPS: usize = 40;

/// What a variant of the fixture did.
struct Variant {
    schedule: ScheduleConfig,
    /// Peak rate of a layer group over that of the group below.
    lr_factor: f64,
    mom: f64,
    frozen: usize,
    clip: Option<f64>,
}

fn variants(gold: &Value) -> Vec<(&'static str, Variant)> {
    let variant = |schedule, mom| Variant { schedule, lr_factor: 2.6, mom, frozen: 0, clip: None };
    let constant = || ScheduleConfig::Constant(Constant::default());
    vec![
        ("one_cycle", variant(ScheduleConfig::OneCycle(OneCycle::default()), 0.9)),
        ("slanted", variant(ScheduleConfig::Slanted(Slanted::default()), 0.7)),
        ("frozen", Variant { lr_factor: 1.0, frozen: 1, ..variant(constant(), 0.9) }),
        ("clipped", Variant { clip: Some(number(&gold["max_norm"])), ..variant(constant(), 0.9) }),
    ]
}

/// Trains with `step`, which adds gradients and returns the cross entropy and the whole loss.
fn check<D: Device, N: Network<D>>(
    model: &mut N,
    gold: &Value,
    variant: &Variant,
    mut step: impl FnMut(&mut N, usize, &TrainableGroups) -> (f64, f64),
) {
    let device = D::default();
    let groups = model.groups();
    let trainable = TrainableGroups::top(groups, groups - variant.frozen);
    let lr =
        |group: usize| 1e-2 / variant.lr_factor.powi(i32::try_from(groups - 1 - group).unwrap());
    let peaks: Vec<f64> = (0..groups).map(lr).collect();
    let config = OptimizerConfig::Adam { mom: variant.mom, sqr_mom: 0.99, eps: 1e-5 };
    let mut optimizer = Optimizer::new(device.clone(), config, model);
    for n in 0..STEPS {
        zero_gradients(&device, model, &trainable);
        let (ce, total) = step(model, n, &trainable);
        assert_close(&format!("ce {n}"), &[ce], &[number(&gold["ce"][n])], 1e-4);
        assert_close(&format!("loss {n}"), &[total], &[number(&gold["loss"][n])], 1e-4);
        let (norm, broken) = gradient_norm(&device, model);
        assert_eq!(broken, None);
        if let Some(max_norm) = variant.clip {
            clip_gradients(&device, model, norm, max_norm);
        }
        let rate = variant.schedule.at(n, STEPS);
        let rates: Vec<f64> = peaks.iter().map(|peak| peak * rate.lr).collect();
        assert_close(&format!("rates {n}"), &rates, &numbers(&gold["lr"][n]), 1e-9);
        let mom = rate.mom.unwrap_or(variant.mom);
        assert_close(&format!("momentum {n}"), &[mom], &[number(&gold["mom"][n])], 1e-9);
        optimizer.step(
            model,
            Update { rates: &rates, mom: rate.mom, weight_decay: 0.01, trainable: &trainable },
        );
    }
    for (name, wanted) in gold["parameters"].as_object().unwrap() {
        let name = golden::fastai_name(name);
        let state = model.state();
        let found = state[&name].to_f64();
        let norm = found.iter().map(|v| v * v).sum::<f64>().sqrt();
        assert_close(&name, &[norm], &[number(&wanted["norm"])], 1e-4);
        let first = numbers(&wanted["values"]);
        assert_close(&name, &found[..first.len()], &first, 1e-3);
    }
}

fn check_lm<D: Device>() {
    let gold = open("trajectory_lm");
    let (text, seq_len) = (rows(&gold["rows"]), size(&gold["seq_len"]));
    let piece =
        |from: usize| text.iter().map(|row| row[from..from + seq_len].to_vec()).collect::<Vec<_>>();
    for (name, variant) in variants(&gold) {
        let device = D::default();
        let mut model = LanguageModel::<D>::new(
            device.clone(),
            config(&gold),
            DropoutConfig::NONE,
            Key::new(1),
        );
        fill(&mut model);
        let mut state = model.zero_state(text.len());
        check(&mut model, &gold["variants"][name], &variant, |model, n, trainable| {
            let batch = lm_batch(&piece(n * seq_len), &piece(n * seq_len + 1));
            let masks = RandomMasks::new(device.clone(), Key::new(1));
            let reg = Regularisation::default();
            let out = model.train_step(&batch, &mut state, &masks, reg, trainable, 1.0);
            (out.loss, out.total())
        });
    }
}

fn check_classifier<D: Device>() {
    let gold = open("trajectory_classifier");
    let (seq_len, batches) = (size(&gold["seq_len"]), gold["batches"].as_array().unwrap());
    for (name, variant) in variants(&gold) {
        let device = D::default();
        let encoder = config(&gold);
        let head = HeadConfig { hidden: vec![5], dropout: 0.0 };
        let sizes = ClassifierConfig {
            head,
            seq_len,
            max_len: Some(size(&gold["max_len"])),
            ..ClassifierConfig::new(encoder, size(&gold["classes"]), LabelKind::Single)
        };
        let mut model =
            TextClassifier::<D>::new(device.clone(), sizes, DropoutConfig::NONE, Key::new(1));
        fill(&mut model);
        check(&mut model, &gold["variants"][name], &variant, |model, n, trainable| {
            let part = &batches[n % batches.len()];
            let batch = classifier_batch(&rows(&part["docs"]), seq_len);
            let classes = numbers(&part["targets"]).into_iter().map(|class| class as u32).collect();
            let targets = Targets::Classes { classes, smoothing: 0.0, weights: None };
            let masks = RandomMasks::new(device.clone(), Key::new(1));
            let reg = Regularisation::default();
            let out = model.train_step(&batch, &targets, &masks, reg, trainable, 1.0);
            (out.loss, out.total())
        });
    }
}

#[test]
fn language_model_trains_as_fastai_does() {
    check_lm::<Reference<f64>>();
    check_lm::<Cpu>();
}

#[test]
fn classifier_trains_as_fastai_does() {
    check_classifier::<Reference<f64>>();
    check_classifier::<Cpu>();
}
