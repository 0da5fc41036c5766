//! Windows of truncated back-propagation through time.

use serde::{Deserialize, Serialize};
use ulmfit_ops::Key;

/// How long the windows of truncated back-propagation through time are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Bptt {
    /// All `seq_len`, as in fastai.
    #[default]
    Fixed,
    /// Of random length, so that windows do not always end at the same words (Merity, Keskar &
    /// Socher 2017, section 5): around `seq_len` with probability 0.95, else around half of it,
    /// with standard deviation 5 and at least 5 tokens. Only shuffled epochs vary.
    Variable {
        /// Longest window, to bound memory; the authors have none.
        cap: Option<usize>,
    },
}

/// Windows of a row as in the authors' program: start, and length as drawn.
pub(crate) fn variable_windows(
    row: usize,
    base: usize,
    cap: Option<usize>,
    key: &Key,
) -> Vec<(usize, usize)> {
    const FULL: f64 = 0.95;
    const DEVIATION: f64 = 5.0;
    const LEAST: usize = 5;
    let mut windows = Vec::new();
    let mut start = 0;
    while start < row {
        let key = key.child(windows.len() as u64);
        let mean = if key.child(0).uniform() < FULL { base as f64 } else { base as f64 / 2.0 };
        let drawn = (mean + DEVIATION * key.child(1).normal()) as usize; // truncates, and 0 if negative
        let drawn = drawn.max(LEAST).min(cap.unwrap_or(usize::MAX).max(1));
        windows.push((start, drawn));
        start += drawn;
    }
    windows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variable_windows_have_the_authors_lengths() {
        let windows = variable_windows(1_000_000, 70, None, &Key::new(9));
        let lengths: Vec<f64> =
            windows[..windows.len() - 1].iter().map(|(_, len)| *len as f64).collect();
        let short = lengths.iter().filter(|len| **len < 52.5).count() as f64 / lengths.len() as f64;
        let mean = lengths.iter().sum::<f64>() / lengths.len() as f64;
        assert!((short - 0.05).abs() < 0.01, "{short}");
        // 0.95 * 70 + 0.05 * 35, less half a token lost to truncation.
        assert!((mean - 67.75).abs() < 0.4, "{mean}");
    }
}
