//! What the page shows: one document with all there is.

use super::bench::{Bench, Inner};
use super::curve::{Point, Score, advice};
use super::data::{Check, Reading, Unreadable};
use super::labelling::{LabelCount, label_counts, labelled_here};
use super::rounds::Phase;
use super::serving::Served;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The document.
#[derive(Debug, Serialize)]
pub(super) struct State {
    folder: String,
    /// The open file.
    file: Option<String>,
    /// `none`, `reading`, `failed` or `open`.
    reading: &'static str,
    unreadable: Option<Unreadable>,
    table: Option<Value>,
    check: Check,
    labels: Vec<LabelCount>,
    counts: Counts,
    people: BTreeMap<String, usize>,
    proposals: Choosing,
    rounds: Vec<RoundView>,
    curve: Vec<Point>,
    advice: Option<String>,
    served: Option<Served>,
}

/// Numbers of texts.
#[derive(Debug, Default, Serialize)]
struct Counts {
    /// With a label.
    labelled: usize,
    /// Of these, by people here.
    here: usize,
    /// Of all with a label, those of the test set.
    test: usize,
    /// Without a label.
    open: usize,
    skipped: usize,
    disputed: usize,
}

#[derive(Debug, Serialize)]
struct Choosing {
    running: bool,
    waiting: usize,
    failed: Option<String>,
    command: Option<String>,
}

/// A training.
#[derive(Debug, Serialize)]
struct RoundView {
    number: usize,
    phase: &'static str,
    /// What was chosen, to be the usual choice next time.
    method: String,
    command: String,
    model: String,
    train: usize,
    test: Option<usize>,
    failed: Option<String>,
    progress: Value,
    score: Option<Score>,
}

impl Bench {
    /// All there is.
    pub(super) fn state(&self) -> State {
        let mut inner = self.lock();
        let table = inner.table();
        let (mut counts, mut labels) = (Counts::default(), Vec::new());
        if let Some(table) = &table {
            let sets = inner.sets(table);
            labels = label_counts(&mut inner, table);
            counts = Counts {
                labelled: sets.labelled(),
                here: labelled_here(&inner, table),
                test: sets.test.len(),
                open: sets.pool.len() + sets.test_pool.len(),
                skipped: sets.skipped,
                disputed: sets.disputed,
            };
        }
        let rounds = self.rounds(&mut inner);
        let point = |round: &RoundView| {
            let score = round.score.clone()?;
            Some(Point { round: round.number, labels: round.train, score })
        };
        let curve: Vec<Point> = rounds.iter().filter_map(point).collect();
        let (reading, unreadable) = match &inner.reading {
            Reading::Nothing => ("none", None),
            Reading::Running => ("reading", None),
            Reading::Failed(why) => ("failed", Some(why.clone())),
            Reading::Done(_) => ("open", None),
        };
        let proposals = &inner.proposals;
        State {
            folder: self.folder.display().to_string(),
            file: inner.saved.data.as_ref().map(|data| data.path.display().to_string()),
            reading,
            unreadable,
            table: table.map(|table| serde_json::to_value(table.view()).unwrap_or_default()),
            check: inner.check.clone(),
            labels,
            counts,
            people: inner.votes.people().into_iter().map(|(by, n)| (by.to_owned(), n)).collect(),
            proposals: Choosing {
                running: proposals.choosing,
                waiting: proposals.waiting(),
                failed: proposals.failed.clone(),
                command: proposals.command.clone(),
            },
            advice: advice(&curve),
            rounds,
            curve,
            served: self.served(&inner),
        }
    }

    fn rounds(&self, inner: &mut Inner) -> Vec<RoundView> {
        let mut views = Vec::new();
        for round in inner.saved.rounds.clone() {
            let number = round.number;
            let phase = self.phase(&round);
            let log = self.training(number).log();
            let seen = inner.followers.entry(number).or_default().follow(&log);
            let progress = serde_json::to_value(seen).unwrap_or_default();
            let score = (phase == Phase::Done).then(|| self.score(inner, number)).flatten();
            views.push(RoundView {
                number,
                phase: match phase {
                    Phase::Running => "running",
                    Phase::Done => "done",
                    Phase::Stopped => "stopped",
                    Phase::Failed => "failed",
                },
                method: round.method().to_owned(),
                command: self.shown(&round.arguments),
                model: self.folder.join(round.model()).display().to_string(),
                train: round.train,
                test: round.test,
                failed: round.failed,
                progress,
                score,
            });
        }
        views
    }
}
