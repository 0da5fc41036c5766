//! Several parts in one folder.

use super::classifier_bundle::ClassifierBundle;
use super::classifier_network::ClassifierNetwork;
use super::folder::ModelMetadata;
use super::part::Part;
use super::stack::Stack;
use crate::checkpoint::{FolderWriter, Overwrite};
use crate::data::labels::{LabelKind, LabelSet};
use crate::model::{AwdLstmConfig, ClassifierConfig, DropoutConfig, TextClassifier};
use crate::text::{Direction, TextConfig, TextPipeline, VocabConfig};
use std::fs;
use std::path::Path;
use ulmfit_ops::{Cpu, Key};

const DOCUMENTS: [[&str; 1]; 3] = [["some words and others"], ["words"], [""]];

/// A part whose vocabulary is of its own.
fn part(words: &str, seed: u64) -> Part<Cpu> {
    let vocab = VocabConfig { min_freq: 1, ..VocabConfig::default() };
    let documents = [vec![words.to_owned()]];
    let text = TextPipeline::build(&TextConfig::default(), &vocab, documents).unwrap();
    let sizes = AwdLstmConfig { vocab: text.vocab().len(), emb: 2, hid: 3, layers: 2 };
    let config = ClassifierConfig::new(sizes, 2, LabelKind::Single);
    let network = TextClassifier::new(Cpu::default(), config, DropoutConfig::NONE, Key::new(seed));
    let networks = vec![(Direction::Forward, ClassifierNetwork::Recurrent(network))];
    Part { text: text.into(), networks }
}

pub(super) fn portfolio() -> ClassifierBundle {
    let labels = LabelSet::from_names(LabelKind::Single, vec!["a".into(), "b".into()]);
    let mut bundle = ClassifierBundle::of_part(part("some words and others", 1), labels);
    bundle.parts = vec![
        ("one".into(), part("some words and others", 1)),
        ("two".into(), part("other words entirely, or none of the same size", 2)),
    ];
    bundle.stack = Some(Stack { weights: vec![0.75, 1.5] });
    bundle
}

fn save(bundle: &ClassifierBundle, path: &Path) {
    let writer = FolderWriter::create(path, Overwrite::Refuse).unwrap();
    bundle.save(writer, &ModelMetadata::default()).unwrap();
}

#[test]
fn what_is_saved_is_loaded_and_answers_alike_alone() {
    let place = tempfile::tempdir().unwrap();
    let (bundle, path) = (portfolio(), place.path().join("m"));
    save(&bundle, &path);
    let loaded = <ClassifierBundle>::load(&path).unwrap();
    assert_eq!(loaded.config(), bundle.config());
    assert_eq!(loaded.identity(), bundle.identity());
    let wanted = bundle.probabilities(&DOCUMENTS, 2).unwrap();
    assert_eq!(loaded.probabilities(&DOCUMENTS, 2).unwrap(), wanted);
    for (document, wanted) in DOCUMENTS.iter().zip(&wanted) {
        assert_eq!(&loaded.probabilities(&[document], 1).unwrap()[0], wanted);
    }
    let own: Vec<Vec<Vec<f32>>> = ["one", "two"]
        .map(|name| {
            let mut alone = <ClassifierBundle>::load(&path).unwrap();
            alone.keep_part(name).unwrap();
            alone.probabilities(&DOCUMENTS, 2).unwrap()
        })
        .into();
    let stack = bundle.stack.unwrap();
    for (n, wanted) in wanted.iter().enumerate() {
        assert_eq!(&stack.combine(LabelKind::Single, &[&own[0][n], &own[1][n]]), wanted);
    }
}

#[test]
fn the_identity_knows_the_weights() {
    let mut bundle = portfolio();
    let before = bundle.identity();
    bundle.stack = Some(Stack { weights: vec![0.75, 1.25] });
    assert_ne!(bundle.identity(), before);
}

#[test]
fn a_changed_file_of_a_part_is_noticed() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("m");
    save(&portfolio(), &path);
    let file = path.join("two.vocab.json");
    let mut bytes = fs::read(&file).unwrap();
    bytes.push(b' ');
    fs::write(&file, bytes).unwrap();
    let error = <ClassifierBundle>::load(&path).err().unwrap();
    assert!(error.to_string().contains("two.vocab.json"), "{error}");
}

#[test]
fn what_needs_one_part_says_so() {
    let mut bundle = portfolio();
    let error = bundle.keep(&[Direction::Forward]).unwrap_err();
    assert!(error.to_string().contains("portfolio"), "{error}");
    let error = bundle.keep_part("three").unwrap_err();
    assert_eq!(error.to_string(), "the model has no part `three`");
}
