//! Which texts to label next.

use crate::Error;
use crate::data::Record;
use crate::data::quality::find_duplicates;
use crate::decisions::Uncertainty;
use crate::decisions::spread::UnitVectors;
use crate::input::texts;
use crate::models::ClassifierBundle;
use crate::progress::Progress;
use crate::randomness::Purpose;

/// How texts are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum Strategy {
    /// The texts whose two most probable labels are closest
    BreakingTies,
    /// The texts with the largest entropy
    Entropy,
    /// Texts of all kinds, beginning with those least like the labelled ones
    Coverage,
    /// Texts that are uncertain, and of different kinds
    #[default]
    Mixed,
}

/// Texts that could be labelled.
pub struct Pool<'a> {
    /// Unlabelled rows.
    pub records: &'a [Record],
    /// Rows that are labelled already; only their texts are used.
    pub labelled: &'a [Record],
}

/// The vectors of some texts.
pub type Encode<'a> = &'a dyn Fn(&[&[String]]) -> Result<Vec<Vec<f32>>, Error>;

/// A text to label.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen {
    /// Its number in the pool.
    pub row: usize,
    /// What the classifier says; nothing without one.
    pub answer: Option<Vec<f32>>,
}

/// Of the mixed strategy: how many uncertain texts there are for each that is chosen.
const UNCERTAIN: usize = 10;
/// Texts that clusters are made of at most; of more every second, third, ...
const MOST_TO_CLUSTER: usize = 20_000;
/// Clusters at most.
const MOST_CLUSTERS: usize = 500;
/// Documents that are computed at a time; it changes no bit.
const BATCH: usize = 64;
/// Documents between two reports of progress.
const CHUNK: usize = 512;

impl Pool<'_> {
    /// At most `count` texts that a classifier would learn much from, the best first.
    ///
    /// Blank texts are left out, near-duplicates of labelled texts, and all but the first of
    /// near-duplicates of each other. The mixed strategy takes the most uncertain texts (by breaking
    /// ties), ten for each that is wanted, makes as many clusters of them as texts are wanted, in which
    /// uncertain texts weigh more, and chooses the one next to the centre of each (Zhdanov 2019,
    /// "Diverse mini-batch Active Learning", <https://arxiv.org/abs/1901.05954>). Coverage is
    /// [`cold_start`](Self::cold_start) with the classifier's vectors.
    ///
    /// `encode` gives the vectors of texts, which are scaled to length one here.
    ///
    /// # Errors
    /// [`Error::Usage`] when a number is predicted, which has no uncertainty, unless by coverage;
    /// [`Error::NotFinite`] as predictions, and those of `encode`.
    pub fn next(
        &self,
        model: &ClassifierBundle,
        encode: Encode<'_>,
        (strategy, count, seed): (Strategy, usize, u64),
        progress: &mut dyn Progress,
    ) -> Result<Vec<Chosen>, Error> {
        if strategy == Strategy::Coverage {
            let mut chosen = self.cold_start(encode, count, seed, progress)?;
            let texts: Vec<&[String]> =
                chosen.iter().map(|text| &self.records[text.row].fields[..]).collect();
            let answers = model.probabilities(&texts, BATCH)?;
            chosen.iter_mut().zip(answers).for_each(|(text, row)| text.answer = Some(row));
            return Ok(chosen);
        }
        let free = self.free();
        let documents: Vec<&[String]> =
            free.iter().map(|&row| &self.records[row].fields[..]).collect();
        let mut answers = Vec::with_capacity(documents.len());
        for chunk in documents.chunks(CHUNK) {
            answers.extend(model.probabilities(chunk, BATCH)?);
            progress.tick("texts scored", answers.len(), Some(documents.len()));
        }
        let measure = match strategy {
            Strategy::Entropy => Uncertainty::Entropy,
            _ => Uncertainty::BreakingTies,
        };
        let uncertain = answers.iter().map(|row| measure.of(model.task(), row));
        let Some(uncertain) = uncertain.collect::<Option<Vec<f64>>>() else {
            let message = "a model that predicts a number does not say how uncertain it is";
            let hint = "choose texts by coverage".to_owned();
            return Err(Error::Usage { message: message.into(), hint: Some(hint) });
        };
        let mut order: Vec<usize> = (0..free.len()).collect();
        order.sort_by(|&a, &b| uncertain[b].total_cmp(&uncertain[a])); // stable
        if strategy == Strategy::Mixed {
            order.truncate(count.saturating_mul(UNCERTAIN));
            let some: Vec<&[String]> = order.iter().map(|&n| documents[n]).collect();
            let vectors = vectors(&some, encode, progress)?;
            let weights: Vec<f64> = order.iter().map(|&n| uncertain[n]).collect();
            let key = Purpose::NextTexts.key(seed);
            let groups = vectors.clusters(&weights, count, &key).members();
            order = in_turns(&groups).map(|n| order[n]).collect();
        }
        order.truncate(count);
        let chosen = |n: usize| Chosen { row: free[n], answer: Some(answers[n].clone()) };
        Ok(order.into_iter().map(chosen).collect())
    }

    /// At most `count` texts of different kinds, where there is no classifier yet: one at random of
    /// each cluster of vectors, the largest cluster first. There are as many clusters as texts labelled
    /// and wanted together, and those with a labelled text come last (as in `TypiClust`: Hacohen, Dekel
    /// & Weinshall 2022, <https://arxiv.org/abs/2202.02794>, which takes the most typical text; a
    /// random one was better on questions, and not much worse on news).
    ///
    /// `encode` gives the vectors of texts, which are scaled to length one here.
    ///
    /// # Errors
    /// Those of `encode`.
    pub fn cold_start(
        &self,
        encode: Encode<'_>,
        count: usize,
        seed: u64,
        progress: &mut dyn Progress,
    ) -> Result<Vec<Chosen>, Error> {
        let free = self.free();
        let sample: Vec<usize> =
            free.iter().copied().step_by(free.len().div_ceil(MOST_TO_CLUSTER).max(1)).collect();
        let records: Vec<&[String]> =
            sample.iter().map(|&row| &self.records[row].fields[..]).collect();
        let mine = sample.len();
        let most = self.labelled.len().div_ceil(MOST_TO_CLUSTER).max(1);
        let labelled = texts(self.labelled).into_iter().step_by(most);
        let all: Vec<&[String]> = records.into_iter().chain(labelled).collect();
        let all = vectors(&all, encode, progress)?;
        let clusters = (count + self.labelled.len()).min(MOST_CLUSTERS.max(count));
        let key = Purpose::NextTexts.key(seed);
        let found = all.clusters(&vec![1.0; all.len()], clusters, &key);
        let members = found.members();
        let is_labelled = |rows: &&Vec<usize>| rows.iter().any(|&n| n >= mine);
        let (covered, open): (Vec<_>, Vec<_>) = members.iter().partition(is_labelled);
        let shuffled = |(number, rows): (usize, &Vec<usize>)| -> Vec<usize> {
            let rows: Vec<usize> = rows.iter().copied().filter(|&n| n < mine).collect();
            let order = key.child(number as u64).permutation(rows.len());
            order.into_iter().map(|n| rows[n]).collect()
        };
        let groups: Vec<Vec<usize>> =
            open.into_iter().chain(covered).enumerate().map(shuffled).collect();
        let chosen = |n: usize| Chosen { row: sample[n], answer: None };
        Ok(in_turns(&groups).take(count).map(chosen).collect())
    }

    /// Numbers of the rows that can be chosen.
    fn free(&self) -> Vec<usize> {
        let present = self.labelled.len();
        let joined: Vec<String> = self
            .labelled
            .iter()
            .chain(self.records)
            .map(|record| record.fields.join(" "))
            .collect();
        // groups are named by their first member
        let near = find_duplicates(&joined).near;
        let is_free =
            |&row: &usize| near[present + row] == present + row && !self.records[row].is_blank();
        (0..self.records.len()).filter(is_free).collect()
    }
}

/// The first of each group, then the second of each.
fn in_turns(groups: &[Vec<usize>]) -> impl Iterator<Item = usize> {
    let rounds = groups.iter().map(Vec::len).max().unwrap_or(0);
    (0..rounds).flat_map(|n| groups.iter().filter_map(move |rows| rows.get(n).copied()))
}

/// The vectors of some documents, a chunk at a time.
fn vectors(
    documents: &[&[String]],
    encode: Encode<'_>,
    progress: &mut dyn Progress,
) -> Result<UnitVectors, Error> {
    let mut rows = Vec::with_capacity(documents.len());
    for chunk in documents.chunks(CHUNK) {
        rows.extend(encode(chunk)?);
        progress.tick("texts read", rows.len(), Some(documents.len()));
    }
    Ok(UnitVectors::new(rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Place;
    use std::path::Path;
    use std::sync::Arc;

    fn record(text: &str) -> Record {
        let place = Place::new(&Arc::from(Path::new("pool.csv")), 1);
        Record { fields: vec![text.to_owned()], label: None, place, columns: Vec::new() }
    }

    #[test]
    fn nothing_is_labelled_twice() {
        let labelled = [record("Where is my parcel?")];
        let pool = ["where is my parcel", "I want a refund.", " ", "i want a refund", "Hello!"];
        let pool: Vec<Record> = pool.iter().map(|text| record(text)).collect();
        assert_eq!(Pool { records: &pool, labelled: &labelled }.free(), [1, 4]);
        assert_eq!(Pool { records: &pool, labelled: &[] }.free(), [0, 1, 4]);
    }
}
