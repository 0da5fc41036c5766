//! Subsets of labelled rows, each inside the next larger one.

use ulmfit_ops::Key;

/// An order of the rows of which every beginning keeps the shares of the classes.
///
/// The first `n` rows are a stratified subset of `n`, and part of that of any larger number, so
/// that a learning curve compares more labels with fewer and not some labels with others. Each
/// place goes to the class that is furthest behind its share, the first of equals; which row of the
/// class takes it is drawn from `key`.
pub fn nested_order(classes: &[u32], key: &Key) -> Vec<usize> {
    let count = classes.iter().max().map_or(0, |class| *class as usize + 1);
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (row, class) in classes.iter().enumerate() {
        members[*class as usize].push(row);
    }
    let shuffle = |(class, rows): (usize, &Vec<usize>)| -> Vec<usize> {
        let order = key.child(class as u64).permutation(rows.len());
        order.into_iter().map(|at| rows[at]).collect()
    };
    let shuffled: Vec<Vec<usize>> = members.iter().enumerate().map(shuffle).collect();
    let mut taken = vec![0; count];
    let place = |n: usize| {
        let behind = |class: usize| {
            let share = shuffled[class].len() as f64 / classes.len() as f64;
            share * (n + 1) as f64 - taken[class] as f64
        };
        let open = (0..count).filter(|&class| taken[class] < shuffled[class].len());
        let better = |best, class| if behind(class) > behind(best) { class } else { best };
        let class = open.reduce(better).unwrap_or_else(|| unreachable!("a row for every place"));
        let row = shuffled[class][taken[class]];
        taken[class] += 1;
        row
    };
    (0..classes.len()).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes() -> Vec<u32> {
        (0..1000).map(|row| [0, 0, 0, 0, 0, 1, 1, 1, 2, 3][row * 7 % 10]).collect()
    }

    #[test]
    fn every_beginning_is_stratified() {
        let classes = classes();
        let order = nested_order(&classes, &Key::new(3));
        let mut all = order.clone();
        all.sort_unstable();
        assert_eq!(all, (0..1000).collect::<Vec<_>>(), "every row once");
        for n in 1..=1000 {
            for (class, share) in [0.5, 0.3, 0.1, 0.1].into_iter().enumerate() {
                let rows = order[..n].iter().filter(|&&row| classes[row] as usize == class).count();
                let wanted = share * n as f64;
                assert!(
                    (rows as f64 - wanted).abs() <= 1.0 + 1e-9,
                    "{rows} of class {class} in {n}"
                );
            }
        }
    }

    #[test]
    fn seeds_choose_other_rows() {
        let classes = classes();
        let [one, same, other] = [1, 1, 2].map(|seed| nested_order(&classes, &Key::new(seed)));
        assert_eq!(one, same);
        assert_ne!(one[..50], other[..50]);
        assert!(nested_order(&[], &Key::new(1)).is_empty());
    }
}
