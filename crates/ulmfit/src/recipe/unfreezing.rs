//! Unfreezing schedules: which groups of a classifier are trainable when.

use super::phase::{PhaseRecipe, Unfreeze};
use super::training::TrainingRecipe;
use serde::{Deserialize, Serialize};

/// The unfreezing schedules of Howard & Ruder 2018, table 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum Unfreezing {
    /// Last layer first, one more per epoch, then all (section 3.3 of the paper)
    Gradual,
    /// All layers from the start
    Full,
    /// Only the last layer
    Last,
    /// One layer at a time, then all
    ///
    /// The last layer, then every one from the lowest up (Felbo et al. 2017).
    ChainThaw,
}

impl Unfreezing {
    /// The phases for `groups` groups; the last one, where all learn, has `epochs` epochs.
    pub fn phases(self, groups: usize, epochs: usize) -> Vec<PhaseRecipe> {
        let phase = |unfreeze, only, epochs| PhaseRecipe {
            unfreeze,
            only,
            epochs,
            lr: None,
            schedule: None,
        };
        let top = |n: usize| phase(Some(Unfreeze::Top(n)), None, 1);
        let single = |n: usize| phase(None, Some(n), 1);
        let all = phase(Some(Unfreeze::All), None, epochs);
        match self {
            Self::Gradual => (1..groups).map(top).chain([all]).collect(),
            Self::Full => vec![all],
            Self::Last => vec![phase(Some(Unfreeze::Top(1)), None, epochs)],
            Self::ChainThaw => {
                std::iter::once(1).chain((1..=groups).rev()).map(single).chain([all]).collect()
            }
        }
    }
}

impl TrainingRecipe {
    /// Replaces the phases by those of `how`, with the same sum of epochs as long as each phase has
    /// at least one.
    ///
    /// Groups that are trained alone have the stage's rate; where all are trainable, they have the
    /// rate and the schedule of the recipe's last phase.
    pub fn unfreeze(&mut self, how: Unfreezing, groups: usize) {
        let (epochs, last) = (self.all_epochs(), self.phases.pop());
        self.phases = how.phases(groups, 1);
        if let (Some(all), Some(last)) = (self.phases.last_mut(), last)
            && all.unfreeze == Some(Unfreeze::All)
        {
            all.lr = last.lr;
            all.schedule = last.schedule;
        }
        if let [only] = &mut self.phases[..]
            && let Some(lr) = only.lr.take()
        {
            self.lr = lr; // the stage's rate is the only one
        }
        let before = self.all_epochs() - self.last_epochs();
        self.set_last_epochs(epochs.saturating_sub(before).max(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TrainableGroups;
    use crate::recipe::Recipe;
    use ulmfit_ops::Key;

    fn trainable_groups(how: Unfreezing) -> Vec<TrainableGroups> {
        let mut recipe = Recipe::preset("paper-2018").unwrap().train.training;
        recipe.unfreeze(how, 5);
        recipe
            .plan(5, Key::new(1))
            .unwrap()
            .phases
            .into_iter()
            .map(|phase| phase.trainable)
            .collect()
    }

    #[test]
    fn gradual_unfreezing_adds_one_group_at_a_time() {
        let tops: Vec<TrainableGroups> = (1..=5).map(|top| TrainableGroups::top(5, top)).collect();
        assert_eq!(trainable_groups(Unfreezing::Gradual), tops);
    }

    #[test]
    fn chain_thaw_visits_every_group_alone() {
        let alone = [4, 0, 1, 2, 3, 4].map(|group| TrainableGroups::only(5, group));
        let wanted: Vec<TrainableGroups> =
            alone.into_iter().chain([TrainableGroups::all(5)]).collect();
        assert_eq!(trainable_groups(Unfreezing::ChainThaw), wanted);
    }

    #[test]
    fn last_and_full_are_single_phases() {
        assert_eq!(trainable_groups(Unfreezing::Last), [TrainableGroups::top(5, 1)]);
        assert_eq!(trainable_groups(Unfreezing::Full), [TrainableGroups::all(5)]);
    }

    #[test]
    fn another_schedule_keeps_epochs_and_rates() {
        use Unfreezing::{ChainThaw, Full, Gradual, Last};
        let default = Recipe::preset("default").unwrap().train.training;
        for (how, first, last) in
            [(Gradual, 0.02, 0.01), (Full, 0.01, 0.01), (Last, 0.02, 0.02), (ChainThaw, 0.02, 0.01)]
        {
            let mut recipe = default.clone();
            recipe.unfreeze(how, 5);
            assert_eq!(recipe.all_epochs(), default.all_epochs(), "{how:?}");
            let rates = |recipe: &TrainingRecipe| {
                let phases = recipe.plan(5, Key::new(1)).unwrap().phases;
                [&phases[0], &phases[phases.len() - 1]].map(|phase| phase.rates[4].to_bits())
            };
            assert_eq!(rates(&recipe), [first, last].map(f64::to_bits), "{how:?}");
            recipe.set_lr(2.0 * first);
            assert_eq!(rates(&recipe), [2.0 * first, 2.0 * last].map(f64::to_bits), "{how:?}");
        }
        let mut without_phases = TrainingRecipe { phases: Vec::new(), epochs: 7, ..default };
        without_phases.unfreeze(Gradual, 5);
        assert_eq!(without_phases.all_epochs(), 7);
    }
}
