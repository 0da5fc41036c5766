//! Texts to label: as a CSV file with an empty label column, and as JSON.

use crate::csv_style::CsvStyle;
use crate::own_columns::of_column;
use serde_json::{Map, Value, json};
use ulmfit::data::Record;
use ulmfit::data::readers::ColumnUse;
use ulmfit::labelling::next::Chosen;
use ulmfit::models::ClassifierBundle;

/// Texts that could be labelled, and how their columns are called.
pub(crate) struct PoolTable<'a> {
    pub(crate) records: &'a [Record],
    pub(crate) columns: &'a ColumnUse,
    /// Name of the column that is to be filled in.
    pub(crate) label: &'a str,
    /// What has answered the texts.
    pub(crate) model: Option<&'a ClassifierBundle>,
}

impl PoolTable<'_> {
    /// The columns of the data, the label's empty and last, with the prediction behind it.
    pub(crate) fn as_csv(&self, chosen: &[Chosen]) -> anyhow::Result<Vec<u8>> {
        let own = self.own_columns(chosen);
        let mut names = own.clone();
        names.push(self.label.to_owned());
        let mut prefix = String::new();
        if self.model.is_some() {
            while ["prediction", "confidence"]
                .iter()
                .any(|ours| names.contains(&format!("{prefix}{ours}")))
            {
                prefix.push_str("model_");
            }
            names.extend(["prediction", "confidence"].map(|ours| format!("{prefix}{ours}")));
        }
        let mut writer = CsvStyle::of(self.columns).writer(Vec::new())?;
        writer.write_record(&names)?;
        for text in chosen {
            let record = &self.records[text.row];
            let mut cells: Vec<String> = if self.is_named() {
                own.iter().map(|name| of_column(record, name)).collect()
            } else {
                record.fields.clone()
            };
            cells.push(String::new());
            cells.extend(self.answer(text).into_iter().flatten());
            writer.write_record(&cells)?;
        }
        Ok(writer.into_inner().map_err(csv::IntoInnerError::into_error)?)
    }

    /// All of them.
    pub(crate) fn as_json(&self, chosen: &[Chosen]) -> Vec<Value> {
        let one = |text: &Chosen| {
            let record = &self.records[text.row];
            let own = record.columns.iter().filter(|(name, _)| self.columns.unread.contains(name));
            let own: Map<String, Value> = own.cloned().collect();
            let mut object = json!({
                "place": record.place,
                "columns": own,
                "text": record.fields.join(" "),
            });
            if let (Some(model), Some(row)) = (self.model, &text.answer) {
                let answer = model.prediction(row);
                object["answer"] = serde_json::to_value(answer).unwrap_or_default();
            }
            object
        };
        chosen.iter().map(one).collect()
    }

    /// Whether columns have names, and not numbers in their place.
    fn is_named(&self) -> bool {
        let text = &self.columns.text;
        !text.is_empty() && text.iter().all(|name| name.parse::<usize>().is_err())
    }

    /// Names of the columns but the label's.
    fn own_columns(&self, chosen: &[Chosen]) -> Vec<String> {
        let fields = self.records.first().map_or(1, |record| record.fields.len());
        if !self.is_named() {
            return match fields {
                1 => vec!["text".to_owned()],
                count => (1..=count).map(|n| format!("text{n}")).collect(),
            };
        }
        let mut names: Vec<String> = Vec::new();
        for (name, _) in chosen.iter().flat_map(|text| &self.records[text.row].columns) {
            if name != self.label && !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    /// Prediction and confidence, where there is a model.
    fn answer(&self, text: &Chosen) -> Option<[String; 2]> {
        let answer = self.model?.prediction(text.answer.as_ref()?);
        Some(match answer.value() {
            Some(value) => [value.to_string(), String::new()],
            None => [answer.labels().join(","), answer.confidence().to_string()],
        })
    }
}
