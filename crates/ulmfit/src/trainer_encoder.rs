//! [`Trainer`] with a sentence encoder.

use crate::base::LoadedEncoder;
use crate::examples::Examples;
use crate::input::texts;
use crate::methods::encoder::{EncoderInput, EncoderOptions, fit_encoder};
use crate::run::Progress;
use crate::trained::Trained;
use crate::trainer::LearnedColumns;
use crate::{Error, Method, Trainer};

impl Trainer {
    /// [`fit_with`](Trainer::fit_with) on a loaded sentence encoder.
    ///
    /// Settings for language models are not used: directions, stages and vocabulary.
    ///
    /// # Errors
    /// As [`fit_with`](Trainer::fit_with); [`Error::Usage`] with [folds](Trainer::folds).
    pub fn fit_on_encoder(
        self,
        base: LoadedEncoder,
        examples: Examples,
        progress: &mut dyn Progress,
    ) -> Result<Trained, Error> {
        self.refuse_time_budget()?;
        if self.folds.is_some() {
            let message = "sentence encoders cannot be scored by cross-validation".to_owned();
            let hint = Some("hold out a test set instead".to_owned());
            return Err(Error::Usage { message, hint });
        }
        let mut runner = self.runner(Method::Encoder, progress)?;
        let LoadedEncoder { model: base, origin } = base;
        let foreign = base.language_warning(&texts(&examples.train));
        foreign.iter().for_each(|warning| runner.progress.warn(warning));
        let shares = self.shares(&examples, false)?;
        let classify = self.classify_options(&examples);
        let options = EncoderOptions { recipe: self.recipe.encoder.clone(), classify, shares };
        let columns = LearnedColumns::of(&examples);
        let (reading, unlabeled) = (examples.read.clone(), self.unlabeled.clone());
        let rows = examples.into_rows();
        let input = EncoderInput { rows, unlabeled, options: reading, base };
        let outcome = fit_encoder(&mut runner, input, &options)?;
        self.trained(outcome, columns, Some(&origin), &runner)
    }
}
