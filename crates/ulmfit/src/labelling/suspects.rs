//! Rows whose label is probably wrong.

use super::frozen::FrozenFolds;
use crate::Error;
use crate::data::labels::{LabelKind, LabelOptions, LabelSet, Target};
use crate::data::quality::find_duplicates;
use crate::data::{DataError, Record};
use crate::decisions::label_issues::{LabelIssue, label_issues};
use crate::input::{LabelledInput, LabelledSplits, SplitFractions, texts};
use crate::model::scoring::argmax;
use crate::models::EncoderBundle;
use crate::progress::Progress;
use crate::report::read_scored;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use ulmfit_ops::Key;

/// Where the answers of models that have not learned a row come from.
pub enum AnswerSource<'a> {
    /// `scored.csv` of a training with folds on the same rows.
    Scored(&'a Path),
    /// Linear heads on the vectors of a sentence encoder that stays as it is, each trained without
    /// one of some folds.
    Encoder {
        /// The encoder.
        encoder: &'a EncoderBundle,
        /// Number of folds.
        folds: usize,
        /// Seed of the folds.
        seed: u64,
    },
}

/// Rows whose label is probably wrong.
pub struct Suspects {
    /// All rows.
    pub records: Vec<Record>,
    /// The labels.
    pub labels: LabelSet,
    /// What is wrong, the least probable label first.
    pub found: Vec<Suspect>,
    /// All other rows, the least probable label first.
    pub others: Vec<LabelIssue>,
    /// Share of the labels that the model gives as well. Where it is low the model has not understood the labels, and
    /// many of those that it doubts are right.
    pub agreement: f64,
}

/// A row whose label is probably wrong.
pub struct Suspect {
    /// The row and its labels.
    pub issue: LabelIssue,
    /// Numbers of the near-duplicates of the row that have another label than it has.
    pub contradicted_by: Vec<usize>,
}

impl Suspects {
    /// Compares each label with the answer of a model that has not learned it.
    ///
    /// # Errors
    /// [`Error::Data`] when a label or the scored rows cannot be read, [`Error::Usage`] unless every
    /// row has exactly one label, [`Error::TooLittle`] for fewer than two rows per fold.
    pub fn find(
        records: Vec<Record>,
        source: &AnswerSource<'_>,
        options: &LabelOptions,
        progress: &mut dyn Progress,
    ) -> Result<Self, Error> {
        let input = LabelledInput { train: records, valid: None, test: None };
        let nothing = SplitFractions { valid: 0.0, test: 0.0 };
        let splits = LabelledSplits::split(input, options, nothing, Key::new(0), progress)?;
        if splits.labels.kind() != LabelKind::Single {
            let message = "labels can be checked only if each text has exactly one".to_owned();
            let hint = "several labels per text and numbers are not supported here".to_owned();
            return Err(Error::Usage { message, hint: Some(hint) });
        }
        let rows = match source {
            AnswerSource::Scored(path) => read_scored(path, &splits.labels, &splits.train)?,
            AnswerSource::Encoder { encoder, folds, seed } => {
                let foreign = encoder.language_warning(&texts(&splits.train));
                foreign.iter().for_each(|warning| progress.warn(warning));
                FrozenFolds::new(*folds, *seed).answers(encoder, &splits, progress)?
            }
        };
        let LabelledSplits { train: records, labels, .. } = splits;
        let classes = classes(&records, &labels)?;
        let doubles = Doubles::of(&records);
        let suspect = |issue: LabelIssue| {
            let others = doubles.of_row(issue.row).iter().copied();
            let contradicted_by = others.filter(|&n| classes[n] != issue.given).collect();
            Suspect { issue, contradicted_by }
        };
        let found: Vec<Suspect> = label_issues(&classes, &rows).into_iter().map(suspect).collect();
        let listed: BTreeSet<usize> = found.iter().map(|suspect| suspect.issue.row).collect();
        let others = (0..records.len()).filter(|row| !listed.contains(row));
        let mut others: Vec<LabelIssue> =
            others.map(|row| LabelIssue::of(row, classes[row], &rows[row])).collect();
        others.sort_by(|a, b| a.given_probability.total_cmp(&b.given_probability));
        let agreeing =
            rows.iter().zip(&classes).filter(|(row, class)| argmax(row) == **class as usize);
        let agreement = agreeing.count() as f64 / records.len() as f64;
        Ok(Self { records, labels, found, others, agreement })
    }

    /// The name of a label.
    pub fn name(&self, label: u32) -> &str {
        &self.labels.names()[label as usize]
    }
}

fn classes(records: &[Record], labels: &LabelSet) -> Result<Vec<u32>, DataError> {
    let class = |record| match labels.target(record)? {
        Target::Class(class) => Ok(class),
        Target::Classes(_) | Target::Value(_) => unreachable!("others were refused"),
    };
    records.iter().map(class).collect()
}

/// Groups of near-duplicates.
struct Doubles {
    group_of: Vec<usize>,
    groups: BTreeMap<usize, Vec<usize>>,
}

impl Doubles {
    fn of(records: &[Record]) -> Self {
        let texts: Vec<String> = records.iter().map(|record| record.fields.join(" ")).collect();
        let group_of = find_duplicates(&texts).near;
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        group_of.iter().enumerate().for_each(|(row, &group)| {
            groups.entry(group).or_default().push(row);
        });
        Self { group_of, groups }
    }

    /// The group of a row, with itself.
    fn of_row(&self, row: usize) -> &[usize] {
        &self.groups[&self.group_of[row]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Place;
    use crate::progress::NoProgress;
    use crate::report::scored_csv;
    use std::sync::Arc;

    fn record(line: u64, text: &str, label: &str) -> Record {
        let place = Place::new(&Arc::from(Path::new("rows.csv")), line);
        let label = Some(label.into());
        Record { fields: vec![text.to_owned()], label, place, columns: Vec::new() }
    }

    #[test]
    fn a_contradicted_row_has_its_doubles_of_another_label() {
        let text = "please send the money for my last order back to me";
        let records = vec![
            record(1, text, "shipping"),
            record(2, text, "refund"),
            record(3, "where is my parcel", "shipping"),
            record(4, "refund me the costs", "refund"),
            record(5, text, "shipping"),
        ];
        let rows = [[0.9, 0.1], [0.9, 0.1], [0.2, 0.8], [0.8, 0.2], [0.1, 0.9]];
        let labels = LabelSet::from_records(&records, &LabelOptions::default()).unwrap();
        let rows: Vec<Vec<f32>> = rows.iter().map(|row| row.to_vec()).collect();
        let csv = scored_csv(&labels, &records, &rows, &[0, 1, 0, 1, 0], &[]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scored.csv");
        std::fs::write(&path, csv).unwrap();
        let options = LabelOptions::default();
        let source = AnswerSource::Scored(&path);
        let found = Suspects::find(records, &source, &options, &mut NoProgress).unwrap();
        assert_eq!(found.found.len(), 1);
        assert!((found.agreement - 0.8).abs() < 1e-12, "{}", found.agreement);
        let Suspect { issue, contradicted_by } = &found.found[0];
        assert_eq!((issue.row, found.name(issue.given)), (0, "shipping"));
        assert_eq!((found.name(issue.suggested), &contradicted_by[..]), ("refund", &[1][..]));
    }
}
