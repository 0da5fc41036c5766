//! What predictions look like as lines.

use super::*;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use ulmfit::data::readers::{ColumnUse, Delimiter};

fn record(columns: &[(&str, Value)]) -> Record {
    let columns = columns.iter().map(|(name, v)| ((*name).to_owned(), v.clone())).collect();
    let place = Place::new(&Arc::from(Path::new("f.jsonl")), 3);
    Record { fields: vec![String::new()], label: None, place, columns }
}

fn probabilities(of: &[(&str, f32)]) -> Probabilities {
    Probabilities(of.iter().map(|(name, p)| ((*name).to_owned(), *p)).collect())
}

fn single() -> Prediction {
    let probabilities = probabilities(&[("2", 0.9), ("10", 1e-8)]);
    Prediction::Single { label: "2".into(), confidence: 0.9, probabilities }
}

fn several(labels: &[&str]) -> Prediction {
    let labels = labels.iter().map(|label| (*label).to_owned()).collect();
    let probabilities = probabilities(&[("x", 0.75), ("y", 0.5)]);
    Prediction::Multi { labels, confidence: 0.5, probabilities }
}

fn answer(prediction: Prediction) -> Decision {
    let (set, interval) = (None, None);
    Decision { prediction, abstained: false, set, interval, no_known_word: false }
}

fn line(form: OutputFormat, record: &Record, found: &Prediction) -> String {
    let found = answer(found.clone());
    PredictionRows::new(form, ',', false).lines(record, &found, None).unwrap()
}

#[test]
fn the_same_number_has_the_same_digits() {
    let none = record(&[]);
    assert_eq!(
        line(OutputFormat::Jsonl, &none, &single()),
        r#"{"label":"2","confidence":0.9,"probabilities":{"2":0.9,"10":1e-8}}"#
    );
    assert_eq!(
        line(OutputFormat::Csv, &none, &single()),
        "label,confidence,no_known_word,p(2),p(10)\n2,0.9,,0.9,1e-8"
    );
}

#[test]
fn the_most_probable_labels_have_columns_of_their_own() {
    let found = several(&["x", "y"]).likeliest(1);
    let own = record(&[("top_1", json!("mine"))]);
    assert_eq!(
        line(OutputFormat::Jsonl, &own, &found),
        r#"{"top_1":"mine","labels":["x","y"],"confidence":0.5,"probabilities":{"x":0.75}}"#
    );
    let mut rows = PredictionRows::new(OutputFormat::Csv, ' ', false).ranked();
    assert_eq!(
        rows.lines(&own, &answer(found), None).unwrap(),
        "top_1,predicted_labels,predicted_confidence,predicted_no_known_word,predicted_top_1,predicted_top_1_probability\n\
         mine,x y,0.5,,x,0.75"
    );
}

#[test]
fn echoed_columns_keep_order_and_values() {
    let own = record(&[("zeta", json!(1)), ("label", json!("mine")), ("a", json!(null))]);
    assert_eq!(
        line(OutputFormat::Jsonl, &own, &single()),
        r#"{"zeta":1,"label":"mine","a":null,"predicted_label":"2","predicted_confidence":0.9,"predicted_probabilities":{"2":0.9,"10":1e-8}}"#
    );
    assert_eq!(
        line(OutputFormat::Csv, &own, &single()),
        "zeta,label,a,predicted_label,predicted_confidence,predicted_no_known_word,p(2),p(10)\n1,mine,,2,0.9,,0.9,1e-8"
    );
    let twice = record(&[("predicted_confidence", json!(1)), ("confidence", json!(2))]);
    assert!(line(OutputFormat::Csv, &twice, &single()).contains(",predicted_predicted_label,"));
    let before = record(&[("p(10)", json!(1))]);
    assert!(
        line(OutputFormat::Csv, &before, &single())
            .starts_with("p(10),label,confidence,no_known_word,predicted_p(2),predicted_p(10)\n")
    );
}

#[test]
fn rows_with_other_columns_stay_in_theirs() {
    let mut rows = PredictionRows::new(OutputFormat::Csv, ',', false);
    rows.lines(&record(&[("a", json!(1)), ("b", json!(2))]), &answer(single()), None).unwrap();
    let swapped = record(&[("b", json!(4)), ("a", json!(3))]);
    assert_eq!(rows.lines(&swapped, &answer(single()), None).unwrap(), "3,4,2,0.9,,0.9,1e-8");
    assert_eq!(rows.warning(), None);
    let other = record(&[("c", json!(6)), ("a", json!(5))]);
    assert_eq!(rows.lines(&other, &answer(single()), None).unwrap(), "5,,2,0.9,,0.9,1e-8");
    let warning = rows.warning().unwrap();
    assert!(warning.starts_with("1 row has columns that the first row lacks, such as `c`"));
    assert!(warning.contains("f.jsonl:3"));
}

#[test]
fn several_labels_are_a_list_and_a_number_is_a_value() {
    let none = record(&[]);
    let (both, neither) = (several(&["x", "y"]), several(&[]));
    assert_eq!(
        line(OutputFormat::Jsonl, &none, &both),
        r#"{"labels":["x","y"],"confidence":0.5,"probabilities":{"x":0.75,"y":0.5}}"#
    );
    assert!(line(OutputFormat::Jsonl, &none, &neither).starts_with(r#"{"labels":[],"#));
    let mut rows = PredictionRows::new(OutputFormat::Csv, '|', false);
    let mut lines = |found: &Prediction| rows.lines(&none, &answer(found.clone()), None).unwrap();
    assert_eq!(lines(&both), "labels,confidence,no_known_word,p(x),p(y)\nx|y,0.5,,0.75,0.5");
    assert_eq!(lines(&neither), ",0.5,,0.75,0.5");
    let value = Prediction::Regression { value: 0.81 };
    assert_eq!(line(OutputFormat::Jsonl, &none, &value), r#"{"value":0.81}"#);
    assert_eq!(line(OutputFormat::Csv, &none, &value), "value,no_known_word\n0.81,");
    assert_eq!(line(OutputFormat::Text, &none, &value), "0.81");
    assert_eq!(line(OutputFormat::Text, &none, &both), "x,y");
}

#[test]
fn a_label_with_line_breaks_is_one_line() {
    let none = record(&[]);
    let probabilities = probabilities(&[("a\r\nb", 0.9)]);
    let found = Prediction::Single { label: "a\r\nb".into(), confidence: 0.9, probabilities };
    assert_eq!(line(OutputFormat::Text, &none, &found), r"a\r\nb");
    assert_eq!(line(OutputFormat::Jsonl, &none, &found).lines().count(), 1);
}

#[test]
fn an_answer_to_a_text_without_a_known_word_says_so() {
    let (none, silent) = (record(&[]), Decision { no_known_word: true, ..answer(single()) });
    let line = |form| PredictionRows::new(form, ',', false).lines(&none, &silent, None).unwrap();
    assert!(line(OutputFormat::Jsonl).ends_with(r#","no_known_word":true}"#));
    assert!(line(OutputFormat::Csv).ends_with("\n2,0.9,true,0.9,1e-8"));
}

#[test]
fn a_table_keeps_its_delimiter_and_byte_order_mark() {
    let own = record(&[("a", json!("x;y"))]);
    let rows = PredictionRows::new(OutputFormat::Csv, ',', false);
    let columns = ColumnUse {
        delimiter: Some(Delimiter::SEMICOLON),
        byte_order_mark: true,
        ..ColumnUse::default()
    };
    let mut rows = rows.with_style(CsvStyle::of(&columns));
    let lines = rows.lines(&own, &answer(single()), None).unwrap();
    assert_eq!(
        lines,
        "\u{feff}a;label;confidence;no_known_word;p(2);p(10)\n\"x;y\";2;0.9;;0.9;1e-8"
    );
}

#[test]
fn what_is_withheld_is_null() {
    let none = record(&[]);
    let decision = |prediction, abstained| Decision { abstained, ..answer(prediction) };
    let line = |form, decision: &Decision| {
        PredictionRows::new(form, '|', true).lines(&none, decision, None).unwrap()
    };
    let withheld = decision(single(), true);
    assert_eq!(
        line(OutputFormat::Jsonl, &withheld),
        r#"{"label":null,"confidence":0.9,"abstained":true,"probabilities":{"2":0.9,"10":1e-8}}"#
    );
    let table = "label,confidence,abstained,no_known_word,p(2),p(10)\n,0.9,true,,0.9,1e-8";
    assert_eq!(line(OutputFormat::Csv, &withheld), table);
    assert_eq!(line(OutputFormat::Text, &withheld), "");
    let set = Some(vec!["2".to_owned(), "10".to_owned()]);
    let several = Decision { set, ..decision(single(), false) };
    assert_eq!(line(OutputFormat::Text, &several), "2|10");
    assert!(line(OutputFormat::Csv, &several).ends_with("\n2,0.9,false,2|10,,0.9,1e-8"));
    let number = Decision {
        interval: Some([0.5, 1.5]),
        ..decision(Prediction::Regression { value: 1.0 }, false)
    };
    let json = r#"{"value":1.0,"abstained":false,"interval":[0.5,1.5]}"#;
    assert_eq!(line(OutputFormat::Jsonl, &number), json);
    let table = "value,abstained,interval_low,interval_high,no_known_word\n1.0,false,0.5,1.5,";
    assert_eq!(line(OutputFormat::Csv, &number), table);
}
