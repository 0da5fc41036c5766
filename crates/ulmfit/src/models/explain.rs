//! Which words decided.

use super::classifier_bundle::ClassifierBundle;
use super::classifier_network::ClassifierNetwork;
use super::classifier_text::ClassifierText;
use super::part::Part;
use crate::Error;
use crate::data::batches::evaluation_batches;
use crate::data::labels::LabelKind;
use crate::model::scoring::argmax;
use crate::text::{Direction, WordSpan};
use ulmfit_ops::{Device, Tensor};

/// How the weight of a word is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExplainMethod {
    /// In one pass: how the forward network's answer changes when it reads the word, and the
    /// backward network's. The weights add up to the difference from an empty text.
    Fast,
    /// Each word is left out in turn: how much the answer falls without it. Takes as many passes as
    /// there are words.
    Exact,
}

/// A prediction and the weights of its words.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Probabilities of all labels, or a number, as
    /// [`probabilities`](ClassifierBundle::probabilities) gives them.
    pub row: Vec<f32>,
    /// The output that is explained: the most probable label, or the number.
    pub output: usize,
    /// Its answer to an empty text.
    pub empty: f32,
    /// The words of the text, in order.
    pub words: Vec<WordWeight>,
}

/// The weight of a word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WordWeight {
    /// The field it is in, from 0.
    pub field: usize,
    /// Its first byte in the field.
    pub start: usize,
    /// Behind its last byte.
    pub end: usize,
    /// How much it added to the probability of the answer (to the number).
    pub weight: f32,
}

/// Documents of a pass whose outputs are all kept.
const BATCH: usize = 16;

/// A document as explanations need it.
struct Prepared {
    ids: Vec<u32>,
    words: Vec<WordSpan>,
}

impl<D: Device> ClassifierBundle<D> {
    /// The fastest method that can explain this classifier.
    pub fn fastest_explanation(&self) -> ExplainMethod {
        let reads_at_once = |(_, network): &(Direction, ClassifierNetwork<D>)| {
            matches!(network, ClassifierNetwork::Transformer(_))
        };
        match self.single() {
            Some(part) if !part.networks.iter().any(reads_at_once) => ExplainMethod::Fast,
            _ => ExplainMethod::Exact,
        }
    }

    /// Explains the answers to some documents.
    ///
    /// Of a linear layer on n-grams, the weight of a word is what its n-grams add; what n-grams of
    /// several words add is shared out between them.
    ///
    /// Of a text that is longer than the network looks back, only the last part is explained; its
    /// first word then stands for all before it.
    ///
    /// # Errors
    /// As [`probabilities`](Self::probabilities); [`Error::Usage`] for
    /// [`Fast`](ExplainMethod::Fast) and anything but a recurrent network or n-grams.
    pub fn explain<S: AsRef<str>>(
        &self,
        documents: &[impl AsRef<[S]>],
        method: ExplainMethod,
    ) -> Result<Vec<Explanation>, Error> {
        let empty = self.probabilities(&[[""]], 1)?.remove(0);
        let Some(part) = self.single() else {
            return match method {
                ExplainMethod::Fast => Err(refused("a portfolio of several parts")),
                ExplainMethod::Exact => {
                    documents.iter().map(|d| self.exact_by_text(d.as_ref(), &empty)).collect()
                }
            };
        };
        if let (ClassifierText::Ngrams(text), [(_, ClassifierNetwork::Linear(network))]) =
            (&part.text, &part.networks[..])
        {
            let explained = documents.iter().map(|document| match method {
                ExplainMethod::Fast => {
                    part.fast_by_ngrams((text, network), document.as_ref(), &empty)
                }
                ExplainMethod::Exact => self.exact_by_text(document.as_ref(), &empty),
            });
            return explained.collect();
        }
        let prepared: Vec<Prepared> = documents.iter().map(|d| part.prepare(d.as_ref())).collect();
        match method {
            ExplainMethod::Fast => part.fast(&prepared, &empty),
            ExplainMethod::Exact => {
                prepared.iter().map(|document| part.exact(document, &empty)).collect()
            }
        }
    }

    /// The text without each word in turn, as the first part tells words apart.
    fn exact_by_text<S: AsRef<str>>(
        &self,
        fields: &[S],
        empty: &[f32],
    ) -> Result<Explanation, Error> {
        let fields: Vec<&str> = fields.iter().map(AsRef::as_ref).collect();
        let (_, words) = self.parts[0].1.text.encode_words(&fields);
        let without = |word: &WordSpan| -> Vec<String> {
            let cut = |(n, field): (usize, &&str)| {
                if n == word.field {
                    format!("{}{}", &field[..word.start], &field[word.end..])
                } else {
                    (*field).to_owned()
                }
            };
            fields.iter().enumerate().map(cut).collect()
        };
        let mut variants = vec![fields.iter().map(|&field| field.to_owned()).collect()];
        variants.extend(words.iter().map(without));
        let answers = self.probabilities(&variants, BATCH)?;
        Ok(without_each(self.task(), &words, answers, empty))
    }
}

/// What one pass cannot explain.
fn refused(what: &str) -> Error {
    Error::Usage {
        message: format!("the method `fast` cannot explain {what}"),
        hint: Some("use the method `exact`".into()),
    }
}

/// The output whose words are asked for.
pub(super) fn explained(task: LabelKind, row: &[f32]) -> usize {
    match task {
        LabelKind::Regression => 0,
        LabelKind::Single | LabelKind::Multi => argmax(row),
    }
}

/// An explanation from the answer to a text, and those to the text without each word.
fn without_each(
    task: LabelKind,
    words: &[WordSpan],
    mut answers: Vec<Vec<f32>>,
    empty: &[f32],
) -> Explanation {
    let row = answers.remove(0);
    let output = explained(task, &row);
    let words = words.iter().zip(&answers).map(|(word, without)| WordWeight {
        field: word.field,
        start: word.start,
        end: word.end,
        weight: row[output] - without[output],
    });
    Explanation { words: words.collect(), empty: empty[output], output, row }
}

impl<D: Device> Part<D> {
    fn prepare<S: AsRef<str>>(&self, fields: &[S]) -> Prepared {
        let (ids, words) = self.text.encode_words(fields);
        Prepared { ids, words }
    }

    /// One pass: differences between the answers to ever longer beginnings (and, of a backward
    /// network, endings).
    fn fast(&self, documents: &[Prepared], empty: &[f32]) -> Result<Vec<Explanation>, Error> {
        let (share, classes) = (1.0 / self.networks.len() as f32, empty.len());
        let mut rows = vec![vec![0.0_f32; classes]; documents.len()];
        // for each document, token and class
        let mut weights: Vec<Vec<f64>> =
            documents.iter().map(|document| vec![0.0; document.ids.len() * classes]).collect();
        let lengths: Vec<usize> = documents.iter().map(|document| document.ids.len()).collect();
        for (direction, network) in &self.networks {
            let ClassifierNetwork::Recurrent(network) = network else {
                return Err(refused("a transformer, which reads all words at once"));
            };
            let activate = |logits: &[f32]| -> Result<Vec<f32>, Error> {
                let found = network.probabilities(&Tensor::from_f32(&[1, classes], logits));
                let is_sound = found.iter().all(|p| p.is_finite());
                is_sound.then_some(found).ok_or_else(|| self.not_finite(*direction))
            };
            let alone = self.text.encode(&[""]);
            let start = network.running_logits(&[&alone]).remove(0);
            let start = activate(&start.whole)?;
            for items in evaluation_batches(&lengths, BATCH) {
                let oriented = items.iter().map(|&item| {
                    let mut ids = documents[item].ids.clone();
                    direction.orient(&mut ids);
                    ids
                });
                let oriented: Vec<Vec<u32>> = oriented.collect();
                let texts: Vec<&[u32]> = oriented.iter().map(Vec::as_slice).collect();
                for (&item, found) in items.iter().zip(network.running_logits(&texts)) {
                    let whole = activate(&found.whole)?;
                    rows[item].iter_mut().zip(&whole).for_each(|(sum, p)| *sum += p * share);
                    let (mut before, last) = (start.clone(), found.after.len() - 1);
                    for (n, logits) in found.after.iter().enumerate() {
                        // the last answer is the one that is given
                        let after = if n == last { whole.clone() } else { activate(logits)? };
                        let token = match direction {
                            Direction::Forward => found.first + n,
                            Direction::Backward => lengths[item] - 1 - found.first - n,
                        };
                        let at = token * classes;
                        for class in 0..classes {
                            let change = f64::from(after[class]) - f64::from(before[class]);
                            weights[item][at + class] += change * f64::from(share);
                        }
                        before = after;
                    }
                }
            }
        }
        let explained =
            documents.iter().zip(rows).zip(weights).map(|((document, row), weights)| {
                let output = explained(self.task(), &row);
                let of = |token: usize| weights[token * classes + output];
                let words = document.words.iter().enumerate().map(|(n, word)| {
                    // `xxbos` is nothing of the text: what it does counts at the first word
                    let first = if n == 0 { 0 } else { word.first_token };
                    let weight = (first..word.end_token).map(of).sum::<f64>() as f32;
                    WordWeight { field: word.field, start: word.start, end: word.end, weight }
                });
                Explanation { words: words.collect(), empty: empty[output], output, row }
            });
        Ok(explained.collect())
    }

    /// The text without each word in turn.
    fn exact(&self, document: &Prepared, empty: &[f32]) -> Result<Explanation, Error> {
        let mut variants = vec![document.ids.clone()];
        for word in &document.words {
            let mut ids = document.ids.clone();
            ids.drain(word.first_token..word.end_token);
            variants.push(ids);
        }
        let answers = self.probabilities_of_ids(&variants, BATCH, &mut |_, _| ())?;
        Ok(without_each(self.task(), &document.words, answers, empty))
    }
}
