//! Every route, asked as it should be.

use super::http::Request;
use super::{Server, eventually};
use crate::common::{Place, csv, label, number, text};
use serde_json::{Value, json};

#[test]
fn one_text_several_texts_and_rows_get_the_same_answer() {
    let place = Place::new();
    let server = Server::usual(&place);
    let [good, bad] = [text(1, "good"), text(0, "bad")];
    let one = server.post("/predict", &json!({ "text": good }));
    assert_eq!(one.headers["content-type"], "application/json");
    assert_eq!(one.headers["cache-control"], "no-store");
    assert_eq!(one.headers["x-content-type-options"], "nosniff");
    let timing = &one.headers["server-timing"];
    for part in ["tokenize;dur=", "queue;dur=", "infer;dur=", "batch;desc=\"1 texts\""] {
        assert!(timing.contains(part), "{timing}");
    }
    let answer = one.ok();
    assert_eq!(answer["schema"], 1);
    assert_eq!(answer["model"]["name"], "classifier");
    let model = place.run("inspect classifier --json").json();
    assert_eq!(answer["model"]["hash"], model["hash"]);
    let found = &answer["predictions"][0];
    assert_eq!(found["label"], "good");
    assert!(number(found, "confidence") > 0.5);
    let short =
        server.post("/predict", &json!({ "text": "a film" })).ok()["predictions"][0].clone();
    assert_eq!(short["tokens"], 3, "xxbos and two words");
    assert_eq!(short["tokens_pooled"], 3);
    let several = server.post("/predict", &json!({ "texts": [good, bad] })).ok();
    assert_eq!(several["predictions"][0], *found);
    assert_eq!(several["predictions"][1]["label"], "bad");
    let rows = json!({ "rows": [{ "id": 7, "text": bad }, { "text": good }] });
    let rows = server.post("/predict", &rows).ok();
    assert_eq!(rows["predictions"][0], several["predictions"][1]);
    assert_eq!(rows["predictions"][1], *found);
    let fields = server.post("/predict", &json!({ "texts": [[good]] })).ok();
    assert_eq!(fields["predictions"][0], *found);
    let unknown = server.post("/predict", &json!({ "text": "zzyzx qwrt film" })).ok();
    assert_eq!(unknown["predictions"][0]["unknown"], 2);
    server.stop();
}

#[test]
fn a_text_without_known_words_is_marked() {
    let place = Place::new();
    let server = Server::usual(&place);
    let silent = json!({ "texts": ["", "zzyzx", "a film"] });
    let rows = server.post("/predict", &silent).ok()["predictions"].clone();
    let marks: Vec<&Value> = (0..3).map(|n| &rows[n]["no_known_word"]).collect();
    assert_eq!(marks, [&json!(true), &json!(true), &Value::Null]);
    // under a rule it is not answered, as by `predict`
    let ruled = json!({ "texts": ["", "a film"], "threshold": 0 });
    let rows = server.post("/predict", &ruled).ok()["predictions"].clone();
    assert_eq!((&rows[0]["abstained"], &rows[0]["label"]), (&json!(true), &Value::Null));
    assert_eq!(rows[1]["abstained"], false);
    let stream = Request::post("/predict", "application/x-ndjson", "\"\"\n");
    assert!(stream.send(&server.address).body.contains("\"no_known_word\":true"));
    server.stop();
}

#[test]
fn top_and_direction_choose() {
    let place = Place::new();
    place.run("pretrain texts.txt -o both --emb 16 --hid 24 --layers 2 --epochs 1 --batch-size 8 --bptt 16 --direction both").ok();
    place.run("train both train.csv -o model --epochs 1 --batch-size 8 --bptt 16").ok();
    place.write("one.txt", "a lovely film\n");
    let server = Server::start(&place, "model");
    let ask = |more: Value| {
        let mut body = json!({ "text": "a lovely film" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        server.post("/predict", &body).ok()["predictions"][0].clone()
    };
    for direction in ["forward", "backward", "both"] {
        let here = place.run(&format!("predict model one.txt --direction {direction}")).ok();
        let here: Value = serde_json::from_str(&here).unwrap();
        let there = ask(json!({ "direction": direction }));
        assert_eq!(there["probabilities"], here["probabilities"], "{direction}");
        let printed = format!("predict --server {} one.txt --direction {direction}", server.url());
        let printed: Value = serde_json::from_str(&place.run(&printed).ok()).unwrap();
        assert_eq!(printed, here, "{direction}");
    }
    let all = ask(json!({}));
    let top = ask(json!({ "top": 1 }));
    let probabilities = top["probabilities"].as_object().unwrap();
    assert_eq!(probabilities.len(), 1);
    let label = all["label"].as_str().unwrap();
    assert_eq!(probabilities[label], all["confidence"]);
    assert_eq!(ask(json!({ "top": 99 }))["probabilities"], all["probabilities"]);
    let line = server.get("/v2/models/model").ok();
    assert_eq!(line["outputs"][1]["shape"], json!([-1, 2]));
    server.stop();
}

#[test]
fn models_are_shown_as_inspect_shows_them() {
    let place = Place::new();
    let server = Server::start(&place, "classifier=first classifier=second");
    let list = server.get("/models").ok();
    let names: Vec<&Value> =
        list["models"].as_array().unwrap().iter().map(|model| &model["name"]).collect();
    assert_eq!(names, ["first", "second"]);
    let mut one = server.get("/models/second").ok();
    assert_eq!(one.as_object_mut().unwrap().remove("name").unwrap(), "second");
    let explain = one.as_object_mut().unwrap().remove("explain").unwrap();
    assert_eq!(explain, json!(["fast", "gradients", "exact"]));
    let inspect = place.run("inspect classifier --json").json();
    assert_eq!(one, inspect);
    assert_eq!(list["limits"]["texts"], 256);
    let named = server.post("/predict", &json!({ "text": "x", "model": "second" })).ok();
    assert_eq!(named["model"]["name"], "second");
    let first = server.post("/predict", &json!({ "text": "x" })).ok();
    assert_eq!(first["model"]["name"], "first");
    server.get("/models/third").problem(404);
    server.post("/predict", &json!({ "text": "x", "model": "third" })).problem(404);
    server.stop();
}

#[test]
fn streams_answer_line_by_line_in_order() {
    let place = Place::new();
    let server = Server::usual(&place);
    let [good, bad] = [text(1, "good"), text(0, "bad")];
    let lines = [
        json!(good).to_string(),
        json!({ "text": bad, "id": 7 }).to_string(),
        "not json".into(),
        String::new(),
        json!([good]).to_string(),
        "7".into(),
        json!({ "id": 7 }).to_string(),
        json!({ "text": bad }).to_string(), // without a line break behind it
    ];
    let request = Request::post("/predict?top=1", "application/x-ndjson", lines.join("\n"));
    let answer = request.send(&server.address);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.headers["content-type"], "application/x-ndjson");
    let rows: Vec<Value> =
        answer.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 7, "a blank line is not a text");
    let labels: Vec<&Value> = rows.iter().map(|row| &row["label"]).collect();
    let (good, bad) = (json!("good"), json!("bad"));
    assert_eq!(labels, [&good, &bad, &Value::Null, &good, &Value::Null, &Value::Null, &bad]);
    for wrong in [2, 4, 5] {
        assert_eq!(rows[wrong]["row"], wrong, "{rows:?}");
        assert!(rows[wrong]["error"].is_string());
    }
    assert_eq!(rows[0]["probabilities"].as_object().unwrap().len(), 1);
    for (query, status) in [("?model=x", 404), ("?explain=slow", 422), ("?top=0", 422)] {
        let request = Request::post(&format!("/predict{query}"), "application/x-ndjson", "\"x\"");
        request.send(&server.address).problem(status);
    }
    server.stop();
}

#[test]
fn what_operators_need() {
    let place = Place::new();
    let server = Server::usual(&place);
    assert_eq!(server.get("/health/live").ok()["status"], "live");
    assert_eq!(server.get("/health/ready").ok()["status"], "ready");
    let texts: Vec<&str> = std::iter::repeat_n("a lovely zzyzx film", 10).collect();
    server.post("/predict", &json!({ "texts": texts })).ok();
    server.get("/nothing").problem(404);
    let wanted = [
        r#"ulmfit_texts_total{model="classifier",label="good"} 10"#,
        r#"ulmfit_requests_total{route="/predict",status="200"} 1"#,
        r#"ulmfit_requests_total{route="other",status="404"} 1"#,
        r#"ulmfit_confidence_count{model="classifier"} 10"#,
        r#"ulmfit_unknown_words_ratio_count{model="classifier"} 10"#,
        "ulmfit_batch_texts_sum 10",
        "ulmfit_queue_texts 0",
        "ulmfit_build_info{version=",
        "process_resident_memory_bytes ",
        "# TYPE ulmfit_request_seconds histogram",
        "# HELP ulmfit_queue_texts Texts in the queue.",
    ];
    eventually("the metrics", || {
        let answer = server.get("/metrics");
        assert!(answer.headers["content-type"].starts_with("text/plain"));
        wanted.iter().all(|line| answer.body.contains(line))
    });
    let document = server.get("/openapi.json").ok();
    assert_eq!(document["openapi"], "3.1.0");
    let model = &document["components"]["schemas"]["OneText"]["properties"]["model"];
    assert_eq!(model["enum"], json!(["classifier", null]));
    for path in [
        "/predict",
        "/models",
        "/models/{model}",
        "/health/live",
        "/health/ready",
        "/metrics",
        "/v2",
        "/v2/models/{model}",
        "/v2/models/{model}/infer",
    ] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
    server.stop();
}

#[test]
fn the_log_has_requests_and_no_texts() {
    let place = Place::new();
    let server = Server::start(&place, "classifier --log json");
    let body = json!({ "text": "a lovely secret" }).to_string();
    let request = Request::post("/predict", "application/json", body);
    let answer = request.header("x-request-id", "my-id-1").send(&server.address);
    assert_eq!(answer.headers["x-request-id"], "my-id-1");
    server.get("/health/live").ok();
    let made = &server.get("/models").headers["x-request-id"];
    assert!(made.len() > 16, "{made}");
    let log = server.stop();
    assert!(!log.contains("secret"), "{log}");
    let events: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let request = events.iter().find(|event| event["id"] == "my-id-1").unwrap();
    assert_eq!(request["route"], "/predict");
    assert_eq!(request["status"], 200);
    assert_eq!(request["texts"], 1);
    assert!(request["ms"].as_f64().unwrap() > 0.0);
    assert!(!log.contains("/health/live"), "probes would fill the log: {log}");
}

#[test]
fn the_page_is_whole_and_allows_nothing_from_elsewhere() {
    let place = Place::new();
    let server = Server::usual(&place);
    let page = server.get("/");
    assert_eq!(page.status, 200);
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    let policy = &page.headers["content-security-policy"];
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe"));
    assert!(page.body.contains("<!doctype html>"));
    server.stop();
    let without = Server::start(&place, "classifier --no-page");
    without.get("/").problem(404);
    without.stop();
}

#[test]
fn several_columns_are_read_by_name() {
    let place = Place::new();
    let rows = csv(0..60);
    let two: Vec<String> =
        rows.lines().skip(1).enumerate().map(|(n, row)| format!("subject {n},{row}\n")).collect();
    place.write("two.csv", "subject,body,label\n".to_owned() + &two.concat());
    place.run("train lm two.csv -o model --text subject --text body --label label --epochs 1 --batch-size 8 --bptt 16").ok();
    let server = Server::start(&place, "model");
    let body = json!({ "rows": [{ "body": "a lovely film", "subject": "subject 3", "x": null }] });
    let by_name = server.post("/predict", &body).ok();
    let by_place = server.post("/predict", &json!({ "text": ["subject 3", "a lovely film"] })).ok();
    assert_eq!(by_name, by_place);
    let lacking = server
        .post("/predict", &json!({ "rows": [{ "body": "x", "subject": "y" }, { "body": "x" }] }));
    let problem = lacking.problem(422);
    assert_eq!(problem["row"], 1);
    assert_eq!(problem["detail"], "a row does not have the column `subject`");
    assert_eq!(problem["hint"], "the model `model` reads `subject`, `body`, or else `text`");
    let three = server.post("/predict", &json!({ "text": ["subject 3", "a lovely film", "good"] }));
    assert_eq!(three.problem(422)["detail"], "a text has 3 fields; the model has 2");
    server.post("/predict", &json!({ "text": "subject 3 a lovely film" })).ok();
    let inputs = json!({ "inputs": [
        { "name": "body", "shape": [1], "datatype": "BYTES", "data": ["a lovely film"] },
        { "name": "subject", "shape": [1, 1], "datatype": "BYTES", "data": [["subject 3"]] },
    ] });
    let inferred = server.post("/v2/models/model/infer", &inputs).ok();
    assert_eq!(inferred["outputs"][0]["data"][0], by_name["predictions"][0]["label"]);
    let here = place.run("predict model two.csv").ok();
    let there = place.run(&format!("predict --server {} two.csv", server.url())).ok();
    assert_eq!(there, here);
    server.stop();
}

#[test]
fn rules_decide_as_on_the_command_line() {
    let place = Place::new();
    place.run("calibrate classifier test.csv").ok();
    let rows: Vec<String> = (3000..3040).map(|row| text(row, label(row))).collect();
    let words = rows.join("\n") + "\n...\n"; // the last says nothing
    place.write("new.txt", &words);
    let server = Server::usual(&place);
    let mut withheld = 0;
    for (options, body) in [
        ("--threshold 0.9", json!({ "threshold": 0.9 })),
        ("--max-error 0.4", json!({ "max_error": 0.4 })),
        ("--coverage 0.8", json!({ "coverage": 0.8 })),
        ("--coverage 0.7 --per-class", json!({ "coverage": 0.7, "per_class": true })),
    ] {
        let here = place.run(&format!("predict classifier new.txt {options}"));
        let there = place.run(&format!("predict --server {} new.txt {options}", server.url()));
        assert_eq!(there.stderr, here.stderr, "{options}");
        let here = here.ok();
        assert_eq!(there.ok(), here, "{options}");
        let mut body = body;
        body["texts"] = words.lines().collect();
        let answer = server.post("/predict", &body);
        for line in here.lines() {
            let begin = line.strip_suffix('}').unwrap();
            assert!(answer.body.contains(begin), "{options}: {line} is not in {}", answer.body);
        }
        withheld += answer.body.matches("\"abstained\":true").count();
        assert!(answer.json()["rule"]["warnings"].is_array());
    }
    let silent = server
        .post("/predict", &json!({ "texts": words.lines().collect::<Vec<_>>(), "threshold": 0.5 }))
        .ok();
    let last = silent["predictions"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["label"], &last["abstained"]), (&Value::Null, &json!(true)));
    let line = format!("ulmfit_abstained_total{{model=\"classifier\"}} {}", withheld * 2 + 1);
    assert!(withheld > 4, "{withheld}");
    eventually("the metric", || server.get("/metrics").body.contains(&line));
    let stream = Request::post("/predict?coverage=0.8", "application/x-ndjson", "\"a film\"");
    let stream: Value = serde_json::from_str(&stream.send(&server.address).body).unwrap();
    assert!(stream["set"].is_array(), "{stream}");
    server.stop();
}
