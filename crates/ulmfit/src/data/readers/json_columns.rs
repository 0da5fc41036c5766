//! Which columns JSON objects have.

use super::column_use::ColumnUse;
use super::columns;
use super::json_object::Object;
use super::options::{LabelUse, ReadOptions};
use crate::data::error::DataError;
use crate::data::place::Place;
use serde_json::{Value, json};

/// How deep text is looked for inside other objects.
const DEEPEST: usize = 3;

/// Chooses text and label from the names and values of the first objects, of which there must be
/// one.
///
/// A name that means text is text if its values can be read as text, null among them; any other
/// column is text if one of its values is a string.
pub(super) fn choose<'a>(
    objects: impl Iterator<Item = &'a (Object, Place)>,
    options: &ReadOptions,
) -> Result<ColumnUse, DataError> {
    let objects: Vec<&(Object, Place)> = objects.collect();
    let Some((first, place)) = objects.first() else { return Ok(ColumnUse::default()) };
    let mut names: Vec<String> = first.0.iter().map(|(name, _)| name.clone()).collect();
    for (name, _) in objects[1..].iter().flat_map(|(object, _)| &object.0) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    // one of several asked for may come late: an object says only what it has
    for asked in [&options.text, &options.learned_text] {
        if asked.iter().any(|name| names.contains(name)) {
            let missing = asked.iter().filter(|name| !names.contains(name));
            let missing: Vec<String> = missing.cloned().collect();
            names.extend(missing);
        }
    }
    let guesses = options.text.is_empty() && columns::learned(&names, options).is_empty();
    if guesses && !names.iter().any(|name| columns::is_text(name)) {
        refuse_nested(first, place, options)?;
    }
    let textual = |index: usize| {
        let values = || {
            let all = objects.iter().flat_map(|(object, _)| &object.0);
            all.filter(|(name, _)| *name == names[index]).map(|(_, value)| value)
        };
        let is_other = |value: &Value| value.is_object() || value.is_array() || value.is_boolean();
        values().any(Value::is_string)
            || (columns::is_text(&names[index]) && !values().any(is_other))
    };
    let selection = columns::select(&names, textual, options, place)?;
    Ok(ColumnUse::new(&names, &selection))
}

/// Refuses objects that hold the rows, or their text, inside; the hint says how to convert them.
fn refuse_nested(object: &Object, place: &Place, options: &ReadOptions) -> Result<(), DataError> {
    let place = || place.clone();
    let has_text = |value: &Value| match value {
        Value::Object(fields) => fields.keys().any(|name| columns::is_text(name)),
        _ => false,
    };
    let first =
        |value: &Value| value.as_array().and_then(|values| values.first()).is_some_and(has_text);
    if let Some((field, _)) = object.0.iter().find(|(_, value)| first(value)) {
        return Err(DataError::WrappedRows { place: place(), field: field.clone() });
    }
    let Some(text) = path_to(&object.0, columns::is_text) else { return Ok(()) };
    let asked = options.label.as_deref();
    let is_label =
        |name: &str| asked.map_or_else(|| columns::is_label(name), |label| label == name);
    let label =
        (options.labels != LabelUse::Ignored).then(|| path_to(&object.0, is_label)).flatten();
    Err(DataError::NestedText { place: place(), text, label })
}

/// The path of `jq` to a string or number of such a name, the nearest first.
fn path_to(object: &[(String, Value)], wanted: impl Fn(&str) -> bool) -> Option<String> {
    let mut level: Vec<(String, &Value)> =
        object.iter().map(|(name, value)| (step(name), value)).collect();
    let mut names: Vec<&str> = object.iter().map(|(name, _)| name.as_str()).collect();
    for _ in 0..DEEPEST {
        let is_scalar = |value: &Value| value.is_string() || value.is_number();
        let found =
            level.iter().zip(&names).find(|((_, value), name)| is_scalar(value) && wanted(name));
        if let Some(((path, _), _)) = found {
            return Some(path.clone());
        }
        let (mut next, mut next_names) = (Vec::new(), Vec::new());
        for (path, value) in &level {
            for (name, inner) in value.as_object().into_iter().flatten() {
                next.push((format!("{path}{}", step(name)), inner));
                next_names.push(name.as_str());
            }
        }
        (level, names) = (next, next_names);
    }
    None
}

/// One step of a path of `jq`.
fn step(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if starts_well && name.chars().all(plain) {
        format!(".{name}")
    } else {
        format!(".[{}]", json!(name))
    }
}
