//! `explain`, `predict --explain` and `tokenize --offsets`; mistakes that `evaluate` lists.

use crate::common::{Place, SIZES, STEPS, label, number, text};
use serde_json::Value;

fn parse(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn weights(row: &Value) -> f64 {
    row["explanation"].as_array().unwrap().iter().map(|word| number(word, "weight")).sum()
}

/// The weights of `model` add up, with the same bits alone and among others, on any number of threads.
pub(crate) fn words_add_up(place: &Place, model: &str) {
    let mut texts: Vec<String> =
        ["A LOVELY film — it's a lovely one", "dull, dull story!!!", "Ünlovely", "", "?"]
            .map(str::to_owned)
            .to_vec();
    texts.push((0..12).map(|n| text(n, label(n)) + " ").collect()); // more than one piece
    let lines: Vec<String> =
        texts.iter().map(|text| serde_json::json!({ "text": text }).to_string() + "\n").collect();
    place.write("explained.jsonl", lines.concat());
    let run = |threads: usize| {
        let run = format!("predict {model} explained.jsonl --explain fast --threads {threads}");
        place.run(&run).ok()
    };
    let found = run(1);
    assert_eq!(run(3), found);
    place.write("alone.jsonl", &lines[0]);
    let alone = place.run(&format!("predict {model} alone.jsonl --explain fast")).ok();
    assert_eq!(alone.lines().next(), found.lines().next());
    let rows = parse(&found);
    let empty = &rows[3]["probabilities"];
    for (row, text) in rows.iter().zip(&texts) {
        let gain = number(row, "confidence") - number(empty, row["label"].as_str().unwrap());
        assert!((weights(row) - gain).abs() < 1e-5, "{text}: {} {gain} {row}", weights(row));
        assert_eq!(row["explanation"].as_array().unwrap().is_empty(), text.is_empty(), "{row}");
    }
}

/// Both directions, so that both readings count.
fn both() -> Place {
    let place = Place::new();
    place.run(&format!("pretrain texts.txt -o both {SIZES} {STEPS} --direction both")).ok();
    let learn = "--unfreeze full --epochs 8 --lr 0.02 --drop-mult 0.2 --batch-size 8 --bptt 16";
    place.run(&format!("train both train.csv -o model {learn}")).ok();
    place
}

#[test]
fn weights_add_up_and_places_are_those_of_the_text() {
    let place = both();
    let texts = ["A LOVELY film — was it?", "dull, dull, dull story!!!", "Ünlovely", "  "];
    let line = |text: &&str| format!("{}\n", serde_json::json!({ "text": text }));
    place.write("new.jsonl", texts.iter().map(line).collect::<String>() + "{\"text\":\"\"}\n");
    for options in ["", " --direction forward", " --direction backward"] {
        let plain = place.run(&format!("predict model new.jsonl{options}")).ok();
        let found = place.run(&format!("predict model new.jsonl --explain fast{options}")).ok();
        let (plain, found) = (parse(&plain), parse(&found));
        let empty = &found[4]["probabilities"];
        for ((row, plain), text) in found.iter().zip(&plain).zip(&texts) {
            assert_eq!(row["probabilities"], plain["probabilities"], "the same answer");
            let winner = row["label"].as_str().unwrap();
            let gain = number(row, "confidence") - number(empty, winner);
            assert!((weights(row) - gain).abs() < 1e-5, "{options} {row}");
            let chars: Vec<char> = text.chars().collect();
            for word in row["explanation"].as_array().unwrap() {
                let (start, end) = (number(word, "start") as usize, number(word, "end") as usize);
                assert_eq!(word["text"], chars[start..end].iter().collect::<String>());
            }
        }
        let words: Vec<&Value> =
            found[0]["explanation"].as_array().unwrap().iter().map(|word| &word["text"]).collect();
        assert_eq!(words, ["A", "LOVELY", "film", "—", "was", "it", "?"]);
        assert_eq!(found[3]["explanation"], serde_json::json!([]));
    }
}

#[test]
fn telling_words_are_found() {
    let place = both();
    for method in ["fast", "exact"] {
        let rows = parse(&place.run(&format!("predict model test.csv --explain {method}")).ok());
        let (mut telling, mut others) = (Vec::new(), Vec::new());
        for (n, row) in rows.iter().enumerate() {
            let sign = if row["label"] == label(1000 + n) { 1.0 } else { -1.0 };
            for (at, word) in row["explanation"].as_array().unwrap().iter().enumerate().take(18) {
                let kind = if at % 3 == 2 { &mut telling } else { &mut others };
                kind.push(sign * number(word, "weight"));
            }
        }
        let mean = |weights: &[f64]| weights.iter().sum::<f64>() / weights.len() as f64;
        let (telling, others) = (mean(&telling), mean(&others));
        assert!(telling > 2.0 * others.abs(), "{method}: {telling} {others}");
    }
}

#[test]
fn without_a_word_the_answer_is_that_of_the_rest() {
    let place = Place::new();
    place.write("whole.csv", "text\na lovely film\n");
    place.write("rest.csv", "text\na film\n");
    let whole = parse(&place.run("predict classifier whole.csv --explain exact").ok());
    let rest = parse(&place.run("predict classifier rest.csv").ok());
    let label = whole[0]["label"].as_str().unwrap();
    let fall = number(&whole[0], "confidence") - number(&rest[0]["probabilities"], label);
    let word = &whole[0]["explanation"][1];
    assert_eq!(word["text"], "lovely");
    assert!((number(word, "weight") - fall).abs() < 1e-6, "{whole:?} {rest:?}");
}

#[test]
fn explanations_for_people_and_their_limits() {
    let place = Place::new();
    let shown = place.feed("explain classifier --words 2", "a lovely charming film\n").ok();
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 5, "{shown}");
    assert_eq!(lines[0], "<stdin>:1: a lovely charming film");
    assert!(lines[1].contains(": probability 0.") && lines[2].starts_with("  "), "{shown}");
    let json = place.feed("explain classifier --json --words 3", "a lovely film\n").ok();
    assert_eq!(parse(&json)[0]["words"].as_array().unwrap().len(), 3);
    let refused = place.run("predict classifier test.csv --explain fast --format csv");
    assert_eq!(refused.code, Some(2), "{refused:?}");
    let decided = place.run("predict classifier test.csv --explain fast --threshold 0.5").ok();
    assert!(parse(&decided)[0]["abstained"].is_boolean(), "{decided}");
    // several columns
    place.write("two.jsonl", "{\"a\":\"x\",\"b\":\"lovely\"}\n");
    let two = place.run("predict classifier two.jsonl --text a --text b --explain fast").ok();
    let words = &parse(&two)[0]["explanation"];
    assert_eq!((&words[0]["field"], &words[1]["field"]), (&0.into(), &1.into()));
}

#[test]
fn tokens_have_places() {
    let place = Place::new();
    let tokens = parse(&place.feed("tokenize --offsets", "É great, Big Sooo\n").ok());
    let wanted = serde_json::json!([
        { "token": "xxbos", "start": 0, "end": 0 },
        { "token": "é", "start": 0, "end": 1 },
        { "token": "great", "start": 2, "end": 7 },
        { "token": ",", "start": 7, "end": 8 },
        { "token": "xxmaj", "start": 9, "end": 9 },
        { "token": "big", "start": 9, "end": 12 },
        { "token": "s", "start": 13, "end": 14 },
        { "token": "xxrep", "start": 14, "end": 17 },
        { "token": "3", "start": 14, "end": 17 },
        { "token": "o", "start": 14, "end": 17 },
    ]);
    assert_eq!(tokens[0], wanted);
    // subwords, with and without a mark
    place.write("more.txt", (0..200).map(|n| text(n, label(n)) + "\n").collect::<String>());
    let sizes = format!("{SIZES} {STEPS} --tokenizer unigram --max-vocab 60 --quiet");
    place.run(&format!("pretrain more.txt -o pieces {sizes}")).ok();
    let spans = parse(&place.feed("tokenize --offsets --model pieces", "A lovely film\n").ok());
    let plain = parse(&place.feed("tokenize --model pieces", "A lovely film\n").ok());
    let own: Vec<&Value> = spans[0].as_array().unwrap().iter().map(|t| &t["token"]).collect();
    assert_eq!(own, plain[0].as_array().unwrap().iter().collect::<Vec<_>>());
    let mut last = 0.0;
    for token in spans[0].as_array().unwrap() {
        assert!(
            number(token, "start") >= last && number(token, "end") >= number(token, "start"),
            "{spans:?}"
        );
        last = number(token, "start");
    }
    assert!(last >= 9.0, "{spans:?}");
}

#[test]
fn evaluate_lists_mistakes() {
    let place = Place::new();
    let rows: String = (0..20)
        .map(|n| format!("{n},{},{}\n", text(n, label(n)), if n < 5 { "odd" } else { label(n) }))
        .collect();
    place.write("answered.csv", format!("id,text,label\n{rows}"));
    let found = place.run("evaluate classifier answered.csv --json -q").json();
    let mistakes = found["mistakes"].as_array().unwrap();
    assert!(mistakes.len() >= 5, "{mistakes:?}");
    let odd: Vec<&Value> = mistakes.iter().filter(|m| m["label"] == "odd").collect();
    assert_eq!(odd.len(), 5);
    for mistake in odd {
        let id: usize = mistake["columns"]["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(
            (number(mistake, "record"), number(mistake, "line")),
            (id as f64 + 1.0, id as f64 + 2.0)
        );
    }
    let shown = place.run("evaluate classifier answered.csv -q").ok();
    assert!(shown.contains("the most confident first") && shown.contains("odd"), "{shown}");
}
