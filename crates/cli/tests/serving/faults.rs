//! Clients that are broken, slow or hostile, and a server that stays as it is.

use super::http::{Request, connect, raw};
use super::{Server, eventually};
use crate::common::Place;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::time::Duration;

/// A generator that needs no crate: the same requests in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }
}

/// Requests that are right, to be made wrong.
fn seeds() -> Vec<Vec<u8>> {
    let json = |path: &str, body: Value| {
        let body = body.to_string();
        format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    };
    let stream = "POST /predict?top=1 HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\n\
        transfer-encoding: chunked\r\n\r\n9\r\n\"a film\"\n\r\n12\r\n{\"text\":\"a film\"}\n\r\n0\r\n\r\n";
    vec![
        json("/predict", json!({ "text": "a film", "top": 1, "direction": "forward" })),
        json("/predict", json!({ "texts": ["a", ["b"]], "model": "classifier" })),
        json("/predict", json!({ "rows": [{ "text": "a", "id": 7 }] })),
        json(
            "/v2/models/classifier/infer",
            json!({ "inputs": [
            { "name": "text", "shape": [1], "datatype": "BYTES", "data": ["x"] }] }),
        ),
        stream.into(),
        b"GET /models/classifier HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer x\r\n\r\n"
            .to_vec(),
    ]
}

/// Changes some bytes, cuts, repeats, or puts in what parsers stumble over.
fn spoil(bytes: &mut Vec<u8>, dice: &mut Dice) {
    const STICKS: [&[u8]; 14] = [
        b"\0",
        b"\xff\xfe",
        b"\r\n\r\n",
        b"\n",
        b"\"",
        b"{",
        b"[[[[[[[[",
        b"99999999999999999999",
        b"-1",
        b"\\ud800",
        b"%00",
        b"..//",
        b"content-length: 5\r\n",
        b"transfer-encoding: chunked\r\n",
    ];
    for _ in 0..=dice.next(4) {
        let place = dice.next(bytes.len().max(1)).min(bytes.len());
        match dice.next(5) {
            0 if place < bytes.len() => bytes[place] = dice.next(256) as u8,
            1 => bytes.truncate(place),
            2 => {
                let stick = STICKS[dice.next(STICKS.len())];
                bytes.splice(place..place, stick.iter().copied());
            }
            3 => {
                let end = (place + dice.next(40)).min(bytes.len());
                bytes.drain(place..end);
            }
            _ => {
                let piece = bytes[place..(place + 60).min(bytes.len())].to_vec();
                bytes.splice(place..place, piece);
            }
        }
    }
}

#[test]
fn thousands_of_malformed_requests_get_a_status_or_nothing_and_harm_nobody() {
    let place = Place::new();
    let server = Server::start(&place, "classifier -q --idle 2s --max-body 100K");
    let wanted = server.post("/predict", &json!({ "text": "a lovely film" })).ok();
    let seeds = seeds();
    let statuses: Vec<Option<u16>> = std::thread::scope(|scope| {
        let work = |thread: u64| {
            let mut dice = Dice(thread);
            let (seeds, server) = (&seeds, &server);
            move || {
                let mut found = Vec::new();
                for _ in 0..700 {
                    let mut bytes = seeds[dice.next(seeds.len())].clone();
                    spoil(&mut bytes, &mut dice);
                    found.push(raw(&server.address, &bytes).map(|answer| answer.status));
                }
                found
            }
        };
        let all: Vec<_> = (1..=5).map(|n| scope.spawn(work(n))).collect();
        all.into_iter().flat_map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(statuses.len(), 3500);
    let refused = statuses.iter().flatten().filter(|&&status| (400..500).contains(&status)).count();
    assert!(refused > 500, "they were hardly malformed: {refused}");
    assert!(!statuses.iter().flatten().any(|&status| status >= 500), "a bug");
    assert_eq!(server.post("/predict", &json!({ "text": "a lovely film" })).ok(), wanted);
    server.stop();
}

#[test]
fn deep_and_long_json_is_no_danger() {
    let place = Place::new();
    let server = Server::usual(&place);
    let deep = [b"{\"text\":".to_vec(), b"[".repeat(1_000_000), b"x".to_vec()].concat();
    let status = Request::post("/predict", "application/json", deep).send(&server.address).status;
    assert!(status == 400 || status == 422, "{status}");
    let zeros = format!("{{\"texts\":[{}0]}}", "0,".repeat(1_900_000));
    Request::post("/predict", "application/json", zeros).send(&server.address).problem(422);
    let empty = format!("{{\"texts\":[{}\"\"]}}", "\"\",".repeat(1_300_000));
    Request::post("/predict", "application/json", empty).send(&server.address).problem(413);
    let names = format!("{{\"rows\":[{{{}\"text\":\"x\"}}]}}", "\"\":0,".repeat(500_000));
    let rows = Request::post("/predict", "application/json", names).send(&server.address);
    assert_eq!(rows.status, 200, "only the columns that the model reads count");
    let word = json!({ "text": "x".repeat(1_000_000) });
    let answer = server.post("/predict", &word).ok();
    assert!(answer["predictions"][0]["tokens"].as_u64().unwrap() < 10);
    server.stop();
}

#[test]
fn a_body_without_end_costs_no_memory() {
    let place = Place::new();
    let server = Server::usual(&place);
    server.post("/predict", &json!({ "text": "a lovely film" })).ok();
    let before = server.memory();
    // said to be a gigabyte
    let head = "POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
        content-length: 1000000000\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n";
    raw(&server.address, head.as_bytes()).unwrap().problem(413);
    // and one that is, without saying so
    let mut stream = connect(&server.address);
    let head = "POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
        transfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = format!("{:x}\r\n{}\r\n", 1 << 20, " ".repeat(1 << 20));
    let mut reader = stream.try_clone().unwrap();
    let answer = std::thread::spawn(move || super::Answer::read(&mut reader));
    for _ in 0..1000 {
        if stream.write_all(chunk.as_bytes()).is_err() {
            break;
        }
    }
    if let Some(answer) = answer.join().unwrap() {
        answer.problem(413);
    }
    // a line of a stream that does not end
    let mut stream = connect(&server.address);
    let head = head.replace("application/json", "application/x-ndjson");
    stream.write_all(head.as_bytes()).unwrap();
    let mut reader = stream.try_clone().unwrap();
    let answer = std::thread::spawn(move || super::Answer::read(&mut reader));
    for _ in 0..100 {
        if stream.write_all(chunk.as_bytes()).is_err() {
            break;
        }
    }
    let answer = answer.join().unwrap().expect("the stream is answered");
    assert!(answer.body.contains("a line is longer than"), "{answer:?}");
    let grown = server.memory().saturating_sub(before);
    assert!(grown < 120 << 10, "{grown} KiB more");
    server.stop();
}

#[test]
fn half_open_connections_do_not_keep_others_out() {
    let place = Place::new();
    let server = Server::start(&place, "classifier -q --idle 2s --max-connections 300");
    let before = server.memory();
    let open: Vec<_> = (0..250)
        .map(|n| {
            let mut stream = connect(&server.address);
            if n % 2 == 0 {
                stream.write_all(b"POST /predict HTTP/1.1\r\nhost: loc").unwrap();
            }
            stream
        })
        .collect();
    server.post("/predict", &json!({ "text": "a lovely film" })).ok();
    let grown = server.memory().saturating_sub(before);
    assert!(grown < 60 << 10, "{grown} KiB more for 250 connections");
    eventually("they are closed", || {
        let closed = |mut stream: &std::net::TcpStream| {
            stream.set_nonblocking(true).unwrap();
            let mut bytes = [0; 512];
            loop {
                match stream.read(&mut bytes) {
                    Ok(0) => return true,
                    Ok(_) => {}
                    Err(error) => return error.kind() != std::io::ErrorKind::WouldBlock,
                }
            }
        };
        open.iter().all(closed)
    });
    server.stop();
}

#[test]
fn who_waits_longest_makes_room_for_who_has_something_to_say() {
    let place = Place::new();
    // without it, a new client would wait longer than its patience of a minute
    let server = Server::start(&place, "classifier -q --idle 10m --max-connections 8");
    let request = Request::post("/predict", "application/json", "{\"text\": \"a film\"}");
    // nothing, half of a head, and a head without its body
    let head = "POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\n\
        transfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    let beginnings = ["", "POST /predict HTTP/1.1\r\nhost: loc", head];
    let mut open = Vec::new();
    for n in 0..24 {
        let mut stream = connect(&server.address);
        stream.write_all(beginnings[n % 3].as_bytes()).unwrap();
        open.push(stream);
    }
    for _ in 0..3 {
        request.send(&server.address).ok();
    }
    assert!(matches!(open[0].read(&mut [0; 1]), Ok(0)), "the first one is closed");
    // 24 and three more came, and eight may be there
    let told = server.get("/metrics").body;
    let line = told.lines().find_map(|line| line.strip_prefix("ulmfit_dismissed_total "));
    let dismissed: usize = line.unwrap().parse().unwrap();
    assert!((17..=24).contains(&dismissed), "{told}");
    drop(open);
    server.post("/predict", &json!({ "text": "a lovely film" })).ok();
    server.stop();
}

#[test]
fn who_goes_away_is_not_predicted_for() {
    let place = Place::new();
    let server = Server::start(&place, "classifier -q");
    let body = json!({ "texts": vec!["a lovely film ".repeat(300); 60] }).to_string();
    for n in 0..60 {
        let request = Request::post("/predict", "application/json", body.clone());
        let stream = request.begin(&server.address);
        if n % 2 == 0 {
            stream.shutdown(Shutdown::Both).unwrap();
        }
    }
    // all are gone: the queue empties much sooner than 3,600 texts take
    eventually("an empty queue", || {
        server.post("/predict", &json!({ "text": "a lovely film" })).status == 200
            && server.get("/metrics").body.contains("ulmfit_queue_texts 0\n")
    });
    server.stop();
}

#[test]
fn who_does_not_read_is_not_read_from() {
    let place = Place::new();
    let server = Server::start(&place, "classifier -q --idle 3s");
    server.post("/predict", &json!({ "text": "a lovely film" })).ok();
    let before = server.memory();
    let mut stream = connect(&server.address);
    stream.set_write_timeout(Some(Duration::from_millis(1500))).unwrap();
    let head = "POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\n\
        content-length: 1000000000\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let lines = "\"\"\n".repeat(20_000);
    let mut sent = 0_u64;
    // until the server takes no more
    while sent < 400 << 20 {
        match stream.write(lines.as_bytes()) {
            Ok(bytes) => sent += bytes as u64,
            Err(_) => break,
        }
    }
    assert!(sent < 400 << 20, "it read on and on");
    let grown = server.memory().saturating_sub(before);
    assert!(grown < 60 << 10, "{grown} KiB more");
    server.post("/predict", &json!({ "text": "a lovely film" })).ok();
    // and in the end it is dropped
    eventually("the connection is closed", || {
        server.get("/metrics").body.contains("ulmfit_connections 1\n")
    });
    server.stop();
}

#[test]
fn who_does_not_read_makes_room() {
    let place = Place::new();
    let server = Server::start(&place, "classifier -q --idle 10m --max-connections 1");
    // a stream, and many requests at once
    let stream = "POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\n\
        content-length: 1000000000\r\n\r\n";
    let lines = [stream.to_owned(), "\"\"\n".repeat(20_000)];
    let page = "GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n";
    for [first, more] in [lines, [page.to_owned(), page.repeat(100)]] {
        let mut stuck = connect(&server.address);
        stuck.set_write_timeout(Some(Duration::from_millis(1500))).unwrap();
        stuck.write_all(first.as_bytes()).unwrap();
        // until the server takes no more
        while stuck.write_all(more.as_bytes()).is_ok() {}
        let begun = std::time::Instant::now();
        server.post("/predict", &json!({ "text": "a lovely film" })).ok();
        assert!(begun.elapsed() < Duration::from_mins(1), "it was kept out");
        stuck.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let end = std::io::copy(&mut stuck, &mut std::io::sink());
        assert!(end.is_ok() || end.unwrap_err().kind() == std::io::ErrorKind::ConnectionReset);
    }
    server.stop();
}

#[test]
fn answers_that_nobody_reads_have_a_limit() {
    let place = Place::new();
    // many labels make large answers
    let rows = |n: usize| format!("word{n} word,label number {n}\n").repeat(2);
    place.write("many.csv", "text,label\n".to_owned() + &(0..400).map(rows).collect::<String>());
    place.run("fit many.csv --method tfidf -o many --test-share 0 --valid-share 0 -q").ok();
    let options = "-q --idle 10m --deadline 10m --max-texts 1000 --queue-texts 4000";
    let server = Server::start(&place, &format!("many {options}"));
    let body = json!({ "texts": vec!["word7"; 1_000] }).to_string();
    let head = format!(
        "POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut unread = Vec::new();
    let refused = loop {
        assert!(unread.len() < 40, "answers of 40 requests are held");
        let mut stream = connect(&server.address);
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap(); // the answer has begun
        if &status != b"HTTP/1.1 200" {
            let mut rest = String::new();
            stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
            _ = stream.read_to_string(&mut rest);
            break String::from_utf8_lossy(&status).into_owned() + &rest;
        }
        unread.push(stream);
    };
    assert!(refused.starts_with("HTTP/1.1 429"), "{refused}");
    assert!(refused.contains("retry-after: 1"), "{refused}");
    assert!(refused.contains("have not been read by their clients"), "{refused}");
    assert!(unread.len() > 1 && server.memory() < 600 << 10, "{} KiB", server.memory());
    // small answers are given all the time, and large ones again when there is room
    server.post("/predict", &json!({ "text": "a lovely film" })).ok();
    drop(unread);
    eventually("there is room again", || {
        server.post("/predict", &json!({ "texts": vec![""; 1_000] })).status == 200
    });
    server.stop();
}
