//! The parts of training against fastai: batches, padding, pooling, Adam, vocabularies.
//!
//! Numbers: `lm_batches()`, `classifier_batches()`, `pooling()`, `adam()`, `vocab()` and
//! `match_embeds()` in fixtures/generate.py.

#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "a test may fail, and compares bits")]

mod golden;

use golden::{assert_close, number, numbers, open, rows, size, time_first};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Range;
use ulmfit::data::batches::{
    Bptt, Corpus, LmBatchConfig, LmEpoch, Order, evaluation_batches, pad,
    training_batches_with_permutation,
};
use ulmfit::text::{Counter, Direction, Vocab, VocabConfig, VocabPadding};
use ulmfit_ops::optimizer_step::AdamStep;
use ulmfit_ops::{Cpu, Device, Reference, Tensor};

fn cases<'a>(gold: &'a Value, name: &str) -> &'a [Value] {
    let cases = gold[name].as_array().unwrap();
    assert!(cases.len() > 1);
    cases
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|s| s.as_str().unwrap().to_owned()).collect()
}

fn indices(value: &Value) -> Vec<usize> {
    numbers(value).into_iter().map(|n| n as usize).collect()
}

#[test]
fn language_model_batches_match_fastai() {
    for case in cases(&open("lm_batches"), "cases") {
        let documents = rows(&case["docs"]);
        let mut corpus = Corpus::default();
        indices(&case["order"]).into_iter().for_each(|n| corpus.push(&documents[n]));
        let backward = case["backward"].as_bool().unwrap();
        let config = LmBatchConfig {
            batch_size: size(&case["bs"]),
            seq_len: size(&case["seq_len"]),
            bptt: Bptt::Fixed,
            direction: if backward { Direction::Backward } else { Direction::Forward },
        };
        let epoch = LmEpoch::new(&corpus, &config, Order::InFile).unwrap();
        let wanted = cases(case, "batches");
        assert_eq!(epoch.len(), wanted.len());
        for (n, wanted) in wanted.iter().enumerate() {
            let batch = epoch.batch(n);
            assert_eq!(batch.x, time_first(&rows(&wanted["x"])), "batch {n}");
            assert_eq!(batch.y, time_first(&rows(&wanted["y"])), "batch {n}");
        }
    }
}

#[test]
fn padding_matches_fastai() {
    for case in cases(&open("classifier_batches"), "padding") {
        let documents = rows(&case["docs"]);
        let texts: Vec<&[u32]> = documents.iter().map(Vec::as_slice).collect();
        let batch = pad(&texts, size(&case["seq_len"]));
        assert_eq!(batch.ids, time_first(&rows(&case["padded"])));
    }
}

#[test]
fn order_of_classifier_batches_matches_fastai() {
    let gold = open("classifier_batches");
    for case in cases(&gold, "eval") {
        let batches = evaluation_batches(&indices(&case["lengths"]), 4);
        assert_eq!(batches.concat(), indices(&case["order"]));
    }
    for case in cases(&gold, "train") {
        let (documents, middle) =
            (indices(&case["permutation"]), indices(&case["batch_permutation"]));
        let batches = training_batches_with_permutation(
            &indices(&case["lengths"]),
            size(&case["bs"]),
            &documents,
            &middle,
        );
        // fastai drops the last batch even where it is the only one; then there is nothing to learn
        let kept = if case["drop_last"][0].is_null() { "batches" } else { "drop_last" };
        let wanted: Vec<Vec<usize>> = case[kept].as_array().unwrap().iter().map(indices).collect();
        assert_eq!(batches, wanted);
    }
}

fn check_pooling<D: Device>(tolerance: f64) {
    let device = D::default();
    let mut whole = 0;
    for (n, case) in cases(&open("pooling"), "cases").iter().enumerate() {
        let output = &case["output"]; // [B][T][E]
        let (batch, time) = (output.as_array().unwrap().len(), output[0].as_array().unwrap().len());
        let mut values = Vec::new();
        for t in 0..time {
            (0..batch).for_each(|b| values.extend(numbers(&output[b][t])));
        }
        let x = Tensor::<D>::from_f64(&[time, batch, values.len() / (time * batch)], &values);
        let span = |mask: &Value| -> Range<usize> {
            let pads = numbers(mask);
            let start = pads.iter().take_while(|p| **p != 0.0).count();
            start..start + pads[start..].iter().take_while(|p| **p == 0.0).count()
        };
        let spans: Vec<_> = case["mask"].as_array().unwrap().iter().map(span).collect();
        let (pooled, _) = device.concat_pool_forward(&x, &spans);
        let (pooled, wanted) = (pooled.to_f64(), numbers(&case["pooled"]));
        let width = pooled.len() / batch;
        for (b, span) in spans.iter().enumerate() {
            // fastai counts the padding of the last `bptt` columns to find the last state, and so
            // misses it where padding in front reaches into them; we take the last state
            let misses = span.start + size(&case["bptt"]) > time && span.start > 0;
            let from = b * width + if misses { width / 3 } else { 0 };
            let (found, wanted) = (&pooled[from..(b + 1) * width], &wanted[from..(b + 1) * width]);
            assert_close(&format!("row {b} of case {n}"), found, wanted, tolerance);
            whole += usize::from(!misses);
        }
    }
    assert!(whole > 30, "only {whole} rows were compared in full");
}

#[test]
fn pooling_matches_fastai() {
    check_pooling::<Reference<f64>>(1e-12);
    check_pooling::<Cpu>(1e-6);
}

fn check_adam<D: Device>(tolerance: f64) {
    let (gold, device) = (open("adam"), D::default());
    let tensor = |v: &Value| Tensor::<D>::from_f64(&[numbers(v).len()], &numbers(v));
    let groups: Vec<Vec<String>> = gold["groups"].as_array().unwrap().iter().map(strings).collect();
    let spared = strings(&gold["no_decay"]);
    let mut slots = BTreeMap::new();
    for (name, start) in gold["start"].as_object().unwrap() {
        let zeros = || Tensor::<D>::zeros(&[numbers(start).len()]);
        slots.insert(name.clone(), (tensor(start), zeros(), zeros()));
    }
    for (n, step) in cases(&gold, "steps").iter().enumerate() {
        for (name, gradient) in step["gradients"].as_object().unwrap() {
            let group = groups.iter().position(|group| group.contains(name)).unwrap();
            let (param, mean, sqr_mean) = slots.get_mut(name).unwrap();
            let numbers_of_step = AdamStep {
                lr: number(&step["lr"][group]),
                mom: number(&step["mom"]),
                sqr_mom: number(&gold["sqr_mom"]),
                eps: number(&gold["eps"]),
                weight_decay: if spared.contains(name) { 0.0 } else { number(&gold["wd"]) },
                step: n as u64 + 1,
            };
            device.adam_step(param, &tensor(gradient), mean, sqr_mean, numbers_of_step);
            let wanted = numbers(&step["parameters"][name]);
            assert_close(&format!("{name} after {n}"), &param.to_f64(), &wanted, tolerance);
        }
    }
}

#[test]
fn adam_matches_fastai() {
    check_adam::<Reference<f64>>(1e-7);
    check_adam::<Cpu>(2e-6);
}

#[test]
fn vocabularies_match_fastai() {
    for case in cases(&open("vocab"), "cases") {
        let mut counter = Counter::default();
        for pair in case["counts"].as_array().unwrap() {
            (0..size(&pair[1])).for_each(|_| counter.add(pair[0].as_str().unwrap()));
        }
        let config = VocabConfig {
            min_freq: size(&case["min_freq"]) as u64,
            max_size: size(&case["max_vocab"]),
            fill: VocabPadding::Fastai,
            ..VocabConfig::default()
        };
        assert_eq!(Vocab::build(&counter, &config).tokens(), strings(&case["vocab"]));
    }
}

fn check_transfer<D: Device>(tolerance: f64) {
    let device = D::default();
    for case in cases(&open("match_embeds"), "cases") {
        let (old, new) = (strings(&case["old_vocab"]), strings(&case["new_vocab"]));
        let source = |word| old.iter().position(|known| known == word).map(|row| row as u32);
        let sources: Vec<Option<u32>> = new.iter().map(source).collect();
        if let (Ok(old), Ok(new)) = (Vocab::from_tokens(old.clone()), Vocab::from_tokens(new)) {
            assert_eq!(new.sources_in(&old), sources);
        }
        for name in ["0.encoder.weight", "1.decoder.bias"] {
            let old = &case["file"]["tensors"][name];
            if old.is_null() {
                continue;
            }
            let dims: Vec<usize> = indices(&old["shape"]);
            let old = Tensor::<D>::from_f64(&dims, &numbers(&old["values"]));
            let new = device.remap_rows(&old, &sources);
            let wanted = numbers(&case["result"]["tensors"][name]["values"]);
            assert_close(name, &new.to_f64(), &wanted, tolerance);
        }
    }
}

#[test]
fn vocabulary_transfer_matches_fastai() {
    check_transfer::<Reference<f64>>(1e-12);
    check_transfer::<Cpu>(1e-6);
}
