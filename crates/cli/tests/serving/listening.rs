//! Where a server listens, and where it refuses to.

use super::Server;
use super::http::Answer;
use crate::common::Place;
use std::io::Write;
use std::os::unix::net::UnixStream;

/// A line that must be refused, with its exit code and what must be said.
fn refused(place: &Place, line: &str, code: i32, said: &str) {
    let done = place.run(&format!("serve {line}"));
    assert_eq!(done.code, Some(code), "{line}: {done:?}");
    assert!(done.stderr.contains(said), "{line}: {}", done.stderr);
    assert_eq!(done.stdout, "", "{line}");
}

#[test]
fn what_cannot_be_served_is_refused_in_a_line() {
    let place = Place::new();
    let exposed = "--listen 0.0.0.0:0";
    refused(&place, &format!("classifier {exposed}"), 2, "hint: require a token with --token-file");
    refused(&place, "classifier --listen [::]:0", 2, "can be reached from other machines");
    refused(&place, "nothing", 66, "ulmfit: nothing");
    refused(&place, "lm --listen 127.0.0.1:0", 65, "is a language model");
    refused(
        &place,
        "classifier=a classifier=a --listen 127.0.0.1:0",
        2,
        "two models are named `a`",
    );
    refused(&place, "classifier=a/b --listen 127.0.0.1:0", 2, "cannot be the name of a model");
    refused(&place, "classifier --listen nonsense", 74, "cannot listen on nonsense");
    refused(&place, "classifier --token-file nothing --listen 127.0.0.1:0", 66, "cannot read");
    place.write("empty", "\n");
    refused(
        &place,
        "classifier --token-file empty --listen 127.0.0.1:0",
        65,
        "the file has no token",
    );
    refused(&place, "", 2, "MODEL");
    let server = Server::usual(&place);
    refused(&place, &format!("classifier --listen {}", server.address), 74, "cannot listen on");
    server.stop();
}

#[test]
fn with_a_token_or_on_purpose_others_may_come() {
    let place = Place::new();
    place.write("tokens", "0123456789abcdef\n");
    for more in ["--token-file tokens", "--open"] {
        let server = Server::start(&place, &format!("classifier --listen 0.0.0.0:0 {more}"));
        let port = server.address.rsplit_once(':').unwrap().1;
        let answer = super::Request::get("/health/ready").send(&format!("127.0.0.1:{port}"));
        assert_eq!(answer.status, 200);
        server.stop();
    }
}

#[test]
fn a_unix_socket_is_taken_over_from_the_dead_but_not_from_the_living() {
    let place = Place::new();
    let ask = || {
        let mut stream = UnixStream::connect(place.path("socket")).unwrap();
        let request = "GET /health/ready HTTP/1.1\r\nhost: whatever\r\nconnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        Answer::read(&mut stream).unwrap().status
    };
    let mut server = Server::start(&place, "classifier --listen unix:socket");
    assert_eq!(server.address, "unix:socket");
    assert_eq!(ask(), 200);
    refused(&place, "classifier --listen unix:socket", 74, "cannot listen on unix:socket");
    assert_eq!(ask(), 200, "it still answers");
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    assert!(place.path("socket").exists());
    let server = Server::start(&place, "classifier --listen unix:socket");
    assert_eq!(ask(), 200);
    server.stop();
    assert!(!place.path("socket").exists(), "it is gone with the server");
    place.write("file", "precious");
    refused(&place, "classifier --listen unix:file", 74, "cannot listen on unix:file");
    refused(&place, "classifier --listen unix:", 74, "cannot listen on unix:: the path is empty");
    assert_eq!(std::fs::read(place.path("file")).unwrap(), b"precious");
}
