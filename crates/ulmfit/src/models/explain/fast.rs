//! Which words decided, by weights that add up.

use super::reading::{Reading, complete};
use super::spans::{Span, joined, place};
use super::stacked::factors;
use super::{Explanation, WordWeight, explained};
use crate::Error;
use crate::models::classifier_bundle::ClassifierBundle;
use crate::models::part::Part;
use rayon::prelude::*;
use ulmfit_ops::Device;

impl<D: Device> ClassifierBundle<D> {
    /// What each word adds to the answer, from that to an empty text on; of sentence encoders by integrated
    /// gradients, or in one pass.
    pub(super) fn fast(
        &self,
        documents: &[Vec<&str>],
        by_gradients: bool,
    ) -> Result<Vec<Explanation>, Error> {
        let alone = [self.encode(&[""])];
        let of_empty = self.answers_of_parts(&alone, 1, &mut |_, _| ())?;
        let empty = self.combined(&of_empty)?.remove(0);
        let of_empty: Vec<&[f32]> = of_empty.iter().map(|rows| &rows[0][..]).collect();
        let read = |(_, part): &(String, _)| Part::read(part, documents);
        let readings = self.parts.iter().map(read).collect::<Result<Vec<Reading>, Error>>()?;
        let of_parts: Vec<&[Vec<f32>]> = readings.iter().map(|reading| &reading.rows[..]).collect();
        let rows = self.combined(&of_parts)?;

        // what is asked of each part about each document
        let ask = |(n, row): (usize, &Vec<f32>)| {
            let output = explained(self.task(), row);
            match &self.stack {
                Some(stack) => {
                    let own: Vec<&[f32]> = of_parts.iter().map(|rows| &rows[n][..]).collect();
                    factors(stack, self.task(), &own, &of_empty, output)
                }
                None => vec![one_hot(row.len(), output)],
            }
        };
        let mut asked: Vec<Vec<Vec<f64>>> = vec![Vec::new(); self.parts.len()];
        for of_document in rows.par_iter().enumerate().map(ask).collect::<Vec<_>>() {
            asked.iter_mut().zip(of_document).for_each(|(part, own)| part.push(own));
        }
        let mut weights = Vec::with_capacity(self.parts.len());
        for (n, (_, part)) in self.parts.iter().enumerate() {
            let (reading, of_empty) = (&readings[n], of_empty[n]);
            weights.push(part.weights(documents, reading, of_empty, &asked[n], by_gradients));
        }
        let explain = |(n, row): (usize, Vec<f32>)| {
            let spans: Vec<Vec<Span>> = readings.iter().map(|reading| reading.spans(n)).collect();
            let words = joined(&spans);
            let mut sums = vec![0.0; words.len()];
            for (spans, weights) in spans.iter().zip(&weights) {
                for (span, weight) in spans.iter().zip(&weights[n]) {
                    sums[place(&words, *span)] += weight;
                }
            }
            let output = explained(self.task(), &row);
            complete(&mut sums, f64::from(row[output]) - f64::from(empty[output]));
            let word = |(word, weight): (&Span, f64)| WordWeight {
                field: word.field,
                start: word.start,
                end: word.end,
                weight: weight as f32,
            };
            let words = words.iter().zip(sums).map(word).collect();
            Explanation { words, empty: empty[output], output, row }
        };
        Ok(rows.into_par_iter().enumerate().map(explain).collect())
    }
}

/// Factors that ask for one output.
fn one_hot(classes: usize, output: usize) -> Vec<f64> {
    (0..classes).map(|class| f64::from(u8::from(class == output))).collect()
}
