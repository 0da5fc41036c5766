//! All that a workbench knows, under one lock.

use super::compose::Sets;
use super::curve::Score;
use super::data::{Check, Reading};
use super::job::Job;
use super::label_log::LabelLog;
use super::progress::Follower;
use super::proposals::Proposals;
use super::saved::{Round, STATE, Saved};
use super::table::Table;
use super::votes::Votes;
use crate::ServeError;
use crate::log::Log;
use crate::problem::{Kind, Problem};
use serde_json::Value;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A workbench.
pub(super) struct Bench {
    /// Where everything is.
    pub(super) folder: PathBuf,
    /// The program that trains.
    program: PathBuf,
    /// Options of every command, such as `--threads 4`.
    shared: Vec<String>,
    pub(super) log: Log,
    /// The workbench ends: what stops now is to be continued next time.
    closing: AtomicBool,
    inner: Mutex<Inner>,
    /// Held while the server of a model is started or stopped, which may take as long as it answers
    /// requests; never while `inner` is.
    server: Mutex<()>,
}

/// What changes.
pub(super) struct Inner {
    pub(super) saved: Saved,
    pub(super) reading: Reading,
    /// How often a file was opened.
    pub(super) openings: u64,
    pub(super) check: Check,
    pub(super) labels: LabelLog,
    pub(super) votes: Votes,
    /// The use of each text; computed when it is asked for.
    sets: Option<Arc<Sets>>,
    pub(super) proposals: Proposals,
    /// Logs of trainings, by round.
    pub(super) followers: HashMap<usize, Follower>,
    /// How often the process of each round was started or found running.
    pub(super) launches: HashMap<usize, u64>,
    /// What the reports of finished trainings say, by round.
    pub(super) scores: HashMap<usize, Option<Score>>,
    /// The round whose model is served.
    pub(super) served: Option<usize>,
}

impl Bench {
    /// Opens a folder, or creates it.
    ///
    /// # Errors
    /// [`ServeError`] when another workbench has it, or a file in it is damaged.
    pub(super) fn open(
        folder: &Path,
        program: PathBuf,
        shared: Vec<String>,
        log: Log,
    ) -> Result<Arc<Self>, ServeError> {
        let failed = |source| ServeError::File { path: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let folder = folder.canonicalize().map_err(failed)?;
        let labels = LabelLog::open(&folder.join("labels.jsonl"))?;
        let saved = Saved::read(&folder)?;
        let votes = Votes::count(labels.entries());
        let inner = Inner {
            saved,
            reading: Reading::Nothing,
            openings: 0,
            check: Check::default(),
            labels,
            votes,
            sets: None,
            proposals: Proposals::default(),
            followers: HashMap::new(),
            launches: HashMap::new(),
            scores: HashMap::new(),
            served: None,
        };
        let closing = AtomicBool::new(false);
        let (inner, server) = (Mutex::new(inner), Mutex::default());
        Ok(Arc::new(Self { folder, program, shared, log, closing, inner, server }))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody holds what all requests need.
    #[cfg(test)]
    pub(super) fn is_free(&self) -> bool {
        self.inner.try_lock().is_ok()
    }

    /// The turn to start or stop the server of a model.
    pub(super) fn server_turn(&self) -> MutexGuard<'_, ()> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A job of this workbench.
    pub(super) fn job(&self, name: impl Into<String>) -> Job {
        Job::new(&self.folder, name)
    }

    /// This program with these arguments, to be run in the folder.
    pub(super) fn command(&self, arguments: &[String]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).args(&self.shared).current_dir(&self.folder);
        command
    }

    /// A command as a person would write it.
    pub(super) fn shown(&self, arguments: &[String]) -> String {
        let words = arguments.iter().chain(&self.shared).map(|word| quoted(word));
        std::iter::once("ulmfit".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
    }

    /// Changes what is remembered between starts, first in `workbench.json` and then in memory.
    ///
    /// # Errors
    /// The system's; then nothing has changed.
    pub(super) fn remember(
        &self,
        inner: &mut Inner,
        change: impl FnOnce(&mut Saved),
    ) -> io::Result<()> {
        let mut saved = inner.saved.clone();
        change(&mut saved);
        saved.write(&self.folder)?;
        inner.saved = saved;
        Ok(())
    }

    /// As [`remember`](Self::remember), for a request.
    ///
    /// # Errors
    /// A problem when the system refuses; then nothing has changed.
    pub(super) fn save(
        &self,
        inner: &mut Inner,
        change: impl FnOnce(&mut Saved),
    ) -> Result<(), Problem> {
        let written = self.remember(inner, change);
        written.map_err(|error| self.unwritable(STATE, &error))
    }

    /// A file that the system refuses to write.
    pub(super) fn unwritable(&self, file: &str, error: &io::Error) -> Problem {
        let path = self.folder.join(file);
        self.log.error(
            "cannot write",
            &[
                ("path", Value::from(path.display().to_string())),
                ("error", Value::from(error.to_string())),
            ],
        );
        Problem::new(Kind::Storage, format!("cannot write {}: {error}", path.display()))
            .hint("free some space, or start the workbench in another folder")
    }

    /// Stops all jobs; those that are wanted continue at the next start.
    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
        let rounds: Vec<usize> =
            self.lock().saved.rounds.iter().map(|round| round.number).collect();
        let mut jobs: Vec<Job> = rounds.into_iter().map(|number| self.training(number)).collect();
        jobs.extend(["check", "next"].map(|name| self.job(name)));
        jobs.iter().for_each(|job| _ = job.stop());
        // one that is about to start sees that the workbench ends, or is there to be stopped, and only once: a
        // second signal would cut its answers off
        let _turn = self.server_turn();
        let server = self.job("serve");
        _ = server.stop();
        jobs.iter().chain([&server]).for_each(|job| job.wait(None));
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }
}

impl Inner {
    /// The texts, if a file was read.
    pub(super) fn table(&self) -> Option<Arc<Table>> {
        match &self.reading {
            Reading::Done(table) => Some(Arc::clone(table)),
            _ => None,
        }
    }

    /// The texts.
    ///
    /// # Errors
    /// A problem when there are none yet.
    pub(super) fn texts(&self) -> Result<Arc<Table>, Problem> {
        self.table().ok_or_else(|| {
            Problem::new(Kind::Conflict, "there is no file of texts yet").hint("open one first")
        })
    }

    /// The use of each text.
    pub(super) fn sets(&mut self, table: &Table) -> Arc<Sets> {
        let sets = self.sets.get_or_insert_with(|| Arc::new(Sets::of(table, &self.votes)));
        Arc::clone(sets)
    }

    /// Labels or texts have changed.
    pub(super) fn changed(&mut self) {
        self.votes = Votes::count(self.labels.entries());
        self.sets = None;
    }

    /// The training of this number.
    ///
    /// # Errors
    /// A problem when there is none.
    pub(super) fn round(&self, number: usize) -> Result<&Round, Problem> {
        let found = self.saved.rounds.iter().find(|round| round.number == number);
        found.ok_or_else(|| Problem::new(Kind::NotFound, format!("there is no training {number}")))
    }
}

/// A word for a POSIX shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+%@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbench::rounds::{Method, Phase};
    use crate::workbench::table::Choice;
    use crate::workbench::upload::Upload;
    use crate::{LogFormat, LogLevel};
    use std::io::Write;

    /// A workbench whose program does nothing, with a file of texts in its `data`.
    fn bench(place: &Path) -> Arc<Bench> {
        let log = Log::new(LogFormat::Text, LogLevel::Warning);
        let bench = Bench::open(place, "true".into(), Vec::new(), log).unwrap();
        std::fs::create_dir(bench.folder.join("data")).unwrap();
        std::fs::write(bench.folder.join("data/mails.csv"), "text,label\na,good\nb,bad\n").unwrap();
        bench.open_data(&bench.folder.join("data/mails.csv"), &Choice::default()).unwrap();
        while bench.lock().table().is_none() {
            std::thread::yield_now();
        }
        bench
    }

    /// A training that should run.
    fn wanted(number: usize) -> Round {
        Round { number, arguments: Vec::new(), train: 2, test: None, wanted: true, failed: None }
    }

    #[test]
    fn an_upload_does_not_replace_the_file_of_a_training() {
        let place = tempfile::tempdir().unwrap();
        let bench = bench(place.path());
        let path = bench.folder.join("data/mails.csv");
        let upload = || {
            let mut file = tempfile::NamedTempFile::new_in(bench.folder.join("data")).unwrap();
            file.write_all(b"text\nanother\n").unwrap();
            Upload { file, path: path.clone() }
        };
        bench.save(&mut bench.lock(), |saved| saved.rounds.push(wanted(1))).unwrap();
        let problem = bench.open_upload(upload()).unwrap_err();
        assert_eq!(problem.detail(), "training 1 is running");
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("text,label"));
        bench.save(&mut bench.lock(), |saved| saved.rounds[0].wanted = false).unwrap();
        bench.open_upload(upload()).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "text\nanother\n");
    }

    #[test]
    fn what_cannot_be_saved_has_not_happened() {
        let place = tempfile::tempdir().unwrap();
        let bench = bench(place.path());
        bench.save(&mut bench.lock(), |saved| saved.rounds.push(wanted(1))).unwrap();
        // a folder cannot be replaced by a file
        let state = bench.folder.join(STATE);
        std::fs::remove_file(&state).unwrap();
        std::fs::create_dir(&state).unwrap();
        let before = format!("{:?}", bench.lock().saved);
        assert!(bench.pause(1).is_err());
        assert!(bench.add_label("new").is_err());
        bench.lock().saved.rounds[0].wanted = false;
        assert!(bench.resume(1).is_err());
        assert!(bench.train(Method::Tfidf, false).is_err());
        assert_eq!(bench.lock().saved.rounds.len(), 1);
        assert_eq!(bench.phase(&bench.lock().saved.rounds[0].clone()), Phase::Stopped);
        std::fs::write(bench.folder.join("data/notes.csv"), "text\nx\n").unwrap();
        assert!(bench.open_data(&bench.folder.join("data/notes.csv"), &Choice::default()).is_err());
        bench.lock().saved.rounds[0].wanted = true;
        assert_eq!(format!("{:?}", bench.lock().saved), before);
    }

    #[test]
    fn words_are_those_of_a_shell() {
        for (word, wanted) in [("a.csv", "a.csv"), ("", "''"), ("it's $HOME", "'it'\\''s $HOME'")] {
            assert_eq!(quoted(word), wanted);
        }
    }
}
