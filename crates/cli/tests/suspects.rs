//! `suspects`: rows whose label is probably wrong.

use crate::common::Place;
use crate::encoder::import;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

const SHIPPING: [&str; 12] = [
    "My package never came.",
    "When will my parcel be delivered?",
    "The courier lost my box.",
    "Where is my delivery?",
    "The parcel has not arrived yet.",
    "Tracking says the package is still in the warehouse.",
    "My order was sent to the wrong address.",
    "The driver left the box at a neighbour's house.",
    "How long does delivery take?",
    "The shipment is two weeks late.",
    "Can you send it by express mail?",
    "The post office has no record of my parcel.",
];
const REFUND: [&str; 12] = [
    "I want my money back.",
    "Please reimburse me for this purchase.",
    "How do I get a refund?",
    "You charged my credit card twice.",
    "The refund has not reached my bank account.",
    "I would like to be repaid.",
    "Why was I billed for this?",
    "Return the payment to my card, please.",
    "The invoice amount is wrong.",
    "I was charged too much.",
    "When will I get my money?",
    "Please cancel the payment.",
];

/// 24 rows with an id, four of which have the other label.
fn place() -> (Place, BTreeSet<&'static str>) {
    let place = Place::new();
    let mut csv = "id,note,text,label\n".to_owned();
    for (n, text) in SHIPPING.iter().chain(&REFUND).enumerate() {
        let is_wrong = [1, 7, 13, 20].contains(&n);
        let label = if (n < 12) == is_wrong { "refund" } else { "shipping" };
        csv += &format!("t{n},\"a \"\"note\"\"\",\"{text}\",{label}\n");
    }
    place.write("rows.csv", csv);
    (place, ["t1", "t7", "t13", "t20"].into())
}

fn ids(found: &Value) -> Vec<&str> {
    let suspects = found["suspects"].as_array().unwrap();
    suspects.iter().map(|row| row["columns"]["id"].as_str().unwrap()).collect()
}

#[test]
fn wrong_labels_are_found_and_the_corrected_file_can_be_trained_on() {
    let (place, wrong) = place();
    let found = place.run("suspects rows.csv --json -q").json();
    assert_eq!(found["rows"], 24);
    let listed = ids(&found);
    let first: BTreeSet<&str> = listed.iter().copied().take(4).collect();
    assert!(first.intersection(&wrong).count() >= 3, "{listed:?}");
    let row = &found["suspects"][0];
    assert_ne!(row["label"], row["suggested"]);
    assert!(row["confidence"].as_f64() > row["given_confidence"].as_f64(), "{row}");
    assert!(row["place"].as_str().unwrap().starts_with("rows.csv:"), "{row}");

    let done = place.run("suspects rows.csv -o check.csv -n 2");
    assert!(done.stderr.contains("check.csv: correct the column `label`"), "{done:?}");
    assert!(done.stderr.contains("ulmfit fit check.csv --text text --label label -o"), "{done:?}");
    let listed_rows = done.ok();
    assert!(listed_rows.contains("of 24 rows ("), "{listed_rows}");
    assert_eq!(listed_rows.lines().count(), 4, "a sentence, a head and two rows: {listed_rows}");

    let table = fs::read(place.path("check.csv")).unwrap();
    let mut table = csv::Reader::from_reader(&table[..]);
    let head = [
        "id",
        "note",
        "text",
        "label",
        "suspect",
        "suggested",
        "confidence",
        "given_confidence",
        "near_duplicates",
        "place",
    ];
    assert_eq!(table.headers().unwrap(), &head[..]);
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 24, "all rows of the data");
    assert_eq!(rows[0][1], *"a \"note\"");
    for (n, id) in listed.iter().enumerate() {
        assert_eq!((&rows[n][0], &rows[n][4]), (*id, &*(n + 1).to_string()));
    }
    let others = &rows[listed.len()..];
    assert!(others.iter().all(|row| row[4].is_empty() && !row[5].is_empty()));
    let given = |row: &csv::StringRecord| row[7].parse::<f32>().unwrap();
    assert!(others.is_sorted_by(|a, b| given(a) <= given(b)), "the next candidates first");
    // as a person would: the suggestions are taken over
    let mut corrected = csv::Writer::from_writer(Vec::new());
    corrected.write_record(head).unwrap();
    for row in &rows {
        let label = if row[5].is_empty() { &row[3] } else { &row[5] };
        let cells = row.iter().enumerate().map(|(n, cell)| if n == 3 { label } else { cell });
        corrected.write_record(cells).unwrap();
    }
    place.write("corrected.csv", corrected.into_inner().unwrap());
    let fit = "fit corrected.csv --text text --label label --method encoder --tuning frozen \
               --valid-share 0 --test-share 0 -o model";
    place.run(fit).ok();
    let again = place.run("suspects corrected.csv --text text --label label --json -q").json();
    assert!(ids(&again).len() < listed.len(), "{again}");
}

#[test]
fn the_answer_does_not_depend_on_threads() {
    let (place, _) = place();
    import(&place, "bert");
    let line = "suspects rows.csv --base bert --json -q --threads";
    let one = place.run(&format!("{line} 1")).ok();
    assert_eq!(place.run(&format!("{line} 3")).ok(), one);
}

#[test]
fn what_folds_have_scored_is_not_trained_again() {
    let place = Place::new();
    let line = |row: usize| {
        let right = crate::common::label(row);
        let given = if row == 5 || row == 30 { crate::common::label(row + 1) } else { right };
        format!("r{row},{},{given}\n", crate::common::text(row, right))
    };
    let rows: String = (0..60).map(line).collect();
    place.write("rows.csv", format!("id,text,label\n{rows}"));
    let learn = "--unfreeze full --epochs 8 --lr 0.02 --drop-mult 0.2 --batch-size 8 --bptt 16";
    place.run(&format!("train lm rows.csv -o model --folds 3 {learn} --quiet")).ok();
    let found = place.run("suspects rows.csv --scored model --json -q").json();
    assert_eq!(place.run("suspects rows.csv --scored model/scored.csv --json -q").json(), found);
    let listed = ids(&found);
    assert!(listed.contains(&"r5") || listed.contains(&"r30"), "{listed:?}");
    assert!(listed.len() < 20, "{listed:?}");
    // a rule that can be checked by hand from the table
    let table = fs::read(place.path("model/scored.csv")).unwrap();
    let mut table = csv::Reader::from_reader(&table[..]);
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    let p = |row: &csv::StringRecord, label: &str| -> f64 {
        row[if label == "bad" { 8 } else { 9 }].parse().unwrap()
    };
    let mean = |label: &str| {
        let own: Vec<f64> =
            rows.iter().filter(|row| row[3] == *label).map(|row| p(row, label)).collect();
        own.iter().sum::<f64>() / own.len() as f64
    };
    let other = |row: &csv::StringRecord| if row[3] == *"bad" { "good" } else { "bad" };
    let off = rows.iter().filter(|row| {
        let other = other(row);
        p(row, other) > p(row, &row[3]) && p(row, other) >= mean(other)
    });
    assert_eq!(off.count(), listed.len());
}

#[test]
fn near_duplicates_with_another_label_are_named() {
    let (place, _) = place();
    let mut rows = fs::read_to_string(place.path("rows.csv")).unwrap();
    rows += "t24,x,\"the courier lost my box\",refund\n";
    place.write("rows.csv", rows);
    let found = place.run("suspects rows.csv --json -q").json();
    let suspects = found["suspects"].as_array().unwrap();
    let row = suspects.iter().find(|row| row["columns"]["id"] == "t24");
    let row = row.unwrap_or_else(|| panic!("{found}"));
    let others = serde_json::json!([{ "place": "rows.csv:4", "label": "shipping" }]);
    assert_eq!(row["near_duplicates"], others);
}

#[test]
fn what_cannot_be_checked_is_refused() {
    let (place, _) = place();
    place.run("train lm train.csv -o unfolded --epochs 1 --batch-size 8 --bptt 16").ok();
    place.write("numbers.csv", "text,label\na,1\nb,2.5\nc,3\nd,4\n");
    place.write("several.csv", "text,label\na b,x;y\nb c,x\nc d,y\nd e,x\n");
    place.write("few.csv", "text,label\na,x\nb,y\nc,x\n");
    place.write("other.csv", "a,b\n1,2\n");
    for (line, code, said) in [
        ("suspects numbers.csv --task regression", 2, "each text has exactly one"),
        ("suspects several.csv --label-delimiter ;", 2, "each text has exactly one"),
        ("suspects few.csv", 65, "3 examples are too few for 5 folds"),
        ("suspects rows.csv --scored unfolded", 66, "was trained without cross-validation"),
        ("suspects rows.csv --scored other.csv", 65, "not a table of scored rows"),
        ("suspects rows.csv --scored nothing.csv", 66, "no such file"),
        ("suspects rows.csv --scored unfolded --folds 3", 2, "cannot be used with"),
        ("suspects rows.csv --base lm", 65, "a sentence encoder is needed here"),
        ("suspects rows.csv -o train.csv", 2, "train.csv: exists already"),
        ("suspects nothing.csv", 66, "no such file"),
    ] {
        let done = place.run(line);
        assert_eq!(done.code, Some(code), "{line}: {done:?}");
        assert!(done.stderr.contains(said), "{line}: {done:?}");
        assert!(done.stdout.is_empty(), "{line}: {done:?}");
    }
    place.run("suspects few.csv -o out.csv");
    assert!(!place.path("out.csv").exists());
}

#[test]
fn data_without_named_columns_gets_names() {
    let (place, _) = place();
    let line = |text: &&str, label: &str| format!("__label__{label} {text}\n");
    let rows: String = SHIPPING.iter().map(|text| line(text, "shipping")).collect();
    let rows = rows + &REFUND.iter().map(|text| line(text, "refund")).collect::<String>();
    place.write("rows.txt", rows);
    import(&place, "bert");
    place.run("suspects rows.txt --base bert -o check.csv -q").ok();
    let table = fs::read_to_string(place.path("check.csv")).unwrap();
    assert!(table.starts_with("text,label,suspect,suggested,"), "{table}");
    assert_eq!(table.lines().count(), 25);
    place.run("check-data check.csv --text text --label label").ok();
}
