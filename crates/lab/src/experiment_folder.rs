//! The folder of an experiment: finished runs, shared language models, and the current run.

use crate::result_log::{ResultLog, RunResult, failed};
use crate::score::Score;
use serde_json::Value;
use std::io::ErrorKind::{DirectoryNotEmpty, NotFound};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, thread};
use ulmfit::Error;
use ulmfit::checkpoint::{CheckpointError, FolderWriter, Overwrite, RunLock};
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

/// How many processes work in the folder of an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// This one alone.
    Alone,
    /// This one beside others that do the same experiment: each takes runs that nobody is at, and goes on
    /// with those of processes that have died.
    Worker,
}

/// How often a worker that has nothing to do looks whether the others are done.
const POLL: Duration = Duration::from_millis(500);

/// The folder of an experiment.
///
/// | in it | what |
/// |---|---|
/// | `results.jsonl` | one line per finished run |
/// | `lm/` | language models that several runs share, kept for rows that are added later |
/// | `run/` | the current runs, each locked by the process that is at it; removed when all are finished |
pub struct ExperimentFolder<'a> {
    /// Progress sink.
    pub progress: &'a mut dyn Progress,
    folder: PathBuf,
    every: CheckpointInterval,
    log: ResultLog,
    /// Seconds spent on what several runs share.
    shared: f64,
    /// The number of the run that is looked at, from 1, and how many there are.
    place: (usize, usize),
    sharing: Sharing,
    /// Whether it was said that others are waited for.
    has_waited: bool,
    _lock: RunLock,
}

impl<'a> ExperimentFolder<'a> {
    /// Opens or creates a folder.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when another process uses it, or it cannot be read or written; [`Error::Usage`] for a folder
    /// with other things in it.
    pub fn open(
        progress: &'a mut dyn Progress,
        folder: &Path,
        every: CheckpointInterval,
        sharing: Sharing,
    ) -> Result<Self, Error> {
        refuse_foreign(folder)?;
        fs::create_dir_all(folder).map_err(failed("create", folder))?;
        let lock = match sharing {
            Sharing::Alone => RunLock::take(folder)?,
            Sharing::Worker => RunLock::share(folder)?,
        };
        let log = ResultLog::open(&folder.join("results.jsonl"))?;
        let folder = folder.to_owned();
        Ok(Self {
            progress,
            folder,
            every,
            log,
            shared: 0.0,
            place: (0, 0),
            sharing,
            has_waited: false,
            _lock: lock,
        })
    }

    /// The results of all runs: `run` is asked for each of them, again and again while other workers are
    /// at some.
    pub(crate) fn all<T>(
        &mut self,
        runs: &[T],
        mut run: impl FnMut(&mut Self, &T) -> Result<Option<RunResult>, Error>,
    ) -> Result<Vec<RunResult>, Error> {
        let mut found: Vec<Option<RunResult>> = vec![None; runs.len()];
        loop {
            let mut is_idle = true;
            let missing = found.iter_mut().zip(runs).enumerate();
            for (number, (found, one)) in missing.filter(|(_, (found, _))| found.is_none()) {
                self.place = (number + 1, runs.len());
                *found = run(self, one)?;
                is_idle &= found.is_none();
            }
            if found.iter().all(Option::is_some) {
                return Ok(found.into_iter().flatten().collect());
            }
            if is_idle {
                self.wait()?;
            }
            self.log.refresh()?;
        }
    }

    /// What `work` makes of something that one worker at a time can have.
    pub(crate) fn in_turn<T>(
        &mut self,
        mut work: impl FnMut(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        loop {
            match work(self) {
                Err(error) if self.is_taken(&error) => self.wait()?,
                done => return done,
            }
        }
    }

    /// Whether another worker has what was asked for.
    fn is_taken(&self, error: &Error) -> bool {
        let is_locked = matches!(error, Error::Checkpoint(CheckpointError::Locked { .. }));
        self.sharing == Sharing::Worker && is_locked
    }

    fn wait(&mut self) -> Result<(), Error> {
        if self.progress.stop_asked() {
            return Err(Error::Stopped);
        }
        if !self.has_waited {
            self.progress.note("waiting for other workers to finish their runs");
            self.has_waited = true;
        }
        thread::sleep(POLL);
        Ok(())
    }

    /// Whether the log has the result of a run.
    pub(crate) fn has(&self, name: &RunName) -> bool {
        self.log.find(&name.key).is_some()
    }

    /// Folder of the token files.
    pub(crate) fn corpus(&self) -> PathBuf {
        self.folder.join("text")
    }

    /// The result of a run, from the log or from a new run, which is added to it; `None` while another
    /// worker is at it, or at something that it needs.
    pub(crate) fn run(
        &mut self,
        name: RunName,
        work: impl FnOnce(&mut Self, &Path) -> Result<Score, Error>,
    ) -> Result<Option<RunResult>, Error> {
        match self.claimed_run(name, work) {
            Err(error) if self.is_taken(&error) => Ok(None),
            done => done.map(Some),
        }
    }

    /// [`CheckpointError::Locked`] while another worker is at it.
    fn claimed_run(
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
        let folder = self.folder.join("run").join(format!("{method}-{labels}-{seed}-{key}"));
        let claim = claim(&folder)?;
        self.log.refresh()?;
        if let Some(cell) = self.log.find(&key).cloned() {
            drop(claim);
            remove(&folder)?; // it was made again for the claim
            return Ok(cell);
        }
        let (number, all) = self.place;
        self.progress
            .note(&format!("run {number} of {all}: {method}, {labels} labels, seed {seed}"));
        let (started, shared) = (Instant::now(), self.shared);
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
        drop(claim);
        remove(&folder)?;
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
        let claim = claim(&folder)?;
        if target.exists() {
            drop(claim);
            remove(&folder)?;
            return LmBundle::load(&target);
        }
        let started = Instant::now();
        let bundle = make(&mut self.runner(&folder))?;
        let card = "# A language model of an experiment\n\nMade by ulmfit.\n".to_owned();
        let metadata = ModelMetadata { card, run: identity.clone(), ..ModelMetadata::default() };
        bundle.save(FolderWriter::create(&target, Overwrite::Refuse)?, &metadata)?;
        drop(claim);
        remove(&folder)?;
        self.shared += started.elapsed().as_secs_f64();
        Ok(bundle)
    }

    /// Writes a file for people.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when it cannot be written.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.folder.join(name);
        let written = || {
            // under a name of its own: all workers end at about the same time, and write the same
            let mut builder = tempfile::Builder::new();
            #[cfg(unix)]
            // others may read it, as any file: temporary ones are for their owner alone
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
            let mut file = builder.prefix(".").tempfile_in(&self.folder)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            Ok(())
        };
        written().map_err(|error: std::io::Error| failed("write", &path)(error).into())
    }

    /// All is finished: forgets what was going on.
    pub(crate) fn finished(&self) -> Result<(), Error> {
        let run = self.folder.join("run");
        match self.sharing {
            Sharing::Alone => remove(&run)?,
            // not what another worker has not cleared away yet
            Sharing::Worker => _ = fs::remove_dir(&run),
        }
        Ok(())
    }
}

/// Refuses a folder that is not one of an experiment: its files would be overwritten.
fn refuse_foreign(folder: &Path) -> Result<(), Error> {
    let is_ours = ["results.jsonl", "run.lock"].iter().any(|name| folder.join(name).exists());
    let is_empty = fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    if is_ours || is_empty {
        return Ok(());
    }
    let message =
        format!("{} exists already and is not the folder of an experiment", folder.display());
    Err(Error::Usage { message, hint: Some("choose another folder".to_owned()) })
}

/// Takes the folder of a run.
fn claim(folder: &Path) -> Result<RunLock, Error> {
    loop {
        fs::create_dir_all(folder).map_err(failed("create", folder))?;
        match RunLock::take(folder) {
            // another worker has finished this run, and has just removed the folder
            Err(CheckpointError::Missing { .. }) => {}
            taken => return Ok(taken?),
        }
    }
}

/// Removes the folder of a finished run. Another worker may be about to do the same, or to claim it: then
/// that one removes it when it has seen the result.
fn remove(folder: &Path) -> Result<(), CheckpointError> {
    match fs::remove_dir_all(folder) {
        Err(error) if !matches!(error.kind(), NotFound | DirectoryNotEmpty) => {
            Err(failed("remove", folder)(error))
        }
        _ => Ok(()),
    }
}
