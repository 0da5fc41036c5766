//! Serving a model from the workbench: `serve` as a process of its own.

use super::bench::{Bench, Inner};
use super::rounds::Phase;
use super::saved::model_name;
use crate::problem::{Kind, Problem};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use std::thread;

/// A model that is served.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Served {
    round: usize,
    /// Where; `None` until it is loaded.
    address: Option<String>,
    command: String,
}

fn arguments(number: usize) -> Vec<String> {
    ["serve", &model_name(number), "--listen", "127.0.0.1:0"].map(str::to_owned).to_vec()
}

impl Bench {
    /// Serves the model of a training, on a free port of this machine.
    ///
    /// # Errors
    /// [`Problem`] when the training has no model yet, or the server cannot be started.
    pub(super) fn serve(self: &Arc<Self>, number: usize) -> Result<(), Problem> {
        // pages need what is behind the other lock, also while the server before answers its last requests
        let _turn = self.server_turn();
        let round = self.lock().round(number)?.clone();
        if self.phase(&round) != Phase::Done {
            let detail = format!("training {number} has no model yet");
            return Err(Problem::new(Kind::Conflict, detail));
        }
        self.lock().served = None;
        let job = self.job("serve");
        let refused = |error: std::io::Error| {
            Problem::new(Kind::Internal, format!("the server cannot be started: {error}"))
        };
        job.stop().map_err(refused)?;
        job.wait(None);
        if self.is_closing() {
            return Err(Problem::stopping());
        }
        job.clear();
        let mut arguments = arguments(number);
        arguments.push("--quiet".to_owned());
        let mut child = job.start(&mut self.command(&arguments)).map_err(refused)?;
        thread::spawn(move || _ = child.wait());
        self.lock().served = Some(number);
        Ok(())
    }

    /// Ends that server.
    ///
    /// # Errors
    /// A problem when the system refuses.
    pub(super) fn stop_serving(&self) -> Result<(), Problem> {
        let _turn = self.server_turn();
        self.lock().served = None;
        let stopped = self.job("serve").stop();
        stopped.map_err(|error| Problem::new(Kind::Internal, error.to_string()))
    }

    /// The model that is served.
    pub(super) fn served(&self, inner: &Inner) -> Option<Served> {
        let round = inner.served?;
        let job = self.job("serve");
        if !job.is_running() {
            return None;
        }
        let line = std::fs::read_to_string(job.out()).unwrap_or_default();
        let line: Option<Value> =
            line.lines().next().and_then(|line| serde_json::from_str(line).ok());
        let address = line.and_then(|line| line["listening"].as_str().map(str::to_owned));
        Some(Served { round, address, command: self.shown(&arguments(round)) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::saved::Round;
    use super::*;
    use crate::log::Log;
    use crate::{LogFormat, LogLevel};
    use std::os::unix::fs::PermissionsExt;

    /// Asked to stop, it says so and goes on until it may go.
    const SERVER: &str = "#!/bin/sh
trap 'touch told; until [ -e release ]; do sleep 0.01; done; exit' TERM
touch up
while :; do sleep 0.01; done
";

    #[test]
    fn pages_do_not_wait_for_a_server_that_answers_its_last_requests() {
        let place = tempfile::tempdir().unwrap();
        let program = place.path().join("program");
        std::fs::write(&program, SERVER).unwrap();
        std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
        let log = Log::new(LogFormat::Text, LogLevel::Warning);
        let bench = Bench::open(&place.path().join("b"), program, Vec::new(), log).unwrap();
        let until = |name: &str| {
            while !bench.folder.join(name).exists() {
                thread::yield_now();
            }
        };
        let round = Round {
            number: 1,
            arguments: Vec::new(),
            train: 2,
            test: None,
            wanted: false,
            failed: None,
        };
        bench.save(&mut bench.lock(), |saved| saved.rounds.push(round)).unwrap();
        std::fs::create_dir(bench.folder.join(model_name(1))).unwrap();
        bench.serve(1).unwrap();
        until("up");
        thread::scope(|scope| {
            let again = scope.spawn(|| bench.serve(1));
            until("told");
            let is_free = bench.is_free();
            std::fs::write(bench.folder.join("release"), "").unwrap();
            assert!(is_free, "a page would wait");
            again.join().unwrap().unwrap();
        });
        bench.stop_serving().unwrap();
        bench.job("serve").wait(None);
    }
}
