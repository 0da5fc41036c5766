//! Every status that the documents name.

use super::Server;
use super::http::{Request, connect};
use crate::common::Place;
use serde_json::{Value, json};
use std::io::Write;
use std::time::{Duration, Instant};

#[test]
fn wrong_requests_are_told_what_is_wrong() {
    let place = Place::new();
    let server = Server::usual(&place);
    let detail = |body: &str, status: u16| {
        let answer = Request::post("/predict", "application/json", body).send(&server.address);
        answer.problem(status)["detail"].as_str().unwrap().to_owned()
    };
    for empty in ["{}", r#"{"texts":[]}"#, r#"{"rows":[]}"#] {
        assert_eq!(detail(empty, 400), "the request has no texts");
    }
    for broken in ["{", "", "{\"text\":\"\u{1}\"}", r#"{"text":"x""#, "\"\\ud800\""] {
        detail(broken, 400);
    }
    assert!(
        detail(r#"{"text":"x","reason":"fast"}"#, 422)
            .contains("`reason` is not a field; the fields are `text`")
    );
    assert!(detail(r#"{"text":"x","truncate":true}"#, 422).contains("`truncate` is not a field"));
    for (rule, said) in [
        (r#""coverage":0.9"#, "calibration"),
        (r#""max_error":0.1"#, "calibration"),
        (r#""threshold":1.5"#, "not between 0 and 1"),
        (r#""threshold":0.5,"max_error":0.1"#, "more than one of `threshold`"),
        (r#""per_class":true"#, "`per_class` has no effect without `coverage`"),
    ] {
        let detail = detail(&format!("{{\"text\":\"x\",{rule}}}"), 422);
        assert!(detail.contains(said), "{rule}: {detail}");
    }
    assert!(detail(r#"{"text":7}"#, 422).contains("a text, or a list with one text per column"));
    for (field, said) in [
        (
            r#""explain":true"#,
            "`explain` must be `fast`, `gradients` or `exact`, not the boolean `true`",
        ),
        (
            r#""explain":"slow""#,
            "`explain` must be `fast`, `gradients` or `exact`, not the string \"slow\"",
        ),
        (
            r#""explain":{"fast":1}"#,
            "`explain` must be `fast`, `gradients` or `exact`, not an object",
        ),
        (
            r#""direction":1"#,
            "`direction` must be `forward`, `backward` or `both`, not the number `1`",
        ),
        (
            r#""threshold":"0.5""#,
            "`threshold` must be a number between 0 and 1, not the string \"0.5\"",
        ),
        (r#""coverage":[]"#, "`coverage` must be a number between 0 and 1, not a list"),
        (
            r#""max_error":false"#,
            "`max_error` must be a number between 0 and 1, not the boolean `false`",
        ),
        (r#""top":0"#, "`top` must be a whole number from 1 on, not the number `0`"),
        (r#""top":"3""#, "`top` must be a whole number from 1 on, not the string \"3\""),
        (r#""per_class":1"#, "`per_class` must be true or false, not the number `1`"),
        (r#""model":[1]"#, "`model` must be a string, not a list"),
    ] {
        assert_eq!(detail(&format!("{{\"text\":\"x\",{field}}}"), 422), said);
    }
    let third = "`texts[2]` must be a text, or a list with one text per column, not null";
    assert_eq!(detail(r#"{"texts":["x","y",null]}"#, 422), third);
    assert_eq!(detail("[]", 422), "the value must be an object, not a list");
    let v2 = r#"{"inputs":[{"name":"text","shape":"1","datatype":"BYTES","data":["x"]}]}"#;
    let v2 = Request::post("/v2/models/classifier/infer", "application/json", v2);
    let said = v2.send(&server.address).problem(422)["detail"].clone();
    assert_eq!(said, "`inputs[0].shape` must be a list, not the string \"1\"");
    let line = Request::post("/predict?threshold=half", "application/x-ndjson", "\"x\"");
    let said = line.send(&server.address).problem(422)["detail"].clone();
    assert!(said.as_str().unwrap().contains("threshold"), "{said}");
    for wrong in [
        "[]",
        r#"["x"]"#,
        "7",
        r#"{"text":null,"texts":[null]}"#,
        r#"{"texts":"x"}"#,
        r#"{"text":[]}"#,
        r#"{"text":"x","top":0}"#,
        r#"{"text":"x","top":-1}"#,
        r#"{"text":"x","direction":"up"}"#,
        r#"{"text":"x","direction":"backward"}"#,
        r#"{"text":"x","texts":["y"]}"#,
        r#"{"rows":[{"text":7}]}"#,
        r#"{"rows":[{}]}"#,
        r#"{"text":"x","text":"y"}"#,
    ] {
        detail(wrong, 422);
    }
    let kinds = [("text/plain", "x"), ("application/x-www-form-urlencoded", "text=x"), ("", "{}")];
    for (kind, body) in kinds {
        Request::post("/predict", kind, body).send(&server.address).problem(415);
    }
    let with_charset = "Application/JSON; charset=utf-8";
    let answer = Request::post("/predict", with_charset, r#"{"text":"x"}"#).send(&server.address);
    assert_eq!(answer.status, 200);
    server.get("/nowhere").problem(404);
    let wrong = server.get("/predict");
    wrong.problem(405);
    assert_eq!(wrong.headers["allow"], "POST");
    Request::new("DELETE", "/models").send(&server.address).problem(405);
    let query = Request::post("/predict?top=3", "application/json", r#"{"text":"x"}"#);
    query.send(&server.address).problem(422);
    server.get("/models/%ff").problem(404);
    let not_utf8 = [b"{\"text\":\"".as_slice(), &[0xff, 0xfe], b"\"}"].concat();
    Request::post("/predict", "application/json", not_utf8).send(&server.address).problem(400);
    server.stop();
}

#[test]
fn limits_are_named_where_they_are_exceeded() {
    let place = Place::new();
    let server =
        Server::start(&place, "classifier --max-texts 3 --max-body 20K --max-doc-bytes 1000");
    let problem = server.post("/predict", &json!({ "texts": ["a", "b", "c", "d"] })).problem(413);
    assert_eq!(problem["detail"], "the request has 4 texts; at most 3 are allowed");
    let long = "x".repeat(1001);
    let problem = server.post("/predict", &json!({ "texts": ["a", long] })).problem(413);
    assert_eq!(problem["detail"], "a text has 1001 bytes; at most 1000 are allowed");
    assert_eq!(problem["row"], 1);
    let large = "x".repeat(30_000);
    let problem = server.post("/predict", &json!({ "text": large })).problem(413);
    assert_eq!(problem["detail"], "the body is larger than 20480 bytes");
    let many: Vec<&str> = std::iter::repeat_n("", 5000).collect();
    let problem = server.post("/predict", &json!({ "texts": many })).problem(413);
    assert_eq!(problem["detail"], "the request has 5000 texts; at most 3 are allowed");
    // the same without a length said before
    let chunk = format!("{:x}\r\n{}\r\n", 8192, " ".repeat(8192));
    let mut bytes =
        b"POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
        transfer-encoding: chunked\r\nconnection: close\r\n\r\n"
            .to_vec();
    bytes.extend(chunk.repeat(20).bytes());
    bytes.extend(b"0\r\n\r\n");
    let mut stream = connect(&server.address);
    stream.write_all(&bytes).unwrap();
    super::Answer::read(&mut stream).unwrap().problem(413);
    // a stream may be longer than a body, but no text may
    let line = json!({ "text": "x".repeat(900) }).to_string() + "\n";
    let stream = line.repeat(60) + &json!({ "text": long }).to_string() + "\n" + &line;
    let answer = Request::post("/predict", "application/x-ndjson", stream).send(&server.address);
    let rows: Vec<Value> =
        answer.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 62);
    assert_eq!(rows[60]["error"], "a text has 1001 bytes; at most 1000 are allowed");
    assert!(rows[61]["label"].is_string());
    server.stop();
}

#[test]
fn a_token_is_required_where_there_is_one() {
    let place = Place::new();
    place.write("tokens", "0123456789abcdef0123456789abcdef\n");
    let server = Server::start(&place, "classifier --token-file tokens");
    for path in ["/models", "/metrics", "/v2/models/classifier"] {
        let answer = server.get(path);
        answer.problem(401);
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
        let with = Request::get(path);
        let right = "Bearer 0123456789abcdef0123456789abcdef";
        assert_eq!(with.header("authorization", right).send(&server.address).status, 200, "{path}");
    }
    server.post("/predict", &json!({ "text": "x" })).problem(401);
    for wrong in ["Bearer 0123456789abcdef0123456789abcdeX", "Bearer", "Basic eDp5"] {
        let request = Request::get("/models").header("authorization", wrong);
        request.send(&server.address).problem(401);
    }
    for path in ["/", "/health/live", "/health/ready", "/openapi.json"] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
    let refused = place.run("predict --server 127.0.0.1:8080 test.csv");
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("hint: an address begins with http://"), "{refused:?}");
    let refused = place.run(&format!("predict --server {} test.csv", server.url()));
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("hint: give the server's token with --token-file"));
    let allowed =
        place.run(&format!("predict --server {} test.csv --token-file tokens", server.url()));
    assert_eq!(allowed.ok(), place.run("predict classifier test.csv").ok());
    // a new token while it runs
    place.write("tokens", "ffffffffffffffffffffffffffffffff\n");
    server.signal("HUP");
    let new = "Bearer ffffffffffffffffffffffffffffffff";
    super::eventually("the new token", || {
        Request::get("/models").header("authorization", new).send(&server.address).status == 200
    });
    server.stop();
}

#[test]
fn no_page_of_another_name_reaches_a_server_without_token() {
    let place = Place::new();
    let server = Server::start(&place, "classifier --allow-host box.example");
    let status =
        |host: &str| Request::get("/health/live").header("host", host).send(&server.address).status;
    for host in ["localhost", "127.0.0.1:8080", "[::1]:80", "box.example", "BOX.example:443"] {
        assert_eq!(status(host), 200, "{host}");
    }
    for host in ["evil.example", "evil.example:8080", "localhost.evil.example", ""] {
        assert_eq!(status(host), 421, "{host}");
    }
    server.stop();
    let server = Server::start(&place, "classifier --cors https://app.example");
    let asked = Request::new("OPTIONS", "/predict")
        .header("origin", "https://app.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type");
    let answer = asked.send(&server.address);
    assert_eq!(answer.headers["access-control-allow-origin"], "https://app.example");
    let foreign = Request::get("/models").header("origin", "https://evil.example");
    assert!(!foreign.send(&server.address).headers.contains_key("access-control-allow-origin"));
    server.stop();
}

#[test]
fn overload_is_refused_at_once_and_late_answers_are_given_up() {
    let place = Place::new();
    let server = Server::start(&place, "classifier --queue-texts 4 --deadline 2s");
    let five = json!({ "texts": ["a", "b", "c", "d", "e"] });
    let begun = Instant::now();
    let answer = server.post("/predict", &five);
    let problem = answer.problem(413);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert_eq!(problem["detail"], "the request has 5 texts; at most 4 are allowed");
    assert!(!answer.headers.contains_key("retry-after"), "it would never fit");
    server.post("/predict", &json!({ "texts": ["a", "b", "c", "d"] })).ok();
    // long texts: more than the deadline allows, while short ones are answered
    let word = "lovely dull film ";
    let long = json!({ "text": word.repeat((1 << 20) / word.len()) });
    let status = std::thread::scope(|scope| {
        let late = scope.spawn(|| server.post("/predict", &long).status);
        std::thread::sleep(Duration::from_millis(300));
        // within the deadline, or it were refused
        server.post("/predict", &json!({ "text": "a lovely film" })).ok();
        late.join().unwrap()
    });
    // where the machine is fast enough it may be an answer
    assert!(status == 504 || status == 200, "{status}");
    server.stop();
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    let place = Place::new();
    let server = Server::start(&place, "classifier --idle 1s");
    let head = "POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
        content-length: 100\r\n\r\n{\"text\":";
    let mut stream = connect(&server.address);
    stream.write_all(head.as_bytes()).unwrap();
    let begun = Instant::now();
    let answer = super::Answer::read(&mut stream).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10));
    answer.problem(408);
    // a header that does not end, and a connection that says nothing
    for bytes in ["GET /models HTTP/1.1\r\nhost: local", ""] {
        let mut stream = connect(&server.address);
        stream.write_all(bytes.as_bytes()).unwrap();
        let begun = Instant::now();
        let answer = super::Answer::read(&mut stream);
        assert!(begun.elapsed() < Duration::from_secs(10), "{bytes:?}");
        assert!(answer.is_none_or(|answer| answer.status == 408), "{bytes:?}");
    }
    server.stop();
}
