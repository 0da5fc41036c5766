//! Which labels a row of probabilities predicts, where a text can have several.

/// From this probability on a label counts as predicted.
pub(crate) const PREDICTED: f32 = 0.5;

/// The labels that a row of probabilities predicts, ascending; none where all are below one half.
pub(crate) fn predicted_labels(row: &[f32]) -> Vec<u32> {
    (0..row.len() as u32).filter(|&n| row[n as usize] >= PREDICTED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_half_is_enough() {
        assert_eq!(predicted_labels(&[0.5, 0.499, 0.9]), [0, 2]);
        assert!(predicted_labels(&[0.4; 3]).is_empty());
    }
}
