//! Trainings: `fit` as a process of its own.

use super::bench::{Bench, Inner};
use super::compose::{Sets, text_options, write_labelled, write_texts};
use super::curve::Score;
use super::data::data_options;
use super::job::Job;
use super::progress::STARTED;
use super::saved::{Round, model_name};
use super::table::Table;
use crate::problem::{Kind, Problem};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::process::Child;
use std::sync::Arc;
use std::thread;

/// How to train.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Method {
    /// What `fit` does by itself.
    #[default]
    Usual,
    Auto,
    Ulmfit,
    Encoder,
    Tfidf,
}

impl Method {
    fn options(self) -> Vec<String> {
        let name = match self {
            Self::Usual => return Vec::new(),
            Self::Auto => "auto",
            Self::Ulmfit => "ulmfit",
            Self::Encoder => "encoder",
            Self::Tfidf => "tfidf",
        };
        vec!["--method".to_owned(), name.to_owned()]
    }

    /// Whether it can use texts without labels.
    fn reads_unlabelled(self) -> bool {
        !matches!(self, Self::Encoder | Self::Tfidf)
    }
}

/// How far a training has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Running,
    /// Its model is there.
    Done,
    /// It was stopped, and can be continued.
    Stopped,
    Failed,
}

impl Bench {
    /// The process of a training.
    pub(super) fn training(&self, number: usize) -> Job {
        self.job(format!("train-{number}"))
    }

    /// How far a training has come.
    pub(super) fn phase(&self, round: &Round) -> Phase {
        if self.folder.join(round.model()).is_dir() {
            return Phase::Done;
        }
        match (&round.failed, round.wanted) {
            (Some(_), _) => Phase::Failed,
            (None, true) => Phase::Running,
            (None, false) if self.training(round.number).is_running() => Phase::Running,
            (None, false) => Phase::Stopped,
        }
    }

    /// Number of the latest training with a model.
    pub(super) fn latest_model(&self, inner: &Inner) -> Option<usize> {
        let mut rounds = inner.saved.rounds.iter().rev();
        rounds.find(|round| self.phase(round) == Phase::Done).map(|round| round.number)
    }

    /// Number of the training that runs, or should.
    pub(super) fn running(&self, inner: &Inner) -> Option<usize> {
        let mut rounds = inner.saved.rounds.iter();
        rounds.find(|round| self.phase(round) == Phase::Running).map(|round| round.number)
    }

    /// Refuses what would change files under a training.
    ///
    /// # Errors
    /// A problem when one runs, or should.
    pub(super) fn refuse_while_training(&self, inner: &Inner) -> Result<(), Problem> {
        match self.running(inner) {
            None => Ok(()),
            Some(number) => {
                let detail = format!("training {number} is running");
                Err(Problem::new(Kind::Conflict, detail).hint("wait for it, or stop it"))
            }
        }
    }

    /// Starts a training with all labels there are; gives its number.
    ///
    /// # Errors
    /// A problem when another one runs, there is too little to train on, or the system refuses.
    pub(super) fn train(
        self: &Arc<Self>,
        method: Method,
        with_unlabelled: bool,
    ) -> Result<usize, Problem> {
        let mut inner = self.lock();
        self.refuse_while_training(&inner)?;
        let table = inner.texts()?;
        let sets = inner.sets(&table);
        let number = inner.saved.rounds.len() + 1;
        let round = self.plan(&inner, &table, &sets, number, method, with_unlabelled)?;
        self.save(&mut inner, |saved| saved.rounds.push(round))?;
        self.training(number).clear();
        inner.followers.remove(&number);
        self.launch(&mut inner, number)?;
        Ok(number)
    }

    /// Writes the files of a training, and gives its command.
    fn plan(
        &self,
        inner: &Inner,
        table: &Table,
        sets: &Sets,
        number: usize,
        method: Method,
        with_unlabelled: bool,
    ) -> Result<Round, Problem> {
        let labels: BTreeSet<&str> =
            sets.train.iter().chain(&sets.test).map(|(_, label)| label.as_str()).collect();
        if labels.len() < 2 {
            let detail = match labels.len() {
                0 => "no text has a label yet".to_owned(),
                _ => "all labelled texts have the same label".to_owned(),
            };
            return Err(Problem::new(Kind::Conflict, detail)
                .hint("label some texts of at least two kinds first"));
        }
        let mut arguments = vec!["fit".to_owned()];
        let (train, test);
        let data = inner.saved.data.as_ref().filter(|_| sets.unlabelled_in_file == 0);
        if let Some(data) = data {
            // the file is what `fit` expects
            arguments.push(data.path.display().to_string());
            arguments.extend(data_options(data));
            (train, test) = (sets.labelled(), None);
        } else {
            let sets = Sets::of(table, &inner.votes).settled();
            let unwritable = |file: &str, error: &io::Error| self.unwritable(file, error);
            let file = format!("train-{number}.csv");
            write_labelled(&self.folder.join(&file), table, &sets.train)
                .map_err(|error| unwritable(&file, &error))?;
            arguments.push(file);
            if !sets.test.is_empty() {
                let file = format!("test-{number}.csv");
                write_labelled(&self.folder.join(&file), table, &sets.test)
                    .map_err(|error| unwritable(&file, &error))?;
                arguments.extend(["--test".to_owned(), file]);
            }
            if with_unlabelled && method.reads_unlabelled() && !sets.pool.is_empty() {
                let file = format!("unlabelled-{number}.csv");
                write_texts(&self.folder.join(&file), table, &sets.pool)
                    .map_err(|error| unwritable(&file, &error))?;
                arguments.extend(["--unlabeled".to_owned(), file]);
            }
            arguments.extend(text_options(&table.text_names()));
            arguments.extend(["--label".to_owned(), table.label_name()]);
            train = sets.train.len();
            test = (!sets.test.is_empty()).then_some(sets.test.len());
        }
        arguments.extend(method.options());
        arguments.extend(["-o".to_owned(), model_name(number)]);
        Ok(Round { number, arguments, train, test, wanted: true, failed: None })
    }

    /// Continues a training that was stopped or has failed.
    ///
    /// # Errors
    /// A problem when there is nothing to continue.
    pub(super) fn resume(self: &Arc<Self>, number: usize) -> Result<(), Problem> {
        let mut inner = self.lock();
        self.refuse_while_training(&inner)?;
        let round = inner.round(number)?.clone();
        if self.phase(&round) == Phase::Done {
            return Err(Problem::new(Kind::Conflict, format!("training {number} is done")));
        }
        self.save(&mut inner, |saved| {
            if let Some(round) = saved.round(number) {
                (round.wanted, round.failed) = (true, None);
            }
        })?;
        self.launch(&mut inner, number)
    }

    /// Asks a training to save a checkpoint and stop.
    ///
    /// # Errors
    /// A problem when it does not run.
    pub(super) fn pause(&self, number: usize) -> Result<(), Problem> {
        let mut inner = self.lock();
        let round = inner.round(number)?.clone();
        if self.phase(&round) != Phase::Running {
            let detail = format!("training {number} is not running");
            return Err(Problem::new(Kind::Conflict, detail));
        }
        self.save(&mut inner, |saved| {
            saved.round(number).into_iter().for_each(|round| round.wanted = false);
        })?;
        self.training(number).stop().map_err(|error| {
            Problem::new(Kind::Internal, format!("training {number} cannot be stopped: {error}"))
        })
    }

    /// At the start: finds trainings that still run, and continues those that should.
    pub(super) fn pick_up(self: &Arc<Self>) {
        _ = self.job("serve").stop(); // its address was on a page that is gone
        let mut inner = self.lock();
        for round in inner.saved.rounds.clone() {
            let number = round.number;
            if self.training(number).is_running() {
                self.log.info("training found running", &[("training", Value::from(number))]);
                self.watch(&mut inner, number, None);
            } else if self.phase(&round) == Phase::Running {
                self.log.info("training continues", &[("training", Value::from(number))]);
                if let Err(problem) = self.launch(&mut inner, number) {
                    self.log
                        .error("training cannot continue", &[("error", problem.detail().into())]);
                }
            }
        }
    }

    /// Starts the process.
    fn launch(self: &Arc<Self>, inner: &mut Inner, number: usize) -> Result<(), Problem> {
        let mut arguments = inner.round(number)?.arguments.clone();
        // not part of the command that is shown: they change nothing of the model
        arguments.extend(["--progress", "json", "--checkpoint-every", "1m"].map(str::to_owned));
        let job = self.training(number);
        let log = job.log();
        let mark = || {
            std::fs::create_dir_all(log.parent().unwrap_or(&log))?;
            let mut log = OpenOptions::new().create(true).append(true).open(&log)?;
            log.write_all(STARTED.as_bytes())
        };
        let started = mark().and_then(|()| job.start(&mut self.command(&arguments)));
        match started {
            Ok(child) => {
                self.watch(inner, number, Some(child));
                Ok(())
            }
            Err(error) => {
                let why = format!("the training cannot be started: {error}");
                // true whether or not it can be saved
                if let Some(round) = inner.saved.round(number) {
                    (round.wanted, round.failed) = (false, Some(why.clone()));
                }
                _ = self.save(inner, |_| ());
                Err(Problem::new(Kind::Internal, why))
            }
        }
    }

    /// Waits for the end of a process, on a thread.
    fn watch(self: &Arc<Self>, inner: &mut Inner, number: usize, child: Option<Child>) {
        let launch = inner.launches.entry(number).or_default();
        *launch += 1;
        let (bench, launch) = (Arc::clone(self), *launch);
        thread::spawn(move || {
            bench.training(number).wait(child);
            if !bench.is_closing() {
                bench.ended(number, launch);
            }
        });
    }

    /// A process has ended: with a model, because it was stopped, or with an error.
    fn ended(self: &Arc<Self>, number: usize, launch: u64) {
        let mut inner = self.lock();
        if inner.launches.get(&number) != Some(&launch) {
            return; // it was continued before this thread saw the end
        }
        let is_done = self.folder.join(model_name(number)).is_dir();
        let log = self.training(number).log();
        let told = inner.followers.entry(number).or_default().follow(&log).error();
        let Some(round) = inner.saved.round(number) else { return };
        if !is_done && round.wanted {
            round.failed = Some(told.unwrap_or_else(|| {
                "the training ended without a message; continuing it may help".to_owned()
            }));
        }
        round.wanted = false;
        let outcome = match (&round.failed, is_done) {
            (_, true) => "done",
            (None, false) => "stopped",
            (Some(_), false) => "failed",
        };
        self.log.info(
            "training ended",
            &[("training", Value::from(number)), ("outcome", Value::from(outcome))],
        );
        _ = self.save(&mut inner, |_| ()); // else the next start finds out by itself
        if is_done {
            inner.proposals.forget(); // the new model knows better
        }
    }

    /// What the report of a training says; read once.
    pub(super) fn score(&self, inner: &mut Inner, number: usize) -> Option<Score> {
        let read = || Score::read(&self.folder.join(model_name(number)));
        inner.scores.entry(number).or_insert_with(read).clone()
    }
}
