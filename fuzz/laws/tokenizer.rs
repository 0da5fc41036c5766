//! What holds for the tokens of any text, in every mode of the word tokenizer.

use std::convert::Infallible;
use std::sync::LazyLock;

use ulmfit::text::special::{FAKE, UNK_ID};
use ulmfit::text::{
    BaseWords, InnerSpaces, TextConfig, TextPipeline, Vocab, VocabConfig, VocabPadding,
};

/// The first one separates two fields of a text.
const SEPARATOR: char = '\u{1f}';

/// Every token counts, so every one has an id.
const ALL_TOKENS: VocabConfig = VocabConfig {
    min_freq: 1,
    max_size: usize::MAX,
    fill: VocabPadding::None,
    base_words: BaseWords::Frequent,
};

/// A language's pipelines for training and for prediction, still without a vocabulary.
struct Modes {
    marking: TextPipeline,
    keeping: TextPipeline,
}

impl Modes {
    fn of(language: &str) -> Self {
        let pipeline = |inner_spaces| {
            let language = language.to_owned();
            let config =
                TextConfig { language, inner_spaces, add_eos: true, ..TextConfig::default() };
            TextPipeline::build(&config, &ALL_TOKENS, []).expect("a configuration of words")
        };
        Self { marking: pipeline(InnerSpaces::Mark), keeping: pipeline(InnerSpaces::Keep) }
    }
}

static LANGUAGES: LazyLock<[Modes; 2]> = LazyLock::new(|| ["en", "xx"].map(Modes::of));

/// Panics where a law is broken.
pub(crate) fn hold(text: &str) {
    let two = text.split_once(SEPARATOR).map(|(first, second)| vec![first, second]);
    for fields in [Some(vec![text]), two].into_iter().flatten() {
        for Modes { marking, keeping } in LANGUAGES.iter() {
            let kept = tokens(keeping, &fields);
            let marked = tokens(marking, &fields);
            assert!(kept.iter().map(|token| token.replace(' ', "▁")).eq(marked.iter().cloned()));
            vocabulary(keeping, &fields, &kept);
            vocabulary(marking, &fields, &marked);
        }
    }
}

fn tokens(pipeline: &TextPipeline, fields: &[&str]) -> Vec<String> {
    let tokens = pipeline.tokenizer().tokenize(fields);
    assert_eq!(tokens, pipeline.tokenizer().tokenize(fields));
    for token in &tokens {
        assert!(!token.is_empty());
        assert!(!token.contains(' ') || token.chars().all(is_space), "{token:?}");
    }
    // `aaa` becomes `xxrep 3 a`, `AB/` becomes `xxup ab /`: two to three bytes from one.
    let bytes = |texts: &mut dyn Iterator<Item = usize>| texts.sum::<usize>();
    let before = bytes(&mut fields.iter().map(|field| field.len()));
    let after = bytes(&mut tokens.iter().map(String::len));
    assert!(after <= 4 * before + 64, "{after} bytes of tokens from {before}");
    tokens
}

/// White space as Python has it: the four separators of ASCII, too.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

fn vocabulary(pipeline: &TextPipeline, fields: &[&str], tokens: &[String]) {
    let document = fields.iter().map(|&field| field.to_owned()).collect();
    let Ok(pipeline) = pipeline.rebuild(&ALL_TOKENS, [Ok::<_, Infallible>(document)]);
    let vocab = pipeline.vocab();
    let mut ids = pipeline.encode(fields);
    assert_eq!(ids.len(), tokens.len());
    for (&id, token) in ids.iter().zip(tokens) {
        match token.as_str() {
            FAKE => assert_eq!(id, UNK_ID),
            token => assert_eq!(vocab.token(id), token),
        }
    }

    let json = serde_json::to_string(vocab).expect("a list of strings");
    let again: Vocab = serde_json::from_str(&json).expect("what was written");
    assert_eq!(&again, vocab);
    assert_eq!(serde_json::to_string(&again).expect("a list of strings"), json);

    let _ = pipeline.decode(&ids);
    ids.reverse(); // as a network might write them: marks behind their words, or at the end
    let _ = pipeline.decode(&ids);
}
