//! Faults put into clean data are found, and clean data is called clean.

use std::path::Path;
use std::sync::Arc;

use ulmfit::data::labels::Task;
use ulmfit::data::quality::{CheckOptions, DataReport, FindingKind, Severity, check_data};
use ulmfit::data::{Place, RawLabel, Record};
use ulmfit_ops::Key;

/// Document `n`: forty words of its own.
fn words(n: u64) -> Vec<String> {
    Key::new(n).permutation(3000)[..40].iter().map(|word| format!("w{word}")).collect()
}

fn record(line: u64, text: String, label: &str) -> Record {
    let place = Place::new(&Arc::from(Path::new("f.csv")), line);
    Record {
        fields: vec![text],
        label: Some(RawLabel::One(label.to_owned())),
        place,
        columns: Vec::new(),
    }
}

fn clean(documents: std::ops::Range<u64>) -> Vec<Record> {
    documents
        .map(|n| record(n + 2, words(n).join(" "), ["sports", "business"][n as usize % 2]))
        .collect()
}

fn count(report: &DataReport, kind: FindingKind) -> usize {
    report.findings.iter().filter(|finding| finding.kind == kind).map(|finding| finding.count).sum()
}

#[test]
fn clean_data_is_clean() {
    let report =
        check_data(&clean(0..200), &[("test", &clean(200..250))], &CheckOptions::default());
    assert_eq!(report.findings, []);
    assert_eq!((report.parts.len(), report.parts[0].rows, report.parts[1].rows), (2, 200, 50));
    assert_eq!(report.parts[0].labels["sports"], 100);
    assert_eq!(report.worst(), None);
}

/// A hundred faults of each kind that concerns documents.
#[test]
fn seeded_faults_are_found() {
    let mut train = clean(0..1000);
    let mut test = clean(1000..1500);
    let mut line = 5000;
    let mut push = |rows: &mut Vec<Record>, text: String, label: &str| {
        rows.push(record(line, text, label));
        line += 1;
    };
    for n in 0..100 {
        let label = ["sports", "business"][n as usize % 2];
        push(&mut train, words(n).join("  ").to_uppercase(), label); // exact but for case and space
        let mut nearly = words(100 + n);
        nearly[20] = "changed".into();
        push(&mut train, nearly.join(" "), label);
        push(&mut test, words(200 + n).join(" "), label); // seen in training
        push(&mut train, words(300 + n).join(", "), ["business", "sports"][n as usize % 2]); // conflict
        push(&mut train, "  ".into(), label);
        push(&mut train, words(2000 + n).join(" ").repeat(500), label); // huge
    }
    for (n, typo) in (3000..).zip(["Sports", "sprots", "busines", "business "]) {
        push(&mut train, words(n).join(" "), typo);
    }
    push(&mut train, words(3010).join(" "), "politics");
    push(&mut test, words(3011).join(" "), "weather");

    let report = check_data(&train, &[("test", &test)], &CheckOptions::default());
    let [train, test] = &report.parts[..] else { panic!("two parts") };
    assert_eq!(train.exact_duplicates, 200);
    assert_eq!(train.near_duplicates, 100);
    assert_eq!((test.exact_in_train, count(&report, FindingKind::Leak)), (100, 100));
    assert_eq!(count(&report, FindingKind::Conflict), 200);
    assert_eq!((count(&report, FindingKind::Empty), count(&report, FindingKind::Huge)), (100, 100));
    assert_eq!(count(&report, FindingKind::LabelVariant), 4);
    assert_eq!(count(&report, FindingKind::SingleRow), 5);
    assert_eq!(count(&report, FindingKind::UnseenLabel), 1);
    assert_eq!(report.worst(), Some(Severity::Warning));
    assert!(report.findings.is_sorted_by_key(|finding| std::cmp::Reverse(finding.severity)));
    assert!(
        report
            .findings
            .iter()
            .all(|finding| finding.examples.len() <= 5 && !finding.message.contains('\n'))
    );
    let json = serde_json::to_value(&report).unwrap();
    let leak = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["kind"] == "leak")
        .unwrap();
    assert_eq!(
        (&leak["severity"], &leak["examples"][0]),
        (&"warning".into(), &"f.csv:5002".into())
    );
    let place = |list: &serde_json::Value| list[0].as_str().unwrap().to_owned();
    let first = place(&leak["first"]);
    assert!(first.starts_with("f.csv:") && first != place(&leak["examples"]), "{leak}");
}

#[test]
fn labels_that_stop_training() {
    let one: Vec<Record> = (0..9).map(|n| record(n, words(n).join(" "), "a")).collect();
    let report = check_data(&one, &[], &CheckOptions::default());
    assert_eq!((report.worst(), count(&report, FindingKind::OneClass)), (Some(Severity::Error), 1));

    let mut missing = clean(0..20);
    missing[3].label = None;
    let report = check_data(&missing, &[], &CheckOptions::default());
    assert_eq!(count(&report, FindingKind::Unlabelled), 1);

    let few = CheckOptions { max_labels: 1, ..CheckOptions::default() };
    assert_eq!(count(&check_data(&clean(0..20), &[], &few), FindingKind::TooManyLabels), 1);
    // Numbers to be predicted are no classes.
    let regression = CheckOptions { task: Task::Regression, ..few };
    let numbers: Vec<Record> = (0..9).map(|n| record(n, words(n).join(" "), "0.5")).collect();
    assert_eq!(check_data(&numbers, &[], &regression).findings, []);
    let report = check_data(&one, &[], &regression);
    assert_eq!(count(&report, FindingKind::UnfitLabel), 9);
    assert_eq!(report.worst(), Some(Severity::Error));
    let mut list = clean(0..20);
    list[3].label = Some(RawLabel::Many(vec!["sports".into(), "business".into()]));
    assert_eq!(check_data(&list, &[], &CheckOptions::default()).findings, []);
    let single = CheckOptions { task: Task::Single, ..CheckOptions::default() };
    assert_eq!(count(&check_data(&list, &[], &single), FindingKind::UnfitLabel), 1);
    let uneven: Vec<Record> = (0..90)
        .map(|n| record(n, words(n).join(" "), if n < 3 { "few" } else { "many" }))
        .collect();
    assert_eq!(
        count(&check_data(&uneven, &[], &CheckOptions::default()), FindingKind::Imbalance),
        1
    );
}
