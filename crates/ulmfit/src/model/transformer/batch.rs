//! A batch of texts without padding; long texts are cut into pieces.

use super::TransformerConfig;
use crate::text::Frame;
use std::borrow::Cow;

/// Token ids of some texts, as an encoder reads them.
///
/// A text that is longer than a piece is cut into pieces of nearly equal length, which are read
/// separately. The mean is over the states of all pieces, so each piece is weighted by its length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextBatch {
    /// Ids of all pieces, concatenated, `[N]`.
    pub ids: Vec<u32>,
    /// Position of each token in its piece, `[N]`.
    pub positions: Vec<u32>,
    /// Tokens of each piece; they add up to `N`.
    pub pieces: Vec<usize>,
    /// Tokens of each text in all its pieces; they add up to `N`.
    pub texts: Vec<usize>,
}

impl TextBatch {
    /// Cuts the texts into pieces and adds the special tokens around each. `texts` are ids without special
    /// tokens.
    ///
    /// # Panics
    /// If a piece has no room for a token besides the special ones.
    pub fn new(texts: &[&[u32]], config: &TransformerConfig) -> Self {
        assert!(config.piece > 2, "pieces of {} tokens", config.piece);
        let (room, frame) = (config.piece - 2, config.frame);
        let mut batch =
            Self { ids: Vec::new(), positions: Vec::new(), pieces: Vec::new(), texts: Vec::new() };
        for text in texts {
            let before = batch.ids.len();
            let pieces = text.len().div_ceil(room).max(1);
            let length = text.len().div_ceil(pieces).max(1);
            if text.is_empty() {
                batch.push(&[], frame);
            }
            text.chunks(length).for_each(|piece| batch.push(piece, frame));
            batch.texts.push(batch.ids.len() - before);
        }
        batch
    }

    /// The pieces in order, in batches of at most `tokens` tokens or a single piece. Which text a piece is of is not kept:
    /// each part is a single text.
    pub(super) fn parts(&self, tokens: usize) -> Vec<Cow<'_, Self>> {
        if self.ids.len() <= tokens {
            return vec![Cow::Borrowed(self)];
        }
        let (mut parts, mut start) = (Vec::new(), 0);
        let (mut pieces, mut length) = (Vec::new(), 0);
        for (n, &piece) in self.pieces.iter().enumerate() {
            pieces.push(piece);
            length += piece;
            if self.pieces.get(n + 1).is_none_or(|next| length + next > tokens) {
                let rows = start..start + length;
                parts.push(Cow::Owned(Self {
                    ids: self.ids[rows.clone()].to_vec(),
                    positions: self.positions[rows].to_vec(),
                    pieces: std::mem::take(&mut pieces),
                    texts: vec![length],
                }));
                start += std::mem::take(&mut length);
            }
        }
        parts
    }

    /// The rows of some tokens of each text, by their numbers in the text without frames.
    ///
    /// # Panics
    /// When a text lacks such a token.
    pub fn rows_of(&self, tokens: &[Vec<usize>]) -> Vec<u32> {
        let (mut pieces, mut start, mut rows) = (self.pieces.iter(), 0, Vec::new());
        for (&length, tokens) in self.texts.iter().zip(tokens) {
            let (end, mut of_text) = (start + length, Vec::with_capacity(length));
            while start < end {
                let piece = pieces.next().expect("pieces add up to texts");
                of_text.extend(start as u32 + 1..(start + piece) as u32 - 1);
                start += piece;
            }
            rows.extend(tokens.iter().map(|&token| of_text[token]));
        }
        rows
    }

    fn push(&mut self, piece: &[u32], frame: Frame) {
        self.ids.push(frame.first);
        self.ids.extend_from_slice(piece);
        self.ids.push(frame.last);
        self.positions.extend(0..piece.len() as u32 + 2);
        self.pieces.push(piece.len() + 2);
    }
}

/// Groups consecutive texts of these lengths into batches of at most `tokens` tokens; a longer text is a
/// batch by itself.
pub(super) fn runs(lengths: &[usize], tokens: usize) -> Vec<std::ops::Range<usize>> {
    let (mut runs, mut start, mut sum) = (Vec::new(), 0, 0);
    for (n, &length) in lengths.iter().enumerate() {
        let length = length + 2;
        if n > start && sum + length > tokens {
            runs.push(start..n);
            (start, sum) = (n, 0);
        }
        sum += length;
    }
    if start < lengths.len() {
        runs.push(start..lengths.len());
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::transformer::VectorScale;

    #[test]
    fn parts_are_all_pieces_in_their_order() {
        let piece = |ids: &[u32]| -> (Vec<u32>, Vec<u32>) {
            (ids.to_vec(), (0..ids.len() as u32).collect())
        };
        let pieces =
            [piece(&[8, 1, 9]), piece(&[8, 2, 3, 9]), piece(&[8, 9]), piece(&[8, 4, 5, 6, 9])];
        let batch = TextBatch {
            ids: pieces.iter().flat_map(|(ids, _)| ids.clone()).collect(),
            positions: pieces.iter().flat_map(|(_, positions)| positions.clone()).collect(),
            pieces: pieces.iter().map(|(ids, _)| ids.len()).collect(),
            texts: vec![14],
        };
        assert_eq!(batch.parts(14).len(), 1);
        for (most, wanted) in [(7, &[7, 7][..]), (6, &[3, 6, 5]), (1, &[3, 4, 2, 5])] {
            let parts = batch.parts(most);
            let lengths: Vec<usize> = parts.iter().map(|part| part.ids.len()).collect();
            assert_eq!(lengths, wanted, "{most}");
            let all = |of: fn(&TextBatch) -> Vec<u32>| {
                parts.iter().flat_map(|part| of(part)).collect::<Vec<u32>>()
            };
            assert_eq!(all(|part| part.ids.clone()), batch.ids);
            assert_eq!(all(|part| part.positions.clone()), batch.positions);
            let pieces: Vec<usize> = parts.iter().flat_map(|part| part.pieces.clone()).collect();
            assert_eq!(pieces, batch.pieces);
        }
    }

    #[test]
    fn long_texts_are_cut_evenly_and_empty_ones_are_a_frame() {
        let config = TransformerConfig {
            vocab: 10,
            positions: 6,
            piece: 6,
            width: 2,
            layers: 1,
            heads: 1,
            inner: 2,
            eps: 1e-12,
            frame: Frame { first: 8, last: 9 },
            vectors: VectorScale::AsIs,
        };
        let batch = TextBatch::new(&[&[1, 2], &[], &[1, 2, 3, 4, 5]], &config);
        assert_eq!(batch.ids, [8, 1, 2, 9, 8, 9, 8, 1, 2, 3, 9, 8, 4, 5, 9]);
        assert_eq!(batch.positions, [0, 1, 2, 3, 0, 1, 0, 1, 2, 3, 4, 0, 1, 2, 3]);
        assert_eq!(batch.pieces, [4, 2, 5, 4]);
        assert_eq!(batch.texts, [4, 2, 9]);
        let rows = batch.rows_of(&[vec![1], vec![], vec![0, 2, 3, 4]]);
        assert_eq!(rows, [2, 7, 9, 12, 13]);
    }

    #[test]
    fn runs_are_full_but_a_long_text_is_one_of_its_own() {
        assert_eq!(runs(&[3, 3, 3, 90, 1], 10), [0..2, 2..3, 3..4, 4..5]);
        assert!(runs(&[], 10).is_empty());
    }
}
