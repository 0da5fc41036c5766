//! Which columns hold text and label.

use super::options::{LabelUse, ReadOptions};
use crate::data::error::DataError;
use crate::data::place::Place;

/// Names that mean text, the most certain first.
const TEXT: [&str; 21] = [
    "text",
    "review",
    "sentence",
    "content",
    "body",
    "description",
    "document",
    "question",
    "comment",
    "message",
    "tweet",
    "utterance",
    "abstract",
    "article",
    "review_text",
    "summary",
    "query",
    "post",
    "title",
    "subject",
    "headline",
];
/// Among these a headline is part of the document: AG News and DBpedia keep it in its own column.
const BELOW_A_HEADLINE: [&str; 5] = ["content", "body", "description", "abstract", "article"];
const HEADLINE: [&str; 3] = ["title", "subject", "headline"];
/// Names that mean label, the most certain first.
const LABEL: [&str; 18] = [
    "label",
    "labels",
    "class",
    "category",
    "sentiment",
    "target",
    "intent",
    "topic",
    "rating",
    "stars",
    "polarity",
    "tag",
    "tags",
    "categories",
    "cats",
    "class_index",
    "class index",
    "y",
];

/// Names of columns that number the rows: never a label unless the user says so.
const NUMBERS: [&str; 9] = ["id", "ids", "uid", "uuid", "guid", "index", "idx", "row", "ticket"];
/// Last words of such names.
const LAST_WORDS: [&str; 8] = ["id", "uid", "uuid", "guid", "number", "no", "nr", "key"];

/// Whether a column of this name numbers the rows: `id`, `ticket_id`, `Case number`.
fn is_number(name: &str) -> bool {
    let name = name.trim().to_ascii_lowercase();
    let last_word = name.rsplit_once(['_', '-', ' ', '.']).map(|(_, word)| word);
    NUMBERS.contains(&name.as_str()) || last_word.is_some_and(|word| LAST_WORDS.contains(&word))
}

/// Positions of the columns that are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) text: Vec<usize>,
    pub(crate) label: Option<usize>,
}

/// Whether this name alone shows that a row is a header.
pub(crate) fn is_known(name: &str) -> bool {
    is_text(name) || is_label(name)
}

/// Whether a column of this name is text.
pub(crate) fn is_text(name: &str) -> bool {
    TEXT.iter().any(|known| known.eq_ignore_ascii_case(name.trim()))
}

/// Whether a column of this name is a label.
pub(crate) fn is_label(name: &str) -> bool {
    LABEL.iter().any(|known| known.eq_ignore_ascii_case(name.trim()))
}

/// Finds the columns that `options` asks for, those of the model, or the likely ones.
///
/// `textual` says which columns can be text.
pub(crate) fn select(
    names: &[String],
    textual: impl Fn(usize) -> bool,
    options: &ReadOptions,
    place: &Place,
) -> Result<Selection, DataError> {
    let columns = || names.to_vec();
    let explicit = |name: &String| find(names, name, place);
    let used_twice = |index: usize, as_label: bool| {
        let (place, name) = (place.clone(), names[index].clone());
        DataError::UsedTwice { place, name, as_label }
    };
    let mut text = options.text.iter().map(explicit).collect::<Result<Vec<_>, _>>()?;
    if let Some(at) = (1..text.len()).find(|&at| text[..at].contains(&text[at])) {
        return Err(used_twice(text[at], false));
    }
    if text.is_empty() {
        text = learned(names, options);
        let is_there = |name: &&String| names.contains(name);
        let missing = options.learned_text.iter().find(|name| !is_there(name));
        // with none of them it is another table, whose text is guessed
        if let Some(name) =
            missing.filter(|_| options.learned_text.iter().any(|name| is_there(&name)))
        {
            let (place, name, columns) = (place.clone(), name.clone(), columns());
            return Err(DataError::UnknownColumn { place, name, columns });
        }
    }
    let mut label = match (&options.label, options.labels) {
        (Some(name), LabelUse::Required | LabelUse::Optional) => Some(explicit(name)?),
        (Some(name), LabelUse::IfNamed | LabelUse::Ignored) => position(names, name),
        (None, _) => {
            let learned = options.learned_label.as_ref();
            let learned = learned.and_then(|name| names.iter().position(|other| other == name));
            let free = |index: &usize| !text.contains(index);
            learned.filter(free).or_else(|| guess(names, &LABEL, |index| free(&index)))
        }
    };
    if text.is_empty() {
        let free = |index: usize| textual(index) && Some(index) != label;
        if let Some(main) = guess(names, &TEXT, free) {
            let below =
                BELOW_A_HEADLINE.iter().any(|known| known.eq_ignore_ascii_case(&names[main]));
            let headline = guess(names, &HEADLINE, free).filter(|_| below);
            text.extend(headline);
            text.push(main);
        } else if let Some(only) = only((0..names.len()).filter(|index| free(*index))) {
            text.push(only);
        } else {
            return Err(DataError::NoTextColumn { place: place.clone(), columns: columns() });
        }
    }
    if options.labels == LabelUse::Ignored {
        label = None;
    } else if label.is_none() && options.labels != LabelUse::IfNamed {
        if let (Some(learned), LabelUse::Required) = (&options.learned_label, options.labels) {
            return Err(DataError::NoLearnedLabel {
                place: place.clone(),
                name: learned.clone(),
                columns: columns(),
            });
        }
        let others = || (0..names.len()).filter(|index| !text.contains(index));
        label = only(others()).filter(|&index| !is_number(&names[index]));
        // rows that only have numbers besides their texts have no labels, which may be right
        let is_unlabelled =
            options.labels == LabelUse::Optional && others().all(|index| is_number(&names[index]));
        if label.is_none() && !is_unlabelled {
            return Err(DataError::NoLabelColumn { place: place.clone(), columns: columns() });
        }
    }
    if let Some(index) = label.filter(|index| text.contains(index)) {
        return Err(used_twice(index, true));
    }
    for &index in text.iter().chain(&label) {
        if names.iter().filter(|name| **name == names[index]).count() > 1 {
            return Err(DataError::DuplicateColumn {
                place: place.clone(),
                name: names[index].clone(),
            });
        }
    }
    Ok(Selection { text, label })
}

/// The columns that a model was trained on, if they are all there.
pub(crate) fn learned(names: &[String], options: &ReadOptions) -> Vec<usize> {
    let position = |name: &String| names.iter().position(|other| other == name);
    options.learned_text.iter().map(position).collect::<Option<_>>().unwrap_or_default()
}

fn find(names: &[String], name: &str, place: &Place) -> Result<usize, DataError> {
    position(names, name).ok_or_else(|| DataError::UnknownColumn {
        place: place.clone(),
        name: name.to_owned(),
        columns: names.to_vec(),
    })
}

/// By name, else by number from 1.
fn position(names: &[String], name: &str) -> Option<usize> {
    names.iter().position(|other| other == name).or_else(|| {
        let number: usize = name.parse().ok()?;
        (1..=names.len()).contains(&number).then(|| number - 1)
    })
}

fn guess(names: &[String], known: &[&str], allowed: impl Fn(usize) -> bool) -> Option<usize> {
    known.iter().find_map(|known| {
        (0..names.len()).find(|&index| allowed(index) && known.eq_ignore_ascii_case(&names[index]))
    })
}

fn only(mut candidates: impl Iterator<Item = usize>) -> Option<usize> {
    let first = candidates.next()?;
    candidates.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;

    fn chosen(names: &[&str], options: &ReadOptions) -> Result<Selection, DataError> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let place = Place::new(&Arc::from(Path::new("f.csv")), 1);
        select(&names, |_| true, options, &place)
    }

    #[test]
    fn guesses() {
        let any = ReadOptions::default();
        let unlabelled = ReadOptions { labels: LabelUse::Ignored, ..ReadOptions::default() };
        for (names, options, text, label) in [
            (vec!["label", "text"], &any, vec![1], Some(0)),
            (vec!["Text", "Label"], &any, vec![0], Some(1)),
            (vec!["label", "title", "description"], &any, vec![1, 2], Some(0)),
            (vec!["label", "title", "text"], &any, vec![2], Some(0)),
            (vec!["id", "review", "sentiment"], &any, vec![1], Some(2)),
            (vec!["Kommentar", "label"], &any, vec![0], Some(1)),
            (vec!["text", "wertung"], &any, vec![0], Some(1)),
            (vec!["text", "label", "category"], &any, vec![0], Some(1)),
            (vec!["text", "label"], &unlabelled, vec![0], None),
            (vec!["text", "a", "b"], &unlabelled, vec![0], None),
        ] {
            let selection = Selection { text, label };
            assert_eq!(chosen(&names, options).unwrap(), selection, "{names:?}");
        }
    }

    #[test]
    fn columns_of_the_model_come_before_guesses() {
        let learned = |names: &[&str]| ReadOptions {
            learned_text: names.iter().map(|name| (*name).to_owned()).collect(),
            ..ReadOptions::default()
        };
        let both = learned(&["summary", "topic"]);
        let names = ["text", "topic", "summary", "label"];
        let selection = |text: &[usize], label| Selection { text: text.to_vec(), label };
        assert_eq!(chosen(&names, &both).unwrap(), selection(&[2, 1], Some(3)));
        let some = chosen(&["text", "summary", "label"], &both);
        assert!(matches!(some, Err(DataError::UnknownColumn { name, .. }) if name == "topic"));
        let none = chosen(&["text", "note", "label"], &both).unwrap();
        assert_eq!(none, selection(&[0], Some(2)), "another table");
        let asked = ReadOptions { text: vec!["text".into()], ..both };
        assert_eq!(chosen(&names, &asked).unwrap(), selection(&[0], Some(3)));
        // a number is the name of a column without header, and nothing else
        let second = learned(&["2"]);
        assert_eq!(chosen(&["text", "note", "label"], &second).unwrap(), selection(&[0], Some(2)));
    }

    #[test]
    fn refuses_to_guess_wildly() {
        let any = ReadOptions::default();
        assert!(matches!(chosen(&["a", "b", "c"], &any), Err(DataError::NoTextColumn { .. })));
        assert!(matches!(chosen(&["text", "b", "c"], &any), Err(DataError::NoLabelColumn { .. })));
        assert!(matches!(
            chosen(&["text", "text", "label"], &any),
            Err(DataError::DuplicateColumn { .. })
        ));
        let asked = ReadOptions { text: vec!["boby".into()], ..ReadOptions::default() };
        let numbered = chosen(&["ID", "subject", "body"], &any);
        assert!(matches!(numbered, Err(DataError::NoLabelColumn { .. })), "{numbered:?}");
        for name in ["Ticket", "ticket_id", "Case number"] {
            let numbered = chosen(&["text", name], &any);
            assert!(matches!(numbered, Err(DataError::NoLabelColumn { .. })), "{numbered:?}");
        }
        let learned = ReadOptions { learned_label: Some("queue".into()), ..any.clone() };
        let other = chosen(&["text", "b"], &learned);
        assert!(matches!(other, Err(DataError::NoLearnedLabel { .. })), "{other:?}");
        let (text, label) = (vec!["b".to_owned()], Some("b".to_owned()));
        let both = chosen(&["text", "b"], &ReadOptions { text, label, ..any.clone() });
        assert!(matches!(both, Err(DataError::UsedTwice { as_label: true, .. })), "{both:?}");
        let text = vec!["b".to_owned(), "2".to_owned()];
        let twice = chosen(&["text", "b", "label"], &ReadOptions { text, ..any.clone() });
        assert!(matches!(twice, Err(DataError::UsedTwice { as_label: false, .. })), "{twice:?}");
        let optional = ReadOptions { labels: LabelUse::Optional, ..ReadOptions::default() };
        assert_eq!(chosen(&["ID", "text"], &optional).unwrap().label, None);
        assert!(matches!(chosen(&["body", "label"], &asked), Err(DataError::UnknownColumn { .. })));
    }

    #[test]
    fn columns_have_numbers_too() {
        let options = ReadOptions {
            text: vec!["3".into()],
            label: Some("1".into()),
            ..ReadOptions::default()
        };
        assert_eq!(
            chosen(&["x", "y", "z"], &options).unwrap(),
            Selection { text: vec![2], label: Some(0) }
        );
    }
}
