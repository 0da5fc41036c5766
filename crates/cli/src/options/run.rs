//! Where a training command writes, and how it resumes.

use super::duration::some_time;
use super::folder_name;
use crate::progress::Hidden;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use ulmfit::checkpoint::{FolderWriter, Overwrite};
use ulmfit::run::{CheckpointInterval, OnNan, Progress, Runner, claim, run_folder};
use ulmfit::{Error, Trainer};

/// Where a training command writes, and how it resumes.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Run")]
pub(crate) struct RunOptions {
    /// Output folder; it appears only when everything is done
    #[arg(short, long, value_name = "DIR", value_parser = folder_name())]
    pub(crate) output: PathBuf,
    /// Replace an existing model
    #[arg(long)]
    overwrite: bool,
    /// Save a checkpoint this often: 10m, 30s, 2h, or a number of updates
    #[arg(long, value_name = "TIME|N", default_value = "10m")]
    checkpoint_every: IntervalArg,
    /// What to do if the loss or a gradient becomes NaN: stop, or go back to the last checkpoint
    /// and halve the learning rate (at most three times; needs --checkpoint-every N)
    #[arg(long, value_enum, value_name = "HOW", default_value = "stop")]
    on_nan: OnNan,
    /// Continue an interrupted run, and fail if there is none (repeating the command also continues)
    #[arg(long)]
    resume: bool,
    /// Discard an interrupted run and start over
    #[arg(long, conflicts_with = "resume")]
    restart: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct IntervalArg(pub(super) CheckpointInterval);

impl FromStr for IntervalArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(0) => Err("give a number above 0".into()),
            Ok(updates) => Ok(Self(CheckpointInterval::Updates(updates))),
            Err(_) => some_time(text).map(|time| Self(CheckpointInterval::Time(time))),
        }
    }
}

impl RunOptions {
    /// Checks that the result can be written, and applies --resume and --restart, before any work is
    /// done.
    pub(crate) fn claim(&self) -> Result<FolderWriter, Error> {
        let result = claim(&self.output, overwrite_of(self.overwrite))?;
        let folder = self.folder();
        if self.resume && !folder.exists() {
            let message = format!("there is no interrupted run at {}", folder.display());
            return Err(Error::Usage {
                message,
                hint: Some("leave out --resume to begin one".into()),
            });
        }
        let mut hidden = Hidden;
        let runner = self.new_runner(&mut hidden)?;
        if self.restart {
            runner.clean()?;
        }
        Ok(result)
    }

    /// Applies the options to a trainer.
    pub(crate) fn configure(&self, trainer: Trainer) -> Trainer {
        trainer
            .output(&self.output, overwrite_of(self.overwrite))
            .checkpoint_interval(self.checkpoint_every.0)
            .on_nan(self.on_nan)
    }

    /// The run folder, beside the result.
    pub(crate) fn folder(&self) -> PathBuf {
        run_folder(&self.output)
    }

    /// A runner with this run folder.
    pub(crate) fn runner<'a>(&self, progress: &'a mut dyn Progress) -> Result<Runner<'a>, Error> {
        crate::signals::install(); // not before there is something to save
        self.new_runner(progress)
    }

    fn new_runner<'a>(&self, progress: &'a mut dyn Progress) -> Result<Runner<'a>, Error> {
        Runner::new(progress, Some(self.folder()), self.checkpoint_every.0).with_on_nan(self.on_nan)
    }

    /// Path of the result.
    pub(crate) fn path(&self) -> &Path {
        &self.output
    }
}

/// The value of `--overwrite`.
pub(crate) fn overwrite_of(flag: bool) -> Overwrite {
    if flag { Overwrite::Replace } else { Overwrite::Refuse }
}
