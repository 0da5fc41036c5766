//! The folder of an experiment: finished runs, shared language models, and the current run.

use crate::result_log::{ResultLog, RunResult, failed};
use crate::score::Score;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;
use ulmfit::Error;
use ulmfit::checkpoint::{FolderWriter, Overwrite, RunLock, replace};
use ulmfit::fingerprint;
use ulmfit::models::{LmBundle, ModelMetadata};
use ulmfit::run::Progress;
use ulmfit::run::{CheckpointInterval, Runner};

/// Which run.
#[derive(Clone, Debug)]
pub(crate) struct RunName {
    pub(crate) method: &'static str,
    pub(crate) seed: u64,
    pub(crate) labels: usize,
    /// Hash of everything that the result depends on.
    pub(crate) key: String,
}

/// The folder of an experiment. Only one process at a time can use it.
///
/// | in it | what |
/// |---|---|
/// | `results.jsonl` | one line per finished run |
/// | `lm/` | language models that several runs share, kept for rows that are added later |
/// | `run/` | the current run; removed when all are finished |
pub struct ExperimentFolder<'a> {
    /// Progress sink.
    pub progress: &'a mut dyn Progress,
    folder: PathBuf,
    every: CheckpointInterval,
    log: ResultLog,
    /// Seconds spent on what several runs share.
    shared: f64,
    _lock: RunLock,
}

impl<'a> ExperimentFolder<'a> {
    /// Opens or creates a folder.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when another process uses it, or it cannot be read or written.
    pub fn open(
        progress: &'a mut dyn Progress,
        folder: &Path,
        every: CheckpointInterval,
    ) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(failed("create", folder))?;
        let lock = RunLock::take(folder)?;
        let log = ResultLog::open(&folder.join("results.jsonl"))?;
        Ok(Self { progress, folder: folder.to_owned(), every, log, shared: 0.0, _lock: lock })
    }

    /// Folder of the token files.
    pub(crate) fn corpus(&self) -> PathBuf {
        self.folder.join("text")
    }

    /// The result of a run, from the log or from a new run, which is added to it.
    pub(crate) fn run(
        &mut self,
        name: RunName,
        work: impl FnOnce(&mut Self, &Path) -> Result<Score, Error>,
    ) -> Result<RunResult, Error> {
        let RunName { method, seed, labels, key } = name;
        if let Some(cell) = self.log.find(&key) {
            return Ok(cell.clone());
        }
        if self.progress.stop_asked() {
            return Err(Error::Stopped);
        }
        self.progress.note(&format!("{method}, {labels} labels, seed {seed}"));
        let (started, shared) = (Instant::now(), self.shared);
        let folder = self.folder.join("run").join(format!("{method}-{labels}-{seed}-{key}"));
        let Score { rows, wrong } = work(self, &folder)?;
        let cell = RunResult {
            method: method.to_owned(),
            seed,
            labels,
            key,
            error: wrong.len() as f64 / rows as f64,
            rows,
            wrong,
            seconds: started.elapsed().as_secs_f64() - (self.shared - shared),
        };
        self.log.add(cell.clone())?;
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(failed("remove", &folder))?;
        }
        Ok(cell)
    }

    /// A runner with `folder` as its run folder.
    pub(crate) fn runner(&mut self, folder: &Path) -> Runner<'_> {
        Runner::new(self.progress, Some(folder.to_owned()), self.every)
    }

    /// A language model that several runs start from: that in the folder, or a new one that goes
    /// there. `identity` is everything it depends on.
    pub(crate) fn shared(
        &mut self,
        name: &str,
        identity: &Value,
        make: impl FnOnce(&mut Runner<'_>) -> Result<LmBundle, Error>,
    ) -> Result<LmBundle, Error> {
        let name = format!("{name}-{}", fingerprint::of(&identity.to_string()));
        let target = self.folder.join("lm").join(&name);
        if target.exists() {
            return LmBundle::load(&target);
        }
        let folder = self.folder.join("run").join(name);
        let started = Instant::now();
        let bundle = make(&mut self.runner(&folder))?;
        let card = "# A language model of an experiment\n\nMade by ulmfit.\n".to_owned();
        let metadata = ModelMetadata { card, run: identity.clone(), ..ModelMetadata::default() };
        bundle.save(FolderWriter::create(&target, Overwrite::Refuse)?, &metadata)?;
        fs::remove_dir_all(&folder).map_err(failed("remove", &folder))?;
        self.shared += started.elapsed().as_secs_f64();
        Ok(bundle)
    }

    /// Writes a file for people.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when it cannot be written.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        Ok(replace(&self.folder.join(name), bytes)?)
    }

    /// All is finished: forgets what was going on.
    pub(crate) fn finished(&self) -> Result<(), Error> {
        let run = self.folder.join("run");
        if run.exists() {
            fs::remove_dir_all(&run).map_err(failed("remove", &run))?;
        }
        Ok(())
    }
}
