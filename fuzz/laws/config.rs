//! What holds for any text as a recipe, and as the `config.json` of a model.

use std::path::Path;
use ulmfit::Error;
use ulmfit::Key;
use ulmfit::checkpoint::{Dtype, FolderWriter, HostTensor, Overwrite, Tensors};
use ulmfit::data::labels::LabelKind;
use ulmfit::models::{ClassifierBundle, LmBundle, ModelConfig, NetworkConfig};
use ulmfit::recipe::Recipe;

/// Most weights of a model that is made to see whether it loads.
const WEIGHTS: usize = 1 << 16;

/// Panics where a law is broken.
pub(crate) fn hold(text: &str) {
    match Recipe::parse(text) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(recipe) => {
            let stages =
                [&recipe.pretrain.training, &recipe.finetune.training, &recipe.train.training];
            for stage in stages {
                for groups in 1..=5 {
                    if let Ok(plan) = stage.plan(groups, Key::new(0)) {
                        assert!(plan.phases.iter().all(|phase| phase.rates.len() == groups));
                    }
                }
            }
        }
    }
    if let Ok(config) = serde_json::from_str::<ModelConfig>(text) {
        let json = serde_json::to_string(&config).expect("finite numbers and strings");
        assert_eq!(serde_json::from_str::<ModelConfig>(&json).expect("what was written"), config);
        let place = tempfile::tempdir().expect("a temporary folder");
        let folder = place.path().join("model");
        let weights = match config.check() {
            Err(fault) => {
                assert!(!fault.to_string().is_empty());
                Tensors::new()
            }
            Ok(()) => zeros(&config).unwrap_or_default(),
        };
        write(&config, &json, &weights, &folder);
        match load(&config, &folder) {
            Err(error) => assert!(!error.to_string().is_empty()),
            Ok(()) => assert!(!weights.is_empty(), "a model without weights"),
        }
    }
}

/// The tensors that a configuration asks for, if they are not many.
fn zeros(config: &ModelConfig) -> Option<Tensors> {
    let shapes = config.tensors();
    let mut sizes =
        shapes.values().map(|dims| dims.iter().try_fold(1_usize, |n, &d| n.checked_mul(d)));
    let all = sizes.try_fold(0_usize, |sum, size| sum.checked_add(size?));
    all.filter(|&all| all <= WEIGHTS)?;
    let zeros = |dims: Vec<usize>| HostTensor::new(dims.clone(), vec![0.0; dims.iter().product()]);
    Some(shapes.into_iter().map(|(name, dims)| (name, zeros(dims))).collect())
}

/// A model folder of this configuration, with a vocabulary and labels to match if it is small.
fn write(config: &ModelConfig, json: &str, weights: &Tensors, folder: &Path) {
    let few = |n: usize| if n > WEIGHTS { 3 } else { n };
    let (words, labels) = match &config.network {
        NetworkConfig::LanguageModel(encoder) => (encoder.vocab, None),
        NetworkConfig::Classifier(c) => (c.encoder.vocab, Some((c.task, few(c.classes)))),
        // their tokenizer.json or ngrams.json is missing, which must be said
        NetworkConfig::SentenceEncoder(_) => (0, None),
        NetworkConfig::SentenceClassifier(c) => (0, Some((c.task, few(c.classes)))),
        NetworkConfig::LinearClassifier(c) => (0, Some((c.task, few(c.classes)))),
        // the files of its parts are missing
        NetworkConfig::Portfolio(c) => (0, Some((c.task, few(c.classes)))),
    };
    let tokens = ["xxunk", "xxpad", "xxbos"].into_iter().map(str::to_owned);
    let vocab: Vec<String> =
        tokens.chain((3..).map(|n| format!("w{n}"))).take(few(words)).collect();
    let mut writer = FolderWriter::create(folder, Overwrite::Refuse).expect("a new folder");
    let mut put = |name: &str, text: String| {
        writer.write(name, text.as_bytes()).expect("a small file");
    };
    put("config.json", json.to_owned());
    put("vocab.json", serde_json::json!(vocab).to_string());
    if let Some((task, classes)) = labels {
        let classes = if task == LabelKind::Regression { 0 } else { classes };
        let names: Vec<String> = (0..classes).map(|n| n.to_string()).collect();
        put("labels.json", serde_json::json!({ "kind": task, "labels": names }).to_string());
    }
    writer.write_tensors("model.safetensors", weights, Dtype::F32).expect("finite numbers");
    writer.finish().expect("a whole folder");
}

/// Loads a model and asks it something.
fn load(config: &ModelConfig, folder: &Path) -> Result<(), Error> {
    let documents = [vec!["w3 w4 and others".to_owned()], vec![String::new()]];
    if matches!(config.network, NetworkConfig::LanguageModel(_)) {
        return <LmBundle>::load(folder).map(|_| ());
    }
    let model = <ClassifierBundle>::load(folder)?;
    for row in model.probabilities(&documents, 2)? {
        assert_eq!(row.len(), model.labels.outputs());
        assert!(row.iter().all(|p| p.is_finite()));
        model.prediction(&row);
    }
    Ok(())
}
