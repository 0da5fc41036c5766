//! Many runs in one command: tables, curves, and what happens when they are broken off.

use crate::common::{Place, names};
use crate::encoder::import;
use serde_json::Value;
use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

const LEARN: &str = "--epochs 1 --lm-epochs 1 --batch-size 8 --bptt 16 --min-freq 1 --quiet";

fn lines(place: &Place, file: &str) -> Vec<Value> {
    let text = fs::read_to_string(place.path(file)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_table_has_a_line_for_each_row_and_grows() {
    let place = Place::new();
    let command = |rows: &str| {
        format!(
            "ablate train.csv --base lm --test test.csv -o tables --seeds 2 {LEARN} --rows {rows}"
        )
    };
    let text = place.run(&command("ulmfit,last")).ok();
    for row in ["ulmfit ", "last "] {
        assert_eq!(text.lines().filter(|line| line.starts_with(row)).count(), 1, "{text}");
    }
    assert!(text.contains("30 test rows") && text.contains("2 seeds"), "{text}");
    let before = lines(&place, "tables/results.jsonl");
    assert_eq!(before.len(), 4);
    for line in &before {
        let wrong = line["wrong"].as_array().unwrap().len() as f64;
        assert_eq!(line["error"].as_f64().unwrap(), wrong / 30.0);
    }
    assert!(!place.path("tables/run").exists(), "all is finished");

    let more = "hypercolumns,ulmfit,multi-task,last,no-pretraining,lm-none,from-scratch,vanilla-lm";
    let document = place.run(&format!("{} --json", command(more))).json();
    assert_eq!(document["methods"].as_array().unwrap().len(), 8);
    let after = lines(&place, "tables/results.jsonl");
    assert_eq!(after[..4], before, "what was run is not run again");
    assert_eq!(after.len(), 16);
    let table: Value =
        serde_json::from_slice(&fs::read(place.path("tables/ablation.json")).unwrap()).unwrap();
    assert_eq!(table["methods"], document["methods"]);
    let page = fs::read_to_string(place.path("tables/ablation.md")).unwrap();
    assert_eq!(page.lines().filter(|line| line.starts_with("| ")).count(), 9, "{page}");
}

/// What a table says but for the seconds of its runs.
fn without_seconds(mut document: Value) -> Value {
    let methods = document["methods"].as_array_mut().unwrap().iter_mut();
    methods.for_each(|row| _ = row.as_object_mut().unwrap().remove("seconds"));
    document
}

/// Workers share the runs, and what a killed one was at is continued by the others.
fn workers_make_the_table_of_one_process(kills: u64) {
    let place = Place::new();
    let rows = "ulmfit,last,chain-thaw,no-pretraining";
    let command = |folder: &str| {
        format!(
            "ablate train.csv --base lm --test test.csv -o {folder} --seeds 2 {LEARN} --rows {rows} \
             --checkpoint-every 1 --json"
        )
    };
    let alone = without_seconds(place.run(&command("alone")).json());
    for kill in 0..kills {
        let line = format!("{} --worker", command("shared"));
        let worker = || place.command(&line).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut workers = [worker().unwrap(), worker().unwrap(), worker().unwrap()];
        while !place.path("shared/results.jsonl").exists() && !place.path("shared/text").exists() {
            thread::sleep(Duration::from_millis(5)); // nobody has the folder yet
        }
        let busy = place.run(&command("shared"));
        assert!(
            busy.code == Some(75) || busy.code == Some(0),
            "it has the folder alone, or not at all: {busy:?}"
        );
        thread::sleep(Duration::from_millis(40 + 1_300 * kill / kills));
        workers[0].kill().unwrap();
        let [killed, others @ ..] = workers;
        killed.wait_with_output().unwrap();
        for other in others {
            let done = other.wait_with_output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        }
        let table: Value =
            serde_json::from_slice(&fs::read(place.path("shared/ablation.json")).unwrap()).unwrap();
        let results = lines(&place, "shared/results.jsonl");
        assert_eq!(results.len(), 8, "each run is in it once");
        assert_eq!(without_seconds(table)["methods"], alone["methods"], "kill {kill}");
        // the killed one can have died before it removed what it had done
        let done = without_seconds(place.run(&command("shared")).json());
        assert_eq!(done["methods"], alone["methods"]);
        assert!(!place.path("shared/run").exists(), "all is finished");
        fs::remove_dir_all(place.path("shared")).unwrap();
    }
}

#[test]
fn workers_share_an_experiment() {
    workers_make_the_table_of_one_process(2);
}

/// The same with more kills; by hand:
///
/// ```text
/// cargo test -p ulmfit-cli --test cli -- --ignored twenty_workers_are_killed
/// ```
#[test]
#[ignore = "takes minutes"]
fn twenty_workers_are_killed() {
    workers_make_the_table_of_one_process(20);
}

/// Lines are the only memory: with some of them gone the same table comes out.
#[test]
fn a_table_broken_off_between_runs_is_the_same() {
    let place = Place::new();
    let rows = "ulmfit,freez-cos,chain-thaw";
    let command =
        format!("ablate train.csv --base lm -o DIR --seeds 2 {LEARN} --rows {rows} --json");
    let table = |dir: &str| without_seconds(place.run(&command.replace("DIR", dir)).json());
    let whole = table("whole");
    assert_eq!(whole["scored_on"], "validation");
    let text = fs::read_to_string(place.path("whole/results.jsonl")).unwrap();
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    for kept in [0, ends[1], ends[3] + 7] {
        fs::create_dir_all(place.path("broken")).unwrap();
        place.write("broken/results.jsonl", &text[..kept]);
        assert_eq!(table("broken"), whole, "{kept} bytes of the results were left");
        fs::remove_dir_all(place.path("broken")).unwrap();
    }
}

#[test]
fn a_wrong_row_is_answered_with_all_names() {
    let place = Place::new();
    let done = place.run("ablate train.csv --base lm -o tables --rows ulmfit,frozen");
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.stderr.contains("no row `frozen`"), "{done:?}");
    assert!(done.stderr.contains("chain-thaw") && done.stderr.contains("multi-task"), "{done:?}");
    assert!(!place.path("tables").exists());
    let done = place.run("ablate train.csv --base lm -o tables --rows backward");
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.stderr.contains("no backward network"), "{done:?}");
    let list = place.run("ablate --list").ok();
    assert!(list.contains("freez-stlr"), "{list}");
}

#[test]
fn a_curve_says_whether_labels_would_help() {
    let place = Place::new();
    let command = |counts: &str| {
        format!(
            "labels train.csv --base lm --test test.csv --unlabeled texts.txt -o curve --seeds 2 \
             {LEARN} --counts {counts}"
        )
    };
    let text = place.run(&command("10,20")).ok();
    for way in ["supervised", "semi-supervised", "from scratch"] {
        assert!(text.contains(&format!("\n{way}: error = ")), "{text}");
    }
    assert!(text.contains("\nTF-IDF: 30 test rows are too few for a forecast"), "{text}");
    let before = lines(&place, "curve/results.jsonl");
    assert_eq!(before.len(), 16);
    let models = names(&place.path("curve/lm"));
    assert_eq!(models.len(), 2, "one language model a seed, not one a number: {models:?}");
    let svg = fs::read_to_string(place.path("curve/labels.svg")).unwrap();
    // No mistake at all has no place on a logarithmic axis.
    let drawn =
        before.iter().filter(|line| line["wrong"].as_array().is_some_and(|w| !w.is_empty()));
    assert_eq!(svg.matches("<circle").count(), drawn.count());

    let document = place.run(&format!("{} --json", command("20,40,10"))).json();
    assert_eq!(document["points"].as_array().unwrap().len(), 12);
    assert_eq!(document["points"][11]["labels"], 40);
    assert_eq!(lines(&place, "curve/results.jsonl")[..16], before);
    assert_eq!(names(&place.path("curve/lm")), models);

    let done = place.run(&command("10,1000"));
    assert_eq!(done.code, Some(2), "{done:?}");
    let message = "1000 labels were asked for, but there are 60 training rows";
    assert!(done.stderr.contains(message), "{done:?}");
}

/// Without options for a language model there is none.
#[test]
fn a_curve_of_what_fit_trains_with_few_labels() {
    let place = Place::new();
    import(&place, "encoder");
    let command = "labels train.csv --encoder encoder --test test.csv -o curve --seeds 1 --counts 10,20 --json";
    let done = place.run(command);
    assert!(done.stderr.contains("run 1 of 4: encoder, 10 labels, seed 42\n"), "{done:?}");
    let points = done.json()["points"].as_array().unwrap().clone();
    let ways: Vec<&Value> = points.iter().map(|point| &point["method"]).collect();
    assert_eq!(ways, ["encoder", "tf-idf", "encoder", "tf-idf"]);
    let results = lines(&place, "curve/results.jsonl");
    assert_eq!(results.len(), 4);
    assert_eq!(place.run(command).json()["points"].as_array().unwrap(), &points);
    assert_eq!(lines(&place, "curve/results.jsonl"), results, "nothing is run again");
}

/// As in `evaluate`: such a row counts as an error, and a warning says so.
#[test]
fn labels_that_training_lacks_are_errors() {
    let place = Place::new();
    let test = fs::read_to_string(place.path("test.csv")).unwrap();
    place.write("other.csv", test + "a text of another class,unheard\n");
    let labels = "labels train.csv --base lm --methods supervised,tf-idf --counts 10,20 --seeds 1";
    let ablate = "ablate train.csv --base lm --rows ulmfit --seeds 1";
    for (line, folder) in [(labels, "curve"), (ablate, "table")] {
        let learn = LEARN.replace(" --quiet", "");
        let done = place.run(&format!("{line} --test other.csv -o {folder} {learn}"));
        assert_eq!(done.code, Some(0), "{done:?}");
        let warning =
            "warning: 1 label is unknown to the model and counts as an error: `unheard` (1)";
        assert_eq!(done.stderr.matches(warning).count(), 1, "{done:?}");
        let results = lines(&place, &format!("{folder}/results.jsonl"));
        assert!(!results.is_empty());
        for line in results {
            assert_eq!(line["rows"], 31);
            assert!(line["wrong"].as_array().unwrap().contains(&30.into()), "{line}");
        }
    }
}

#[test]
fn a_curve_of_some_ways_starts_from_a_model_that_has_learned_the_texts() {
    let place = Place::new();
    let curve = |ways: &str, more: &str| {
        let run = "labels train.csv --base lm --test test.csv -o curve --seeds 1 --counts 10,20";
        format!("{run} {LEARN} --methods {ways} {more}")
    };
    let text = place.run(&curve("tf-idf", "--unlabeled texts.txt")).ok();
    assert!(text.contains("\nTF-IDF: 30 test rows") && !text.contains("upervised"), "{text}");
    let before = lines(&place, "curve/results.jsonl");
    assert_eq!(before.len(), 2);

    place.run("finetune lm texts.txt train.csv -o tuned --epochs 1 --bptt 16 -q").ok();
    let both = curve("tf-idf,semi-supervised", "--unlabeled texts.txt --tuned tuned");
    let document = place.run(&format!("{both} --json")).json();
    let ways: Vec<&Value> =
        document["points"].as_array().unwrap().iter().map(|point| &point["method"]).collect();
    assert_eq!(ways, ["semi-supervised", "tf-idf", "semi-supervised", "tf-idf"]);
    assert!(document["texts"].is_null(), "the texts were not learned here: {document}");
    let after = lines(&place, "curve/results.jsonl");
    assert_eq!((after.len(), &after[..2]), (4, &before[..]));
    assert!(!place.path("curve/lm").exists(), "there was nothing to fine-tune");

    let done = place.run(&curve("supervised,all", ""));
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.stderr.contains("semi-supervised"), "{done:?}");
}
