//! Reading the numbers that fixtures/generate.py wrote, and comparing with them.

#![allow(dead_code, reason = "each test binary uses a part")]

use serde_json::Value;
use std::collections::BTreeMap;
use ulmfit::data::batches::{ClassifierBatch, LmBatch, pad};
use ulmfit::model::{AwdLstmConfig, MaskSource, Network, Site};
use ulmfit_ops::{Device, Tensor};

/// A file of fixtures/golden.
pub(crate) fn open(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/golden");
    let text = std::fs::read_to_string(format!("{folder}/{name}.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

pub(crate) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

pub(crate) fn size(value: &Value) -> usize {
    value.as_u64().unwrap_or_else(|| panic!("no size: {value}")) as usize
}

/// All numbers of a nested list.
pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        other => vec![number(other)],
    }
}

/// A list of lists of ids.
pub(crate) fn rows(value: &Value) -> Vec<Vec<u32>> {
    let row = |row: &Value| numbers(row).into_iter().map(|id| id as u32).collect();
    value.as_array().unwrap().iter().map(row).collect()
}

pub(crate) fn config(gold: &Value) -> AwdLstmConfig {
    AwdLstmConfig {
        vocab: size(&gold["vocab"]),
        emb: size(&gold["emb"]),
        hid: size(&gold["hid"]),
        layers: size(&gold["layers"]),
    }
}

/// Puts fastai's formula into a model: element `j` of the `k`-th parameter by name is
/// `0.3 sin(0.7 j + k)`.
pub(crate) fn fill<D: Device>(model: &mut impl Network<D>) {
    let mut params = model.params_mut();
    params.sort_by(|a, b| a.0.cmp(&b.0));
    for (k, (_, _, param)) in params.into_iter().enumerate() {
        let value = |j: usize| 0.3 * (0.7 * j as f64 + k as f64).sin();
        let values: Vec<f64> = (0..param.value.len()).map(value).collect();
        param.value = Tensor::from_f64(param.value.dims(), &values);
    }
}

/// Turns `[B][T]` into time first.
pub(crate) fn time_first(rows: &[Vec<u32>]) -> Vec<u32> {
    (0..rows[0].len()).flat_map(|t| rows.iter().map(move |row| row[t])).collect()
}

pub(crate) fn lm_batch(x: &[Vec<u32>], y: &[Vec<u32>]) -> LmBatch {
    let (time, batch) = (x[0].len(), x.len());
    LmBatch { x: time_first(x), y: time_first(y), time, batch, rate_factor: 1.0 }
}

pub(crate) fn classifier_batch(docs: &[Vec<u32>], seq_len: usize) -> ClassifierBatch {
    pad(&docs.iter().map(Vec::as_slice).collect::<Vec<_>>(), seq_len)
}

/// Turns `[T, B, F]` back into `[B][T][F]`.
pub(crate) fn batch_first<D: Device>(tensor: &Tensor<D>) -> Vec<f64> {
    let &[time, batch, features] = tensor.dims() else { panic!("{:?}", tensor.dims()) };
    let values = tensor.to_f64();
    let place = |b, t, f| values[(t * batch + b) * features + f];
    let steps = |b| (0..time).flat_map(move |t| (0..features).map(move |f| place(b, t, f)));
    (0..batch).flat_map(steps).collect()
}

/// Every value within `tolerance` of the wanted one, relative to the largest wanted value.
#[track_caller]
pub(crate) fn assert_close(what: &str, found: &[f64], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    let scale = wanted.iter().fold(1e-300_f64, |scale, w| scale.max(w.abs()));
    for (n, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        let error = (found - wanted).abs() / scale;
        assert!(error <= tolerance, "{what}[{n}]: {found} instead of {wanted}, off by {error:e}");
    }
}

/// Compares norm and first values of every gradient by name; none may be left out.
#[track_caller]
pub(crate) fn assert_gradients<D: Device>(model: &impl Network<D>, gold: &Value, tolerance: f64) {
    let gradients: BTreeMap<String, Vec<f64>> = model
        .params()
        .into_iter()
        .map(|(name, _, p)| (fastai_name(&name), p.grad.as_ref().unwrap().to_f64()))
        .collect();
    let gold = gold.as_object().unwrap();
    assert_eq!(gradients.len(), gold.len());
    for (name, wanted) in gold {
        let found = &gradients[&fastai_name(name)];
        let norm = found.iter().map(|g| g * g).sum::<f64>().sqrt();
        let wanted_norm = number(&wanted["norm"]);
        if wanted_norm < 1e-15 {
            // zero on paper: a shift before a batch norm changes nothing
            assert!(norm < 1e-2 * tolerance, "norm of {name}: {norm}");
            continue;
        }
        assert_close(&format!("norm of {name}"), &[norm], &[wanted_norm], tolerance);
        let first = numbers(&wanted["values"]);
        let scale = first.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
        // a gradient whose first values are rounding noise says nothing beyond its norm
        if scale > 1e-12 * norm {
            assert_close(name, &found[..first.len()], &first, tolerance * (norm / scale).max(1.0));
        }
    }
}

/// fastai numbers a head's linear layer 1 instead of 2 where there is no dropout before it.
pub(crate) fn fastai_name(name: &str) -> String {
    match name.strip_prefix("1.layers.").and_then(|rest| rest.split_once('.')) {
        Some((block, "1.weight")) => format!("1.layers.{block}.2.weight"),
        _ => name.to_owned(),
    }
}

/// Replays fastai's recorded masks and checks that each site asks for its own.
pub(crate) struct Recorded(pub(crate) Vec<Value>);

impl<D: Device> MaskSource<D> for Recorded {
    fn mask(&self, site: Site, piece: usize, dims: &[usize], p: f64) -> Tensor<D> {
        let (suffix, nth) = match site {
            Site::Embedding => ("encoder_dp".to_owned(), piece),
            Site::Input => ("input_dp".to_owned(), piece),
            Site::Weight(layer) => (format!("rnns.{layer}"), piece),
            Site::Hidden(layer) => (format!("hidden_dps.{layer}"), piece),
            Site::Output => ("output_dp".to_owned(), 0),
            Site::Head(block) => (format!("1.layers.{block}.1"), 0),
        };
        let of_site = |m: &&Value| m["module"].as_str().unwrap().ends_with(&suffix);
        let found = self.0.iter().filter(of_site).nth(nth).unwrap();
        assert_eq!(number(&found["p"]), p, "{site:?}");
        let keep = numbers(&found["keep"]);
        let values: Vec<f64> = keep.iter().map(|keep| keep / (1.0 - p)).collect();
        Tensor::from_f64(dims, &values)
    }
}
