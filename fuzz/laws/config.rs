//! What holds for any text as a recipe, and as the `config.json` of a model.

use ulmfit::Key;
use ulmfit::stages::{ModelConfig, Recipe};

/// Panics where a law is broken.
pub(crate) fn hold(text: &str) {
    match Recipe::parse(text) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(recipe) => {
            for stage in [&recipe.pretrain, &recipe.finetune, &recipe.train] {
                for groups in 1..=5 {
                    if let Ok(plan) = stage.plan(groups, Key::new(0)) {
                        assert!(plan.phases.iter().all(|phase| phase.rates.len() == groups));
                    }
                }
            }
        }
    }
    if let Ok(config) = serde_json::from_str::<ModelConfig>(text) {
        let json = serde_json::to_string(&config).expect("finite numbers and strings");
        assert_eq!(serde_json::from_str::<ModelConfig>(&json).expect("what was written"), config);
    }
}
