//! Texts in a language that the base model does not know.

use crate::common::{Place, SIZES, STEPS};
use std::fs;

/// Labelled texts of a language, as `name`.
fn place(name: &str, good: &[&str], bad: &[&str]) -> Place {
    let place = Place::new();
    let row = |n: usize, texts: &[&str], label: &str| {
        format!("{} {},{label}\n", texts[n % texts.len()], texts[(n / texts.len()) % texts.len()])
    };
    let rows: String = (0..40).map(|n| row(n, good, "gut") + &row(n, bad, "schlecht")).collect();
    place.write(name, format!("text,label\n{rows}"));
    place
}

fn german() -> Place {
    let good = [
        "Der Film war wirklich wunderbar.",
        "Ein schönes Buch für lange Abende.",
        "Das Essen schmeckte ausgezeichnet.",
        "Sehr freundliche Bedienung und saubere Zimmer.",
    ];
    let bad = [
        "Die Musik war leider schrecklich.",
        "Ich habe mich furchtbar gelangweilt.",
        "Das Zimmer war schmutzig und laut.",
        "Nie wieder kaufe ich dieses Gerät.",
    ];
    place("german.csv", &good, &bad)
}

#[test]
fn german_does_without_the_english_model_and_says_so() {
    let place = german();
    let fit = format!("fit german.csv -o out --lm-epochs 1 {STEPS}");
    let done = place.run(&fit);
    assert!(done.stderr.contains("of the tokens are unknown to `en`"), "{done:?}");
    assert!(done.stderr.contains(", so it is not used"), "{done:?}");
    done.ok();
    let found = place.run("inspect out --json").json();
    assert!(found["base"].is_null(), "{found}");
    assert_eq!(found["config"]["text"]["language"], "xx", "{found}");

    let done = place.run(&format!("{fit} --overwrite --language de {SIZES}"));
    assert!(done.stderr.contains("`en` is for texts in English: it is not used"), "{done:?}");
    assert!(!done.stderr.contains("unknown"), "{done:?}");
    done.ok();
    assert_eq!(place.run("inspect out --json").json()["config"]["text"]["language"], "de");
}

#[test]
fn a_base_that_was_named_is_refused_unless_the_language_is_confirmed() {
    let place = german();
    for base in ["en", "lm"] {
        let done = place.run(&format!("fit german.csv -o out --base {base} {STEPS}"));
        assert_eq!(done.code, Some(2), "{done:?}");
        let said = format!("of the tokens are unknown to `{base}`, a model for texts in English");
        assert!(done.stderr.contains(&said), "{done:?}");
        assert!(done.stderr.contains("`--base none`, or"), "{done:?}");
        assert!(done.stderr.contains("add `--language en`"), "{done:?}");
        assert!(!place.path("out").exists() && !place.path("out.run").exists());
    }
    let fit = "fit german.csv -o out --base lm --language en --lm-epochs 1";
    let done = place.run(&format!("{fit} {STEPS}"));
    assert!(done.stderr.contains("warning: about"), "{done:?}");
    done.ok();
    assert_eq!(place.run("inspect out --json").json()["base"]["name"], "lm");
}

#[test]
fn an_encoder_that_cuts_words_to_pieces_is_warned_of() {
    let place = german();
    let said = "the sentence encoder cuts the words of these texts into";
    let fit = "fit german.csv -o out --method encoder --tuning frozen";
    let pool = fs::read_to_string(place.path("german.csv")).unwrap();
    let texts = pool.lines().skip(1).map(|row| row.rsplit_once(',').unwrap().0.to_owned() + "\n");
    place.write("pool.txt", texts.collect::<String>());
    for line in [fit, "suspects german.csv", "next pool.txt -n 3"] {
        let done = place.run(line);
        assert!(done.stderr.contains(said), "{done:?}");
        done.ok();
    }
    let english: String = ["Where is my parcel, please?", "I want my money back.", "It works."]
        .map(|text| format!("\"{text}\"\n"))
        .concat();
    place.write("english.csv", format!("text\n{english}"));
    let done = place.run("next english.csv -n 2");
    assert!(!done.stderr.contains(said), "{done:?}");
}

#[test]
fn chinese_is_cut_into_subwords() {
    let good = [
        "这部电影非常好看。",
        "服务员很热情，房间干净。",
        "这本书写得真好。",
        "味道很不错，下次还来。",
    ];
    let bad = ["音乐太难听了。", "房间又脏又吵。", "再也不买这个东西了。", "等了很久，非常失望。"];
    let place = place("chinese.csv", &good, &bad);
    let done = place.run(&format!("fit chinese.csv -o out --lm-epochs 1 {STEPS}"));
    assert!(done.stderr.contains(", so it is not used"), "{done:?}");
    done.ok();
    let found = place.run("inspect out --json").json();
    assert_eq!(found["config"]["text"]["tokenizer"]["kind"], "unigram", "{found}");
}
