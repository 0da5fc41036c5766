use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::setting::Spelling;

fn record(label: Option<RawLabel>) -> Record {
    let place = Place::new(&Arc::from(Path::new("f")), 1);
    Record { fields: vec!["x".into()], label, place, columns: Vec::new() }
}

fn records(labels: &[&str]) -> Vec<Record> {
    labels.iter().map(|label| record(Some(RawLabel::One((*label).to_owned())))).collect()
}

fn many(labels: &[&str]) -> Record {
    record(Some(RawLabel::Many(labels.iter().map(|label| (*label).to_owned()).collect())))
}

#[test]
fn order_is_fastais_except_for_whole_numbers() {
    let set = |labels: &[&str]| {
        LabelSet::from_records(&records(labels), &LabelOptions::default()).unwrap()
    };
    assert_eq!(set(&["b", "a", "B", "b"]).names(), ["B", "a", "b"]);
    assert_eq!(set(&["10", "9", "-1"]).names(), ["-1", "9", "10"]);
    assert_eq!(set(&["10", "9", "x"]).names(), ["10", "9", "x"]);
    assert_eq!(set(&["b", "a"]).index("b"), Some(1));
    assert_eq!(set(&["b", "a"]).index("c"), None);
}

#[test]
fn lists_make_a_multi_label_task() {
    let data = [many(&["b", "a"]), many(&[]), many(&["c", "c"])];
    let set = LabelSet::from_records(&data, &LabelOptions::default()).unwrap();
    assert_eq!(set.kind(), LabelKind::Multi);
    assert_eq!(set.target(&data[0]).unwrap(), Target::Classes(vec![0, 1]));
    assert_eq!(set.target(&data[1]).unwrap(), Target::Classes(vec![]));
    assert_eq!(set.target(&data[2]).unwrap(), Target::Classes(vec![2]));
    let single = LabelOptions { task: Task::Single, ..LabelOptions::default() };
    assert!(matches!(LabelSet::from_records(&data, &single), Err(DataError::ManyLabels { .. })));
}

#[test]
fn one_label_in_every_list_is_one_label_per_text() {
    let lists = [many(&["a"]), many(&["b"])];
    let set = LabelSet::from_records(&lists, &LabelOptions::default()).unwrap();
    assert_eq!(set.kind(), LabelKind::Single);
    assert!(Task::Auto.note(&lists, Spelling::default()).is_some());
    assert_eq!(Task::Multi.note(&lists, Spelling::default()), None);
    assert_eq!(Task::Auto.note(&records(&["a", "b"]), Spelling::default()), None);
    assert_eq!(Task::Auto.kind(&[many(&["a"]), many(&[])]), LabelKind::Multi);
    assert_eq!(Task::Auto.with_delimiter(Some('|')).kind(&lists), LabelKind::Multi);
    assert_eq!(Task::Single.with_delimiter(Some('|')).kind(&lists), LabelKind::Single);
}

#[test]
fn zeros_and_ones_for_every_label_are_not_names() {
    let hot = [many(&["0", "1", "1"]), many(&["1", "0", "0"])];
    let error = LabelSet::from_records(&hot, &LabelOptions::default());
    assert!(matches!(error, Err(DataError::MultiHot { length: 3, .. })));
    let numbers = [many(&["0", "1"]), many(&["1"])];
    assert!(LabelSet::from_records(&numbers, &LabelOptions::default()).is_ok());
}

#[test]
fn lists_without_any_label_teach_nothing() {
    let error = LabelSet::from_records(&[many(&[]), many(&[])], &LabelOptions::default());
    assert!(matches!(error, Err(DataError::NoLabels { rows: 2, .. })));
}

#[test]
fn regression_takes_finite_numbers() {
    let options = LabelOptions { task: Task::Regression, ..LabelOptions::default() };
    let data = records(&["1.5", " 2", "1e3"]);
    let set = LabelSet::from_records(&data, &options).unwrap();
    assert_eq!((set.outputs(), set.names().len()), (1, 0));
    assert_eq!(set.target(&data[2]).unwrap(), Target::Value(1000.0));
    for large in ["1e300", "-1e38"] {
        let error = LabelSet::from_records(&records(&["1", large]), &options);
        assert!(matches!(error, Err(DataError::TooLarge { .. })), "{large}");
    }
    for bad in ["x", "NaN", "inf", ""] {
        let error = LabelSet::from_records(&records(&[bad]), &options);
        assert!(matches!(error, Err(DataError::NotANumber { .. })), "{bad}");
    }
}

#[test]
fn refuses_one_class_and_identifiers() {
    let one = LabelSet::from_records(&records(&["a", "a"]), &LabelOptions::default());
    assert!(matches!(one, Err(DataError::OneClass { rows: 2, .. })));
    let few = LabelOptions { max_labels: 2, ..LabelOptions::default() };
    let error = LabelSet::from_records(&records(&["a", "b", "c"]), &few);
    assert!(matches!(error, Err(DataError::TooManyLabels { limit: 2, .. })));
}

#[test]
fn an_unknown_label_gets_a_suggestion() {
    let set = LabelSet::from_records(&records(&["positive", "negative"]), &LabelOptions::default())
        .unwrap();
    let error = set.target(&records(&["postive"])[0]).unwrap_err();
    assert_eq!(error.hint().as_deref(), Some("did you mean `positive`?"));
}

#[test]
fn labels_that_training_lacks_are_scored_and_told() {
    let set =
        LabelSet::from_records(&records(&["true", "false"]), &LabelOptions::default()).unwrap();
    let test = records(&["true", "True", "x", "x"]);
    assert_eq!(set.with_unseen(&test).names(), ["false", "true", "True", "x"]);
    assert_eq!(
        set.told_of_unseen(&test).unwrap().unwrap(),
        "3 labels are unknown to the model and count as errors: `True` (1, perhaps `true`), `x` (2)"
    );
    assert_eq!(set.told_of_unseen(&records(&["true"])).unwrap(), None);
    let strange = set.told_of_unseen(&records(&["x", "y"]));
    assert!(matches!(strange, Err(DataError::UnknownLabel { .. })), "none of them is known");
    #[cfg(feature = "train")]
    assert_eq!(set.absent(&records(&["true"])), ["false"]);
}

#[test]
fn file_round_trip_and_refusals() {
    let set = LabelSet::from_records(&records(&["b", "a"]), &LabelOptions::default()).unwrap();
    let json = serde_json::to_string(&set).unwrap();
    assert_eq!(json, r#"{"kind":"single","labels":["a","b"]}"#);
    assert_eq!(serde_json::from_str::<LabelSet>(&json).unwrap(), set);
    for bad in [
        r#"{"kind":"single","labels":["a","a"]}"#,
        r#"{"kind":"single","labels":["a"]}"#,
        r#"{"kind":"regression","labels":["a"]}"#,
        r#"{"kind":"multi","labels":[]}"#,
        r#"{"kind":"multi","labels":["a"],"x":1}"#,
    ] {
        assert!(serde_json::from_str::<LabelSet>(bad).is_err(), "{bad}");
    }
}

#[test]
fn several_labels_in_one_cell_are_noticed_among_unseen_ones() {
    let known = [many(&["billing", "returns"]), many(&["returns"])];
    let set = LabelSet::from_records(&known, &LabelOptions::default()).unwrap();
    let told = |label: &str| set.told_of_unseen(&[many(&["billing", label])]).unwrap().unwrap();
    assert!(told("billing|returns").ends_with("; it looks like several labels in one cell"));
    assert!(told("fees|returns").ends_with("`fees|returns` (1)"));
}
