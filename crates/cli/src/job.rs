//! The whole job that a command has planned: how much of it is done, and how long the rest will take.

use std::time::Instant;
use ulmfit::run::{StageName, Work, WorkTracker, about};

/// The whole job.
pub(crate) struct Job {
    tracker: WorkTracker,
    began: Instant,
}

/// How far it is.
pub(crate) struct Standing<'a> {
    /// Share of the expected time, from 0 to 1.
    pub(crate) share: f64,
    /// Expected seconds of the rest.
    pub(crate) left: f64,
    /// What is being done.
    pub(crate) title: &'a str,
}

impl Job {
    /// A job that begins now.
    pub(crate) fn new(work: &Work) -> Self {
        Self { tracker: WorkTracker::new(work.clone(), 0.0), began: Instant::now() }
    }

    fn now(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    /// A training begins.
    pub(crate) fn started(&mut self, task: &StageName) {
        self.tracker.started(&task.name, self.now());
    }

    /// A training has made so many of its updates.
    pub(crate) fn step(&mut self, task: &StageName, step: u64, steps: u64) {
        self.tracker.step(&task.name, step, steps);
    }

    /// A training has ended.
    pub(crate) fn ended(&mut self, task: &StageName) {
        self.tracker.ended(&task.name, self.now());
    }

    /// How far it is.
    pub(crate) fn standing(&self) -> Standing<'_> {
        let now = self.now();
        let (share, left) = (self.tracker.share(now), self.tracker.left(now));
        Standing { share, left, title: self.tracker.title() }
    }
}

impl Standing<'_> {
    /// In words: "31 %  about 2 min left".
    pub(crate) fn words(&self) -> String {
        format!("{:.0} %  {} left", (100.0 * self.share).floor(), about(self.left))
    }
}
