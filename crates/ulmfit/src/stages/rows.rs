//! Labelled rows: which to learn from, which to choose by, which to score on.

use super::texts::Document;
use super::{Error, Progress};
use crate::data::split::{HeldOut, Split, random_groups, stratified_groups};
use crate::data::{DataError, LabelKind, LabelOptions, LabelSet, Record, Target, find_duplicates};
use crate::text::TextPipeline;
use crate::train::Labelled;
use serde::Serialize;
use ulmfit_ops::Key;

/// Labelled rows as the user gives them.
pub struct RowsInput {
    /// To learn from, and to set apart from what is not given.
    pub train: Vec<Record>,
    /// To choose by, if the user has set some apart.
    pub valid: Option<Vec<Record>>,
    /// For the final score, touched once, if the user has set some apart.
    pub test: Option<Vec<Record>>,
}

/// Shares of the rows that are set apart where the user has not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shares {
    /// To choose by.
    pub valid: f64,
    /// For the final score; 0 for none.
    pub test: f64,
}

/// Labelled rows, split.
pub(super) struct Rows {
    pub(super) train: Vec<Record>,
    pub(super) valid: Vec<Record>,
    pub(super) test: Vec<Record>,
    pub(super) labels: LabelSet,
    pub(super) repeated: usize,
}

/// How many rows went where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RowCounts {
    /// Learned from.
    pub train: usize,
    /// Chosen by.
    pub valid: usize,
    /// Scored on.
    pub test: usize,
    /// Training rows whose text nearly repeats a test row's; only possible where the user chose
    /// the test rows.
    pub train_like_test: usize,
}

impl Rows {
    /// Sets apart what the user has not, stratified by label.
    ///
    /// Rows whose texts nearly repeat each other never stand on both sides of a split of ours.
    pub(super) fn split(
        input: RowsInput,
        options: &LabelOptions,
        shares: Shares,
        key: Key,
        progress: &mut dyn Progress,
    ) -> Result<Self, Error> {
        let RowsInput { mut train, valid, test } = input;
        let labels = LabelSet::from_records(&train, options)?;
        labels.notices(&train).iter().for_each(|notice| progress.warn(&notice.to_string()));
        let test = match test {
            Some(test) => test,
            None => set_apart(&mut train, &labels, shares.test, key.child(0))?,
        };
        // an unknown label is better found now than after hours of training
        for record in test.iter().chain(valid.iter().flatten()) {
            labels.target(record)?;
        }
        let repeated = repeated(&train, &test);
        if repeated > 0 {
            let rows = format!("{repeated} training rows nearly repeat a test row");
            progress.warn(&format!("{rows}: the score may flatter"));
        }
        let valid = match valid {
            Some(valid) => valid,
            None => set_apart(&mut train, &labels, shares.valid, key.child(1))?,
        };
        Ok(Self { train, valid, test, labels, repeated })
    }

    pub(super) fn counts(&self) -> RowCounts {
        RowCounts {
            train: self.train.len(),
            valid: self.valid.len(),
            test: self.test.len(),
            train_like_test: self.repeated,
        }
    }
}

/// Texts of some records.
pub(super) fn texts(records: &[Record]) -> Vec<Document> {
    records.iter().map(|record| record.fields.clone()).collect()
}

/// Moves a share of the records to a list of their own.
fn set_apart(
    records: &mut Vec<Record>,
    labels: &LabelSet,
    share: f64,
    key: Key,
) -> Result<Vec<Record>, Error> {
    let joined: Vec<String> = records.iter().map(|record| record.fields.join(" ")).collect();
    let groups = find_duplicates(&joined).near;
    let held_out = HeldOut::Fraction(share);
    let Split { valid, .. } = match labels.kind() {
        LabelKind::Single => {
            let classes = records.iter().map(|record| match labels.target(record)? {
                Target::Class(class) => Ok(class),
                _ => unreachable!("a single-label set gives classes"),
            });
            let classes = classes.collect::<Result<Vec<_>, DataError>>()?;
            stratified_groups(&classes, &groups, held_out, &key)
        }
        LabelKind::Multi | LabelKind::Regression => random_groups(&groups, held_out, &key),
    };
    let mut is_apart = vec![false; records.len()];
    valid.into_iter().for_each(|row| is_apart[row] = true);
    let (mut kept, mut apart) = (Vec::new(), Vec::new());
    for (record, is_apart) in std::mem::take(records).into_iter().zip(is_apart) {
        if is_apart { &mut apart } else { &mut kept }.push(record);
    }
    *records = kept;
    Ok(apart)
}

/// How many records nearly repeat one of `others`.
fn repeated(records: &[Record], others: &[Record]) -> usize {
    let joined: Vec<String> = others.iter().chain(records).map(|r| r.fields.join(" ")).collect();
    let near = find_duplicates(&joined).near;
    near[others.len()..].iter().filter(|&&first| first < others.len()).count()
}

/// Token ids and targets of some records.
///
/// # Errors
/// [`Error::Data`] when a record has no label, or one that is not in `labels`.
pub fn labelled(
    text: &TextPipeline,
    records: &[Record],
    labels: &LabelSet,
) -> Result<Labelled, Error> {
    let outputs = labels.outputs() as u32;
    let targets = records.iter().map(|record| {
        Ok(match labels.target(record)? {
            Target::Class(class) => vec![class as f32],
            Target::Classes(classes) => {
                (0..outputs).map(|n| f32::from(u8::from(classes.contains(&n)))).collect()
            }
            Target::Value(value) => vec![value as f32],
        })
    });
    let targets = targets.collect::<Result<Vec<_>, DataError>>()?;
    Ok(Labelled { documents: text.encode_all(&texts(records)), targets })
}
