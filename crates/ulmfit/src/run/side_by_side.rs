//! Independent trainings, such as those of the two directions, at the same time.
//!
//! Two threads on two trainings are faster than two threads on one: they do not wait for each other
//! after each operation, and serial parts run in parallel. Each training has its share of the threads,
//! which changes no bit of it. Only one thread calls the progress sink.

use super::runner::Runner;
use crate::Error;
use crate::progress::{Progress, StageName};
use crate::train::{Control, Event};
use rayon::{ThreadPoolBuilder, current_num_threads};
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

impl Runner<'_> {
    /// Runs all jobs, side by side if there are enough threads; the results are in their order.
    ///
    /// # Errors
    /// That of the first job that failed; the others are then stopped as if the user had asked for it.
    ///
    /// # Panics
    /// When a job or the progress sink panics, after all jobs have stopped and saved their state.
    pub(crate) fn side_by_side<R: Send>(
        &mut self,
        jobs: Vec<impl FnOnce(&mut Runner<'_>) -> Result<R, Error> + Send>,
    ) -> Result<Vec<R>, Error> {
        let (count, threads) = (jobs.len(), current_num_threads());
        // ranks must take up the same training at the same time
        if count < 2 || threads < count || self.ranks().count() > 1 {
            return jobs.into_iter().map(|job| job(self)).collect();
        }
        let (sender, receiver) = channel();
        let settings = self.settings().clone();
        let ended: Vec<_> = thread::scope(|scope| {
            let mut running = Vec::new();
            for (number, job) in jobs.into_iter().enumerate() {
                let share = threads / count + usize::from(number < threads % count);
                let (settings, mut relay) =
                    (settings.clone(), ChannelProgress::new(sender.clone()));
                let work = move || {
                    let failed = TellFailure::of(&relay);
                    let mut runner = Runner::with(settings, &mut relay);
                    let result = job(&mut runner);
                    if result.is_ok() {
                        failed.disarm();
                    }
                    (result, runner.history())
                };
                running.push(scope.spawn(move || {
                    let pool = ThreadPoolBuilder::new().num_threads(share).build();
                    match pool {
                        Ok(pool) => pool.install(work),
                        Err(_) => work(), // no more threads to be had: with those of all
                    }
                }));
            }
            drop(sender); // the loop ends with the last job
            answer(self.progress, receiver);
            let result = |job: thread::ScopedJoinHandle<'_, _>| {
                job.join().unwrap_or_else(|panic| resume_unwind(panic))
            };
            running.into_iter().map(result).collect()
        });
        let (mut results, mut failed) = (Vec::new(), None);
        for (result, history) in ended {
            self.add(history);
            match result {
                Ok(result) => results.push(result),
                // the failure is returned, not that others were stopped because of it
                Err(error) if matches!(failed, None | Some(Error::Stopped)) => failed = Some(error),
                Err(_) => {}
            }
        }
        failed.map_or(Ok(results), Err)
    }
}

/// What a job sends to the thread that calls the progress sink.
enum Message {
    Started(StageName),
    Ended(StageName),
    Event(StageName, Event, Sender<Control>),
    StopAsked(Sender<bool>),
    Note(String),
    Warn(String),
    Failed,
}

/// Reports that a job failed, unless it is disarmed before: also when the job panics.
struct TellFailure(Option<Sender<Message>>);

impl TellFailure {
    fn of(relay: &ChannelProgress) -> Self {
        Self(Some(relay.sender.clone()))
    }

    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for TellFailure {
    fn drop(&mut self) {
        if let Some(sender) = &self.0 {
            tell(sender, Message::Failed);
        }
    }
}

/// There is no receiver only if the receiving thread panicked, which is reported elsewhere.
fn tell<T>(to: &Sender<T>, message: T) {
    _ = to.send(message);
}

/// Passes on the messages of the jobs until the last one has ended.
///
/// Takes the receiver by value: if `progress` panics, it is dropped, so that no job waits for an
/// answer that will not come.
fn answer(progress: &mut dyn Progress, jobs: Receiver<Message>) {
    let mut stopped = false;
    for message in jobs {
        match message {
            Message::Started(task) => progress.stage_started(&task),
            Message::Ended(task) => progress.stage_ended(&task),
            Message::Event(task, event, reply) => {
                stopped |= progress.event(&task, &event) == Control::Stop;
                tell(&reply, if stopped { Control::Stop } else { Control::Continue });
            }
            Message::StopAsked(reply) => {
                stopped |= progress.stop_asked();
                tell(&reply, stopped);
            }
            Message::Note(text) => progress.note(&text),
            Message::Warn(text) => progress.warn(&text),
            Message::Failed => stopped = true,
        }
    }
}

/// The progress sink of a job, which sends everything to another thread.
struct ChannelProgress {
    sender: Sender<Message>,
    /// Prefix of its notes.
    title: String,
}

impl ChannelProgress {
    fn new(sender: Sender<Message>) -> Self {
        Self { sender, title: String::new() }
    }
}

impl Progress for ChannelProgress {
    fn stage_started(&mut self, task: &StageName) {
        self.title.clone_from(&task.title);
        tell(&self.sender, Message::Started(task.clone()));
    }

    fn stage_ended(&mut self, task: &StageName) {
        tell(&self.sender, Message::Ended(task.clone()));
    }

    fn stop_asked(&self) -> bool {
        let (reply, answer) = channel();
        tell(&self.sender, Message::StopAsked(reply));
        answer.recv().unwrap_or(true)
    }

    fn event(&mut self, task: &StageName, event: &Event) -> Control {
        let (reply, answer) = channel();
        tell(&self.sender, Message::Event(task.clone(), event.clone(), reply));
        answer.recv().unwrap_or(Control::Stop)
    }

    fn note(&mut self, text: &str) {
        tell(&self.sender, Message::Note(format!("{}: {text}", self.title)));
    }

    fn warn(&mut self, text: &str) {
        tell(&self.sender, Message::Warn(format!("{}: {text}", self.title)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::options::CheckpointInterval;
    use std::sync::Barrier;

    /// Writes down what it hears, and says stop at an event of that step.
    #[derive(Default)]
    struct Listener {
        heard: Vec<String>,
        stop_at: Option<u64>,
    }

    impl Progress for Listener {
        fn stage_started(&mut self, task: &StageName) {
            self.heard.push(format!("begin {}", task.name));
        }

        fn stage_ended(&mut self, task: &StageName) {
            self.heard.push(format!("end {}", task.name));
        }

        fn event(&mut self, task: &StageName, event: &Event) -> Control {
            let Event::Averaging { epoch } = event else { panic!("{event:?}") };
            self.heard.push(format!("{} {epoch}", task.name));
            if self.stop_at == Some(*epoch as u64) { Control::Stop } else { Control::Continue }
        }

        fn note(&mut self, text: &str) {
            self.heard.push(text.to_owned());
        }
    }

    /// Events without end, until told to stop.
    fn endless(runner: &mut Runner<'_>, name: &str) -> Result<usize, Error> {
        let task = StageName { title: name.to_uppercase(), name: name.to_owned() };
        runner.progress.stage_started(&task);
        runner.progress.note("hello");
        let told = |epoch: &usize| {
            runner.progress.event(&task, &Event::Averaging { epoch: *epoch }) == Control::Stop
        };
        let last = (0..usize::MAX).find(told);
        runner.progress.stage_ended(&task);
        last.ok_or(Error::Stopped)
    }

    fn on_threads<R: Send>(count: usize, work: impl FnOnce() -> R + Send) -> R {
        ThreadPoolBuilder::new().num_threads(count).build().unwrap().install(work)
    }

    #[test]
    fn jobs_run_at_the_same_time_with_their_share_of_the_threads() {
        let threads = on_threads(5, || {
            let mut listener = Listener::default();
            let mut runner = Runner::new(&mut listener, None, CheckpointInterval::default());
            let both = Barrier::new(2);
            let job = |_: &mut Runner<'_>| {
                both.wait(); // forever, were they run one after the other
                Ok(current_num_threads())
            };
            runner.side_by_side(vec![job, job]).unwrap()
        });
        assert_eq!(threads, [3, 2]);
    }

    #[test]
    fn one_thread_does_one_job_after_the_other() {
        let heard = on_threads(1, || {
            let mut listener = Listener::default();
            let mut runner = Runner::new(&mut listener, None, CheckpointInterval::default());
            let job = |name: &'static str| {
                move |runner: &mut Runner<'_>| {
                    runner.progress.note(name);
                    Ok(())
                }
            };
            runner.side_by_side(vec![job("a"), job("b")]).unwrap();
            listener.heard
        });
        assert_eq!(heard, ["a", "b"]);
    }

    #[test]
    fn a_stop_ends_all_and_each_is_heard_by_name() {
        let mut heard = on_threads(2, || {
            let mut listener = Listener { stop_at: Some(3), ..Listener::default() };
            let mut runner = Runner::new(&mut listener, None, CheckpointInterval::default());
            let job = |name: &'static str| move |runner: &mut Runner<'_>| endless(runner, name);
            let last = runner.side_by_side(vec![job("a"), job("b")]).unwrap();
            assert!(last.iter().all(|&epoch| epoch <= 3) && last.contains(&3), "{last:?}");
            listener.heard
        });
        heard.retain(|words| !words.contains(char::is_numeric));
        heard.sort();
        assert_eq!(heard, ["A: hello", "B: hello", "begin a", "begin b", "end a", "end b"]);
    }

    /// Whatever `work` panics with; fails if it hangs.
    fn panic_of(work: impl FnOnce() + Send + 'static) -> String {
        let (done, ended) = channel();
        let thread = thread::spawn(move || {
            let _told_when_dropped = done;
            on_threads(2, work);
        });
        let waited = ended.recv_timeout(std::time::Duration::from_mins(1));
        assert_eq!(waited, Err::<(), _>(std::sync::mpsc::RecvTimeoutError::Disconnected), "hangs");
        let panic = thread.join().expect_err("it should panic");
        (*panic.downcast::<&str>().unwrap()).to_owned()
    }

    #[test]
    fn a_watcher_that_panics_stops_all_jobs() {
        struct Panics;
        impl Progress for Panics {
            fn event(&mut self, _: &StageName, event: &Event) -> Control {
                match event {
                    Event::Averaging { epoch: 3 } => panic!("the watcher"),
                    _ => Control::Continue,
                }
            }
        }
        let panic = panic_of(|| {
            let mut runner_progress = Panics;
            let mut runner = Runner::new(&mut runner_progress, None, CheckpointInterval::default());
            let job = |name: &'static str| move |runner: &mut Runner<'_>| endless(runner, name);
            _ = runner.side_by_side(vec![job("a"), job("b")]);
        });
        assert_eq!(panic, "the watcher");
    }

    #[test]
    fn a_job_that_panics_stops_the_other() {
        let panic = panic_of(|| {
            let mut listener = Listener::default();
            let mut runner = Runner::new(&mut listener, None, CheckpointInterval::default());
            let job = |panics: bool| {
                move |runner: &mut Runner<'_>| {
                    assert!(!panics, "a job");
                    endless(runner, "a")
                }
            };
            _ = runner.side_by_side(vec![job(false), job(true)]);
        });
        assert_eq!(panic, "a job");
    }

    #[test]
    fn a_failure_stops_the_others_and_is_what_counts() {
        let error = on_threads(2, || {
            let mut listener = Listener::default();
            let mut runner = Runner::new(&mut listener, None, CheckpointInterval::default());
            let job = |fails: bool| {
                move |runner: &mut Runner<'_>| {
                    if fails {
                        return Err(Error::TooLittle { message: "no rows".into(), hint: None });
                    }
                    endless(runner, "a")?;
                    Err::<(), _>(Error::Stopped)
                }
            };
            runner.side_by_side(vec![job(false), job(true)]).unwrap_err()
        });
        assert_eq!(error.to_string(), "no rows");
    }
}
