//! N-grams, their weights and a linear classifier, against scikit-learn (`fixtures/tfidf.py`).

#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "a test may fail, and compares exactly")]

mod golden;

use golden::{numbers, open};
use serde_json::Value;
use ulmfit::data::labels::LabelKind;
use ulmfit::model::linear::{LinearClassifier, LinearConfig};
use ulmfit::text::ngrams::{
    NgramConfig, NgramLimits, NgramVocab, inverse_document_frequencies, tfidf,
};
use ulmfit::train::Labelled;
use ulmfit::train::ngrams::{NgramFit, NgramSettings};
use ulmfit_ops::{Device, Key, Reference};

const ALL: NgramLimits = NgramLimits { min_documents: 1, max_features: usize::MAX };

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

fn close(found: f64, wanted: f64, tolerance: f64) -> bool {
    (found - wanted).abs() < tolerance
}

#[test]
fn columns_and_weights_are_sklearns() {
    let gold = open("tfidf");
    let texts: Vec<[&str; 1]> = strings(&gold["texts"]).into_iter().map(|text| [text]).collect();
    let vocab = NgramVocab::build(NgramConfig::default(), &ALL, &texts);
    let [words, chars] = vocab.blocks();
    let named = |block: std::ops::Range<usize>| -> Vec<&str> {
        block.map(|id| vocab.gram(id as u32)).collect()
    };
    assert_eq!(named(words), strings(&gold["words"]));
    assert_eq!(named(chars), strings(&gold["chars"]));
    let documents = vocab.encode_all(&texts);
    let idf = inverse_document_frequencies(&documents, vocab.len(), 1);
    let rows = gold["every-third-row"].as_array().unwrap();
    for (row, document) in rows.iter().zip(documents.iter().step_by(3)) {
        let found = tfidf(document, &idf, &vocab.blocks());
        let wanted = numbers(row);
        assert_eq!(found.len() * 2, wanted.len());
        for ((id, weight), wanted) in found.iter().zip(wanted.chunks(2)) {
            assert_eq!(f64::from(*id), wanted[0]);
            assert!(close(f64::from(*weight), wanted[1], 1e-6), "{id} {weight} {wanted:?}");
        }
    }
}

/// Scores of a classifier that nothing was held out for.
fn scores<D: Device>(gold: &Value, settings: &NgramSettings) -> Vec<f64> {
    let texts: Vec<[&str; 1]> = strings(&gold["texts"]).into_iter().map(|text| [text]).collect();
    let vocab = NgramVocab::build(NgramConfig::default(), &ALL, &texts);
    let [words, chars] = vocab.blocks().map(|block| block.len());
    let targets = numbers(&gold["classes"]).into_iter().map(|class| vec![class as f32]);
    let examples = Labelled { documents: vocab.encode_all(&texts), targets: targets.collect() };
    let (classes, task, target_scale) = (3, LabelKind::Single, None);
    let config = LinearConfig { words, chars, classes, task, target_scale };
    let fit = NgramFit {
        examples: &examples,
        config: &config,
        class_weights: None,
        settings,
        key: Key::new(1),
    };
    let model = LinearClassifier::of_weights(D::default(), config.clone(), &fit.run().weights);
    let bags: Vec<_> = examples.documents.iter().map(|document| model.tfidf(document)).collect();
    model.logits(&bags).to_f64()
}

#[test]
fn machines_and_bayes_are_sklearns() {
    let gold = open("tfidf");
    let (svm, bayes) = (numbers(&gold["svm"]), numbers(&gold["bayes"]));
    let settings = |mixes: &[f64]| NgramSettings {
        strengths: vec![1.0],
        mixes: mixes.to_vec(),
        folds: 4,
        rounds: 0,
        min_documents: 1,
        tolerance: 1e-10,
    };
    let found = scores::<Reference>(&gold, &settings(&[0.0]));
    assert_eq!(found.len(), svm.len());
    assert!(found.iter().zip(&svm).all(|(f, w)| close(*f, *w, 2e-5)), "{found:?}\n{svm:?}");
    let found = scores::<Reference>(&gold, &settings(&[0.25]));
    let sums = svm.iter().zip(&bayes).map(|(svm, bayes)| svm + 0.25 * bayes);
    assert!(found.iter().zip(sums).all(|(f, w)| close(*f, w, 5e-5)), "{found:?}");
}
