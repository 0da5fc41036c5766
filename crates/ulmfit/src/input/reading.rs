//! How files are read, as a run remembers it.

use crate::data::readers::ReadOptions;
use serde_json::{Map, Value, json};

/// What differs from the default, by the names of the options.
///
/// A default that is left out stays the same when options are added.
pub(crate) fn settings(options: &ReadOptions) -> Value {
    let usual = all(&ReadOptions::default());
    let mut settings = all(options);
    settings.retain(|name, value| usual.get(name) != Some(value));
    settings.into()
}

fn all(options: &ReadOptions) -> Map<String, Value> {
    let ReadOptions {
        text,
        label,
        format,
        header,
        delimiter,
        quotes,
        encoding_errors,
        max_document_bytes,
        bad_rows,
        labels: _, // follows from the command, like the columns
        label_delimiter,
        columns: _,
        learned_text: _, // of the model, which is told of by itself
        learned_label: _,
        unit,
        limits: _, // an error or nothing: what is read is the same
    } = options;
    let word = |value: &dyn std::fmt::Debug| format!("{value:?}").to_lowercase();
    let Value::Object(all) = json!({
        "text": text,
        "label": label,
        "input-format": format.map(|format| format.to_string()),
        "header": word(header),
        "delimiter": delimiter.map(|delimiter| delimiter.to_string()),
        "quotes": word(quotes),
        "encoding-errors": word(encoding_errors),
        "max-doc-bytes": max_document_bytes,
        "label-delimiter": label_delimiter,
        "on-bad-row": bad_rows.as_ref().map(|action| word(action)),
        "unit": word(unit),
    }) else {
        unreachable!("an object was written");
    };
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::readers::{Header, LabelUse};

    #[test]
    fn only_what_was_chosen_is_there() {
        assert_eq!(settings(&ReadOptions::default()), json!({}));
        let options = ReadOptions {
            text: vec!["body".into()],
            header: Header::Absent,
            labels: LabelUse::Ignored,
            ..ReadOptions::default()
        };
        assert_eq!(settings(&options), json!({ "text": ["body"], "header": "absent" }));
    }
}
