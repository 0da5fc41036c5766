//! A linear classifier on the TF-IDF weights of n-grams.
//!
//! One against the rest: a support vector machine with squared hinge loss for each label, and for
//! numbers ridge regression. Where a text has one label, complement naive Bayes is added, which is
//! better on some data and a linear function, too. How much of it, how strong the penalty is, and
//! how sure the answers are, is decided by cross-validation on the training examples.

use super::Labelled;
use super::dual::{DualData, LinearFunction, Stop};
use super::folds::fold_numbers;
use super::naive_bayes::ComplementBayes;
use super::scale::{ScoredRow, best_scale};
use super::sparse::Sparse;
use crate::data::labels::LabelKind;
use crate::model::linear::{LinearConfig, LinearWeights};
use crate::text::ngrams::{inverse_document_frequencies, tfidf};
use rayon::prelude::*;
use ulmfit_ops::Key;

/// How a [`NgramFit`] learns.
#[derive(Clone, Debug, PartialEq)]
pub struct NgramSettings {
    /// Costs of an error (`C`) to choose from: the larger, the weaker the penalty.
    pub strengths: Vec<f64>,
    /// Shares of naive Bayes to choose from, as factors of its logarithms; 0 for none.
    pub mixes: Vec<f64>,
    /// Folds of the cross-validation.
    pub folds: usize,
    /// Folds that are held out in turn; fewer than all save time where there are many examples.
    pub rounds: usize,
    /// In a fold as in all, n-grams of fewer documents are left out.
    pub min_documents: usize,
    /// How exactly the machines are trained; LIBLINEAR's own is 0.1, scikit-learn's 0.0001.
    pub tolerance: f64,
}

/// Trains linear classifiers.
pub struct NgramFit<'a> {
    /// Columns of each document, in rising order, and its target.
    pub examples: &'a Labelled,
    /// Sizes.
    pub config: &'a LinearConfig,
    /// Rare labels weigh more, if there are weights.
    pub class_weights: Option<&'a [f32]>,
    /// How it learns.
    pub settings: &'a NgramSettings,
    /// Folds, and the order of examples.
    pub key: Key,
}

/// What a [`NgramFit`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct NgramFitted {
    /// The weights.
    pub weights: LinearWeights,
    /// The strength that was chosen.
    pub strength: f64,
    /// The share of naive Bayes.
    pub mix: f64,
    /// What the sum of both is multiplied by to become logits; 1 for numbers.
    pub scale: f64,
}

/// Tolerance of ridge regression: in standard deviations of the values, which are not distances from a
/// margin of one.
const VALUE_TOLERANCE: f64 = 1e-3;
/// Most passes over the examples, as in LIBLINEAR.
const PASSES: usize = 1_000;

/// What was chosen by cross-validation.
struct Choice {
    strength: f64,
    mix: f64,
    scale: f64,
}

/// The functions of one output.
struct Part {
    machine: LinearFunction,
    /// Weights of naive Bayes; none where it is not asked for.
    bayes: Option<Vec<f64>>,
}

/// What the functions of all outputs say of a row.
#[derive(Clone, Default)]
struct Said {
    row: usize,
    machines: Vec<f64>,
    bayes: Vec<f64>,
}

impl NgramFit<'_> {
    /// Trains a classifier; values of a regression are in the units of
    /// [`scaled`](Labelled::scaled).
    ///
    /// # Panics
    /// Without a strength or a mix.
    pub fn run(&self) -> NgramFitted {
        let NgramSettings { strengths, mixes, rounds, .. } = self.settings;
        let choice = if *rounds > 0 && self.examples.documents.len() > 1 {
            self.cross_validated()
        } else {
            Choice { strength: strengths[0], mix: mixes[0], scale: 1.0 }
        };
        let Choice { strength, mix, scale } = choice;
        let all: Vec<usize> = (0..self.examples.documents.len()).collect();
        let (idf, x) = self.matrix(&all);
        let mixed = |part: Part| -> (Vec<f32>, f32) {
            let Part { machine: LinearFunction { weight, bias }, bayes } = part;
            let of_bayes = |column: usize| bayes.as_ref().map_or(0.0, |bayes| bayes[column]);
            let sum = |(column, w): (usize, &f64)| (scale * (w + mix * of_bayes(column))) as f32;
            (weight.iter().enumerate().map(sum).collect(), (scale * bias) as f32)
        };
        let with_bayes = if mix > 0.0 { Bayes::Added } else { Bayes::None };
        let key = self.key.child(1);
        let functions = self.parts(&x, &all, strength, with_bayes, &key, &mixed);
        let outputs = self.config.classes;
        let mut weight = vec![0.0; x.columns() * outputs];
        weight.par_chunks_mut(outputs).enumerate().for_each(|(column, row)| {
            row.iter_mut()
                .zip(&functions)
                .for_each(|(place, (weights, _))| *place = weights[column]);
        });
        let bias = functions.iter().map(|(_, bias)| *bias).collect();
        NgramFitted { weights: LinearWeights { idf, weight, bias }, strength, mix, scale }
    }

    /// Inverse document frequencies of some examples, and the matrix of all with these.
    fn matrix(&self, rows: &[usize]) -> (Vec<f32>, Sparse) {
        let documents: Vec<&[u32]> =
            rows.iter().map(|&row| &self.examples.documents[row][..]).collect();
        let columns = self.config.columns();
        let idf = inverse_document_frequencies(&documents, columns, self.settings.min_documents);
        let blocks = self.config.blocks();
        let documents = &self.examples.documents;
        let cells = documents.par_iter().map(|document| tfidf(document, &idf, &blocks));
        let x = Sparse::new(columns, cells.collect());
        (idf, x)
    }

    /// What `then` makes of the functions of each output, which are trained on some rows.
    fn parts<T: Send>(
        &self,
        x: &Sparse,
        rows: &[usize],
        strength: f64,
        with_bayes: Bayes,
        key: &Key,
        then: &(impl Fn(Part) -> T + Sync),
    ) -> Vec<T> {
        let squares = DualData::squares(x, rows);
        let data = DualData { x, rows, squares: &squares };
        let stop = Stop { tolerance: self.settings.tolerance, passes: PASSES };
        let (outputs, task) = (self.config.classes, self.config.task);
        if task == LabelKind::Regression {
            let values: Vec<f64> = rows.iter().map(|&row| self.target(row, 0)).collect();
            let stop = Stop { tolerance: VALUE_TOLERANCE, ..stop };
            let machine = data.ridge(&values, strength, stop, key);
            return vec![then(Part { machine, bayes: None })];
        }
        let totals = (with_bayes == Bayes::Added).then(|| ComplementBayes::new(x, rows));
        let has = |row: usize, output: usize| self.target(row, output) > 0.5;
        let machine = |output: usize| {
            let weight = self.class_weights.map_or(1.0, |weights| f64::from(weights[output]));
            let example = |&row: &usize| {
                if has(row, output) { (1.0, strength * weight) } else { (-1.0, strength) }
            };
            let examples: Vec<(f64, f64)> = rows.iter().map(example).collect();
            data.squared_hinge(&examples, stop, &key.child(output as u64))
        };
        let bayes = |output: usize| {
            let own = rows.iter().copied().filter(|&row| has(row, output));
            totals.as_ref().map(|totals| totals.weights(own))
        };
        // one plane between two labels
        if task == LabelKind::Single && outputs == 2 && self.class_weights.is_none() {
            let second = machine(1);
            let weight = second.weight.iter().map(|w| -w).collect();
            let first = LinearFunction { weight, bias: -second.bias };
            let parts = [first, second].into_iter().enumerate();
            return parts.map(|(n, machine)| then(Part { machine, bayes: bayes(n) })).collect();
        }
        let part = |output: usize| then(Part { machine: machine(output), bayes: bayes(output) });
        (0..outputs).into_par_iter().map(part).collect()
    }

    /// Whether a row has a label (1 or 0), or its value.
    fn target(&self, row: usize, output: usize) -> f64 {
        let target = &self.examples.targets[row];
        match self.config.task {
            LabelKind::Single => f64::from(u8::from(target[0] as usize == output)),
            LabelKind::Multi | LabelKind::Regression => f64::from(target[output]),
        }
    }

    /// What has the least loss on rows that were held out; of equal choices the first.
    fn cross_validated(&self) -> Choice {
        let NgramSettings { strengths, mixes, folds, rounds, .. } = self.settings;
        let targets = &self.examples.targets;
        let (task, key) = (self.config.task, self.key.child(0));
        let inputs = self.examples.documents.iter();
        let fold_of = fold_numbers(inputs, targets, task, *folds, &key);
        let count = fold_of.iter().max().map_or(0, |&last| last + 1);
        let with_bayes = match task {
            LabelKind::Single if mixes.iter().any(|&mix| mix > 0.0) => Bayes::Added,
            _ => Bayes::None,
        };
        let mut said: Vec<Vec<Said>> = vec![Vec::new(); strengths.len()];
        for round in 0..count.min(*rounds) {
            let (held_out, train): (Vec<usize>, Vec<usize>) =
                (0..targets.len()).partition(|&row| fold_of[row] == round);
            let (_, x) = self.matrix(&train);
            let key = key.child(1 + round as u64);
            let answers = |part: Part| -> Vec<(f64, Option<f64>)> {
                let bayes = |row| part.bayes.as_ref().map(|bayes| x.dot(row, bayes));
                held_out.iter().map(|&row| (part.machine.at(&x, row), bayes(row))).collect()
            };
            let of = |&strength: &f64| {
                let outputs = self.parts(&x, &train, strength, with_bayes, &key, &answers);
                let of_row = |(n, &row): (usize, &usize)| {
                    let machines = outputs.iter().map(|output| output[n].0).collect();
                    let bayes = outputs.iter().filter_map(|output| output[n].1).collect();
                    Said { row, machines, bayes }
                };
                held_out.iter().enumerate().map(of_row).collect::<Vec<Said>>()
            };
            let found: Vec<Vec<Said>> = strengths.par_iter().map(of).collect();
            said.iter_mut().zip(found).for_each(|(all, found)| all.extend(found));
        }
        let mixes = if with_bayes == Bayes::Added { &mixes[..] } else { &[0.0] };
        let mut best = (f64::INFINITY, Choice { strength: strengths[0], mix: 0.0, scale: 1.0 });
        for (&strength, said) in strengths.iter().zip(&said) {
            for &mix in mixes {
                let (loss, scale) = self.loss(said, mix);
                if loss < best.0 {
                    best = (loss, Choice { strength, mix, scale });
                }
            }
        }
        best.1
    }

    /// The loss of what was said of some rows, at the best scale, and that.
    fn loss(&self, said: &[Said], mix: f64) -> (f64, f64) {
        let outputs = self.config.classes;
        let scored = |said: &Said| {
            let of_bayes = said.bayes.iter().copied().chain(std::iter::repeat(0.0));
            let sums = said.machines.iter().zip(of_bayes).map(|(m, b)| m + mix * b);
            let wanted: Vec<f64> =
                (0..outputs).map(|output| self.target(said.row, output)).collect();
            ScoredRow { scores: sums.collect(), costs: self.costs(&wanted), wanted }
        };
        let rows: Vec<ScoredRow> = said.iter().map(scored).collect();
        if self.config.task == LabelKind::Regression {
            let squares = rows.iter().map(|row| (row.scores[0] - row.wanted[0]).powi(2));
            return (squares.sum(), 1.0);
        }
        best_scale(&rows, self.config.task)
    }

    /// What an error costs at each output of a row with these labels.
    fn costs(&self, wanted: &[f64]) -> Vec<f64> {
        let Some(weights) = self.class_weights else { return vec![1.0; wanted.len()] };
        let own = wanted
            .iter()
            .zip(weights)
            .map(|(&has, &weight)| if has > 0.5 { f64::from(weight) } else { 1.0 });
        match self.config.task {
            LabelKind::Multi | LabelKind::Regression => own.collect(),
            // all outputs together are one answer
            LabelKind::Single => {
                let of = |(&has, &weight): (&f64, &f32)| (has > 0.5).then_some(f64::from(weight));
                vec![wanted.iter().zip(weights).find_map(of).unwrap_or(1.0); wanted.len()]
            }
        }
    }
}

/// Whether naive Bayes is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bayes {
    None,
    Added,
}
