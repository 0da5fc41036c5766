//! Which plan is carried out, and what the user is told about it.

use super::budget::{Budget, Chosen};
use super::expected::Expected;
use super::other_texts::OtherTexts;
use super::plan::{Amount, PortfolioPlan, UlmfitStart};
use crate::Error;
use crate::input::{LabelledSplits, texts};
use crate::models::EncoderBundle;
use crate::progress::Progress;
use crate::recipe::EncoderRecipe;
use crate::report::time_budget::{LeftOut, TimeBudget};
use crate::run::{Runner, Timings};
use std::time::Duration;

/// All that can be done with this much data.
///
/// # Errors
/// [`Error::TooLittle`] when there are too few examples to weigh several methods.
pub(super) fn full_plan(
    encoder: Option<&EncoderBundle>,
    recipe: &EncoderRecipe,
    start: UlmfitStart,
    rows: &LabelledSplits,
    others: &OtherTexts,
    folds: Option<usize>,
) -> Result<PortfolioPlan, Error> {
    let (recipe, tuned_tokens) = encoder.map_or((recipe.clone(), 0), |encoder| {
        let ids = encoder.text.encode_all(&texts(&rows.train));
        let lengths: Vec<usize> = ids.iter().map(Vec::len).collect();
        let (kind, layers) = (rows.labels.kind(), encoder.encoder.config().layers);
        PortfolioPlan::affordable(&lengths, recipe, kind, layers)
    });
    let amount = Amount {
        rows: rows.train.len(),
        tuned_tokens,
        unlabelled: others.are_there(),
        pseudo_labels: others.drawn().len(),
        encoder: encoder.is_some(),
        start,
    };
    let plan = PortfolioPlan::new(amount, &recipe);
    let plan = match folds {
        Some(count) => plan.with_folds(count),
        None => plan,
    };
    if rows.train.len() < 2 * plan.folds {
        let message = format!("{} examples are too few to weigh several methods", rows.train.len());
        let hint = Some("choose a single method, or add examples".into());
        return Err(Error::TooLittle { message, hint });
    }
    Ok(plan)
}

/// The plan that is carried out.
pub(super) struct Planned {
    /// What is done.
    pub(super) plan: PortfolioPlan,
    /// What is left out, as the time does not suffice.
    pub(super) left_out: Vec<LeftOut>,
    /// The time that all of it may take, if there is a limit.
    pub(super) time: Option<TimeBudget>,
    /// How long it takes, if it was measured.
    expected: Option<Expected>,
}

impl Planned {
    /// All of `full`, or as much of it as can be done in this time with so many examples. `measured` runs pieces of
    /// the work on this machine.
    ///
    /// # Errors
    /// Those of the run folder, where a choice is kept, and of `measured`.
    pub(super) fn new(
        runner: &mut Runner<'_>,
        (full, rows): (PortfolioPlan, usize),
        time: Option<Duration>,
        measured: &mut dyn FnMut(&mut Runner<'_>) -> Result<Expected, Error>,
        timings: &Timings,
    ) -> Result<Self, Error> {
        let budget = time.map(|time| Budget::open(runner, time, &full, rows)).transpose()?;
        let kept = budget.as_ref().map(Budget::choice).transpose()?.flatten();
        let is_open = budget.is_some() && kept.is_none();
        let expected =
            if runner.progress.wants_plan() || is_open { Some(measured(runner)?) } else { None };
        let Chosen { plan, left_out } = match (kept, &budget, &expected) {
            (Some(chosen), ..) => chosen,
            (None, Some(budget), Some(expected)) => {
                let cost = |plan: &PortfolioPlan| expected.work(plan).seconds();
                budget.choose(runner, &full, rows, timings.elapsed(), &cost)?
            }
            _ => Chosen::all(full),
        };
        let time = budget.map(|budget| budget.report(&left_out));
        Ok(Self { plan, left_out, time, expected })
    }

    /// Says what will be done, and how long it will take.
    pub(super) fn tell(&self, others: &OtherTexts, progress: &mut dyn Progress) {
        progress.note(&self.plan.words());
        if others.are_there() && !self.learns_from_texts() {
            progress.note(
                "the texts without labels are not used: no part of this plan learns from them",
            );
        }
        if let Some(time) = &self.time {
            progress.note(&time.sentence());
        }
        if let Some(expected) = &self.expected {
            progress.planned(&expected.work(&self.plan));
        }
    }

    /// Whether a part learns from texts without labels.
    pub(super) fn learns_from_texts(&self) -> bool {
        self.plan.pseudo_labels > 0 || self.plan.ulmfit
    }
}
