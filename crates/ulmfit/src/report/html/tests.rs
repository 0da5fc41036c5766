//! The page is well-formed, self-contained, and no text of the user gets out of its place.

use super::page;
use crate::data::Place;
use crate::decisions::{Automation, RiskCurve, Source};
use crate::report::metrics::{MultiLabelScores, RegressionScores};
use crate::report::statistics::Comparison;
use crate::report::statistics::Reliability;
use crate::report::telling_words::{StrongWord, WordMark};
use crate::report::{
    BaselineScores, ClassificationScores, ClassifierEvaluation, Cost, Curve, DataHashes,
    DirectionScore, EpochScore, GroupRates, LabelCounts, Provenance, QuotedRow, Report, RowCounts,
    SelfTrainingReport, StageTime, TellingWords, TfIdfScore, TrainingHistory,
};
use crate::text::Direction;
use crate::train::Validation;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// Tries to leave an element, an attribute, a comment, a style sheet.
const HOSTILE: &str =
    "</script></style></title><svg onload=alert(1)>\" onmouseover='x' --> &amp; \u{202e}<!-- ]]>";

fn strings<const N: usize>(list: [&str; N]) -> Vec<String> {
    list.map(str::to_owned).to_vec()
}

fn single(labels: &[String]) -> ClassifierEvaluation {
    let classes = labels.len() as u32;
    let targets: Vec<u32> = (0..60).map(|n| n % classes).collect();
    let guesses: Vec<u32> = (0..60).map(|n| if n % 7 == 0 { 0 } else { n % classes }).collect();
    let scores = ClassificationScores::new(labels, &targets, &guesses, 0.4);
    ClassifierEvaluation::SingleLabel(scores)
}

fn course(title: &str) -> TrainingHistory {
    let rates =
        |step: u64| GroupRates { step, rates: vec![(step > 5).then_some(1e-3), Some(2e-3)] };
    TrainingHistory {
        title: title.to_owned(),
        steps: 10,
        groups: strings(["layer 1", "head"]),
        loss: Curve { steps: vec![1.0, 5.0, 10.0], values: vec![3.0, 2.0, 1.5] },
        epochs: vec![EpochScore {
            step: 10,
            train_loss: 1.5,
            valid: Some(Validation { loss: 1.25, metrics: [("accuracy".into(), 0.75)].into() }),
            learning: 2,
        }],
        rates: (1..=10).map(rates).collect(),
        rollbacks: 0,
    }
}

fn made() -> Provenance {
    let hash = || "0123456789abcdef".to_owned();
    Provenance {
        program: "ulmfit 0".into(),
        program_hash: None,
        isa: "avx2".into(),
        threads: 2,
        seed: 7,
        directions: vec![Direction::Forward],
        vocabulary: 30,
        vocabulary_hash: hash(),
        network: json!({ "encoder": { "emb": 8 }, "max-len": null }),
        weights: 1000,
        data: DataHashes { train: hash(), valid: hash(), test: hash() },
        language_model_recipe: Some(json!({ "lr": 0.004, "epochs": 2 })),
        classifier_recipe: json!({ "lr": 0.02, "phase": [{ "unfreeze": 1, "epochs": 1 }] }),
    }
}

/// What can be automated where so many answers of a confidence were right.
fn automation(confidences: &[f64], hits: &[bool]) -> Automation {
    let of = |hit: bool| {
        let rows = confidences.iter().zip(hits).filter(move |(_, own)| **own == hit);
        rows.map(|(&c, _)| c as f32).collect::<Vec<f32>>()
    };
    Automation::of_risk(&RiskCurve::new(&of(true), &of(false)), Source::Test)
}

/// A text that is one word.
fn telling(text: &str) -> TellingWords {
    TellingWords {
        label: Some(text.to_owned()),
        marks: vec![WordMark { start: 0, end: text.len(), weight: 0.25 }],
        strongest: vec![StrongWord { word: text.to_owned(), weight: 0.25 }],
    }
}

/// A report on two classes, whose labels and texts are `text`.
fn report(text: &str) -> Report {
    let labels = vec![format!("{text}0"), format!("{text}1")];
    let hits = |right: usize| (0..60).map(|row| row < right).collect::<Vec<_>>();
    let comparison = Comparison::new(&hits(58), &hits(40));
    let confidences: Vec<f64> = (0..60).map(|n| 0.5 + f64::from(n) / 120.0).collect();
    let reliability = Reliability::new(&confidences, &hits(50));
    let quoted = |line: u64, guess: &str| QuotedRow {
        text: text.to_owned(),
        place: Place::new(&Arc::from(Path::new(text)), line),
        row: line,
        label: labels[0].clone(),
        guess: guess.to_owned(),
        confidence: Some(0.9),
        words: Some(telling(text)),
    };
    Report {
        rows: RowCounts { train: 1200, valid: 30, test: 60, train_like_test: 1 },
        unlabeled: 1,
        parts: Vec::new(),
        time_budget: None,
        self_training: Some(SelfTrainingReport {
            labelled: 2000,
            learned: 997,
            first_accuracy: Some(0.875),
        }),
        labels: labels
            .iter()
            .map(|label| LabelCounts { label: label.clone(), train: 600, valid: 15, test: 30 })
            .collect(),
        language_model: vec![DirectionScore {
            direction: Direction::Forward,
            tokens: 1000,
            loss: 3.0,
            perplexity: 20.1,
            perplexity_before: Some(99.5),
            accuracy: 0.3,
        }],
        test: Some(single(&labels)),
        valid: None,
        selected_on_valid: false,
        folds: None,
        baselines: Some(BaselineScores::Labels {
            majority_accuracy: 0.5,
            majority_ci95: [0.4, 0.6],
            tfidf: Some(TfIdfScore { tfidf_accuracy: 0.75, tfidf_ci95: [0.6, 0.85] }),
        }),
        verdict: Some(comparison.words("The classifier", "TF-IDF with a linear classifier")),
        comparison: Some(comparison),
        calibration_error: Some(reliability.expected_error()),
        reliability: Some(reliability),
        automation: Some(automation(&confidences, &hits(50))),
        mistakes: (1..=3).map(|line| quoted(line, &labels[1])).collect(),
        least_sure: (4..=14).map(|line| quoted(line, &labels[0])).collect(),
        training: vec![course("fine-tune the language model, forward"), course(text)],
        made: made(),
        cost: Cost {
            seconds: 10.0,
            stages: vec![StageTime { stage: "split".into(), seconds: 1.0 }],
            peak_rss_mb: Some(100.0),
            continued: false,
        },
    }
}

fn several() -> Report {
    let labels = strings(["a", "b", "never"]);
    let flags: Vec<bool> = (0..60).map(|n| n % 3 == 0 || n % 5 == 0 && n % 3 != 2).collect();
    let scores = MultiLabelScores::new(&labels, &flags, &flags);
    let test = Some(ClassifierEvaluation::MultiLabel(scores));
    Report { test, ..report("x") }
}

fn numbers() -> Report {
    let scores = RegressionScores::new(&[1.0, 2.0, 4.0], &[1.5, 2.0, 3.0]);
    let mistake =
        QuotedRow { confidence: None, label: "4".into(), ..report("x").mistakes.remove(0) };
    Report {
        labels: Vec::new(),
        test: Some(ClassifierEvaluation::Regression(scores)),
        baselines: Some(BaselineScores::Numbers {
            mean_rmse: 1.25,
            mean_mae: 1.125,
            mean_mae_ci95: [0.5, 1.75],
            mae_gain: 0.625,
            mae_gain_ci95: [0.25, 1.0],
            tfidf: None,
        }),
        comparison: None,
        verdict: Some("The model is better than always predicting the mean".into()),
        reliability: None,
        calibration_error: None,
        automation: None,
        mistakes: vec![mistake],
        least_sure: Vec::new(),
        ..report("x")
    }
}

fn unscored() -> Report {
    Report {
        test: None,
        baselines: None,
        comparison: None,
        verdict: None,
        reliability: None,
        calibration_error: None,
        automation: None,
        mistakes: Vec::new(),
        least_sure: Vec::new(),
        training: Vec::new(),
        language_model: Vec::new(),
        ..report("x")
    }
}

fn crowded() -> Report {
    let labels: Vec<String> = (0..50).map(|n| format!("class {n}")).collect();
    let counts = labels.iter().map(|label| LabelCounts {
        label: label.clone(),
        train: 1,
        valid: 1,
        test: 1,
    });
    Report { labels: counts.collect(), test: Some(single(&labels)), ..report("x") }
}

/// Elements with their attributes, after a check that every tag is closed in order.
fn elements(page: &str) -> Vec<(String, Vec<(String, String)>)> {
    const VOID: [&str; 3] = ["meta", "!DOCTYPE", "br"];
    let (mut open, mut found, mut rest) = (Vec::<String>::new(), Vec::new(), page);
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].contains('>'), "a stray > in {:?}", &rest[..at]);
        rest = &rest[at + 1..];
        let mut quoted = false;
        let end = rest.find(|c| {
            quoted ^= c == '"';
            c == '>' && !quoted
        });
        let (tag, after) = rest.split_at(end.expect("every tag ends"));
        rest = &after[1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "closed out of order");
            continue;
        }
        let (tag, closed) = match tag.strip_suffix('/') {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        let name = tag.split(' ').next().unwrap().to_owned();
        let mut attributes = Vec::new();
        let mut left = tag[name.len()..].trim();
        while let Some((key, value)) = left.split_once("=\"") {
            let (value, more) = value.split_once('"').expect("every value ends");
            attributes.push((key.trim().to_owned(), value.to_owned()));
            left = more.trim_start();
        }
        assert!(!left.contains(['"', '\'', '=']), "unquoted attribute in <{tag}>");
        if name == "style" {
            let (sheet, after) = rest.split_once("</style>").expect("the style sheet ends");
            assert!(!sheet.contains('<') && !sheet.contains("url("), "it fetches nothing");
            rest = after;
        } else if !closed && !VOID.contains(&name.as_str()) {
            open.push(name.clone());
        }
        found.push((name, attributes));
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    found
}

#[test]
fn every_kind_of_report_is_a_well_formed_page() {
    for report in [report("x"), several(), numbers(), unscored(), crowded()] {
        let page = page(&report);
        assert!(page.starts_with("<!DOCTYPE html>"));
        let elements = elements(&page);
        let count = |name: &str| elements.iter().filter(|(found, _)| found == name).count();
        assert_eq!((count("h1"), count("main"), count("html")), (1, 1, 1));
        assert_eq!(count("script") + count("img") + count("link") + count("iframe"), 0);
        let tables = page.split("<table").skip(1);
        let without = tables.filter(|table| {
            let table = table.split("</table>").next().unwrap();
            !table.contains("<caption>") && !table.contains("Setting")
        });
        assert_eq!(without.count(), 0, "a table without caption");
        for (_, attributes) in elements.iter().filter(|(name, _)| name == "svg") {
            let has = |wanted: &str| attributes.iter().any(|(key, _)| key == wanted);
            assert!(has("aria-label") || has("aria-hidden"), "a picture without a name");
        }
        for word in ["NaN", "inf<", "Infinity", "None", "Some("] {
            assert!(!page.contains(word), "{word} in the page");
        }
        for (_, attributes) in &elements {
            for (key, value) in attributes {
                assert!(!key.starts_with("on"), "{key}");
                assert!(!value.contains("://") || key == "xmlns", "{key}={value} leaves the page");
            }
        }
    }
}

#[test]
fn hostile_text_stays_text() {
    let (page, plain) = (page(&report(HOSTILE)), page(&report("x")));
    let shape = |page: &str| -> Vec<(String, Vec<String>)> {
        let keys = |attributes: Vec<(String, String)>| attributes.into_iter().map(|(key, _)| key);
        elements(page).into_iter().map(|(name, list)| (name, keys(list).collect())).collect()
    };
    assert_eq!(shape(&page), shape(&plain), "the same elements and attributes");
    assert!(
        page.contains("&lt;/script&gt;&lt;/style&gt;&lt;/title&gt;&lt;svg onload=alert(1)&gt;")
    );
    assert!(!page.contains("<svg onload"));
}

#[test]
fn the_verdict_comes_first_and_a_weak_score_is_said_to_be_one() {
    let text = page(&report("x"));
    assert!(
        text.contains("<h1>Better than <span class=\"unbroken\">TF-IDF</span> with a linear"),
        "{text}"
    );
    assert!(text.contains("30.0 points more accurate (95 % interval"), "{text}");
    assert!(text.contains("1 training row is a near-duplicate of a test row"), "{text}");
    let mut optimistic = report("x");
    (optimistic.valid, optimistic.selected_on_valid) = (optimistic.test.take(), true);
    optimistic.comparison = Some(Comparison::new(&[true, false], &[false, true]));
    let text = page(&optimistic);
    assert!(text.contains("<h1>No clear difference from <span"), "{text}");
    assert!(text.contains("This score is optimistic"), "{text}");
    assert!(page(&numbers()).contains("<h1>Better than always predicting the mean</h1>"));
    assert!(page(&unscored()).contains("<h1>Not scored"));
}

/// 10 rows right against 3 of 160: p = 0.09.
#[test]
fn a_probable_gain_is_called_unproven_and_not_absent() {
    let first: Vec<bool> = (0..160).map(|row| !(10..13).contains(&row)).collect();
    let second: Vec<bool> = (0..160).map(|row| row >= 10).collect();
    let open = Comparison::new(&first, &second);
    let text = page(&Report { comparison: Some(open), ..report("x") });
    assert!(text.contains("<h1>Probably better than <span"), "{text}");
    assert!(text.contains("160 test rows cannot prove a difference"), "{text}");
    assert!(
        text.contains("about 340 test rows would show it in four cases out of five."),
        "{text}"
    );
    let text = page(&Report { comparison: Some(open.reversed()), ..report("x") });
    assert!(text.contains("<h1>Probably worse than <span"), "{text}");
}

#[test]
fn bad_probabilities_are_warned_of() {
    let advice = "Do not rely on a fixed confidence threshold";
    let at = |error, times| {
        let mut report = Report { calibration_error: Some(error), ..report("x") };
        let bins = report.reliability.iter_mut().flat_map(|found| &mut found.bins);
        bins.for_each(|bin| bin.count *= times);
        page(&report)
    };
    assert!(at(0.2, 10).contains(advice) && !at(0.05, 10).contains(advice));
    assert!(!at(0.2, 1).contains(advice), "few rows are chance");
}

#[test]
fn empty_columns_and_curves_of_a_point_are_left_out() {
    assert!(page(&report("x")).contains(">Validation</th>"));
    let mut bare = report("x");
    bare.rows.valid = 0;
    bare.training.iter_mut().for_each(|course| course.steps = 1);
    let text = page(&bare);
    assert!(!text.contains(">Validation</th>") && !text.contains("class=\"charts\""), "{text}");
}

#[test]
fn what_does_not_fit_the_task_is_left_out() {
    let numbers = page(&numbers());
    let mut own = report("x");
    own.baselines = Some(BaselineScores::Labels {
        majority_accuracy: 0.5,
        majority_ci95: [0.4, 0.6],
        tfidf: None,
    });
    let own_page = page(&own);
    assert!(!own_page.contains("TF-IDF") && !own.to_string().contains("TF-IDF: "));
    assert!(own_page.contains("<h1>Better than always predicting the most frequent label</h1>"));
    for absent in ["Confusion matrix", "F1", "TF-IDF", "calibration", "% sure"] {
        assert!(!numbers.contains(absent), "{absent} in a regression");
    }
    assert!(!numbers.contains("Closest right answers"));
    assert!(numbers.contains("Largest errors") && numbers.contains("Always the mean"));
    let several = page(&several());
    assert!(several.contains("Label by label") && several.contains("All labels right"));
    assert!(!several.contains("<h2>Confusion matrix"));
    let crowded = page(&crowded());
    assert!(!crowded.contains("class=\"cell"), "no grid of 50 classes");
    assert!(crowded.contains("The most frequent confusions") && crowded.contains("50 labels"));
}

/// Every number of the text is that of the document, rounded.
#[test]
fn text_json_and_page_agree() {
    let report = report("x");
    let json: Value = serde_json::from_slice(&report.to_json()).unwrap();
    let (text, page) = (report.to_string(), page(&report));
    assert_eq!(json["schema"], 1);
    let part = |path: &str| json.pointer(path).and_then(Value::as_f64).expect(path);
    for path in [
        "/test/accuracy",
        "/test/accuracy_ci95/0",
        "/test/macro_f1",
        "/test/per_class/1/recall",
        "/baselines/tfidf_accuracy",
        "/baselines/majority_ci95/1",
        "/comparison/difference",
        "/comparison/difference_ci95/0",
        "/calibration_error",
    ] {
        let shown = format!("{:.1}", 100.0 * part(path));
        assert!(text.contains(&shown), "{path} {shown} in {text}");
        assert!(page.contains(&shown), "{path} {shown} in the page");
    }
    assert!(text.starts_with(json["verdict"].as_str().unwrap()), "{text}");
    assert!(part("/comparison/p_value") < 0.001 && text.contains("p < 0.001"), "{text}");
    for place in ["x:1", "x:3"] {
        assert!(text.contains(place) && page.contains(place), "{place} in {text}");
        assert!(json["mistakes"].to_string().contains(place), "{place}");
    }
    assert!(page.contains("x:14") && !text.contains("x:14"), "{text}");
    for number in ["20.1", "99.5"] {
        assert!(text.contains(number) && page.contains(number), "{number}");
    }
    for field in
        ["rows", "labels", "mistakes", "least_sure", "training", "made", "seconds", "stages"]
    {
        assert!(!json[field].is_null(), "{field}");
    }
}
