//! The Open Inference Protocol, version 2.

use super::Server;
use crate::common::Place;
use serde_json::json;

#[test]
fn the_open_inference_protocol_is_spoken() {
    let place = Place::new();
    let server = Server::usual(&place);
    assert_eq!(server.get("/v2").ok()["name"], "ulmfit");
    assert_eq!(server.get("/v2/health/live").ok()["live"], true);
    assert_eq!(server.get("/v2/health/ready").ok()["ready"], true);
    let model = server.get("/v2/models/classifier").ok();
    assert_eq!(model["inputs"], json!([{ "name": "text", "datatype": "BYTES", "shape": [-1] }]));
    let version = model["versions"][0].as_str().unwrap().to_owned();
    assert_eq!(server.get("/v2/models/classifier/ready").ok()["ready"], true);
    let of_version = format!("/v2/models/classifier/versions/{version}");
    assert_eq!(server.get(&of_version).ok(), model);
    assert_eq!(server.get(&format!("{of_version}/ready")).ok()["ready"], true);
    let texts = ["a lovely film", "a dull film", ""];
    let predicted = server.post("/predict", &json!({ "texts": texts })).ok();
    let body = |shape: &[u32]| {
        json!({ "id": "7", "inputs": [{
            "name": "text", "shape": shape, "datatype": "BYTES", "data": texts }] })
    };
    let answer = server.post("/v2/models/classifier/infer", &body(&[3])).ok();
    assert_eq!(answer["id"], "7");
    assert_eq!(answer["model_name"], "classifier");
    assert_eq!(answer["model_version"], version.as_str());
    let [labels, numbers] = [&answer["outputs"][0], &answer["outputs"][1]];
    assert_eq!(labels["name"], "label");
    assert_eq!(labels["shape"], json!([3]));
    assert_eq!(numbers["datatype"], "FP32");
    assert_eq!(numbers["shape"], json!([3, 2]));
    for (n, found) in predicted["predictions"].as_array().unwrap().iter().enumerate() {
        assert_eq!(labels["data"][n], found["label"]);
        assert_eq!(numbers["data"][2 * n], found["probabilities"]["bad"]);
        assert_eq!(numbers["data"][2 * n + 1], found["probabilities"]["good"]);
    }
    let again = server.post(&format!("{of_version}/infer"), &body(&[3, 1])).ok();
    assert_eq!(again["outputs"], answer["outputs"]);
    let mut only = body(&[3]);
    only["outputs"] = json!([{ "name": "probabilities" }]);
    let only = server.post("/v2/models/classifier/infer", &only).ok();
    assert_eq!(only["outputs"], json!([numbers]));
    server.stop();
}

#[test]
fn wrong_tensors_are_refused_by_name() {
    let place = Place::new();
    let server = Server::usual(&place);
    let infer = |body: serde_json::Value, status: u16| {
        let answer = server.post("/v2/models/classifier/infer", &body);
        answer.problem(status)["detail"].as_str().unwrap().to_owned()
    };
    let input = |name: &str, shape: &[u32], kind: &str, data: serde_json::Value| json!({ "inputs": [{ "name": name, "shape": shape, "datatype": kind, "data": data }] });
    let x = || json!(["x"]);
    assert_eq!(infer(input("texts", &[1], "BYTES", x()), 422), "there is no input `text`");
    infer(input("text", &[2], "BYTES", x()), 422);
    infer(input("text", &[1], "FP32", x()), 422);
    infer(input("text", &[1], "BYTES", json!([7])), 422);
    infer(input("text", &[0], "BYTES", json!([])), 400);
    infer(json!({ "inputs": [] }), 422);
    infer(json!({}), 422);
    infer(json!({ "inputs": [], "more": 1 }), 422);
    let mut wrong = input("text", &[1], "BYTES", x());
    wrong["outputs"] = json!([{ "name": "logits" }]);
    assert_eq!(infer(wrong, 422), "the model has no output `logits`");
    let mut binary = input("text", &[1], "BYTES", x());
    binary["outputs"] = json!([{ "name": "label", "parameters": { "binary_data": true } }]);
    infer(binary, 422);
    server.get("/v2/models/none").problem(404);
    server.get("/v2/models/classifier/versions/1").problem(404);
    server.post("/v2/models/none/infer", &json!({})).problem(404);
    server.stop();
}
