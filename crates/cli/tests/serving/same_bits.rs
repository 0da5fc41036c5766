//! An answer has the same bits by HTTP as from the command line, whoever asks beside.

use super::Server;
use super::http::Request;
use crate::common::{Place, label, text};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Texts of no word to thousands, most of them short.
fn mixed(count: usize) -> Vec<String> {
    let of = |row: usize| match row % 50 {
        0 => String::new(),
        7 => (0..40).map(|n| text(row * 100 + n, label(n))).collect::<Vec<_>>().join(" "),
        23 => "Straße 你好 \u{1f600} \"quoted\"\t\\ <img src=x> ".repeat(9),
        31 if row < 100 => (0..300).map(|n| text(row * 1000 + n, label(n))).collect(),
        n => text(row, label(row))[..(n * 3) % 90].to_owned(),
    };
    (0..count).map(of).collect()
}

/// What the command line prints of each.
fn printed(place: &Place, texts: &[String]) -> Vec<String> {
    printed_by(place, "classifier", texts)
}

/// What a model, with options, prints of each.
fn printed_by(place: &Place, model: &str, texts: &[String]) -> Vec<String> {
    let lines: Vec<String> =
        texts.iter().map(|text| json!({ "text": text }).to_string() + "\n").collect();
    place.write("mixed.jsonl", lines.concat());
    place.run(&format!("predict {model} mixed.jsonl")).ok().lines().map(str::to_owned).collect()
}

/// Label, confidence and probabilities, digit by digit: the line that `predict` prints is the
/// beginning of an element.
fn check(body: &str, wanted: &[String]) {
    let mut rest = body;
    for line in wanted {
        let begin = line.strip_suffix('}').unwrap();
        let place = rest.find(begin).unwrap_or_else(|| panic!("{line} is not in {body}"));
        rest = &rest[place + begin.len()..];
        assert!(rest.starts_with(",\"tokens\":"), "{rest}");
    }
}

#[test]
fn at_any_concurrency_and_by_every_route() {
    let place = Place::new();
    let texts = mixed(420);
    let wanted = printed(&place, &texts);
    assert_eq!(wanted.len(), texts.len());
    // small batches, so that there are many different ones
    let server = Server::start(&place, "classifier --max-batch-tokens 700 --max-batch-texts 9");
    for clients in [1, 7, 32] {
        let next = AtomicUsize::new(0);
        let batches: BTreeMap<usize, usize> = std::thread::scope(|scope| {
            let work = || {
                let mut seen = BTreeMap::new();
                loop {
                    let begin = next.fetch_add(1, Ordering::SeqCst) * 3;
                    let Some(some) = texts.get(begin..(begin + 1 + begin % 3).min(texts.len()))
                    else {
                        return seen;
                    };
                    if some.is_empty() {
                        return seen;
                    }
                    let body = match begin % 2 {
                        0 => json!({ "texts": some }),
                        _ => {
                            let rows: Vec<Value> =
                                some.iter().map(|text| json!({ "text": text })).collect();
                            json!({ "rows": rows })
                        }
                    };
                    let answer = server.post("/predict", &body);
                    assert_eq!(answer.status, 200, "{answer:?}");
                    check(&answer.body, &wanted[begin..begin + some.len()]);
                    let timing = &answer.headers["server-timing"];
                    let (_, size) = timing.split_once("batch;desc=\"").unwrap();
                    let size = size.split(' ').next().unwrap().parse().unwrap();
                    *seen.entry(size).or_default() += 1;
                }
            };
            let all: Vec<_> = (0..clients).map(|_| scope.spawn(work)).collect();
            all.into_iter().flat_map(|one| one.join().unwrap()).collect()
        });
        if clients == 32 {
            assert!(batches.keys().any(|&size| size > 1), "nothing was batched: {batches:?}");
        }
    }
    let lines: Vec<String> = texts.iter().map(|text| json!(text).to_string() + "\n").collect();
    let stream = Request::post("/predict", "application/x-ndjson", lines.concat());
    let answer = stream.send(&server.address);
    assert_eq!(answer.body.lines().count(), texts.len());
    check(&answer.body, &wanted);
    let inputs = json!({ "inputs": [
        { "name": "text", "shape": [256], "datatype": "BYTES", "data": &texts[..256] }] });
    let answer = server.post("/v2/models/classifier/infer", &inputs).ok();
    let numbers = answer["outputs"][1]["data"].as_array().unwrap();
    for (n, line) in wanted[..256].iter().enumerate() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(numbers[2 * n], line["probabilities"]["bad"], "{n}");
    }
    server.stop();
}

#[test]
fn the_client_prints_what_predict_prints() {
    let place = Place::new();
    let texts = mixed(700);
    let wanted = printed(&place, &texts);
    let server = Server::start(&place, "classifier --max-texts 50 --max-body 60K");
    let url = server.url();
    let there = place.run(&format!("predict --server {url} mixed.jsonl"));
    assert!(there.stderr.contains("rows without text"), "warnings, too: {}", there.stderr);
    assert_eq!(there.ok().lines().collect::<Vec<_>>(), wanted);
    for options in ["--format csv --echo", "--format text", "--echo"] {
        let here = place.run(&format!("predict classifier test.csv {options}")).ok();
        let there = place.run(&format!("predict --server {url} test.csv {options}")).ok();
        assert_eq!(there, here, "{options}");
        let named =
            place.run(&format!("predict classifier test.csv --server {url} {options}")).ok();
        assert_eq!(named, here, "{options}");
    }
    let fed = place.feed(&format!("predict --server {url}"), "a lovely film\na dull film\n");
    assert_eq!(fed.ok(), place.feed("predict classifier", "a lovely film\na dull film\n").ok());
    let missing = place.run(&format!("predict nothing test.csv --server {url}"));
    assert_eq!(missing.code, Some(66), "{missing:?}");
    let both = place.run(&format!("predict --server {url} test.csv --precision int8"));
    assert_eq!(both.code, Some(2), "{both:?}");
    server.stop();
    let gone = place.run(&format!("predict --server {url} test.csv"));
    assert_eq!(gone.code, Some(74), "{gone:?}");
    assert!(gone.stderr.contains("hint: is the server running?"), "{gone:?}");
    let neither = place.run("predict");
    assert_eq!(neither.code, Some(2), "{neither:?}");
}

/// Classifiers of all methods, named as the methods are.
fn of_all_methods() -> Place {
    let place = Place::new();
    let encoder: std::path::PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "../../fixtures/encoders/bert"].iter().collect();
    place.run(&format!("import hf {} -o base", encoder.display())).ok();
    place.run("fit train.csv --method tfidf -o tfidf").ok();
    place.run("fit train.csv --method encoder --tuning frozen --base base -o encoder").ok();
    place.run("fit train.csv --method auto --encoder base -o auto").ok();
    place
}

#[test]
fn every_method_has_the_bits_of_predict_and_explains() {
    let place = of_all_methods();
    let texts = mixed(60);
    let short: Vec<String> =
        ["A LOVELY film — was it?", "dull, dull story!", "", "Ünlovely \u{1f600} film"]
            .map(str::to_owned)
            .to_vec();
    let server = Server::start(&place, "classifier tfidf encoder auto");
    for model in ["classifier", "tfidf", "encoder", "auto"] {
        let wanted = printed_by(&place, model, &texts);
        for some in [&texts[..], &texts[3..4]] {
            let answer = server.post("/predict", &json!({ "model": model, "texts": some }));
            assert_eq!(answer.status, 200, "{model}: {answer:?}");
            let from = texts.len() - some.len();
            check(&answer.body, if from == 0 { &wanted } else { &wanted[3..4] });
        }
        let lines: Vec<String> = texts.iter().map(|text| json!(text).to_string() + "\n").collect();
        let path = format!("/predict?model={model}");
        let stream = Request::post(&path, "application/x-ndjson", lines.concat());
        check(&stream.send(&server.address).body, &wanted);

        let allowed = server.get(&format!("/models/{model}")).ok()["explain"].clone();
        let explained = |how: &str| printed_by(&place, &format!("{model} --explain {how}"), &short);
        let ask = |how: &str, texts: &[String]| {
            server.post("/predict", &json!({ "model": model, "texts": texts, "explain": how }))
        };
        let answer = ask("exact", &short);
        assert_eq!(answer.status, 200, "{model}: {answer:?}");
        check(&answer.body, &explained("exact"));
        assert_eq!(allowed, json!(["fast", "gradients", "exact"]));
        check(&ask("fast", &short).body, &explained("fast"));
        let lines: Vec<String> = short.iter().map(|text| json!(text).to_string() + "\n").collect();
        let path = format!("/predict?model={model}&explain=fast");
        let stream = Request::post(&path, "application/x-ndjson", lines.concat());
        check(&stream.send(&server.address).body, &explained("fast"));
    }
    server.post("/predict", &json!({ "text": "x", "explain": "slow" })).problem(422);
    let long: String = (0..40).map(|n| text(n, label(n)) + " ").collect();
    let problem =
        server.post("/predict", &json!({ "text": long, "explain": "exact" })).problem(413);
    assert!(problem["detail"].as_str().unwrap().contains("too long to be explained"), "{problem}");
    server.post("/predict", &json!({ "text": long, "explain": "fast" })).ok();
    server.stop();
}
