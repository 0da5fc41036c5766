//! The changes that the rules for little and much data have made, in words.

use super::overrides::Overrides;
use super::training::{Rates, TrainingRecipe};
use super::{ClassifierRecipe, LmRecipe};
use std::fmt::Display;

impl LmRecipe {
    /// What differs between this recipe and `resolved`, if anything.
    pub fn changes(&self, resolved: &Self) -> Option<String> {
        let (before, now) = (&self.training, &resolved.training);
        let less = now.all_epochs() < before.all_epochs();
        describe(if less { "long texts" } else { "little text" }, before, now)
    }
}

impl LmRecipe {
    /// The same, without explicit settings.
    pub fn changes_by_rules(&self, by_hand: &Overrides, resolved: &Self) -> Option<String> {
        self.overridden(by_hand, 0).changes(resolved)
    }
}

impl ClassifierRecipe {
    /// What differs between this recipe and `resolved`, if anything.
    pub fn changes(&self, resolved: &Self) -> Option<String> {
        let (before, now) = (&self.training, &resolved.training);
        let less = now.all_epochs() < before.all_epochs();
        describe(if less { "long texts" } else { "few examples" }, before, now)
    }
}

fn describe(reason: &str, before: &TrainingRecipe, now: &TrainingRecipe) -> Option<String> {
    let changes = [
        phases(before, now),
        changed("a learning rate of", before.lr, now.lr),
        epochs(before.all_epochs(), now.all_epochs()),
        changed("batches of", before.batch_size, now.batch_size),
        changed("dropout times", before.drop_mult, now.drop_mult),
        factor(before).zip(factor(now)).and_then(|(before, now)| {
            changed("a factor between the rates of layers of", before, now)
        }),
    ];
    let changes: Vec<String> = changes.into_iter().flatten().collect();
    (!changes.is_empty()).then(|| format!("{reason}: {}", changes.join(", ")))
}

fn phases(before: &TrainingRecipe, now: &TrainingRecipe) -> Option<String> {
    let at_once = before.phases.len() > 1 && now.phases.len() == 1;
    at_once.then(|| "all layers at once".to_owned())
}

fn epochs(before: usize, now: usize) -> Option<String> {
    let unit = if now == 1 { "epoch" } else { "epochs" };
    (before != now).then(|| format!("{now} {unit} instead of {before}"))
}

fn factor(recipe: &TrainingRecipe) -> Option<f64> {
    match recipe.rates {
        Rates::Factor(factor) => Some(factor),
        _ => None,
    }
}

fn changed<N: PartialEq + Display + Copy>(what: &str, before: N, now: N) -> Option<String> {
    (before != now).then(|| format!("{what} {now} instead of {before}"))
}
