//! Classifiers on sentence encoders, from the import of an encoder to predictions.

use crate::common::{Place, number};
use crate::explain::words_add_up;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use ulmfit::checkpoint::ModelFolder;

/// Writes the folder `name`: a tiny encoder with random weights.
pub(crate) fn import(place: &Place, name: &str) {
    let folder: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "../../fixtures/encoders/bert"].iter().collect();
    let said = place.run(&format!("import hf {} -o {name} --json", folder.display())).json();
    assert_eq!(said["kind"], "sentence encoder");
}

/// A place with `base`.
fn place() -> Place {
    let place = Place::new();
    import(&place, "base");
    place
}

fn hash(place: &Place, name: &str) -> String {
    ModelFolder::open(&place.path(name)).unwrap().hash()
}

const FIT: &str = "fit train.csv --test test.csv --method encoder --base base";

#[test]
fn a_classifier_on_an_encoder_is_a_model_like_others() {
    let place = place();
    let report = place.run(&format!("{FIT} -o model --json")).json();
    assert_eq!(report["rows"]["test"], 30);
    assert!(report["baselines"]["tfidf_accuracy"].is_number(), "{report}");
    assert_eq!(report["training"].as_array().unwrap().len(), 1, "{report}");
    let found = place.run("inspect model --json").json();
    assert_eq!((&found["kind"], &found["task"]), (&"classifier".into(), &"single".into()));
    assert_eq!(found["base"]["name"], "base");
    assert_eq!(found["config"]["network"]["kind"], "sentence-classifier");
    assert!(place.run("inspect model").ok().contains("transformer, width 16, 2 layers of 2 heads"));

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
    words_add_up(&place, "model");
    for files in ["model/tokenizer.json", "model/labels.json", "model/report.html"] {
        assert!(place.path(files).exists(), "{files}");
    }
}

#[test]
fn tuning_changes_the_encoder_and_frozen_does_not() {
    let place = place();
    let tensors = |name: &str| fs::read(place.path(name).join("model.safetensors")).unwrap();
    place.run(&format!("{FIT} -o tuned")).ok();
    place.run(&format!("{FIT} -o frozen --tuning frozen")).ok();
    assert_ne!(tensors("tuned"), tensors("frozen"));
    let together = "--tuning end-to-end --set encoder.end-to-end.min-updates=20 --json";
    let report = place.run(&format!("{FIT} -o together {together}")).json();
    assert!(tensors("together") != tensors("frozen") && tensors("together") != tensors("tuned"));
    let course = &report["training"][0];
    assert_eq!(course["title"], "fine-tune the encoder and its head", "{report}");
    let report = place
        .run(&format!(
            "{FIT} -o read {together} --unlabeled texts.txt --set encoder.dropout-pairs.updates=60"
        ))
        .json();
    let title = &report["training"][0]["title"];
    assert_eq!(
        (title, &report["unlabeled"]),
        (&"fine-tune the encoder on texts".into(), &60.into())
    );
    assert_ne!(tensors("read"), tensors("together"));
    let gradual = "--set encoder.end-to-end.unfreezing=gradual";
    let report = place.run(&format!("{FIT} -o gradual {together} {gradual}")).json();
    assert_eq!(report["training"].as_array().unwrap().len(), 1, "{report}");
    assert_ne!(tensors("gradual"), tensors("together"));
    let report = place.run(&format!("{FIT} -o again --tuning frozen --json")).json();
    assert!(report["training"].as_array().unwrap().is_empty(), "{report}");
    assert_eq!(tensors("again"), tensors("frozen"));
}

#[test]
fn hidden_words_are_learned_before_pairs_and_each_can_be_left_out() {
    let place = place();
    let tensors = |name: &str| fs::read(place.path(name).join("model.safetensors")).unwrap();
    let fit = |name: &str, settings: &[&str]| {
        let settings: String = settings.iter().map(|set| format!(" --set encoder.{set}")).collect();
        let line =
            format!("{FIT} -o {name} --tuning frozen --unlabeled texts.txt --json{settings}");
        let report = place.run(&line).json();
        let trainings = report["training"].as_array().unwrap().iter();
        let titles = trainings.map(|training| training["title"].as_str().unwrap().to_owned());
        titles.collect::<Vec<String>>()
    };
    let (pairs, words) = ("dropout-pairs.updates=12", "masked-words.updates=12");
    let [on_words, on_texts] =
        ["fine-tune the encoder on masked words", "fine-tune the encoder on texts"];
    assert!(fit("none", &[]).is_empty());
    assert!(fit("none-set", &["dropout-pairs.updates=0", "masked-words.updates=0"]).is_empty());
    assert_eq!(fit("words", &[words]), [on_words]);
    assert_eq!(fit("pairs", &[pairs]), [on_texts]);
    assert_eq!(fit("both", &[pairs, words]), [on_words, on_texts]);
    assert_eq!(fit("head", &[words, "masked-words.head-updates=0"]), [on_words]);
    let all = ["none", "words", "pairs", "both", "head"].map(tensors);
    for (n, one) in all.iter().enumerate() {
        assert!(all[..n].iter().all(|other| other != one), "{n}");
    }
    // the head of the language model is not kept
    let found = |name: &str| place.run(&format!("inspect {name} --json")).json()["weights"].clone();
    assert_eq!(found("words"), found("none"));
}

#[test]
fn an_encoder_without_a_mask_cannot_learn_hidden_words() {
    let place = Place::new();
    let folder: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "../../fixtures/encoders/bert"].iter().collect();
    fs::create_dir(place.path("bert")).unwrap();
    for file in ["config.json", "model.safetensors", "sentence_bert_config.json"] {
        fs::copy(folder.join(file), place.path("bert").join(file)).unwrap();
    }
    let tokenizer = fs::read_to_string(folder.join("tokenizer.json")).unwrap();
    place.write("bert/tokenizer.json", tokenizer.replace("[MASK]", "[HOLE]"));
    place.run("import hf bert -o base").ok();
    let done = place
        .run(&format!("{FIT} -o out --unlabeled texts.txt --set encoder.masked-words.updates=5"));
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.stderr.contains("has no [MASK]") && done.stderr.contains("\nhint: "), "{done:?}");
    assert!(!place.path("out").exists());
}

#[test]
fn numbers_and_several_labels() {
    let place = place();
    let rows: String = (0..60)
        .map(|n| format!("{} parcel,{}\n", "the ".repeat(n % 6 + 1), 10 * (n % 6)))
        .collect();
    place.write("numbers.csv", format!("text,label\n{rows}"));
    let fit = "fit numbers.csv --method encoder --base base -o numbers --task regression --json";
    let report = place.run(fit).json();
    assert!(number(&report["test"], "mae") < number(&report["baselines"], "mean_mae"), "{report}");
    place.run(&fit.replace("-o numbers", "-o tuned --tuning end-to-end")).json();
    let answer = place.feed("predict numbers -", "the the parcel\n").ok();
    assert!(answer.contains("\"value\":"), "{answer}");

    let rows: String = (0..60)
        .map(|n| match n % 3 {
            0 => "where is my parcel,a\n",
            1 => "i want a refund,b\n",
            _ => "a refund where is my parcel,a;b\n",
        })
        .collect();
    place.write("several.csv", format!("text,label\n{rows}"));
    let fit = "fit several.csv --method encoder --base base -o several --label-delimiter ; --json";
    place.run(fit).json();
    place.run(&fit.replace("-o several", "-o tuned-several --tuning end-to-end")).json();
    let answer = place.feed("predict several -", "i want a refund\n").ok();
    assert!(answer.contains("\"labels\":"), "{answer}");
}

#[test]
fn the_bits_do_not_depend_on_threads_nor_on_being_killed() {
    for tuning in [
        "contrastive --unlabeled texts.txt --set encoder.dropout-pairs.updates=60 --set encoder.dropout-pairs.batch-size=16",
        "frozen --unlabeled texts.txt --set encoder.dropout-pairs.updates=8 --set encoder.masked-words.updates=20 \
         --set encoder.masked-words.head-updates=8",
        "end-to-end --set encoder.end-to-end.unfreezing=gradual --set encoder.end-to-end.min-updates=40",
    ] {
        same_bits(tuning);
    }
}

fn same_bits(tuning: &str) {
    let place = place();
    let line = format!("{FIT} --tuning {tuning} --checkpoint-every 5 --quiet");
    let started = Instant::now();
    place.run(&format!("{line} -o whole --threads 1")).ok();
    let time = started.elapsed();
    place.run(&format!("{line} -o threads --threads 3")).ok();
    assert_eq!(hash(&place, "threads"), hash(&place, "whole"));
    let mut kills = 0;
    for tenths in (1..10).cycle().take(60) {
        if place.path("killed").exists() {
            break;
        }
        let mut child = place.command(&format!("{line} -o killed")).spawn().unwrap();
        std::thread::sleep(time.mul_f64(f64::from(tenths) / 10.0).max(Duration::from_millis(20)));
        if child.try_wait().unwrap().is_none() {
            kills += 1;
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    place.run(&format!("{line} -o killed --overwrite")).ok();
    eprintln!("killed {kills} times");
    assert!(kills > 0);
    assert_eq!(hash(&place, "killed"), hash(&place, "whole"));
}

#[test]
fn what_an_encoder_would_ignore_is_refused() {
    let place = place();
    for (line, message) in [
        (format!("{FIT} --direction both"), "--direction has no effect with `--method encoder`"),
        (format!("{FIT} --lm-epochs 2"), "--lm-epochs has no effect"),
        (format!("{FIT} --epochs 2"), "an option under Learning has no effect"),
        (format!("{FIT} --max-vocab 20"), "--max-vocab has no effect"),
        (format!("{FIT} --base-words seen"), "--base-words has no effect"),
        (format!("{FIT} --emb 20"), "--emb has no effect with `--method encoder`"),
        (format!("{FIT} --set train.lr=1"), "a recipe for language models has no effect"),
        (format!("{FIT} --head 20"), "--head has no effect"),
        ("fit train.csv --tuning frozen".into(), "--tuning has no effect with `--method auto`"),
        ("fit train.csv --method encoder --base none".into(), "cannot be trained from scratch"),
        ("import hf lm".into(), "lm: this is a model folder of ulmfit already"),
        ("import hf train.csv".into(), "train.csv: this is a file"),
    ] {
        let done = place.run(&format!("{line} -o out"));
        assert_eq!(done.code, Some(2), "{line}: {done:?}");
        assert!(done.stderr.contains(message) && done.stderr.contains("\nhint: "), "{done:?}");
        assert!(!place.path("out").exists());
    }
    for (line, message) in [
        (
            "fit train.csv -o out --method encoder --base lm",
            "encoder is needed here\nhint: give `minilm`",
        ),
        ("fit train.csv -o out --base base", "needed here\nhint: use it with `--method encoder`"),
        (
            "predict base test.csv",
            "needed here\nhint: `ulmfit fit ROWS -o MODEL --method encoder --base",
        ),
        (
            "predict lm test.csv",
            "here\nhint: give a folder written by `ulmfit fit`; `ulmfit train lm",
        ),
        ("evaluate base test.csv", "a classifier is needed here"),
        (
            "import hf nowhere -o out",
            "nowhere: the folder does not exist\nhint: nothing is downloaded",
        ),
    ] {
        let done = place.run(line);
        assert!(matches!(done.code, Some(65 | 66)), "{line}: {done:?}");
        assert!(done.stderr.contains(message), "{line}: {done:?}");
        assert!(!place.path("out").exists());
    }
}

#[test]
fn the_encoder_inside_the_program_knows_which_sentences_belong_together() {
    let place = Place::new();
    write_few(&place, "few.csv", ["shipping", "refund"]);
    let fit =
        "fit few.csv -o model --method encoder --tuning frozen --valid-share 0 --test-share 0";
    place.run(fit).ok();
    let said = place.feed(
        "predict model - --format text",
        "Has the delivery been dispatched?\nI would like you to return what I paid.\n",
    );
    assert_eq!(said.ok(), "shipping\nrefund\n");
    let found = place.run("inspect minilm --json").json();
    assert_eq!((&found["kind"], &found["storage"]), (&"sentence encoder".into(), &"int8".into()));
}

/// Six texts, the first three of them about shipping and the others about refunds, with two labels.
fn write_few(place: &Place, name: &str, labels: [&str; 2]) {
    let texts = [
        "My package never came.",
        "When will my parcel be delivered?",
        "The courier lost my box.",
        "I want my money back.",
        "Please reimburse me for this purchase.",
        "How do I get a refund?",
    ];
    let row = |(n, text): (usize, &str)| format!("{text},{}\n", labels[n / 3]);
    let rows: String = texts.into_iter().enumerate().map(row).collect();
    place.write(name, format!("text,label\n{rows}"));
}

#[test]
fn names_of_labels_are_learned_if_they_fit_the_texts() {
    let place = Place::new();
    let is_learned = |labels: [&str; 2]| {
        write_few(&place, "few.csv", labels);
        let fit = "fit few.csv --method encoder --tuning frozen --valid-share 0 --test-share 0 --overwrite";
        let said = place.run(&format!("{fit} -o with")).stderr;
        let without = "--set encoder.label-names=false";
        place.run(&format!("{fit} -o without {without}")).ok();
        let [one, other] = ["with", "without"].map(|name| hash(&place, name));
        assert_eq!(one != other, said.contains("learns the name of each label"), "{said}");
        one != other
    };
    assert!(is_learned(["shipping", "refund"]));
    assert!(is_learned(["ShippingProblem", "refund_request"]));
    assert!(!is_learned(["refund", "shipping"]), "they contradict the texts");
    assert!(!is_learned(["0", "1"]), "they are codes");
}
