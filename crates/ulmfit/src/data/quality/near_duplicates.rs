//! Duplicates and near-duplicates.

use std::collections::{BTreeSet, HashMap};

use rayon::prelude::*;

/// Which texts repeat an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicates {
    /// For each text the first one with the same words (itself if there is none before).
    pub exact: Vec<usize>,
    /// For each text the first one of its group of near duplicates, exact ones included.
    pub near: Vec<usize>,
}

/// Numbers a text is summed up by.
const HASHES: usize = 64;
/// Hashes that must agree for two texts to be compared.
const BAND: usize = 4;
/// Words that are looked at together.
const SHINGLE: usize = 3;
/// Share of hashes in common that is worth a comparison word by word.
const WORTH_A_LOOK: f64 = 0.6;
/// Share of common three-word sequences that makes near duplicates.
const ALIKE: f64 = 0.8;

type Signature = [u32; HASHES];

/// Finds repeated texts in time linear in their length.
///
/// Texts are equal if their words are, without case, spaces and punctuation. They are near
/// duplicates if of all three-word sequences in either at least 80 % are in both. Candidates
/// come from MinHash (Broder 1997): pairs that agree in one of 16 bands of four hashes, as
/// 999 in 1000 pairs at 80 % do. A changed word costs three sequences, so short texts that
/// differ in a word are not near duplicates.
///
/// Groups are named by their first member; the order of texts alone decides.
pub fn find_duplicates<S: AsRef<str> + Sync>(texts: &[S]) -> Duplicates {
    let (hashes, signatures): (Vec<u128>, Vec<Option<Signature>>) =
        texts.par_iter().map(|text| summary(text.as_ref())).unzip();

    let mut first: HashMap<u128, usize> = HashMap::with_capacity(texts.len());
    let exact: Vec<usize> =
        hashes.iter().enumerate().map(|(at, hash)| *first.entry(*hash).or_insert(at)).collect();

    let mut near = exact.clone(); // parent links of a forest, always to earlier texts
    let mut bands: HashMap<(usize, &[u32]), usize> = HashMap::new();
    for (at, signature) in signatures.iter().enumerate() {
        let Some(signature) = signature.as_ref().filter(|_| exact[at] == at) else {
            continue;
        };
        for (band, rows) in signature.chunks_exact(BAND).enumerate() {
            let other = *bands.entry((band, rows)).or_insert(at);
            let (a, b) = (root(&near, at), root(&near, other));
            let likely = || {
                signatures[other]
                    .as_ref()
                    .is_some_and(|other| agreement(signature, other) >= WORTH_A_LOOK)
            };
            if a != b && likely() && common(texts[at].as_ref(), texts[other].as_ref()) >= ALIKE {
                near[a.max(b)] = a.min(b);
            }
        }
    }
    for at in 0..near.len() {
        near[at] = root(&near, at);
    }
    Duplicates { exact, near }
}

fn root(links: &[usize], mut at: usize) -> usize {
    while links[at] != at {
        at = links[at];
    }
    at
}

/// An estimate of [`common`].
fn agreement(a: &Signature, b: &Signature) -> f64 {
    a.iter().zip(b).filter(|(a, b)| a == b).count() as f64 / HASHES as f64
}

/// The share of common sequences among all (Jaccard).
fn common(a: &str, b: &str) -> f64 {
    let set = |text| words(text).windows(SHINGLE).map(sequence).collect::<BTreeSet<u64>>();
    let (a, b) = (set(a), set(b));
    let both = a.intersection(&b).count();
    both as f64 / (a.len() + b.len() - both).max(1) as f64
}

/// A hash of all words, and the MinHash of their sequences; texts of less than three words have
/// none.
fn summary(text: &str) -> (u128, Option<Signature>) {
    let words = words(text);
    let fold = |seed: u64| words.iter().fold(seed, |hash, word| mix(hash ^ word));
    let all = (u128::from(fold(1)) << 64) | u128::from(fold(2));
    if words.is_empty() {
        // Texts of signs only have no words; they are equal if their characters are.
        let signs = |seed| text.trim().chars().fold(seed, |hash, c| mix(hash ^ u64::from(c)));
        return ((u128::from(signs(3)) << 64) | u128::from(signs(4)), None);
    }
    if words.len() < SHINGLE {
        return (all, None);
    }
    let mut signature = [u32::MAX; HASHES];
    for shingle in words.windows(SHINGLE).map(sequence) {
        for (least, (factor, offset)) in signature.iter_mut().zip(&FAMILY) {
            let hash = (shingle.wrapping_mul(*factor).wrapping_add(*offset) >> 32) as u32;
            *least = (*least).min(hash);
        }
    }
    (all, Some(signature))
}

/// A number of the words of a text: equal for [exact duplicates](Duplicates::exact). A blank text has
/// none.
pub(crate) fn words_hash(text: &str) -> Option<u64> {
    let blank = text.trim().is_empty();
    (!blank).then(|| (summary(text).0 >> 64) as u64)
}

fn words(text: &str) -> Vec<u64> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| {
            word.chars().flat_map(char::to_lowercase).fold(0, |hash, c| mix(hash ^ u64::from(c)))
        })
        .collect()
}

fn sequence(words: &[u64]) -> u64 {
    words.iter().fold(0, |hash, word| mix(hash ^ word))
}

/// Factors and offsets of a cheap family of hashes: multiply, add, keep the upper half
/// (Dietzfelbinger 1996).
const FAMILY: [(u64, u64); HASHES] = {
    let mut family = [(0, 0); HASHES];
    let mut n = 0;
    while n < HASHES {
        family[n] = (mix(n as u64) | 1, mix(!(n as u64)));
        n += 1;
    }
    family
};

/// The finaliser of SplitMix64 (Steele, Lea & Flood 2014): every bit reaches every other.
const fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use ulmfit_ops::Key;

    use super::*;

    #[test]
    fn equal_words_are_exact_duplicates() {
        let found = find_duplicates(&[
            "Hello, World!",
            "other",
            "hello world",
            "!!!",
            "???",
            " !!!",
            "",
            " ",
        ]);
        assert_eq!(found.exact, [0, 1, 0, 3, 4, 3, 6, 6]);
        assert_eq!(found.near, found.exact);
    }

    /// 200 texts of 100 random words, each with a copy that has two words changed.
    #[test]
    fn near_copies_are_found_and_strangers_are_not() {
        let word = |n: usize| format!("w{n}");
        let mut texts = Vec::new();
        for n in 0..200 {
            let mut words: Vec<String> =
                Key::new(n).permutation(5000)[..100].iter().map(|n| word(*n)).collect();
            texts.push(words.join(" "));
            (words[20], words[70]) = (word(9001), word(9002));
            texts.push(words.join(" "));
        }
        let found = find_duplicates(&texts);
        assert_eq!(found.exact, (0..400).collect::<Vec<_>>());
        let caught = (0..200).filter(|n| found.near[2 * n + 1] == 2 * n).count();
        assert_eq!(caught, 200);
        assert!((0..200).all(|n| found.near[2 * n] == 2 * n), "strangers grouped");
    }

    #[test]
    fn equal_words_have_equal_numbers() {
        assert_eq!(words_hash("Hello, World!"), words_hash("hello world"));
        assert_ne!(words_hash("hello world"), words_hash("world hello"));
        assert_ne!(words_hash("!!!"), words_hash("???"));
        assert_eq!((words_hash(""), words_hash(" \n")), (None, None));
    }

    #[test]
    fn short_questions_differ() {
        let found =
            find_duplicates(&["What is the capital of Peru ?", "What is the capital of Chad ?"]);
        assert_eq!(found.near, [0, 1]);
    }
}
