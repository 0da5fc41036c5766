//! Encoders of the BERT family against PyTorch, read from Hugging Face folders.
//!
//! Numbers: fixtures/generate_bert.py.

#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "a test may fail, and compares bits")]
#![cfg(all(feature = "subwords", feature = "train"))]

mod golden;

use golden::{assert_close, numbers, open, rows};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use ulmfit::model::transformer::{
    Lanes, MaskedLm, MaskedTokens, SpareGradients, StepSettings, TextBatch, Transformer,
};
use ulmfit::model::{Network, TrainableGroups};
use ulmfit::models::{EncoderBundle, from_hugging_face};
use ulmfit_ops::{Cpu, Device, Key, Reference, Tensor};

fn folder(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../../fixtures/encoders", name].iter().collect()
}

fn read(name: &str) -> EncoderBundle {
    from_hugging_face(&folder(name)).unwrap()
}

/// The encoder on another device.
fn on<D: Device>(bundle: &EncoderBundle) -> Transformer<D> {
    let mut encoder = Transformer::new(D::default(), bundle.sizes(), Key::new(0));
    let tensors = bundle.encoder.state().into_iter();
    let tensors = tensors.map(|(name, t)| (name, Tensor::from_f64(t.dims(), &t.to_f64())));
    encoder.load(tensors.collect()).unwrap();
    encoder
}

fn batch(bundle: &EncoderBundle, gold: &Value) -> TextBatch {
    let ids = rows(&gold["ids"]);
    let ids: Vec<&[u32]> = ids.iter().map(Vec::as_slice).collect();
    TextBatch::new(&ids, &bundle.sizes())
}

#[test]
fn texts_become_the_ids_of_the_tokenizers_library() {
    for name in ["bert", "distilbert", "roberta"] {
        let (bundle, gold) = (read(name), open(&format!("encoder_{name}")));
        let texts: Vec<[&str; 1]> =
            gold["texts"].as_array().unwrap().iter().map(|t| [t.as_str().unwrap()]).collect();
        assert_eq!(bundle.text.encode_all(&texts), rows(&gold["ids"]), "{name}");
        let frame = bundle.text.frame();
        assert_eq!(
            vec![frame.first, frame.last],
            rows(&Value::from(vec![gold["frame"].clone()]))[0]
        );
    }
}

#[test]
fn vectors_are_pytorchs() {
    fn check<D: Device>(name: &str, tolerance: f64) {
        let (bundle, gold) = (read(name), open(&format!("encoder_{name}")));
        let vectors = on::<D>(&bundle).vectors(&batch(&bundle, &gold));
        assert_close(name, &vectors.to_f64(), &numbers(&gold["vectors"]), tolerance);
    }
    for name in ["bert", "distilbert", "roberta"] {
        check::<Reference>(name, 1e-6); // position and kind of sentence are added in f32
        check::<Cpu>(name, 1e-5);
    }
}

/// The states of every layer, one text after the other.
#[test]
fn every_layer_is_pytorchs() {
    fn check<D: Device>(tolerance: f64) {
        let (bundle, gold) = (read("bert"), open("encoder_bert"));
        let states = on::<D>(&bundle).states(&batch(&bundle, &gold));
        let texts = gold["states"].as_array().unwrap();
        assert_eq!(states.len(), 3);
        for (layer, state) in states.iter().enumerate() {
            let wanted: Vec<f64> = texts.iter().flat_map(|text| numbers(&text[layer])).collect();
            assert_close(&format!("layer {layer}"), &state.to_f64(), &wanted, tolerance);
        }
    }
    check::<Reference>(1e-6);
    check::<Cpu>(1e-5);
}

#[test]
fn every_gradient_is_pytorchs() {
    fn check<D: Device>(tolerance: f64) {
        let (bundle, gold) = (read("bert"), open("encoder_bert"));
        let mut encoder = on::<D>(&bundle);
        let (vectors, tape) = encoder.train_forward(batch(&bundle, &gold), 0.0, Key::new(0));
        let dy = Tensor::from_f64(vectors.dims(), &numbers(&gold["dy"]));
        let learn = TrainableGroups::all(encoder.groups());
        encoder.backward(tape, &dy, &learn);
        let params = encoder.params();
        assert_eq!(params.len(), 36);
        for (name, _, param) in params {
            let wanted = numbers(&gold["gradients"][&name]);
            let grad = param.grad.as_ref().unwrap().to_f64();
            // a table's unused rows have no gradient of ours; the kinds' share of positions is theirs
            let scale = wanted.iter().fold(0.0_f64, |max, w| max.max(w.abs()));
            if name.ends_with("self.key.bias") {
                assert!(grad.iter().all(|g| g.abs() < 1e-5), "{name}: shifts no softmax");
                continue;
            }
            assert!(scale > 0.0, "{name}: nothing to see");
            assert_close(&name, &grad, &wanted, tolerance);
        }
    }
    check::<Reference>(1e-6);
    check::<Cpu>(2e-5);
}

#[test]
fn hidden_words_have_pytorchs_loss_and_gradients() {
    fn check<D: Device>(tolerance: f64) {
        let (bundle, gold) = (read("bert"), open("encoder_masked"));
        let mut model = MaskedLm::new(on::<D>(&bundle), Key::new(0));
        let tensors = model.state().into_iter().map(|(name, tensor)| (name, tensor.clone()));
        let mut tensors: BTreeMap<String, Tensor<D>> = tensors.collect();
        for (name, values) in gold["head"].as_object().unwrap() {
            let tensor = tensors.get_mut(name).unwrap();
            *tensor = Tensor::from_f64(tensor.dims(), &numbers(values));
        }
        model.load(tensors).unwrap();

        let (ids, hidden) = (rows(&gold["ids"]), rows(&gold["places"]));
        let places = |text: usize| hidden[text].iter().map(|&place| place as usize);
        let mut texts = ids.clone();
        for (text, read) in texts.iter_mut().enumerate() {
            places(text).for_each(|place| read[place] = numbers(&gold["mask"])[0] as u32);
        }
        let texts: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
        let (lanes, order) = Lanes::new(&texts);
        let targets: Vec<u32> = order
            .iter()
            .flat_map(|&text| places(text).map(move |place| (text, place)))
            .map(|(text, place)| ids[text][place])
            .collect();
        let places: Vec<Vec<usize>> = order.iter().map(|&text| places(text).collect()).collect();
        let trainable = &TrainableGroups::all(model.groups());
        let settings = StepSettings { dropout: 0.0, key: Key::new(0), trainable, scale: 1.0 };
        let masked = MaskedTokens { places: &places, ids: &targets };
        let loss = model.train_step(&lanes, masked, settings, &mut SpareGradients::new());
        assert_close("loss", &[loss], &numbers(&gold["loss"]), tolerance);
        let wanted = gold["gradients"].as_object().unwrap();
        assert_eq!(wanted.len(), 7);
        for (name, _, param) in model.params() {
            let Some(wanted) = wanted.get(&name) else { continue };
            let grad = param.grad.as_ref().unwrap().to_f64();
            assert_close(&name, &grad, &numbers(wanted), tolerance);
        }
    }
    check::<Reference>(1e-6);
    check::<Cpu>(2e-5);
}

#[test]
fn nothing_below_the_lowest_trainable_group_is_computed() {
    let (bundle, gold) = (read("bert"), open("encoder_bert"));
    let grads = |top: usize| {
        let mut encoder = on::<Cpu>(&bundle);
        let (vectors, tape) = encoder.train_forward(batch(&bundle, &gold), 0.0, Key::new(0));
        let dy = Tensor::from_f64(vectors.dims(), &numbers(&gold["dy"]));
        encoder.backward(tape, &dy, &TrainableGroups::top(3, top));
        let params = encoder.params().into_iter();
        params.map(|(name, group, p)| (name, group, p.grad.as_ref().map(Tensor::to_f32))).collect()
    };
    let (all, top): (Vec<_>, Vec<_>) = (grads(3), grads(1));
    for ((name, group, all), (_, _, top)) in all.into_iter().zip(top) {
        assert_eq!(top, all.filter(|_| group == 2), "{name}");
    }
}

#[test]
fn a_text_does_not_feel_the_others_nor_the_threads() {
    let bundle = read("bert");
    let texts: Vec<[String; 1]> =
        (0..90).map(|n| [format!("the parcel {}", "not arrived ".repeat(n % 31))]).collect();
    let together = bundle.vectors(&texts);
    for (text, vector) in texts.iter().zip(&together) {
        assert_eq!(&bundle.vectors(std::slice::from_ref(text))[0], vector);
    }
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert_eq!(pool.install(|| bundle.vectors(&texts)), together);
    }
}

#[test]
fn a_folder_of_ours_gives_the_same_vectors() {
    use ulmfit::checkpoint::{FolderWriter, ModelFolder, Overwrite};
    let (place, bundle) = (tempfile::tempdir().unwrap(), read("bert"));
    let path = place.path().join("base");
    let writer = FolderWriter::create(&path, Overwrite::Refuse).unwrap();
    bundle.save(writer, &ulmfit::models::ModelMetadata::default()).unwrap();
    let again: EncoderBundle =
        EncoderBundle::from_folder(&ModelFolder::open(&path).unwrap()).unwrap();
    let texts = [["where is my order?"], [""]];
    assert_eq!(again.vectors(&texts), bundle.vectors(&texts));
}

/// Each fault of a folder is one clear line.
#[test]
fn bad_folders_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let fault = |name: &str, change: &dyn Fn(&std::path::Path)| {
        let copy = place.path().join(name);
        std::fs::create_dir(&copy).unwrap();
        for file in ["config.json", "model.safetensors", "tokenizer.json"] {
            std::fs::copy(folder("bert").join(file), copy.join(file)).unwrap();
        }
        change(&copy);
        let Err(error) = from_hugging_face(&copy) else { panic!("{name} was read") };
        let hint = error.hint().unwrap_or_else(|| panic!("{name} has no hint: {error}"));
        format!("{error} | {hint}")
    };
    let with = |from: &'static str, to: &'static str| {
        move |copy: &std::path::Path| {
            let path = copy.join("config.json");
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(text.contains(from), "{text}");
            std::fs::write(path, text.replace(from, to)).unwrap();
        }
    };
    let remove = |file: &'static str| {
        move |copy: &std::path::Path| std::fs::remove_file(copy.join(file)).unwrap()
    };
    let rename = |from: &'static str, to: &'static str| {
        move |copy: &std::path::Path| std::fs::rename(copy.join(from), copy.join(to)).unwrap()
    };
    let write = |file: &'static str, text: &'static str| {
        move |copy: &std::path::Path| {
            let path = copy.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    };
    for (name, change, said) in [
        (
            "gone",
            &remove("model.safetensors") as &dyn Fn(&_),
            "the file model.safetensors is missing",
        ),
        ("none", &remove("config.json"), "the file config.json is missing"),
        ("gpt", &with("\"bert\"", "\"gpt2\""), "models of type `gpt2` are not supported"),
        ("relu", &with("\"gelu\"", "\"relu\""), "the activation `relu`"),
        ("wide", &with("\"hidden_size\": 16", "\"hidden_size\": 18"), "[16], the model needs [18]"),
        ("heads", &with("\"num_attention_heads\": 2", "\"num_attention_heads\": 3"), "`heads`"),
        ("small", &with("\"vocab_size\": 77", "\"vocab_size\": 70"), "has 77 tokens"),
        ("text", &with("{", "["), "not valid"),
        (
            "bin",
            &rename("model.safetensors", "pytorch_model.bin"),
            "pickled files are never opened",
        ),
        ("shards", &rename("model.safetensors", "model.safetensors.index.json"), "one file"),
        ("slow", &rename("tokenizer.json", "vocab.txt"), "writes tokenizer.json"),
        (
            "lfs",
            &write("model.safetensors", "version https://git-lfs.github.com/spec/v1\n"),
            "git lfs",
        ),
        ("cut", &write("model.safetensors", "\u{8}\0\0\0\0\0\0\0{\"a\""), "download it again"),
        ("words", &write("tokenizer.json", "{}"), "tokenizer.json: "),
        (
            "half",
            &write("config.json", "{\"model_type\": \"bert\""),
            "incomplete: download it again",
        ),
        ("vision", &write("config.json", "{\"model_type\": \"clip\"}"), "missing field"),
        (
            "cls",
            &write("1_Pooling/config.json", "{\"pooling_mode_cls_token\": true}"),
            "mean pooling",
        ),
        (
            "both",
            &write(
                "1_Pooling/config.json",
                "{\"pooling_mode_mean_tokens\": true, \"pooling_mode_max_tokens\": true}",
            ),
            "does not use mean pooling alone",
        ),
        (
            "dense",
            &write("modules.json", "[{\"type\": \"sentence_transformers.models.Dense\"}]"),
            "the module `sentence_transformers.models.Dense`",
        ),
    ] {
        let message = fault(name, change);
        assert!(message.contains(said), "{name}: {message}");
        assert!(!message.contains('\n'), "{message}");
    }
    let noise = |copy: &std::path::Path| {
        std::fs::write(copy.join("model.safetensors"), b"PK\x03\x04pickled").unwrap();
    };
    assert!(fault("pickle", &noise).contains("model.safetensors: "));
}
