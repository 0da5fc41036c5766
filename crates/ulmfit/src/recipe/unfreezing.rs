//! Which groups of a classifier learn when.

use super::stage_recipe::{All, PhaseRecipe, StageRecipe, Unfreeze};

/// Of the rate with which all groups of a pretrained network learn: with more, networks that know
/// nothing are unstable where there are few rows (lab book, 2026-11-23).
const RATE_FROM_SCRATCH: f64 = 0.3;

/// The ways of Howard & Ruder 2018, table 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfreezing {
    /// The highest group for an epoch, then one more each epoch, at last all (section 3.3).
    Gradual,
    /// All from the start.
    Full,
    /// Only the highest.
    Last,
    /// The highest, then every group by itself from the lowest up, then all (Felbo et al. 2017).
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
        let all = phase(Some(Unfreeze::Word(All::All)), None, epochs);
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

impl StageRecipe {
    /// Replaces the recipe's phases by those of `how`, with the same sum of epochs as long as each
    /// phase has one.
    ///
    /// Groups that learn alone do so with the stage's rate, all of them together with the
    /// rate and the course of the recipe's last phase.
    pub fn set_unfreezing(&mut self, how: Unfreezing, groups: usize) {
        (self.from_scratch_below, self.few) = (None, None);
        let (epochs, last) = (self.all_epochs(), self.phase.pop());
        self.phase = how.phases(groups, 1);
        if let (Some(all), Some(last)) = (self.phase.last_mut(), last)
            && all.unfreeze == Some(Unfreeze::Word(All::All))
        {
            (all.lr, all.schedule) = (last.lr, last.schedule);
        }
        if let [only] = &mut self.phase[..] {
            self.lr = only.lr.take().unwrap_or(self.lr); // the stage's rate is the only one
        }
        self.set_all_epochs(epochs);
    }

    /// The recipe for a network that has nothing to lose: all groups learn from the start, with one
    /// rate, for the sum of its epochs.
    #[must_use]
    pub fn from_scratch(&self) -> Self {
        let mut scratch = self.all_at_once();
        (scratch.lr_factor, scratch.lr_groups) = (None, None);
        scratch.set_lr(scratch.lr * RATE_FROM_SCRATCH);
        scratch
    }

    /// The recipe with all groups learning from the start, with the rate of its last phase.
    pub(crate) fn all_at_once(&self) -> Self {
        let mut recipe = self.clone();
        recipe.set_unfreezing(Unfreezing::Full, 1);
        recipe
    }

    /// Epochs of all phases.
    pub fn all_epochs(&self) -> usize {
        if self.phase.is_empty() {
            return self.epochs;
        }
        self.phase.iter().map(|phase| phase.epochs).sum()
    }

    /// Sets the epochs of the last phase so that all together have `epochs`; it has one at least.
    fn set_all_epochs(&mut self, epochs: usize) {
        let before = self.all_epochs() - self.last_epochs();
        let last = self.phase.last_mut().map_or(&mut self.epochs, |last| &mut last.epochs);
        *last = epochs.saturating_sub(before).max(1);
    }

    /// Sets the epochs of the last phase, however many or few tokens they are.
    pub fn set_epochs(&mut self, epochs: usize) {
        (self.max_tokens, self.min_updates, self.no_base) = (None, None, None);
        match self.phase.last_mut() {
            Some(last) => last.epochs = epochs,
            None => self.epochs = epochs,
        }
    }

    /// Sets the rows of a batch, however few there are.
    pub fn set_batch_size(&mut self, rows: usize) {
        (self.batch_size, self.min_batches) = (rows, None);
    }

    /// Sets the peak rate; those of phases keep their proportion to it.
    pub fn set_lr(&mut self, lr: f64) {
        let factor = lr / self.lr;
        self.lr = lr;
        (self.from_scratch_below, self.no_base, self.few) = (None, None, None);
        self.phase.iter_mut().filter_map(|phase| phase.lr.as_mut()).for_each(|lr| *lr *= factor);
    }

    pub(crate) fn last_epochs(&self) -> usize {
        self.phase.last().map_or(self.epochs, |phase| phase.epochs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Learn;
    use ulmfit_ops::Key;

    fn learning(how: Unfreezing) -> Vec<Learn> {
        let mut recipe = crate::recipe::stage_recipe::Recipe::preset("paper-2018").unwrap().train;
        recipe.set_unfreezing(how, 5);
        recipe.plan(5, Key::new(1)).unwrap().phases.into_iter().map(|phase| phase.learn).collect()
    }

    #[test]
    fn gradual_unfreezing_adds_one_group_at_a_time() {
        let tops: Vec<Learn> = (1..=5).map(|top| Learn::top(5, top)).collect();
        assert_eq!(learning(Unfreezing::Gradual), tops);
    }

    #[test]
    fn chain_thaw_visits_every_group_alone() {
        let alone = [4, 0, 1, 2, 3, 4].map(|group| Learn::only(5, group));
        let wanted: Vec<Learn> = alone.into_iter().chain([Learn::all(5)]).collect();
        assert_eq!(learning(Unfreezing::ChainThaw), wanted);
    }

    #[test]
    fn from_scratch_everything_learns_as_long_as_the_recipe_says() {
        let recipe = crate::recipe::stage_recipe::Recipe::preset("default").unwrap().train;
        let plan = recipe.from_scratch().plan(5, Key::new(1)).unwrap();
        assert_eq!(plan.epochs(), recipe.all_epochs());
        assert_eq!(plan.phases.len(), 1);
        assert_eq!(plan.phases[0].learn, Learn::all(5));
        assert!(plan.phases[0].rates.iter().all(|rate| (rate - 0.003).abs() < 1e-12));
    }

    #[test]
    fn what_is_chosen_by_hand_also_holds_from_scratch() {
        let recipe = crate::recipe::stage_recipe::Recipe::preset("default").unwrap().train;
        assert!(recipe.from_scratch_below.is_some());
        let changes: [fn(&mut StageRecipe); 3] = [
            |recipe| recipe.set_lr(0.1),
            |recipe| recipe.set_lr_factor(2.0),
            |recipe| recipe.set_unfreezing(Unfreezing::Last, 5),
        ];
        for change in changes {
            let mut recipe = recipe.clone();
            change(&mut recipe);
            assert_eq!(recipe.from_scratch_below, None);
        }
    }

    #[test]
    fn another_way_of_unfreezing_keeps_epochs_and_rates() {
        use Unfreezing::{ChainThaw, Full, Gradual, Last};
        let default = crate::recipe::stage_recipe::Recipe::preset("default").unwrap().train;
        for (how, first, last) in
            [(Gradual, 0.02, 0.01), (Full, 0.01, 0.01), (Last, 0.02, 0.02), (ChainThaw, 0.02, 0.01)]
        {
            let mut recipe = default.clone();
            recipe.set_unfreezing(how, 5);
            assert_eq!(recipe.all_epochs(), default.all_epochs(), "{how:?}");
            let rates = |recipe: &StageRecipe| {
                let phases = recipe.plan(5, Key::new(1)).unwrap().phases;
                [&phases[0], &phases[phases.len() - 1]].map(|phase| phase.rates[4].to_bits())
            };
            assert_eq!(rates(&recipe), [first, last].map(f64::to_bits), "{how:?}");
            recipe.set_lr(2.0 * first);
            assert_eq!(rates(&recipe), [2.0 * first, 2.0 * last].map(f64::to_bits), "{how:?}");
        }
        let mut without_phases = StageRecipe { phase: Vec::new(), epochs: 7, ..default };
        without_phases.set_unfreezing(Gradual, 5);
        assert_eq!(without_phases.all_epochs(), 7);
    }

    #[test]
    fn last_and_full_are_single_phases() {
        assert_eq!(learning(Unfreezing::Last), [Learn::top(5, 1)]);
        assert_eq!(learning(Unfreezing::Full), [Learn::all(5)]);
    }
}
