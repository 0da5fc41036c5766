//! Sequences of unlike length side by side, without padding: all first steps, then all second ones.

/// Rows before those of each step, where `rows` are those of the steps.
pub(crate) fn rows_before(rows: &[usize]) -> Vec<usize> {
    let before = rows.iter().scan(0, |sum, rows| {
        let before = *sum;
        *sum += rows;
        Some(before)
    });
    before.collect()
}
