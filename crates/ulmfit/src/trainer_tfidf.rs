//! [`Trainer`] with n-grams.

use crate::examples::Examples;
use crate::methods::tfidf::{TfIdfOptions, fit_tfidf};
use crate::run::Progress;
use crate::trained::Trained;
use crate::trainer::LearnedColumns;
use crate::{Error, Method, Trainer};

impl Trainer {
    /// [`fit_with`](Trainer::fit_with) on n-grams, which no model knows beforehand.
    ///
    /// What is set for language models is not used: base, directions, unlabelled texts, recipe and
    /// vocabulary.
    ///
    /// # Errors
    /// As [`fit_with`](Trainer::fit_with); [`Error::Usage`] with [folds](Trainer::folds).
    pub fn fit_on_ngrams(
        self,
        examples: Examples,
        progress: &mut dyn Progress,
    ) -> Result<Trained, Error> {
        self.refuse_time_budget()?;
        if self.folds.is_some() {
            let message = "a classifier on n-grams is not scored by cross-validation".to_owned();
            let hint = Some("hold out a test set instead".to_owned());
            return Err(Error::Usage { message, hint });
        }
        let mut runner = self.runner(Method::TfIdf, progress)?;
        let shares = self.shares(&examples, false)?;
        let classify = self.classify_options(&examples);
        let options = TfIdfOptions { recipe: self.recipe.tfidf.clone(), classify, shares };
        let columns = LearnedColumns::of(&examples);
        let outcome = fit_tfidf(&mut runner, examples.into_rows(), &options)?;
        self.trained(outcome, columns, None, &runner)
    }
}
