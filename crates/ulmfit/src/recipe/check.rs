//! Numbers of a recipe that cannot be used are refused before any work is done.

use super::error::RecipeError;
use super::phase::Unfreeze;
use super::training::{Rates, TrainingRecipe};
use super::{
    ClassifierRecipe, CoTrainingRecipe, DropoutPairsRecipe, EncoderRecipe, EndToEndRecipe,
    LmRecipe, MaskedWordsRecipe, TeacherRecipe, TfIdfRecipe,
};
use crate::optim::OptimizerConfig;
use crate::schedule::Schedule;
use crate::text::ngrams::NgramRange;
use std::fmt::Display;

fn range(
    good: bool,
    field: &'static str,
    value: &dyn Display,
    wanted: &'static str,
) -> Result<(), RecipeError> {
    if good { Ok(()) } else { Err(RecipeError::Range { field, value: value.to_string(), wanted }) }
}

fn positive(field: &'static str, x: f64) -> Result<(), RecipeError> {
    range(x.is_finite() && x > 0.0, field, &x, "a positive number")
}

fn not_negative(field: &'static str, x: f64) -> Result<(), RecipeError> {
    range(x.is_finite() && x >= 0.0, field, &x, "at least 0")
}

fn share(field: &'static str, x: f64) -> Result<(), RecipeError> {
    range((0.0..1.0).contains(&x), field, &x, "at least 0 and below 1")
}

impl LmRecipe {
    /// Checks every number that could hang or break a run.
    ///
    /// # Errors
    /// [`RecipeError::Range`] or [`RecipeError::Schedule`] names the first bad one.
    pub fn check(&self) -> Result<(), RecipeError> {
        self.training.check()?;
        let good = (1..=self.training.batch_size).contains(&self.lanes);
        range(good, "lanes", &self.lanes, "at least 1 and at most the batch size")?;
        let once = self.read_once.unwrap_or_default();
        once.lr_factor.map_or(Ok(()), |factor| positive("read-once.lr-factor", factor))?;
        once.drop_mult.map_or(Ok(()), |factor| self.training.check_dropout(factor))?;
        self.teacher.check()
    }
}

impl TeacherRecipe {
    /// Checks every number that could hang or break a run.
    ///
    /// # Errors
    /// [`RecipeError::Range`] names the first bad one.
    pub fn check(&self) -> Result<(), RecipeError> {
        not_negative("teacher.weight", self.weight)?;
        let sizes = [
            ("teacher.batch-size", self.batch_size),
            ("teacher.texts", self.texts),
            ("teacher.max-tokens", self.max_tokens),
        ];
        sizes.into_iter().try_for_each(|(field, size)| range(size >= 1, field, &size, "at least 1"))
    }
}

impl ClassifierRecipe {
    /// Checks every number that could hang or break a run.
    ///
    /// # Errors
    /// [`RecipeError::Range`] or [`RecipeError::Schedule`] names the first bad one.
    pub fn check(&self) -> Result<(), RecipeError> {
        self.training.check()?;
        share("label-smoothing", self.label_smoothing)?;
        not_negative("lm-weight", self.lm_weight)?;
        if let Some(few) = self.few {
            positive("few.lr", few.lr)?;
        }
        if let Some(rule) = self.self_training {
            let good = rule.share > 0.0 && rule.share <= 1.0;
            range(good, "self-training.share", &rule.share, "above 0 and at most 1")?;
        }
        Ok(())
    }
}

impl EncoderRecipe {
    /// Checks every number that could hang or break a run.
    ///
    /// # Errors
    /// [`RecipeError::Range`] names the first bad one.
    pub fn check(&self) -> Result<(), RecipeError> {
        // none at all is the default
        self.strengths.iter().try_for_each(|&value| positive("encoder.strengths", value))?;
        range(self.folds >= 2, "encoder.folds", &self.folds, "at least 2")?;
        self.masked_words.map_or(Ok(()), |recipe| recipe.check())?;
        self.dropout_pairs.map_or(Ok(()), |recipe| recipe.check())?;
        self.co_training.map_or(Ok(()), |recipe| recipe.check())?;
        self.end_to_end.map_or(Ok(()), |recipe| recipe.check())?;
        let Some(recipe) = self.contrastive else { return Ok(()) };
        let sizes = [
            ("encoder.contrastive.updates", recipe.updates, 1),
            ("encoder.contrastive.batch-size", recipe.batch_size, 2),
            ("encoder.contrastive.max-tokens", recipe.max_tokens, 1),
        ];
        for (field, size, least) in sizes {
            let wanted = if least == 1 { "at least 1" } else { "at least 2" };
            range(size >= least, field, &size, wanted)?;
        }
        positive("encoder.contrastive.lr", recipe.lr)?;
        not_negative("encoder.contrastive.weight-decay", recipe.weight_decay)?;
        share("encoder.contrastive.dropout", recipe.dropout)
    }
}

impl CoTrainingRecipe {
    /// Checks every number that could hang or break a run.
    ///
    /// # Errors
    /// [`RecipeError::Range`] names the first bad one.
    pub fn check(&self) -> Result<(), RecipeError> {
        let numbers = [
            ("encoder.co-training.texts", self.texts),
            ("encoder.co-training.updates", self.updates),
        ];
        for (field, number) in numbers {
            range(number <= MOST, field, &number, "at most 1000000")?;
        }
        let good = self.share > 0.0 && self.share <= 1.0;
        range(good, "encoder.co-training.share", &self.share, "above 0 and at most 1")
    }
}

impl MaskedWordsRecipe {
    /// Checks every number that could hang or break a run.
    ///
    /// # Errors
    /// [`RecipeError::Range`] names the first bad one.
    pub fn check(&self) -> Result<(), RecipeError> {
        let updates = [
            ("encoder.masked-words.updates", self.updates),
            ("encoder.masked-words.head-updates", self.head_updates),
        ];
        for (field, updates) in updates {
            range(updates <= MOST, field, &updates, "at most 1000000")?;
        }
        let sizes = [
            ("encoder.masked-words.texts", self.texts),
            ("encoder.masked-words.batch-size", self.batch_size),
            ("encoder.masked-words.max-tokens", self.max_tokens),
        ];
        for (field, size) in sizes {
            range(size >= 1, field, &size, "at least 1")?;
        }
        let good = self.share > 0.0 && self.share < 1.0;
        range(good, "encoder.masked-words.share", &self.share, "above 0 and below 1")?;
        positive("encoder.masked-words.lr", self.lr)?;
        positive("encoder.masked-words.head-lr", self.head_lr)?;
        not_negative("encoder.masked-words.weight-decay", self.weight_decay)?;
        share("encoder.masked-words.dropout", self.dropout)
    }
}

impl DropoutPairsRecipe {
    /// Checks every number that could hang or break a run.
    ///
    /// # Errors
    /// [`RecipeError::Range`] names the first bad one.
    pub fn check(&self) -> Result<(), RecipeError> {
        let good = self.updates <= MOST;
        range(good, "encoder.dropout-pairs.updates", &self.updates, "at most 1000000")?;
        range(self.texts >= 2, "encoder.dropout-pairs.texts", &self.texts, "at least 2")?;
        let good = self.batch_size >= 2;
        range(good, "encoder.dropout-pairs.batch-size", &self.batch_size, "at least 2")?;
        let good = self.max_tokens >= 1;
        range(good, "encoder.dropout-pairs.max-tokens", &self.max_tokens, "at least 1")?;
        positive("encoder.dropout-pairs.temperature", self.temperature)?;
        positive("encoder.dropout-pairs.lr", self.lr)?;
        not_negative("encoder.dropout-pairs.weight-decay", self.weight_decay)?;
        share("encoder.dropout-pairs.dropout", self.dropout)
    }
}

/// Passes or updates at most.
const MOST: usize = 1_000_000;

impl EndToEndRecipe {
    /// Checks every number that could hang or break a run.
    ///
    /// # Errors
    /// [`RecipeError::Range`] names the first bad one.
    pub fn check(&self) -> Result<(), RecipeError> {
        range(
            (1..=MOST).contains(&self.epochs),
            "encoder.end-to-end.epochs",
            &self.epochs,
            "from 1 to 1000000",
        )?;
        let good = self.min_updates <= MOST;
        let wanted = "at most 1000000";
        range(good, "encoder.end-to-end.min-updates", &self.min_updates, wanted)?;
        let good = self.batch_size >= 2;
        range(good, "encoder.end-to-end.batch-size", &self.batch_size, "at least 2")?;
        let good = self.max_tokens >= 1;
        range(good, "encoder.end-to-end.max-tokens", &self.max_tokens, "at least 1")?;
        positive("encoder.end-to-end.lr", self.lr)?;
        let good = self.lr_factor.is_finite() && self.lr_factor >= 1.0;
        range(good, "encoder.end-to-end.lr-factor", &self.lr_factor, "at least 1")?;
        not_negative("encoder.end-to-end.weight-decay", self.weight_decay)?;
        share("encoder.end-to-end.dropout", self.dropout)?;
        share("encoder.end-to-end.label-smoothing", self.label_smoothing)
    }
}

impl TfIdfRecipe {
    /// Checks every number that could hang or break a run.
    ///
    /// # Errors
    /// [`RecipeError::Range`] names the first bad one.
    pub fn check(&self) -> Result<(), RecipeError> {
        strengths("tfidf.strengths", &self.strengths)?;
        strengths("tfidf.value-strengths", &self.value_strengths)?;
        range(!self.naive_bayes.is_empty(), "tfidf.naive-bayes", &"[]", "a list of numbers")?;
        self.naive_bayes.iter().try_for_each(|&share| not_negative("tfidf.naive-bayes", share))?;
        range(self.folds >= 2, "tfidf.folds", &self.folds, "at least 2")?;
        let lengths =
            [("tfidf.ngrams.words", self.ngrams.words), ("tfidf.ngrams.chars", self.ngrams.chars)];
        for (field, NgramRange { least, most }) in lengths {
            let wanted = "two lengths from 1 on, the shorter one first";
            range(1 <= least && least <= most, field, &format!("{least} to {most}"), wanted)?;
        }
        let limits = self.limits;
        let documents = limits.min_documents;
        range(documents >= 1, "tfidf.limits.min-documents", &documents, "at least 1")?;
        let features = limits.max_features;
        range(features >= 1, "tfidf.limits.max-features", &features, "at least 1")?;
        let texts = self.pseudo_labels;
        range(texts <= MOST, "tfidf.pseudo-labels", &texts, "at most 1000000")?;
        positive("tfidf.tolerance", self.tolerance)
    }
}

fn strengths(field: &'static str, values: &[f64]) -> Result<(), RecipeError> {
    range(!values.is_empty(), field, &"[]", "a list of numbers")?;
    values.iter().try_for_each(|&value| positive(field, value))
}

impl TrainingRecipe {
    fn check(&self) -> Result<(), RecipeError> {
        range(self.batch_size > 0, "batch-size", &self.batch_size, "at least 1")?;
        range(self.bptt > 0, "bptt", &self.bptt, "at least 1")?;
        range(self.accumulate > 0, "accumulate", &self.accumulate, "at least 1")?;
        positive("lr", self.lr)?;
        match &self.rates {
            Rates::Uniform => {}
            Rates::Factor(factor) => positive("lr-factor", *factor)?,
            Rates::Groups(factors) => {
                factors.iter().try_for_each(|&factor| positive("lr-groups", factor))?;
            }
        }
        not_negative("weight-decay", self.weight_decay)?;
        not_negative("ar", self.ar)?;
        not_negative("tar", self.tar)?;
        share("sampled-below", self.sampled_below)?;
        self.clip.map_or(Ok(()), |clip| positive("clip", clip))?;
        if let OptimizerConfig::Adam { mom, sqr_mom, eps } = self.optimizer {
            share("optimizer.mom", mom)?;
            share("optimizer.sqr-mom", sqr_mom)?;
            positive("optimizer.eps", eps)?;
        }
        self.schedule.check()?;
        for phase in &self.phases {
            phase.schedule.as_ref().map_or(Ok(()), Schedule::check)?;
            phase.lr.map_or(Ok(()), |lr| positive("phase.lr", lr))?;
            let nothing = phase.unfreeze == Some(Unfreeze::Top(0)) || phase.only == Some(0);
            range(!nothing, "phase.unfreeze or phase.only", &0, "at least 1")?;
        }
        self.check_dropout(self.drop_mult)
    }

    /// Whether all five probabilities, times this factor, are probabilities.
    fn check_dropout(&self, factor: f64) -> Result<(), RecipeError> {
        let dropout = self.dropout.times(factor);
        let probabilities = [
            ("dropout.output", dropout.output),
            ("dropout.hidden", dropout.hidden),
            ("dropout.input", dropout.input),
            ("dropout.embed", dropout.embed),
            ("dropout.weight", dropout.weight),
        ];
        for (field, p) in probabilities {
            let good = (0.0..1.0).contains(&p);
            range(good, field, &p, "at least 0 and below 1 after drop-mult")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::{PhaseRecipe, Recipe, SelfTraining};
    use crate::schedule::{OneCycle, ScheduleConfig};

    type Change<'a> = &'a dyn Fn(&mut ClassifierRecipe);

    /// The message about the classifier's recipe after a change.
    fn refusal(change: impl Fn(&mut ClassifierRecipe)) -> String {
        let mut stage = Recipe::preset("default").unwrap().train;
        assert!(stage.check().is_ok());
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
        let cases: [(&str, Change); 15] = [
            ("`self-training.share` ", &|s| s.self_training = Some(rule)),
            ("`lm-weight` ", &|s| s.lm_weight = -1.0),
            ("`few.lr` ", &|s| s.few.as_mut().unwrap().lr = 0.0),
            ("`batch-size` ", &|s| s.training.batch_size = 0),
            ("`phase.lr` ", &|s| s.training.phases[0].lr = Some(f64::NAN)),
            ("`weight-decay` ", &|s| s.training.weight_decay = -0.1),
            ("`clip` ", &|s| s.training.clip = Some(0.0)),
            ("`dropout.output` of the recipe is 40,", &|s| s.training.drop_mult = 100.0),
            ("`optimizer.mom` ", &|s| s.training.optimizer = adam(1.0, 0.99, 1e-5)),
            ("`optimizer.sqr-mom` ", &|s| s.training.optimizer = adam(0.7, -0.1, 1e-5)),
            ("`optimizer.eps` ", &|s| s.training.optimizer = adam(0.7, 0.99, 0.0)),
            ("`optimizer.eps` ", &|s| s.training.optimizer = adam(0.7, 0.99, f64::INFINITY)),
            ("schedule of the recipe: `", &|s| s.training.schedule = cycle()),
            ("schedule of the recipe: `", &|s| s.training.phases = vec![phase(1)]),
            ("`phase.unfreeze or phase.only` ", &|s| {
                s.training.phases = vec![PhaseRecipe { schedule: None, ..phase(0) }];
            }),
        ];
        for (start, change) in cases {
            let message = refusal(change);
            assert!(message.starts_with(start), "{message}");
        }
    }

    #[test]
    fn a_list_of_factors_must_fit_the_network() {
        let mut stage = Recipe::preset("default").unwrap().train.training;
        stage.rates = Rates::Groups(vec![0.1, 0.5, 1.0]);
        assert_eq!(stage.group_rates(0.02, 3).unwrap(), [0.002, 0.01, 0.02]);
        let error = stage.group_rates(0.02, 5).unwrap_err();
        assert!(matches!(error, RecipeError::Groups { found: 3, groups: 5 }));
        assert!(error.hint().is_some());
        assert!(stage.plan(5, crate::Key::new(0)).is_err());
    }
}
