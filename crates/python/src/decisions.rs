//! Decisions and explanations of a classifier, in the forms that Python takes.

use ulmfit::decisions::Rule;
use ulmfit::models::Decision;
use ulmfit::text::CharacterPlaces;
use ulmfit::{Error, ExplainMethod, Explanation};

/// The rule of this name.
///
/// # Errors
/// [`Error::Usage`] for another name.
pub(crate) fn rule(name: &str, value: f64, per_class: bool) -> Result<Rule, Error> {
    Ok(match name {
        "threshold" => Rule::Threshold(value as f32),
        "max_error" => Rule::MaxError(value),
        "coverage" => Rule::Coverage { share: value, per_class },
        _ => {
            return Err(Error::Usage {
                message: format!("there is no rule \"{name}\""),
                hint: None,
            });
        }
    })
}

/// A decision: labels, whether it is left to a person, the set, the interval.
pub(crate) type Decided = (Vec<String>, bool, Option<Vec<String>>, Option<[f32; 2]>);

/// A decision for Python.
pub(crate) fn decided(decision: Decision) -> Decided {
    let Decision { prediction, abstained, set, interval, no_known_word: _ } = decision;
    (prediction.labels().to_vec(), abstained, set, interval)
}

/// A word: field, first character, character behind the last one, weight.
pub(crate) type Word = (usize, usize, usize, f32);

/// An explanation: output, its answer, its answer to an empty text, words.
pub(crate) type Explained = (usize, f32, f32, Vec<Word>);

/// An explanation for Python, whose strings count characters, not bytes.
pub(crate) fn explained(found: &Explanation, fields: &[&str]) -> Explained {
    let mut places = CharacterPlaces::new(fields);
    let word = |word: &ulmfit::WordWeight| {
        let [start, end] = places.of(word.field, word.start..word.end);
        (word.field, start, end, word.weight)
    };
    let words = found.words.iter().map(word).collect();
    (found.output, found.row[found.output], found.empty, words)
}

/// `fast`, `gradients` or `exact`.
///
/// # Errors
/// [`Error::Usage`] for another name.
pub(crate) fn method(name: &str) -> Result<ExplainMethod, Error> {
    match name {
        "fast" => Ok(ExplainMethod::Fast),
        "gradients" => Ok(ExplainMethod::Gradients),
        "exact" => Ok(ExplainMethod::Exact),
        other => {
            let message = format!("method is \"{other}\"; use fast, gradients or exact");
            Err(Error::Usage { message, hint: None })
        }
    }
}
