//! The second pass: special cases found again among the tokens of a text.

use rustc_hash::FxHashMap;

use super::Span;
use super::sketch::Sketch;
use super::special_cases::{self, SpecialCases};

/// A tree of token sequences.
#[derive(Debug)]
pub(super) struct Phrases {
    nodes: Vec<Node>,
    /// Of first tokens: rules out most others without a look-up.
    first: Sketch,
}

#[derive(Debug, Default)]
struct Node {
    next: FxHashMap<Box<str>, usize>,
    is_end: bool,
}

/// Scratch for the work on one text.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// Matches as ranges of tokens.
    matches: Vec<(usize, usize)>,
    seen: Vec<bool>,
    tokens: Vec<Span>,
}

impl Default for Phrases {
    fn default() -> Self {
        Self { nodes: vec![Node::default()], first: Sketch::default() }
    }
}

impl Phrases {
    /// Adds the tokens that a special case of `length` tokens falls into.
    pub(super) fn add<'t>(
        &mut self,
        tokens: impl ExactSizeIterator<Item = &'t str>,
        length: usize,
    ) {
        if tokens.len() == 1 && length == 1 {
            return; // to put it back would change nothing, nor can it stand in the way of a longer one
        }
        let mut node = 0;
        for token in tokens {
            if node == 0 {
                self.first.add(token);
            }
            let new = self.nodes.len();
            node = *self.nodes[node].next.entry(token.into()).or_insert(new);
            if node == new {
                self.nodes.push(Node::default());
            }
        }
        self.nodes[node].is_end = true;
    }

    /// Gives the special cases among `tokens` their form again: the longest first, of equally long
    /// ones the first, none that touches one looked at before.
    pub(super) fn restore(
        &self,
        text: &str,
        tokens: &mut Vec<Span>,
        special_cases: &SpecialCases,
        scratch: &mut Scratch,
    ) {
        let Scratch { matches, seen, tokens: restored } = scratch;
        matches.clear();
        self.find(text, tokens, matches);
        if matches.is_empty() {
            return;
        }
        matches.sort_unstable_by_key(|(start, end)| (std::cmp::Reverse(end - start), *start));
        seen.clear();
        seen.resize(tokens.len(), false);
        matches.retain(|&(start, end)| {
            let free = !seen[start] && !seen[end - 1];
            // As in spaCy, a match that is passed over still blocks its tokens.
            seen[start..end].fill(true);
            free
        });
        matches.sort_unstable();

        restored.clear();
        let mut done = 0;
        for &(start, end) in &*matches {
            let whole = Span { start: tokens[start].start, end: tokens[end - 1].end };
            // White space between the tokens makes it another text.
            let Some(lengths) = special_cases.get(whole.of(text)) else {
                continue;
            };
            restored.extend_from_slice(&tokens[done..start]);
            special_cases::push(whole.start, lengths, restored);
            done = end;
        }
        restored.extend_from_slice(&tokens[done..]);
        std::mem::swap(tokens, restored);
    }

    /// Every phrase at every place.
    fn find(&self, text: &str, tokens: &[Span], matches: &mut Vec<(usize, usize)>) {
        for start in 0..tokens.len() {
            if !self.first.may_have(tokens[start].of(text)) {
                continue;
            }
            let mut node = &self.nodes[0];
            for (end, token) in tokens.iter().enumerate().skip(start) {
                let Some(next) = node.next.get(token.of(text)) else {
                    break;
                };
                node = &self.nodes[*next];
                if node.is_end {
                    matches.push((start, end + 1));
                }
            }
        }
    }
}
