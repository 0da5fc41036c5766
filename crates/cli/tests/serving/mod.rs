//! `ulmfit serve` and `ulmfit predict --server`: the real program, over real connections.

mod errors;
mod faults;
mod http;
mod life;
mod listening;
mod protocol;
mod routes;
mod same_bits;
mod workbench;

use crate::common::Place;
use http::{Answer, Request};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ExitStatus, Stdio};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

/// A server that listens; it ends with the test.
struct Server {
    child: Child,
    /// `127.0.0.1:41233`.
    address: String,
    stderr: Option<JoinHandle<String>>,
}

impl Server {
    /// Starts `ulmfit serve` with these words, on a free port unless they say where.
    fn start(place: &Place, line: &str) -> Self {
        let listen = if line.contains("--listen") { "" } else { "--listen 127.0.0.1:0" };
        let mut command = place.command(&format!("serve {line} {listen}"));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let stderr = std::thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let first: Value = match serde_json::from_str(&first) {
            Ok(first) => first,
            Err(error) => panic!("{error}: {}", stderr.join().unwrap()),
        };
        let address = first["listening"].as_str().unwrap();
        let address = address.strip_prefix("http://").unwrap_or(address).to_owned();
        Self { child, address, stderr: Some(stderr) }
    }

    /// The usual one.
    fn usual(place: &Place) -> Self {
        Self::start(place, "classifier")
    }

    fn get(&self, path: &str) -> Answer {
        Request::get(path).send(&self.address)
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        Request::post(path, "application/json", body.to_string()).send(&self.address)
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn signal(&self, name: &str) {
        let mut kill = std::process::Command::new("kill");
        let done = kill.arg(format!("-{name}")).arg(self.child.id().to_string()).status().unwrap();
        assert!(done.success());
    }

    /// Waits for its end; gives how it ended and what it wrote.
    fn end(mut self) -> (ExitStatus, String) {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begun.elapsed() < Duration::from_mins(1), "the server does not end");
            sleep(Duration::from_millis(10));
        };
        let stderr = self.stderr.take().unwrap().join().unwrap();
        assert!(!stderr.contains("panicked") && !stderr.contains("internal error"), "{stderr}");
        (status, stderr)
    }

    /// Stops it, which must go well.
    fn stop(self) -> String {
        self.signal("TERM");
        let (status, stderr) = self.end();
        assert!(status.success(), "{status}: {stderr}");
        stderr
    }

    /// Resident memory in KiB.
    fn memory(&self) -> u64 {
        let status = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(status).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Waits until something holds.
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_mins(2), "{what}");
        sleep(Duration::from_millis(20));
    }
}
