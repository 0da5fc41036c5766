//! What a training reports: the lines that `--progress json` writes, read as they arrive.

use serde::Serialize;
use serde_json::Value;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// A line that the workbench writes before each start of a training.
pub(super) const STARTED: &str = "{\"event\":\"started\"}\n";
/// Warnings that are kept.
const MESSAGES: usize = 20;
/// Lines of plain text that are kept; errors have two.
const PLAIN: usize = 12;

/// Reads a log that grows.
#[derive(Debug, Default)]
pub(super) struct Follower {
    /// Bytes that were read, up to the end of a line.
    read: u64,
    seen: Seen,
}

/// What was reported so far.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Seen {
    /// Trainings of networks, in the order in which they began.
    stages: Vec<Stage>,
    /// Work without updates: texts read, scored, ...
    count: Option<Count>,
    /// The whole job, once it has been planned.
    job: Option<Job>,
    /// Notes and warnings.
    messages: Vec<Message>,
    /// Other lines: errors.
    #[serde(skip)]
    plain: Vec<String>,
}

/// The training of a network.
#[derive(Clone, Debug, Default, Serialize)]
struct Stage {
    name: String,
    title: String,
    ended: bool,
    step: u64,
    steps: u64,
    loss: Option<f64>,
    seconds_left: Option<f64>,
    epochs: Vec<Epoch>,
}

/// An epoch of it.
#[derive(Clone, Debug, Serialize)]
struct Epoch {
    /// From 1.
    #[serde(rename = "epoch")]
    number: u64,
    of: u64,
    train_loss: Option<f64>,
    valid_loss: Option<f64>,
    accuracy: Option<f64>,
}

/// How far the whole job is.
#[derive(Clone, Debug, Serialize)]
struct Job {
    /// Share of the expected time, from 0 to 1.
    share: f64,
    seconds_left: Option<f64>,
}

#[derive(Clone, Debug, Serialize)]
struct Count {
    what: String,
    done: u64,
    total: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Message {
    kind: String,
    text: String,
}

impl Follower {
    /// Reads what is new.
    pub(super) fn follow(&mut self, path: &Path) -> &Seen {
        let mut new = Vec::new();
        let read = File::open(path).and_then(|mut file| {
            file.seek(SeekFrom::Start(self.read))?;
            file.read_to_end(&mut new)
        });
        if read.is_ok() {
            let whole = new.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
            self.read += whole as u64;
            for line in String::from_utf8_lossy(&new[..whole]).lines() {
                self.seen.line(line);
            }
        }
        &self.seen
    }
}

impl Seen {
    /// The error, in the words of the command line.
    pub(super) fn error(&self) -> Option<String> {
        let told = |line: &String| line.strip_prefix("ulmfit: ").unwrap_or(line).to_owned();
        let lines: Vec<String> = self.plain.iter().map(told).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    fn line(&mut self, line: &str) {
        let Ok(event) = serde_json::from_str::<Value>(line) else {
            self.plain.push(line.to_owned());
            let extra = self.plain.len().saturating_sub(PLAIN);
            self.plain.drain(..extra);
            return;
        };
        let text = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
        let number = |field: &str| event[field].as_u64().unwrap_or(0);
        match event["event"].as_str().unwrap_or_default() {
            "started" => {
                self.plain.clear();
                (self.count, self.job) = (None, None);
            }
            "stage" => {
                let name = text("stage");
                self.count = None;
                match self.stages.iter_mut().find(|stage| stage.name == name) {
                    Some(stage) => stage.ended = false, // it is continued
                    None => {
                        self.stages.push(Stage { name, title: text("title"), ..Stage::default() });
                    }
                }
            }
            "stage-ended" => {
                if let Some(stage) = self.stage(&event) {
                    stage.ended = true;
                    stage.seconds_left = None;
                }
            }
            "step" => {
                if let Some(stage) = self.stage(&event) {
                    (stage.step, stage.steps) = (number("step"), number("steps"));
                    stage.loss = event["loss"].as_f64();
                    stage.seconds_left = event["seconds_left"].as_f64();
                }
            }
            "epoch" => {
                if let Some(stage) = self.stage(&event) {
                    let epoch = Epoch {
                        number: number("epoch") + 1,
                        of: number("epochs"),
                        train_loss: event["train_loss"].as_f64(),
                        valid_loss: event["valid"]["loss"].as_f64(),
                        accuracy: event["valid"]["metrics"]["accuracy"].as_f64(),
                    };
                    // a continued training repeats what came after its checkpoint
                    stage.epochs.retain(|other| other.number < epoch.number);
                    stage.epochs.push(epoch);
                }
            }
            "plan" => self.job = Some(Job { share: 0.0, seconds_left: event["seconds"].as_f64() }),
            "job" => {
                let seconds_left = event["seconds_left"].as_f64();
                let share = event["share"].as_f64().unwrap_or(0.0);
                self.job = Some(Job { share, seconds_left });
            }
            "count" => {
                let total = event["total"].as_u64();
                self.count = Some(Count { what: text("what"), done: number("done"), total });
            }
            kind @ ("note" | "warning") => {
                let message = Message { kind: kind.to_owned(), text: text("text") };
                if !self.messages.contains(&message) && self.messages.len() < MESSAGES {
                    self.messages.push(message);
                }
            }
            _ => {}
        }
    }

    fn stage(&mut self, event: &Value) -> Option<&mut Stage> {
        let name = event["stage"].as_str()?;
        self.stages.iter_mut().find(|stage| stage.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_growing_log_is_read_by_whole_lines() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut follower = Follower::default();
        let lines = [
            STARTED.trim_end(),
            r#"{"event":"stage","stage":"a","title":"Fine-tune"}"#,
            r#"{"event":"step","stage":"a","step":3,"steps":9,"loss":1.5,"seconds_left":6.0}"#,
            r#"{"event":"plan","seconds":20.0,"phases":[]}"#,
            r#"{"event":"job","share":0.25,"seconds_left":15.0,"title":"fine-tune"}"#,
            r#"{"event":"epoch","stage":"a","epoch":0,"epochs":2,"train_loss":1.25,"valid":{"loss":1.0,"metrics":{"accuracy":0.5}}}"#,
            r#"{"event":"warning","text":"few rows"}"#,
            "ulmfit: the disk is full",
        ];
        for line in lines {
            let (one, two) = line.split_at(line.len() / 2);
            file.write_all(one.as_bytes()).unwrap();
            follower.follow(file.path());
            writeln!(file, "{two}").unwrap();
            follower.follow(file.path());
        }
        let seen = follower.follow(file.path());
        assert_eq!(seen.error().as_deref(), Some("the disk is full"));
        let stage = &seen.stages[0];
        assert_eq!((stage.step, stage.steps, stage.seconds_left), (3, 9, Some(6.0)));
        assert_eq!(stage.epochs[0].accuracy, Some(0.5));
        assert_eq!(seen.messages.len(), 1);
        let job = seen.job.as_ref().unwrap();
        assert_eq!((job.share, job.seconds_left), (0.25, Some(15.0)));
        // a new start: the error is history, epochs after the checkpoint come again
        write!(file, "{STARTED}{}\n{}\n", lines[1], lines[5]).unwrap();
        let seen = follower.follow(file.path());
        assert_eq!((seen.error(), seen.stages.len(), seen.stages[0].epochs.len()), (None, 1, 1));
        assert!(seen.job.is_none(), "it plans again");
    }
}
