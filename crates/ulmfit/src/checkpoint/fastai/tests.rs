use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::Deserialize;

use super::{
    Exported, FastaiError, FastaiVocab, Imported, Kind, Sizes, export_fastai, import_fastai,
    import_fastai_files, read_vocabulary,
};
use crate::ErrorClass;
use crate::checkpoint::{CheckpointError, HostTensor, Tensors, TensorsError};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/fastai_files").join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(fixture(name)).unwrap()
}

/// `expected.json`; written, like all files beside it, by fixtures/fastai_files/generate.py.
#[derive(Deserialize)]
struct Expected {
    tokens: Vec<String>,
    files: BTreeMap<String, File>,
    states: Vec<BTreeMap<String, Listed>>,
}

#[derive(Deserialize)]
struct File {
    kind: String,
    vocabulary: String,
    labels: Option<Vec<String>>,
    state: usize,
}

#[derive(Deserialize)]
struct Listed {
    dims: Vec<usize>,
    /// In units of 1/256.
    values: Vec<i16>,
}

fn expected() -> Expected {
    serde_json::from_slice(&bytes("expected.json")).unwrap()
}

fn import(weights: &str, vocabulary: &str) -> Imported {
    import_fastai_files(&fixture(weights), &fixture(vocabulary)).unwrap()
}

#[test]
fn every_layout_gives_the_tensors_that_fastai_saved() {
    let Expected { tokens, files, states } = expected();
    assert_eq!(files.len(), 17);
    for (name, file) in &files {
        let imported = import(name, &file.vocabulary);
        assert_eq!(format!("{:?}", imported.kind), file.kind, "{name}");
        assert_eq!(imported.vocabulary.tokens, tokens, "{name}");
        assert_eq!(imported.vocabulary.labels, file.labels, "{name}");
        let wanted: Tensors = states[file.state]
            .iter()
            .map(|(name, Listed { dims, values })| {
                let values = values.iter().map(|&value| f32::from(value) / 256.0).collect();
                (name.clone(), HostTensor::new(dims.clone(), values))
            })
            .collect();
        assert_eq!(
            imported.tensors.keys().collect::<Vec<_>>(),
            wanted.keys().collect::<Vec<_>>(),
            "{name}"
        );
        assert_eq!(imported.tensors, wanted, "{name}");
    }
}

#[test]
fn sizes_are_read_off_the_shapes() {
    let vocabulary = expected().tokens.len();
    let lm = |hidden| Sizes { vocabulary, embedding: 3, hidden, layers: 3, head: vec![] };
    assert_eq!(import("lm.pth", "lm_vocab.pkl").sizes, lm(5));
    assert_eq!(import("lm_hidden6.pth", "lm_vocab.pkl").sizes, lm(6));
    let classifier = import("classifier_legacy.pth", "classifier_vocab.pkl").sizes;
    assert_eq!(classifier, Sizes { head: vec![4, 2], ..lm(5) });
}

#[test]
fn every_pickle_protocol_is_read() {
    let mut tokens = expected().tokens;
    *tokens.last_mut().unwrap() = "gr\u{fc}\u{df} \\u0041 \u{4f60}\u{1f600}".into();
    for protocol in 0..6 {
        let read = read_vocabulary(&bytes(&format!("vocab_protocol{protocol}.pkl"))).unwrap();
        assert_eq!(read, FastaiVocab { tokens: tokens.clone(), labels: None }, "{protocol}");
    }
}

#[test]
fn other_models_are_refused_with_a_reason() {
    let refuse = |name: &str| import_fastai(&bytes(name), &bytes("lm_vocab.pkl")).unwrap_err();
    for (name, message) in [
        (
            "refused_untied.pth",
            "tensor `1.decoder.weight`: is not the embedding; only tied weights can be imported",
        ),
        ("refused_transposed.pth", "tensor `0.encoder.weight`: not stored row by row"),
        (
            "refused_nan.pth",
            "tensor `0.rnns.1.module.bias_hh_l0` has a value that is not finite, at position 3",
        ),
        (
            "refused_pickled_model.pth",
            "refused: the file asks for `torch.nn.modules.linear.Linear`, which saved weights never \
             need",
        ),
    ] {
        let error = refuse(name);
        assert_eq!(error.to_string(), message, "{name}");
        assert_eq!(CheckpointError::from(error).class(), ErrorClass::Data, "{name}");
    }
}

#[test]
fn weights_and_vocabulary_must_belong_together() {
    let FastaiVocab { mut tokens, .. } = read_vocabulary(&bytes("lm_vocab.pkl")).unwrap();
    tokens.pop();
    let short = pickled(&tokens);
    let error = import_fastai(&bytes("lm.pth"), &short).unwrap_err();
    assert_eq!(error.to_string(), "23 tokens in the vocabulary, 24 in the weights");
    assert!(error.hint().unwrap().contains("save_pickle"));
}

/// Protocol 0, the one a human can write.
fn pickled(tokens: &[String]) -> Vec<u8> {
    format!("(V{}\nl.", tokens.join("\nV")).into_bytes()
}

#[test]
fn exports_come_back_the_same() {
    for (name, file) in &expected().files {
        let Imported { kind, sizes, tensors, vocabulary } = import(name, &file.vocabulary);
        let Exported { weights, vocabulary: words } =
            export_fastai(&tensors, &vocabulary, kind).unwrap();
        let again = import_fastai(&weights, &words).unwrap();
        assert_eq!((again.kind, &again.sizes), (kind, &sizes), "{name}");
        assert_eq!(again.tensors, tensors, "{name}");
        assert_eq!(again.vocabulary, vocabulary, "{name}");
    }
}

#[test]
fn an_encoder_is_taken_out_of_any_model() {
    let lm = import("lm.pth", "lm_vocab.pkl");
    let wanted = import("encoder.pth", "lm_vocab.pkl");
    let exported = export_fastai(&lm.tensors, &lm.vocabulary, Kind::Encoder).unwrap();
    let encoder = import_fastai(&exported.weights, &exported.vocabulary).unwrap();
    assert_eq!((encoder.kind, encoder.tensors), (Kind::Encoder, wanted.tensors));

    let classifier = import("classifier_legacy.pth", "classifier_vocab.pkl");
    export_fastai(&classifier.tensors, &classifier.vocabulary, Kind::Encoder).unwrap();
    let error = export_fastai(&classifier.tensors, &classifier.vocabulary, Kind::LanguageModel)
        .unwrap_err();
    assert!(
        matches!(&error, FastaiError::Layout(TensorsError::Missing { tensor }) if tensor == "1.decoder.bias"),
        "{error}"
    );
}

#[test]
fn real_widths_pass() {
    for hidden in [1150, 1152] {
        let (vocabulary, embedding) = (11, 400);
        let tensor = |dims: Vec<usize>| {
            let count: usize = dims.iter().product();
            HostTensor::new(dims, (0..count).map(|index| (index % 97) as f32 / 97.0).collect())
        };
        let mut tensors = Tensors::from([
            ("0.encoder.weight".into(), tensor(vec![vocabulary, embedding])),
            ("1.decoder.bias".into(), tensor(vec![vocabulary])),
        ]);
        for (layer, inputs, width) in [(0, embedding, hidden), (1, hidden, embedding)] {
            let name = |part: &str| format!("0.rnns.{layer}.{part}");
            tensors.insert(name("weight_hh_l0_raw"), tensor(vec![4 * width, width]));
            tensors.insert(name("module.weight_ih_l0"), tensor(vec![4 * width, inputs]));
            tensors.insert(name("module.bias_ih_l0"), tensor(vec![4 * width]));
            tensors.insert(name("module.bias_hh_l0"), tensor(vec![4 * width]));
        }
        let tokens = (0..vocabulary).map(|token| format!("w{token}")).collect();
        let vocabulary = FastaiVocab { tokens, labels: None };
        let exported = export_fastai(&tensors, &vocabulary, Kind::LanguageModel).unwrap();
        let imported = import_fastai(&exported.weights, &exported.vocabulary).unwrap();
        assert_eq!(imported.sizes.hidden, hidden);
        assert!(imported.tensors == tensors);
    }
}

/// The committed `exported_*` files were loaded by torch and fastai
/// (fixtures/fastai_files/check_export.py); what we write must stay those very bytes.
#[test]
fn exports_are_the_files_that_fastai_has_loaded() {
    for (source, words, kind, name) in EXPORTS {
        let Exported { weights, vocabulary } = export(source, words, kind);
        assert!(weights == bytes(&format!("exported_{name}.pth")), "{name}");
        assert!(vocabulary == bytes(&format!("exported_{name}.pkl")), "{name}");
    }
}

#[test]
#[ignore = "writes the fixtures that check_export.py then loads"]
fn write_exports() {
    for (source, words, kind, name) in EXPORTS {
        let Exported { weights, vocabulary } = export(source, words, kind);
        fs::write(fixture(&format!("exported_{name}.pth")), weights).unwrap();
        fs::write(fixture(&format!("exported_{name}.pkl")), vocabulary).unwrap();
    }
}

const EXPORTS: [(&str, &str, Kind, &str); 3] = [
    ("lm.pth", "lm_vocab.pkl", Kind::LanguageModel, "lm"),
    ("lm.pth", "lm_vocab.pkl", Kind::Encoder, "encoder"),
    ("classifier_legacy.pth", "classifier_vocab.pkl", Kind::Classifier, "classifier"),
];

fn export(source: &str, words: &str, kind: Kind) -> Exported {
    let Imported { tensors, vocabulary, .. } = import(source, words);
    export_fastai(&tensors, &vocabulary, kind).unwrap()
}
