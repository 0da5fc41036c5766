//! [`Trainer`] with a portfolio.

use crate::base::PortfolioBases;
use crate::examples::Examples;
use crate::methods::portfolio::{PortfolioInput, fit_portfolio};
use crate::run::Progress;
use crate::trained::Trained;
use crate::trainer::LearnedColumns;
use crate::{Error, Method, Trainer};

impl Trainer {
    /// [`fit_with`](Trainer::fit_with) of a portfolio, on models that have been loaded.
    ///
    /// # Errors
    /// As [`fit_with`](Trainer::fit_with).
    pub fn fit_portfolio_on(
        self,
        bases: PortfolioBases,
        examples: Examples,
        progress: &mut dyn Progress,
    ) -> Result<Trained, Error> {
        let mut runner = self.runner(Method::Auto, progress)?;
        let (lm, origin) = bases.language_model.map(|base| (base.model, base.origin)).unzip();
        let options = self.fit_options(lm.as_ref(), &examples)?;
        let columns = LearnedColumns::of(&examples);
        let input = PortfolioInput {
            options: examples.read.clone(),
            rows: examples.into_rows(),
            unlabeled: self.unlabeled.clone(),
            lm,
            encoder: bases.encoder.map(|encoder| encoder.model),
            time: self.time_budget,
        };
        let outcome = fit_portfolio(&mut runner, input, &options)?;
        let has_ulmfit = outcome.classifier.parts.iter().any(|(name, _)| name == "ulmfit");
        let origin = origin.filter(|_| has_ulmfit); // a base that no part started from is not one
        self.trained(outcome, columns, origin.as_ref(), &runner)
    }
}
