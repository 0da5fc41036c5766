//! What outside checks rely on: commands and their help, JSON fields, model folders, same bits.

use crate::common::{Place, SIZES, STEPS, label, names, number};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::Path;
use ulmfit::checkpoint::{ModelFolder, hash_file};

#[test]
fn every_command_explains_itself_by_example() {
    let place = Place::new();
    for command in [
        "demo",
        "fit",
        "pretrain",
        "finetune",
        "train",
        "evaluate",
        "predict",
        "encode",
        "suspects",
        "next",
        "tokenize",
        "generate",
        "lr-find",
        "inspect",
        "check-data",
        "import fastai",
        "export fastai",
        "export onnx",
        "export torch",
        "import torch",
        "export compact",
        "bench",
        "ablate",
        "labels",
        "data list",
        "data pull",
    ] {
        let help = place.run(&format!("{command} --help")).ok();
        let usage = format!("Usage: ulmfit {command}");
        assert!(help.contains(&usage), "{help}");
        assert!(help.contains(&format!("\n  ulmfit {command}")), "no example: {help}");
        for option in ["--seed", "--threads", "--quiet", "--verbose", "--json"] {
            assert!(help.contains(option), "{command} has no {option}");
        }
    }
    let help = place.run("--help").ok();
    assert!(help.contains("Exit codes: 0 done, 1 failed, 2 usage, 65 bad data"), "{help}");
    assert_eq!(place.run("--version").ok(), concat!("ulmfit ", env!("CARGO_PKG_VERSION"), "\n"));
}

/// What can be had of downloads without a network.
#[test]
fn published_data_sets() {
    let place = Place::new();
    let sets = place.run("data list --json").json();
    let names: Vec<_> =
        sets["data_sets"].as_array().unwrap().iter().map(|set| &set["name"]).collect();
    let paper = ["trec6", "imdb", "ag-news", "dbpedia", "yelp-bi", "yelp-full", "wikitext-103"];
    assert_eq!(names, paper);
    let text = place.run("data list").ok();
    assert!(paper.iter().all(|name| text.contains(name)), "{text}");

    for (line, code, said) in [
        ("data pull mnist", 2, "hint: `ulmfit data list` names them"),
        ("data pull trec6 --from nowhere", 66, "train_5500.label does not exist"),
        ("data pull trec6 --from wrong", 65, "3 bytes instead of 335858 bytes"),
        (
            "data pull trec6 --from http://127.0.0.1:1",
            74,
            "cannot download http://127.0.0.1:1/train",
        ),
    ] {
        fs::create_dir_all(place.path("wrong")).unwrap();
        place.write("wrong/train_5500.label", "abc");
        let done = place.run(line);
        assert_eq!(done.code, Some(code), "{done:?}");
        assert!(done.stderr.contains(said), "{done:?}");
        assert!(!place.path("trec6").exists());
    }
}

#[test]
fn scores_of_a_classifier() {
    let place = Place::new();
    let scores = place.run("evaluate classifier test.csv --json").json();
    let fields: BTreeSet<&str> = scores.as_object().unwrap().keys().map(String::as_str).collect();
    let promised = [
        "schema",
        "n",
        "accuracy",
        "error",
        "accuracy_ci95",
        "macro_f1",
        "loss",
        "labels",
        "confusion",
        "per_class",
        "mistakes",
        "trained_on",
    ];
    assert_eq!(fields, BTreeSet::from(promised));
    assert_eq!(scores["n"], 30);
    assert_eq!(scores["labels"], serde_json::json!(["bad", "good"]));
    let accuracy = number(&scores, "accuracy");
    assert!((accuracy + number(&scores, "error") - 1.0).abs() < 1e-12);
    let interval: [f64; 2] = serde_json::from_value(scores["accuracy_ci95"].clone()).unwrap();
    assert!(interval[0] <= accuracy && accuracy <= interval[1], "{scores}");
    let confusion: [[f64; 2]; 2] = serde_json::from_value(scores["confusion"].clone()).unwrap();
    assert_eq!(confusion.iter().flatten().sum::<f64>(), 30.0);
    assert!(((confusion[0][0] + confusion[1][1]) / 30.0 - accuracy).abs() < 1e-12, "{scores}");
    assert!(accuracy > 0.8, "a third of the words tell the label: {scores}");
}

#[test]
fn scores_of_a_language_model() {
    let place = Place::new();
    let report = place.run("evaluate lm texts.txt --json").json();
    let loss = number(&report, "loss");
    assert!((number(&report, "perplexity") / loss.exp() - 1.0).abs() < 1e-9, "{report}");
    assert!(number(&report, "tokens") > 500.0, "{report}");
    assert!((0.0..0.2).contains(&number(&report, "oov_rate")), "{report}");
    place.write("other.txt", "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich");
    let report = place.run("evaluate lm other.txt --json").json();
    assert!(number(&report, "oov_rate") > 0.5, "{report}");
}

/// Prices are nothing like the numbers that networks begin with.
#[test]
fn large_numbers_are_learned_and_told_in_their_own_units() {
    let place = Place::new();
    let price = |n: usize| [80_000, 120_000][n % 2] + 10 * (n * 37 % 101);
    let row = |n: usize| format!("{},{}\n", crate::common::text(n, label(n)), price(n));
    let rows = |rows: Range<usize>| "text,price\n".to_owned() + &rows.map(row).collect::<String>();
    place.write("prices.csv", rows(0..60));
    place.write("unseen.csv", rows(1000..1030));
    let learn = "--unfreeze full --epochs 24 --lr 0.02 --drop-mult 0.2 --batch-size 8 --bptt 16";
    let line = format!("train lm prices.csv -o priced --task regression --label price {learn}");
    let report = place.run(&format!("{line} --test unseen.csv --quiet --json")).json();
    let (mae, of_mean) = (number(&report["test"], "mae"), number(&report["baselines"], "mean_mae"));
    assert!((19_000.0..22_000.0).contains(&of_mean), "{report}");
    assert!(mae < of_mean / 2.0, "{mae} and {of_mean}");
    let score = place.run("evaluate priced unseen.csv --label price --json").json();
    assert!((number(&score, "mae") - mae).abs() < 1.0, "{score}");
    let answers = place.run("predict priced unseen.csv --format text --quiet").ok();
    let answers: Vec<f64> = answers.lines().map(|line| line.parse().unwrap()).collect();
    let mean = answers.iter().sum::<f64>() / answers.len() as f64;
    assert!((90_000.0..110_000.0).contains(&mean), "{answers:?}");
    place.run("export fastai priced -o priced-fastai").ok();
    let page = fs::read_to_string(place.path("priced-fastai/README.md")).unwrap();
    assert!(page.contains("\ntokens = load_pickle"), "{page}");
}

#[test]
fn speeds() {
    let place = Place::new();
    let sizes = "--vocab 100 --emb 8 --hid 12 --layers 2 --bs 4 --bptt 8 --steps 3 --json";
    let promised = [
        "tokens_per_s",
        "tokens_per_s_min",
        "tokens_per_s_max",
        "gflops",
        "peak_rss_mb",
        "threads",
    ];
    for (what, more) in [("lm", &[] as &[&str]), ("classify", &["docs_per_s", "latency_ms_p50"])] {
        let speed = place.run(&format!("bench {what} {sizes} --document 20 --threads 2")).json();
        for field in promised.iter().chain(more) {
            assert!(number(&speed, field) > 0.0, "{what}: {field}");
        }
        let [least, median, most] =
            ["tokens_per_s_min", "tokens_per_s", "tokens_per_s_max"].map(|f| number(&speed, f));
        assert!(least <= median && median <= most, "{speed}");
        assert_eq!((&speed["precision"], &speed["threads"]), (&"f32".into(), &2.into()));
        assert_eq!(speed["isa"], ulmfit::isa());
    }
}

#[test]
fn what_more_threads_bring() {
    let place = Place::new();
    let sizes = "--vocab 100 --emb 8 --hid 12 --layers 2 --bs 4 --bptt 8 --steps 3";
    let document = place.run(&format!("bench scaling {sizes} --threads 3 --lanes 2 --json")).json();
    let rows = document["scaling"].as_array().expect("a list");
    let pairs: Vec<_> =
        rows.iter().map(|row| [number(row, "threads"), number(row, "lanes")]).collect();
    assert_eq!(pairs, [[1.0, 1.0], [1.0, 2.0], [2.0, 1.0], [2.0, 2.0], [3.0, 1.0], [3.0, 2.0]]);
    assert!((number(&rows[0], "speedup") - 1.0).abs() < 1e-12, "{document}");
    for row in rows {
        let ratio = number(&rows[0], "seconds_per_step") / number(row, "seconds_per_step");
        assert!((number(row, "speedup") / ratio - 1.0).abs() < 1e-9, "{row}");
        let each = number(row, "speedup") / number(row, "threads");
        assert!((number(row, "efficiency") / each - 1.0).abs() < 1e-9, "{row}");
    }
    let table = place.run(&format!("bench scaling {sizes} --threads 1 --lanes 2")).ok();
    assert_eq!(table.lines().count(), 3 + 4 + 5, "{table}"); // measured, words, what the model says
    let model = &document["model"];
    assert_eq!(number(model, "loops"), 4.0 * 2.0 * 8.0, "{model}");
    let first = number(&rows[0], "seconds_per_step");
    assert_eq!(number(model, "alone").to_bits(), first.to_bits(), "{model}");
    assert_eq!(document["predicted"].as_array().map(Vec::len), Some(5 * 4), "{document}");
}

#[test]
fn automatic_precision_is_bf16_where_the_processor_is_fast_at_it() {
    let place = Place::new();
    let tiny = "--vocab 50 --emb 4 --hid 4 --layers 1 --bs 2 --bptt 2 --steps 1";
    let speed = place.run(&format!("bench lm {tiny} --precision bf16 --json")).json();
    let report =
        place.run(&format!("train lm train.csv -o model {STEPS} --precision auto --json")).json();
    let is_fast = ulmfit::Precision::for_training() == ulmfit::Precision::Bf16;
    assert!(!is_fast || speed["kernel"] == "avx512 bf16", "{speed}");
    let wanted = is_fast.then_some("bf16");
    assert_eq!(report["made"]["classifier_recipe"]["precision"].as_str(), wanted);
}

#[test]
fn a_model_is_a_folder_with_a_manifest() {
    let place = Place::new();
    let common = ["config.json", "model.safetensors", "vocab.json", "README.md", "run.json"];
    for (model, more) in [
        ("lm", vec!["metrics-pretrain-forward.jsonl"]),
        (
            "classifier",
            vec!["labels.json", "metrics-train-forward.jsonl", "report.html", "report.json"],
        ),
    ] {
        let folder = place.path(model);
        let manifest: Value =
            serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
        assert_eq!(manifest["schema"], 1);
        let files = manifest["files"].as_object().unwrap();
        for (name, entry) in files {
            assert_eq!(entry["blake3"], hash_file(&folder.join(name)).unwrap(), "{name}");
            assert_eq!(entry["bytes"], fs::metadata(folder.join(name)).unwrap().len(), "{name}");
        }
        let listed: BTreeSet<String> =
            files.keys().cloned().chain(["manifest.json".into()]).collect();
        assert_eq!(listed, names(&folder), "nothing but what the manifest vouches for");
        for name in common.iter().chain(&more) {
            assert!(files.contains_key(*name), "{model} has no {name}");
        }
        let run: Value =
            serde_json::from_slice(&fs::read(folder.join("run.json")).unwrap()).unwrap();
        assert_eq!((&run["schema"], &run["seed"]), (&1.into(), &42.into()));
        assert_eq!(run["isa"], ulmfit::isa());
        assert!(run["recipe"].is_object(), "{run}");
        let card = fs::read_to_string(folder.join("README.md")).unwrap();
        assert!(card.starts_with("---\nlibrary_name: ulmfit\n"), "{card}");
    }
}

#[test]
fn inspect_tells_what_a_folder_holds() {
    let place = Place::new();
    for (model, kind) in [("lm", "language-model"), ("classifier", "classifier")] {
        let found = place.run(&format!("inspect {model} --json")).json();
        assert_eq!(found["config"]["network"]["kind"], kind);
        let folder = ModelFolder::open(&place.path(model)).unwrap();
        assert_eq!(found["hash"], folder.hash());
        let bytes = fs::metadata(place.path(model).join("model.safetensors")).unwrap().len() as f64;
        let weights = number(&found, "weights") * 4.0;
        assert!(weights < bytes && bytes < weights * 1.1 + 4096.0, "{weights} of {bytes} bytes");
    }
    let found = place.run("inspect classifier --json").json();
    assert_eq!(found["labels"], serde_json::json!(["bad", "good"]));
    assert_eq!((&found["task"], &found["storage"]), (&"single".into(), &"f32".into()));
    assert_eq!(found["base"]["name"], "lm");
    let lm = ModelFolder::open(&place.path("lm")).unwrap();
    assert_eq!(found["base"]["hash"], lm.hash());
    let score = &found["scores"][0];
    assert_eq!((&score["measure"], &score["on"]), (&"accuracy".into(), &"valid".into()));
    let text = place.run("inspect classifier").ok();
    assert!(text.contains("\nlabels      2: bad, good\n"), "{text}");
    assert!(text.contains(" validation rows\nbase        lm, "), "{text}");
    place.run("export compact classifier -o small").ok();
    let small = place.run("inspect small --json").json();
    assert_eq!(small["storage"], "int8");
    for field in ["weights", "labels", "scores", "base"] {
        assert_eq!(small[field], found[field], "{field}");
    }
    let text = place.run("inspect lm --tensors").ok();
    assert!(text.starts_with("language model, forward\n"), "{text}");
    assert!(text.contains("forward."), "{text}");
    place.write("new.txt", "the film was a zyzzyva zyzzyva");
    let found = place.run("inspect lm --on new.txt --json").json();
    assert_eq!(found["unknown"], serde_json::json!([["zyzzyva", 2]]));
}

#[test]
fn inspect_prints_recipes_that_can_be_read_again() {
    let place = Place::new();
    for name in ["default", "paper-2018", "imdb-scripts-2018", "fastai-2"] {
        let recipe = place.run(&format!("inspect {name}")).ok();
        place.write("recipe.toml", &recipe);
        assert_eq!(place.run("inspect recipe.toml").ok(), recipe, "{name}");
        let document = place.run(&format!("inspect {name} --json")).json();
        assert_eq!(document["name"], name);
        assert!(number(&document["train"], "lr") > 0.0, "{name}");
    }
}

#[test]
fn check_data_finds_what_spoils_a_score() {
    let place = Place::new();
    place.run("check-data train.csv --test test.csv").ok();
    let test = fs::read_to_string(place.path("test.csv")).unwrap();
    let train = fs::read_to_string(place.path("train.csv")).unwrap();
    let repeated = train.lines().nth(1).unwrap();
    place.write("leak.csv", format!("{test}{repeated}\n"));
    let report = place.run("check-data train.csv --test leak.csv --json").json();
    let kinds: Vec<&Value> =
        report["findings"].as_array().unwrap().iter().map(|f| &f["kind"]).collect();
    assert!(kinds.contains(&&"leak".into()), "{report}");

    place.write("one.csv", "text,label\na,good\nb,good\n");
    let done = place.run("check-data one.csv --json");
    assert_eq!(done.code, Some(65), "{done:?}");
    let report: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(report["findings"][0]["kind"], "one-class", "{report}");
    assert!(done.stderr.ends_with("ulmfit: training would refuse this data\n"), "{done:?}");
}

/// An option without effect misleads whoever gives it.
#[test]
fn commands_have_only_options_that_do_something() {
    let place = Place::new();
    for (command, without) in [
        ("lr-find", "--epochs --lr --unfreeze --patience --keep-best --language --tokenizer"),
        ("tokenize", "--min-freq --max-vocab --tokenizer"),
        ("pretrain", "--unfreeze --label-smoothing"),
        ("finetune", "--unfreeze --label-smoothing"),
    ] {
        let help = place.run(&format!("{command} --help")).ok();
        let offered: BTreeSet<&str> = help.split([' ', ',', '\n']).collect();
        for option in without.split(' ') {
            assert!(!offered.contains(option), "{command} has {option}");
        }
    }
    let hint =
        "\nhint: use the tokenizer of a model that was trained with subwords: `--model MODEL`\n";
    let done = place.run("tokenize texts.txt --language zh");
    assert!(done.code == Some(2) && done.stderr.ends_with(hint), "{done:?}");
}

#[test]
fn finetune_says_what_it_brought() {
    let place = Place::new();
    let text = place.run(&format!("finetune lm texts.txt -o tuned {STEPS}")).ok();
    let line = text.lines().next().unwrap();
    assert!(line.starts_with("forward: validation perplexity "), "{text}");
    assert!(line.contains(" before), loss "), "{text}");
    assert_eq!(place.run("inspect tuned --json").json()["base"]["name"], "lm");
}

#[test]
fn little_text_is_read_more_often_and_the_model_says_so() {
    let place = Place::new();
    let done = place.run("finetune lm texts.txt -o tuned");
    assert!(
        done.code == Some(0) && done.stderr.contains("little text: 20 epochs instead of 4"),
        "{done:?}"
    );
    let made: Value =
        serde_json::from_slice(&fs::read(place.path("tuned/run.json")).unwrap()).unwrap();
    assert!(made["recipe"]["epochs"].as_u64().unwrap() > 4, "{made}");
    assert!(made["recipe"].get("min-updates").is_none(), "the rule was applied: {made}");
}

#[test]
fn without_a_base_little_text_is_learned_slowly_unless_a_rate_is_given() {
    let place = Place::new();
    let line = "fit train.csv --base none --emb 16 --hid 24 --lm-epochs 1 --epochs 1";
    for (options, told, phases, rate) in
        [("-o slow", true, 1, 0.003), ("-o chosen --lr 0.02", false, 4, 0.02)]
    {
        let done = place.run(&format!("{line} {options}"));
        assert_eq!(done.code, Some(0), "{done:?}");
        assert_eq!(
            done.stderr.contains("all layers at once, a learning rate of 0.003 instead of 0.02"),
            told,
            "{done:?}"
        );
        let folder = options.split(' ').nth(1).unwrap();
        let run = fs::read(place.path(&format!("{folder}/run.json"))).unwrap();
        let recipe = &serde_json::from_slice::<Value>(&run).unwrap()["recipe"];
        assert_eq!(recipe["phase"].as_array().unwrap().len(), phases, "{recipe}");
        assert!((number(recipe, "lr") - rate).abs() < 1e-12, "{recipe}");
    }
}

#[test]
fn without_a_base_little_text_is_not_read_first_unless_epochs_are_given() {
    let place = Place::new();
    place.write("more.txt", "one more line\nand one\n");
    let line = "fit train.csv --unlabeled more.txt --base none --emb 16 --hid 24 --epochs 1";
    for (options, random) in [("-o random", true), ("-o read --lm-epochs 1", false)] {
        let done = place.run(&format!("{line} {options} --json"));
        assert_eq!(
            done.stderr.contains("too little text to pretrain a language model"),
            random,
            "{done:?}"
        );
        let report = done.json();
        assert_eq!(report["language_model"].as_array().unwrap().is_empty(), random, "{report}");
        assert_eq!(report["unlabeled"], if random { 0 } else { 2 }, "{report}");
        assert_eq!(report["made"]["language_model_recipe"].is_null(), random, "{report}");
        let folder = options.split(' ').nth(1).unwrap();
        place.run(&format!("evaluate {folder} test.csv")).ok();
    }
}

#[test]
fn lr_find_suggests_a_rate() {
    let place = Place::new();
    for line in ["lr-find lm texts.txt", "lr-find lm train.csv --classifier"] {
        let found =
            place.run(&format!("{line} --batch-size 8 --bptt 16 --svg rates.svg --json")).json();
        for name in ["valley", "steep", "minimum"] {
            assert!((1e-8..=10.0).contains(&number(&found, name)), "{line}: {name}");
        }
        let [rates, losses] = ["rates", "losses"].map(|f| found[f].as_array().unwrap().len());
        assert_eq!(rates, losses);
        assert!(fs::read_to_string(place.path("rates.svg")).unwrap().starts_with("<svg"), "{line}");
        assert_eq!(found["suggestion"], found["valley"]);
        let text = place.run(&format!("{line} --batch-size 8 --bptt 16")).ok();
        let wanted = format!("\ntry --lr {:.1e} (valley)", number(&found, "valley"));
        assert!(text.contains(&wanted) && text.contains("a tenth of the rate"), "{text}");
    }
}

fn weights(folder: &Path) -> String {
    hash_file(&folder.join("model.safetensors")).unwrap()
}

#[test]
fn threads_change_nothing_and_seeds_do() {
    let place = Place::new();
    let mails = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/demo/train.jsonl.xz");
    // wide enough that the work is shared out; with two threads the directions are side by side
    let train = |name: &str, options: &str| {
        let line = format!(
            "pretrain {mails} -o {name}-lm --emb 48 --hid 96 --layers 2 --epochs 1 --direction both"
        );
        place.run(&format!("{line} --quiet {options}")).ok();
        let line = format!("train {name}-lm {mails} -o {name} --epochs 1 --unfreeze full");
        place.run(&format!("{line} --quiet {options}")).ok();
        [format!("{name}-lm"), name.to_owned()].map(|folder| weights(&place.path(&folder)))
    };
    let one = train("one", "--threads 1");
    assert_eq!(train("two", "--threads 2"), one);
    assert_eq!(train("three", "--threads 3"), one);
    let other = train("other", "--threads 2 --seed 43");
    assert!(other[0] != one[0] && other[1] != one[1]);
}

#[test]
fn the_models_of_these_tests_can_be_made_again() {
    let place = Place::new();
    place.run(&format!("pretrain texts.txt -o again {SIZES} {STEPS}")).ok();
    assert_eq!(weights(&place.path("again")), weights(&place.path("lm")));
}

/// The range test makes the updates that training will make: of several batches where the recipe
/// accumulates. At rates close to zero the weights stay, so the losses of both are those of the
/// same batches.
#[test]
fn lr_find_accumulates_as_the_recipe_says() {
    let place = Place::new();
    for steps in [1, 2] {
        let recipe = format!("extends = \"default\"\n[finetune]\naccumulate = {steps}\n");
        place.write(&format!("recipe{steps}.toml"), recipe);
    }
    let losses = |steps: usize| -> Vec<f64> {
        let line =
            "lr-find lm texts.txt --start 1e-12 --end 1e-11 --steps 12 --batch-size 4 --bptt 8";
        let found = place.run(&format!("{line} --recipe recipe{steps}.toml --json")).json();
        found["losses"].as_array().unwrap().iter().map(|loss| loss.as_f64().unwrap()).collect()
    };
    let (single, pairs) = (losses(1), losses(2));
    // losses are smoothed, but without bias: the first is as it was, the second can be told
    let first = single[0];
    let second = single[1] * (1.0 + 0.98) - 0.98 * first;
    assert!((first - second).abs() > 1e-3, "else this proves nothing: {first} {second}");
    assert!((pairs[0] - f64::midpoint(first, second)).abs() < 1e-5, "{single:?} {pairs:?}");
}
