//! Resolved recipes, for little and for much data, and with explicit settings.

#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "tests")]

use super::*;
use crate::data::labels::LabelKind;
use crate::model::TrainableGroups;
use ulmfit_ops::Key;

const GROUPS: usize = 5;

fn lm() -> LmRecipe {
    Recipe::preset("default").unwrap().finetune
}

fn classifier() -> ClassifierRecipe {
    Recipe::preset("default").unwrap().train
}

fn by_hand(set: impl FnOnce(&mut Overrides)) -> Overrides {
    let mut overrides = Overrides::default();
    set(&mut overrides);
    overrides
}

fn on_base(recipe: &LmRecipe, hand: &Overrides, tokens: usize) -> LmRecipe {
    recipe.resolve(hand, LmStart::AsWritten, tokens).unwrap()
}

fn documents(documents: usize, tokens: usize) -> ClassifierData {
    ClassifierData { documents, tokens, lm_tokens: None }
}

#[test]
fn long_texts_are_read_less_often_and_short_ones_more() {
    let mut recipe = lm();
    let training = &mut recipe.training;
    (training.epochs, training.batch_size, training.bptt) = (10, 2, 5);
    (training.max_tokens, training.min_updates) = (Some(1000), Some(25));
    for (tokens, epochs) in
        [(0, 25), (10, 25), (11, 13), (30, 10), (101, 9), (400, 2), (1000, 1), (5000, 1)]
    {
        let found = on_base(&recipe, &Overrides::default(), tokens).training.epochs;
        assert_eq!(found, epochs, "{tokens} tokens");
    }
    let three = by_hand(|hand| hand.epochs = Some(3));
    let epochs = |tokens| on_base(&recipe, &three, tokens).training.epochs;
    assert_eq!([0, 1 << 40].map(epochs), [3, 3]);
}

#[test]
fn text_that_is_read_once_needs_less_dropout_and_spares_the_lower_layers_less() {
    let recipe = lm();
    let once = recipe.read_once.unwrap();
    let numbers = |recipe: &LmRecipe, hand: &Overrides, tokens| {
        let resolved = on_base(recipe, hand, tokens).training;
        (Some(resolved.drop_mult), resolved.rates)
    };
    let none = Overrides::default();
    let usual = (Some(recipe.training.drop_mult), recipe.training.rates.clone());
    let once_rates = Rates::Factor(once.lr_factor.unwrap());
    for tokens in [1000, 1_500_000] {
        assert_eq!(numbers(&recipe, &none, tokens), usual);
    }
    assert_eq!(numbers(&recipe, &none, 1 << 30), (once.drop_mult, once_rates));
    let words = "long texts: 1 epoch instead of 4, dropout times 0.2 instead of 0.7, \
                 a factor between the rates of layers of 1.5 instead of 2.6";
    assert_eq!(recipe.changes(&on_base(&recipe, &none, 1 << 30)).as_deref(), Some(words));

    let hand = by_hand(|hand| (hand.drop_mult, hand.lr_factor) = (Some(0.5), Some(2.0)));
    assert_eq!(numbers(&recipe, &hand, 1 << 30), (Some(0.5), Rates::Factor(2.0)));
    let mut even = recipe.clone();
    even.training.rates = Rates::Uniform;
    assert_eq!(numbers(&even, &none, 1 << 30), (once.drop_mult, Rates::Uniform));
    let one = by_hand(|hand| hand.epochs = Some(1));
    assert_eq!(numbers(&recipe, &one, 1 << 30), usual, "its epochs were set by hand");
    let mut bad = recipe;
    bad.read_once = Some(ReadOnce { drop_mult: Some(20.0), lr_factor: None });
    assert!(bad.check().is_err());
}

#[test]
fn without_a_base_little_text_is_read_often_or_not_at_all() {
    let mut recipe = lm();
    let training = &mut recipe.training;
    (training.batch_size, training.bptt, training.max_tokens) = (10, 10, None);
    recipe.no_base = Some(NoBase { random_below: 1000, min_updates: 300 });
    let epochs = |hand: &Overrides, tokens| {
        let resolved = recipe.resolve(hand, LmStart::Random, tokens)?.training;
        Some((resolved.epochs, resolved.rates))
    };
    let none = Overrides::default();
    let uniform = |epochs| Some((epochs, Rates::Uniform));
    let found = [999, 1000, 5000, 10_000].map(|tokens| epochs(&none, tokens));
    assert_eq!(found, [None, uniform(30), uniform(6), uniform(4)]);
    for hand in [by_hand(|hand| hand.epochs = Some(2)), by_hand(|hand| hand.lr = Some(0.01))] {
        assert!(epochs(&hand, 10).is_some(), "it is to be trained");
    }
    let rates = on_base(&recipe, &none, 10_000).training.rates;
    assert_eq!(rates, recipe.training.rates, "with a base");
}

#[test]
fn few_documents_come_in_small_batches() {
    let mut recipe = classifier();
    (recipe.training.batch_size, recipe.min_batches) = (32, Some(20));
    (recipe.training.max_tokens, recipe.training.min_updates) = (Some(1000), None);
    recipe.few = None;
    let none = Overrides::default();
    for (n, batch_size) in [(2, 8), (100, 8), (310, 16), (600, 16), (609, 32), (9999, 32)] {
        let resolved = recipe.resolve(&none, &documents(n, 1), GROUPS);
        assert_eq!(resolved.training.batch_size, batch_size, "{n}");
    }
    let epochs = |tokens| -> Vec<usize> {
        let phases = recipe.resolve(&none, &documents(1, tokens), GROUPS).training.phases;
        phases.iter().map(|phase| phase.epochs).collect()
    };
    assert_eq!([10, 400, 5000].map(epochs), [[1, 1, 1, 4], [1, 1, 1, 2], [1, 1, 1, 1]]);
    let three = by_hand(|hand| hand.batch_size = Some(3));
    let small = recipe.resolve(&three, &documents(2, 1), GROUPS);
    assert_eq!(small.training.batch_size, 3, "it was set by hand");
}

#[test]
fn few_documents_teach_all_layers_at_once() {
    let recipe = classifier();
    let few = recipe.few.unwrap();
    let numbers = |hand: &Overrides, n| {
        let resolved = recipe.resolve(hand, &documents(n, 1), GROUPS).training;
        (resolved.phases.len(), resolved.lr, resolved.rates.clone(), resolved.last_epochs())
    };
    let (none, rates) = (Overrides::default(), recipe.training.rates.clone());
    assert_eq!(numbers(&none, 100), (1, few.lr, rates.clone(), 14));
    assert_eq!(numbers(&none, few.below - 1).0, 1);
    assert_eq!(numbers(&none, few.below), (4, recipe.training.lr, rates.clone(), 7));
    let lr = by_hand(|hand| hand.lr = Some(0.1));
    assert_eq!(numbers(&lr, 100), (4, 0.1, rates.clone(), 8), "by hand");
    let gradual = by_hand(|hand| hand.unfreezing = Some(Unfreezing::Gradual));
    let found = recipe.resolve(&gradual, &documents(100, 1), 4).training;
    assert_eq!((found.phases.len(), found.lr), (4, recipe.training.lr), "by hand");
}

#[test]
fn few_documents_are_learned_from_more_often() {
    let mut recipe = classifier();
    recipe.few = None;
    let none = Overrides::default();
    let epochs = |recipe: &ClassifierRecipe, hand: &Overrides, n| {
        recipe.resolve(hand, &documents(n, 1), GROUPS).training.epochs
    };
    for (n, last) in [(100, 8), (500, 8), (1000, 8), (1984, 5), (1985, 4), (9999, 4)] {
        assert_eq!(epochs(&recipe, &none, n), 3 + last, "{n} documents");
    }
    let long = recipe.resolve(&none, &documents(100, 5_000_000), GROUPS);
    assert_eq!(long.training.epochs, 3 + 4, "they are long");
    let accumulated = by_hand(|hand| hand.accumulate = Some(2));
    assert_eq!(epochs(&recipe, &accumulated, 1985), 3 + 8, "two batches make an update");
    let one = by_hand(|hand| hand.epochs = Some(1));
    assert_eq!(epochs(&recipe, &one, 100), 3 + 1, "set by hand");
}

#[test]
fn on_a_language_model_that_knows_nothing_everything_is_trained_slowly() {
    let recipe = classifier();
    let least = recipe.from_scratch_below.unwrap();
    let resolve = |hand: &Overrides, lm_tokens| {
        let data = ClassifierData { lm_tokens, ..documents(5000, 1) };
        recipe.resolve(hand, &data, GROUPS)
    };
    let none = Overrides::default();
    let scratch = resolve(&none, Some(least - 1)).training;
    let plan = scratch.plan(GROUPS, Key::new(1)).unwrap();
    assert_eq!((plan.phases.len(), plan.epochs()), (1, recipe.training.all_epochs()));
    assert_eq!(plan.phases[0].trainable, TrainableGroups::all(GROUPS));
    assert!(plan.phases[0].rates.iter().all(|rate| (rate - 0.003).abs() < 1e-12));
    assert_eq!(recipe.from_scratch().training.lr, scratch.lr);
    let gradual = resolve(&none, None);
    assert_eq!(resolve(&none, Some(least)), gradual, "it has read enough");
    for hand in [
        by_hand(|hand| hand.lr = Some(0.1)),
        by_hand(|hand| hand.lr_factor = Some(2.0)),
        by_hand(|hand| hand.unfreezing = Some(Unfreezing::Last)),
    ] {
        assert_eq!(resolve(&hand, Some(0)), resolve(&hand, None), "set by hand");
    }
}

#[test]
fn what_was_resolved_has_no_rules_left_and_says_what_changed() {
    let (lm, classifier, none) = (lm(), classifier(), Overrides::default());
    assert_eq!(classifier.changes(&classifier), None);
    let few = classifier.resolve(&none, &documents(100, 1000), GROUPS);
    let words = "few examples: all layers at once, a learning rate of 0.005 instead of 0.02, \
                 14 epochs instead of 7, batches of 8 instead of 32";
    assert_eq!(classifier.changes(&few).as_deref(), Some(words));
    let much = on_base(&lm, &none, 1_500_000);
    assert_eq!(lm.changes(&much).as_deref(), Some("long texts: 2 epochs instead of 4"));
    let little = on_base(&lm, &none, 2304);
    assert_eq!(lm.changes(&little).as_deref(), Some("little text: 20 epochs instead of 4"));
    assert_eq!(few.training.epochs, few.training.all_epochs());
    assert_eq!(few.resolve(&none, &documents(1, 1), GROUPS), few);
    let once = on_base(&lm, &none, 1 << 30);
    assert_eq!(on_base(&once, &none, 1), once);
}

#[test]
fn many_labels_and_other_tasks_need_no_pseudo_labels() {
    let mut recipe = classifier();
    recipe.self_training = Some(SelfTraining { below: Some(600), texts: 2000, share: 0.5 });
    let none = Overrides::default();
    let texts = |hand: &Overrides, n, kind| recipe.texts_to_label(hand, n, kind);
    assert_eq!([599, 600].map(|n| texts(&none, n, LabelKind::Single)), [2000, 0]);
    let others = [LabelKind::Multi, LabelKind::Regression];
    assert_eq!(others.map(|kind| texts(&none, 10, kind)), [0, 0]);
    let by_hand = [50, 0].map(|n| by_hand(|hand| hand.self_training = Some(n)));
    assert_eq!(by_hand.map(|hand| texts(&hand, 1 << 30, LabelKind::Single)), [50, 0]);
}
