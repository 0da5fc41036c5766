//! Which words decided, by leaving out each of them.

use super::spans::{Span, joined};
use super::{BATCH, Explanation, WordWeight, explained};
use crate::Error;
use crate::models::classifier_bundle::ClassifierBundle;
use crate::models::classifier_text::ClassifierText;
use crate::models::part::Part;
use ulmfit_ops::Device;

impl<D: Device> ClassifierBundle<D> {
    /// The answer to each text minus that to the text without each word in turn.
    pub(super) fn exact(&self, documents: &[Vec<&str>]) -> Result<Vec<Explanation>, Error> {
        let empty = self.probabilities(&[[""]], 1)?.remove(0);
        let tokens = self.single().filter(|part| !matches!(part.text, ClassifierText::Ngrams(_)));
        let explain = |fields: &Vec<&str>| {
            let (words, mut answers) = match tokens {
                Some(part) => part.without_tokens(fields)?,
                None => self.without_text(fields)?,
            };
            let row = answers.remove(0);
            let output = explained(self.task(), &row);
            let weight = |(word, without): (&Span, &Vec<f32>)| WordWeight {
                field: word.field,
                start: word.start,
                end: word.end,
                weight: row[output] - without[output],
            };
            let words = words.iter().zip(&answers).map(weight).collect();
            Ok(Explanation { words, empty: empty[output], output, row })
        };
        documents.iter().map(explain).collect()
    }

    /// The words of a text, and the answers to the text and to that without each word.
    fn without_text(&self, fields: &[&str]) -> Result<(Vec<Span>, Vec<Vec<f32>>), Error> {
        let of_part = |(_, part): &(String, Part<D>)| -> Vec<Span> {
            part.text.encode_words(fields).1.iter().map(Span::from).collect()
        };
        let words = joined(&self.parts.iter().map(of_part).collect::<Vec<_>>());
        let without = |word: &Span| -> Vec<String> {
            let cut = |(n, field): (usize, &&str)| {
                if n == word.field {
                    format!("{}{}", &field[..word.start], &field[word.end..])
                } else {
                    (*field).to_owned()
                }
            };
            fields.iter().enumerate().map(cut).collect()
        };
        let mut variants: Vec<Vec<String>> =
            vec![fields.iter().map(|&field| field.to_owned()).collect()];
        variants.extend(words.iter().map(without));
        let answers = self.probabilities(&variants, BATCH)?;
        Ok((words, answers))
    }
}

impl<D: Device> Part<D> {
    /// The same where a word is some of the tokens.
    fn without_tokens(&self, fields: &[&str]) -> Result<(Vec<Span>, Vec<Vec<f32>>), Error> {
        let (ids, words) = self.text.encode_words(fields);
        let mut variants = vec![ids.clone()];
        for word in &words {
            let mut ids = ids.clone();
            ids.drain(word.first_token..word.end_token);
            variants.push(ids);
        }
        let answers = self.probabilities_of_ids(&variants, BATCH, &mut |_, _| ())?;
        Ok((words.iter().map(Span::from).collect(), answers))
    }
}
