//! The n-grams that a model knows, each with its column.

use super::config::{NgramConfig, NgramLimits, NgramRange};
use super::scan::{Gram, Kind, Scratch, hash, is_of_words, scan, split};
use crate::text::chars::push_lower;
use crate::text::{TextError, TokenId};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;

/// The file in a model folder.
const NGRAMS_FILE: &str = "ngrams.json";
/// The longest n-grams of words and of characters that a file may ask for: a text has as many
/// n-grams of each length as it has words or characters.
const LONGEST: [usize; 2] = [5, 10];
/// Most characters of the shortest n-gram within a word: the shortest word has one and two spaces.
const WHOLE_WORD: usize = 3;
/// Documents of a task that counts.
const CHUNK: usize = 512;

/// A part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldBytes {
    /// The field, from 0.
    pub field: usize,
    /// Bytes of the field.
    pub bytes: Range<usize>,
}

/// N-grams and their columns: first those of words, then those of characters, each in
/// alphabetical order. Cheap to clone, safe to share.
#[derive(Clone, Debug)]
pub struct NgramVocab(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: NgramConfig,
    /// By column.
    grams: Vec<String>,
    /// How many of them are of words.
    words: usize,
    columns: FxHashMap<u64, TokenId>,
}

/// `ngrams.json`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    lengths: NgramConfig,
    words: Vec<String>,
    chars: Vec<String>,
}

/// What is known of an n-gram while documents are counted.
#[derive(Clone, Copy)]
struct Seen {
    documents: u32,
    first: u32,
    last: u32,
}

type Counts = FxHashMap<u64, Seen>;

impl NgramVocab {
    /// The n-grams of these documents, each a list of fields. The result does not depend on the
    /// number of threads.
    pub fn build<T, S>(config: NgramConfig, limits: &NgramLimits, documents: &[T]) -> Self
    where
        T: AsRef<[S]> + Sync,
        S: AsRef<str> + Sync,
    {
        let counts = count(config, documents);
        let mut chosen: Vec<(u32, u64)> = Vec::new(); // first document, hash
        for of_words in [true, false] {
            let kept = counts.iter().filter(|&(&hash, seen)| {
                is_of_words(hash) == of_words && seen.documents as usize >= limits.min_documents
            });
            let mut kept: Vec<_> =
                kept.map(|(&hash, seen)| (Reverse(seen.documents), hash, seen.first)).collect();
            kept.sort_unstable();
            kept.truncate(limits.max_features);
            chosen.extend(kept.into_iter().map(|(_, hash, first)| (first, hash)));
        }
        drop(counts);
        let (words, chars) = spelled(config, documents, chosen);
        Self::index(config, words, chars)
    }

    fn index(config: NgramConfig, words: Vec<String>, chars: Vec<String>) -> Self {
        let hashes = (words.iter().map(|gram| hash(Kind::Words, gram)))
            .chain(chars.iter().map(|gram| hash(Kind::Chars, gram)));
        let columns = hashes.zip(0..).collect();
        let (count, grams) = (words.len(), words.into_iter().chain(chars).collect());
        Self(Arc::new(Inner { config, grams, words: count, columns }))
    }

    /// Which n-grams a text has.
    pub fn config(&self) -> NgramConfig {
        self.0.config
    }

    /// Number of columns.
    #[allow(clippy::len_without_is_empty, reason = "texts without a character do not train")]
    pub fn len(&self) -> usize {
        self.0.grams.len()
    }

    /// The columns of n-grams of words, and those of characters.
    pub fn blocks(&self) -> [Range<usize>; 2] {
        [0..self.0.words, self.0.words..self.len()]
    }

    /// The n-gram of a column; those of words have a space between two words.
    ///
    /// # Panics
    /// If there is no such column.
    pub fn gram(&self, id: TokenId) -> &str {
        &self.0.grams[id as usize]
    }

    /// Whether a column's n-gram is a word, or at least three letters of one.
    pub fn is_word(&self, id: TokenId) -> bool {
        let letters = self.gram(id).chars().filter(|c| c.is_alphanumeric()).count();
        letters >= if (id as usize) < self.0.words { 1 } else { 3 }
    }

    /// The columns of a document in rising order, each as often as its n-gram occurs; what has no
    /// column is left out.
    pub fn encode(&self, fields: &[impl AsRef<str>]) -> Vec<TokenId> {
        let (mut ids, mut lower, mut scratch) = (Vec::new(), String::new(), Scratch::default());
        for field in fields {
            lower.clear();
            push_lower(field.as_ref(), &mut lower);
            scan(&lower, &self.0.config, &mut scratch, &mut |gram| {
                ids.extend(self.0.columns.get(&gram.hash));
            });
        }
        ids.sort_unstable();
        ids
    }

    /// [`encode`](Self::encode) of every document, on all cores, in the same order.
    pub fn encode_all<T, S>(&self, documents: &[T]) -> Vec<Vec<TokenId>>
    where
        T: AsRef<[S]> + Sync,
        S: AsRef<str>,
    {
        documents.par_iter().map(|fields| self.encode(fields.as_ref())).collect()
    }

    /// Where the words of a document are, and other characters that are visible, in their order.
    pub fn words(&self, fields: &[impl AsRef<str>]) -> Vec<FieldBytes> {
        let mut found = Vec::new();
        for (field, text) in fields.iter().enumerate() {
            let mut tokens = Vec::new();
            split(text.as_ref(), &mut tokens);
            found.extend(tokens.into_iter().map(|bytes| FieldBytes { field, bytes }));
        }
        found
    }

    /// The column of every n-gram of a document that has one, and where it is.
    pub fn places(&self, fields: &[impl AsRef<str>]) -> Vec<(TokenId, FieldBytes)> {
        let (mut found, mut scratch) = (Vec::new(), Scratch::default());
        for (field, text) in fields.iter().enumerate() {
            let (lower, sources) = lowered(text.as_ref());
            scan(&lower, &self.0.config, &mut scratch, &mut |gram| {
                if let Some(&id) = self.0.columns.get(&gram.hash) {
                    let bytes = sources[gram.bytes.start]..sources[gram.bytes.end];
                    found.push((id, FieldBytes { field, bytes }));
                }
            });
        }
        found
    }

    /// Name and content of the file that a model folder needs.
    ///
    /// # Panics
    /// Never: strings serialise.
    pub fn files(&self) -> Vec<(&'static str, Vec<u8>)> {
        let [words, chars] = self.blocks().map(|block| self.0.grams[block].to_vec());
        let file = File { lengths: self.0.config, words, chars };
        vec![(NGRAMS_FILE, serde_json::to_vec(&file).expect("strings serialise"))]
    }

    /// Reads that file; `read` gives the content of a file by name.
    ///
    /// # Errors
    /// [`TextError`] when it cannot be read, asks for n-grams of impossible lengths, or has one
    /// twice.
    pub fn from_files(read: impl Fn(&str) -> std::io::Result<Vec<u8>>) -> Result<Self, TextError> {
        let name = NGRAMS_FILE;
        let bytes = read(name).map_err(|source| TextError::Read { name, source })?;
        let File { lengths, words, chars } =
            serde_json::from_slice(&bytes).map_err(|source| TextError::Json { name, source })?;
        for (what, range, longest, shortest) in [
            ("words", lengths.words, LONGEST[0], LONGEST[0]),
            ("chars", lengths.chars, LONGEST[1], WHOLE_WORD),
        ] {
            let NgramRange { least, most } = range;
            if !(1..=shortest).contains(&least) || !(least..=longest).contains(&most) {
                return Err(TextError::NgramLengths { what, least, most, shortest, longest });
            }
        }
        if TokenId::try_from(words.len() + chars.len()).is_err() {
            return Err(TextError::VocabSize { size: words.len() + chars.len() });
        }
        let this = Self::index(lengths, words, chars);
        // of two of one hash the column of the last is kept
        for (id, gram) in (0..).zip(&this.0.grams) {
            let kind = if id < this.0.words { Kind::Words } else { Kind::Chars };
            if this.0.columns[&hash(kind, gram)] as usize != id {
                return Err(TextError::NgramTwice { gram: gram.clone() });
            }
        }
        Ok(this)
    }
}

/// Counts the documents of each n-gram.
fn count<T, S>(config: NgramConfig, documents: &[T]) -> Counts
where
    T: AsRef<[S]> + Sync,
    S: AsRef<str> + Sync,
{
    let add = |mut counts: Counts, (chunk, documents): (usize, &[T])| {
        let (mut lower, mut scratch) = (String::new(), Scratch::default());
        for (number, document) in (chunk * CHUNK..).zip(documents) {
            let number = number as u32;
            for field in document.as_ref() {
                lower.clear();
                push_lower(field.as_ref(), &mut lower);
                scan(&lower, &config, &mut scratch, &mut |gram| {
                    let new = Seen { documents: 1, first: number, last: number };
                    let seen = counts.entry(gram.hash).or_insert(new);
                    if seen.last != number {
                        seen.documents += 1;
                        seen.last = number;
                    }
                });
            }
        }
        counts
    };
    // sums and minima, so that it does not matter who counted what
    let merge = |mut one: Counts, mut other: Counts| {
        if one.len() < other.len() {
            std::mem::swap(&mut one, &mut other);
        }
        for (hash, seen) in other {
            let sum = one.entry(hash).or_insert(Seen { documents: 0, ..seen });
            sum.documents += seen.documents;
            sum.first = sum.first.min(seen.first);
        }
        one
    };
    let chunks = documents.par_chunks(CHUNK).enumerate();
    chunks.fold(Counts::default, add).reduce(Counts::default, merge)
}

/// The texts of the chosen n-grams, those of words and those of characters, in alphabetical order.
fn spelled<T, S>(
    config: NgramConfig,
    documents: &[T],
    mut chosen: Vec<(u32, u64)>,
) -> (Vec<String>, Vec<String>)
where
    T: AsRef<[S]> + Sync,
    S: AsRef<str> + Sync,
{
    chosen.sort_unstable();
    let of_document: Vec<&[(u32, u64)]> = chosen.chunk_by(|a, b| a.0 == b.0).collect();
    let spell = |wanted: &&[(u32, u64)]| {
        let mut missing: FxHashSet<u64> = wanted.iter().map(|&(_, hash)| hash).collect();
        let (mut found, mut lower, mut scratch) = (Vec::new(), String::new(), Scratch::default());
        for field in documents[wanted[0].0 as usize].as_ref() {
            lower.clear();
            push_lower(field.as_ref(), &mut lower);
            scan(&lower, &config, &mut scratch, &mut |gram: Gram| {
                if missing.remove(&gram.hash) {
                    found.push((gram.kind, gram.spell(&lower)));
                }
            });
        }
        found
    };
    let found: Vec<(Kind, String)> = of_document.par_iter().flat_map_iter(spell).collect();
    let (mut words, mut chars) = (Vec::new(), Vec::new());
    for (kind, gram) in found {
        match kind {
            Kind::Words => words.push(gram),
            Kind::Chars => chars.push(gram),
        }
    }
    words.sort_unstable();
    chars.sort_unstable();
    (words, chars)
}

/// A text in small letters, and for each of its bytes, and its end, where that is in the text.
fn lowered(text: &str) -> (String, Vec<usize>) {
    let mut lower = String::new();
    push_lower(text, &mut lower);
    let (mut sources, mut alone) = (Vec::with_capacity(lower.len() + 1), String::new());
    for (at, c) in text.char_indices() {
        alone.clear();
        push_lower(c.encode_utf8(&mut [0; 4]), &mut alone); // a sigma is as long at a word's end
        sources.extend(std::iter::repeat_n(at, alone.len()));
    }
    sources.push(text.len());
    (lower, sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: NgramLimits = NgramLimits { min_documents: 1, max_features: usize::MAX };

    fn documents(texts: &[&str]) -> Vec<Vec<String>> {
        texts.iter().map(|text| vec![(*text).to_owned()]).collect()
    }

    fn build(texts: &[&str], limits: &NgramLimits) -> NgramVocab {
        NgramVocab::build(NgramConfig::default(), limits, &documents(texts))
    }

    #[test]
    fn columns_are_in_order_and_counted() {
        let vocab = build(&["A cat", "a cat a"], &ALL);
        let words = ["a", "a cat", "cat", "cat a"];
        assert_eq!(vocab.blocks(), [0..4, 4..vocab.len()]);
        assert_eq!((0..4).map(|id| vocab.gram(id)).collect::<Vec<_>>(), words);
        let chars: Vec<&str> = (4..vocab.len() as u32).map(|id| vocab.gram(id)).collect();
        assert!(chars.is_sorted() && chars.contains(&" cat ") && chars.contains(&"at "));
        assert_eq!(vocab.encode(&["cat a dog a"])[..4], [0, 0, 2, 3]);
        assert!(vocab.encode(&["cat", "a"]).iter().all(|&id| vocab.gram(id) != "cat a"));
        assert!(vocab.is_word(0) && !vocab.is_word(4), "{}", vocab.gram(4));
        assert!(vocab.encode(&[""; 0]).is_empty());
    }

    #[test]
    fn the_most_frequent_are_kept() {
        let texts = ["one two", "two three", "three two"];
        let words = |limits: &NgramLimits| {
            let vocab = build(&texts, limits);
            let [words, _] = vocab.blocks();
            words.map(|id| vocab.gram(id as u32).to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(words(&NgramLimits { min_documents: 2, ..ALL }), ["three", "two"]);
        assert_eq!(words(&NgramLimits { max_features: 1, ..ALL }), ["two"]);
    }

    #[test]
    fn threads_change_nothing() {
        let texts: Vec<String> =
            (0..2000).map(|n| format!("Word{} and w{} {}", n % 97, n % 13, n * n % 31)).collect();
        let documents: Vec<[&str; 1]> = texts.iter().map(|text| [text.as_str()]).collect();
        let limits = NgramLimits { min_documents: 2, max_features: 300 };
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| NgramVocab::build(NgramConfig::default(), &limits, &documents).files())
        };
        let alone = with(1);
        assert!(with(2) == alone && with(3) == alone);
    }

    #[test]
    fn places_are_those_of_the_text() {
        let fields = ["İstanbul ISN'T", "ΣΑΣ big"];
        let vocab = NgramVocab::build(NgramConfig::default(), &ALL, &[fields]);
        let places = vocab.places(&fields);
        let mut ids: Vec<u32> = places.iter().map(|(id, _)| *id).collect();
        ids.sort_unstable();
        assert_eq!(ids, vocab.encode(&fields));
        let text = |gram: &str| {
            let (_, place) = places.iter().find(|(id, _)| vocab.gram(*id) == gram).unwrap();
            &fields[place.field][place.bytes.clone()]
        };
        assert_eq!(text("isn '"), "ISN'");
        assert_eq!(text("tanbu"), "tanbu");
        assert_eq!(text("ς "), "Σ");
        assert_eq!(text("big"), "big");
    }

    #[test]
    fn stored_in_a_file_that_is_checked() {
        let vocab = build(&["some \"words\" ü", "more"], &ALL);
        let [(name, bytes)] = vocab.files().try_into().unwrap();
        assert_eq!(name, "ngrams.json");
        let again = NgramVocab::from_files(|_| Ok(bytes.clone())).unwrap();
        assert_eq!(again.files(), vocab.files());
        assert_eq!(again.encode(&["Some more"]), vocab.encode(&["some more"]));
        for (text, message) in [
            (
                r#"{"lengths":{"words":{"least":1,"most":2},"chars":{"least":2,"most":5}},"words":["a","a"],"chars":[]}"#,
                "`a` is listed twice",
            ),
            (
                r#"{"lengths":{"words":{"least":1,"most":2},"chars":{"least":2,"most":5}},"words":[],"chars":["b","a","b"]}"#,
                "`b` is listed twice",
            ),
            (
                r#"{"lengths":{"words":{"least":1,"most":6},"chars":{"least":2,"most":5}},"words":[],"chars":[]}"#,
                "n-grams of words of 1 to 6",
            ),
            (
                r#"{"lengths":{"words":{"least":1,"most":2},"chars":{"least":4,"most":5}},"words":[],"chars":[]}"#,
                "n-grams of chars of 4 to 5",
            ),
            (
                r#"{"lengths":{"words":{"least":0,"most":2},"chars":{"least":2,"most":5}},"words":[],"chars":[]}"#,
                "n-grams of words of 0 to 2",
            ),
            (r#"{"words":[],"chars":[]}"#, "missing field `lengths`"),
            ("[", "EOF"),
        ] {
            let found = NgramVocab::from_files(|_| Ok(text.as_bytes().to_vec()));
            let error = found.map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(message) && error.starts_with("ngrams.json: "), "{error}");
        }
        let missing = |_: &str| Err(std::io::ErrorKind::NotFound.into());
        assert!(NgramVocab::from_files(missing).is_err());
    }
}
