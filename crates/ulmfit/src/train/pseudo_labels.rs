//! Which pseudo-labels are learned (Lee 2013).

use crate::model::scoring::argmax;

/// The texts with the most confident pseudo-labels, each with its class.
///
/// About `share` of the texts predicted as each class, so that no rare class takes unsure ones. Also, no more
/// than `share` of all texts times the share of the class among the labels, so that a class that is
/// predicted too often does not crowd the others out. What is left of each class after rounding down goes to those
/// with the largest remainders, so that few texts of many classes are not all rounded away.
pub(crate) fn select_pseudo_labels(
    guesses: &[Vec<f32>],
    labels: &[f32],
    share: f64,
) -> Vec<(usize, usize)> {
    let all: f32 = labels.iter().sum();
    let mut of_class: Vec<Vec<usize>> = vec![Vec::new(); labels.len()];
    guesses.iter().enumerate().for_each(|(text, guess)| of_class[argmax(guess)].push(text));
    let quota = |(texts, &count): (&Vec<usize>, &f32)| {
        let expected = guesses.len() as f64 * f64::from(count / all);
        share * expected.min(texts.len() as f64)
    };
    let quotas: Vec<f64> = of_class.iter().zip(labels).map(quota).collect();
    let counts = rounded_together(&quotas);
    let take = |(class, (mut texts, count)): (usize, (Vec<usize>, usize))| {
        texts.sort_by(|&a, &b| guesses[b][class].total_cmp(&guesses[a][class])); // stable
        texts.truncate(count);
        texts.into_iter().map(move |text| (text, class))
    };
    of_class.into_iter().zip(counts).enumerate().flat_map(take).collect()
}

/// Whole numbers whose sum is that of these, rounded: each rounded down, and one more for those with the largest
/// remainders, of equal ones the first.
fn rounded_together(quotas: &[f64]) -> Vec<usize> {
    let mut counts: Vec<usize> = quotas.iter().map(|&quota| quota as usize).collect();
    let sum = quotas.iter().sum::<f64>().round() as usize;
    let mut order: Vec<usize> = (0..quotas.len()).collect();
    order.sort_by(|&a, &b| quotas[b].fract().total_cmp(&quotas[a].fract()));
    let more = sum.saturating_sub(counts.iter().sum());
    order.into_iter().take(more).for_each(|class| counts[class] += 1);
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surest_texts_of_each_class_are_taken() {
        let guess = |p: f32| vec![p, 1.0 - p];
        let guesses: Vec<_> = [0.9, 0.6, 0.2, 0.8, 0.7, 0.9, 0.4, 0.9].map(guess).to_vec();
        // of the six predicted as the first class, two are kept
        assert_eq!(select_pseudo_labels(&guesses, &[50.0, 50.0], 0.5), [(0, 0), (5, 0), (2, 1)]);
        assert_eq!(
            select_pseudo_labels(&guesses, &[30.0, 10.0], 0.5),
            [(0, 0), (5, 0), (7, 0), (2, 1)]
        );
        // the second class was predicted only twice
        assert_eq!(select_pseudo_labels(&guesses, &[1.0, 9.0], 1.0), [(0, 0), (2, 1), (6, 1)]);
        assert_eq!(select_pseudo_labels(&guesses, &[1.0, 9.0], 0.5), [(2, 1)]);
        assert_eq!(select_pseudo_labels(&[], &[1.0, 1.0], 1.0), []);
        // a quarter of a text of each class is one text of one of them
        assert_eq!(select_pseudo_labels(&guesses[..4], &[1.0, 1.0], 0.25).len(), 1);
    }

    #[test]
    fn rounding_keeps_the_sum() {
        assert_eq!(rounded_together(&[0.25, 0.25, 0.25, 0.25]), [1, 0, 0, 0]);
        assert_eq!(rounded_together(&[1.2, 2.7, 0.6]), [1, 3, 1]); // 4.5, rounded up
        assert_eq!(rounded_together(&[2.0, 3.0]), [2, 3]);
        assert!(rounded_together(&[]).is_empty());
    }
}
