//! Prediction sets are those of other libraries on the same probabilities.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use serde::Deserialize;
use std::path::Path;
use ulmfit::data::labels::{LabelKind, LabelSet, Target};
use ulmfit::decisions::{Calibration, Policy, Rule, Scores, Source};
use ulmfit::text::Direction;

/// What `fixtures/conformal.py` has written: sets of MAPIE (LAC) and of crepes (a threshold per
/// class), as numbers of labels.
#[derive(Deserialize)]
struct Golden {
    probabilities: Vec<Vec<f32>>,
    labels: Vec<u32>,
    new: Vec<Vec<f32>>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    coverage: f64,
    sets: Vec<Vec<usize>>,
    per_class: Vec<Vec<usize>>,
}

#[test]
fn sets_are_those_of_mapie_and_crepes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden/conformal.json");
    let golden: Golden = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let names = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
    let labels = LabelSet::from_names(LabelKind::Single, names.clone());
    let targets: Vec<Target> = golden.labels.iter().map(|&class| Target::Class(class)).collect();
    let scores = Scores::new(&labels, &targets, &golden.probabilities);
    let calibration = Calibration {
        schema: Calibration::SCHEMA,
        model: String::new(),
        precision: "f32".into(),
        directions: vec![Direction::Forward],
        source: Source::Given,
        rows: scores.rows(),
        trained_on: 0,
        scores,
    };
    let mut filled = 0;
    for case in &golden.cases {
        for (per_class, wanted) in [(false, &case.sets), (true, &case.per_class)] {
            let rule = Rule::Coverage { share: case.coverage, per_class };
            let policy = Policy::new(rule, LabelKind::Single, &names, Some(&calibration)).unwrap();
            for (row, wanted) in golden.new.iter().zip(wanted) {
                let mut set = policy.answer(row).set.unwrap();
                set.sort_unstable();
                if wanted.is_empty() {
                    // ours is never empty: it has the likeliest label then
                    filled += 1;
                    assert_eq!(set.len(), 1);
                } else {
                    assert_eq!(&set, wanted, "{} {per_class}", case.coverage);
                }
            }
        }
    }
    assert!(filled < golden.new.len(), "most sets have a label: {filled}");
}
