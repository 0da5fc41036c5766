//! `predict`, `tokenize`, `generate`, and models that went to fastai and back.

use crate::common::{Place, SIZES, STEPS, label, names, text};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;
use ulmfit::checkpoint::hash_file;

fn parse(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_text_of_unknown_words_is_flagged() {
    let place = Place::new();
    place.write("odd.txt", format!("{}\nzzxqv\n", text(1, label(1))));
    let done = place.run("predict classifier odd.txt");
    let told = "1 text has no word that the model knows, the first at odd.txt:2; predicted anyway";
    assert!(done.stderr.contains(told), "{done:?}");
    let rows = parse(&done.ok());
    assert_eq!(rows[1]["no_known_word"], true, "{rows:?}");
    assert_eq!(rows[0].get("no_known_word"), None, "{rows:?}");
}

#[test]
fn rows_come_out_as_they_went_in() {
    const ROWS: usize = 1100; // more than are predicted together
    let place = Place::new();
    let words = |row| if row % 7 == 3 { String::new() } else { text(row, label(row)) };
    let line = |row| format!("{}\n", serde_json::json!({ "id": row, "text": words(row) }));
    place.write("many.jsonl", (0..ROWS).map(line).collect::<String>());
    let done = place.run("predict classifier many.jsonl --echo");
    assert!(
        done.stderr.ends_with(
            "warning: 157 rows without text, the first at many.jsonl:4; predicted anyway: treat the \
             prediction as unknown\n"
        ),
        "{}",
        done.stderr
    );
    let rows = parse(&done.ok());
    assert_eq!(rows.len(), ROWS);
    for (n, row) in rows.iter().enumerate() {
        assert_eq!(row["id"], n);
        assert_eq!(row["text"], words(n));
        let probabilities = row["probabilities"].as_object().unwrap();
        assert_eq!(probabilities.keys().collect::<Vec<_>>(), ["bad", "good"]);
        assert_eq!(probabilities[row["label"].as_str().unwrap()], row["confidence"]);
        let sum: f64 = probabilities.values().map(|p| p.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-6, "{row}");
        assert!(row["confidence"].as_f64().unwrap() >= 0.5, "{row}");
    }
    let empty: Vec<&Value> =
        rows.iter().skip(3).step_by(7).map(|row| &row["probabilities"]).collect();
    assert!(empty.windows(2).all(|pair| pair[0] == pair[1]), "all empty texts are alike");
}

#[test]
fn other_numbers_give_nearly_the_same_answers() {
    let place = Place::new();
    place.write("new.csv", "text\na lovely film\na dull film\nnot a good one but a bad one\n");
    let run =
        |options: &str| parse(&place.run(&format!("predict classifier new.csv{options}")).ok());
    let exact = run("");
    for precision in ["auto", "bf16", "int8"] {
        let rows = run(&format!(" --precision {precision}"));
        let mut changed = false;
        for (row, exact) in rows.iter().zip(&exact) {
            let p = |row: &Value| row["probabilities"]["good"].as_f64().unwrap();
            assert!((p(row) - p(exact)).abs() < 0.03, "{precision}: {row}, exact: {exact}");
            changed |= (p(row) - p(exact)).abs() > 0.0;
        }
        assert!(changed || precision == "auto", "{precision} is not f32");
        let score =
            place.run(&format!("evaluate classifier test.csv --precision {precision} --json"));
        assert!(score.json()["accuracy"].as_f64().unwrap() > 0.5, "{precision}");
    }
}

#[test]
fn two_directions_give_the_mean_of_each() {
    let place = Place::new();
    place.run(&format!("pretrain texts.txt -o both {SIZES} {STEPS} --direction both")).ok();
    place.run(&format!("train both train.csv -o model {STEPS}")).ok();
    let good = |options: &str| -> Vec<f64> {
        let rows = parse(&place.run(&format!("predict model test.csv{options}")).ok());
        rows.iter().map(|row| row["probabilities"]["good"].as_f64().unwrap()).collect()
    };
    let (forward, backward) = (good(" --direction forward"), good(" --direction backward"));
    assert_ne!(forward, backward);
    for (n, both) in good("").into_iter().enumerate() {
        assert!((both - f64::midpoint(forward[n], backward[n])).abs() < 1e-6, "row {n}");
    }
    let loss = |options: &str| {
        let found = place.run(&format!("evaluate both texts.txt --json{options}")).json();
        found["loss"].as_f64().unwrap()
    };
    let mean = f64::midpoint(loss(" --direction forward"), loss(" --direction backward"));
    assert!((loss(" --direction both") - mean).abs() < 1e-9);
}

#[test]
fn forms_of_output() {
    let place = Place::new();
    place.write(
        "new.csv",
        "id,text,note\n7,a lovely film,\"x, y\"\n8,a dull film,\"say \"\"z\"\"\"\n",
    );
    let labels = place.run("predict classifier new.csv --format text").ok();
    let labels: Vec<&str> = labels.lines().collect();
    assert_eq!(labels.len(), 2);
    let rows = parse(&place.run("predict classifier new.csv").ok());
    let names: Vec<&String> = rows[0].as_object().unwrap().keys().collect();
    assert_eq!(names, ["confidence", "label", "probabilities"]);
    let table = place.run("predict classifier new.csv --format csv --echo").ok();
    let mut table = csv::Reader::from_reader(table.as_bytes());
    let header =
        ["id", "text", "note", "label", "confidence", "no_known_word", "p(bad)", "p(good)"];
    assert_eq!(table.headers().unwrap(), &header[..]);
    let cells: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(cells[0].iter().take(3).collect::<Vec<_>>(), ["7", "a lovely film", "x, y"]);
    assert_eq!(&cells[1][2], "say \"z\"");
    for (n, row) in rows.iter().enumerate() {
        assert_eq!(row["label"], labels[n]);
        assert_eq!(&cells[n][3], labels[n]);
        for (at, p) in [
            (4, &row["confidence"]),
            (6, &row["probabilities"]["bad"]),
            (7, &row["probabilities"]["good"]),
        ] {
            assert_eq!(cells[n][at], p.to_string());
        }
    }
    let plain = place.run("predict classifier new.csv --format csv").ok();
    assert!(plain.starts_with("label,confidence,no_known_word,p(bad),p(good)\n"), "{plain}");
}

/// Labels that are whole numbers are sorted by value, others by letters: columns must not care.
#[test]
fn every_probability_stands_in_the_column_of_its_label() {
    let place = Place::new();
    let line = |row: usize| format!("{},{}\n", text(row, label(row / 3)), row % 12 + 1);
    place.write("twelve.csv", "text,label\n".to_owned() + &(0..72).map(line).collect::<String>());
    place.run(&format!("train lm twelve.csv -o twelve {STEPS}")).ok();
    let rows = parse(&place.run("predict twelve test.csv").ok());
    let table = place.run("predict twelve test.csv --format csv").ok();
    let mut table = csv::Reader::from_reader(table.as_bytes());
    let header = table.headers().unwrap().clone();
    assert_eq!(header.len(), 15);
    for (cells, row) in table.records().map(Result::unwrap).zip(&rows) {
        assert_eq!(cells[0], *row["label"].as_str().unwrap());
        assert_eq!(cells[1], row["confidence"].to_string());
        for n in 1..=12 {
            let at = header.iter().position(|name| name == format!("p({n})")).unwrap();
            assert_eq!(cells[at], row["probabilities"][n.to_string()].to_string(), "p({n})");
        }
        assert_eq!(row["probabilities"][&cells[0]], row["confidence"]);
    }
}

#[test]
fn the_most_probable_labels_come_first() {
    let place = Place::new();
    let rows = place.run("predict classifier test.csv --top 1").ok();
    let table = place.run("predict classifier test.csv --top 1 --format csv").ok();
    let mut lines = table.lines();
    let names = "label,confidence,no_known_word,top_1,top_1_probability";
    assert_eq!(lines.next(), Some(names));
    for (row, line) in parse(&rows).iter().zip(lines) {
        let (label, p) = (row["label"].as_str().unwrap(), &row["confidence"]);
        assert_eq!(row["probabilities"], serde_json::json!({ label: p }), "{row}");
        assert_eq!(line, format!("{label},{p},,{label},{p}"));
    }
    let done = place.run("predict classifier test.csv --top 1 --format text");
    assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{done:?}");
}

#[test]
fn echo_keeps_what_the_user_has() {
    let place = Place::new();
    let rows = "{\"z\":1,\"text\":\"a film\",\"label\":\"mine\",\"confidence\":\"sure\"}\n";
    place.write("new.jsonl", rows);
    let line = place.run("predict classifier new.jsonl --echo").ok();
    assert!(line.starts_with(&format!("{},\"predicted_label\":", rows.trim_end_matches("}\n"))));
    let table = place.run("predict classifier new.jsonl --echo --format csv").ok();
    let header = "z,text,label,confidence,predicted_label,predicted_confidence,predicted_no_known_word,p(bad),p(good)\n";
    assert!(table.starts_with(&format!("{header}1,a film,mine,sure,")), "{table}");
}

#[test]
fn several_labels_and_numbers_have_fields_of_their_own() {
    let place = Place::new();
    let line = |row: usize| format!("{},{}\n", text(row, label(row)), ["x;y", "y", ""][row % 3]);
    place.write("tags.csv", "text,tags\n".to_owned() + &(0..60).map(line).collect::<String>());
    place.run(&format!("train lm tags.csv -o tags --label-delimiter ; {STEPS}")).ok();
    for row in parse(&place.run("predict tags test.csv").ok()) {
        let names: Vec<&String> = row.as_object().unwrap().keys().collect();
        assert_eq!(names, ["confidence", "labels", "probabilities"]);
        let chosen = row["labels"].as_array().unwrap();
        let chosen: Vec<&str> = chosen.iter().map(|label| label.as_str().unwrap()).collect();
        let likely = row["probabilities"].as_object().unwrap().iter();
        let likely: Vec<&String> =
            likely.filter(|(_, p)| p.as_f64().unwrap() >= 0.5).map(|(name, _)| name).collect();
        assert_eq!(chosen, likely, "{row}");
    }
    let table = place.run("predict tags test.csv --format csv --label-delimiter |").ok();
    assert!(table.starts_with("labels,confidence,no_known_word,p(x),p(y)\n"), "{table}");

    let line = |row: usize| format!("{},{}.5\n", text(row, label(row)), row % 2);
    place.write("stars.csv", "text,stars\n".to_owned() + &(0..60).map(line).collect::<String>());
    place.run(&format!("train lm stars.csv -o stars --task regression {STEPS}")).ok();
    let rows = place.run("predict stars test.csv").ok();
    let table = place.run("predict stars test.csv --format csv").ok();
    for (row, cells) in rows.lines().zip(table.lines().skip(1)) {
        assert_eq!(row, format!("{{\"value\":{}}}", cells.trim_end_matches(',')));
    }
    assert!(table.starts_with("value,no_known_word\n"));
    let done = place.run("predict stars test.csv --top 1");
    assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{done:?}");
    assert!(
        done.stderr.contains("--top has no effect on a model that predicts numbers"),
        "{done:?}"
    );
    place.run("predict stars test.csv -o answers.csv").ok();
    assert_eq!(
        fs::read_to_string(place.path("answers.csv")).unwrap(),
        table,
        "as the file's name says"
    );
}

/// What is read is said; a model reads the columns that it learned from, and warns of others.
#[test]
fn columns_are_told_and_remembered() {
    let place = Place::new();
    let rows = fs::read_to_string(place.path("train.csv")).unwrap();
    let rows = rows.lines().skip(1).enumerate();
    let lines = rows.map(|(n, line)| format!("{n},nothing,{}\n", line.replace(',', ",x,")));
    place.write("mails.csv", "id,text,mail,note,label\n".to_owned() + &lines.collect::<String>());
    let learn = "--unfreeze full --epochs 8 --lr 0.02 --drop-mult 0.2 --batch-size 8 --bptt 16";
    let line = format!("train lm mails.csv -o model --text mail --test mails.csv {learn}");
    let done = place.run(&line);
    let read = "mails.csv: text: `mail`; label: `label`; not read: `id`, `text` and `note`\n";
    assert!(done.stderr.starts_with(read), "{done:?}");
    assert_eq!(done.stderr.matches("text: ").count(), 1, "{done:?}");
    done.ok();
    let config = fs::read_to_string(place.path("model/config.json")).unwrap();
    let config: Value = serde_json::from_str(&config).unwrap();
    assert_eq!(config["text-columns"], serde_json::json!(["mail"]));

    let done = place.run("evaluate model mails.csv --json");
    assert!(done.stderr.starts_with(read), "{done:?}");
    assert!(done.stderr.contains("the model was trained on"), "{done:?}");
    assert!(done.json()["accuracy"].as_f64().unwrap() > 0.7, "the guessed column says nothing");
    let done = place.run("predict model mails.csv --format text");
    assert!(!done.stderr.contains("warning"), "{done:?}");
    let own = done.ok();
    let warning = "\nwarning: the model was trained on `mail`, but `text` is read here\n";
    let done = place.run("predict model mails.csv --format text --text text");
    assert!(done.stderr.contains(warning), "{done:?}");
    assert_ne!(done.ok(), own);
    let done = place.run("evaluate model test.csv");
    assert!(done.stderr.ends_with(warning), "{done:?}");
    for line in ["predict model mails.csv --text text -q", "predict model texts.txt"] {
        assert_eq!(place.run(line).stderr, "", "{line}");
    }
    // the names of the model tell a table from prose, too
    let found = place.feed("predict model --format text", "id,mail\n7,a lovely film\n").ok();
    assert_eq!(found.lines().count(), 1);
    // a model that remembers nothing guesses in silence
    let config = fs::read_to_string(place.path("classifier/config.json")).unwrap();
    assert!(config.contains("\"text-columns\""), "{config}");
    let done = place.run("export compact classifier -o small");
    done.ok();
    let small = fs::read_to_string(place.path("small/config.json")).unwrap();
    assert_eq!(small, config);
}

/// Standard input is predicted row by row, files in batches: batch mates must not matter.
#[test]
fn neither_batches_nor_standard_input_change_a_bit() {
    let place = Place::new();
    let texts = fs::read_to_string(place.path("texts.txt")).unwrap() + "\n\nshort\n";
    place.write("mixed.txt", &texts);
    let together = place.run("predict classifier mixed.txt").ok();
    assert_eq!(together.lines().count(), 62);
    assert_eq!(place.feed("predict classifier", &texts).ok(), together);
    assert_eq!(place.feed("predict classifier -", &texts).ok(), together);
    assert_eq!(place.run("predict classifier mixed.txt --threads 2").ok(), together);

    let scores = |batch| {
        place.run(&format!("evaluate classifier test.csv --json --batch-size {batch}")).ok()
    };
    let wanted = scores(64);
    for batch in [1, 3, 30] {
        assert_eq!(scores(batch), wanted, "batches of {batch}");
    }
}

/// Whoever types or pipes gets one answer per line, not one at the end.
#[test]
fn answers_come_line_by_line() {
    let place = Place::new();
    let mut command = place.command("predict classifier --format text");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (sender, answers) = mpsc::channel();
    std::thread::spawn(move || output.lines().try_for_each(|line| sender.send(line.unwrap())));
    let mut heard = Vec::new();
    for text in ["a lovely charming film", "a dull boring film"] {
        writeln!(input, "{text}").unwrap();
        heard.extend(answers.recv_timeout(Duration::from_secs(5)));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(heard, ["good", "bad"]);
}

#[test]
fn tokens_are_one_array_a_text() {
    let place = Place::new();
    let lines = "This is GREAT!!! don't\n\nlast &lt;b&gt; least\n";
    let tokens = parse(&place.feed("tokenize", lines).ok());
    assert_eq!(
        tokens,
        [
            serde_json::json!([
                "xxbos", "xxmaj", "this", "is", "xxup", "great", "xxrep", "3", "!", "do", "n't"
            ]),
            serde_json::json!(["xxbos"]),
            serde_json::json!(["xxbos", "last", "<", "b", ">", "least"]),
        ]
    );
    place.write("two.jsonl", "{\"text\": \"one line\\nand another\"}\n{\"text\": \"b\"}\n");
    assert_eq!(parse(&place.run("tokenize two.jsonl").ok()).len(), 2);
    let with_model = place.feed("tokenize - --model lm", lines).ok();
    assert_eq!(parse(&with_model), tokens);
}

#[test]
fn generated_text_depends_on_the_seed_alone() {
    let place = Place::new();
    let say = |options: &str| place.run(&format!("generate lm the --tokens 12 {options}")).ok();
    let first = say("--seed 7");
    assert!(first.to_lowercase().starts_with("the "), "{first}");
    assert_eq!(say("--seed 7 --threads 2"), first);
    assert!((8..12).any(|seed| say(&format!("--seed {seed}")) != first), "seeds do nothing");
    assert_eq!(say("--temperature 0 --seed 1"), say("--temperature 0 --seed 2"));
    assert_eq!(
        place.run("generate lm the --tokens 12 --seed 7 --json").json()["text"],
        first.trim_end()
    );
}

#[test]
fn models_survive_the_way_to_fastai_and_back() {
    let place = Place::new();
    for (model, question) in [("classifier", "predict"), ("lm", "evaluate --json")] {
        let files = place.run(&format!("export fastai {model} -o {model}-fastai --json")).json();
        assert_eq!(files["files"], serde_json::json!(["forward.pth", "forward.pkl"]));
        let page = fs::read_to_string(place.path(&format!("{model}-fastai/README.md"))).unwrap();
        assert!(page.contains("dict(emb_sz=16, n_hid=24, n_layers=2)"), "{page}");
        let files = format!("{model}-fastai/forward.pth {model}-fastai/forward.pkl");
        let back = place.run(&format!("import fastai {files} -o {model}-back --json")).json();
        assert_eq!(back["kind"], if model == "lm" { "language model" } else { "classifier" });
        let hash = |name: &str| hash_file(&place.path(name).join("model.safetensors")).unwrap();
        assert_eq!(hash(&format!("{model}-back")), hash(model));
        let (verb, options) = question.split_once(' ').unwrap_or((question, ""));
        let answer = |model: &str| place.run(&format!("{verb} {model} texts.txt {options}")).ok();
        assert_eq!(answer(&format!("{model}-back")), answer(model));
    }
}

#[test]
fn a_classifier_for_onnx_has_its_tokenizer_beside_it() {
    let place = Place::new();
    place.run("export compact classifier -o small --store int8").ok();
    for (model, weights) in [("classifier", "as in the model"), ("small", "are stored as int8")] {
        let folder = format!("{model}-onnx");
        let told = place.run(&format!("export onnx {model} -o {folder} --json")).json();
        let files: BTreeSet<String> = serde_json::from_value(told["files"].clone()).unwrap();
        let mut written = names(&place.path(&folder));
        written.remove("manifest.json");
        assert_eq!(files, written);
        let page = fs::read_to_string(place.path(&folder).join("README.md")).unwrap();
        assert!(page.contains(weights) && page.contains("`bad`, `good`"), "{page}");
        assert!(!page.contains('{'), "nothing is left to fill in: {page}");
        let tokens = |model: &str| {
            place.run(&format!("tokenize test.csv --text text --model {model} --ids")).ok()
        };
        assert_eq!(tokens(&folder), tokens(model));
        let done = place.run(&format!("predict {folder} test.csv"));
        assert_eq!(done.code, Some(65), "it is not a model folder: {done:?}");
    }
}

/// The parts of a job, put together line by line, are what one process writes.
#[test]
fn shards_are_the_rows_of_one_process() {
    let place = Place::new();
    for format in ["jsonl", "text"] {
        let predict = format!("predict classifier test.csv --format {format}");
        let whole = place.run(&predict).ok();
        let shard = |n| place.run(&format!("{predict} --shard {n}/4")).ok();
        let shards: Vec<String> = (0..4).map(shard).collect();
        let mut parts: Vec<_> = shards.iter().map(|text| text.lines()).collect();
        let rows = whole.lines().count();
        let joined = (0..rows).map(|row| parts[row % 4].next().unwrap().to_owned() + "\n");
        assert_eq!(joined.collect::<String>(), whole);
        assert!(parts.iter_mut().all(|lines| lines.next().is_none()));
    }
    let done = place.run("predict classifier test.csv --shard 4/4");
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.stderr.contains("the shards are 0/4 to 3/4"), "{done:?}");
}
