//! Which texts belong together, by their labels.

use std::collections::BTreeMap;

/// The labels of some texts, to make pairs of texts from.
pub struct PairLabels {
    /// Of each text the number of its set of labels.
    group_of: Vec<u32>,
    /// The sets, ascending, and the texts that have each.
    groups: Vec<(Vec<u32>, Vec<usize>)>,
}

impl PairLabels {
    /// `sets` are the labels of each text, ascending: of a text with one label, this one.
    pub fn new(sets: impl IntoIterator<Item = Vec<u32>>) -> Self {
        let mut numbers = BTreeMap::new();
        let mut groups: Vec<(Vec<u32>, Vec<usize>)> = Vec::new();
        let mut group_of = Vec::new();
        for (text, set) in sets.into_iter().enumerate() {
            let group = *numbers.entry(set.clone()).or_insert_with(|| {
                groups.push((set, Vec::new()));
                groups.len() - 1
            });
            groups[group].1.push(text);
            group_of.push(group as u32);
        }
        Self { group_of, groups }
    }

    /// Number of texts.
    pub fn len(&self) -> usize {
        self.group_of.len()
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.group_of.is_empty()
    }

    /// How many different sets of labels there are.
    pub fn kinds(&self) -> usize {
        self.groups.len()
    }

    /// How alike the labels of two texts are, from 0 to 1: the share of their labels that both have (Jaccard 1912).
    ///
    /// # Panics
    /// If one of them does not exist.
    pub fn likeness(&self, one: usize, other: usize) -> f32 {
        let [one, other] = [one, other].map(|text| self.group_of[text] as usize);
        if one == other {
            return 1.0; // also of texts without labels
        }
        let [one, other] = [one, other].map(|group| &self.groups[group].0);
        let shared = one.iter().filter(|label| other.binary_search(label).is_ok()).count();
        shared as f32 / (one.len() + other.len() - shared).max(1) as f32
    }

    /// A partner for a text that is not `taken`: of those with the same labels the first from a place that `draw`, from
    /// 0 to 1, settles; where there is none, in the same way, of those that share a label.
    ///
    /// # Panics
    /// If the text does not exist.
    pub fn partner(&self, text: usize, draw: f64, taken: impl Fn(usize) -> bool) -> Option<usize> {
        let (set, members) = &self.groups[self.group_of[text] as usize];
        let from = (draw * members.len() as f64) as usize;
        let mut same = members[from..].iter().chain(&members[..from]);
        if let Some(&partner) = same.find(|&&other| !taken(other)) {
            return Some(partner);
        }
        if set.len() < 2 && self.groups.iter().all(|(set, _)| set.len() < 2) {
            return None; // with one label a text shares it or does not
        }
        let from = (draw * self.len() as f64) as usize;
        let mut others = (from..self.len()).chain(0..from);
        others.find(|&other| self.likeness(text, other) > 0.0 && !taken(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_sets_are_alike_and_others_by_what_they_share() {
        let labels = PairLabels::new([vec![0, 1], vec![], vec![0, 1], vec![1, 2], vec![], vec![3]]);
        assert_eq!((labels.len(), labels.kinds()), (6, 4));
        let pairs = [(0, 2), (1, 4), (0, 3), (0, 5), (0, 1)];
        let found = pairs.map(|(one, other)| (6.0 * labels.likeness(one, other)).round() as u32);
        assert_eq!(found, [6, 6, 2, 0, 0]);
    }

    #[test]
    fn a_partner_has_the_same_labels_or_else_one_of_them() {
        let labels = PairLabels::new([vec![0, 1], vec![2], vec![0, 1], vec![1, 2], vec![3]]);
        let partner = |text, draw, taken: &[usize]| {
            labels.partner(text, draw, |other| taken.contains(&other))
        };
        assert_eq!(partner(0, 0.9, &[0]), Some(2));
        assert_eq!(partner(0, 0.0, &[0, 2]), Some(3));
        assert_eq!(partner(1, 0.9, &[1]), Some(3));
        assert_eq!(partner(4, 0.5, &[4]), None);
        let single = PairLabels::new([vec![0], vec![1], vec![0]]);
        assert_eq!(single.partner(1, 0.5, |other| other == 1), None);
        assert_eq!(single.partner(0, 0.0, |other| other == 0), Some(2));
    }
}
