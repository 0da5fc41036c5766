//! Splits into training set and held-out set.

use ulmfit_ops::Key;

/// Training rows and held-out rows: together every row once, both in ascending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Training rows.
    pub train: Vec<usize>,
    /// Held-out rows.
    pub valid: Vec<usize>,
}

/// How many rows are held out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HoldOutSize {
    /// A share of all rows, in `0..1`.
    Fraction(f64),
    /// A number of rows.
    Rows(usize),
}

impl HoldOutSize {
    fn rows(self, all: usize) -> usize {
        match self {
            Self::Fraction(fraction) => (fraction.clamp(0.0, 1.0) * all as f64).round() as usize,
            Self::Rows(rows) => rows.min(all),
        }
    }
}

/// Sets rows aside so that every class keeps its share and rows of one group (equal numbers in
/// `groups`) stay together.
///
/// Fractions are rounded by largest remainder, so the total is met where classes and groups allow.
/// A class so rare that its share is nothing gets at least one group where it has two.
/// With groups of near duplicates ([`find_duplicates`](crate::data::quality::find_duplicates)) no
/// validation text was seen in training. A group counts for the class of its first row; a class
/// with one group only stays in training. Groups that would exceed a class's share are passed over,
/// so large groups may leave the held-out set smaller than asked for. The result depends on the
/// arguments only.
///
/// # Panics
/// If `labels` and `groups` differ in length.
pub fn stratified_groups(
    labels: &[u32],
    groups: &[usize],
    held_out: HoldOutSize,
    key: &Key,
) -> Split {
    assert_eq!(labels.len(), groups.len(), "one group per row");
    let members = members(groups);
    let classes = labels.iter().max().map_or(0, |label| *label as usize + 1);
    let mut by_class: Vec<Vec<&Vec<usize>>> = vec![Vec::new(); classes];
    for group in &members {
        by_class[labels[group[0]] as usize].push(group);
    }
    let rows: Vec<usize> =
        by_class.iter().map(|groups| groups.iter().map(|group| group.len()).sum()).collect();
    // One group, the smallest if need be, must stay.
    let most = by_class.iter().zip(&rows).map(|(groups, rows)| {
        let smallest = groups.iter().map(|group| group.len()).min().unwrap_or(0);
        if groups.len() < 2 { 0 } else { rows - smallest }
    });
    let most: Vec<usize> = most.collect();
    let mut shares = shares(&rows, &most, held_out.rows(labels.len()));
    let least = by_class.iter().zip(&most).map(|(groups, &most)| {
        let smallest = groups.iter().map(|group| group.len()).min().unwrap_or(0);
        smallest.min(most)
    });
    represent(&mut shares, &least.collect::<Vec<_>>());

    let mut valid = Vec::new();
    for (class, (groups, share)) in by_class.iter().zip(shares).enumerate() {
        take(groups, share, &key.child(class as u64), &mut valid);
    }
    finish(labels.len(), valid)
}

/// Sets rows aside at random, groups together: for regression and several labels a row.
pub fn random_groups(groups: &[usize], held_out: HoldOutSize, key: &Key) -> Split {
    let members = members(groups);
    let mut valid = Vec::new();
    if members.len() > 1 {
        let rows = held_out.rows(groups.len()).min(groups.len().saturating_sub(1));
        take(&members.iter().collect::<Vec<_>>(), rows, key, &mut valid);
    }
    finish(groups.len(), valid)
}

/// Rows of each group, groups in the order of their first rows.
fn members(groups: &[usize]) -> Vec<Vec<usize>> {
    let mut slot = std::collections::HashMap::new();
    let mut members: Vec<Vec<usize>> = Vec::new();
    for (row, group) in groups.iter().enumerate() {
        let at = *slot.entry(*group).or_insert(members.len());
        if at == members.len() {
            members.push(Vec::new());
        }
        members[at].push(row);
    }
    members
}

/// `total` dealt out in proportion to `rows`, none above `most`.
fn shares(rows: &[usize], most: &[usize], total: usize) -> Vec<usize> {
    let all: usize = rows.iter().sum();
    let exact = |class: usize| rows[class] as f64 * total as f64 / all.max(1) as f64;
    let mut shares: Vec<usize> =
        (0..rows.len()).map(|class| (exact(class) as usize).min(most[class])).collect();
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|a, b| exact(*b).fract().total_cmp(&exact(*a).fract()).then(a.cmp(b)));
    let mut left = total - shares.iter().sum::<usize>();
    for class in order {
        if left > 0 && shares[class] < most[class] {
            shares[class] += 1;
            left -= 1;
        }
    }
    shares
}

/// Gives every class its `least` where another class has more than that to give: a class without
/// a row in the test is not tested.
fn represent(shares: &mut [usize], least: &[usize]) {
    for class in 0..shares.len() {
        let missing = least[class].saturating_sub(shares[class]);
        let richest = (0..shares.len()).rev().max_by_key(|&other| shares[other]);
        let richest = richest.filter(|&other| other != class && shares[other] > missing);
        if let (true, Some(richest)) = (missing > 0, richest) {
            shares[richest] -= missing;
            shares[class] += missing;
        }
    }
}

/// Random groups, as long as they fit into `rows`.
fn take(groups: &[&Vec<usize>], mut rows: usize, key: &Key, taken: &mut Vec<usize>) {
    for at in key.permutation(groups.len()) {
        if groups[at].len() <= rows {
            rows -= groups[at].len();
            taken.extend(groups[at]);
        }
    }
}

fn finish(rows: usize, mut valid: Vec<usize>) -> Split {
    valid.sort_unstable();
    let train = (0..rows).filter(|row| valid.binary_search(row).is_err()).collect();
    Split { train, valid }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every row is a group.
    fn stratified(labels: &[u32], held_out: HoldOutSize, key: &Key) -> Split {
        stratified_groups(labels, &(0..labels.len()).collect::<Vec<_>>(), held_out, key)
    }

    fn counts(labels: &[u32], rows: &[usize]) -> Vec<usize> {
        let classes = labels.iter().max().map_or(0, |label| *label as usize + 1);
        (0..classes)
            .map(|class| rows.iter().filter(|row| labels[**row] as usize == class).count())
            .collect()
    }

    #[test]
    fn every_class_keeps_its_share() {
        let labels: Vec<u32> =
            (0..1000).map(|row| [0, 0, 0, 0, 0, 0, 1, 1, 1, 2][row % 10]).collect();
        let split = stratified(&labels, HoldOutSize::Fraction(0.1), &Key::new(1));
        assert_eq!(counts(&labels, &split.valid), [60, 30, 10]);
        let mut all = [split.train.clone(), split.valid.clone()].concat();
        all.sort_unstable();
        assert_eq!(all, (0..1000).collect::<Vec<_>>());
        assert_eq!(split, stratified(&labels, HoldOutSize::Fraction(0.1), &Key::new(1)));
        assert_ne!(split, stratified(&labels, HoldOutSize::Fraction(0.1), &Key::new(2)));
    }

    #[test]
    fn small_classes_stay_in_training() {
        let labels = [0, 0, 0, 0, 1, 2, 2];
        for seed in 0..20 {
            let split = stratified(&labels, HoldOutSize::Rows(6), &Key::new(seed));
            assert_eq!(counts(&labels, &split.train), [1, 1, 1], "{seed}");
            let split = stratified(&labels, HoldOutSize::Rows(2), &Key::new(seed));
            assert_eq!(split.valid.len(), 2, "{seed}");
        }
    }

    #[test]
    fn a_rare_class_is_tested() {
        let labels: Vec<u32> = (0..200).map(|row| u32::from(row >= 198)).collect();
        for seed in 0..5 {
            let split = stratified(&labels, HoldOutSize::Fraction(0.2), &Key::new(seed));
            assert_eq!(counts(&labels, &split.valid), [39, 1], "{seed}");
            assert_eq!(counts(&labels, &split.train), [159, 1], "{seed}");
        }
        // its rows nearly repeat each other, so that one side must go without
        let groups: Vec<usize> = (0..200).map(|row| row.min(198)).collect();
        let split = stratified_groups(&labels, &groups, HoldOutSize::Fraction(0.2), &Key::new(1));
        assert_eq!(counts(&labels, &split.valid)[1], 0);
        // nobody has one to give away
        assert_eq!(stratified(&labels, HoldOutSize::Rows(1), &Key::new(1)).valid.len(), 1);
    }

    #[test]
    fn rounding_meets_the_total() {
        let labels: Vec<u32> = (0..60).map(|row| row % 6).collect(); // ten rows each: 1.5 a class
        assert_eq!(stratified(&labels, HoldOutSize::Fraction(0.15), &Key::new(3)).valid.len(), 9);
    }

    #[test]
    fn groups_stay_together() {
        let labels: Vec<u32> = (0..300).map(|row| row % 2).collect();
        let groups: Vec<usize> = (0..300).map(|row| row / 6 * 6 + row % 2).collect(); // triples of a class
        for seed in 0..10 {
            for split in [
                stratified_groups(&labels, &groups, HoldOutSize::Fraction(0.2), &Key::new(seed)),
                random_groups(&groups, HoldOutSize::Fraction(0.2), &Key::new(seed)),
            ] {
                assert_eq!(split.valid.len(), 60, "{seed}");
                let held: Vec<usize> = split.valid.iter().map(|row| groups[*row]).collect();
                assert!(split.train.iter().all(|row| !held.contains(&groups[*row])), "{seed}");
            }
        }
    }

    #[test]
    fn nothing_to_split() {
        let none = Split { train: vec![], valid: vec![] };
        assert_eq!(stratified(&[], HoldOutSize::Fraction(0.5), &Key::new(0)), none);
        assert_eq!(random_groups(&[], HoldOutSize::Rows(3), &Key::new(0)), none);
        assert!(random_groups(&[7, 7, 7], HoldOutSize::Rows(2), &Key::new(0)).valid.is_empty());
    }
}
