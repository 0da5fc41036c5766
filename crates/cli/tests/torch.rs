//! `export torch` and `import torch`, with a training that needs no PyTorch: weights changed by a fixed rule.

use crate::common::{Place, STEPS};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use ulmfit::checkpoint::{Dtype, HostTensor, peek_tensors, read_tensors, write_tensors};

type Tensors = BTreeMap<String, HostTensor>;

fn tensors(place: &Place, model: &str) -> Tensors {
    let bytes = fs::read(place.path(model).join("model.safetensors")).unwrap();
    let infos = peek_tensors(&bytes).unwrap();
    read_tensors(&bytes, &infos.into_iter().map(|info| (info.name, info.dims)).collect()).unwrap()
}

/// The weights as `train.py` would leave them: each a little larger in size.
fn changed(start: &Tensors, direction: &str) -> Tensors {
    let own = |(name, tensor): (&String, &HostTensor)| {
        let name = name.strip_prefix(direction)?.strip_prefix('.')?.to_owned();
        let values = tensor.values.iter().map(|value| value * 1.25).collect();
        Some((name, HostTensor::new(tensor.dims.clone(), values)))
    };
    start.iter().filter_map(own).collect()
}

fn crc32(place: &Place, file: &str) -> u32 {
    crc32fast::hash(&fs::read(place.path(file)).unwrap())
}

fn pretend_to_train(place: &Place, direction: &str) {
    let weights = changed(&tensors(place, "job"), direction);
    let file = format!("job/trained-{direction}.safetensors");
    place.write(&file, write_tensors(&weights, Dtype::F32).unwrap());
    let note = json!({
        "job": crc32(place, "job/manifest.json"), "crc32": crc32(place, &file), "updates": 3,
        "device": "a `GPU`", "torch": "2.15.0", "precision": "f16", "tokens_per_second": 1_260_000.0,
    });
    place.write(&format!("job/trained-{direction}.json"), note.to_string());
}

#[test]
fn a_language_model_goes_to_pytorch_and_comes_back() {
    let place = Place::new();
    let told = place.run(&format!("export torch lm texts.txt -o job {STEPS} --json")).json();
    assert!(told["tokens"].as_u64() > Some(500), "{told}");
    let job: Value =
        serde_json::from_slice(&fs::read(place.path("job/job.json")).unwrap()).unwrap();
    assert_eq!((&job["batch-size"], &job["bptt"]), (&8.into(), &16.into()));
    let schedule = fs::read(place.path("job/schedule.safetensors")).unwrap();
    let updates = peek_tensors(&schedule).unwrap()[0].dims[0];
    // the same text, vocabulary and number of updates as those of `finetune`
    let tuned = place.run(&format!("finetune lm texts.txt -o tuned {STEPS}"));
    tuned.ok();
    let metrics = fs::read_to_string(place.path("tuned/metrics-finetune-forward.jsonl")).unwrap();
    let steps = metrics.lines().filter(|line| line.contains("grad_norm")).count();
    assert_eq!(steps, updates);
    let read = |file: &str| fs::read(place.path(file)).unwrap();
    assert_eq!(read("job/vocab.json"), read("tuned/vocab.json"));

    let done = place.run("import torch job -o back");
    assert_eq!(done.code, Some(66), "{done:?}");
    assert!(done.stderr.contains("the forward network is not trained yet"), "{done:?}");
    assert!(done.stderr.contains("train.py"), "{done:?}");
    pretend_to_train(&place, "forward");
    let scores = place.run("import torch job -o back --json").json();
    assert!(scores["validation"][0]["perplexity_before"].is_number(), "{scores}");
    let (back, wanted) = (tensors(&place, "back"), changed(&tensors(&place, "job"), "forward"));
    assert_eq!(back.len(), wanted.len());
    for (name, tensor) in &wanted {
        assert_eq!(back[&format!("forward.{name}")], *tensor, "{name}");
    }
    let card = fs::read_to_string(place.path("back/README.md")).unwrap();
    assert!(card.contains("1260000 tokens/s"), "{card}");
    let evaluated = place.run("evaluate back texts.txt --json").json();
    assert!(evaluated.to_string().contains("perplexity"), "{evaluated}");
    place.run(&format!("train back train.csv -o classified --unfreeze full {STEPS}")).ok();
}

#[test]
fn a_job_from_random_weights_has_both_directions() {
    let place = Place::new();
    let sizes = "--emb 12 --hid 20 --layers 2 --direction both";
    place.run(&format!("export torch none texts.txt -o job {sizes} {STEPS}")).ok();
    pretend_to_train(&place, "forward");
    let done = place.run("import torch job -o back");
    assert!(done.stderr.contains("the backward network is not trained yet"), "{done:?}");
    pretend_to_train(&place, "backward");
    let scores = place.run("import torch job -o back --json").json();
    assert_eq!(scores["validation"].as_array().map(Vec::len), Some(2), "{scores}");
    assert!(scores["validation"][0]["perplexity_before"].is_null(), "{scores}");
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let place = Place::new();
    let export = format!("export torch lm texts.txt -o job {STEPS}");
    place.run(&export).ok();
    pretend_to_train(&place, "forward");
    let note = fs::read_to_string(place.path("job/trained-forward.json")).unwrap();
    let weights = fs::read(place.path("job/trained-forward.safetensors")).unwrap();
    let refused = |message: &str| {
        let done = place.run("import torch job -o back");
        assert_eq!(done.code, Some(65), "{message}: {done:?}");
        assert!(done.stderr.contains(message), "{message}: {done:?}");
        assert!(!place.path("back").exists());
    };
    let mut damaged = weights.clone();
    *damaged.last_mut().unwrap() ^= 1;
    place.write("job/trained-forward.safetensors", &damaged);
    refused("its checksum is not that of the note");
    place.write("job/trained-forward.safetensors", &weights);
    place.write("job/trained-forward.json", note.replacen("\"job\":", "\"job\":1", 1));
    refused("trained-forward.json");
    place.write("job/trained-forward.json", &note);
    let tokens = fs::read(place.path("job/valid.tokens")).unwrap();
    let mut other = tokens.clone();
    *other.last_mut().unwrap() ^= 1;
    place.write("job/valid.tokens", &other);
    refused("valid.tokens");
    place.write("job/valid.tokens", &tokens);
    place.run("import torch job -o whole").ok();

    for (line, code, message) in [
        ("import torch lm -o out".to_owned(), 65, "not a folder of `export torch`"),
        (format!("{export} --overwrite --keep-best"), 2, "selection of an epoch"),
        (format!("{export} --overwrite --emb 20"), 2, "--emb is decided by the base model"),
        (export.clone(), 2, "job exists already"),
        (format!("export torch lm nosuch.txt -o out {STEPS}"), 66, "nosuch.txt"),
    ] {
        let done = place.run(&line);
        assert_eq!(done.code, Some(code), "{line}: {done:?}");
        assert!(done.stderr.contains(message), "{line}: {done:?}");
        assert!(!place.path("out").exists());
    }
}
