//! Which rate to train with, read off a range test.

/// Four opinions on the curve of loss over rate; fastai's four `SuggestionMethod`s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Suggestions {
    /// Halfway along the longest valley: fastai's choice, and a good first one.
    pub valley: f64,
    /// Where the loss falls fastest over the logarithm of the rate.
    pub steep: f64,
    /// A tenth of the rate with the lowest loss.
    pub minimum: f64,
    /// Left end of the last interval before the slope changes; `None` below 16 steps.
    pub slide: Option<f64>,
}

impl Suggestions {
    /// Reads a curve of at least two steps, rates ascending.
    pub(super) fn of(rates: &[f64], losses: &[f64]) -> Self {
        Self {
            valley: rates[valley(losses)],
            steep: rates[steep(rates, losses)],
            minimum: rates[lowest(losses)] / 10.0,
            slide: slide(losses).map(|index| rates[index]),
        }
    }
}

/// Longest strictly falling subsequence, not necessarily of neighbours; a third and a sixth of its
/// length past its start.
fn valley(losses: &[f64]) -> usize {
    let mut lengths = vec![1; losses.len()];
    let (mut longest, mut end) = (0, 0);
    for i in 1..losses.len() {
        for j in 0..i {
            if losses[i] < losses[j] {
                lengths[i] = lengths[i].max(lengths[j] + 1);
            }
        }
        if lengths[i] > lengths[end] {
            (longest, end) = (lengths[i], i);
        }
    }
    // the start is taken as `end - longest`, one too low: fastai's, so ours
    (end + longest / 3 + longest / 6).saturating_sub(longest)
}

fn steep(rates: &[f64], losses: &[f64]) -> usize {
    let slope = |i: usize| (losses[i + 1] - losses[i]) / (rates[i + 1].ln() - rates[i].ln());
    lowest(&(0..losses.len() - 1).map(slope).collect::<Vec<_>>())
}

/// Slides a 15-step interval from the right until the slope is the same at both its ends.
fn slide(losses: &[f64]) -> Option<usize> {
    const WIDTH: usize = 15;
    const THRESHOLD: f64 = 0.005;
    let slopes = slopes(losses);
    let mut found = losses.len().checked_sub(WIDTH + 1)?;
    for left in (0..=found).rev() {
        if (slopes[left + WIDTH] - slopes[left]).abs() <= THRESHOLD {
            break;
        }
        found = left;
    }
    Some(found)
}

/// Central differences, one-sided at the ends; NumPy's `gradient`.
fn slopes(values: &[f64]) -> Vec<f64> {
    let last = values.len() - 1;
    (0..=last)
        .map(|i| {
            let (left, right) = (i.saturating_sub(1), (i + 1).min(last));
            (values[right] - values[left]) / (right - left) as f64
        })
        .collect()
}

/// Index of the first smallest value.
fn lowest(values: &[f64]) -> usize {
    (1..values.len()).fold(0, |best, i| if values[i] < values[best] { i } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_fall_has_its_valley_two_thirds_down() {
        let losses: Vec<f64> = (0..90).map(|i| -f64::from(i)).collect();
        assert_eq!(valley(&losses), 44);
        assert_eq!(valley(&[2.0, 1.0]), 0);
        assert_eq!(valley(&[1.0, 2.0, 3.0]), 0);
    }

    #[test]
    fn slide_needs_sixteen_steps() {
        assert_eq!(slide(&[1.0; 15]), None);
        assert_eq!(slide(&[1.0; 16]), Some(0));
        assert_eq!(slide(&[1.0; 40]), Some(24));
    }
}
