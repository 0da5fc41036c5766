use super::*;
use crate::model::scoring::argmax;

#[test]
fn majority_is_the_most_frequent() {
    assert_eq!(majority(&[2, 1, 2, 0]), Some(&2));
    assert_eq!(majority(&[2, 1, 2, 1]), Some(&1));
    assert_eq!(majority(&[vec![0, 1], vec![], vec![0, 1]]), Some(&vec![0, 1]));
    assert_eq!(majority::<u32>(&[]), None);
}

/// The class with the highest score of each row; `scores` is `[N, C]`.
fn guesses(scores: &[f64], classes: usize) -> Vec<u32> {
    scores.chunks(classes).map(|row| argmax(row) as u32).collect()
}

#[test]
fn threads_change_no_bit() {
    let texts: Vec<String> =
        (0..60).map(|i| format!("w{} w{} x{}", i % 7, i % 11, i % 3)).collect();
    let targets: Vec<u32> = (0..60).map(|i| i % 3).collect();
    let words =
        |document: usize, emit: &mut dyn FnMut(&str)| texts[document].split(' ').for_each(emit);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            TfIdfClassifier::fit(3, &targets, &words, &TfIdfOptions::default()).predict(60, &words)
        })
    };
    let alone = run(1);
    assert_eq!(guesses(&alone, 3), targets);
    assert!(alone.iter().zip(run(3)).all(|(a, b)| a.to_bits() == b.to_bits()));
}

#[test]
fn a_tagger_learns_each_label_by_itself() {
    let texts: Vec<String> = (0..40)
        .map(|i| format!("{} {} w{i}", ["red", "blue"][i % 2], ["big", "small"][i / 2 % 2]))
        .collect();
    let targets: Vec<Vec<bool>> =
        (0..40).map(|i| vec![i % 2 == 0, i / 2 % 2 == 0, false]).collect();
    let words =
        |document: usize, emit: &mut dyn FnMut(&str)| texts[document].split(' ').for_each(emit);
    let tagger = TfIdfTagger::fit(3, &targets, &words, &TfIdfOptions::default());
    assert_eq!(tagger.predict(40, &words), targets);
}

#[test]
fn nothing_known_gives_the_prior() {
    let words = |document: usize, emit: &mut dyn FnMut(&str)| {
        if document < 4 {
            emit(["a", "b"][document / 2]);
        }
    };
    let model = TfIdfClassifier::fit(2, &[0, 0, 1, 1], &words, &TfIdfOptions::default());
    assert_eq!(model.features(), 2); // a and b
    let unknown = model.predict(1, &|_, emit| emit("c"));
    assert!((unknown[0] - 0.5).abs() < 1e-6, "{unknown:?}");
}

/// scikit-learn's error is 9.2 % on TREC-6 with the same words (46 of 500).
#[cfg(feature = "compression")]
#[test]
fn trec6_error_is_sklearns() {
    use crate::report::metrics::Confusion;
    use std::io::Read;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/trec6");
    let read = |name: &str| -> Option<Vec<serde_json::Value>> {
        let file = std::fs::File::open(format!("{folder}/{name}.jsonl.xz")).ok()?;
        let mut text = String::new();
        lzma_rust2::XzReader::new(file, true).read_to_string(&mut text).unwrap();
        Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    };
    let (Some(train), Some(test)) = (read("train"), read("test")) else {
        eprintln!("SKIPPED: no TREC-6 in {folder}");
        return;
    };
    let labels = ["ABBR", "DESC", "ENTY", "HUM", "LOC", "NUM"];
    let targets = |rows: &[serde_json::Value]| -> Vec<u32> {
        let class =
            |row: &serde_json::Value| labels.iter().position(|label| row["label"] == *label);
        rows.iter().map(|row| class(row).unwrap() as u32).collect()
    };
    let words_of = |rows: &[serde_json::Value]| -> Vec<Vec<String>> {
        rows.iter().map(|row| split(&row["text"].as_str().unwrap().to_lowercase())).collect()
    };
    let (train_words, test_words) = (words_of(&train), words_of(&test));
    let model = TfIdfClassifier::fit(
        6,
        &targets(&train),
        &|document, emit| train_words[document].iter().for_each(|word| emit(word)),
        &TfIdfOptions::default(),
    );
    let emit = |document: usize, emit: &mut dyn FnMut(&str)| {
        test_words[document].iter().for_each(|word| emit(word));
    };
    let guesses = guesses(&model.predict(test.len(), &emit), 6);
    let error = 1.0 - Confusion::new(6, &targets(&test), &guesses).accuracy();
    assert_eq!(model.features(), 8728);
    assert!((error - 0.092).abs() < 0.003, "{error}");
}

/// Runs of letters, digits and `_`, and each other visible character: `\w+|[^\w\s]`.
#[cfg(feature = "compression")]
fn split(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut inside = false;
    for c in text.chars() {
        let letter = c.is_alphanumeric() || c == '_';
        match words.last_mut() {
            Some(word) if letter && inside => word.push(c),
            _ if !c.is_whitespace() => words.push(c.to_string()),
            _ => {}
        }
        inside = letter;
    }
    words
}
