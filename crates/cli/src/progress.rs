//! Progress on stderr: bars on a terminal, otherwise a line an epoch.

use crate::options::Common;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fmt::Write;
use std::io::IsTerminal;
use std::time::Instant;
use ulmfit::stages::{Progress, Task};
use ulmfit::train::{Control, Event};

/// Tells a person what goes on.
pub(crate) struct Terminal {
    quiet: bool,
    verbose: bool,
    bar: ProgressBar,
    started: Instant,
    tokens: usize,
    steps_before: Option<u64>,
}

impl Terminal {
    pub(crate) fn new(common: &Common) -> Self {
        let (quiet, verbose) = (common.quiet, common.verbose > 0);
        let bar = ProgressBar::hidden();
        if !quiet && std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        Self { quiet, verbose, bar, started: Instant::now(), tokens: 0, steps_before: None }
    }

    fn say(&self, text: &str) {
        if !self.quiet {
            self.bar.suspend(|| eprintln!("{text}"));
        }
    }
}

impl Progress for Terminal {
    fn task(&mut self, task: &Task) {
        self.bar.reset();
        let style = "{bar:24} {pos}/{len} {msg} {eta} left";
        if let Ok(style) = ProgressStyle::with_template(style) {
            self.bar.set_style(style);
        }
        (self.started, self.tokens, self.steps_before) = (Instant::now(), 0, None);
        self.say(&task.title);
        crate::signals::defer();
    }

    fn task_ended(&mut self) {
        crate::signals::no_longer_defer();
    }

    fn stop_asked(&self) -> bool {
        crate::signals::received().is_some()
    }

    fn event(&mut self, event: &Event) -> Control {
        match event {
            Event::Step { step, steps, loss, lr, tokens, .. } => {
                self.tokens += tokens;
                if self.steps_before.replace(*step).is_none() {
                    self.bar.set_position(step - 1);
                    self.bar.reset_eta();
                }
                let speed = self.tokens as f64 / self.started.elapsed().as_secs_f64();
                self.bar.set_length(*steps);
                self.bar.set_message(format!("loss {loss:.3}  {speed:.0} tokens/s"));
                self.bar.set_position(*step);
                if self.verbose {
                    self.say(&format!(
                        "  step {step}/{steps} loss {loss:.4} lr {lr:.2e} {speed:.0} tokens/s"
                    ));
                }
            }
            Event::Epoch { epoch, epochs, train_loss, valid, best, .. } => {
                let seconds = self.started.elapsed().as_secs_f64();
                let mut line = format!("  epoch {}/{epochs}  train {train_loss:.4}", epoch + 1);
                if let Some(valid) = valid {
                    _ = write!(line, "  valid {:.4}", valid.loss);
                    for (name, value) in &valid.metrics {
                        _ = write!(line, "  {name} {value:.4}");
                    }
                }
                line += if *best { "  *" } else { "" };
                self.say(&format!("{line}  {seconds:.0} s"));
            }
            Event::StoppedEarly { epoch, .. } => {
                self.say(&format!("  no better for a while: stopped after epoch {}", epoch + 1));
            }
            Event::Averaging { epoch } => {
                self.say(&format!("  averaging weights from epoch {} on", epoch + 2));
            }
            _ => {}
        }
        if self.stop_asked() { Control::Stop } else { Control::Continue }
    }

    fn tick(&mut self, what: &str, done: usize, total: Option<usize>) {
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

    fn note(&mut self, text: &str) {
        self.say(text);
    }

    fn warn(&mut self, text: &str) {
        self.say(&format!("warning: {text}"));
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
