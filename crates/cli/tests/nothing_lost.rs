//! What a user has is not replaced, removed, cut or misread without a word.

use crate::common::{Place, SIZES, STEPS, csv};
use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::process::Command;

fn refused(place: &Place, line: &str, code: i32, words: &str) {
    let done = place.run(line);
    assert_eq!(done.code, Some(code), "{line}: {done:?}");
    assert!(done.stderr.contains(words), "{line}: {done:?}");
}

#[test]
fn a_device_or_a_pipe_is_not_replaced_by_a_file() {
    let place = Place::new();
    assert!(Command::new("mkfifo").arg(place.path("pipe")).status().unwrap().success());
    for flag in ["", " --overwrite"] {
        let line = format!("predict classifier test.csv -o pipe{flag}");
        refused(&place, &line, 2, "pipe: is not a regular file");
    }
    assert!(fs::metadata(place.path("pipe")).unwrap().file_type().is_fifo());
}

#[test]
fn the_name_of_standard_input_and_output_is_not_taken_by_a_folder() {
    let place = Place::new();
    refused(
        &place,
        "fit train.csv -o - --method tfidf",
        2,
        "a folder cannot be written to standard output",
    );
    assert!(!place.path("-").exists());
    let rows = place.run("predict classifier test.csv").ok();
    assert_eq!(place.run("predict classifier test.csv -o -").ok(), rows);
}

#[test]
fn an_experiment_does_not_write_into_another_folder() {
    let place = Place::new();
    let before = fs::read(place.path("classifier/labels.json")).unwrap();
    let experiment = "train.csv --test test.csv -o classifier";
    let words = "classifier exists already and is not the folder of an experiment";
    refused(&place, &format!("labels {experiment} --methods tf-idf --counts 10"), 2, words);
    refused(&place, &format!("ablate {experiment}"), 2, words);
    assert_eq!(fs::read(place.path("classifier/labels.json")).unwrap(), before);
    place.run("predict classifier test.csv").ok();
}

#[test]
fn an_interrupted_training_is_not_removed_by_another_one() {
    let place = Place::new();
    // as a killed run leaves it
    fs::create_dir_all(place.path("other.run/language-model-forward")).unwrap();
    place.write(
        "other.run/config.json",
        "{\"command\": \"fit\", \"method\": \"ulmfit\", \"time\": null}",
    );
    let another = "fit train.csv --test test.csv -o other --method";
    refused(&place, &format!("{another} tfidf"), 2, "`method` was ulmfit, now tfidf");
    refused(
        &place,
        &format!("{another} encoder --tuning frozen"),
        2,
        "`method` was ulmfit, now encoder",
    );
    refused(&place, "pretrain texts.txt -o other", 2, "`command` was fit, now pretrain");
    assert!(place.path("other.run/language-model-forward").exists());
    place.run(&format!("{another} tfidf --restart")).ok();
    assert!(!place.path("other.run").exists());
}

#[test]
fn reports_may_be_removed_before_a_model_is_given_away() {
    let place = Place::new();
    let rows = place.run("predict classifier test.csv").ok();
    for name in ["report.html", "report.json", "report.txt"] {
        fs::remove_file(place.path(&format!("classifier/{name}"))).unwrap();
    }
    assert_eq!(place.run("predict classifier test.csv").ok(), rows);
    place.run("inspect classifier").ok();
    place.run("export compact classifier -o compact").ok();
}

#[test]
fn the_limit_of_a_text_does_not_cut_its_label() {
    let place = Place::new();
    let rows = csv(0..60).replace(",good", ",a question about a bill: refund");
    place.write("long.csv", rows.replace(",bad", ",a question about a bill: price"));
    let done = place.run("fit long.csv -o model --method tfidf --max-doc-bytes 20 --json");
    let counts = &done.json()["labels"];
    assert_eq!(counts.as_array().unwrap().len(), 2, "{counts}");
}

#[test]
fn a_label_of_any_length_is_printed() {
    let place = Place::new();
    place.write("long.csv", csv(0..60).replace(",good", &format!(",{}", "g".repeat(70_000))));
    place.run("fit long.csv -o model --method tfidf").ok();
}

#[test]
fn a_model_is_not_read_as_texts() {
    let place = Place::new();
    for line in ["predict classifier lm", "next classifier", "explain classifier lm"] {
        refused(&place, line, 65, "this is a model folder");
    }
}

#[test]
fn a_comma_in_the_first_line_of_a_pipe_does_not_make_it_a_header() {
    let place = Place::new();
    let input = "Yes, comment\nThe goal, bread in the oven\n";
    let done = place.feed("predict classifier", input);
    assert_eq!(done.ok().lines().count(), 2);
}

#[test]
fn rows_with_an_empty_text_are_rows_that_cannot_be_read() {
    let place = Place::new();
    place.write("empty.csv", "text,id\na lovely film,1\n,2\na dull film,3\n");
    let of =
        |action: &str| place.run(&format!("predict classifier empty.csv --on-bad-row {action}"));
    assert_eq!(of("empty").ok().lines().count(), 3);
    let skipped = of("skip");
    assert!(skipped.stderr.contains("1 row that cannot be read, left out"), "{skipped:?}");
    assert_eq!(skipped.ok().lines().count(), 2);
    let failed = of("fail");
    assert_eq!(failed.code, Some(65), "{failed:?}");
    assert!(failed.stderr.contains("empty.csv:3: `text` is empty"), "{failed:?}");
}

#[test]
fn labels_that_contain_the_separator_are_not_run_together() {
    let place = Place::new();
    let rows = csv(0..60).replace(",good", ",\"sport, games|food\"").replace(",bad", ",food");
    place.write("several.csv", rows);
    place.run("fit several.csv --label-delimiter | -o model --method tfidf").ok();
    let table = "predict model test.csv --format csv";
    refused(&place, table, 2, "the label `sport, games` contains `,`, which separates labels");
    let rows = place.run(&format!("{table} --label-delimiter |")).ok();
    assert!(rows.contains("food|sport, games"), "{rows}");
}

#[test]
fn texts_of_another_column_are_not_read_without_a_word() {
    let place = Place::new();
    place.write("comments.csv", "comment\na lovely film with music\na dull train to the garden\n");
    let fit = "fit train.csv --test test.csv --unlabeled comments.csv -o model --method ulmfit --base none";
    let done = place.run(&format!("{fit} {SIZES} --lm-epochs 1 {STEPS}"));
    assert!(
        done.stderr.contains("have their text in `text`, but `comment` is read here"),
        "{done:?}"
    );
}
