//! Where predictions come from: a model folder, or a server.

use super::Args;
use crate::prediction_rows::Word;
use crate::progress::Terminal;
use std::path::PathBuf;
use ulmfit::data::Record;
use ulmfit::decisions::Policy;
use ulmfit::run::Progress;
use ulmfit::{Classifier, Decision, Error, ExplainMethod};

/// What predicts.
pub(super) enum Predictor {
    Here {
        model: Box<Classifier>,
        policy: Option<Policy>,
    },
    #[cfg(feature = "serve")]
    There(crate::remote::Remote),
}

impl Predictor {
    /// Where the predictions come from, and the file with the texts.
    pub(super) fn open(args: &Args) -> anyhow::Result<(Self, PathBuf)> {
        let standard_input = || PathBuf::from("-");
        #[cfg(feature = "serve")]
        if let Some(url) = args.server.url() {
            // a name alone is that of the file: the server has a model that needs no name
            let (model, file) = match (&args.model, &args.file) {
                (file, None) => (None, file),
                (model, file) => (model.as_ref(), file),
            };
            let model = model.map(|name| name.to_string_lossy().into_owned());
            let (direction, rule) = (args.direction, args.decision.rule());
            let remote = crate::remote::Remote::open(url, &args.server, model, direction, rule)?;
            return Ok((Self::There(remote), file.clone().unwrap_or_else(standard_input)));
        }
        let mut model = Classifier::load(args.model.clone().unwrap_or_default())?;
        if let Some(part) = &args.part {
            model = model.with_part(part)?;
        }
        if let Some(direction) = args.direction {
            model = model.with_directions(&direction.directions())?;
        }
        let model = model.with_precision(args.precision.get());
        let policy = args.decision.rule().map(|rule| model.policy(rule)).transpose()?;
        let model = Box::new(model);
        Ok((Self::Here { model, policy }, args.file.clone().unwrap_or_else(standard_input)))
    }

    pub(super) fn text_columns(&self) -> &[String] {
        match self {
            Self::Here { model, .. } => model.text_columns(),
            #[cfg(feature = "serve")]
            Self::There(remote) => remote.text_columns(),
        }
    }

    /// The column that its labels came from, if it had a name.
    pub(super) fn label_column(&self) -> Option<&str> {
        match self {
            Self::Here { model, .. } => model.bundle().label_column.as_deref(),
            #[cfg(feature = "serve")]
            Self::There(remote) => remote.label_column(),
        }
    }

    /// The classifier itself, and the thresholds of a rule.
    #[cfg_attr(not(feature = "serve"), allow(clippy::unnecessary_wraps))]
    fn here(&self) -> anyhow::Result<(&Classifier, Option<&Policy>)> {
        match self {
            Self::Here { model, policy } => Ok((model, policy.as_ref())),
            #[cfg(feature = "serve")]
            Self::There(_) => {
                let message = "--explain has no effect with --server".into();
                let hint = Some("explain with the model's folder".into());
                Err(Error::Usage { message, hint }.into())
            }
        }
    }

    /// The predictions in order, and whether they are given; says what the rule promises once.
    #[cfg_attr(not(feature = "serve"), allow(unused_variables))]
    pub(super) fn decide(
        &mut self,
        batch: &[Record],
        terminal: &mut Terminal,
    ) -> anyhow::Result<Vec<Decision>> {
        let documents = documents(batch);
        match self {
            Self::Here { model, policy } => Ok(model.decide(&documents, policy.as_ref())?),
            #[cfg(feature = "serve")]
            Self::There(remote) => {
                let found = remote.predict(&documents)?;
                if remote.has_rule() && remote.first_time() {
                    tell(found.promise.as_deref(), &found.warnings, terminal);
                }
                Ok(found.decisions)
            }
        }
    }

    /// The same with the words that decided.
    pub(super) fn explain<'a>(
        &self,
        batch: &'a [Record],
        method: ExplainMethod,
    ) -> anyhow::Result<Vec<(Decision, Vec<Word<'a>>)>> {
        let (model, policy) = self.here()?;
        let (bundle, documents) = (model.bundle(), documents(batch));
        let found = model.explain(documents.iter().copied(), method)?;
        let encoded = bundle.encode_all(&documents);
        let rows = batch.iter().zip(&encoded).zip(&found);
        let explained = rows.map(|((record, encoded), found)| {
            let decision = bundle.decision(&found.row, policy, bundle.knows_a_word(encoded));
            (decision, Word::all(record, found))
        });
        Ok(explained.collect())
    }

    /// Refuses to explain what a server predicts.
    pub(super) fn check_explains(&self) -> anyhow::Result<()> {
        self.here().map(drop)
    }

    /// Says what the rule of a model that is here promises.
    pub(super) fn tell(&self, terminal: &mut Terminal) {
        if let Self::Here { policy: Some(policy), .. } = self {
            tell(policy.told.as_deref(), &policy.warnings, terminal);
        }
    }
}

fn documents(batch: &[Record]) -> Vec<&[String]> {
    batch.iter().map(|record| &record.fields[..]).collect()
}

/// What a rule promises, and what it cannot.
fn tell(promise: Option<&str>, warnings: &[String], terminal: &mut Terminal) {
    promise.iter().for_each(|told| terminal.note(told));
    warnings.iter().for_each(|warning| terminal.warn(warning));
}
