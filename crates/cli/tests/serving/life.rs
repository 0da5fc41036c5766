//! From start to end: new models for old, and a stop that loses nothing.

use super::http::{Answer, Request, connect};
use super::{Server, eventually};
use crate::common::{Place, STEPS, names};
use serde_json::{Value, json};
use std::fs;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Puts another model in the place of `classifier`.
fn replace(place: &Place, with: &str) {
    fs::rename(place.path("classifier"), place.path("old")).unwrap();
    fs::rename(place.path(with), place.path("classifier")).unwrap();
}

fn hash(server: &Server) -> Value {
    server.get("/models/classifier").ok()["hash"].clone()
}

#[test]
fn every_request_that_was_taken_is_answered_before_the_end() {
    let place = Place::new();
    let server = Server::start(&place, "classifier --max-batch-texts 2");
    let stopping = AtomicBool::new(false);
    let (answered, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let ready_took = std::thread::scope(|scope| {
        for n in 0..12 {
            let (server, stopping) = (&server, &stopping);
            let (answered, refused) = (&answered, &refused);
            scope.spawn(move || {
                loop {
                    let body = json!({ "texts": vec!["a lovely film ".repeat(50 + n); 4] });
                    let request = Request::post("/predict", "application/json", body.to_string());
                    let before = stopping.load(Ordering::SeqCst);
                    match request.try_send(&server.address) {
                        Some(answer) if answer.status == 200 => {
                            answered.fetch_add(1, Ordering::SeqCst);
                        }
                        Some(answer) => {
                            answer.problem(503);
                            refused.fetch_add(1, Ordering::SeqCst);
                            return;
                        }
                        // once it is gone nobody connects, or a connection is never taken; a request
                        // that was sent before the signal is answered
                        _ => {
                            assert!(
                                before || stopping.load(Ordering::SeqCst),
                                "a request was lost"
                            );
                            return;
                        }
                    }
                }
            });
        }
        std::thread::sleep(Duration::from_millis(700));
        // one that the server has certainly begun with
        let head = "POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
            content-length: 16\r\nconnection: close\r\n\r\n";
        let mut begun = connect(&server.address);
        begun.write_all(head.as_bytes()).unwrap();
        begun.write_all(b"{\"text\":").unwrap();
        std::thread::sleep(Duration::from_millis(200));
        stopping.store(true, Ordering::SeqCst);
        server.signal("TERM");
        let told = Instant::now();
        let mut took = None;
        while took.is_none() {
            let ready = Request::get("/health/ready").try_send(&server.address);
            let status = ready.expect("it listens while a request is in flight").status;
            if status == 503 {
                took = Some(told.elapsed());
            }
            assert!(told.elapsed() < Duration::from_secs(10));
        }
        begun.write_all(b"\"film\" }").unwrap();
        let answer = Answer::read(&mut begun).expect("the request in flight is answered");
        assert_eq!(answer.ok()["predictions"].as_array().unwrap().len(), 1);
        took.unwrap()
    });
    let (status, stderr) = server.end();
    assert!(status.success(), "{status}: {stderr}");
    assert!(answered.load(Ordering::SeqCst) > 0);
    assert!(ready_took < Duration::from_secs(2), "{ready_took:?}");
}

#[test]
fn a_stream_is_told_that_the_server_stops() {
    let place = Place::new();
    let server = Server::usual(&place);
    let mut stream = connect(&server.address);
    let head = "POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\n\
        transfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    let line = |text: &str| {
        let line = json!({ "text": text }).to_string() + "\n";
        format!("{:x}\r\n{line}\r\n", line.len())
    };
    stream.write_all((head.to_owned() + &line("a lovely film")).as_bytes()).unwrap();
    let mut first = vec![0; 4096];
    let mut seen = String::new();
    while !seen.contains("\"label\"") {
        let read = stream.read(&mut first).unwrap();
        assert_ne!(read, 0, "{seen}");
        seen += std::str::from_utf8(&first[..read]).unwrap();
    }
    server.signal("TERM");
    std::thread::sleep(Duration::from_millis(300));
    stream.write_all(line("a dull film").as_bytes()).unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("the server is stopping"), "{rest}");
    assert!(server.end().0.success());
}

#[test]
fn requests_that_take_too_long_are_given_up_at_the_end() {
    let place = Place::new();
    let server = Server::start(&place, "classifier --drain 1s --idle 60s");
    let mut stream = connect(&server.address);
    let head = "POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
        content-length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    server.signal("TERM");
    let begun = Instant::now();
    let (status, stderr) = server.end();
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("before it had answered all requests (unanswered: 1)"), "{stderr}");
}

#[test]
fn a_signal_loads_the_new_model_and_refuses_a_damaged_one() {
    let place = Place::new();
    place.run(&format!("train lm train.csv -o next {STEPS} --seed 7")).ok();
    let next = place.run("inspect next --json").json()["hash"].clone();
    let server = Server::usual(&place);
    let old = hash(&server);
    assert_ne!(old, next);
    let before = server.post("/predict", &json!({ "text": "a lovely film" })).ok();
    replace(&place, "next");
    assert_eq!(hash(&server), old, "nothing happens without a signal");
    server.signal("HUP");
    eventually("the new model", || hash(&server) == next);
    let after = server.post("/predict", &json!({ "text": "a lovely film" })).ok();
    assert_eq!(after["model"]["hash"], next);
    assert_ne!(after["predictions"], before["predictions"]);
    // a file that was damaged on its way
    let weights = place.path("classifier/model.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&weights, bytes).unwrap();
    server.signal("HUP");
    let refused = r#"ulmfit_reloads_total{model="classifier",outcome="refused"} 1"#;
    eventually("the refusal", || server.get("/metrics").body.contains(refused));
    assert_eq!(hash(&server), next, "the old one stays");
    let again = server.post("/predict", &json!({ "text": "a lovely film" })).ok();
    assert_eq!(again["predictions"], after["predictions"]);
    // and a folder that is gone
    fs::remove_dir_all(place.path("classifier")).unwrap();
    server.signal("HUP");
    let refused = r#"ulmfit_reloads_total{model="classifier",outcome="refused"} 2"#;
    eventually("the refusal", || server.get("/metrics").body.contains(refused));
    server.post("/predict", &json!({ "text": "a lovely film" })).ok();
    let log = server.stop();
    assert!(log.contains("model cannot be loaded, the old one stays"), "{log}");
}

#[test]
fn a_watched_folder_is_loaded_when_it_has_changed() {
    let place = Place::new();
    place.run(&format!("train lm train.csv -o next {STEPS} --seed 7")).ok();
    let next = place.run("inspect next --json").json()["hash"].clone();
    let server = Server::start(&place, "classifier --watch");
    let old = hash(&server);
    std::thread::sleep(Duration::from_millis(1500)); // it has looked once
    // file by file, as a copy does it: what is in between must not be loaded
    for name in names(&place.path("next")) {
        fs::copy(place.path("next").join(&name), place.path("classifier").join(&name)).unwrap();
        let now = hash(&server);
        assert!(now == old || now == next);
    }
    eventually("the new model", || hash(&server) == next);
    let body = json!({ "text": "a lovely film" });
    assert_eq!(server.post("/predict", &body).ok()["model"]["hash"], next);
    server.stop();
}

#[test]
fn requests_go_on_while_models_are_swapped() {
    let place = Place::new();
    place.run(&format!("train lm train.csv -o next {STEPS} --seed 7")).ok();
    let server = Server::usual(&place);
    let body = json!({ "texts": ["a lovely film", "a dull film"] });
    let old = server.post("/predict", &body).ok();
    replace(&place, "next");
    server.signal("HUP");
    eventually("the new model", || hash(&server) != old["model"]["hash"]);
    let new = server.post("/predict", &body).ok();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !done.load(Ordering::SeqCst) {
                    let answer = server.post("/predict", &body).ok();
                    assert!(answer == old || answer == new, "half of each: {answer}");
                }
            });
        }
        for _ in 0..6 {
            fs::rename(place.path("classifier"), place.path("third")).unwrap();
            fs::rename(place.path("old"), place.path("classifier")).unwrap();
            fs::rename(place.path("third"), place.path("old")).unwrap();
            server.signal("HUP");
            std::thread::sleep(Duration::from_millis(250));
        }
        done.store(true, Ordering::SeqCst);
    });
    server.stop();
}
