//! Labelled rows, split into training set, validation set and test set.

use super::row_counts::{LabelCounts, RowCounts};
use super::texts::joined;
use crate::Error;
use crate::data::batches::split::{HoldOutSize, Split, random_groups, stratified_groups};
use crate::data::labels::{LabelKind, LabelOptions, LabelSet, Target};
use crate::data::quality::find_duplicates;
use crate::data::{DataError, RawLabel, Record, list_at_most};
use crate::progress::Progress;
use crate::text::TextPipeline;
use crate::train::Labelled;
use std::borrow::Cow;
use ulmfit_ops::Key;

/// Labelled rows as the user gives them.
pub struct LabelledInput {
    /// Training rows; splits that are not given are held out from these.
    pub train: Vec<Record>,
    /// Validation set, if the user gave one.
    pub valid: Option<Vec<Record>>,
    /// Test set, if the user gave one.
    pub test: Option<Vec<Record>>,
}

/// Fractions of the rows to hold out for splits that the user did not give.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SplitFractions {
    /// Validation set.
    pub valid: f64,
    /// Test set; 0 for none.
    pub test: f64,
}

/// Labelled rows, split.
pub struct LabelledSplits {
    /// Training examples.
    pub train: Vec<Record>,
    /// Validation set; may be empty.
    pub valid: Vec<Record>,
    /// Test set; may be empty.
    pub test: Vec<Record>,
    /// All labels of the training examples.
    pub labels: LabelSet,
    /// Training examples that are near-duplicates of a test example.
    pub repeated: usize,
}

/// A score on fewer rows can be off by 30 points in either direction.
const FEW_TO_SCORE: usize = 10;

impl LabelledSplits {
    /// Number of examples of the validation set and the test set.
    pub(crate) fn scored(&self) -> usize {
        self.valid.len() + self.test.len()
    }

    /// Holds out the splits that the user did not give, stratified by label.
    ///
    /// Near-duplicates are never on both sides of such a split.
    ///
    /// # Errors
    /// [`Error::Data`] when a label is missing or cannot be read, one of the validation set is not
    /// in the training set, or no row has text.
    pub fn split(
        input: LabelledInput,
        options: &LabelOptions,
        shares: SplitFractions,
        key: Key,
        progress: &mut dyn Progress,
    ) -> Result<Self, Error> {
        let LabelledInput { mut train, valid, test } = input;
        let labels = LabelSet::from_records(&train, options)?;
        if let (true, Some(first)) = (train.iter().all(Record::is_blank), train.first()) {
            let (place, rows) = (first.place.clone(), train.len());
            return Err(DataError::NoText { place, rows }.into());
        }
        let spelling = progress.spelling();
        options.task.note(&train, spelling).iter().for_each(|note| progress.note(note));
        for notice in labels.notices(&train) {
            progress.warn(&notice.message(spelling));
        }
        let test = match test {
            Some(test) => test,
            None => {
                let beside = valid.as_deref().unwrap_or_default();
                set_apart(&mut train, beside, &labels, shares.test, &key.child(0))?
            }
        };
        // what is wrong with labels is better found now than after hours of training
        for record in valid.iter().flatten() {
            labels.target(record)?;
        }
        labels.told_of_unseen(&test)?.iter().for_each(|told| progress.warn(told));
        let scored = labels.with_unseen(&test);
        for record in &test {
            scored.target(record)?;
        }
        if let (false, absent @ [_, ..]) = (test.is_empty(), &labels.absent(&test)[..]) {
            let labels = if absent.len() == 1 { "label" } else { "labels" };
            let absent = list_at_most(absent, 5);
            progress.warn(&format!("the test set has no rows with the {labels} {absent}"));
        }
        if (1..FEW_TO_SCORE).contains(&test.len()) {
            let rows = if test.len() == 1 { "row" } else { "rows" };
            progress
                .warn(&format!("the test set has {} {rows}: the score says little", test.len()));
        }
        let repeated = repeated(&train, &test);
        if repeated > 0 {
            let rows = match repeated {
                1 => "1 training row is a near-duplicate".to_owned(),
                more => format!("{more} training rows are near-duplicates"),
            };
            progress.warn(&format!("{rows} of a test row: the score may be optimistic"));
        }
        let valid = match valid {
            Some(valid) => valid,
            None => set_apart(&mut train, &[], &labels, shares.valid, &key.child(1))?,
        };
        Ok(Self { train, valid, test, labels, repeated })
    }

    /// How many examples each part has.
    pub fn counts(&self) -> RowCounts {
        RowCounts {
            train: self.train.len(),
            valid: self.valid.len(),
            test: self.test.len(),
            train_like_test: self.repeated,
        }
    }

    /// How many rows have each label; empty where labels are numbers.
    pub fn label_counts(&self) -> Vec<LabelCounts> {
        let labels = self.labels.with_unseen(&self.test);
        let parts = [&self.train, &self.valid, &self.test].map(|part| {
            let mut counts = vec![0; labels.names().len()];
            let names = part.iter().filter_map(|record| record.label.as_ref());
            for name in names.flat_map(RawLabel::names) {
                if let Some(class) = labels.index(name) {
                    counts[class as usize] += 1;
                }
            }
            counts
        });
        let [train, valid, test] = parts;
        let count = |(class, label): (usize, &String)| LabelCounts {
            label: label.clone(),
            train: train[class],
            valid: valid[class],
            test: test[class],
        };
        labels.names().iter().enumerate().map(count).collect()
    }
}

/// Moves a share of the records to a list of their own; no near-duplicates of those `beside`, which
/// were held out for something else.
fn set_apart(
    records: &mut Vec<Record>,
    beside: &[Record],
    labels: &LabelSet,
    share: f64,
    key: &Key,
) -> Result<Vec<Record>, Error> {
    let joined: Vec<Cow<'_, str>> = beside.iter().chain(&*records).map(joined).collect();
    // groups are named by their first member, so those of `beside` have the lowest names
    let groups = find_duplicates(&joined).near.split_off(beside.len());
    let free: Vec<usize> = (0..records.len()).filter(|&n| groups[n] >= beside.len()).collect();
    let groups: Vec<usize> = free.iter().map(|&n| groups[n]).collect();
    let held_out = HoldOutSize::Fraction(share);
    let Split { valid, .. } = match labels.kind() {
        LabelKind::Single => {
            let classes = free.iter().map(|&n| match labels.target(&records[n])? {
                Target::Class(class) => Ok(class),
                _ => unreachable!("a single-label set gives classes"),
            });
            let classes = classes.collect::<Result<Vec<_>, DataError>>()?;
            stratified_groups(&classes, &groups, held_out, key)
        }
        LabelKind::Multi | LabelKind::Regression => random_groups(&groups, held_out, key),
    };
    let mut is_apart = vec![false; records.len()];
    valid.into_iter().for_each(|n| is_apart[free[n]] = true);
    let (mut kept, mut apart) = (Vec::new(), Vec::new());
    for (record, is_apart) in std::mem::take(records).into_iter().zip(is_apart) {
        if is_apart { &mut apart } else { &mut kept }.push(record);
    }
    *records = kept;
    Ok(apart)
}

/// How many records nearly repeat one of `others`.
fn repeated(records: &[Record], others: &[Record]) -> usize {
    let joined: Vec<Cow<'_, str>> = others.iter().chain(records).map(joined).collect();
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
    let targets = targets(records, labels)?;
    Ok(Labelled { documents: text.encode_all(&super::texts(records)), targets })
}

/// Targets of some records, as [`Labelled::targets`] holds them.
///
/// # Errors
/// [`Error::Data`] when a record has no label, or one that is not in `labels`.
pub fn targets(records: &[Record], labels: &LabelSet) -> Result<Vec<Vec<f32>>, Error> {
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
    Ok(targets.collect::<Result<Vec<_>, DataError>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Place;
    use crate::progress::NoProgress;
    use std::path::Path;
    use std::sync::Arc;

    /// Twelve words of the `n`-th text; its copies differ in one at the end.
    fn text(n: usize, copy: usize) -> String {
        let words = (0..30).map(|word| format!("w{}", (n * 31 + word * 7) % 997));
        words.chain([format!("copy{copy}")]).collect::<Vec<_>>().join(" ")
    }

    fn record(n: usize, copy: usize) -> Record {
        let place = Place::new(&Arc::from(Path::new("f")), 1);
        let label = Some(RawLabel::One(["a", "b"][n % 2].to_owned()));
        Record { fields: vec![text(n, copy)], label, place, columns: Vec::new() }
    }

    fn split(valid: Option<Vec<Record>>, test: Option<Vec<Record>>, seed: u64) -> LabelledSplits {
        // every text three times
        let train = (0..120).map(|n| record(n % 40, n / 40)).collect();
        let input = LabelledInput { train, valid, test };
        let shares = SplitFractions { valid: 0.2, test: 0.2 };
        let options = LabelOptions::default();
        LabelledSplits::split(input, &options, shares, Key::new(seed), &mut NoProgress).unwrap()
    }

    #[test]
    fn near_duplicates_stay_together_in_every_split_of_ours() {
        for seed in 0..5 {
            let LabelledSplits { train, valid, test, repeated, .. } = split(None, None, seed);
            assert_eq!(train.len() + valid.len() + test.len(), 120);
            assert!(valid.len() >= 12 && test.len() >= 18, "{} {}", valid.len(), test.len());
            let pairs = [(&train, &valid), (&train, &test), (&valid, &test)];
            assert_eq!(pairs.map(|(a, b)| super::repeated(a, b)), [0; 3], "{seed}");
            assert_eq!(repeated, 0);
            let again = split(None, None, seed);
            assert!(again.train == train && again.valid == valid && again.test == test);
        }
    }

    #[test]
    fn a_test_of_ours_repeats_nothing_that_the_user_chooses_by() {
        let valid: Vec<Record> = (0..10).map(|n| record(n, 9)).collect();
        for seed in 0..5 {
            let rows = split(Some(valid.clone()), None, seed);
            assert_eq!(rows.valid, valid);
            assert!(rows.test.len() >= 12, "{}", rows.test.len());
            assert_eq!(super::repeated(&rows.test, &rows.valid), 0, "{seed}");
        }
    }

    #[test]
    fn what_repeats_a_test_of_the_user_is_counted() {
        let test: Vec<Record> = [0, 1, 200].into_iter().map(|n| record(n, 9)).collect();
        let rows = split(None, Some(test), 1);
        assert_eq!(rows.counts().train_like_test, 6, "two texts, three times each");
        let counts = rows.label_counts();
        assert_eq!((counts[0].label.as_str(), counts[0].test), ("a", 2));
        assert_eq!(counts.iter().map(|c| c.train + c.valid).sum::<usize>(), 120);
    }
}
