//! Which tokens of a text are hidden from an encoder that learns to guess them.
//!
//! Devlin et al. 2019, <https://arxiv.org/abs/1810.04805>, section 3.1: of the chosen tokens four in five become the
//! mask, one in ten becomes any token, and one in ten stays as it is. A text has at least one chosen token, as in the
//! program of the paper.

use ulmfit_ops::Key;

/// Share of the chosen tokens that become the mask.
const MASKED: f64 = 0.8;
/// Share that become any token.
const RANDOM: f64 = 0.1;

/// Hides tokens of texts.
#[derive(Clone, Debug, PartialEq)]
pub struct WordMasker {
    /// Share of a text's tokens that are chosen.
    pub share: f64,
    /// Id of the mask.
    pub mask: u32,
    /// Number of tokens that a random one is drawn from.
    pub vocab: u32,
    /// Tokens that are never chosen: those with a meaning of their own.
    pub spared: Vec<u32>,
}

/// A text with hidden tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskedText {
    /// What the encoder reads.
    pub ids: Vec<u32>,
    /// Numbers of the chosen tokens, in order.
    pub places: Vec<usize>,
    /// What stood there.
    pub targets: Vec<u32>,
}

impl WordMasker {
    /// Whether a text has a token that may be chosen.
    pub fn can_mask(&self, text: &[u32]) -> bool {
        text.iter().any(|id| !self.spared.contains(id))
    }

    /// Chooses tokens by a key, and hides them.
    pub fn mask(&self, text: &[u32], key: Key) -> MaskedText {
        let mut places: Vec<usize> =
            (0..text.len()).filter(|&place| !self.spared.contains(&text[place])).collect();
        let count = ((self.share * places.len() as f64).round() as usize).max(1);
        let order = key.child(0).permutation(places.len());
        places = order.into_iter().take(count).map(|at| places[at]).collect();
        places.sort_unstable();
        let mut ids = text.to_vec();
        for (n, &place) in places.iter().enumerate() {
            let key = key.child(1).child(n as u64);
            let draw = key.child(0).uniform();
            if draw < MASKED {
                ids[place] = self.mask;
            } else if draw < MASKED + RANDOM {
                ids[place] = (key.child(1).uniform() * f64::from(self.vocab)) as u32;
            }
        }
        let targets = places.iter().map(|&place| text[place]).collect();
        MaskedText { ids, places, targets }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masker() -> WordMasker {
        WordMasker { share: 0.15, mask: 900, vocab: 1_000, spared: vec![7, 8] }
    }

    #[test]
    fn shares_are_those_of_the_paper() {
        let text: Vec<u32> = (0..200).collect();
        let (mut masked, mut random, mut kept) = (0, 0, 0);
        for n in 0..400 {
            let MaskedText { ids, places, targets } = masker().mask(&text, Key::new(n));
            assert_eq!(places.len(), 30); // of 198
            assert!(places.is_sorted() && !places.contains(&7) && !places.contains(&8));
            for (place, (&id, &was)) in ids.iter().zip(&text).enumerate() {
                let Ok(at) = places.binary_search(&place) else {
                    assert_eq!(id, was, "only chosen tokens change");
                    continue;
                };
                assert_eq!(targets[at], was);
                match id {
                    900 => masked += 1,
                    id if id == was => kept += 1,
                    _ => random += 1,
                }
            }
        }
        // 12,000 draws: four standard deviations are 1.5 and 1.1 points
        let share = |count: i32| f64::from(count) / 12_000.0;
        assert!((share(masked) - 0.8).abs() < 0.015, "{masked}");
        assert!((share(random) - 0.1).abs() < 0.011, "{random}");
        assert!((share(kept) - 0.1).abs() < 0.011, "{kept}");
    }

    #[test]
    fn a_mask_depends_on_its_key_alone_and_short_texts_have_one() {
        let text: Vec<u32> = (10..60).collect();
        assert_eq!(masker().mask(&text, Key::new(1)), masker().mask(&text, Key::new(1)));
        assert_ne!(masker().mask(&text, Key::new(1)), masker().mask(&text, Key::new(2)));
        assert_eq!(masker().mask(&[8, 3, 7], Key::new(1)).places, [1]);
        assert!(masker().can_mask(&[8, 3, 7]) && !masker().can_mask(&[8, 7]));
        assert!(!masker().can_mask(&[]));
    }
}
