//! `fit --method tfidf`: classifiers on n-grams are models like others.

use crate::common::{Place, number};
use serde_json::Value;
use std::fs;
use ulmfit::checkpoint::ModelFolder;

const FIT: &str = "fit train.csv --test test.csv --method tfidf";

fn hash(place: &Place, name: &str) -> String {
    ModelFolder::open(&place.path(name)).unwrap().hash()
}

#[test]
fn a_classifier_on_ngrams_is_a_model_like_others() {
    let place = Place::new();
    let report = place.run(&format!("{FIT} -o model --json")).json();
    assert_eq!(report["rows"]["test"], 30);
    assert!(number(&report["test"], "accuracy") > 0.9, "{report}");
    assert!(report["training"].as_array().unwrap().is_empty(), "{report}");
    // it is not compared with itself
    let rivals = &report["baselines"];
    assert!(rivals["tfidf_accuracy"].is_null() && rivals["majority_accuracy"].is_number());
    let verdict = report["verdict"].as_str().unwrap();
    assert!(verdict.contains("better than always predicting the most frequent label"), "{verdict}");
    assert!(!place.path("model.run").exists());
    let found = place.run("inspect model --json").json();
    assert_eq!((&found["kind"], &found["task"]), (&"classifier".into(), &"single".into()));
    assert_eq!(found["config"]["network"]["kind"], "linear-classifier");
    assert!(place.run("inspect model").ok().contains("encoder     TF-IDF, "));

    let scores = place.run("evaluate model test.csv --json").json();
    assert_eq!(scores["accuracy"], report["test"]["accuracy"]);
    // alone and among others, with any number of threads
    let together = place.run("predict model test.csv --threads 1").ok();
    assert_eq!(together.lines().count(), 30);
    assert_eq!(place.run("predict model test.csv --threads 3").ok(), together);
    let rows = fs::read_to_string(place.path("test.csv")).unwrap();
    let text = rows.lines().nth(7).unwrap().split(',').next().unwrap();
    let alone = place.feed("predict model -", &format!("{text}\n")).ok();
    assert_eq!(alone.lines().next(), together.lines().nth(6));
    for files in ["model/ngrams.json", "model/labels.json", "model/report.html"] {
        assert!(place.path(files).exists(), "{files}");
    }
    // a text without a known n-gram is answered, too
    let nothing = place.feed("predict model -", "\u{4e00}\n").ok();
    assert!(nothing.contains("\"confidence\":"), "{nothing}");
    place.run("calibrate model test.csv").ok();
    assert!(place.path("model/calibration.json").exists());
}

#[test]
fn threads_and_repetition_change_no_bit() {
    let place = Place::new();
    place.run(&format!("{FIT} -o one --threads 1 --quiet")).ok();
    place.run(&format!("{FIT} -o three --threads 3 --quiet")).ok();
    assert_eq!(hash(&place, "one"), hash(&place, "three"));
    place.run(&format!("{FIT} -o one --seed 7 --overwrite --quiet")).ok();
    assert_ne!(hash(&place, "one"), hash(&place, "three"));
}

#[test]
fn numbers_several_labels_and_rare_ones() {
    let place = Place::new();
    let rows: String = (0..60)
        .map(|n| {
            let size = ["tiny", "small", "medium", "large", "huge", "giant"][n % 6];
            format!("a {size} parcel {n},{}\n", 10 * (n % 6))
        })
        .collect();
    place.write("numbers.csv", format!("text,label\n{rows}"));
    let fit = "fit numbers.csv --method tfidf -o numbers --task regression --json";
    let report = place.run(fit).json();
    let (mae, mean) = (number(&report["test"], "mae"), number(&report["baselines"], "mean_mae"));
    assert!(mae < 0.5 * mean, "{report}");
    assert!(report["baselines"]["tfidf_mae"].is_null(), "it is not compared with itself: {report}");
    assert!(report["verdict"].as_str().unwrap().contains("always predicting the mean"), "{report}");
    let shown = place.run(&fit.replace("-o numbers", "-o again").replace(" --json", "")).ok();
    let heads = shown.lines().find(|line| line.starts_with("place")).unwrap_or_default();
    assert!(heads.trim_end().ends_with("predicted"), "a number has no confidence: {shown}");
    let answer = place.feed("predict numbers -", "a huge parcel\n").ok();
    assert!(answer.contains("\"value\":"), "{answer}");

    let rows: String = (0..60)
        .map(|n| match n % 3 {
            0 => "where is my parcel,a\n",
            1 => "i want a refund,b\n",
            _ => "a refund where is my parcel,a;b\n",
        })
        .collect();
    place.write("several.csv", format!("text,label\n{rows}"));
    place
        .run("fit several.csv --method tfidf -o several --label-delimiter ; --test-share 0.1")
        .ok();
    for (text, labels) in [
        ("i want a refund", r#""labels":["b"]"#),
        ("where is my parcel", r#""labels":["a"]"#),
        ("a refund where is my parcel", r#""labels":["a","b"]"#),
    ] {
        let answer = place.feed("predict several -", &format!("{text}\n")).ok();
        assert!(answer.contains(labels), "{answer}");
    }

    let rows: String = (0..90)
        .map(|n| match n % 30 {
            0 => "shared words,rare\n",
            _ => "shared words,common\n",
        })
        .collect();
    place.write("rare.csv", format!("text,label\n{rows}"));
    let confidence = |options: &str| {
        let fit = "fit rare.csv --method tfidf -o rare --overwrite --test-share 0";
        place.run(&format!("{fit} {options}")).ok();
        let answer = place.feed("predict rare -", "shared words\n").ok();
        let answer: Value = serde_json::from_str(answer.lines().next().unwrap()).unwrap();
        number(&answer["probabilities"], "rare")
    };
    let [balanced, plain] = ["--balance", ""].map(confidence);
    assert!(balanced > 1.5 * plain, "{balanced} {plain}");
}

#[test]
fn weights_of_words_add_up() {
    let place = Place::new();
    place.run(&format!("{FIT} -o model")).ok();
    place.write("new.jsonl", "{\"text\":\"A LOVELY film — was it?\"}\n{\"text\":\"\"}\n");
    let lines = |method: &str| -> Vec<Value> {
        let found = place.run(&format!("predict model new.jsonl --explain {method}")).ok();
        found.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    for method in ["fast", "exact"] {
        let found = lines(method);
        let words = found[0]["explanation"].as_array().unwrap();
        let texts: Vec<&str> = words.iter().map(|word| word["text"].as_str().unwrap()).collect();
        assert_eq!(texts, ["A", "LOVELY", "film", "—", "was", "it", "?"]);
        let weight = |n: usize| number(&words[n], "weight");
        assert!((0..7).all(|n| n == 1 || weight(n) < weight(1)), "{method}: {words:?}");
        if method == "fast" {
            let sum: f64 = (0..7).map(weight).sum();
            let winner = found[0]["label"].as_str().unwrap();
            let gain = number(&found[0], "confidence") - number(&found[1]["probabilities"], winner);
            assert!((sum - gain).abs() < 1e-3, "{sum} {gain}");
        }
    }
}

#[test]
fn what_ngrams_would_ignore_is_refused() {
    let place = Place::new();
    for (options, message) in [
        ("--base lm", "--base has no effect with `--method tfidf`"),
        ("--tuning frozen", "--tuning has no effect"),
        ("--direction both", "--direction has no effect"),
        ("--unlabeled texts.txt", "--unlabeled has no effect"),
        ("--lm-epochs 2", "--lm-epochs has no effect"),
        ("--epochs 2", "an option under Learning has no effect"),
        ("--max-vocab 20", "--max-vocab has no effect"),
        ("--base-words seen", "--base-words has no effect"),
        ("--emb 20", "--emb has no effect"),
        ("--tokenizer bpe", "--tokenizer has no effect"),
        ("--language de", "--language has no effect"),
        ("--head 20", "--head has no effect"),
    ] {
        let done = place.run(&format!("{FIT} {options} -o out"));
        assert_eq!(done.code, Some(2), "{options}: {done:?}");
        assert!(done.stderr.contains(message) && done.stderr.contains("\nhint: "), "{done:?}");
        assert!(!place.path("out").exists());
    }
    place.run(&format!("{FIT} -o model")).ok();
    for (line, message) in [
        ("export fastai model -o out", "fastai"),
        ("export onnx model -o out", "the method `tfidf` cannot be exported to ONNX"),
        ("fit train.csv -o out --base model", "a language model is needed here"),
        ("predict model test.csv --direction backward", "has no backward network"),
        ("encode model test.csv", "does not turn texts into vectors"),
    ] {
        let done = place.run(line);
        assert!(done.code != Some(0) && done.stderr.contains(message), "{line}: {done:?}");
    }
}

#[test]
fn damaged_ngrams_are_refused() {
    let place = Place::new();
    place.run(&format!("{FIT} -o model")).ok();
    let path = place.path("model/ngrams.json");
    fs::write(&path, fs::read_to_string(&path).unwrap().replacen("\"a\"", "\"b\"", 1)).unwrap();
    let done = place.run("predict model test.csv");
    assert_eq!(done.code, Some(65), "{done:?}");
    assert!(done.stderr.contains("ngrams.json"), "{done:?}");
}
