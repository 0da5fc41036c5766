//! Both networks against fastai: losses, outputs, all gradients, statistics, dropout sites.
//!
//! Numbers: `classifier()`, `lm()` and `dropout()` in fixtures/generate.py.

#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "a test may fail, and compares bits")]

mod golden;

use golden::{
    Recorded, assert_close, assert_gradients, batch_first, classifier_batch, config, fill,
    lm_batch, number, numbers, open, rows, size,
};
use serde_json::Value;
use ulmfit::data::labels::LabelKind;
use ulmfit::model::{
    ClassifierConfig, DropoutConfig, HeadConfig, LanguageModel, MaskSource, Network,
    Regularisation, TextClassifier, TrainableGroups,
};
use ulmfit::optim::zero_gradients;
use ulmfit_ops::class_loss::Targets;
use ulmfit_ops::{Cpu, Device, Key, Reference};

/// Through the reference in double precision, and through the fast device in single.
const EXACT: f64 = 1e-9;
const SINGLE: f64 = 1e-5;

fn dropout(gold: &Value) -> DropoutConfig {
    let p = |name: &str| gold.get(name).map_or(0.0, number);
    DropoutConfig {
        output: p("output_p"),
        hidden: p("hidden_p"),
        input: p("input_p"),
        embed: p("embed_p"),
        weight: p("weight_p"),
    }
}

fn language_model<D: Device>(gold: &Value) -> LanguageModel<D> {
    let mut model = LanguageModel::new(D::default(), config(gold), dropout(gold), Key::new(1));
    fill(&mut model);
    model
}

fn classifier<D: Device>(gold: &Value) -> TextClassifier<D> {
    let config = ClassifierConfig {
        encoder: config(gold),
        head: HeadConfig { hidden: vec![5], dropout: gold.get("head_p").map_or(0.0, number) },
        classes: size(&gold["classes"]),
        task: LabelKind::Single,
        seq_len: size(&gold["seq_len"]),
        max_len: Some(size(&gold["max_len"])),
        target_scale: None,
    };
    let mut model = TextClassifier::new(D::default(), config, dropout(gold), Key::new(1));
    fill(&mut model);
    model
}

fn targets(gold: &Value) -> Targets {
    let classes = numbers(gold).into_iter().map(|class| class as u32).collect();
    Targets::Classes { classes, smoothing: 0.0, weights: None }
}

fn check_lm<D: Device>(gold: &Value, batches: &Value, recorded: bool, tolerance: f64) {
    let device = D::default();
    let mut model = language_model::<D>(gold);
    let trainable = TrainableGroups::all(model.groups());
    let mut state = model.zero_state(2);
    for (n, batch) in batches.as_array().unwrap().iter().enumerate() {
        let data = lm_batch(&rows(&batch["x"]), &rows(&batch["y"]));
        let masks =
            Recorded(if recorded { batch["masks"].as_array().unwrap().clone() } else { vec![] });
        if !recorded {
            let mut before = state.clone();
            let logits = model.logits(&data.x, data.batch, &mut before);
            let what = format!("logits of batch {n}");
            assert_close(&what, &batch_first(&logits), &numbers(&batch["logits"]), tolerance);
        }
        zero_gradients(&device, &mut model, &trainable);
        let masks: &dyn MaskSource<D> = &masks;
        let step =
            model.train_step(&data, &mut state, masks, Regularisation::default(), &trainable, 1.0);
        for (what, found) in [("ce", step.loss), ("ar", step.ar), ("tar", step.tar)] {
            assert_close(what, &[found], &[number(&batch[what])], tolerance);
        }
        assert_gradients(&model, &batch["gradients"], tolerance);
    }
}

fn check_classifier<D: Device>(gold: &Value, part: &Value, recorded: bool, tolerance: f64) {
    let mut model = classifier::<D>(gold);
    let documents = rows(&part["docs"]);
    let batch = classifier_batch(&documents, size(&gold["seq_len"]));
    if let Some(wanted) = part.get("eval_logits") {
        let texts: Vec<&[u32]> = documents.iter().map(Vec::as_slice).collect();
        let pooled = model.pooled(&texts).to_f64();
        assert_close("pooled", &pooled, &numbers(&part["pooled"]), tolerance);
        assert_close("logits", &model.logits(&texts).to_f64(), &numbers(wanted), tolerance);
    }
    let trainable = TrainableGroups::all(model.groups());
    let masks = Recorded(if recorded { part["masks"].as_array().unwrap().clone() } else { vec![] });
    let masks: &dyn MaskSource<D> = &masks;
    let train = &part["train"];
    let targets = targets(&part["targets"]);
    let step =
        model.train_step(&batch, &targets, masks, Regularisation::default(), &trainable, 1.0);
    assert_close("train logits", &step.logits.to_f64(), &numbers(&train["logits"]), tolerance);
    for (what, found) in [("ce", step.loss), ("ar", step.ar), ("tar", step.tar)] {
        assert_close(what, &[found], &[number(&train[what])], tolerance);
    }
    assert_gradients(&model, &train["gradients"], tolerance);
    for (name, tensor) in model.buffers() {
        let (module, kind) = name.rsplit_once(".running_").unwrap();
        let wanted = numbers(&train["batch_norms"][module][kind]);
        assert_close(&name, &tensor.to_f64(), &wanted, tolerance);
    }
}

#[test]
fn language_model_matches_fastai() {
    let gold = open("lm");
    check_lm::<Reference<f64>>(&gold, &gold["batches"], false, EXACT);
    check_lm::<Reference<f32>>(&gold, &gold["batches"], false, SINGLE);
    check_lm::<Cpu>(&gold, &gold["batches"], false, SINGLE);
}

#[test]
fn classifier_matches_fastai() {
    let gold = open("classifier");
    check_classifier::<Reference<f64>>(&gold, &gold, false, EXACT);
    check_classifier::<Reference<f32>>(&gold, &gold, false, SINGLE);
    check_classifier::<Cpu>(&gold, &gold, false, SINGLE);
}

#[test]
fn dropout_sites_match_fastai() {
    let gold = open("dropout");
    check_lm::<Reference<f64>>(&gold, &gold["lm"]["batches"], true, EXACT);
    check_lm::<Cpu>(&gold, &gold["lm"]["batches"], true, SINGLE);
    check_classifier::<Reference<f64>>(&gold, &gold["classifier"], true, EXACT);
    check_classifier::<Cpu>(&gold, &gold["classifier"], true, SINGLE);
}
