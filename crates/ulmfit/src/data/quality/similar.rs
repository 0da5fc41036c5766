//! "Did you mean": the nearest of some names.

/// Edits (insert, delete, replace, swap neighbours) between two names, ignoring case.
///
/// Optimal string alignment distance; rows of the usual table, so memory is linear.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.to_lowercase().chars().collect();
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replace = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replace.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// The candidate nearest to `name`, if a third of it or less would have to change.
pub(crate) fn closest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a String>,
) -> Option<&'a str> {
    let most = name.chars().count() / 3;
    candidates
        .into_iter()
        // Length alone rules most candidates out, which keeps a hundred thousand labels quick.
        .filter(|other| other.chars().count().abs_diff(name.chars().count()) <= most)
        .map(|other| (distance(name, other), other))
        .filter(|(edits, _)| *edits <= most)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, other)| other.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, edits) in [
            ("", "", 0),
            ("abc", "", 3),
            ("text", "TEXT", 0),
            ("lable", "label", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(a, b), edits, "{a} {b}");
            assert_eq!(distance(b, a), edits, "{b} {a}");
        }
    }

    #[test]
    fn closest_is_near_enough() {
        let names = ["label".to_owned(), "text".to_owned()];
        assert_eq!(closest("lable", &names), Some("label"));
        assert_eq!(closest("body", &names), None);
    }
}
