use super::*;
use crate::text::{TextPipeline, VocabConfig};

/// A language of a few syllables, so that pieces are worth learning.
fn texts() -> Vec<Vec<String>> {
    let syllables = ["ba", "ko", "mi", "tu", "ren", "sal"];
    let word =
        |n: usize| -> String { (0..2 + n % 3).map(|i| syllables[(n * (i + 3) + i) % 6]).collect() };
    let text = |n: usize| (0..20).map(|i| word(n * 7 + i)).collect::<Vec<_>>().join(" ");
    (0..200).map(|n| vec![format!("Text {}: {}.", n % 100, text(n))]).collect()
}

fn pipeline(tokenizer: TokenizerConfig, language: &str, texts: Vec<Vec<String>>) -> TextPipeline {
    let config = TextConfig { tokenizer, language: language.into(), ..TextConfig::default() };
    TextPipeline::build(&config, &VocabConfig::default(), texts).unwrap()
}

const KINDS: [TokenizerConfig; 2] =
    [TokenizerConfig::Unigram { vocab_size: 120 }, TokenizerConfig::Bpe { vocab_size: 120 }];

#[test]
fn learns_pieces_and_spells_every_text() {
    for kind in KINDS {
        let pipeline = pipeline(kind, "xx", texts());
        assert!((40..=120).contains(&pipeline.vocab().len()), "{}", pipeline.vocab().len());
        assert_eq!(pipeline.vocab().tokens()[..9], special::ALL);
        for fields in texts() {
            let ids = pipeline.encode(&fields);
            assert_eq!(ids[0], special::BOS_ID);
            assert!(ids.iter().all(|id| *id != special::UNK_ID));
            assert_eq!(pipeline.decode(&ids), fields[0]);
        }
        let unseen = pipeline.encode(&["bamiko тест"]);
        assert!(unseen.contains(&special::UNK_ID));
    }
}

#[test]
fn training_is_repeatable() {
    for kind in KINDS {
        let train = || pipeline(kind.clone(), "xx", texts()).files();
        assert!(train() == train(), "{kind:?}");
    }
}

#[test]
fn special_tokens_stay_whole() {
    for kind in KINDS {
        let pipeline = pipeline(kind, "xx", texts());
        let tokens = pipeline.tokenizer().tokenize(&["BAKO", "Tu kooo"]);
        let specials: Vec<&str> = tokens
            .iter()
            .map(String::as_str)
            .filter(|token| special::ALL.contains(token))
            .collect();
        assert_eq!(specials, ["xxbos", "xxfld", "xxup", "xxfld", "xxmaj", "xxrep"]);
    }
}

#[test]
fn stored_as_tokenizer_json() {
    for kind in KINDS {
        let pipeline = pipeline(kind, "xx", texts());
        let files = pipeline.files();
        let read =
            |name: &str| Ok(files.iter().find(|(other, _)| *other == name).unwrap().1.clone());
        let again = TextPipeline::from_files(pipeline.config(), read).unwrap();
        assert_eq!(again.vocab(), pipeline.vocab());
        assert_eq!(again.encode(&["Bako rensal 7"]), pipeline.encode(&["Bako rensal 7"]));
    }
}

#[test]
fn scripts_without_spaces() {
    for (language, sentence) in [
        ("zh", "我喜欢这部电影，因为演员很好。"),
        ("ja", "この映画はとても面白かったです。"),
        ("th", "ฉันชอบหนังเรื่องนี้มาก"),
    ] {
        let texts = (0..50).map(|n| vec![format!("{sentence}{n}")]).collect();
        let pipeline = pipeline(TokenizerConfig::Unigram { vocab_size: 100 }, language, texts);
        assert_eq!(pipeline.decode(&pipeline.encode(&[sentence])), sentence);
    }
}

#[test]
fn kind_must_be_that_of_the_model() {
    let unigram = pipeline(KINDS[0].clone(), "xx", texts());
    let model = SubwordModel::from_json(&unigram.files()[1].1).unwrap();
    let config = TextConfig { tokenizer: KINDS[1].clone(), ..TextConfig::default() };
    let error = TextPipeline::of_subwords(&config, model).unwrap_err();
    assert!(matches!(error, TextError::SubwordKind { wanted: "bpe", found: "unigram" }));
}

/// Pieces of `sentencepiece` 0.2.3, by `fixtures/text/make_unigram.py`.
#[test]
fn reads_a_model_of_sentencepiece() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/text");
    let model = SubwordModel::from_sentencepiece(&folder.join("unigram.model")).unwrap();
    let lines = std::fs::read_to_string(folder.join("unigram.jsonl")).unwrap();
    let mut count = 0;
    for line in lines.lines() {
        let (text, expected): (String, Vec<String>) = serde_json::from_str(line).unwrap();
        let mut pieces = Vec::new();
        model.for_each_piece(&text, &mut |piece| pieces.push(piece.to_owned()));
        assert_eq!(pieces, expected, "{text}");
        count += 1;
    }
    assert!(count > 100);
}
