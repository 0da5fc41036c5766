//! The texts that a stage reads.

use crate::models::EncoderBundle;
use crate::stages::self_training::sample;
use ulmfit_ops::Key;

/// Tokens of up to `most` texts that are drawn by a key, of each up to `max_tokens` from its beginning.
pub(super) fn draw(
    base: &EncoderBundle,
    texts: &[&[String]],
    most: usize,
    max_tokens: usize,
    key: &Key,
) -> Vec<Vec<u32>> {
    let numbers: Vec<usize> = (0..texts.len()).collect();
    let drawn: Vec<&[String]> =
        sample(&numbers, most, key).into_iter().map(|number| texts[number]).collect();
    let mut documents = base.text.encode_all(&drawn);
    documents.iter_mut().for_each(|ids| ids.truncate(max_tokens));
    documents
}
