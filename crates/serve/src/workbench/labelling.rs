//! Labels from people: each is on disk before the next text is shown.

use super::bench::{Bench, Inner};
use super::label_log::Action;
use super::table::Table;
use super::votes::Outcome;
use crate::problem::{Kind, Problem};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Longest name of a person or a label, in characters.
const NAME: usize = 100;

/// A text on the page.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Shown {
    /// Its hash, which a label names.
    text: String,
    /// Its row in the file, from 1.
    row: usize,
    /// Its fields, with names where there are several.
    fields: Vec<(Option<String>, String)>,
    /// Whether it is of the test set.
    test: bool,
}

/// A label and the number of texts that have it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct LabelCount {
    name: String,
    count: usize,
}

impl Bench {
    /// The text that a person has on the page; `None` when there are none left.
    ///
    /// # Errors
    /// A problem without texts or with an unusable name.
    pub(super) fn current(self: &Arc<Self>, by: &str) -> Result<Option<Shown>, Problem> {
        let by = name(by, "your name")?;
        let mut inner = self.lock();
        let table = inner.texts()?;
        refuse_several(&table)?;
        Ok(self.next_text(&mut inner, &by).map(|row| shown(&table, row)))
    }

    /// Saves a label (`None`: leaves the text out) and gives the number of the entry and the next text.
    ///
    /// # Errors
    /// A problem when the text or the label is unknown, or the entry cannot be written: then nothing is
    /// saved.
    pub(super) fn label(
        self: &Arc<Self>,
        by: &str,
        text: &str,
        label: Option<&str>,
    ) -> Result<(u64, Option<Shown>), Problem> {
        let by = name(by, "your name")?;
        let mut inner = self.lock();
        let table = inner.texts()?;
        refuse_several(&table)?;
        let row = table.find(text).filter(|&row| table.rows[row].label.is_none());
        let row =
            row.ok_or_else(|| Problem::new(Kind::NotFound, "this text is not to be labelled"))?;
        let text = table.rows[row].name();
        let action = match label {
            None => Action::Skip { text, row: row + 1 },
            Some(label) => {
                let known = label_counts(&mut inner, &table);
                if !known.iter().any(|known| known.name == label) {
                    let detail = format!("`{label}` is not one of the labels");
                    return Err(Problem::new(Kind::Invalid, detail).hint("add it first"));
                }
                Action::Label { text, row: row + 1, label: label.to_owned() }
            }
        };
        let number = self.write(&mut inner, &by, action)?;
        inner.proposals.took(&by);
        let next = self.next_text(&mut inner, &by).map(|row| shown(&table, row));
        Ok((number, next))
    }

    /// Takes back the latest entry of a person, and gives its text.
    ///
    /// # Errors
    /// A problem when there is none, or this cannot be written.
    pub(super) fn undo(self: &Arc<Self>, by: &str) -> Result<Option<Shown>, Problem> {
        let by = name(by, "your name")?;
        let mut inner = self.lock();
        let table = inner.texts()?;
        let last = inner.votes.last(&by);
        let of = last.ok_or_else(|| Problem::new(Kind::Conflict, "there is nothing to undo"))?;
        let text = inner.labels.entries()[of as usize - 1].action.text();
        let text = text.map(|(text, _)| text.to_owned()).unwrap_or_default();
        self.write(&mut inner, &by, Action::Undo { of })?;
        // the text may be of another file
        let row = table.find(&text);
        if let Some(row) = row {
            inner.proposals.give(&by, row);
        }
        Ok(row.map(|row| shown(&table, row)))
    }

    /// Adds a label to choose from.
    ///
    /// # Errors
    /// A problem when the name is unusable or the state cannot be saved.
    pub(super) fn add_label(&self, label: &str) -> Result<(), Problem> {
        let label = name(label, "a label")?;
        let mut inner = self.lock();
        let table = inner.texts()?;
        if label_counts(&mut inner, &table).iter().any(|known| known.name == label) {
            let detail = format!("there is a label `{label}` already");
            return Err(Problem::new(Kind::Conflict, detail));
        }
        self.save(&mut inner, |saved| saved.labels.push(label))
    }

    fn write(&self, inner: &mut Inner, by: &str, action: Action) -> Result<u64, Problem> {
        let written = inner.labels.append(by, action).map(|entry| entry.number);
        let number = written.map_err(|error| self.unwritable("labels.jsonl", &error))?;
        inner.changed();
        Ok(number)
    }
}

/// All labels: those of the file, then those that were added, each with its number of texts.
pub(super) fn label_counts(inner: &mut Inner, table: &Table) -> Vec<LabelCount> {
    let sets = inner.sets(table);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, label) in sets.train.iter().chain(&sets.test) {
        *counts.entry(label).or_default() += 1;
    }
    let added = &inner.saved.labels;
    inner.votes.labels().into_iter().for_each(|label| _ = counts.entry(label).or_default());
    let is_added = |name: &str| added.iter().any(|label| label == name);
    let of_file = counts.iter().filter(|(name, _)| !is_added(name));
    let mut all: Vec<LabelCount> = of_file
        .map(|(name, count)| LabelCount { name: (*name).to_owned(), count: *count })
        .collect();
    all.extend(added.iter().map(|name| {
        let count = counts.get(name.as_str()).copied().unwrap_or(0);
        LabelCount { name: name.clone(), count }
    }));
    all
}

/// Texts that people labelled here.
pub(super) fn labelled_here(inner: &Inner, table: &Table) -> usize {
    let is_ours = |id: &u64| {
        let row = table.by_id(*id).map(|row| &table.rows[row]);
        row.is_some_and(|row| row.label.is_none())
            && matches!(inner.votes.outcome(*id), Outcome::Label(_))
    };
    inner.votes.texts().filter(is_ours).count()
}

fn shown(table: &Table, row: usize) -> Shown {
    let found = &table.rows[row];
    let names = table.text_names();
    let several = found.fields.len() > 1;
    let field =
        |(at, text): (usize, &String)| (names.get(at).filter(|_| several).cloned(), text.clone());
    let fields = found.fields.iter().enumerate().map(field).collect();
    Shown { text: found.name(), row: row + 1, fields, test: found.is_for_test() }
}

fn name(given: &str, what: &str) -> Result<String, Problem> {
    let name = given.trim();
    if name.is_empty() || name.chars().count() > NAME || name.chars().any(char::is_control) {
        let detail = format!("{what} must have 1 to {NAME} characters");
        return Err(Problem::new(Kind::Invalid, detail));
    }
    Ok(name.to_owned())
}

fn refuse_several(table: &Table) -> Result<(), Problem> {
    if table.has_several {
        let detail = "texts with several labels cannot be labelled here";
        return Err(
            Problem::new(Kind::Conflict, detail).hint("label them in the file; training works")
        );
    }
    Ok(())
}
