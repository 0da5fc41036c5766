//! Text from a language model.

use crate::Error;
use crate::models::LmBundle;
use crate::text::{Direction, special};
use ulmfit_ops::Key;

/// How the next word is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GenerateOptions {
    /// Tokens to add.
    pub tokens: usize,
    /// Below 1 the likely become likelier; 0 always takes the likeliest.
    pub temperature: f64,
    /// Tokens less likely than this are never taken.
    pub min_p: f64,
    /// Root of the choice.
    pub seed: u64,
}

impl Default for GenerateOptions {
    fn default() -> Self {
        Self { tokens: 50, temperature: 0.75, min_p: 0.0, seed: 42 }
    }
}

impl GenerateOptions {
    fn check(&self) -> Result<(), Error> {
        let Self { temperature, min_p, .. } = *self;
        let message = if !(0.0..=1.0).contains(&min_p) {
            format!("`min-p` is {min_p}, which is not a probability from 0 to 1")
        } else if !(temperature.is_finite() && temperature >= 0.0) {
            format!("`temperature` is {temperature}, which is not a number from 0 up")
        } else {
            return Ok(());
        };
        Err(Error::Usage { message, hint: None })
    }
}

/// Continues `prompt`; the result includes it.
///
/// Carries the hidden state along, so each token costs one step, and never writes `xxunk` or
/// padding.
///
/// # Errors
/// [`Error::Usage`] when the model reads backward only, or an option is out of its range;
/// [`Error::NotFinite`] when the model has no answer.
pub fn generate(lm: &LmBundle, prompt: &str, options: &GenerateOptions) -> Result<String, Error> {
    options.check()?;
    let Some(network) = lm.network(Direction::Forward) else {
        let message = "this model reads backward; text is written forward".into();
        return Err(Error::Usage { message, hint: None });
    };
    let key = Key::new(options.seed);
    let mut state = network.zero_state(1);
    let mut ids = lm.text.encode(&[prompt]);
    let mut logits = network.logits(&ids, 1, &mut state);
    for n in 0..options.tokens {
        let rows = logits.to_f64();
        let vocab = lm.text.vocab().len();
        let last = &rows[rows.len() - vocab..];
        if !last.iter().all(|logit| logit.is_finite()) {
            let (what, direction) = ("a logit", Direction::Forward);
            return Err(Error::NotFinite { what, direction });
        }
        let id = choose(last, options, key.child(n as u64));
        ids.push(id);
        logits = network.logits(&[id], 1, &mut state);
    }
    Ok(lm.text.decode(&ids))
}

/// Draws a token from a row of logits.
fn choose(logits: &[f64], options: &GenerateOptions, key: Key) -> u32 {
    let banned = |id: usize| [special::UNK_ID, special::PAD_ID].contains(&(id as u32));
    let allowed = || logits.iter().enumerate().filter(|(id, _)| !banned(*id));
    let best = allowed().max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(id, _)| id);
    if options.temperature <= 0.0 {
        return best as u32;
    }
    let top = logits[best];
    let total: f64 = allowed().map(|(_, logit)| (logit - top).exp()).sum();
    let likely = |logit: &f64| (logit - top).exp() / total >= options.min_p;
    let weight = |logit: &f64| ((logit - top) / options.temperature).exp();
    let candidates = || allowed().filter(|(_, logit)| likely(logit));
    let mut left = key.uniform() * candidates().map(|(_, logit)| weight(logit)).sum::<f64>();
    for (id, logit) in candidates() {
        left -= weight(logit);
        if left <= 0.0 {
            return id as u32;
        }
    }
    best as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorClass;
    use crate::model::{AwdLstmConfig, Network};
    use crate::run::NoProgress;
    use crate::stages::evaluate_language_model;
    use crate::text::{TextConfig, TextPipeline, VocabConfig};
    use ulmfit_ops::Tensor;

    /// A model whose weights are finite, and whose logits are not.
    fn absurd() -> LmBundle {
        let vocab = VocabConfig { min_freq: 1, ..VocabConfig::default() };
        let documents = [vec!["some words and others".to_owned()]];
        let text = TextPipeline::build(&TextConfig::default(), &vocab, documents).unwrap();
        let sizes = AwdLstmConfig { vocab: text.vocab().len(), emb: 4, hid: 6, layers: 1 };
        let mut lm = LmBundle::random(text, sizes, &[Direction::Forward], 1);
        for (name, _, param) in lm.networks[0].1.params_mut() {
            let dims = param.value.dims().to_vec();
            if name.contains("encoder.weight") {
                param.value = Tensor::full(&dims, f64::from(f32::MAX));
            } else if name.ends_with("bias_hh_l0") || name.ends_with("bias_ih_l0") {
                param.value = Tensor::full(&dims, 9.0); // the states are near one, none is zero
            }
        }
        lm
    }

    #[test]
    fn a_model_without_finite_logits_neither_writes_nor_scores() {
        let lm = absurd();
        let error = generate(&lm, "some", &GenerateOptions::default()).unwrap_err();
        assert_eq!(error.class(), ErrorClass::Failed);
        assert!(matches!(error, Error::NotFinite { .. }), "{error}");
        let documents = vec![vec!["some words and others".to_owned()]];
        let error = evaluate_language_model(&lm, &documents, 1, &mut NoProgress).unwrap_err();
        assert!(matches!(error, Error::NotFinite { .. }), "{error}");
    }
}
