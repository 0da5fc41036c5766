//! A portfolio within a time: what is left out of the plan.
//!
//! What fits depends on the speed of the machine, so the choice is written into the run folder: a run
//! that is continued has the plan that it began with.

use super::plan::PortfolioPlan;
use crate::Error;
use crate::checkpoint::{CheckpointError, replace, store_or_compare};
use crate::progress::about;
use crate::report::time_budget::{LeftOut, TimeBudget};
use crate::run::Runner;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Folder of the choice in that of a command.
const FOLDER: &str = "plan";
/// File of the choice in there, beside what it was made for.
const CHOICE: &str = "chosen.json";
/// Share of the budget that is planned: estimates are not exact.
const PLANNED: f64 = 0.9;

/// A plan that was chosen, and what the unlimited one has besides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Chosen {
    /// What is done.
    pub(crate) plan: PortfolioPlan,
    /// What is not.
    pub(crate) left_out: Vec<LeftOut>,
}

impl Chosen {
    /// The plan without a limit.
    pub(crate) fn all(plan: PortfolioPlan) -> Self {
        Self { plan, left_out: Vec::new() }
    }

    /// The best plan whose expected time in seconds, `cost`, is within `seconds`; the shortest one if none
    /// is. A pure function.
    pub(crate) fn within(
        full: &PortfolioPlan,
        rows: usize,
        seconds: f64,
        cost: &dyn Fn(&PortfolioPlan) -> f64,
    ) -> Self {
        let shorter = full.shorter(rows);
        let fits = shorter.iter().find(|plan| cost(plan) <= seconds);
        let plan = fits.or(shorter.last()).unwrap_or(full);
        Self { plan: plan.clone(), left_out: full.lacks(plan) }
    }
}

/// A time budget, and where the choice that it led to is kept.
pub(crate) struct Budget {
    /// The time.
    pub(crate) time: Duration,
    file: Option<PathBuf>,
}

impl Budget {
    /// Opens the place of the choice in the folder of the command.
    ///
    /// # Errors
    /// [`CheckpointError::ConfigDiffers`] when a choice was made there for another time or other
    /// examples; those of the disk.
    pub(crate) fn open(
        runner: &Runner<'_>,
        time: Duration,
        full: &PortfolioPlan,
        rows: usize,
    ) -> Result<Self, Error> {
        let Some(folder) = runner.folder().map(|folder| folder.join(FOLDER)) else {
            return Ok(Self { time, file: None });
        };
        std::fs::create_dir_all(&folder).map_err(|source| failed("create", &folder, source))?;
        let made_for = json!({ "time-budget": time.as_secs_f64(), "rows": rows, "plan": full });
        store_or_compare(&folder, &made_for)?;
        Ok(Self { time, file: Some(folder.join(CHOICE)) })
    }

    /// The choice that an earlier process made.
    ///
    /// # Errors
    /// [`CheckpointError::Json`] when it cannot be understood, and those of the disk.
    pub(crate) fn choice(&self) -> Result<Option<Chosen>, Error> {
        let Some(path) = &self.file else { return Ok(None) };
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(failed("read", path, source)),
        };
        let chosen = serde_json::from_slice(&bytes)
            .map_err(|source| CheckpointError::Json { path: path.clone(), source })?;
        Ok(Some(chosen))
    }

    /// Makes the choice, `passed` after the command began, and keeps it.
    ///
    /// # Errors
    /// Those of the disk.
    pub(crate) fn choose(
        &self,
        runner: &mut Runner<'_>,
        full: &PortfolioPlan,
        rows: usize,
        passed: Duration,
        cost: &dyn Fn(&PortfolioPlan) -> f64,
    ) -> Result<Chosen, Error> {
        let seconds = PLANNED * self.time.as_secs_f64() - passed.as_secs_f64();
        let chosen = Chosen::within(full, rows, seconds, cost);
        let expected = cost(&chosen.plan) + passed.as_secs_f64();
        if expected > self.time.as_secs_f64() {
            let (least, time) = (about(expected), self.report(&[]).time());
            let words = format!("even the shortest plan takes {least}, longer than {time}");
            runner.progress.warn(&words);
        }
        if let Some(path) = &self.file {
            replace(path, format!("{:#}\n", json!(chosen)).as_bytes())?;
        }
        Ok(chosen)
    }

    /// For the report.
    pub(crate) fn report(&self, left_out: &[LeftOut]) -> TimeBudget {
        TimeBudget { seconds: self.time.as_secs_f64(), left_out: left_out.to_vec() }
    }
}

fn failed(action: &'static str, path: &Path, source: std::io::Error) -> Error {
    CheckpointError::Io { action, path: path.to_owned(), source }.into()
}

#[cfg(test)]
mod tests {
    use super::super::plan::Amount;
    use super::*;
    use crate::methods::portfolio::UlmfitStart;
    use crate::recipe::EncoderRecipe;

    /// Costs that are made up: TF-IDF 1, the encoder 2, or 20 with 60 updates, ULMFiT 50.
    fn cost(plan: &PortfolioPlan) -> f64 {
        let trainings = (plan.scored + 1) as f64;
        let encoder = plan.encoder.as_ref().map_or(0.0, |recipe| match recipe.contrastive {
            Some(recipe) => recipe.updates as f64 / 3.0,
            None => 2.0,
        });
        trainings * (1.0 + encoder + if plan.ulmfit { 50.0 } else { 0.0 })
    }

    fn full() -> PortfolioPlan {
        let amount = Amount {
            rows: 100,
            tuned_tokens: 25_000,
            unlabelled: false,
            pseudo_labels: 0,
            encoder: true,
            start: UlmfitStart::Pretrained,
        };
        PortfolioPlan { ulmfit: true, ..PortfolioPlan::new(amount, &EncoderRecipe::contrastive()) }
    }

    #[test]
    fn the_best_plan_that_fits_is_chosen() {
        use LeftOut::{Encoder, FineTuning, Folds, Passes, Ulmfit};
        let full = full();
        assert_eq!(full.scored, 3);
        for (seconds, left_out) in [
            (284.0, &[][..]),
            (283.0, &[Folds]),
            (141.0, &[Ulmfit]),
            (83.0, &[Ulmfit, Folds]),
            (45.0, &[Ulmfit, Folds]),
            (41.0, &[Ulmfit, Passes, Folds]),
            (13.0, &[Ulmfit, Passes, Folds]),
            (11.0, &[Ulmfit, FineTuning, Folds]),
            (5.0, &[Ulmfit, Encoder]),
            (3.0, &[Ulmfit, Encoder, Folds]),
            (0.0, &[Ulmfit, Encoder, Folds]), // nothing fits: the shortest
            (-5.0, &[Ulmfit, Encoder, Folds]),
        ] {
            let chosen = Chosen::within(&full, 100, seconds, &cost);
            assert_eq!(chosen.left_out, left_out, "{seconds}");
            assert_eq!(chosen.left_out, full.lacks(&chosen.plan));
        }
    }

    #[test]
    fn a_choice_is_kept() {
        use crate::run::{CheckpointInterval, NoProgress};
        let folder = tempfile::tempdir().unwrap();
        let mut progress = NoProgress;
        let place = Some(folder.path().join("out.run"));
        let mut runner = Runner::new(&mut progress, place, CheckpointInterval::default());
        let (time, full) = (Duration::from_secs(100), full());
        let budget = Budget::open(&runner, time, &full, 100).unwrap();
        assert_eq!(budget.choice().unwrap(), None);
        let passed = Duration::from_secs(5);
        let chosen = budget.choose(&mut runner, &full, 100, passed, &cost).unwrap();
        assert_eq!(chosen.left_out, [LeftOut::Ulmfit]);
        let again = Budget::open(&runner, time, &full, 100).unwrap();
        assert_eq!(again.choice().unwrap(), Some(chosen));
        let other = Budget::open(&runner, Duration::from_secs(99), &full, 100).err().unwrap();
        assert!(other.to_string().contains("time-budget"), "{other}");
        std::fs::write(again.file.as_ref().unwrap(), "{").unwrap();
        assert!(again.choice().is_err());
    }
}
