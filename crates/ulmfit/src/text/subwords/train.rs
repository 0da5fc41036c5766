//! Learning pieces from texts.

use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use tokenizers::models::ModelWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::models::unigram::{Unigram, UnigramTrainer};

use super::{
    Counter, RuleBuffer, Rules, SPACE, TextConfig, TextError, TokenizerConfig, UNK, failed,
    is_space, special, special_tokens,
};
use crate::text::batches::Batches;
use crate::text::language::Language;

/// Text without spaces is learned from in parts of this many characters.
const LONGEST_WORD: usize = 64;

/// Counts the words of all documents, then learns the pieces they are made of.
pub(super) fn train<E: From<TextError>>(
    config: &TextConfig,
    documents: impl IntoIterator<Item = Result<Vec<String>, E>>,
) -> Result<ModelWrapper, E> {
    let language = Language::of(&config.language)?;
    let rules = Rules::new(language, config);
    let mut words = Counter::default();
    for batch in Batches::of(documents) {
        let batch = batch?;
        let parts: Vec<Counter> = batch
            .par_chunks(Batches::chunk(&batch))
            .map(|documents| count(documents, &rules))
            .collect();
        for part in parts {
            words.merge(part);
        }
    }
    let words = common_characters(&words, coverage(language));
    Ok(match config.tokenizer {
        TokenizerConfig::Bpe { vocab_size } => ModelWrapper::BPE(bpe(&words, vocab_size)?),
        TokenizerConfig::Unigram { vocab_size } => {
            ModelWrapper::Unigram(unigram(words, vocab_size)?)
        }
        TokenizerConfig::Words => return Err(TextError::NoSubwordModel { kind: "words" }.into()),
    })
}

fn count(documents: &[Vec<String>], rules: &Rules) -> Counter {
    let (mut counter, mut draft, mut word) =
        (Counter::default(), RuleBuffer::default(), String::new());
    for fields in documents {
        rules.apply(fields, &mut draft);
        let words = draft.text().split(is_space);
        for plain in words.filter(|word| !word.is_empty() && !special::ALL.contains(word)) {
            word.clear();
            word.push(SPACE);
            for (n, c) in plain.chars().enumerate() {
                if n > 0 && n % LONGEST_WORD == 0 {
                    counter.add(&word);
                    word.clear();
                }
                word.push(c);
            }
            counter.add(&word);
        }
    }
    counter
}

/// Share of all characters that pieces must be able to spell: SentencePiece's values, as fastai
/// sets them.
fn coverage(language: Language) -> f64 {
    if language == Language::Unspaced { 0.9998 } else { 0.99999 }
}

/// Cuts the rarest characters out, of which together no more than `1 - coverage` are in the texts,
/// and puts the words in an order that does not depend on where they stood.
fn common_characters(words: &Counter, coverage: f64) -> Vec<(String, u64)> {
    let mut characters = Counter::default();
    let words = words.most_common();
    for (word, count) in &words {
        for c in word.chars() {
            characters.add_times(c.encode_utf8(&mut [0; 4]), *count);
        }
    }
    let needed = (characters.total() as f64 * coverage).ceil() as u64;
    let mut covered = 0;
    let common = characters.most_common().into_iter().take_while(|(_, count)| {
        let more = covered < needed;
        covered += count;
        more
    });
    let common: std::collections::HashSet<char> =
        common.filter_map(|(c, _)| c.chars().next()).collect();

    let mut cut = Counter::default();
    for (word, count) in words {
        for part in word.split(|c| !common.contains(&c)).filter(|part| !part.is_empty()) {
            cut.add_times(part, count);
        }
    }
    let mut cut: Vec<(String, u64)> =
        cut.most_common().into_iter().map(|(word, count)| (word.to_owned(), count)).collect();
    cut.sort_unstable();
    cut
}

fn unigram(words: Vec<(String, u64)>, vocab_size: usize) -> Result<Unigram, TextError> {
    let trainer = UnigramTrainer::builder()
        .show_progress(false)
        .vocab_size(vocab_size as u32)
        .special_tokens(special_tokens())
        .unk_token(Some(UNK.to_owned()))
        .build()
        .map_err(|error| failed(&error))?;
    let sentences =
        words.into_iter().map(|(word, count)| (word, u32::try_from(count).unwrap_or(u32::MAX)));
    // On several threads the trainer adds up in the order in which they finish.
    let one_thread =
        ThreadPoolBuilder::new().num_threads(1).build().map_err(|error| failed(&error))?;
    let mut model = Unigram::default();
    one_thread
        .install(|| trainer.do_train(sentences.collect(), &mut model))
        .map_err(|error| failed(&*error))?;
    in_fixed_order(&model)
}

/// The trainer ranks letters that it found no use for in the order of a hash table. The same texts
/// shall give the same model: here such letters are ranked by code point.
fn in_fixed_order(model: &Unigram) -> Result<Unigram, TextError> {
    /// Between the scores of two such letters.
    const STEP: f64 = 1e-4;
    let (special, mut pieces): (Vec<_>, Vec<_>) =
        model.iter().cloned().partition(|(piece, _)| special::ALL.contains(&piece.as_str()));
    let lowest = pieces.iter().map(|(_, score)| *score).fold(f64::INFINITY, f64::min);
    let is_ranked = |(piece, score): &&mut (String, f64)| {
        let steps = (*score - lowest) / STEP;
        piece.chars().nth(1).is_none() && (steps - steps.round()).abs() < 1e-6
    };
    let mut ranked: Vec<&mut (String, f64)> = pieces.iter_mut().filter(is_ranked).collect();
    let mut scores: Vec<f64> = ranked.iter().map(|(_, score)| *score).collect();
    scores.sort_unstable_by(f64::total_cmp);
    ranked.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    for (letter, score) in ranked.into_iter().zip(scores) {
        letter.1 = score;
    }
    pieces.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let unk = special.iter().position(|(piece, _)| piece == UNK);
    let all = special.into_iter().chain(pieces).collect();
    Unigram::from(all, unk, false).map_err(|error| failed(&*error))
}

fn bpe(words: &[(String, u64)], vocab_size: usize) -> Result<BPE, TextError> {
    let trainer = BpeTrainer::builder()
        .show_progress(false)
        .vocab_size(vocab_size)
        .special_tokens(special_tokens())
        .build();
    let words = words.iter().map(|(word, count)| (word.as_str().into(), *count)).collect();
    let mut model = BPE::default();
    model.unk_token = Some(UNK.to_owned());
    trainer.do_train(&words, &mut model).map_err(|error| failed(&*error))?;
    Ok(model)
}
