//! Malicious model folders: valid hashes around files that lie.

use super::bundle::LmBundle;
use super::classifier_bundle::ClassifierBundle;
use super::classifier_network::ClassifierNetwork;
use super::classifier_text::ClassifierText;
use super::config::{ModelConfig, NetworkConfig};
use super::folder::ModelMetadata;
use super::part::Part;
use crate::Error;
use crate::ErrorClass;
use crate::checkpoint::test_process::within_64_mib;
use crate::checkpoint::{FolderWriter, ModelFolder, Overwrite};
use crate::data::labels::{LabelKind, LabelSet};
use crate::model::linear::{LinearClassifier, LinearConfig};
use crate::model::{
    AwdLstmConfig, ClassifierConfig, DropoutConfig, LanguageModel, TargetScale, TextClassifier,
};
use crate::text::ngrams::{NgramConfig, NgramLimits, NgramVocab};
use crate::text::{Direction, TextConfig, TextPipeline, VocabConfig};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use ulmfit_ops::{Cpu, Key};

/// A folder with the models `lm`, `classifier` and `ngrams`.
pub(super) fn place() -> TempDir {
    let place = tempfile::tempdir().unwrap();
    let vocab = VocabConfig { min_freq: 1, ..VocabConfig::default() };
    let documents = [vec!["some words and others".to_owned()]];
    let text = TextPipeline::build(&TextConfig::default(), &vocab, documents).unwrap();
    let sizes = AwdLstmConfig { vocab: text.vocab().len(), emb: 2, hid: 3, layers: 2 };
    let (dropout, key) = (DropoutConfig::NONE, Key::new(1));
    let writer = |name| FolderWriter::create(&place.path().join(name), Overwrite::Refuse).unwrap();
    let network = LanguageModel::new(Cpu::default(), sizes, dropout, key);
    let lm = LmBundle { text: text.clone(), networks: vec![(Direction::Forward, network)] };
    lm.save(writer("lm"), &ModelMetadata::default()).unwrap();
    let config = ClassifierConfig::new(sizes, 2, LabelKind::Single);
    let network = TextClassifier::new(Cpu::default(), config, dropout, key);
    let labels = LabelSet::from_names(LabelKind::Single, vec!["a".into(), "b".into()]);
    let networks = vec![(Direction::Forward, ClassifierNetwork::Recurrent(network))];
    let part = Part { text: text.into(), networks };
    let classifier = ClassifierBundle::of_part(part, labels.clone());
    classifier.save(writer("classifier"), &ModelMetadata::default()).unwrap();
    let limits = NgramLimits { min_documents: 1, max_features: 100 };
    let text = NgramVocab::build(NgramConfig::default(), &limits, &[["words"]]);
    let [words, chars] = text.blocks().map(|block| block.len());
    let (classes, task, target_scale) = (2, LabelKind::Single, None);
    let config = LinearConfig { words, chars, classes, task, target_scale };
    let network = LinearClassifier::new(Cpu::default(), config);
    let networks = vec![(Direction::Forward, ClassifierNetwork::Linear(network))];
    let part = Part { text: ClassifierText::Ngrams(text), networks };
    let ngrams = ClassifierBundle::of_part(part, labels);
    ngrams.save(writer("ngrams"), &ModelMetadata::default()).unwrap();
    place
}

/// A copy of a model with another value in one of its files, and a manifest that agrees.
fn edited(place: &Path, model: &str, file: &str, pointer: &str, value: &Value) -> PathBuf {
    rewritten(place, model, file, |bytes| {
        let mut content: Value = serde_json::from_slice(bytes).unwrap();
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        content.pointer_mut(parent).unwrap()[field] = value.clone();
        *bytes = serde_json::to_vec(&content).unwrap();
    })
}

/// A copy of a model with one of its files changed, and a manifest that agrees.
pub(super) fn rewritten(
    place: &Path,
    model: &str,
    file: &str,
    change: impl Fn(&mut Vec<u8>),
) -> PathBuf {
    let folder = ModelFolder::open(&place.join(model)).unwrap();
    let target = place.join("edited");
    let mut writer = FolderWriter::create(&target, Overwrite::Replace).unwrap();
    for (name, _) in folder.files() {
        let mut bytes = folder.read(name).unwrap();
        if name == file {
            change(&mut bytes);
        }
        writer.write(name, &bytes).unwrap();
    }
    writer.finish().unwrap();
    target
}

fn load(path: &Path, model: &str) -> Result<(), Error> {
    match model {
        "lm" => <LmBundle>::load(path).map(|_| ()),
        _ => <ClassifierBundle>::load(path).map(|_| ()),
    }
}

/// A model, a file of it, a place in that, what is put there, and part of the message.
type Lie = (&'static str, &'static str, String, Value, &'static str);

fn lies() -> Vec<Lie> {
    let config = "config.json";
    let mut lies: Vec<Lie> =
        vec![("lm", config, "/schema".into(), json!(2), "format 2 is not supported")];
    for value in [json!([]), json!(["forward", "forward"])] {
        lies.push(("lm", config, "/directions".into(), value, "`directions` must be"));
    }
    let both = json!(["forward", "backward"]);
    lies.push(("lm", config, "/directions".into(), both, "`backward.0.encoder.weight` is missing"));
    for (field, says) in [
        ("emb", "`emb` is"),
        ("hid", "`hid` is"),
        ("layers", "`layers` is"),
        ("vocab", "`vocab` is"),
    ] {
        let lm = format!("/network/{field}");
        let classifier = format!("/network/encoder/{field}");
        for value in [0, (1 << 24) + 1, u64::MAX] {
            lies.push(("lm", config, lm.clone(), json!(value), says));
            lies.push(("classifier", config, classifier.clone(), json!(value), says));
        }
    }
    for (model, pointer) in [("lm", "/network"), ("classifier", "/network/encoder")] {
        for (field, value, says) in [
            ("emb", 1 << 24, "the model needs"),
            ("hid", 1 << 24, "the model needs"),
            ("hid", 4, "the model needs"),
            ("layers", 64, "the model needs"),
            ("layers", 1, "the model needs"),
            ("vocab", 1 << 24, "tokens, the network 16777216 rows"),
            ("vocab", 2, "`vocab` is 2"),
        ] {
            lies.push((model, config, format!("{pointer}/{field}"), json!(value), says));
        }
    }
    for (pointer, value, says) in [
        ("/network/head/hidden", json!([0]), "`hidden of the head` is 0"),
        ("/network/head/hidden", json!([1 << 24]), "the model needs"),
        ("/network/head/hidden", json!([u64::MAX]), "`hidden of the head` is"),
        ("/network/head/hidden", json!(vec![1; 65]), "`hidden layers of the head` is 65"),
        ("/network/head/hidden", json!([50, 50]), "the model needs"),
        ("/network/head/dropout", json!(1.0), "`dropout` of the head is 1"),
        ("/network/head/dropout", json!(-0.5), "`dropout` of the head is -0.5"),
        ("/network/classes", json!(0), "`classes` is 0"),
        ("/network/classes", json!(1 << 24), "2 labels, the network has 16777216"),
        ("/network/classes", json!(u64::MAX), "`classes` is"),
        ("/network/seq-len", json!(0), "`seq-len` is 0"),
        ("/network/max-len", json!(0), "`max-len` is 0"),
        ("/network/task", json!("multi"), "the network is for `multi`"),
        ("/network/task", json!("regression"), "the network is for `regression`"),
        ("/network/task", json!("none"), "not valid"),
        ("/network/seq-len", json!(-1), "not valid"),
        ("/network/target-scale", json!({"mean": 1.0, "sd": 1.0}), "`target-scale` is for a"),
        ("/network/target-scale", json!({"mean": 1.0}), "not valid"),
    ] {
        lies.push(("classifier", config, pointer.into(), value, says));
    }
    for (pointer, value, says) in [
        ("/network/words", json!(0), "has 1 n-grams of words and 18 of characters, the network 0"),
        ("/network/words", json!((1 << 24) + 1), "`words` is 16777217"),
        ("/network/chars", json!(u64::MAX), "`chars` is"),
        ("/network/chars", json!(1 << 24), "`words and chars` is 16777217"),
        ("/network/classes", json!(0), "`classes` is 0"),
        ("/network/classes", json!(3), "2 labels, the network has 3"),
        ("/network/target-scale", json!({"mean": 1.0, "sd": 1.0}), "`target-scale` is for a"),
        ("/network/more", json!(1), "unknown field"),
        ("/directions", json!(["backward"]), "`directions` must be"),
        ("/directions", json!([]), "`directions` must be"),
        ("/text", json!(TextConfig::default()), "`text` is required for recurrent networks"),
    ] {
        lies.push(("ngrams", config, pointer.into(), value, says));
    }
    for (pointer, value, says) in [
        ("/words", json!([]), "has 0 n-grams of words"),
        ("/words", json!(["words", "words"]), "`words` is listed twice"),
        ("/lengths/chars/most", json!(11), "n-grams of chars of 2 to 11"),
        ("/lengths/words/least", json!(0), "n-grams of words of 0 to 2"),
    ] {
        lies.push(("ngrams", "ngrams.json", pointer.into(), value, says));
    }
    for (pointer, value, says) in [
        ("/kind", json!("multi"), "the labels are for `multi`"),
        ("/labels", json!(["a"]), "less than two"),
        ("/labels", json!(["a", "b", "c"]), "3 labels, the network has 2"),
    ] {
        lies.push(("classifier", "labels.json", pointer.into(), value, says));
    }
    lies
}

#[test]
fn folders_that_lie_are_refused() {
    let place = place();
    for (model, file, pointer, value, says) in lies() {
        let case = format!("{model}: {file}{pointer} = {value}");
        let path = edited(place.path(), model, file, &pointer, &value);
        let error = load(&path, model).expect_err(&case);
        assert!(error.to_string().contains(says), "{case}: {error}");
        assert_eq!(error.class(), ErrorClass::Data, "{case}");
        assert!(error.hint().is_some(), "{case}");
    }
    load(&place.path().join("lm"), "lm").unwrap();
    load(&place.path().join("classifier"), "classifier").unwrap();
    load(&place.path().join("ngrams"), "ngrams").unwrap();
}

/// Networks of petabytes, and of some gigabytes that a machine might have.
#[test]
fn no_memory_is_taken_for_what_the_weights_are_not() {
    let sizes = [("hid", 1 << 24), ("hid", 1 << 14), ("emb", 1 << 24), ("emb", 1 << 14)];
    within_64_mib(
        "models::hostile_tests::no_memory_is_taken_for_what_the_weights_are_not",
        place,
        |place| {
            for (model, encoder) in [("lm", "/network"), ("classifier", "/network/encoder")] {
                for (field, size) in sizes {
                    let pointer = format!("{encoder}/{field}");
                    let path = edited(place.path(), model, "config.json", &pointer, &json!(size));
                    assert!(load(&path, model).is_err(), "{model}: {pointer} = {size}");
                }
            }
            let hidden = json!([1 << 24, 1 << 24]);
            let pointer = "/network/head/hidden";
            let path = edited(place.path(), "classifier", "config.json", pointer, &hidden);
            assert!(load(&path, "classifier").is_err());
        },
    );
}

/// A window may be longer than any document.
#[test]
fn windows_without_end_are_only_large() {
    let place = place();
    let documents = [vec!["some words and others".to_owned()], vec!["words".to_owned()]];
    let answer =
        |path: &Path| <ClassifierBundle>::load(path).unwrap().probabilities(&documents, 2).unwrap();
    let wanted = answer(&place.path().join("classifier"));
    for field in ["seq-len", "max-len"] {
        let pointer = format!("/network/{field}");
        let path = edited(place.path(), "classifier", "config.json", &pointer, &json!(u64::MAX));
        assert_eq!(answer(&path), wanted, "{field}");
    }
}

/// Folders from before there were units have none; those with them are in the user's.
#[test]
fn units_of_a_regression_are_kept_and_optional() {
    let place = place();
    let mut model = <ClassifierBundle>::load(&place.path().join("classifier")).unwrap();
    let documents = [vec!["some words and others".to_owned()], vec!["words".to_owned()]];
    let scale = TargetScale { mean: 150_000.0, sd: 20_000.0 };
    let mut answer = |name: &str, target_scale| {
        let NetworkConfig::Classifier(config) = model.parts[0].1.networks[0].1.config() else {
            panic!("another network")
        };
        let (classes, task) = (1, LabelKind::Regression);
        let config = ClassifierConfig { classes, task, target_scale, ..config };
        let network = TextClassifier::new(Cpu::default(), config, DropoutConfig::NONE, Key::new(1));
        model.parts[0].1.networks =
            vec![(Direction::Forward, ClassifierNetwork::Recurrent(network))];
        model.labels = LabelSet::from_names(LabelKind::Regression, Vec::new());
        let path = place.path().join(name);
        let writer = FolderWriter::create(&path, Overwrite::Refuse).unwrap();
        model.save(writer, &ModelMetadata::default()).unwrap();
        let config = ModelFolder::open(&path).unwrap().read("config.json").unwrap();
        let is_told = String::from_utf8(config).unwrap().contains("target-scale");
        assert_eq!(is_told, target_scale.is_some());
        <ClassifierBundle>::load(&path).unwrap().probabilities(&documents, 2).unwrap()
    };
    let (plain, scaled) = (answer("plain", None), answer("scaled", Some(scale)));
    for (plain, scaled) in plain.iter().flatten().zip(scaled.iter().flatten()) {
        assert!((scaled - (plain * 20_000.0 + 150_000.0)).abs() < 0.1, "{plain} and {scaled}");
    }
    for value in [json!({"mean": 1.0, "sd": 0.0}), json!({"mean": 1e300, "sd": 1.0})] {
        let pointer = "/network/target-scale";
        let path = edited(place.path(), "scaled", "config.json", pointer, &value);
        let error = load(&path, "classifier").unwrap_err();
        assert!(error.to_string().contains("`target-scale` is for a"), "{error}");
    }
}

#[test]
fn what_is_written_passes_its_own_check() {
    let place = place();
    let lm = <LmBundle>::load(&place.path().join("lm")).unwrap();
    let classifier = <ClassifierBundle>::load(&place.path().join("classifier")).unwrap();
    for config in [lm.config(), classifier.config()] {
        assert_eq!(config.check(), Ok(()));
        let ModelConfig { network, .. } = &config;
        let tensors = if matches!(network, NetworkConfig::Classifier(_)) { 19 } else { 10 };
        assert_eq!(config.tensors().len(), tensors);
    }
}
