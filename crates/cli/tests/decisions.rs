//! `calibrate`, and `predict` with a rule for what is answered.

use crate::common::{Place, STEPS, csv, label, text};
use serde_json::Value;
use std::fs;
use ulmfit::checkpoint::ModelFolder;

fn parse(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn share(rows: &[Value], of: impl Fn(&Value) -> bool) -> f64 {
    rows.iter().filter(|row| of(row)).count() as f64 / rows.len() as f64
}

/// A place where `classifier` is calibrated on many rows like those it has learned.
fn calibrated() -> Place {
    let place = Place::new();
    place.write("more.csv", csv(3000..3400));
    place.run("calibrate classifier more.csv").ok();
    place
}

#[test]
fn a_threshold_needs_nothing_but_the_model() {
    let place = Place::new();
    let plain = parse(&place.run("predict classifier test.csv").ok());
    let middle = plain.iter().map(|row| row["confidence"].as_f64().unwrap()).sum::<f64>() / 30.0;
    let done = place.run(&format!("predict classifier test.csv --threshold {middle}"));
    let rows = parse(&done.stdout);
    let answered = rows.iter().filter(|row| row["abstained"] == false).count();
    let told = format!("answered {answered} of 30 texts; the others are left to a person");
    assert!(done.stderr.contains(&told), "{done:?}");
    for (row, plain) in rows.iter().zip(&plain) {
        let below = row["confidence"].as_f64().unwrap() < middle;
        assert_eq!(row["abstained"], below, "{row}");
        assert_eq!(row["label"], if below { Value::Null } else { plain["label"].clone() });
        assert_eq!(row["probabilities"], plain["probabilities"]);
    }
    assert!((0.1..0.9).contains(&share(&rows, |row| row["abstained"] == true)), "{rows:?}");
    let refused = place.run("predict classifier test.csv --threshold 1.5");
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("the threshold is 1.5, which is not between 0 and 1"));
    let refused = place.run("predict classifier test.csv --threshold 0.5 --coverage 0.9");
    assert_eq!(refused.code, Some(2), "{refused:?}");
}

#[test]
fn training_calibrates_and_the_report_says_what_for() {
    let place = Place::new();
    let line = format!("fit train.csv --test test.csv -o out --base lm --lm-epochs 1 {STEPS}");
    let report = place.run(&format!("{line} --json")).json();
    assert_eq!(report["automation"]["rows"], 30);
    let sentence = report["automation"]["sentence"].as_str().unwrap();
    let folder = ModelFolder::open(&place.path("out")).unwrap();
    let read = |name: &str| String::from_utf8(folder.read(name).unwrap()).unwrap();
    assert!(read("report.txt").contains(sentence) && read("report.html").contains(sentence));
    let found: Value = serde_json::from_str(&read("calibration.json")).unwrap();
    assert_eq!((&found["rows"], &found["source"]), (&30.into(), &"test".into()));
    assert_eq!(found["precision"], "f32");
    // thirty rows are enough for sets, but not for few errors
    let sets = parse(&place.run("predict out test.csv --coverage 0.8").ok());
    let labels: Vec<String> = (1000..1030).map(|row| label(row).to_owned()).collect();
    let holds = |n: usize| sets[n]["set"].as_array().unwrap().contains(&labels[n].clone().into());
    assert!((0..30).filter(|&n| holds(n)).count() >= 24, "these are the calibration rows");
    let refused = place.run("predict out test.csv --max-error 0.05");
    assert_eq!(refused.code, Some(65), "{refused:?}");
    let message = "30 calibration rows are too few: at least 60 are needed";
    assert!(refused.stderr.contains(message), "{refused:?}");
    let refused = place.run("predict out test.csv --coverage 0.99");
    assert!(refused.stderr.contains("at least 99 are needed"), "{refused:?}");
}

#[test]
fn new_rows_calibrate_without_training() {
    let place = calibrated();
    let done = place.run("predict classifier test.csv --max-error 0.2");
    assert!(done.stderr.contains("at most 20 % of the answers are wrong, with 95 % confidence"));
    let rows = parse(&done.ok());
    assert!(share(&rows, |row| row["abstained"] == false) > 0.5, "{rows:?}");
    let sets = parse(&place.run("predict classifier test.csv --coverage 0.9 --per-class").ok());
    let held =
        (0..30).filter(|&n| sets[n]["set"].as_array().unwrap().contains(&label(1000 + n).into()));
    assert!(held.count() >= 23, "nine in ten of thirty, but for chance");
    // a copy: the same model, another calibration
    let before = ModelFolder::open(&place.path("classifier")).unwrap().hash();
    place.run("calibrate classifier test.csv -o second").ok();
    let second = ModelFolder::open(&place.path("second")).unwrap();
    assert_eq!(second.hash(), before);
    assert!(second.read("calibration.json").unwrap().len() < 3000);
    let taken = place.run("calibrate classifier test.csv -o second");
    assert_eq!(taken.code, Some(2), "{taken:?}");
}

#[test]
fn rows_that_the_model_has_learned_are_counted() {
    let place = Place::new();
    let line = format!("fit train.csv --test test.csv -o out --base lm --lm-epochs 1 {STEPS}");
    let learned = &place.run(&format!("{line} --json")).json()["rows"]["train"];
    let strange = csv(1000..1030);
    place.write("some.csv", csv(0..60) + strange.split_once('\n').unwrap().1);
    let told = &format!("the model was trained on {learned} of these 90 rows");
    for line in ["evaluate out some.csv", "calibrate out some.csv -o copy"] {
        let done = place.run(&format!("{line} --json"));
        assert!(done.stderr.contains(told), "{line}: {done:?}");
        let found = done.json();
        assert_eq!(found["trained_on"], *learned, "{line}");
        assert_eq!(found["replaced"], Value::Null, "{line}");
    }
    let done = place.run("calibrate out test.csv");
    assert!(!done.stderr.contains("was trained on"), "{done:?}");
    let wanted = "from 30 rows of the test set is replaced by this one from 30 rows";
    assert!(done.stdout.contains(wanted), "{done:?}");
    place.write("more.csv", csv(3000..3200));
    let done = place.run("calibrate out more.csv --json").json();
    assert_eq!(done["replaced"]["rows"], 30);
    assert_eq!(done["replaced"]["source"], "given");
    // a smaller copy knows them, too
    place.run("export compact out -o small").ok();
    assert!(place.run("evaluate small some.csv").stderr.contains(told));
    // a folder of an older version does not, and works all the same
    let manifest = fs::read_to_string(place.path("out/manifest.json")).unwrap();
    let (before, rest) = manifest.split_once("    \"training-texts.bin\": {").unwrap();
    let text = before.to_owned() + rest.split_once("    },\n").unwrap().1;
    fs::write(place.path("out/manifest.json"), text).unwrap();
    fs::remove_file(place.path("out/training-texts.bin")).unwrap();
    for line in ["evaluate out some.csv --json", "calibrate out some.csv --json"] {
        let done = place.run(line);
        assert!(!done.stderr.contains("was trained on"), "{done:?}");
        assert_eq!(done.json()["trained_on"], Value::Null);
    }
}

#[test]
fn a_calibration_belongs_to_one_model() {
    let place = calibrated();
    let rounded = place.run("predict classifier test.csv --coverage 0.9 --precision int8");
    assert!(rounded.stderr.contains("was made in f32, but the model runs in int8"), "{rounded:?}");
    rounded.ok();
    // without one, a hint; a threshold works all the same
    place.run("export compact classifier -o small").ok();
    let bare = place.run("predict small test.csv --coverage 0.9");
    assert_eq!(bare.code, Some(66), "{bare:?}");
    assert!(bare.stderr.contains("ulmfit calibrate"), "{bare:?}");
    place.run("predict small test.csv --threshold 0.5").ok();
    place.run("predict small test.csv").ok();
    let lm = place.run("calibrate lm test.csv");
    assert!(lm.code == Some(65) && lm.stderr.contains("a classifier is needed"), "{lm:?}");
}

#[test]
fn a_text_without_words_is_not_answered() {
    let place = calibrated();
    let texts = "{\"text\":\"a lovely charming film\"}\n{\"text\":\"  \"}\n{\"text\":\"zzz qqq\"}\n\
        {\"text\":\"...!\"}\n";
    place.write("new.jsonl", texts);
    let flags = |options: &str| -> Vec<bool> {
        let rows = parse(&place.run(&format!("predict classifier new.jsonl {options}")).ok());
        rows.iter().map(|row| row["abstained"].as_bool().unwrap()).collect()
    };
    assert_eq!(flags("--threshold 0"), [false, true, true, true]);
    assert_eq!(flags("--coverage 0.9"), [false, true, true, true]);
    let plain = place.run("predict classifier new.jsonl").ok();
    assert!(!plain.contains("abstained"), "{plain}");
    let table = place.run("predict classifier new.jsonl --threshold 0 --format csv").ok();
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("label,confidence,abstained,no_known_word,p(bad)"), "{table}");
    assert!(lines[2].starts_with(','), "{table}");
}

#[test]
fn several_labels_and_numbers() {
    let place = Place::new();
    let rows = |kind: &dyn Fn(usize) -> String, range: std::ops::Range<usize>| {
        let line = |row: usize| format!("{},{}\n", text(row, label(row)), kind(row));
        "text,label\n".to_owned() + &range.map(line).collect::<String>()
    };
    let tags = |row: usize| ["x;y", "y"][row % 2].to_owned();
    place.write("tags.csv", rows(&tags, 0..60));
    place.write("more-tags.csv", rows(&tags, 3000..3200));
    place.run(&format!("train lm tags.csv -o tags --label-delimiter ; {STEPS}")).ok();
    place.run("calibrate tags more-tags.csv --label-delimiter ;").ok();
    let sets = parse(&place.run("predict tags test.csv --coverage 0.9").ok());
    let holds = |row: &&Value| row["set"].as_array().unwrap().contains(&"y".into());
    assert!(sets.iter().filter(holds).count() >= 23, "all of them have it: {sets:?}");
    for row in parse(&place.run("predict tags test.csv --max-error 0.1").ok()) {
        assert!(row["labels"].is_array() && row["abstained"].is_boolean(), "{row}");
    }
    let refused = place.run("predict tags test.csv --coverage 0.9 --per-class");
    assert_eq!(refused.code, Some(2), "{refused:?}");

    let stars = |row: usize| format!("{}.5", row % 2);
    place.write("stars.csv", rows(&stars, 0..60));
    place.write("more-stars.csv", rows(&stars, 3000..3200));
    place.run(&format!("train lm stars.csv -o stars --task regression {STEPS}")).ok();
    place.run("calibrate stars more-stars.csv").ok();
    let found = parse(&place.run("predict stars test.csv --coverage 0.9").ok());
    let inside = (0..30).filter(|&n| {
        let ends = found[n]["interval"].as_array().unwrap();
        let ends: Vec<f64> = ends.iter().map(|end| end.as_f64().unwrap()).collect();
        let value = [0.5, 1.5][n % 2];
        ends[0] <= value && value <= ends[1]
    });
    assert!(inside.count() >= 23, "{found:?}");
    let refused = place.run("predict stars test.csv --threshold 0.5");
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("a predicted number has no probability"), "{refused:?}");
}

#[test]
fn a_file_of_answers_is_whole_or_absent() {
    let place = Place::new();
    let lines = place.run("predict classifier test.csv").ok();
    assert_eq!(place.run("predict classifier test.csv -o out.jsonl").ok(), "");
    assert_eq!(fs::read_to_string(place.path("out.jsonl")).unwrap(), lines);
    let refused = place.run("predict classifier test.csv -o out.jsonl");
    assert_eq!(refused.code, Some(2), "{refused:?}");
    place.write("bad.jsonl", "{\"text\":\"a\"}\n{\"text\":\n");
    let broken = place.run("predict classifier bad.jsonl -o none.jsonl --on-bad-row fail");
    assert_eq!(broken.code, Some(65), "{broken:?}");
    assert!(!place.path("none.jsonl").exists());
    assert!(place.names().iter().all(|name| !name.starts_with(".tmp")), "{:?}", place.names());
}
