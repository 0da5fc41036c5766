//! What the entries of the label log amount to.

use super::label_log::{Action, Entry};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What is known about a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome<'a> {
    /// Nobody has given it a label.
    Open,
    /// More people gave it this label than any other.
    Label(&'a str),
    /// As many gave it another one.
    Disputed,
}

/// The latest word of everybody on every text.
#[derive(Debug, Default)]
pub(super) struct Votes {
    /// By text, then by person; `None`: left out.
    of: HashMap<u64, BTreeMap<String, Option<String>>>,
    /// By person: entries that can be undone, the latest last.
    standing: HashMap<String, Vec<u64>>,
}

impl Votes {
    pub(super) fn count(entries: &[Entry]) -> Self {
        let undone: HashSet<u64> = entries
            .iter()
            .filter_map(|entry| match entry.action {
                Action::Undo { of } => Some(of),
                _ => None,
            })
            .collect();
        let mut votes = Self::default();
        for entry in entries.iter().filter(|entry| !undone.contains(&entry.number)) {
            let Some((text, _)) = entry.action.text() else { continue };
            let Ok(text) = u64::from_str_radix(text, 16) else { continue };
            let label = match &entry.action {
                Action::Label { label, .. } => Some(label.clone()),
                _ => None,
            };
            votes.of.entry(text).or_default().insert(entry.by.clone(), label);
            votes.standing.entry(entry.by.clone()).or_default().push(entry.number);
        }
        votes
    }

    /// What all votes on a text amount to.
    pub(super) fn outcome(&self, text: u64) -> Outcome<'_> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for label in self.of.get(&text).into_iter().flat_map(BTreeMap::values).flatten() {
            *counts.entry(label).or_default() += 1;
        }
        let most = counts.values().max().copied().unwrap_or(0);
        let mut first = counts.iter().filter(|(_, count)| **count == most);
        match (first.next(), first.next()) {
            (None, _) => Outcome::Open,
            (Some((label, _)), None) => Outcome::Label(label),
            _ => Outcome::Disputed,
        }
    }

    /// Whether this person has seen the text.
    pub(super) fn has_seen(&self, text: u64, by: &str) -> bool {
        self.of.get(&text).is_some_and(|votes| votes.contains_key(by))
    }

    /// Whether anybody left it out.
    pub(super) fn is_skipped(&self, text: u64) -> bool {
        self.of.get(&text).is_some_and(|votes| votes.values().any(Option::is_none))
    }

    /// All texts that somebody has seen.
    pub(super) fn texts(&self) -> impl Iterator<Item = u64> {
        self.of.keys().copied()
    }

    /// The latest entry of a person that can be undone.
    pub(super) fn last(&self, by: &str) -> Option<u64> {
        self.standing.get(by)?.last().copied()
    }

    /// Everybody, and the number of texts that they have seen.
    pub(super) fn people(&self) -> BTreeMap<&str, usize> {
        let mut people = BTreeMap::new();
        for by in self.of.values().flat_map(BTreeMap::keys) {
            *people.entry(by.as_str()).or_default() += 1;
        }
        people
    }

    /// All labels that somebody gave.
    pub(super) fn labels(&self) -> BTreeSet<&str> {
        self.of.values().flat_map(BTreeMap::values).flatten().map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn votes(actions: &[(&str, &str, &str)]) -> Votes {
        let entry = |(number, (by, text, what)): (u64, &(&str, &str, &str))| {
            let (text, row) = ((*text).to_owned(), 1);
            let action = match (*what, what.parse()) {
                ("skip", _) => Action::Skip { text, row },
                (_, Ok(of)) => Action::Undo { of },
                (label, _) => Action::Label { text, row, label: label.to_owned() },
            };
            Entry { number, time: String::new(), by: (*by).to_owned(), action }
        };
        Votes::count(&(1..).zip(actions).map(entry).collect::<Vec<_>>())
    }

    #[test]
    fn two_people_who_agree_or_do_not() {
        let found = votes(&[
            ("Ann", "a", "spam"),
            ("Bo", "a", "spam"),
            ("Ann", "b", "spam"),
            ("Bo", "b", "ham"),
            ("Ann", "c", "skip"),
            ("Bo", "c", "ham"),
        ]);
        assert_eq!(found.outcome(0xa), Outcome::Label("spam"));
        assert_eq!(found.outcome(0xb), Outcome::Disputed);
        assert_eq!(found.outcome(0xc), Outcome::Label("ham"));
        assert_eq!(found.outcome(0xd), Outcome::Open);
        assert!(found.is_skipped(0xc) && !found.is_skipped(0xa));
        assert_eq!(found.people(), BTreeMap::from([("Ann", 3), ("Bo", 3)]));
        let third = votes(&[("Ann", "b", "spam"), ("Bo", "b", "ham"), ("Cy", "b", "ham")]);
        assert_eq!(third.outcome(0xb), Outcome::Label("ham"));
    }

    #[test]
    fn undo_takes_back_the_latest_and_then_the_one_before() {
        let mut actions = vec![("Ann", "a", "spam"), ("Bo", "a", "ham"), ("Ann", "a", "ham")];
        assert_eq!(votes(&actions).outcome(0xa), Outcome::Label("ham"), "changed her mind");
        assert_eq!(votes(&actions).last("Ann"), Some(3));
        actions.push(("Ann", "", "3"));
        assert_eq!(votes(&actions).outcome(0xa), Outcome::Disputed, "her first word counts again");
        assert_eq!(votes(&actions).last("Ann"), Some(1));
        actions.push(("Ann", "", "1"));
        let found = votes(&actions);
        assert_eq!(found.outcome(0xa), Outcome::Label("ham"), "Bo's word is his own");
        assert_eq!((found.last("Ann"), found.last("Bo")), (None, Some(2)));
        assert!(!found.has_seen(0xa, "Ann") && found.has_seen(0xa, "Bo"));
    }
}
