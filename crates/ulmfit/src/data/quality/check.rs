//! Problems of labelled data, before training.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::markup::markup;
use super::near_duplicates::find_duplicates;
use crate::data::amounts;
use crate::data::labels::{LabelKind, LabelNotice, Task};
use crate::data::labels::{multi_hot, names, notices, number, same_spelling};
use crate::data::place::Place;
use crate::data::record::{RawLabel, Record};
use crate::printable::printable;
use crate::setting::Spelling;

/// What [`check_data`] looks for.
#[derive(Clone, Copy, Debug)]
pub struct CheckOptions {
    /// What is predicted; labels are not compared for [`Task::Regression`].
    pub task: Task,
    /// Documents of more bytes are huge.
    pub huge_bytes: usize,
    /// More different labels are an error.
    pub max_labels: usize,
    /// Most places named for each finding.
    pub examples: usize,
    /// How settings are written in messages.
    pub spelling: Spelling,
}

impl Default for CheckOptions {
    fn default() -> Self {
        let spelling = Spelling::default();
        Self { task: Task::Auto, huge_bytes: 100_000, max_labels: 10_000, examples: 5, spelling }
    }
}

/// The result of [`check_data`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DataReport {
    /// Counts of each part, the training part first.
    pub parts: Vec<SplitCounts>,
    /// What deserves attention, the worst first.
    pub findings: Vec<Finding>,
}

impl DataReport {
    /// The worst severity found.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}

/// Counts of one part of the data.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SplitCounts {
    /// Its name: `train`, `valid`, `test`.
    pub name: String,
    /// Documents.
    pub rows: usize,
    /// Median document length in bytes.
    pub median_bytes: usize,
    /// Longest document in bytes.
    pub max_bytes: usize,
    /// Documents that repeat an earlier one of this part word for word.
    pub exact_duplicates: usize,
    /// Documents that repeat an earlier one nearly, exact ones not counted.
    pub near_duplicates: usize,
    /// Documents with the words of a training document (0 for the training part).
    pub exact_in_train: usize,
    /// Documents nearly like a training document, exact ones not counted.
    pub near_in_train: usize,
    /// Rows of each label.
    pub labels: BTreeMap<String, usize>,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is.
    pub kind: FindingKind,
    /// One line for people.
    pub message: String,
    /// How many documents (labels, for label findings) it concerns.
    pub count: usize,
    /// Some places.
    pub examples: Vec<Place>,
    /// For repeated texts: the first place of the text at each of these places.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub first: Vec<Place>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Good to know.
    Note,
    /// Scores may mislead.
    Warning,
    /// Training will refuse the data.
    Error,
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FindingKind {
    /// Only one label in training.
    OneClass,
    /// More labels than allowed.
    TooManyLabels,
    /// A label of another part that training lacks.
    UnseenLabel,
    /// Rows without label.
    Unlabelled,
    /// Labels that do not suit the task: lists where one is needed, names where numbers are.
    UnfitLabel,
    /// A document of another part that is also in training.
    Leak,
    /// Equal documents with different labels.
    Conflict,
    /// So many labels with a single row that they are hardly classes.
    OwnLabels,
    /// Lists as text, which are read as one label each.
    ListsAsText,
    /// Several labels with a delimiter between them, which are read as one label.
    JoinedLabels,
    /// What programs write where a value is missing.
    MissingValue,
    /// Lists of zeros and ones instead of names.
    MultiHot,
    /// Lists with one label each, which are read as single labels.
    SingleLists,
    /// Numbers with decimals as classes.
    Decimals,
    /// Labels that differ in spelling only.
    LabelVariant,
    /// A label with a single row.
    SingleRow,
    /// Labels of very different frequency.
    Imbalance,
    /// Documents that are repeated.
    Duplicate,
    /// Documents without text.
    Empty,
    /// Very long documents.
    Huge,
    /// Documents with remains of HTML.
    Markup,
}

/// Examines the training rows and any other parts, each with its name.
///
/// Texts are compared as in [`find_duplicates`]; blank documents count as empty, not as
/// duplicates.
pub fn check_data(
    train: &[Record],
    others: &[(&str, &[Record])],
    options: &CheckOptions,
) -> DataReport {
    let parts: Vec<(&str, &[Record])> =
        std::iter::once(("train", train)).chain(others.iter().copied()).collect();
    let rows: Vec<Row> = (0..)
        .zip(&parts)
        .flat_map(|(part, (_, records))| records.iter().map(move |record| Row { part, record }))
        .collect();
    let texts: Vec<String> = rows.iter().map(|row| row.record.fields.join("\n")).collect();
    let duplicates = find_duplicates(&texts);
    let mut report = Report { options, findings: Vec::new() };

    let kind = options.task.kind(train);
    let labelled = kind != LabelKind::Regression;
    let mut counted: Vec<SplitCounts> =
        parts.iter().map(|(name, records)| count(name, records, labelled)).collect();
    report.documents(&rows);
    report.unfit(&rows, kind);
    report.lists(train, options.task);
    report.repeats(&rows, &duplicates.exact, &duplicates.near, &mut counted);
    if labelled {
        report.conflicts(&rows, &duplicates.exact);
        report.labels(kind, &counted);
    }
    let mut findings = report.findings;
    findings.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.kind));
    DataReport { parts: counted, findings }
}

#[derive(Clone, Copy)]
struct Row<'a> {
    part: usize,
    record: &'a Record,
}

/// `1 row repeats`, `2 rows repeat`.
fn repeat(rows: usize) -> String {
    format!("{} repeat{}", amounts::rows(rows), if rows == 1 { "s" } else { "" })
}

/// Which part, where there are several.
fn of_part(name: &str, parts: usize) -> String {
    if parts == 1 { String::new() } else { format!(" of {name}") }
}

/// The first remains of HTML in a record.
fn remains_of_html(record: &Record) -> Option<&str> {
    record.fields.iter().find_map(|text| markup(text))
}

fn count(name: &str, records: &[Record], labelled: bool) -> SplitCounts {
    let mut bytes: Vec<usize> = records.iter().map(Record::text_bytes).collect();
    bytes.sort_unstable();
    let mut labels = BTreeMap::new();
    for label in records.iter().filter_map(|record| record.label.as_ref()).filter(|_| labelled) {
        for name in label.names() {
            *labels.entry(name.clone()).or_insert(0) += 1;
        }
    }
    SplitCounts {
        name: name.to_owned(),
        rows: records.len(),
        median_bytes: bytes.get(bytes.len() / 2).copied().unwrap_or(0),
        max_bytes: bytes.last().copied().unwrap_or(0),
        exact_duplicates: 0,
        near_duplicates: 0,
        exact_in_train: 0,
        near_in_train: 0,
        labels,
    }
}

struct Report<'a> {
    options: &'a CheckOptions,
    findings: Vec<Finding>,
}

impl Report<'_> {
    /// Adds a finding about documents, if there are any.
    fn add(
        &mut self,
        severity: Severity,
        kind: FindingKind,
        found: &[&Record],
        message: impl Fn(usize) -> String,
    ) {
        let found: Vec<_> = found.iter().map(|&record| (record, None)).collect();
        self.add_repeated(severity, kind, &found, message);
    }

    /// Adds a finding about documents, each with the one that it repeats.
    fn add_repeated(
        &mut self,
        severity: Severity,
        kind: FindingKind,
        found: &[(&Record, Option<&Record>)],
        message: impl Fn(usize) -> String,
    ) {
        let count = found.len();
        if count > 0 {
            let listed = &found[..count.min(self.options.examples)];
            let examples = listed.iter().map(|(record, _)| record.place.clone()).collect();
            let first = listed.iter().filter_map(|(_, first)| Some(first.as_ref()?.place.clone()));
            let (message, first) = (message(count), first.collect());
            self.findings.push(Finding { severity, kind, message, count, examples, first });
        }
    }

    /// Adds a finding about a label.
    fn add_label(&mut self, severity: Severity, kind: FindingKind, message: String) {
        self.add_labels(severity, kind, message, 1);
    }

    /// Adds a finding about `count` labels.
    fn add_labels(&mut self, severity: Severity, kind: FindingKind, message: String, count: usize) {
        let (examples, first) = (Vec::new(), Vec::new());
        self.findings.push(Finding { severity, kind, message, count, examples, first });
    }

    fn unfit(&mut self, rows: &[Row], kind: LabelKind) {
        let (is_unfit, what): (fn(&Record) -> bool, _) = match kind {
            LabelKind::Single => {
                (|record| names(LabelKind::Single, record).is_err(), "a list of labels, not one")
            }
            LabelKind::Regression => (
                |record| number(record).is_err(),
                "a label that is not a number between -1e30 and 1e30",
            ),
            LabelKind::Multi => return,
        };
        let labelled = rows.iter().map(|row| row.record).filter(|record| record.label.is_some());
        let found: Vec<&Record> = labelled.filter(|record| is_unfit(record)).collect();
        self.add(Severity::Error, FindingKind::UnfitLabel, &found, |n| {
            format!("{} with {what}", amounts::rows(n))
        });
    }

    /// Lists of labels that mean something else.
    fn lists(&mut self, train: &[Record], task: Task) {
        if let Some(length) = multi_hot(train) {
            let message = format!("each label is a list of {length} zeros and ones, not of names");
            self.add_label(Severity::Error, FindingKind::MultiHot, message);
        } else if let Some(note) = task.note(train, self.options.spelling) {
            self.add_label(Severity::Note, FindingKind::SingleLists, note);
        }
    }

    fn documents(&mut self, rows: &[Row]) {
        let all = |wrong: &dyn Fn(&Record) -> bool| -> Vec<&Record> {
            rows.iter().map(|row| row.record).filter(|record| wrong(record)).collect()
        };
        let huge_bytes = self.options.huge_bytes;
        let (empty, huge) =
            (all(&Record::is_blank), all(&|record| record.text_bytes() > huge_bytes));
        let unlabelled = all(&|record| record.label.is_none());
        let train = rows.iter().filter(|row| row.part == 0);
        let taught = train.clone().any(|row| !row.record.is_blank());
        let severity = if taught { Severity::Warning } else { Severity::Error };
        self.add(severity, FindingKind::Empty, &empty, |n| {
            let all = if taught { "" } else { ": no training row has a text" };
            format!("{} without text{all}", amounts::rows(n))
        });
        self.add(Severity::Note, FindingKind::Huge, &huge, |n| {
            format!("{} of more than {huge_bytes} bytes", amounts::rows(n))
        });
        let marked = all(&|record| remains_of_html(record).is_some());
        self.add(Severity::Note, FindingKind::Markup, &marked, |n| {
            let first =
                marked.first().and_then(|record| remains_of_html(record)).unwrap_or_default();
            format!("{} with remains of HTML, the first `{}`", amounts::rows(n), printable(first))
        });
        self.add(Severity::Error, FindingKind::Unlabelled, &unlabelled, |n| {
            format!("{} without a label", amounts::rows(n))
        });
    }

    fn repeats(
        &mut self,
        rows: &[Row],
        exact: &[usize],
        near: &[usize],
        parts: &mut [SplitCounts],
    ) {
        let mut repeated = vec![Vec::new(); parts.len()];
        let mut leaked = vec![Vec::new(); parts.len()];
        // The first row of each text, or of its group of near-duplicates, in each part.
        let mut first_exact: BTreeMap<(usize, usize), &Record> = BTreeMap::new();
        let mut first_near: BTreeMap<(usize, usize), &Record> = BTreeMap::new();
        for (at, &Row { part, record }) in
            rows.iter().enumerate().filter(|(_, row)| !row.record.is_blank())
        {
            let (in_exact, in_near) = ((exact[at], part), (near[at], part));
            if let Some(&first) = first_exact.get(&in_exact) {
                parts[part].exact_duplicates += 1;
                repeated[part].push((record, Some(first)));
            } else if let Some(&first) = first_near.get(&in_near) {
                parts[part].near_duplicates += 1;
                repeated[part].push((record, Some(first)));
            }
            first_exact.entry(in_exact).or_insert(record);
            first_near.entry(in_near).or_insert(record);
            if part == 0 {
                continue;
            }
            // The training part comes first, so its texts are all known by now.
            if let Some(&first) = first_exact.get(&(exact[at], 0)) {
                parts[part].exact_in_train += 1;
                leaked[part].push((record, Some(first)));
            } else if let Some(&first) = first_near.get(&(near[at], 0)) {
                parts[part].near_in_train += 1;
                leaked[part].push((record, Some(first)));
            }
        }
        for ((part, repeated), leaked) in parts.iter().zip(&repeated).zip(&leaked) {
            self.add_repeated(Severity::Note, FindingKind::Duplicate, repeated, |n| {
                format!(
                    "{} an earlier one{} ({} word for word)",
                    repeat(n),
                    of_part(&part.name, parts.len()),
                    part.exact_duplicates
                )
            });
            self.add_repeated(Severity::Warning, FindingKind::Leak, leaked, |n| {
                format!(
                    "{} of {} {} a training row ({} word for word)",
                    amounts::rows(n),
                    part.name,
                    if n == 1 { "repeats" } else { "repeat" },
                    part.exact_in_train
                )
            });
        }
    }

    fn conflicts(&mut self, rows: &[Row], exact: &[usize]) {
        let mut labels: BTreeMap<usize, (BTreeSet<&RawLabel>, Vec<&Record>)> = BTreeMap::new();
        for (row, text) in rows.iter().zip(exact).filter(|(row, _)| !row.record.is_blank()) {
            if let Some(label) = &row.record.label {
                let (labels, records) = labels.entry(*text).or_default();
                labels.insert(label);
                records.push(row.record);
            }
        }
        let conflicts = labels.into_values().filter(|(labels, _)| labels.len() > 1);
        let found: Vec<&Record> = conflicts.flat_map(|(_, records)| records).collect();
        self.add(Severity::Warning, FindingKind::Conflict, &found, |n| {
            format!("{} with the same words as another but a different label", amounts::rows(n))
        });
    }

    fn labels(&mut self, kind: LabelKind, parts: &[SplitCounts]) {
        /// How much commoner a label may be than the rarest.
        const BALANCED: usize = 20;
        let labels = &parts[0].labels;
        if let (LabelKind::Single, 1, Some((label, _))) =
            (kind, labels.len(), labels.first_key_value())
        {
            let message = format!("all labels are `{label}`; a classifier needs two classes");
            self.add_label(Severity::Error, FindingKind::OneClass, message);
        }
        if kind == LabelKind::Multi && labels.is_empty() {
            let message = "no training row has a label".to_owned();
            self.add_label(Severity::Error, FindingKind::Unlabelled, message);
        }
        if labels.len() > self.options.max_labels {
            let message = format!("{} different labels", labels.len());
            self.add_label(Severity::Error, FindingKind::TooManyLabels, message);
        }
        let by_rows = |(label, rows): (&String, &usize)| (*rows, label.clone());
        if let (Some(most), Some(least)) =
            (labels.iter().map(by_rows).max(), labels.iter().map(by_rows).min())
            && most.0 > BALANCED * least.0
        {
            let message =
                format!("`{}` has {} rows, `{}` only {}", most.1, most.0, least.1, least.0);
            self.add_label(Severity::Note, FindingKind::Imbalance, message);
        }
        for part in &parts[1..] {
            for (label, rows) in
                part.labels.iter().filter(|(label, _)| !labels.contains_key(*label))
            {
                let like = same_spelling(label, labels.keys());
                let like = like.map(|name| format!("; it may be `{name}`")).unwrap_or_default();
                let message = format!(
                    "{} of {} with the label `{label}`, which no training row has{like}",
                    amounts::rows(*rows),
                    part.name
                );
                // what is scored may be wrong; what epochs are selected by has to be known
                let severity =
                    if part.name == "valid" { Severity::Error } else { Severity::Warning };
                self.add_label(severity, FindingKind::UnseenLabel, message);
            }
        }
        let labels = labels.iter().map(|(label, rows)| (label.as_str(), *rows)).collect();
        for notice in notices(kind, labels) {
            let (kind, count) = match &notice {
                LabelNotice::OwnLabels { single, .. } => (FindingKind::OwnLabels, *single),
                LabelNotice::ListsAsText { .. } => (FindingKind::ListsAsText, 1),
                LabelNotice::Joined { .. } => (FindingKind::JoinedLabels, 1),
                LabelNotice::MissingValue { .. } => (FindingKind::MissingValue, 1),
                LabelNotice::Decimals { .. } => (FindingKind::Decimals, 1),
                LabelNotice::SingleRow { labels } => (FindingKind::SingleRow, labels.len()),
                LabelNotice::Variant { .. } => (FindingKind::LabelVariant, 1),
            };
            let message = notice.message(self.options.spelling);
            self.add_labels(Severity::Warning, kind, message, count);
        }
    }
}
