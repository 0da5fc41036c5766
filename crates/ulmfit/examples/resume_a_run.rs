//! A training that is interrupted continues where it stopped, and ends with the same bits.

#![allow(clippy::print_stdout, reason = "a program for people")]

mod common;

use ulmfit::checkpoint::Overwrite;
use ulmfit::model::AwdLstmConfig;
use ulmfit::run::{Progress, StageName};
use ulmfit::train::{Control, Event};
use ulmfit::{Base, Error, Examples, Trainer};

/// Asks to stop after a number of updates, as a signal handler would.
struct StopAfter(u64);

impl Progress for StopAfter {
    fn event(&mut self, _task: &StageName, event: &Event) -> Control {
        if matches!(event, Event::Step { .. }) {
            self.0 = self.0.saturating_sub(1);
        }
        if self.0 == 0 { Control::Stop } else { Control::Continue }
    }
}

fn main() -> Result<(), Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    let examples = || common::reviews(200).collect::<Examples>();
    let trainer = |name: &str| {
        Trainer::new()
            .base(Base::None)
            .network(AwdLstmConfig { vocab: 0, emb: 16, hid: 32, layers: 1 })
            .seed(7)
            .output(path(name), Overwrite::Refuse)
    };

    // In one go.
    trainer("whole").fit(examples())?.save(path("whole"))?;

    // Stopped after ten updates; its state is in `parts.run`.
    let stopped = trainer("parts").fit_with(examples(), &mut StopAfter(10));
    assert!(matches!(stopped, Err(Error::Stopped)), "it should have stopped");
    assert!(path("parts.run").exists());

    // The same call again continues from there.
    let trained = trainer("parts").fit(examples())?;
    trained.save(path("parts"))?;
    assert!(!path("parts.run").exists(), "the run folder is gone when the model is safe");

    let weights = |name: &str| std::fs::read(path(name).join("model.safetensors")).ok();
    assert_eq!(weights("whole"), weights("parts"));
    println!("stopped, continued, and the same bits: {}", trained.report().test.is_some());
    Ok(())
}
