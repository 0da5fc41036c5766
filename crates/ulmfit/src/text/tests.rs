//! The whole front end: parity with fastai, cost, and languages.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lzma_rust2::XzReader;
use proptest::prelude::*;

use super::*;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn lines(path: &Path) -> impl Iterator<Item = String> + use<> {
    let file = File::open(path).unwrap();
    BufReader::new(XzReader::new(file, true)).lines().map(Result::unwrap)
}

/// Tokens: `fixtures/text/make_hard_lines.py`.
#[test]
fn hard_lines_come_out_as_in_fastai() {
    let batch = Tokenizer::new(&TextConfig::default(), None).unwrap();
    let keep = TextConfig { inner_spaces: InnerSpaces::Keep, ..TextConfig::default() };
    let predict = Tokenizer::new(&keep, None).unwrap();
    let (mut count, mut differ) = (0, 0);
    for line in lines(&repository().join("fixtures/text/hard_lines.jsonl.xz")) {
        let parts: Vec<Vec<String>> = serde_json::from_str(&line).unwrap();
        let [fields, tokens, by_predict @ ..] = &parts[..] else { panic!("{line}") };
        assert_eq!(batch.tokenize(fields), *tokens, "{fields:?}");
        assert_eq!(predict.tokenize(fields), *by_predict.first().unwrap_or(tokens), "{fields:?}");
        count += 1;
        differ += by_predict.len();
    }
    assert!((count, differ) == (2000, differ) && differ > 100, "{count} {differ}");
}

/// The shortest time that tokenizing `text` that often has taken.
fn fastest(tokenizer: &Tokenizer, text: &str, times: usize) -> Duration {
    let time = || {
        let start = Instant::now();
        for _ in 0..times {
            tokenizer.for_each_token(&[text], &mut |_| {});
        }
        start.elapsed()
    };
    (0..5).map(|_| time()).min().unwrap()
}

/// One long text takes about as long as ten of a tenth; quadratic work would take ten times that.
#[test]
fn cost_is_linear_whatever_the_text() {
    let tokenizer = Tokenizer::new(&TextConfig::default(), None).unwrap();
    for unit in [
        "a",
        ".",
        "()",
        "a.",
        "a@",
        "a@b.",
        "no ",
        "no no ",
        "&amp;",
        "&",
        "&#1",
        "👨‍👩‍👧",
        "e\u{301}",
        "Σ'",
        "ΑΣ.",
        ":)",
        "1km",
        "\u{3000} ",
        "Aa",
        " \n",
        "'s",
        "a-",
        "x://",
        "a,b",
        "$(",
        ")..",
        "1+1",
        "e.g.",
        "<br />",
        "\\n",
        "xx ",
        "1.2.3.4:",
    ] {
        let short = fastest(&tokenizer, &unit.repeat(3_000), 10);
        let long = fastest(&tokenizer, &unit.repeat(30_000), 1);
        assert!(long < short * 5, "{unit:?}: {short:?} and {long:?}");
    }
}

proptest! {
    #[test]
    fn no_text_panics_and_no_letter_is_lost(text in any::<String>()) {
        let tokenizer = Tokenizer::new(&TextConfig::default(), None).unwrap();
        let mut length = 0;
        tokenizer.for_each_token(&[&text], &mut |token| {
            assert!(!token.is_empty());
            length += token.len();
        });
        prop_assert!(length >= special::BOS.len());
    }
}

fn bare(text: &str) -> String {
    let text = text.to_lowercase().replace("...", "…").replace("i\u{307}", "i");
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn round_trip(language: &str, texts: &[String]) {
    let config = TextConfig { language: language.into(), ..TextConfig::default() };
    let vocab = VocabConfig { min_freq: 1, max_size: usize::MAX, ..VocabConfig::default() };
    let documents = texts.iter().map(|text| vec![text.clone()]);
    let pipeline = TextPipeline::build(&config, &vocab, documents).unwrap();
    for text in texts {
        let decoded = pipeline.decode(&pipeline.encode(&[text]));
        assert_eq!(bare(&decoded), bare(text), "{language}");
    }
}

#[test]
fn languages_come_back() {
    for (language, text) in [
        ("de", "Die ÄRZTE spielen in Köln: „Schrei nach Liebe“, z.B. am 3. Mai! Größe, Straße."),
        ("fr", "L'été à Évry, c'est « génial » ; n'est-ce pas ? ÇA VA BIEN aujourd'hui."),
        ("es", "¿Qué tal? ¡Muy bien! Él comió 3,5 kg de piñas en ÁVILA el año pasado."),
        ("id", "Anak-anak bermain bola. Harganya Rp 10.000,- saja, murah sekali sekali sekali!"),
        ("hi", "यह फिल्म बहुत अच्छी है। क्या आपने देखी है? हाँ हाँ हाँ, मैंने देखी।"),
    ] {
        round_trip(language, &[text.to_owned()]);
    }
    let german =
        Tokenizer::new(&TextConfig { language: "de".into(), ..TextConfig::default() }, None);
    assert_eq!(
        german.unwrap().tokenize(&["Die ÄRZTE"]),
        ["xxbos", "xxmaj", "die", "xxup", "ärzte"]
    );
}

#[test]
fn corpora_of_other_languages_come_back() {
    let data = repository().join("../shared/data");
    let mut files = vec![
        ("de", "germeval2018_de/test.jsonl.xz"),
        ("id", "smsa_id/valid_preprocess.jsonl.xz"),
        ("hi", "trec_hi/test.jsonl.xz"),
    ];
    files.retain(|(_, name)| data.join(name).exists());
    if files.is_empty() {
        eprintln!("SKIPPED: no corpora at {}", data.display());
    }
    for (language, name) in files {
        let text = |line: String| {
            let row: serde_json::Value = serde_json::from_str(&line).unwrap();
            row["text"].as_str().unwrap().to_owned()
        };
        let texts = lines(&data.join(name)).map(text);
        // Markup is rewritten by the first rule and cannot come back.
        let plain = texts.filter(|text| !text.contains(['&', ';', '<', '\\', '@']));
        round_trip(language, &plain.collect::<Vec<_>>());
    }
}
