//! What a report on a classifier says, and where it lies.

use crate::common::{Place, STEPS, number};
use serde_json::Value;
use std::fs;
use ulmfit::checkpoint::ModelFolder;

#[test]
fn report_of_fit() {
    let place = Place::new();
    let line = format!("fit train.csv --test test.csv -o out --base lm --lm-epochs 1 {STEPS}");
    let report = place.run(&format!("{line} --unlabeled texts.txt --json")).json();
    assert_eq!(report["rows"]["test"], 30);
    assert_eq!(report["unlabeled"], 60);
    assert_eq!(report["test"]["n"], 30);
    for field in ["majority_accuracy", "tfidf_accuracy"] {
        assert!((0.0..=1.0).contains(&number(&report["baselines"], field)), "{report}");
    }
    let verdict = report["verdict"].as_str().unwrap();
    assert!(verdict.contains("TF-IDF"), "{report}");
    // few labels: a second classifier learns some of these, but for those that judge the language model
    assert_eq!(report["self_training"]["labelled"], 57);
    // the same numbers again, from the folder
    let scores = place.run("evaluate out test.csv --json").json();
    assert_eq!(scores["confusion"], report["test"]["confusion"]);
    let text = place.run("fit train.csv --test test.csv -o again --base lm --lm-epochs 1").ok();
    assert!(text.contains("score on the test set\n"), "{text}");
    assert!(text.contains("the model is in again"), "{text}");
}

#[test]
fn a_classifier_teaches_another_one() {
    let place = Place::new();
    let fit = format!("fit train.csv --test test.csv --base lm --lm-epochs 1 {STEPS}");
    let all = "--unlabeled texts.txt --self-training";
    let report = place.run(&format!("{fit} {all} 40 -o second --json")).json();
    let found = &report["self_training"];
    assert_eq!((number(found, "labelled"), number(&report["rows"], "train")), (40.0, 60.0));
    assert!((1.0..=20.0).contains(&number(found, "learned")), "half of them at most: {report}");
    let trained = report["training"].as_array().unwrap().len();
    assert_eq!(trained, 3, "language model and two classifiers: {report}");
    // the first one is what is made without such texts
    let alone = place.run(&format!("{fit} {all} 0 -o first --json")).json();
    assert!(alone.get("self_training").is_none(), "{alone}");
    assert_eq!(found["first_accuracy"], alone["test"]["accuracy"]);
    assert_ne!(report["test"]["loss"], alone["test"]["loss"]);
    // stage 3 by itself does it, too; without texts there is nothing to label
    let train = format!("train lm train.csv --test test.csv --self-training 40 {STEPS}");
    let text = place.run(&format!("{train} --unlabeled texts.txt -o third")).ok();
    assert!(
        text.contains(" of 40 pseudo-labelled texts; the first classifier alone predicts "),
        "{text}"
    );
    let refused = place.run(&format!("{train} -o fourth"));
    assert_eq!(refused.code, Some(2), "{refused:?}");
    let train = format!("train lm train.csv --test test.csv --self-training 0 {STEPS}");
    let done = place.run(&format!("{train} --unlabeled texts.txt -o fifth"));
    assert!(done.stderr.contains("the unlabelled texts are not used"), "{done:?}");
}

#[test]
fn a_report_lies_in_the_model_folder() {
    let place = Place::new();
    let line = format!("fit train.csv --test test.csv -o out --base lm --lm-epochs 1 {STEPS}");
    let done = place.run(&format!("{line} --json"));
    assert!(done.stderr.contains("the report is out/report.html\n"), "{done:?}");
    let told = done.stderr.find("this takes a few seconds\n").expect("what it is going to do");
    assert!(told < done.stderr.find("fine-tune the language model").unwrap(), "{done:?}");
    let printed = done.json();
    let folder = ModelFolder::open(&place.path("out")).unwrap();
    let read = |name: &str| String::from_utf8(folder.read(name).unwrap()).unwrap();
    let report: Value = serde_json::from_str(&read("report.json")).unwrap();
    assert_eq!(report, printed);
    assert_eq!(report["training"].as_array().unwrap().len(), 2, "language model and classifier");
    assert!(number(&report["language_model"][0], "perplexity_before") > 1.0);
    assert!(number(&report, "peak_rss_mb") > 1.0);
    let parts = report["stages"].as_array().unwrap().iter();
    let sum: f64 = parts.map(|part| number(part, "seconds")).sum();
    assert!(sum <= number(&report, "seconds"), "{report}");
    let mistakes = report["mistakes"].as_array().unwrap();
    assert!(!mistakes.is_empty(), "{report}");
    for mistake in mistakes {
        assert_eq!(mistake["words"]["label"], mistake["guess"]);
        let text = mistake["text"].as_str().unwrap();
        for mark in mistake["words"]["marks"].as_array().unwrap() {
            let place = |end: &str| number(mark, end) as usize;
            assert!(!text[place("start")..place("end")].contains(' '), "{mistake}");
        }
    }
    assert!(read("report.html").contains("<mark class="), "words are marked");
    let verdict = report["verdict"].as_str().unwrap();
    assert!(read("report.txt").starts_with(verdict));
    assert!(read("report.html").starts_with("<!DOCTYPE html>"));
    assert!(read("README.md").contains(verdict));
    // none of it is in the way
    place.run("inspect out").ok();
    place.run("predict out test.csv").ok();
    place.run("train lm train.csv -o scoreless --valid-share 0 --epochs 1 --quiet").ok();
    let report = fs::read_to_string(place.path("scoreless/report.html")).unwrap();
    assert!(report.contains("Not scored"), "{report}");
}

#[test]
fn reports_of_other_tasks() {
    let place = Place::new();
    let rows = |label: &dyn Fn(usize) -> String| -> String {
        let row = |n: usize| {
            let kind = crate::common::label(n);
            let row = serde_json::json!({ "text": crate::common::text(n, kind) }).to_string();
            format!("{},\"label\":{}}}\n", &row[..row.len() - 1], label(n))
        };
        (0..60).map(row).collect()
    };
    let several = |n: usize| ["[\"bad\",\"x\"]", "[\"good\"]"][n % 2].to_owned();
    place.write("several.jsonl", rows(&several));
    place.write("numbers.jsonl", rows(&|n| format!("{}.5", n % 2)));
    let rest = format!("--test-share 0.3 {STEPS} --quiet --json");
    let report = place.run(&format!("train lm several.jsonl -o several {rest}")).json();
    assert_eq!(report["labels"].as_array().unwrap().len(), 3, "{report}");
    assert!(number(&report["baselines"], "tfidf_accuracy") > 0.5, "{report}");
    assert_eq!(report["comparison"]["n"], report["test"]["n"]);
    let report = place.run(&format!("train lm numbers.jsonl -o n --task regression {rest}")).json();
    let gain = number(&report["baselines"], "mean_mae") - number(&report["test"], "mae");
    assert!((number(&report["baselines"], "mae_gain") - gain).abs() < 1e-9, "{report}");
    let gain = number(&report["baselines"], "tfidf_mae") - number(&report["test"], "mae");
    assert!((number(&report["baselines"], "tfidf_mae_gain") - gain).abs() < 1e-9, "{report}");
    assert!(report["comparison"].is_null() && report["reliability"].is_null(), "{report}");
    assert!(
        report["verdict"].as_str().unwrap().contains("TF-IDF with linear regression"),
        "{report}"
    );
    let page = fs::read_to_string(place.path("n/report.html")).unwrap();
    assert!(page.contains("TF-IDF with linear regression"));
}
