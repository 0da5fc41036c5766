//! Progress on stderr: bars on a terminal, otherwise one line per epoch.

use crate::job::Job;
use crate::options::{Common, ProgressForm};
use crate::progress_lines::{Lines, planned, told};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::HashSet;
use std::fmt::Write;
use std::io::IsTerminal;
use std::time::{Duration, Instant};
use ulmfit::run::{Progress, StageName, Work};
use ulmfit::setting::Spelling;
use ulmfit::train::{Control, Event};

/// Shows progress to a person.
pub(crate) struct Terminal {
    quiet: bool,
    verbose: bool,
    bar: ProgressBar,
    /// Writes events as JSON instead.
    lines: Option<Lines>,
    /// Trainings in progress: one, or several side by side.
    running: Vec<Running>,
    /// Whether there were several: then lines name their training until all have ended.
    named: bool,
    /// The whole job, if it was planned.
    job: Option<Job>,
    /// Warnings that were printed: each is worth saying once.
    warned: HashSet<String>,
}

/// A training in progress.
struct Running {
    task: StageName,
    started: Instant,
    /// When the last epoch was told of.
    told: Instant,
    tokens: usize,
    /// Updates made, 0 before the first event, and the total.
    step: u64,
    steps: u64,
}

/// Epochs without a validation are told of no more often than this.
const BETWEEN_EPOCHS: Duration = Duration::from_secs(5);

impl Running {
    fn new(task: &StageName) -> Self {
        let (task, started) = (task.clone(), Instant::now());
        Self { task, started, told: started, tokens: 0, step: 0, steps: 0 }
    }

    fn speed(&self) -> f64 {
        self.tokens as f64 / self.started.elapsed().as_secs_f64()
    }
}

impl Terminal {
    pub(crate) fn new(common: &Common) -> Self {
        let (quiet, verbose) = (common.quiet, common.verbose > 0);
        let bar = ProgressBar::hidden();
        let is_json = common.progress == ProgressForm::Json && !quiet;
        if !quiet && !is_json && std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        let lines = is_json.then(Lines::default);
        let (running, warned) = (Vec::new(), HashSet::new());
        Self { quiet, verbose, bar, lines, running, named: false, job: None, warned }
    }

    fn say(&self, text: &str) {
        if !self.quiet && self.lines.is_none() {
            self.bar.suspend(|| crate::stderr::say(text));
        }
    }

    /// Prints a line about a training: with its name, if there are or were others beside it.
    fn say_of(&self, task: &StageName, text: &str) {
        if self.named {
            self.say(&format!("  {}: {text}", task.title));
        } else {
            self.say(&format!("  {text}"));
        }
    }

    /// Shows the whole job as one bar.
    fn draw_job(&self, job: &Job, more: &str) {
        let standing = job.standing();
        if self.bar.is_finished() {
            self.bar.reset();
        }
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {msg}") {
            self.bar.set_style(style);
        }
        self.bar.set_length(1000);
        self.bar.set_position((1000.0 * standing.share) as u64);
        self.bar.set_message(format!("{}  {}  {more}", standing.words(), standing.title));
    }

    /// Shows the whole job as one bar, or else all trainings.
    fn draw(&self, loss: f64) {
        if let Some(job) = &self.job {
            return self.draw_job(job, &format!("loss {loss:.3}"));
        }
        let sum = |of: fn(&Running) -> u64| self.running.iter().map(of).sum();
        let speed: f64 = self.running.iter().map(Running::speed).sum();
        self.bar.set_length(sum(|running| running.steps));
        self.bar.set_message(format!("loss {loss:.3}  {speed:.0} tokens/s"));
        self.bar.set_position(sum(|running| running.step));
    }
}

impl Progress for Terminal {
    fn stage_started(&mut self, task: &StageName) {
        if self.running.is_empty() {
            self.bar.reset();
            let style = "{bar:24} {pos}/{len} {msg} {eta} left";
            if let Ok(style) = ProgressStyle::with_template(style) {
                self.bar.set_style(style);
            }
            self.bar.set_length(1); // "0/1" until the first update tells how many there are
            crate::signals::defer();
        }
        if let Some(job) = &mut self.job {
            job.started(task);
        }
        self.named = !self.running.is_empty();
        self.running.push(Running::new(task));
        if let Some(lines) = &mut self.lines {
            lines.stage_started(task);
        }
        self.say(&task.title);
    }

    fn stage_ended(&mut self, task: &StageName) {
        self.running.retain(|running| running.task != *task);
        if let Some(lines) = &mut self.lines {
            lines.stage_ended(task);
        }
        if let Some(job) = &mut self.job {
            job.ended(task);
        }
        if self.running.is_empty() {
            crate::signals::no_longer_defer();
        }
    }

    fn stop_asked(&self) -> bool {
        crate::signals::received().is_some()
    }

    fn event(&mut self, task: &StageName, event: &Event) -> Control {
        if let Some(lines) = &mut self.lines {
            lines.event(task, event);
            lines.job(self.job.as_ref());
        }
        let Some(at) = self.running.iter().position(|running| running.task == *task) else {
            return Control::Continue;
        };
        match event {
            Event::Step { step, steps, loss, lr, tokens, .. } => {
                let running = &mut self.running[at];
                let first = running.step == 0;
                running.tokens += tokens;
                (running.step, running.steps) = (*step, *steps);
                let speed = running.speed();
                if let Some(job) = &mut self.job {
                    job.step(task, *step, *steps);
                }
                self.draw(*loss);
                if first {
                    self.bar.reset_eta(); // an earlier process may have made some of the updates
                }
                if self.verbose {
                    let line = format!(
                        "step {step}/{steps} loss {loss:.4} lr {lr:.2e} {speed:.0} tokens/s"
                    );
                    self.say_of(task, &line);
                }
            }
            Event::Epoch { epoch, epochs, valid, .. } => {
                let running = &mut self.running[at];
                let matters = valid.is_some() || self.verbose || epoch + 1 == *epochs;
                if matters || running.told.elapsed() >= BETWEEN_EPOCHS {
                    running.told = Instant::now();
                    let seconds = running.started.elapsed().as_secs_f64();
                    self.say_of(task, &format!("{}  {seconds:.0} s", epoch_line(event)));
                }
            }
            Event::StoppedEarly { epoch, .. } => {
                let line = format!("no improvement: stopped early after epoch {}", epoch + 1);
                self.say_of(task, &line);
            }
            Event::Averaging { epoch } => {
                self.say_of(task, &format!("averaging weights from epoch {} on", epoch + 2));
            }
            _ => {}
        }
        if self.stop_asked() { Control::Stop } else { Control::Continue }
    }

    fn tick(&mut self, what: &str, done: usize, total: Option<usize>) {
        if let Some(lines) = &mut self.lines {
            lines.tick(what, done, total);
            lines.job(self.job.as_ref());
        }
        if let Some(job) = &self.job {
            self.draw_job(job, what);
            if total == Some(done) {
                self.bar.finish_and_clear(); // until the next update or count
            }
            return;
        }
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {msg}") {
            self.bar.set_style(style);
        }
        self.bar.set_length(total.unwrap_or(done) as u64);
        self.bar.set_message(what.to_owned());
        self.bar.set_position(done as u64);
        if total == Some(done) {
            self.bar.finish_and_clear();
        }
    }

    fn wants_plan(&self) -> bool {
        !self.quiet
    }

    fn planned(&mut self, work: &Work) {
        if self.lines.is_some() {
            planned(work);
        }
        self.say(&format!("this takes {}", work.words()));
        self.job = Some(Job::new(work));
    }

    fn spelling(&self) -> Spelling {
        crate::failure::options()
    }

    fn note(&mut self, text: &str) {
        let text = crate::stderr::one_line(text);
        match &self.lines {
            Some(_) => told("note", &text),
            None => self.say(&text),
        }
    }

    fn warn(&mut self, text: &str) {
        if self.warned.insert(text.to_owned()) {
            let text = crate::stderr::one_line(text);
            match &self.lines {
                Some(_) => told("warning", &text),
                None => self.say(&format!("warning: {text}")),
            }
        }
    }
}

/// What an epoch came to; empty for another event.
fn epoch_line(event: &Event) -> String {
    let Event::Epoch { epoch, epochs, train_loss, valid, best, .. } = event else {
        return String::new();
    };
    let mut line = format!("epoch {}/{epochs}  train {train_loss:.4}", epoch + 1);
    if let Some(valid) = valid {
        _ = write!(line, "  valid {:.4}", valid.loss);
        // a language model's accuracy would read like the classifier's
        let is_language = valid.metrics.contains_key("perplexity");
        for (name, value) in &valid.metrics {
            _ = match name.as_str() {
                "accuracy" if is_language => {
                    write!(line, "  next word {:.1} % right", 100.0 * value)
                }
                "teacher_cosine" => write!(line, "  cosine with the teacher {value:.3}"),
                _ => write!(line, "  {name} {value:.4}"),
            };
        }
    }
    line + if *best { "  best so far" } else { "" }
}

/// Shows nothing.
pub(crate) struct Hidden;

impl Progress for Hidden {
    fn spelling(&self) -> Spelling {
        crate::failure::options()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A panic may have poisoned the bar's lock, and a second panic would abort.
        if !std::thread::panicking() {
            self.bar.finish_and_clear();
        }
    }
}
