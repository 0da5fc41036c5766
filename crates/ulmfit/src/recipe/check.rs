//! Numbers of a recipe that cannot be used are refused before any work is done.

use super::stage_recipe::{RecipeError, StageRecipe, Unfreeze};
use crate::optim::OptimizerConfig;
use crate::schedule::Schedule;

impl StageRecipe {
    /// Checks every number that could hang or break a run.
    ///
    /// # Errors
    /// [`RecipeError::Range`] or [`RecipeError::Schedule`] names the first bad one.
    pub fn check(&self) -> Result<(), RecipeError> {
        let range = |good: bool, field, value: &dyn std::fmt::Display, wanted| {
            if good {
                Ok(())
            } else {
                Err(RecipeError::Range { field, value: value.to_string(), wanted })
            }
        };
        let positive = |x: f64| x.is_finite() && x > 0.0;
        let at_least_zero = |x: f64| x.is_finite() && x >= 0.0;
        range(self.batch_size > 0, "batch-size", &self.batch_size, "at least 1")?;
        range(self.bptt > 0, "bptt", &self.bptt, "at least 1")?;
        range(self.accumulate > 0, "accumulate", &self.accumulate, "at least 1")?;
        range(positive(self.lr), "lr", &self.lr, "a positive number")?;
        let phases = self.phase.iter().filter_map(|phase| phase.lr);
        for lr in phases.chain(self.lr_groups.iter().flatten().copied()) {
            range(positive(lr), "lr of a phase or group", &lr, "a positive number")?;
        }
        range(at_least_zero(self.weight_decay), "weight-decay", &self.weight_decay, "at least 0")?;
        range(at_least_zero(self.ar), "ar", &self.ar, "at least 0")?;
        range(at_least_zero(self.tar), "tar", &self.tar, "at least 0")?;
        range(
            (0.0..1.0).contains(&self.label_smoothing),
            "label-smoothing",
            &self.label_smoothing,
            "in 0..1",
        )?;
        range(at_least_zero(self.lm_weight), "lm-weight", &self.lm_weight, "at least 0")?;
        let share = (0.0..1.0).contains(&self.sampled_below);
        range(share, "sampled-below", &self.sampled_below, "in 0..1")?;
        if let Some(clip) = self.clip {
            range(positive(clip), "clip", &clip, "a positive number")?;
        }
        if let Some(few) = self.few {
            range(positive(few.lr), "few.lr", &few.lr, "a positive number")?;
        }
        if let Some(rule) = self.self_training {
            let wanted = "above 0 and at most 1";
            range(
                rule.share > 0.0 && rule.share <= 1.0,
                "self-training.share",
                &rule.share,
                wanted,
            )?;
        }
        let once = self.read_once.unwrap_or_default();
        for factor in self.lr_factor.into_iter().chain(once.lr_factor) {
            range(positive(factor), "lr-factor", &factor, "a positive number")?;
        }
        let momentum = |x: f64| (0.0..1.0).contains(&x);
        if let OptimizerConfig::Adam { mom, sqr_mom, eps } = self.optimizer {
            range(momentum(mom), "optimizer.mom", &mom, "in 0..1")?;
            range(momentum(sqr_mom), "optimizer.sqr-mom", &sqr_mom, "in 0..1")?;
            range(positive(eps), "optimizer.eps", &eps, "a positive number")?;
        }
        self.schedule.check()?;
        for phase in &self.phase {
            phase.schedule.as_ref().map_or(Ok(()), Schedule::check)?;
            let nothing = phase.unfreeze == Some(Unfreeze::Top(0)) || phase.only == Some(0);
            range(!nothing, "unfreeze or only of a phase", &0, "at least 1")?;
        }
        for factor in [self.drop_mult].into_iter().chain(once.drop_mult) {
            let dropouts = self.dropout.times(factor);
            let wanted = "in 0..1 after drop-mult";
            range(dropouts.is_valid(), "dropout", &format!("{dropouts:?}"), wanted)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::stage_recipe::{PhaseRecipe, Recipe};
    use crate::schedule::{OneCycle, ScheduleConfig};
    use crate::stages::SelfTraining;

    type Change<'a> = &'a dyn Fn(&mut StageRecipe);

    /// The message about the classifier's recipe after a change.
    fn refusal(change: impl Fn(&mut StageRecipe)) -> String {
        let mut stage = Recipe::preset("default").unwrap().train;
        assert_eq!(stage.check(), Ok(()));
        change(&mut stage);
        stage.check().unwrap_err().to_string()
    }

    #[test]
    fn each_bad_number_is_named() {
        let adam = |mom, sqr_mom, eps| OptimizerConfig::Adam { mom, sqr_mom, eps };
        let cycle = || ScheduleConfig::OneCycle(OneCycle { pct_start: 1.5, ..OneCycle::default() });
        let phase = |unfreeze| PhaseRecipe {
            unfreeze: Some(Unfreeze::Top(unfreeze)),
            only: None,
            epochs: 1,
            lr: None,
            schedule: Some(cycle()),
        };
        let rule = SelfTraining { below: None, texts: 10, share: f64::NAN };
        let cases: [(&str, Change); 14] = [
            ("`self-training.share` ", &|s| s.self_training = Some(rule)),
            ("`lm-weight` ", &|s| s.lm_weight = -1.0),
            ("`batch-size` ", &|s| s.batch_size = 0),
            ("`lr of a phase or group` ", &|s| s.phase[0].lr = Some(f64::NAN)),
            ("`weight-decay` ", &|s| s.weight_decay = -0.1),
            ("`clip` ", &|s| s.clip = Some(0.0)),
            ("`dropout` ", &|s| s.drop_mult = 100.0),
            ("`optimizer.mom` ", &|s| s.optimizer = adam(1.0, 0.99, 1e-5)),
            ("`optimizer.sqr-mom` ", &|s| s.optimizer = adam(0.7, -0.1, 1e-5)),
            ("`optimizer.eps` ", &|s| s.optimizer = adam(0.7, 0.99, 0.0)),
            ("`optimizer.eps` ", &|s| s.optimizer = adam(0.7, 0.99, f64::INFINITY)),
            ("schedule of the recipe: `", &|s| s.schedule = cycle()),
            ("schedule of the recipe: `", &|s| s.phase = vec![phase(1)]),
            ("`unfreeze or only of a phase` ", &|s| {
                s.phase = vec![PhaseRecipe { schedule: None, ..phase(0) }];
            }),
        ];
        for (start, change) in cases {
            let message = refusal(change);
            assert!(message.starts_with(start), "{message}");
        }
    }

    #[test]
    fn a_list_of_factors_must_fit_the_network() {
        let mut stage = Recipe::preset("default").unwrap().train;
        stage.lr_groups = Some(vec![0.1, 0.5, 1.0]);
        assert_eq!(stage.rates(0.02, 3), Ok(vec![0.002, 0.01, 0.02]));
        let error = stage.rates(0.02, 5).unwrap_err();
        assert_eq!(error, RecipeError::Groups { found: 3, groups: 5 });
        assert!(error.hint().is_some());
        assert!(stage.plan(5, crate::Key::new(0)).is_err());
    }
}
