//! The rows of Howard & Ruder 2018, tables 4 to 7, as changes to a recipe.
//!
//! A row changes what it names and nothing else: batch size, dropout and the total number of epochs
//! are the recipe's. Learning rates keep the paper's proportions: discriminative rates have the
//! recipe's peak (the paper's 0.01), all others a tenth of it (0.001), chain-thaw a tenth for the
//! highest group and a hundredth (0.0001) for those below. On a language model that has read only
//! these texts, all groups are trained at once with one rate, since few labels are not learned
//! otherwise (lab book, 2026-11-24 and 26). Unlike in the paper, no row stops early unless the
//! recipe says so and there is a separate test set.

use ulmfit::Error;
use ulmfit::model::DropoutConfig;
use ulmfit::recipe::{
    ClassifierRecipe, LmRecipe, LmStart, Overrides, Rates as GroupRates, Recipe, TrainingRecipe,
    Unfreezing,
};
use ulmfit::schedule::{Constant, Cosine, ScheduleConfig, Slanted};
use ulmfit::text::Direction;

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Method {
    /// What `--rows` calls it.
    pub name: &'static str,
    /// Tables of the paper that have this row.
    pub tables: &'static str,
    /// What it is, in words.
    pub title: &'static str,
    pub(crate) language: Language,
    pub(crate) classifier: Classifier,
    pub(crate) reading: Reading,
    /// Whether anything is dropped anywhere.
    pub(crate) dropout: bool,
}

/// Where the language model comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// Random weights.
    Random,
    /// That of the base.
    Base,
    /// Random weights that learn the target texts, if these are enough.
    Trained(Tuning),
    /// That of the base, which learns the target texts.
    FineTuned(Tuning),
}

/// How it learns the target texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tuning {
    /// All layers with one constant rate.
    Full,
    /// The same with discriminative rates.
    Discr,
    /// The same with slanted triangles, too: the paper's.
    Stlr,
    /// As the recipe has it.
    Recipe,
}

/// How the classifier learns its labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Classifier {
    /// By a way of unfreezing, with rates and their course.
    Tuned(Unfreezing, Rates, RateSchedule),
    /// One rate for the highest group, a tenth of it for the others.
    ChainThaw,
    /// All layers, with the language model's loss beside the labels'.
    MultiTask,
    /// Only a head, on all layers of the frozen language model.
    Hypercolumns,
    /// As the recipe has it.
    Recipe,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rates {
    /// One for all groups.
    One,
    /// Lower groups learn more slowly.
    Discr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RateSchedule {
    Constant,
    Stlr,
    Cosine,
}

/// Which way the text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// The first network of the base: forward if it has one.
    First,
    /// Backward.
    Backward,
    /// Both ways; probabilities are averaged.
    Both,
}

const PAPER: Method = Method {
    name: "ulmfit",
    tables: "4 5 6 7",
    title: "ULMFiT: gradual unfreezing, discriminative rates, slanted triangles",
    language: Language::FineTuned(Tuning::Stlr),
    classifier: Classifier::Tuned(Unfreezing::Gradual, Rates::Discr, RateSchedule::Stlr),
    reading: Reading::First,
    dropout: true,
};

const fn language(
    name: &'static str,
    tables: &'static str,
    title: &'static str,
    language: Language,
) -> Method {
    Method { name, tables, title, language, ..PAPER }
}

const fn table7(name: &'static str, title: &'static str, classifier: Classifier) -> Method {
    Method { name, tables: "7", title, classifier, ..PAPER }
}

const fn tuned(how: Unfreezing, rates: Rates, course: RateSchedule) -> Classifier {
    Classifier::Tuned(how, rates, course)
}

use Classifier::{ChainThaw, Hypercolumns, MultiTask};
use RateSchedule::{Constant as Flat, Cosine as Cos, Stlr};
use Rates::{Discr, One};
use Unfreezing::{Full, Gradual, Last};

/// All rows, in the order of the table.
pub const METHODS: [Method; 20] = [
    PAPER,
    language(
        "no-pretraining",
        "4",
        "ULMFiT on a language model of these texts alone",
        Language::Trained(Tuning::Stlr),
    ),
    Method {
        dropout: false,
        ..language("vanilla-lm", "5", "ULMFiT without dropout", PAPER.language)
    },
    language("lm-none", "6", "ULMFiT without fine-tuning the language model", Language::Base),
    language(
        "lm-full",
        "6",
        "language model fine-tuned at one constant rate",
        Language::FineTuned(Tuning::Full),
    ),
    language(
        "lm-full-discr",
        "6",
        "language model fine-tuned with discriminative rates",
        Language::FineTuned(Tuning::Discr),
    ),
    Method {
        language: Language::Random,
        ..table7(
            "from-scratch",
            "all layers from random weights, one constant rate",
            tuned(Full, One, Flat),
        )
    },
    table7("full", "all layers at once, one constant rate", tuned(Full, One, Flat)),
    table7("full-discr", "all layers at once, discriminative rates", tuned(Full, Discr, Flat)),
    table7("last", "head only", tuned(Last, One, Flat)),
    table7("chain-thaw", "one layer after the other, then all (chain-thaw)", ChainThaw),
    table7("freez", "gradual unfreezing, one constant rate", tuned(Gradual, One, Flat)),
    table7("freez-discr", "gradual unfreezing, discriminative rates", tuned(Gradual, Discr, Flat)),
    table7("freez-stlr", "gradual unfreezing, slanted triangles", tuned(Gradual, One, Stlr)),
    table7("freez-cos", "gradual unfreezing, cosine schedule", tuned(Gradual, One, Cos)),
    Method {
        name: "backward",
        tables: "-",
        title: "ULMFiT, backward",
        reading: Reading::Backward,
        ..PAPER
    },
    Method {
        name: "both",
        tables: "-",
        title: "ULMFiT, both directions",
        reading: Reading::Both,
        ..PAPER
    },
    Method {
        tables: "-",
        ..table7("hypercolumns", "head on all layers of the frozen language model", Hypercolumns)
    },
    Method {
        name: "multi-task",
        tables: "-",
        title: "classifier and language model trained together",
        language: Language::Base,
        classifier: MultiTask,
        ..PAPER
    },
    Method {
        name: "recipe",
        tables: "-",
        title: "the recipe as it is, unchanged",
        language: Language::FineTuned(Tuning::Recipe),
        classifier: Classifier::Recipe,
        ..PAPER
    },
];

/// The paper's cosine: "aggressive", without a climb (Loshchilov & Hutter 2017).
const COSINE: Cosine = Cosine { warmup: 0.0, end: 0.0 };
/// The paper's rates without discrimination, over those with it: 0.001 of 0.01.
const UNDISCRIMINATED: f64 = 0.1;

impl Method {
    /// The row of this name.
    ///
    /// # Errors
    /// [`Error::Usage`] lists the names there are.
    pub fn named(name: &str) -> Result<Self, Error> {
        METHODS.iter().find(|method| method.name == name).copied().ok_or_else(|| {
            let names: Vec<&str> = METHODS.iter().map(|method| method.name).collect();
            let message = format!("there is no row `{name}`");
            Error::Usage { message, hint: Some(format!("known rows: {}", names.join(", "))) }
        })
    }

    /// Directions it reads in, of those that a base has.
    ///
    /// # Errors
    /// [`Error::Usage`] when the base lacks one.
    pub fn directions(&self, base: &[Direction]) -> Result<Vec<Direction>, Error> {
        let wanted = match self.reading {
            Reading::First if base.contains(&Direction::Forward) => vec![Direction::Forward],
            Reading::First => base[..1].to_vec(),
            Reading::Backward => vec![Direction::Backward],
            Reading::Both => vec![Direction::Forward, Direction::Backward],
        };
        if let Some(missing) = wanted.iter().find(|direction| !base.contains(direction)) {
            let message = format!("row `{}`: the base model has no {missing} network", self.name);
            let hint = Some("leave it out, or pretrain in both directions".into());
            return Err(Error::Usage { message, hint });
        }
        Ok(wanted)
    }

    /// Stage 2 of this row on this many tokens; `None` if there is none, or if they are too few to start
    /// from scratch.
    pub fn language_recipe(
        &self,
        recipe: &Recipe,
        by_hand: &Overrides,
        tokens: usize,
    ) -> Option<LmRecipe> {
        let (Language::Trained(tuning) | Language::FineTuned(tuning)) = self.language else {
            return None;
        };
        let start = match self.language {
            Language::Trained(_) => LmStart::Random,
            _ => LmStart::AsWritten,
        };
        let mut stage = recipe.finetune.resolve(by_hand, start, tokens)?;
        let training = &mut stage.training;
        if tuning != Tuning::Recipe {
            training.epochs = training.all_epochs();
            training.phases = Vec::new();
            training.schedule = course(match tuning {
                Tuning::Stlr => RateSchedule::Stlr,
                _ => RateSchedule::Constant,
            });
        }
        if tuning == Tuning::Full {
            training.rates = GroupRates::Uniform;
        }
        self.drop(training);
        Some(stage)
    }

    /// Stage 3 of this row for a network of `groups` groups, from a recipe that was resolved.
    pub fn classifier_recipe(&self, recipe: &ClassifierRecipe, groups: usize) -> ClassifierRecipe {
        let mut stage = recipe.clone();
        let training = &mut stage.training;
        let mut tune = |how, rates, along| {
            training.unfreeze(how, groups);
            training.schedule = course(along);
            training.phases.iter_mut().for_each(|phase| phase.schedule = None);
            if rates == Rates::One {
                training.set_lr(training.lr * UNDISCRIMINATED);
                training.rates = GroupRates::Uniform;
            }
        };
        match (self.classifier, self.language) {
            (Classifier::Tuned(_, _, along), Language::Trained(_)) => {
                tune(Unfreezing::Full, Rates::One, along);
            }
            (Classifier::Tuned(how, rates, along), _) => tune(how, rates, along),
            (Classifier::ChainThaw, _) => {
                tune(Unfreezing::ChainThaw, Rates::One, RateSchedule::Constant);
                let mut factors = vec![UNDISCRIMINATED; groups];
                factors[groups - 1] = 1.0;
                training.rates = GroupRates::Groups(factors);
            }
            (Classifier::MultiTask, _) => {
                tune(Unfreezing::Full, Rates::Discr, RateSchedule::Stlr);
                stage.lm_weight = if stage.lm_weight > 0.0 { stage.lm_weight } else { 1.0 };
            }
            (Classifier::Hypercolumns, _) => {
                tune(Unfreezing::Full, Rates::Discr, RateSchedule::Stlr);
                training.rates = GroupRates::Uniform; // it is a single group
            }
            (Classifier::Recipe, _) => {}
        }
        self.drop(&mut stage.training);
        stage
    }

    fn drop(&self, training: &mut TrainingRecipe) {
        if !self.dropout {
            training.dropout = DropoutConfig::NONE;
        }
    }
}

fn course(course: RateSchedule) -> ScheduleConfig {
    match course {
        RateSchedule::Constant => ScheduleConfig::Constant(Constant::default()),
        RateSchedule::Stlr => ScheduleConfig::Slanted(Slanted::default()),
        RateSchedule::Cosine => ScheduleConfig::Cosine(COSINE),
    }
}

#[cfg(test)]
#[path = "methods_tests.rs"]
mod tests;
