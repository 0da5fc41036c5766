//! `fit --method auto`: several methods, weighted.

use crate::common::{Place, STEPS, csv, number};
use crate::explain::words_add_up;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use ulmfit::checkpoint::ModelFolder;

/// A place with `base`, a tiny encoder with random weights.
fn place() -> Place {
    let place = Place::new();
    let folder: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "../../fixtures/encoders/bert"].iter().collect();
    place.run(&format!("import hf {} -o base", folder.display())).ok();
    place
}

const FIT: &str = "fit train.csv --test test.csv --method auto --encoder base";

fn hash(place: &Place, name: &str) -> String {
    ModelFolder::open(&place.path(name)).unwrap().hash()
}

/// ULMFiT is a part where there are texts without labels that nobody else reads.
fn with_texts() -> String {
    format!("{FIT} --unlabeled texts.txt --self-training 0 --base lm --lm-epochs 1 {STEPS}")
}

#[test]
fn n_grams_learn_what_the_encoder_says_about_other_texts() {
    let place = place();
    let fit = format!("{FIT} --unlabeled texts.txt --seed 3 --json");
    let done = place.run(&format!("{fit} -o model --threads 1"));
    assert!(done.stderr.contains("TF-IDF on the encoder's pseudo-labels"), "{done:?}");
    let again = "fold 1: fine-tune the encoder on pseudo-labels";
    assert!(done.stderr.contains("fine-tuned twice") && done.stderr.contains(again), "{done:?}");
    let report = done.json();
    let parts = report["parts"].as_array().unwrap();
    let names: Vec<&str> = parts.iter().map(|part| part["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["tfidf", "encoder", "tfidf-pseudo-labels"]);
    // with any number of threads, and from as many texts as were asked for
    let answers = |report: &Value| {
        let taught = report["parts"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(taught["name"], "tfidf-pseudo-labels");
        (
            taught["out_of_fold"].clone(),
            report["made"]["classifier_recipe"]["pseudo-labels"].clone(),
        )
    };
    let threads = place.run(&format!("{fit} -o threads --threads 3")).json();
    assert_eq!(answers(&threads), answers(&report));
    assert_eq!(hash(&place, "threads"), hash(&place, "model"));
    let few = place.run(&format!("{fit} -o few --self-training 7")).json();
    assert_eq!((answers(&report).1, answers(&few).1), (60.into(), 7.into()));
    // the encoder is fine-tuned once if it is told so
    let once = place.run(&format!("{fit} -o once --set encoder.co-training.updates=0"));
    assert!(!once.stderr.contains("twice") && !once.stderr.contains(again), "{once:?}");
    assert_eq!(answers(&once.json()).1, 60);
    let none = format!("{fit} -o none --set tfidf.pseudo-labels=0 --base lm --lm-epochs 1 {STEPS}");
    let none = place.run(&none).ok();
    assert!(!none.contains("tfidf-pseudo-labels") && none.contains("\"ulmfit\""), "{none}");

    // several labels per text have no pseudo-labels
    let rows = fs::read_to_string(place.path("train.csv")).unwrap();
    place.write("several.csv", rows.replace(",good", ",a;b").replace(",bad", ",a"));
    let several = "fit several.csv --label-delimiter ; --method auto --encoder base --json";
    let several = format!("{several} --unlabeled texts.txt --lm-epochs 1 --base lm {STEPS}");
    let report = place.run(&format!("{several} -o several")).ok();
    assert!(!report.contains("tfidf-pseudo-labels") && report.contains("\"ulmfit\""), "{report}");
}

/// A copy of a labelled text would be learned before it is scored, or with a label that contradicts its own.
#[test]
fn copies_of_labelled_texts_get_no_pseudo_label() {
    let place = place();
    let texts = fs::read_to_string(place.path("texts.txt")).unwrap();
    let copy = |name: &str| {
        let rows = fs::read_to_string(place.path(name)).unwrap();
        let text = |line: &str| line.split(',').next().unwrap().to_uppercase() + "!\n";
        rows.lines().skip(1).map(text).collect::<String>()
    };
    place.write("more.txt", texts + "\n" + &copy("train.csv") + &copy("test.csv"));
    let fit =
        |files: &str, out: &str| format!("{FIT} --unlabeled {files} --seed 3 --json -o {out}");
    let done = place.run(&fit("more.txt", "more"));
    let note = "90 texts without labels are copies of labelled ones: they get no pseudo-labels\n";
    assert!(done.stderr.contains(note), "{done:?}");
    assert_eq!(done.json()["made"]["classifier_recipe"]["pseudo-labels"], 60);
    place.run(&fit("texts.txt", "own")).ok();
    assert_eq!(hash(&place, "more"), hash(&place, "own"), "as if the copies were not there");
    let copies = "train.csv --text text";
    let done = place.run(&fit(copies, "copies"));
    assert!(done.stderr.contains("60 texts without labels are copies"), "{done:?}");
}

#[test]
fn texts_can_come_from_standard_input_where_two_parts_read_them() {
    let place = place();
    let rows = csv(0..300);
    place.write("many.csv", &rows);
    let texts = fs::read_to_string(place.path("texts.txt")).unwrap();
    let fit = |input: &str, out: &str| {
        format!(
            "fit many.csv --test test.csv --method auto --encoder base --base lm --lm-epochs 1 {STEPS} \
             --unlabeled {input} --set tfidf.pseudo-labels=20 --set encoder.co-training.updates=0 -o {out}"
        )
    };
    let done = place.feed(&fit("-", "piped"), &texts);
    assert!(done.stderr.contains("and ULMFiT"), "{done:?}");
    done.ok();
    place.run(&fit("texts.txt", "named")).ok();
    assert_eq!(hash(&place, "piped"), hash(&place, "named"));
}

#[test]
fn a_portfolio_is_a_model_like_others() {
    let place = place();
    let report = place.run(&format!("{FIT} -o model --json")).json();
    let parts = report["parts"].as_array().unwrap();
    assert!(parts.iter().any(|part| part["weight"].is_number()), "{report}");
    assert!(parts.iter().all(|part| part["out_of_fold_rows"] == 20), "{report}");
    let text = fs::read_to_string(place.path("model/report.txt")).unwrap();
    assert!(text.contains("on 20 held-out training examples"), "{text}");

    let found = place.run("inspect model --json").json();
    assert_eq!((&found["kind"], &found["task"]), (&"classifier".into(), &"single".into()));
    assert!(place.run("inspect model").ok().contains("part  "), "{found}");
    let scores = place.run("evaluate model test.csv --json").json();
    assert_eq!(scores["accuracy"], report["test"]["accuracy"]);
    // alone and among others, with any number of threads
    let together = place.run("predict model test.csv --threads 1").ok();
    assert_eq!(together.lines().count(), 30);
    assert_eq!(place.run("predict model test.csv --threads 3").ok(), together);
    let rows = fs::read_to_string(place.path("test.csv")).unwrap();
    let text = rows.lines().nth(7).unwrap().split(',').next().unwrap();
    let alone = place.feed("predict model -", &format!("{text}\n")).ok();
    assert_eq!(alone.lines().next(), together.lines().nth(6));
    // what others are asked
    place.run("calibrate model test.csv -o calibrated").ok();
    place.run("predict calibrated test.csv --coverage 0.9").ok();
    words_add_up(&place, "model");
    let explained = place.run("predict model test.csv --explain exact").ok();
    assert!(explained.lines().all(|line| line.contains("\"explanation\"")), "{explained}");
    assert_eq!(hash(&place, "model"), {
        place.run(&format!("{FIT} -o again --threads 1")).ok();
        hash(&place, "again")
    });
}

#[test]
fn a_part_answers_alone() {
    let place = place();
    place.run(&format!("{} -o model", with_texts())).ok();
    let config: Value =
        serde_json::from_slice(&fs::read(place.path("model/config.json")).unwrap()).unwrap();
    for part in config["network"]["parts"].as_array().unwrap() {
        let name = part["name"].as_str().unwrap();
        let alone = place.run(&format!("predict model test.csv --part {name}")).ok();
        assert_eq!(alone.lines().count(), 30, "{name}");
    }
    let done = place.run("predict model test.csv --part none");
    assert!(done.stderr.contains("the model has no part `none`"), "{done:?}");
    assert_eq!(done.code, Some(2));
    let done = place.run("export fastai model -o files");
    assert!(done.stderr.contains("this model cannot be exported to fastai"), "{done:?}");
    let done = place.run("export onnx model -o files");
    assert!(done.stderr.contains("the method `auto` cannot be exported to ONNX"), "{done:?}");
    assert!(done.code == Some(2) && !place.path("files").exists(), "{done:?}");
}

#[test]
fn what_it_cannot_do_is_refused() {
    let place = place();
    for (line, message) in [
        (format!("{FIT} --patience 2"), "no validation set to select an epoch on"),
        (format!("{FIT} --tuning frozen"), "--tuning has no effect with `--method auto`"),
        (
            "fit train.csv --method tfidf --time 2m".to_owned(),
            "--time has no effect with `--method tfidf`",
        ),
        ("fit train.csv --base lm --time 2m".to_owned(), "no effect with `--method ulmfit`"),
        (format!("{FIT} --time 2"), "give a unit, too: ms, s, m or h"),
        (
            "fit train.csv --method ulmfit --encoder base".to_owned(),
            "--encoder has no effect with `--method ulmfit`",
        ),
    ] {
        let done = place.run(&format!("{line} -o out"));
        assert_eq!(done.code, Some(2), "{done:?}");
        assert!(done.stderr.contains(message), "{done:?}");
    }
    place.write("few.csv", csv(0..5));
    let done = place.run("fit few.csv -o out --method auto --encoder base --test-share 0");
    assert!(done.stderr.contains("too few to weigh several methods"), "{done:?}");
    assert!(!place.path("out").exists());
}

#[test]
fn labels_that_occur_once_are_refused_before_the_training() {
    let place = place();
    let rows: String = (0..30).map(|row| format!("a text of {row} words,{row}x\n")).collect();
    place.write("ids.csv", format!("text,id\n{rows}"));
    let done = place.run("fit ids.csv --label id --method auto --encoder base -o out");
    assert_eq!(done.code, Some(65), "{done:?}");
    assert!(done.stderr.contains("each label occurs once"), "{done:?}");
    assert!(done.stderr.contains("hint: check that the label column"), "{done:?}");
    assert!(!done.stderr.contains("trains TF-IDF"), "{done:?}");
    assert!(!place.path("out").exists() && !place.path("out.run").exists());
}

#[test]
fn a_cross_validation_scores_all_rows() {
    let place = place();
    let report =
        place.run("fit train.csv -o model --method auto --encoder base --folds 3 --json").json();
    assert_eq!((number(&report, "folds"), number(&report["test"], "n")), (3.0, 60.0));
    assert!(place.path("model/scored.csv").exists());
}

#[test]
fn a_killed_portfolio_goes_on() {
    goes_on(&with_texts(), ["fold-1-contrast", "fold-1-train-forward", "contrast"]);
    let taught = format!("{FIT} --unlabeled texts.txt");
    goes_on(&taught, ["fold-1-contrast", "fold-1-contrast-again", "contrast-again"]);
}

/// A run that is killed when it has come to each of these stages ends with the same bits.
fn goes_on(fit: &str, stages: [&str; 3]) {
    let place = place();
    let fit = format!("{fit} --quiet");
    place.run(&format!("{fit} -o whole")).ok();
    for folder in stages {
        let mut child = place.command(&format!("{fit} -o out --overwrite")).spawn().unwrap();
        let begun = Instant::now();
        let wanted = place.path("out.run").join(folder);
        while !wanted.exists() && child.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < Duration::from_mins(1));
            std::thread::sleep(Duration::from_millis(2));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    if !place.path("out").exists() {
        place.run(&format!("{fit} -o out --overwrite")).ok();
    }
    assert_eq!(hash(&place, "out"), hash(&place, "whole"));
}

#[test]
fn a_budget_leaves_parts_out_and_names_them() {
    let place = place();
    let fit = with_texts();
    let unlimited = place.run(&format!("{fit} -o unlimited --json")).json();
    assert!(unlimited["time_budget"].is_null(), "{unlimited}");
    // more than enough: the same model, but for what the folder says of the budget
    let report = place.run(&format!("{fit} --time 9h -o enough --json")).json();
    let budget = serde_json::json!({ "seconds": 32_400.0, "left_out": [] });
    assert_eq!(report["time_budget"], budget);
    let answers = |name: &str| place.run(&format!("predict {name} test.csv")).ok();
    assert_eq!(answers("enough"), answers("unlimited"));
    // too little for the whole fine-tuning, if not for more
    let done = place.run(&format!("{fit} --time 1s -o least --json"));
    let sentence =
        done.stderr.lines().find(|line| line.starts_with("Left out to stay within 1 s: "));
    let sentence = sentence.unwrap_or_else(|| panic!("{done:?}")).to_owned();
    let report = done.json();
    let left_out = report["time_budget"]["left_out"].as_array().unwrap();
    let is_cut = ["passes", "fine-tuning", "encoder"].map(|part| left_out.contains(&part.into()));
    assert!(is_cut.contains(&true), "{left_out:?}");
    let names: Vec<_> = report["parts"].as_array().unwrap().iter().map(|p| &p["name"]).collect();
    assert!(names.contains(&&"tfidf".into()), "{names:?}");
    for part in ["ulmfit", "encoder"] {
        let is_part = names.contains(&&part.into());
        assert_ne!(is_part, left_out.contains(&part.into()), "{part}: {names:?} {left_out:?}");
    }
    assert_eq!(report["made"]["classifier_recipe"]["time-budget"], 1.0);
    let read = |name: &str| fs::read_to_string(place.path("least").join(name)).unwrap();
    for file in ["report.txt", "report.html"] {
        assert!(read(file).contains(&sentence), "{file}");
    }
    let run: Value = serde_json::from_str(&read("run.json")).unwrap();
    assert!(run.to_string().contains("left-out"), "{run}");
}

#[test]
fn a_continued_run_keeps_its_plan() {
    let place = place();
    let fit = format!("{} -q", with_texts());
    // as if a slower machine had begun it
    let mut child = place.command(&format!("{fit} --time 9h -o out")).spawn().unwrap();
    let begun = Instant::now();
    let chosen = place.path("out.run/plan/chosen.json");
    while !chosen.exists() {
        assert!(begun.elapsed() < Duration::from_mins(1));
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let mut choice: Value = serde_json::from_slice(&fs::read(&chosen).unwrap()).unwrap();
    choice["plan"]["ulmfit"] = false.into();
    choice["left-out"] = serde_json::json!(["ulmfit"]);
    fs::write(&chosen, choice.to_string()).unwrap();
    // another budget is another run
    let done = place.run(&format!("{fit} --time 8h -o out"));
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.stderr.contains("time-budget"), "{done:?}");
    let report = place.run(&format!("{fit} --time 9h -o out --json")).json();
    assert_eq!(report["time_budget"]["left_out"], serde_json::json!(["ulmfit"]));
    assert!(report["parts"].as_array().unwrap().iter().all(|part| part["name"] != "ulmfit"));
    assert!(!place.path("out.run").exists());
}

#[test]
fn the_plan_has_all_trainings() {
    let place = place();
    let train = format!("fit train.csv --base lm --lm-epochs 1 {STEPS}");
    for line in [
        with_texts(),
        format!("{FIT} --unlabeled texts.txt"),
        format!("{train} --method ulmfit --folds 2 --unlabeled texts.txt"),
        "fit train.csv --method encoder --base base".to_owned(),
        "fit train.csv --method encoder --base base --unlabeled texts.txt --set encoder.masked-words.updates=9"
            .to_owned(),
        "fit train.csv --method tfidf".to_owned(),
    ] {
        let done = place.run(&format!("{line} -o out --overwrite --json --progress json"));
        let events = done.stderr.lines().map(serde_json::from_str::<Value>);
        let events: Vec<Value> = events.collect::<Result<_, _>>().expect("each line is JSON");
        let of = |kind: &str| events.iter().filter(|e| e["event"] == kind).collect::<Vec<_>>();
        let [plan] = of("plan")[..] else { panic!("one plan: {done:?}") };
        let phases = plan["phases"].as_array().unwrap();
        let seconds: f64 = phases.iter().map(|phase| number(phase, "seconds")).sum();
        assert!((seconds - number(plan, "seconds")).abs() < 0.1, "{plan}");
        assert!(seconds > 0.0, "{plan}");
        let planned = |name: &&Value| {
            phases.iter().any(|phase| phase["stages"].as_array().unwrap().contains(&name["stage"]))
        };
        let unplanned: Vec<_> = of("stage").into_iter().filter(|stage| !planned(stage)).collect();
        assert!(unplanned.is_empty(), "{line}: {unplanned:?} {plan}");
        let shares: Vec<f64> = of("job").iter().map(|job| number(job, "share")).collect();
        assert!(shares.is_sorted() && shares.iter().all(|s| (0.0..=1.0).contains(s)), "{shares:?}");
        assert!(done.json()["test"].is_object(), "stdout has the report alone");
    }
    assert_eq!(place.run(&format!("{} -o quiet -q --json", with_texts())).stderr, "");
}
