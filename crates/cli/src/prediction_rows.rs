//! Predictions as lines: JSON objects, CSV, or labels alone.

use crate::csv_style::CsvStyle;
use crate::own_columns::cell;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use ulmfit::Error;
use ulmfit::data::{Place, Record};
use ulmfit::models::{Decision, Explanation, Prediction, Probabilities, WordWeight};
use ulmfit::text::CharacterPlaces;

/// How a prediction is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum OutputFormat {
    /// One JSON object per line: `label`, `confidence`, `probabilities`; `labels`, a list, with
    /// several labels per text; only `value` for numbers
    Jsonl,
    /// The same as columns under a header; several labels share a cell, separated by `--label-delimiter` (or
    /// a comma)
    Csv,
    /// The label alone; a line break in it is written as `\n`
    Text,
}

/// A word of a text and what it did to the answer; places are counted in characters.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub(crate) struct Word<'a> {
    /// The text column it is in, from 0, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<usize>,
    start: usize,
    end: usize,
    text: &'a str,
    weight: f32,
}

impl<'a> Word<'a> {
    /// The words of an explanation of a record.
    pub(crate) fn all(record: &'a Record, explanation: &Explanation) -> Vec<Self> {
        let fields = &record.fields;
        let mut places = CharacterPlaces::new(fields);
        let word = |word: &WordWeight| {
            let [start, end] = places.of(word.field, word.start..word.end);
            Self {
                field: (fields.len() > 1).then_some(word.field),
                start,
                end,
                text: &fields[word.field][word.start..word.end],
                weight: word.weight,
            }
        };
        explanation.words.iter().map(word).collect()
    }

    /// The word.
    pub(crate) fn text(&self) -> &str {
        self.text
    }

    /// What it added to the probability of the answer.
    pub(crate) fn weight(&self) -> f32 {
        self.weight
    }
}

/// Turns predictions into lines, each after the columns that its record carries.
///
/// If a column has the name of an added one, the added ones begin with `predicted_`.
pub(crate) struct PredictionRows {
    form: OutputFormat,
    /// Stands between several labels of a text.
    delimiter: char,
    /// How a CSV is written.
    style: CsvStyle,
    /// Whether a rule says when to answer.
    has_rule: bool,
    /// Whether only the most probable labels are there, in the order of their probabilities.
    is_ranked: bool,
    /// What our names begin with; once longer, it stays so.
    prefix: String,
    /// Echoed columns of the CSV header.
    header: Option<Vec<String>>,
    /// Rows with columns that the header lacks, and the first of these.
    lost: (usize, Option<(String, Place)>),
}

impl PredictionRows {
    pub(crate) fn new(form: OutputFormat, delimiter: char, has_rule: bool) -> Self {
        let (style, prefix) = (CsvStyle::PLAIN, String::new());
        let (is_ranked, lost) = (false, (0, None));
        Self { form, delimiter, style, has_rule, is_ranked, prefix, header: None, lost }
    }

    /// Of predictions that have only the most probable labels: a CSV names them in each row.
    pub(crate) fn ranked(self) -> Self {
        Self { is_ranked: true, ..self }
    }

    /// A CSV in this style.
    pub(crate) fn with_style(self, style: CsvStyle) -> Self {
        Self { style, ..self }
    }

    /// Refuses labels that contain what stands between labels: nobody could tell them apart.
    fn check_delimiter(&self, fields: &[(&str, Field<'_>)]) -> Result<(), Error> {
        let labels = fields.iter().filter_map(|(_, field)| match field {
            Field::Labels(labels) => Some(*labels),
            _ => None,
        });
        let Some(label) = labels.flatten().find(|label| label.contains(self.delimiter)) else {
            return Ok(());
        };
        let message =
            format!("the label `{label}` contains `{}`, which separates labels", self.delimiter);
        let hint =
            "choose another separator with --label-delimiter, or `--format jsonl`".to_owned();
        Err(Error::Usage { message, hint: Some(hint) })
    }

    /// The line of one record; a CSV begins with its header.
    pub(crate) fn lines(
        &mut self,
        record: &Record,
        found: &Decision,
        words: Option<&[Word<'_>]>,
    ) -> anyhow::Result<String> {
        let mut fields = fields(found, self.has_rule);
        fields.extend(words.map(|words| ("explanation", Field::Words(words))));
        match self.form {
            // a table has the column in all rows, before those of the labels
            OutputFormat::Csv => {
                let value = if found.no_known_word { Field::Flag(true) } else { Field::Nothing };
                let is_last =
                    |(_, field): &(&str, Field<'_>)| matches!(field, Field::Probabilities(_));
                let place = fields.iter().position(is_last).unwrap_or(fields.len());
                fields.insert(place, ("no_known_word", value));
            }
            OutputFormat::Jsonl if found.no_known_word => {
                fields.push(("no_known_word", Field::Flag(true)));
            }
            OutputFormat::Jsonl | OutputFormat::Text => {}
        }
        if self.form != OutputFormat::Jsonl {
            self.check_delimiter(&fields)?;
        }
        match self.form {
            OutputFormat::Text => {
                // sets and intervals are what was asked for where there are any
                let asked = fields.iter().find(|(name, _)| ["set", "interval"].contains(name));
                let field = asked.unwrap_or(&fields[0]);
                let cells = self.cells(std::slice::from_ref(field));
                Ok(one_line(&cells.join(&self.delimiter.to_string())))
            }
            OutputFormat::Jsonl => {
                avoid(&mut self.prefix, fields.iter().map(|(name, _)| (*name).to_owned()), record);
                let row = Row { echoed: &record.columns, prefix: &self.prefix, fields };
                Ok(serde_json::to_string(&row)?)
            }
            OutputFormat::Csv => {
                let mut lines = String::new();
                if self.header.is_none() {
                    lines = self.start(record, &fields)? + "\n";
                }
                let mut cells = self.echoed(record);
                cells.extend(self.cells(&fields));
                Ok(lines + &self.csv_line(&cells)?)
            }
        }
    }

    /// What the user should know at the end.
    pub(crate) fn warning(&self) -> Option<String> {
        let (rows, Some((column, place))) = &self.lost else { return None };
        let rows = if *rows == 1 { "1 row has".to_owned() } else { format!("{rows} rows have") };
        Some(format!(
            "{rows} columns that the first row lacks, such as `{column}` at {place}; they are not \
             in the CSV; `--format jsonl` keeps them"
        ))
    }

    /// The CSV header.
    fn start(&mut self, record: &Record, fields: &[(&str, Field<'_>)]) -> anyhow::Result<String> {
        let (mut ours, mut each) = (Vec::new(), Vec::new());
        for (name, field) in fields {
            match field {
                Field::Probabilities(p) if self.is_ranked => {
                    let of = |n| [format!("top_{n}"), format!("top_{n}_probability")];
                    ours.extend((1..=p.0.len()).flat_map(of));
                }
                Field::Probabilities(p) => each.extend(p.0.iter().map(|(n, _)| format!("p({n})"))),
                Field::Interval(_) => {
                    ours.extend(["low", "high"].map(|end| format!("{name}_{end}")));
                }
                _ => ours.push((*name).to_owned()),
            }
        }
        let mut prefix_of_each = String::new();
        avoid(&mut self.prefix, ours.iter().cloned(), record);
        avoid(&mut prefix_of_each, each.iter().cloned(), record);
        let echoed: Vec<String> = record.columns.iter().map(|(name, _)| name.clone()).collect();
        let mut names = echoed.clone();
        names.extend(ours.iter().map(|name| format!("{}{name}", self.prefix)));
        names.extend(each.iter().map(|name| format!("{prefix_of_each}{name}")));
        self.header = Some(echoed);
        Ok(format!("{}{}", self.style.start(), self.csv_line(&names)?))
    }

    fn csv_line(&self, cells: &[String]) -> anyhow::Result<String> {
        let mut writer = self.style.rows(Vec::new());
        writer.write_record(cells)?;
        let bytes = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
        Ok(String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned())
    }

    /// The record's own cells in the order of the header.
    fn echoed(&mut self, record: &Record) -> Vec<String> {
        let columns = &record.columns;
        let header = self.header.as_deref().unwrap_or_default();
        if header.iter().eq(columns.iter().map(|(name, _)| name)) {
            return columns.iter().map(|(_, value)| cell(value)).collect();
        }
        // JSON objects may have other names than the first one, or the same in another order
        if let Some((name, _)) = columns.iter().find(|(name, _)| !header.contains(name)) {
            self.lost.0 += 1;
            self.lost.1.get_or_insert_with(|| (name.clone(), record.place.clone()));
        }
        let of = |name: &String| columns.iter().find(|(other, _)| other == name);
        header.iter().map(|name| of(name).map_or_else(String::new, |(_, v)| cell(v))).collect()
    }

    /// A prediction's own cells.
    fn cells(&self, fields: &[(&str, Field<'_>)]) -> Vec<String> {
        let mut cells = Vec::new();
        for (_, field) in fields {
            match field {
                Field::Label(label) => cells.push((*label).to_owned()),
                Field::Labels(labels) => cells.push(labels.join(&self.delimiter.to_string())),
                Field::Number(number) => cells.push(digits(*number)),
                Field::Flag(flag) => cells.push(flag.to_string()),
                Field::Nothing => cells.push(String::new()),
                Field::Interval(Some(ends)) => cells.extend(ends.map(digits)),
                Field::Words(_) => {} // only in JSON
                Field::Interval(None) => cells.extend([String::new(), String::new()]),
                Field::Probabilities(p) if self.is_ranked => {
                    cells.extend(p.0.iter().flat_map(|(name, p)| [name.clone(), digits(*p)]));
                }
                Field::Probabilities(p) => cells.extend(p.0.iter().map(|(_, p)| digits(*p))),
            }
        }
        cells
    }
}

/// What a prediction says under one name.
#[derive(serde::Serialize)]
#[serde(untagged)]
enum Field<'a> {
    Label(&'a str),
    Labels(&'a [String]),
    Number(f32),
    Flag(bool),
    Nothing,
    Interval(Option<[f32; 2]>),
    Probabilities(&'a Probabilities),
    Words(&'a [Word<'a>]),
}

/// Names and values of what was found; the answer comes first.
fn fields(found: &Decision, has_rule: bool) -> Vec<(&'static str, Field<'_>)> {
    let Decision { prediction, abstained, set, interval, no_known_word: _ } = found;
    let withheld = *abstained;
    let (mut fields, probabilities) = match prediction {
        Prediction::Single { label, confidence, probabilities } => {
            let answer = if withheld { Field::Nothing } else { Field::Label(label) };
            let confidence = Field::Number(*confidence);
            (vec![("label", answer), ("confidence", confidence)], Some(probabilities))
        }
        Prediction::Multi { labels, confidence, probabilities } => {
            let (answer, confidence) = (Field::Labels(labels), Field::Number(*confidence));
            (vec![("labels", answer), ("confidence", confidence)], Some(probabilities))
        }
        Prediction::Regression { value } => {
            let answer = if withheld { Field::Nothing } else { Field::Number(*value) };
            (vec![("value", answer)], None)
        }
    };
    if has_rule {
        fields.push(("abstained", Field::Flag(withheld)));
        fields.extend(set.as_ref().map(|set| ("set", Field::Labels(set))));
        if probabilities.is_none() {
            fields.push(("interval", Field::Interval(*interval)));
        }
    }
    fields.extend(probabilities.map(|p| ("probabilities", Field::Probabilities(p))));
    fields
}

/// Makes `prefix` longer until no name of ours is one of the record's columns.
fn avoid(prefix: &mut String, ours: impl Iterator<Item = String>, record: &Record) {
    let ours: Vec<String> = ours.collect();
    let taken = |name: String| record.columns.iter().any(|(column, _)| *column == name);
    while ours.iter().any(|name| taken(format!("{prefix}{name}"))) {
        prefix.push_str("predicted_");
    }
}

/// A record and its prediction as one JSON object, the record's columns first.
struct Row<'a> {
    echoed: &'a [(String, Value)],
    prefix: &'a str,
    fields: Vec<(&'static str, Field<'a>)>,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // no `serde_json::Map`: it sorts its keys
        let mut row = serializer.serialize_map(None)?;
        self.echoed.iter().try_for_each(|(name, value)| row.serialize_entry(name, value))?;
        for (name, field) in &self.fields {
            row.serialize_entry(&format!("{}{name}", self.prefix), field)?;
        }
        row.end()
    }
}

/// The digits that JSON has for a number: the same number looks the same everywhere.
fn digits(number: f32) -> String {
    serde_json::to_string(&number).expect("a number serialises")
}

/// A label may have line breaks, a line may not.
fn one_line(label: &str) -> String {
    label.replace('\r', "\\r").replace('\n', "\\n")
}

#[cfg(test)]
#[path = "prediction_rows_tests.rs"]
mod tests;
