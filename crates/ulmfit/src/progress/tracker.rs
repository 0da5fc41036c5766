//! How much of a job is done, and how long the rest will take.

use super::work::{Work, WorkPhase};

/// Follows a job. Times are in seconds from any moment on.
///
/// What is left is expected to be as much slower or faster than planned as what was done.
#[derive(Clone, Debug)]
pub struct WorkTracker {
    work: Work,
    /// The phase in progress; the number of phases once all are done.
    current: usize,
    /// When it began.
    began: f64,
    tasks: Vec<TaskState>,
    /// What the phases before it took in this process, and what they should have taken.
    taken: f64,
    expected: f64,
}

/// A training of the phase in progress.
#[derive(Clone, Debug)]
struct TaskState {
    name: String,
    /// Share that an earlier process had done; none before the first update.
    before: Option<f64>,
    done: f64,
}

/// Least share of the job that tells how fast the rest will be.
const ENOUGH: f64 = 0.02;
/// A phase without updates is not over before the next one begins, however long it takes.
const NEARLY: f64 = 0.95;

impl WorkTracker {
    /// A job that begins now.
    pub fn new(work: Work, now: f64) -> Self {
        let mut tracker =
            Self { work, current: 0, began: now, tasks: Vec::new(), taken: 0.0, expected: 0.0 };
        tracker.begin(0, now);
        tracker
    }

    /// A training begins.
    pub fn started(&mut self, task: &str, now: f64) {
        let later = &self.work.phases[self.current.min(self.work.phases.len())..];
        let place = later.iter().position(|phase| phase.tasks.iter().any(|name| name == task));
        match place {
            Some(ahead) if ahead > 0 => {
                self.close(now);
                self.begin(self.current + ahead, now);
            }
            Some(_) if self.tasks.iter().all(|task| task.before.is_none() && task.done == 0.0) => {
                self.began = now;
            }
            _ => {}
        }
    }

    /// A training has made `step` of `steps` updates.
    pub fn step(&mut self, task: &str, step: u64, steps: u64) {
        let steps = steps.max(1) as f64;
        if let Some(task) = self.tasks.iter_mut().find(|state| state.name == task) {
            task.before.get_or_insert(step.saturating_sub(1) as f64 / steps);
            task.done = step as f64 / steps;
        }
    }

    /// A training has ended.
    pub fn ended(&mut self, task: &str, now: f64) {
        let Some(state) = self.tasks.iter_mut().find(|state| state.name == task) else { return };
        state.before.get_or_insert(1.0); // it was done already
        state.done = 1.0;
        if self.tasks.iter().all(|task| task.done >= 1.0) {
            self.close(now);
            self.begin(self.current + 1, now);
        }
    }

    /// Share of the job that is done.
    pub fn share(&self, now: f64) -> f64 {
        let total = self.work.seconds();
        let before: f64 = self.work.phases[..self.current].iter().map(|phase| phase.seconds).sum();
        let own = self.phase().map_or(0.0, |phase| phase.seconds * self.share_of_phase(now));
        if total > 0.0 { ((before + own) / total).min(1.0) } else { 0.0 }
    }

    /// Expected seconds until the job is done.
    pub fn left(&self, now: f64) -> f64 {
        let Some(phase) = self.phase() else { return 0.0 };
        let later: f64 = self.work.phases[self.current + 1..].iter().map(|p| p.seconds).sum();
        let pace = self.pace(now);
        let own = if self.tasks.is_empty() {
            (pace * phase.seconds - (now - self.began)).max(0.0)
        } else {
            pace * phase.seconds * (1.0 - self.share_of_phase(now))
        };
        own + pace * later
    }

    /// Title of the phase in progress.
    pub fn title(&self) -> &str {
        self.phase().map_or("", |phase| &phase.title)
    }

    /// How many times as long as expected the job takes so far.
    fn pace(&self, now: f64) -> f64 {
        let (mut taken, mut expected) = (self.taken, self.expected);
        if let (Some(phase), false) = (self.phase(), self.tasks.is_empty()) {
            taken += now - self.began;
            expected += phase.seconds * self.share_here(now);
        }
        if expected > ENOUGH * self.work.seconds() { taken / expected } else { 1.0 }
    }

    fn phase(&self) -> Option<&WorkPhase> {
        self.work.phases.get(self.current)
    }

    /// Share of the phase in progress that is done.
    fn share_of_phase(&self, now: f64) -> f64 {
        if self.tasks.is_empty() {
            let expected = self.phase().map_or(0.0, |phase| phase.seconds).max(1e-9);
            return ((now - self.began) / expected).min(NEARLY);
        }
        self.tasks.iter().map(|task| task.done).sum::<f64>() / self.tasks.len() as f64
    }

    /// Share of it that this process has done.
    fn share_here(&self, now: f64) -> f64 {
        let before = self.tasks.iter().map(|task| task.before.unwrap_or(0.0));
        let before = before.sum::<f64>() / self.tasks.len().max(1) as f64;
        (self.share_of_phase(now) - before).max(0.0)
    }

    fn close(&mut self, now: f64) {
        let Some(phase) = self.phase() else { return };
        if !self.tasks.is_empty() {
            let here = phase.seconds * self.share_here(now);
            self.expected += here;
            self.taken += if here > 0.0 { now - self.began } else { 0.0 };
        }
    }

    fn begin(&mut self, phase: usize, now: f64) {
        (self.current, self.began) = (phase.min(self.work.phases.len()), now);
        let names = self.phase().map_or(&[][..], |phase| &phase.tasks[..]);
        let task = |name: &String| TaskState { name: name.clone(), before: None, done: 0.0 };
        self.tasks = names.iter().map(task).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracker() -> WorkTracker {
        let phase = |title: &str, tasks: &[&str], seconds| WorkPhase {
            title: title.to_owned(),
            tasks: tasks.iter().map(|&name| name.to_owned()).collect(),
            seconds,
        };
        let phases = vec![
            phase("language", &["lm-f", "lm-b"], 60.0),
            phase("classifier", &["train"], 30.0),
            phase("scores", &[], 10.0),
        ];
        WorkTracker::new(Work { phases }, 0.0)
    }

    fn close(found: f64, wanted: f64) {
        assert!((found - wanted).abs() < 1e-9, "{found} {wanted}");
    }

    #[test]
    fn what_is_left_follows_the_pace() {
        let mut job = tracker();
        close(job.left(0.0), 100.0);
        job.started("lm-f", 0.0);
        job.started("lm-b", 0.0);
        job.step("lm-f", 1, 2);
        job.step("lm-b", 1, 2);
        close(job.share(60.0), 0.3);
        close(job.left(60.0), 140.0); // twice as slow as expected
        job.ended("lm-f", 100.0);
        assert_eq!(job.title(), "language");
        job.ended("lm-b", 120.0);
        assert_eq!(job.title(), "classifier");
        close(job.left(120.0), 80.0);
        job.started("train", 120.0);
        job.step("train", 1, 1);
        job.ended("train", 150.0); // as fast as expected
        close(job.left(150.0), 10.0 * 150.0 / 90.0);
        close(job.share(160.0), 0.995);
        close(job.left(1e6), 0.0);
    }

    #[test]
    fn a_continued_job_counts_what_it_does_itself() {
        let mut job = tracker();
        job.started("lm-f", 0.0);
        job.ended("lm-f", 0.1); // it was done
        job.ended("lm-b", 0.1);
        job.started("train", 1.0);
        job.step("train", 51, 100);
        job.step("train", 61, 100);
        // 11 updates of 0.3 expected seconds in twice that time
        close(job.left(1.0 + 6.6), 2.0 * (0.39 * 30.0 + 10.0));
        close(job.share(7.6), 0.6 + 0.61 * 0.3);
    }

    #[test]
    fn phases_that_are_not_needed_are_passed_over() {
        let mut job = tracker();
        job.started("unheard of", 0.0);
        job.started("train", 5.0);
        assert_eq!(job.title(), "classifier");
        close(job.share(5.0), 0.6);
        assert!(tracker().left(0.0) > 0.0);
        close(WorkTracker::new(Work::default(), 0.0).left(1.0), 0.0);
    }
}
