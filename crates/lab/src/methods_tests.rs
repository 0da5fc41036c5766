use super::*;
use ulmfit::model::TrainableGroups;
use ulmfit::recipe::ClassifierData;
use ulmfit::train::Phase;
use ulmfit_ops::Key;

const GROUPS: usize = 5;

fn paper() -> Recipe {
    Recipe::preset("paper-2018").unwrap()
}

fn classifier(name: &str) -> (TrainingRecipe, Vec<Phase>) {
    let stage = Method::named(name).unwrap().classifier_recipe(&paper().train, GROUPS);
    assert!(stage.check().is_ok(), "{name}");
    let stage = stage.training;
    let phases = stage.plan(GROUPS, Key::new(1)).unwrap().phases;
    (stage, phases)
}

/// Neither little nor much.
const TOKENS: usize = 1_000_000;

fn language(name: &str) -> Option<TrainingRecipe> {
    let none = Overrides::default();
    Method::named(name)
        .unwrap()
        .language_recipe(&paper(), &none, TOKENS)
        .map(|stage| stage.training)
}

fn rates(found: &[f64], wanted: [f64; GROUPS]) {
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() < 1e-12, "{found} {wanted}");
    }
}

/// The last row of each table is what the recipe of the paper says.
#[test]
fn ulmfit_is_the_papers_recipe() {
    let recipe = paper();
    let [ulmfit, as_it_is] = ["ulmfit", "recipe"].map(|name| classifier(name).1);
    assert_eq!(ulmfit, as_it_is);
    let plan = |stage: &TrainingRecipe| stage.plan(4, Key::new(1)).unwrap();
    assert_eq!(plan(&language("ulmfit").unwrap()), plan(&recipe.finetune.training));
}

/// Section 5 of the paper, "Impact of classifier fine-tuning".
#[test]
fn rates_are_those_of_table_7() {
    let flat = |rate| [rate; GROUPS];
    let steps: Vec<f64> = (0..5).map(|n| 0.01 / 2.6_f64.powi(4 - n)).collect();
    for name in ["from-scratch", "full", "last", "freez", "freez-stlr", "freez-cos"] {
        classifier(name).1.iter().for_each(|phase| rates(&phase.rates, flat(0.001)));
    }
    for name in ["full-discr", "freez-discr", "ulmfit", "multi-task"] {
        classifier(name)
            .1
            .iter()
            .for_each(|phase| rates(&phase.rates, steps.clone().try_into().unwrap()));
    }
    let chain = [0.0001, 0.0001, 0.0001, 0.0001, 0.001];
    classifier("chain-thaw").1.iter().for_each(|phase| rates(&phase.rates, chain));
}

#[test]
fn courses_are_those_of_table_7() {
    let course =
        |name: &str| classifier(name).1.into_iter().map(|p| p.schedule).collect::<Vec<_>>();
    for name in ["from-scratch", "full", "full-discr", "last", "freez", "freez-discr", "chain-thaw"]
    {
        let constant = |s: &ScheduleConfig| matches!(s, ScheduleConfig::Constant(_));
        assert!(course(name).iter().all(constant), "{name}");
    }
    for name in ["freez-stlr", "ulmfit"] {
        let slanted = ScheduleConfig::Slanted(Slanted::default());
        assert!(course(name).iter().all(|schedule| *schedule == slanted), "{name}");
    }
    assert!(course("freez-cos").iter().all(|s| *s == ScheduleConfig::Cosine(COSINE)));
}

#[test]
fn layers_learn_when_table_7_says() {
    let trainable =
        |name: &str| classifier(name).1.into_iter().map(|p| p.trainable).collect::<Vec<_>>();
    let gradual: Vec<TrainableGroups> =
        (1..=GROUPS).map(|top| TrainableGroups::top(GROUPS, top)).collect();
    for name in ["ulmfit", "freez", "freez-discr", "freez-stlr", "freez-cos"] {
        assert_eq!(trainable(name), gradual, "{name}");
    }
    for name in ["from-scratch", "no-pretraining", "full", "full-discr", "multi-task"] {
        assert_eq!(trainable(name), [TrainableGroups::all(GROUPS)], "{name}");
    }
    assert_eq!(trainable("last"), [TrainableGroups::top(GROUPS, 1)]);
    let alone = [4, 0, 1, 2, 3, 4].map(|group| TrainableGroups::only(GROUPS, group));
    assert_eq!(trainable("chain-thaw"), [&alone[..], &[TrainableGroups::all(GROUPS)]].concat());
}

/// No row learns longer than another.
#[test]
fn all_rows_have_the_same_epochs() {
    let none = Overrides::default();
    for method in METHODS {
        for name in ["paper-2018", "default", "fastai-2"] {
            let mut recipe = Recipe::preset(name).unwrap();
            // this many tokens that the default recipe reads them less often
            let data = ClassifierData { documents: 20_000, tokens: 6_000_000, lm_tokens: None };
            recipe.train = recipe.train.resolve(&none, &data, GROUPS);
            let found = method.classifier_recipe(&recipe.train, GROUPS).training.all_epochs();
            let least = if method.name == "chain-thaw" { GROUPS + 2 } else { GROUPS };
            assert_eq!(
                found,
                recipe.train.training.all_epochs().max(least),
                "{} of {name}",
                method.name
            );
            if let Some(stage) = method.language_recipe(&recipe, &none, TOKENS) {
                let found = stage.training.all_epochs();
                assert_eq!(found, recipe.finetune.training.all_epochs(), "{}", method.name);
            }
        }
    }
}

#[test]
fn language_models_are_those_of_tables_4_to_6() {
    let (full, discr, stlr) = (
        language("lm-full").unwrap(),
        language("lm-full-discr").unwrap(),
        language("ulmfit").unwrap(),
    );
    let factor = GroupRates::Factor(2.6);
    assert_eq!([&full.rates, &discr.rates, &stlr.rates], [&GroupRates::Uniform, &factor, &factor]);
    let constant = ScheduleConfig::Constant(Constant::default());
    assert_eq!((&full.schedule, &discr.schedule), (&constant, &constant));
    assert_eq!(stlr.schedule, ScheduleConfig::Slanted(Slanted::default()));
    for name in ["lm-none", "from-scratch", "multi-task"] {
        assert_eq!(language(name), None, "{name}");
    }
    rates(&classifier("no-pretraining").1[0].rates, [0.001; GROUPS]);
    let untrained = language("no-pretraining").unwrap();
    assert_eq!((untrained.rates, untrained.schedule), (GroupRates::Uniform, stlr.schedule));
    let little = |name, tokens| {
        let recipe = Recipe::preset("default").unwrap();
        Method::named(name)
            .unwrap()
            .language_recipe(&recipe, &Overrides::default(), tokens)
            .map(|stage| stage.training.epochs)
    };
    let epochs = |tokens| ["ulmfit", "no-pretraining"].map(|name| little(name, tokens));
    assert_eq!(epochs(13_500), [Some(4), None], "random weights do no worse");
    assert_eq!(epochs(54_000), [Some(4), Some(13)], "300 updates at least");
    let vanilla = (language("vanilla-lm").unwrap(), classifier("vanilla-lm").0);
    assert_eq!([vanilla.0.dropouts(), vanilla.1.dropouts()], [DropoutConfig::NONE; 2]);
    let plan = |stage: &TrainingRecipe| stage.plan(GROUPS, Key::new(1)).unwrap();
    assert_eq!(plan(&vanilla.1), plan(&classifier("ulmfit").0));
}

#[test]
fn a_wrong_name_is_answered_with_the_right_ones() {
    let hint = Method::named("frozen").unwrap_err().hint().unwrap();
    assert!(METHODS.iter().all(|method| hint.contains(method.name)), "{hint}");
    let both = Method::named("both").unwrap();
    assert!(both.directions(&[Direction::Forward]).is_err());
    assert_eq!(PAPER.directions(&[Direction::Backward]).unwrap(), [Direction::Backward]);
}
