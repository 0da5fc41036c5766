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
        let mut inner = self.lock();
        let round = inner.round(number)?.clone();
        if self.phase(&round) != Phase::Done {
            let detail = format!("training {number} has no model yet");
            return Err(Problem::new(Kind::Conflict, detail));
        }
        let job = self.job("serve");
        let refused = |error: std::io::Error| {
            Problem::new(Kind::Internal, format!("the server cannot be started: {error}"))
        };
        job.stop().map_err(refused)?;
        job.wait(None);
        job.clear();
        let mut arguments = arguments(number);
        arguments.push("--quiet".to_owned());
        let mut child = job.start(&mut self.command(&arguments)).map_err(refused)?;
        thread::spawn(move || _ = child.wait());
        inner.served = Some(number);
        Ok(())
    }

    /// Ends that server.
    ///
    /// # Errors
    /// A problem when the system refuses.
    pub(super) fn stop_serving(&self) -> Result<(), Problem> {
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
