//! How unsure a classifier is of a text, for choosing what to label next.

use crate::data::labels::LabelKind;

/// A measure of uncertainty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uncertainty {
    /// One minus the difference of the two largest probabilities (Luo et al. 2005, "Active learning to
    /// recognize multiple types of plankton"): 1 where two labels are equally likely.
    BreakingTies,
    /// Shannon's entropy in nats.
    Entropy,
}

impl Uncertainty {
    /// How unsure the classifier is, from its probabilities of a text; more is less sure. With several
    /// labels per text each label is a decision of its own: the closest one counts, or the sum of the
    /// entropies. `None` for a predicted number, which says nothing of its certainty.
    pub fn of(self, kind: LabelKind, row: &[f32]) -> Option<f64> {
        let p = |p: &f32| f64::from(*p);
        let entropy = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
        Some(match (kind, self) {
            (LabelKind::Regression, _) => return None,
            (LabelKind::Single, Self::BreakingTies) => {
                let (mut first, mut second) = (0.0, 0.0);
                for p in row.iter().map(p) {
                    if p > first {
                        (first, second) = (p, first);
                    } else if p > second {
                        second = p;
                    }
                }
                1.0 - (first - second)
            }
            (LabelKind::Multi, Self::BreakingTies) => {
                let closest = row.iter().map(|q| (2.0 * p(q) - 1.0).abs());
                1.0 - closest.fold(1.0, f64::min)
            }
            (LabelKind::Single, Self::Entropy) => row.iter().map(|q| entropy(p(q))).sum(),
            (LabelKind::Multi, Self::Entropy) => {
                row.iter().map(|q| entropy(p(q)) + entropy(1.0 - p(q))).sum()
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_equal_labels_are_least_sure() {
        let of = |measure: Uncertainty, row: &[f32]| measure.of(LabelKind::Single, row).unwrap();
        let (tied, sure, flat) = ([0.5, 0.5, 0.0], [0.9, 0.1, 0.0], [0.4, 0.3, 0.3]);
        assert!((of(Uncertainty::BreakingTies, &tied) - 1.0).abs() < 1e-7);
        assert!((of(Uncertainty::BreakingTies, &sure) - 0.2).abs() < 1e-6);
        assert!((of(Uncertainty::BreakingTies, &flat) - 0.9).abs() < 1e-6);
        assert!((of(Uncertainty::Entropy, &tied) - 2.0_f64.ln()).abs() < 1e-7);
        assert!(of(Uncertainty::Entropy, &flat) > of(Uncertainty::Entropy, &tied));
    }

    #[test]
    fn of_several_labels_the_closest_counts_and_a_number_has_none() {
        let of = |measure: Uncertainty, row: &[f32]| measure.of(LabelKind::Multi, row).unwrap();
        assert!((of(Uncertainty::BreakingTies, &[1.0, 0.25, 0.0]) - 0.5).abs() < 1e-7);
        assert!(of(Uncertainty::Entropy, &[1.0, 0.0]).abs() < 1e-12);
        assert_eq!(Uncertainty::Entropy.of(LabelKind::Regression, &[0.3]), None);
    }
}
