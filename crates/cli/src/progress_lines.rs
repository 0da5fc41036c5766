//! Progress on stderr as JSON, one event per line, for programs that run this one.

use crate::job::Job;
use crate::stderr::say_json as say;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use ulmfit::run::{StageName, Work};
use ulmfit::train::Event;

/// Updates and counts are written at most this often; all other events always.
const EVERY: Duration = Duration::from_millis(250);

/// Writes events.
#[derive(Default)]
pub(crate) struct Lines {
    /// Trainings in progress, by name.
    running: HashMap<String, Running>,
    last_tick: Option<Instant>,
    last_job: Option<Instant>,
}

/// A training in progress.
struct Running {
    started: Instant,
    last: Option<Instant>,
    /// Updates that an earlier process made; known from the first event.
    before: Option<u64>,
}

impl Lines {
    pub(crate) fn stage_started(&mut self, task: &StageName) {
        let running = Running { started: Instant::now(), last: None, before: None };
        self.running.insert(task.name.clone(), running);
        say(&json!({ "event": "stage", "stage": task.name, "title": task.title }));
    }

    pub(crate) fn stage_ended(&mut self, task: &StageName) {
        self.running.remove(&task.name);
        say(&json!({ "event": "stage-ended", "stage": task.name }));
    }

    pub(crate) fn event(&mut self, task: &StageName, event: &Event) {
        let mut line = serde_json::to_value(event).unwrap_or_default();
        line["stage"] = Value::from(task.name.as_str());
        if let Some(running) = self.running.get_mut(&task.name) {
            let seconds = running.started.elapsed().as_secs_f64();
            line["seconds"] = rounded(seconds);
            if let Event::Step { step, steps, .. } = event {
                let before = *running.before.get_or_insert(step.saturating_sub(1));
                let is_due = running.last.is_none_or(|last| last.elapsed() >= EVERY);
                if !is_due && step != steps {
                    return;
                }
                running.last = Some(Instant::now());
                let left = steps.saturating_sub(*step) as f64;
                line["seconds_left"] = rounded(seconds / (step - before) as f64 * left);
            }
        }
        say(&line);
    }

    pub(crate) fn tick(&mut self, what: &str, done: usize, total: Option<usize>) {
        let is_due = self.last_tick.is_none_or(|last| last.elapsed() >= EVERY);
        if is_due || total == Some(done) {
            self.last_tick = Some(Instant::now());
            say(&json!({ "event": "count", "what": what, "done": done, "total": total }));
        }
    }

    /// How far it is.
    pub(crate) fn job(&mut self, job: Option<&Job>) {
        let is_due = self.last_job.is_none_or(|last| last.elapsed() >= EVERY);
        if let Some(job) = job.filter(|_| is_due) {
            self.last_job = Some(Instant::now());
            let standing = job.standing();
            let (share, left) = (rounded(standing.share), rounded(standing.left));
            say(&json!({
                "event": "job", "title": standing.title, "share": share, "seconds_left": left,
            }));
        }
    }
}

/// Writes a note or a warning.
pub(crate) fn told(kind: &str, text: &str) {
    say(&json!({ "event": kind, "text": text }));
}

/// Writes what the whole job is going to be.
pub(crate) fn planned(work: &Work) {
    let phases = work.phases.iter().map(|phase| {
        json!({ "title": phase.title, "stages": phase.tasks, "seconds": rounded(phase.seconds) })
    });
    let (seconds, phases) = (rounded(work.seconds()), phases.collect::<Vec<_>>());
    say(&json!({ "event": "plan", "seconds": seconds, "phases": phases }));
}

/// Milliseconds are enough.
fn rounded(seconds: f64) -> Value {
    Value::from((seconds * 1e3).round() / 1e3)
}
