//! Options of the training of classifiers.

use crate::Error;
use crate::data::labels::{LabelKind, LabelOptions};
use crate::estimate::ClassifierSettings;
use crate::input::SplitFractions;
use crate::model::{AwdLstmConfig, HeadConfig};
use crate::recipe::{ClassifierRecipe, EncoderRecipe, LmRecipe, Overrides, TfIdfRecipe};
use crate::text::{Direction, TextConfig, VocabConfig};
use serde_json::Value;

/// Options of stage 3 that are not hyper-parameters of the recipe.
#[derive(Clone, Debug, Default)]
pub struct ClassifyOptions {
    /// Kind of prediction, and how many labels there may be.
    pub labels: LabelOptions,
    /// Layers of the head.
    pub head: HeadConfig,
    /// Whether rare classes have more weight in the loss.
    pub balance: bool,
    /// Seed of all randomness.
    pub seed: u64,
}

/// Options of [`train`](super::train()).
#[derive(Clone, Debug)]
pub struct TrainOptions {
    /// Reading directions.
    pub directions: Vec<Direction>,
    /// Hyper-parameters.
    pub recipe: ClassifierRecipe,
    /// Hyper-parameters that replace the recipe's.
    pub overrides: Overrides,
    /// Head, class weights, seed, kind of prediction.
    pub classify: ClassifyOptions,
    /// Fractions of the examples to hold out.
    pub shares: SplitFractions,
    /// Folds of a cross-validation that scores all examples; none: those held out are scored.
    pub folds: Option<usize>,
}

impl ClassifyOptions {
    /// Refuses explicit settings that have no effect on labels of this kind.
    ///
    /// # Errors
    /// [`Error::Usage`] for balanced classes with numbers.
    pub(crate) fn check(&self, kind: LabelKind) -> Result<(), Error> {
        if kind == LabelKind::Regression && self.balance {
            let message = "class weights have no effect when numbers are predicted".to_owned();
            return Err(Error::Usage { message, hint: Some("leave it out".into()) });
        }
        Ok(())
    }
}

impl TrainOptions {
    /// Those that the time of a training depends on.
    pub(crate) fn settings(&self) -> ClassifierSettings {
        let Self { directions, recipe, overrides, classify, .. } = self.clone();
        ClassifierSettings { directions, recipe, overrides, head: classify.head }
    }

    /// Refuses explicit settings that have no effect on labels of this kind.
    ///
    /// # Errors
    /// [`Error::Usage`] for label smoothing with anything but one label per text, and for balanced
    /// classes with numbers.
    pub(crate) fn check(&self, kind: LabelKind) -> Result<(), Error> {
        let smoothing = self.overrides.label_smoothing.is_some_and(|share| share > 0.0);
        let message = match kind {
            LabelKind::Multi if smoothing => {
                "label smoothing has no effect with several labels per text"
            }
            LabelKind::Regression if smoothing => {
                "label smoothing has no effect when numbers are predicted"
            }
            _ => return self.classify.check(kind),
        };
        Err(Error::Usage { message: message.into(), hint: Some("leave it out".into()) })
    }
}

/// Options of [`fit`](super::fit()).
#[derive(Clone, Debug)]
pub struct FitOptions {
    /// Stage 3.
    pub train: TrainOptions,
    /// Stage 2; stages 1 and 2 in one if there is no base.
    pub language: LmRecipe,
    /// Hyper-parameters of the language model that replace the recipe's.
    pub lm_overrides: Overrides,
    /// Sizes without a base; the vocabulary's size comes from the texts.
    pub sizes: AwdLstmConfig,
    /// Tokenizer without a base.
    pub text: TextConfig,
    /// Vocabulary of the fine-tuned model.
    pub vocab: VocabConfig,
    /// Parts of a portfolio beside it.
    pub(crate) others: OtherMethods,
}

/// Hyper-parameters of methods without a language model.
#[derive(Clone, Debug)]
pub(crate) struct OtherMethods {
    pub(crate) encoder: EncoderRecipe,
    pub(crate) tfidf: TfIdfRecipe,
}

/// How a classifier was trained.
pub(crate) struct TrainingMethod {
    pub(crate) seed: u64,
    /// Reading directions.
    pub(crate) directions: Vec<Direction>,
    /// Hyper-parameters.
    pub(crate) recipe: Value,
    /// Documents that are scored at a time.
    pub(crate) batch_size: usize,
    /// Whether something was selected on the validation set.
    pub(crate) selects: bool,
    /// Folds of cross-validation, if the score is theirs.
    pub(crate) folds: Option<usize>,
}
