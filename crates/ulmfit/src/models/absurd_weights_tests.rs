//! Weights that are finite and still make no sense: there is an answer or an error, never a label
//! that was drawn from NaN.

use super::classifier_bundle::ClassifierBundle;
use super::compact::compact;
use super::hostile_tests::{place, rewritten};
use crate::checkpoint::{Dtype, FolderWriter, Overwrite};
use crate::data::labels::LabelKind;
use crate::{Error, ErrorClass};
use std::path::{Path, PathBuf};
use ulmfit_ops::{Key, Precision};

/// Weights that a file may hold: finite, every one.
const ABSURD: [f32; 6] = [f32::MAX, f32::MIN, 1e30, -1e30, f32::MIN_POSITIVE, -1.0];

/// A copy of the classifier in which all values of one tensor, or its first, are `value`.
fn with_weight(place: &Path, tensor: &str, value: f32, all: bool) -> PathBuf {
    rewritten(place, "classifier", "model.safetensors", |bytes| {
        let start = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let header: serde_json::Value = serde_json::from_slice(&bytes[8..start]).unwrap();
        let offset = |n: usize| header[tensor]["data_offsets"][n].as_u64().unwrap() as usize;
        let end = if all { offset(1) } else { offset(0) + 4 };
        for bytes in bytes[start..][offset(0)..end].chunks_exact_mut(4) {
            bytes.copy_from_slice(&value.to_le_bytes());
        }
    })
}

const TEXT: &str = "some words and others and some more words";

#[test]
fn a_negative_variance_is_refused_when_a_model_is_loaded() {
    let place = place();
    for block in [0, 1] {
        for value in [-1.0, -2e-5] {
            let tensor = format!("forward.1.layers.{block}.0.running_var");
            let path = with_weight(place.path(), &tensor, value, false);
            let Err(error) = <ClassifierBundle>::load(&path) else { panic!("{tensor} = {value}") };
            assert_eq!(error.class(), ErrorClass::Data);
            let Error::Weights { source, .. } = error else { panic!("{error}") };
            assert!(source.to_string().ends_with("has a negative variance"), "{source}");
        }
    }
}

#[test]
fn weights_that_overflow_give_an_error_and_no_label() {
    let place = place();
    let tensor = "forward.1.layers.0.0.running_mean";
    let path = with_weight(place.path(), tensor, f32::MAX, true);
    let model = <ClassifierBundle>::load(&path).unwrap();
    let error = model.probabilities(&[[TEXT]], 1).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Failed);
    assert_eq!(
        error.to_string(),
        "the model computes a probability that is not finite (the forward network)"
    );
    assert!(error.hint().unwrap().contains("precision"));
    let target = place.path().join("compact");
    let writer = FolderWriter::create(&target, Overwrite::Refuse).unwrap();
    let compacted = compact(&[path], Dtype::F32, None, writer);
    assert!(matches!(compacted, Err(Error::NotFinite { .. })));
    assert!(!target.exists(), "a result is whole or absent");
}

/// Every tensor with an absurd value at one place and everywhere, in all precisions: refused, an error, or finite.
#[test]
fn no_absurd_weight_becomes_an_answer_that_is_not_a_number() {
    let place = place();
    let names: Vec<String> = {
        let model = <ClassifierBundle>::load(&place.path().join("classifier")).unwrap();
        assert_eq!(model.task(), LabelKind::Single);
        model.config().tensors().into_keys().collect()
    };
    let (mut refused, mut failed, mut answered) = (0, 0, 0);
    for (case, name) in names.iter().enumerate() {
        for number in 0..2 {
            let draw = Key::new(7).child(case as u64).child(number).uniform();
            let value = ABSURD[(draw * ABSURD.len() as f64) as usize];
            let path = with_weight(place.path(), name, value, number == 0);
            let Ok(mut model) = <ClassifierBundle>::load(&path) else {
                refused += 1;
                continue;
            };
            for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
                model.set_precision(precision);
                match model.probabilities(&[[TEXT], ["words"]], 2) {
                    Ok(rows) => {
                        assert!(rows.iter().flatten().all(|p| p.is_finite()), "{name} = {value}");
                        answered += 1;
                    }
                    Err(error) => {
                        assert!(matches!(error, Error::NotFinite { .. }), "{error}");
                        failed += 1;
                    }
                }
            }
        }
    }
    assert!(refused > 0 && failed > 0 && answered > 0, "{refused} {failed} {answered}");
}
