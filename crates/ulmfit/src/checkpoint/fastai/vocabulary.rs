//! Pickled vocabularies.

use super::FastaiError;
use super::pickle::{Global, Id, Object, Pickle, read_pickle};

/// What a vocabulary file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FastaiVocab {
    /// Tokens by id.
    pub tokens: Vec<String>,
    /// Labels by id: in the file of a classifier.
    pub labels: Option<Vec<String>>,
}

/// Reads `dls.vocab`: a list of tokens, or a list of tokens and one of labels.
///
/// # Errors
/// [`FastaiError`] for anything else.
pub fn read_vocabulary(bytes: &[u8]) -> Result<FastaiVocab, FastaiError> {
    let pickle = read_pickle(bytes)?;
    let fault = |what| FastaiError::Vocabulary { what };
    if pickle.bytes() != bytes.len() {
        return Err(fault("more follows the list"));
    }
    let parts = list(&pickle, pickle.root()).ok_or(fault("not a list"))?;
    if let &[tokens, labels] = parts
        && let Some(tokens) = list(&pickle, pickle.get(tokens))
    {
        let labels =
            list(&pickle, pickle.get(labels)).ok_or(fault("labels that are not a list"))?;
        let labels = strings(&pickle, labels).ok_or(fault("a label that is not a string"))?;
        let tokens = strings(&pickle, tokens).ok_or(fault("a token that is not a string"))?;
        return Ok(FastaiVocab { tokens, labels: Some(labels) });
    }
    let tokens = strings(&pickle, parts).ok_or(fault("a token that is not a string"))?;
    if tokens.is_empty() {
        return Err(fault("no tokens"));
    }
    Ok(FastaiVocab { tokens, labels: None })
}

/// The parts of a list, a tuple, or one of fastai's classes around them.
fn list<'p>(pickle: &'p Pickle<'_>, object: &'p Object<'_>) -> Option<&'p [Id]> {
    let mut object = object;
    for _ in 0..3 {
        object = match object {
            Object::List(parts) | Object::Tuple(parts) => return Some(parts),
            &Object::Call {
                callee: Global::FastcoreList | Global::CategoryMap,
                state: Some(state),
                ..
            } => match pickle.get(state) {
                Object::Dict(attributes) => pickle.entry(attributes, "items")?,
                _ => return None,
            },
            _ => return None,
        };
    }
    None
}

fn strings(pickle: &Pickle<'_>, parts: &[Id]) -> Option<Vec<String>> {
    parts.iter().map(|&part| pickle.text(part).map(str::to_owned)).collect()
}
