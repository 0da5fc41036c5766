//! `ulmfit workbench`: the real program, over real connections.

use super::eventually;
use super::http::{Answer, Request, connect};
use crate::common::{Place, csv, label, text};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};
use std::time::Duration;

/// A workbench; it ends with the test.
struct Bench {
    child: Child,
    address: String,
    key: String,
}

impl Bench {
    fn start(place: &Place, words: &str) -> Self {
        let line = format!("workbench {words} --json -q --listen 127.0.0.1:0");
        let mut command = place.command(&line);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let first: Value = serde_json::from_str(&first).expect("it says where it listens");
        let url = first["listening"].as_str().unwrap();
        let (address, key) = url.strip_prefix("http://").unwrap().split_once("/?key=").unwrap();
        Self { address: address.to_owned(), key: key.to_owned(), child }
    }

    fn with_key(&self, request: Request) -> Request {
        request.header("authorization", &format!("Bearer {}", self.key))
    }

    fn get(&self, path: &str) -> Answer {
        self.with_key(Request::get(path)).send(&self.address)
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        let request = Request::post(path, "application/json", body.to_string());
        self.with_key(request).send(&self.address)
    }

    fn state(&self) -> Value {
        self.get("/api/state").ok()
    }

    /// Waits until the file is read and nothing runs that a test might trip over.
    fn ready(&self) -> Value {
        eventually("the file is read", || {
            let state = self.state();
            state["reading"] != "reading" && state["check"]["running"] == false
        });
        self.state()
    }

    fn wait_for(&self, number: usize, phase: &str) -> Value {
        eventually(phase, || {
            let found = self.state()["rounds"][number - 1]["phase"].clone();
            assert!(found != "failed" || phase == "failed", "{}", self.state());
            found == phase
        });
        self.state()["rounds"][number - 1].clone()
    }

    /// Labels the text on the page.
    fn label(&self, by: &str, label: Option<&str>) -> Value {
        let shown = self.post("/api/label/current", &json!({ "by": by })).ok();
        let body = json!({ "by": by, "text": shown["text"], "label": label });
        self.post("/api/label", &body).ok();
        shown
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(std::process::Command::new("kill").arg(pid).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Rows of which the first `labelled` have a label.
fn partly(rows: usize, labelled: usize) -> String {
    let line = |row: usize| {
        let label = if row < labelled { label(row) } else { "" };
        format!("{},{label}\n", text(row, self::label(row)))
    };
    "text,label\n".to_owned() + &(0..rows).map(line).collect::<String>()
}

#[test]
fn only_its_own_page_may_use_it() {
    let place = Place::new();
    let elsewhere = place.run("workbench --listen 0.0.0.0:0");
    assert_eq!(elsewhere.code, Some(2), "{elsewhere:?}");
    assert!(elsewhere.stderr.contains("can be reached from other machines"), "{elsewhere:?}");
    let bench = Bench::start(&place, "train.csv");
    bench.ready();
    // no key, a wrong one
    for path in ["/", "/api/state", "/labelled.csv", "/rounds/1/report"] {
        let answer = Request::get(path).send(&bench.address);
        answer.problem(403);
        let wrong = Request::get(path).header("authorization", "Bearer 00");
        wrong.send(&bench.address).problem(403);
    }
    Request::get("/?key=00").send(&bench.address).problem(403);
    // the key becomes a cookie that other sites cannot use
    let welcome = Request::get(&format!("/?key={}", bench.key)).send(&bench.address);
    let cookie = &welcome.headers["set-cookie"];
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    let page = Request::get("/").header("cookie", cookie).send(&bench.address);
    assert_eq!(page.status, 200);
    let policy = &page.headers["content-security-policy"];
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"), "{policy}");
    // other origins, other names of this machine (DNS rebinding), forms
    let train = json!({ "method": "tfidf" }).to_string();
    for (name, value, status) in [
        ("origin", "http://evil.example", 403),
        ("origin", "null", 403),
        ("sec-fetch-site", "cross-site", 403),
        ("host", "evil.example", 421),
        ("host", "127.0.0.1.evil.example", 421),
    ] {
        let request = Request::post("/api/train", "application/json", train.clone());
        let request = request.header("cookie", cookie).header(name, value);
        request.send(&bench.address).problem(status);
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded"] {
        let request = Request::post("/api/train", kind, train.clone()).header("cookie", cookie);
        request.send(&bench.address).problem(415);
    }
    assert_eq!(bench.state()["rounds"], json!([]), "none of them started anything");
    // paths that lead out of the folder
    for path in [
        "/rounds/..%2f..%2fetc/report",
        "/rounds/../model-1/report",
        "/rounds/1/../../workbench.json",
        "/labels.jsonl",
    ] {
        assert!(matches!(bench.get(path).status, 403 | 404), "{path}");
    }
    let put = Request::new("PUT", "/api/file?name=..%2f..%2fout.csv").header("cookie", cookie);
    let mut stream = connect(&bench.address);
    let bytes = csv(0..10);
    let put = put.header("content-length", &bytes.len().to_string());
    stream.write_all(&put.head()).unwrap();
    stream.write_all(bytes.as_bytes()).unwrap();
    assert_eq!(Answer::read(&mut stream).unwrap().status, 200);
    let state = bench.ready();
    assert!(state["file"].as_str().unwrap().ends_with("train-workbench/data/out.csv"), "{state}");
    assert!(!place.path("out.csv").exists());
    bench.stop();
}

#[test]
fn two_people_label_and_a_kill_loses_nothing() {
    let place = Place::new();
    place.write("partly.csv", partly(120, 20));
    let mut bench = Bench::start(&place, "partly.csv -o bench");
    let state = bench.ready();
    assert_eq!(state["counts"]["labelled"], 20, "{state}");
    let second = place.run("workbench -o bench --listen 127.0.0.1:0");
    assert_eq!(second.code, Some(75), "one at a time: {second:?}");
    let unknown = json!({ "by": "Ann", "text": "00", "label": "good" });
    bench.post("/api/label", &unknown).problem(404);
    bench.post("/api/label/undo", &json!({ "by": "Ann" })).problem(409);
    let mut given: Vec<(String, String, Option<&str>)> = Vec::new();
    for n in 0..24 {
        let by = ["Ann", "Bo"][n % 2];
        let label = [Some("good"), Some("bad"), None, Some("good")][n % 4];
        let shown = bench.label(by, label);
        let text = shown["text"].as_str().unwrap().to_owned();
        assert!(given.iter().all(|(_, other, _)| *other != text), "nobody gets it twice");
        given.push((by.to_owned(), text, label));
        if n % 6 == 5 {
            bench.kill();
            if n == 11 {
                // a kill while a line is written leaves a part of it
                let path = place.path("bench/labels.jsonl");
                let mut log = std::fs::OpenOptions::new().append(true).open(path).unwrap();
                log.write_all(b"{\"number\":13,\"time\":\"2026").unwrap();
            }
            bench = Bench::start(&place, "-o bench");
            let state = bench.ready();
            let labels = given.iter().filter(|(_, _, label)| label.is_some()).count();
            assert_eq!(state["counts"]["here"], labels, "{state}");
            assert_eq!(state["people"]["Ann"], given.len() / 2, "{state}");
        }
    }
    let last = bench.post("/api/label/undo", &json!({ "by": "Ann" })).ok();
    assert_eq!(last["text"], given[22].1, "her own last one, not Bo's");
    let log = std::fs::read_to_string(place.path("bench/labels.jsonl")).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 25);
    for (line, (by, text, label)) in lines.iter().zip(&given) {
        assert_eq!(
            (&line["by"], &line["text"], line.get("label")),
            (&json!(by), &json!(text), label.as_ref().map(|label| json!(label)).as_ref(),)
        );
    }
    assert_eq!((&lines[24]["action"], &lines[24]["of"]), (&json!("undo"), &json!(23)));
    let table = bench.get("/labelled.csv").body;
    assert_eq!(table.lines().count(), 1 + 20 + 18, "{table}");
    bench.stop();
}

/// A training is the command line's own: stopped, killed and continued it ends in the same model.
#[test]
fn a_training_outlives_its_workbench() {
    let place = Place::new();
    let mut bench = Bench::start(&place, "train.csv -o bench");
    bench.ready();
    bench.post("/api/rounds/1/stop", &json!({})).problem(404);
    bench.post("/api/train", &json!({ "method": "ulmfit" })).ok();
    bench.post("/api/train", &json!({ "method": "tfidf" })).problem(409);
    let updates = |bench: &Bench| {
        let stages = bench.state()["rounds"][0]["progress"]["stages"].clone();
        stages.as_array().unwrap().iter().map(|stage| stage["step"].as_u64().unwrap()).sum::<u64>()
    };
    eventually("the first updates", || updates(&bench) > 0);
    let running = bench.wait_for(1, "running");
    assert!(running["command"].as_str().unwrap().starts_with("ulmfit fit /"), "{running}");
    bench.post("/api/rounds/1/stop", &json!({})).ok();
    bench.wait_for(1, "stopped");
    assert!(place.path("bench/model-1.run").is_dir() && !place.path("bench/model-1").exists());
    bench.post("/api/rounds/1/continue", &json!({})).ok();
    bench.wait_for(1, "running");
    bench.kill();
    bench = Bench::start(&place, "-o bench");
    // it runs on, or is continued; either way it is found
    bench.wait_for(1, "running");
    let before = updates(&bench);
    eventually("it goes on", || updates(&bench) > before);
    bench.stop();
    assert!(!place.path("bench/model-1").exists());
    bench = Bench::start(&place, "-o bench");
    bench.wait_for(1, "running");
    bench.post("/api/rounds/1/stop", &json!({})).ok();
    bench.wait_for(1, "stopped");
    bench.stop();
}

#[test]
fn models_are_those_of_the_command_line_and_can_be_taken_along() {
    let place = Place::new();
    let bench = Bench::start(&place, "train.csv -o bench");
    bench.ready();
    bench.post("/api/train", &json!({ "method": "tfidf" })).ok();
    let round = bench.wait_for(1, "done");
    assert!(round["score"]["interval"][1].as_f64().unwrap() <= 1.0, "{round}");
    place.run("fit train.csv --method tfidf -o same").ok();
    let weights = |folder: &str| std::fs::read(place.path(&format!("{folder}/model.safetensors")));
    assert_eq!(weights("bench/model-1").unwrap(), weights("same").unwrap());
    let report = bench.get("/rounds/1/report");
    assert!(report.headers["content-security-policy"].contains("sandbox"), "{report:?}");
    assert!(report.body.contains("<h1"));
    bench.get("/rounds/2/report").problem(404);
    // the archive holds the folder
    let request = bench.with_key(Request::get("/rounds/1/model.tar"));
    let mut stream = request.begin(&bench.address);
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut stream, &mut bytes).unwrap();
    let has = |name: &str| bytes.windows(name.len()).any(|some| some == name.as_bytes());
    assert!(has("model-1/manifest.json") && has("model-1/model.safetensors"));
    bench.post("/api/rounds/1/serve", &json!({})).ok();
    eventually("it is served", || bench.state()["served"]["address"].is_string());
    let served = bench.state()["served"]["address"].as_str().unwrap().to_owned();
    let served = served.strip_prefix("http://").unwrap();
    let ask = Request::post("/predict", "application/json", r#"{"text":"a lovely film"}"#);
    assert_eq!(ask.send(served).ok()["predictions"][0]["label"], "good");
    bench.stop();
    std::thread::sleep(Duration::from_millis(200));
    assert!(std::net::TcpStream::connect(served).is_err(), "it ends with the workbench");
}

#[test]
fn what_cannot_be_done_is_said() {
    let place = Place::new();
    place.write("none.csv", "text,note\na,b\nc,d\n");
    let bench = Bench::start(&place, "-o bench");
    bench.post("/api/train", &json!({})).problem(409);
    bench.post("/api/open", &json!({ "path": "absent.csv" })).problem(422);
    bench.post("/api/open", &json!({ "path": "none.csv", "x": 1 })).problem(422);
    bench.post("/api/open", &json!({ "path": place.path("none.csv") })).ok();
    bench.ready();
    bench.post("/api/columns", &json!({ "text": ["no"], "label": null })).ok();
    let state = bench.ready();
    assert_eq!(state["unreadable"]["columns"], json!(["text", "note"]), "{state}");
    bench.post("/api/columns", &json!({ "text": ["text"], "label": null })).ok();
    assert_eq!(bench.ready()["counts"]["open"], 2);
    let nothing = bench.post("/api/train", &json!({})).problem(409);
    assert!(nothing["detail"].as_str().unwrap().contains("no text has a label"), "{nothing}");
    let shown = bench.post("/api/label/current", &json!({ "by": "Ann" })).ok();
    let body = json!({ "by": "Ann", "text": shown["text"], "label": "new" });
    bench.post("/api/label", &body).problem(422);
    bench.post("/api/labels", &json!({ "label": "new" })).ok();
    bench.post("/api/labels", &json!({ "label": "new" })).problem(409);
    bench.post("/api/label", &body).ok();
    for by in ["", "\u{7}", &"x".repeat(101)] {
        bench.post("/api/label/current", &json!({ "by": by })).problem(422);
    }
    bench.stop();
}
