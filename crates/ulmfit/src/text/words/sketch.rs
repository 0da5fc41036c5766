//! A set of strings that knows only their first bytes and lengths: two loads instead of a look-up.

/// Says no to most strings that are not in it, and never to one that is.
#[derive(Clone, Debug)]
pub(super) struct Sketch {
    /// By first byte: bit `n` for a length of `n`, the last bit for all greater ones.
    lengths: [u32; 256],
}

impl Default for Sketch {
    fn default() -> Self {
        Self { lengths: [0; 256] }
    }
}

impl Sketch {
    pub(super) fn add(&mut self, text: &str) {
        if let Some(first) = text.bytes().next() {
            self.lengths[usize::from(first)] |= bit(text);
        }
    }

    #[inline]
    pub(super) fn may_have(&self, text: &str) -> bool {
        text.bytes().next().is_some_and(|first| self.lengths[usize::from(first)] & bit(text) != 0)
    }
}

fn bit(text: &str) -> u32 {
    1 << text.len().min(31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_denies_a_member() {
        let long = "x".repeat(100);
        let mut sketch = Sketch::default();
        for text in ["don't", "é", &long] {
            sketch.add(text);
        }
        for text in ["don't", "é", &long] {
            assert!(sketch.may_have(text));
        }
        for text in ["", "d", "do", "x"] {
            assert!(!sketch.may_have(text), "{text}");
        }
    }
}
