//! The language model inside the program, and models made small.

use crate::common::Place;
use std::fs;
use std::time::Instant;
use ulmfit::checkpoint::ModelFolder;

#[test]
fn the_program_knows_english() {
    let place = Place::new();
    let began = Instant::now();
    let found = place.run("inspect en --json").json();
    eprintln!("opened in {:?}", began.elapsed());
    assert_eq!(found["config"]["directions"], serde_json::json!(["forward", "backward"]));
    assert!(found["vocabulary"].as_u64().unwrap() > 5000, "{found}");
    place.write(
        "english.txt",
        "The capital of France is Paris .\nHe was born in London in 1902 .\n",
    );
    for name in ["en", "en-base"] {
        let report = place.run(&format!("evaluate {name} english.txt --json")).json();
        assert!(report["loss"].as_f64().unwrap() < 6.0, "it has read before: {report}");
        assert!(report["oov_rate"].as_f64().unwrap() < 0.05, "{report}");
    }
    let found = place.run("inspect en-base --json").json();
    assert_eq!(found["config"]["network"]["hid"], 1152, "the paper's: {found}");
}

#[test]
fn classifiers_start_from_english_unless_told_otherwise() {
    let place = Place::new();
    let steps = "--lm-epochs 1 --unfreeze last --epochs 1 --json";
    let report = place.run(&format!("fit train.csv --test test.csv -o model {steps}")).json();
    let directions = report["language_model"].as_array().unwrap();
    assert_eq!(directions.len(), 2, "both by default: {report}");
    let found = place.run("inspect model --json").json();
    assert!(found["vocabulary"].as_u64().unwrap() > 5000, "its words stay: {found}");
    let seen = "--base en --base-words seen --direction backward";
    place.run(&format!("fit train.csv --test test.csv -o small {seen} {steps}")).ok();
    let found = place.run("inspect small --json").json();
    assert!(found["vocabulary"].as_u64().unwrap() < 200, "words of the texts only: {found}");
    assert_eq!(found["config"]["directions"], serde_json::json!(["backward"]));
    // a folder of texts changes nothing; a model of that name is meant if there is one
    for name in ["en", "minilm", "none"] {
        fs::create_dir(place.path(name)).unwrap();
    }
    let frozen = "--method encoder --tuning frozen --json";
    place.run(&format!("fit train.csv --test test.csv -o frozen {frozen}")).ok();
    for base in ["en", "none --emb 8 --hid 8"] {
        place
            .run(&format!(
                "fit train.csv --test test.csv -o usual --overwrite --base {base} {steps}"
            ))
            .ok();
    }
    fs::remove_dir(place.path("en")).unwrap();
    fs::rename(place.path("lm"), place.path("en")).unwrap();
    let hash = ModelFolder::open(&place.path("en")).unwrap().hash();
    assert_eq!(place.run("inspect en --json").json()["hash"], hash);
}

/// Files are read once then, and what the other reading would say is said all the same.
#[test]
fn more_text_of_the_same_kind_leaves_the_vocabulary_as_it_is() {
    let place = Place::new();
    let words = |model: &str| fs::read(place.path(model).join("vocab.json")).unwrap();
    for (more, unchanged) in [("all", false), ("only", true)] {
        place.write("new.csv", "text,number\nunheard words,1\nunheard words,2\nunheard words,3\n");
        let run = format!("finetune lm new.csv --valid texts.txt -o {more} --base-words {more}");
        let done = place.run(&format!("{run} --epochs 1 --batch-size 1 --bptt 4"));
        assert!(done.stderr.contains("new.csv: text: `text`; not read: `number`"), "{done:?}");
        done.ok();
        assert_eq!(words("lm") == words(more), unchanged, "{more}");
    }
}

#[test]
fn compact_models_say_nearly_the_same() {
    let place = Place::new();
    let model = "classifier";
    for (store, tolerance) in [("f32", 0.0), ("f16", 0.01), ("int8", 0.05), ("int6", 0.2)] {
        let line = format!("export compact {model} -o {store} --store {store}");
        place.run(&line).ok();
        let loss = |model: &str| {
            let report = place.run(&format!("evaluate {model} test.csv --json")).json();
            report["loss"].as_f64().unwrap()
        };
        assert!((loss(model) - loss(store)).abs() <= tolerance, "{store}");
    }
    let size = |name: &str| fs::metadata(place.path(name).join("model.safetensors")).unwrap().len();
    assert!(size("f16") < size("f32") && size("int8") < size("f16"));
    assert!(size("int6") < size("int8"));
}

#[test]
fn directions_can_be_joined() {
    let place = Place::new();
    let options = "--emb 16 --hid 24 --layers 2 --epochs 1 --batch-size 8 --bptt 16 -q";
    for direction in ["forward", "backward"] {
        let line = format!("pretrain texts.txt -o {direction} --direction {direction} {options}");
        place.run(&line).ok();
    }
    place.write("card.md", "# Both\n");
    place.run("export compact backward forward -o both --card card.md --store f32").ok();
    let report = |model: &str| place.run(&format!("evaluate {model} texts.txt --json")).json();
    let both = report("both");
    for (n, direction) in ["forward", "backward"].into_iter().enumerate() {
        let loss = &report(direction)["loss"];
        assert_eq!(both["directions"][n], serde_json::json!([direction, loss]), "{both}");
    }
    assert_eq!(fs::read(place.path("both/README.md")).unwrap(), b"# Both\n");
}

/// A classifier for each direction, trained on different days: together they are one whose
/// probabilities are the means.
#[test]
fn classifiers_can_be_joined() {
    let place = Place::new();
    let options = "--emb 16 --hid 24 --layers 2 --epochs 1 --batch-size 8 --bptt 16 -q";
    place.run(&format!("pretrain texts.txt -o base --direction both {options}")).ok();
    for direction in ["backward", "forward"] {
        let options = "--epochs 1 -q";
        let line = format!("train base train.csv -o {direction} --direction {direction} {options}");
        place.run(&line).ok();
    }
    place.run("export compact backward forward -o both --store f32").ok();
    let scores = |model: &str| -> Vec<f64> {
        let rows = place.run(&format!("predict {model} test.csv")).ok();
        let score = |line| {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            row["probabilities"]["good"].as_f64().unwrap()
        };
        rows.lines().map(score).collect()
    };
    let (forward, backward, both) = (scores("forward"), scores("backward"), scores("both"));
    assert!(forward != backward && !both.is_empty());
    for ((f, b), mean) in forward.iter().zip(&backward).zip(&both) {
        assert!(((f + b) / 2.0 - mean).abs() < 1e-6, "{f} and {b}: {mean}");
    }
}
