//! Special cases: chunks whose tokens are fixed (`don't` is `do` `n't`, `:-)` is one token).

use rustc_hash::FxHashMap;

use super::sketch::Sketch;
use super::{Span, affixes, infixes::Infixes};
use crate::text::language::Language;
use crate::text::spacy_tables::{SpecialCaseTables, tables};
use crate::text::special;

/// By text: the lengths of the tokens, which together are the text.
#[derive(Debug, Default)]
pub(super) struct SpecialCases {
    lengths: FxHashMap<&'static str, Vec<usize>>,
    /// Rules out most texts without a look-up.
    sketch: Sketch,
}

impl SpecialCases {
    /// Those of a language, and the nine special tokens, which are never split.
    pub(super) fn of(language: Language) -> Self {
        let SpecialCaseTables { any, en } = &tables().special_cases;
        let english = (language == Language::English).then_some(en);
        let mut lengths = FxHashMap::default();
        for (text, tokens) in any.iter().chain(english.into_iter().flatten()) {
            lengths.insert(text.as_str(), tokens.iter().map(String::len).collect());
        }
        lengths.extend(special::ALL.map(|token| (token, vec![token.len()])));
        let mut sketch = Sketch::default();
        for text in lengths.keys() {
            sketch.add(text);
        }
        Self { lengths, sketch }
    }

    /// Lengths of the tokens of `text`, if it is a special case.
    #[inline]
    pub(super) fn get(&self, text: &str) -> Option<&[usize]> {
        if self.sketch.may_have(text) { self.lengths.get(text).map(Vec::as_slice) } else { None }
    }

    /// Cases that the splitting of affixes and infixes would break where something is attached to
    /// them, with the number of tokens they should have.
    pub(super) fn torn_apart(&self, infixes: &Infixes) -> Vec<(&'static str, usize)> {
        let is_torn = |text: &str| {
            affixes::prefix_length(text) > 0
                || affixes::suffix_length(text) > 0
                || infixes.is_in(text)
                || text.contains(' ')
        };
        let cases = self.lengths.iter().map(|(text, lengths)| (*text, lengths.len()));
        cases.filter(|(text, _)| is_torn(text)).collect()
    }
}

/// Pushes tokens of these lengths, the first at `start`.
pub(super) fn push(mut start: usize, lengths: &[usize], tokens: &mut Vec<Span>) {
    for length in lengths {
        tokens.push(Span { start, end: start + length });
        start += length;
    }
}
