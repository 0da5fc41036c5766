//! How often each token occurs, and which was seen first.

use std::collections::HashMap;

/// Counts tokens. Ties keep the order in which tokens were first seen, as Python's
/// `Counter.most_common` does; merged in the order of the texts, counters of parts count the same.
#[derive(Clone, Debug, Default)]
pub struct Counter {
    seen: HashMap<Box<str>, Seen>,
    total: u64,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    count: u64,
    /// Rank among all tokens by first sight.
    rank: usize,
}

impl Counter {
    /// Counts one more `token`.
    pub fn add(&mut self, token: &str) {
        self.add_times(token, 1);
    }

    /// Counts `token` as often as `times`.
    pub(super) fn add_times(&mut self, token: &str, times: u64) {
        self.total += times;
        if let Some(seen) = self.seen.get_mut(token) {
            seen.count += times;
        } else {
            let rank = self.seen.len();
            self.seen.insert(token.into(), Seen { count: times, rank });
        }
    }

    /// Adds the counts of texts that come after those counted here.
    pub fn merge(&mut self, later: Self) {
        self.total += later.total;
        let mut tokens: Vec<(Box<str>, Seen)> = later.seen.into_iter().collect();
        tokens.sort_unstable_by_key(|(_, seen)| seen.rank);
        for (token, Seen { count, .. }) in tokens {
            let rank = self.seen.len();
            self.seen.entry(token).or_insert(Seen { count: 0, rank }).count += count;
        }
    }

    /// Occurrences of `token`.
    pub fn count(&self, token: &str) -> u64 {
        self.seen.get(token).map_or(0, |seen| seen.count)
    }

    /// Occurrences of all tokens together.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Number of different tokens.
    pub fn distinct(&self) -> usize {
        self.seen.len()
    }

    /// Tokens and their counts, the most frequent first.
    pub fn most_common(&self) -> Vec<(&str, u64)> {
        let mut all: Vec<(&str, Seen)> =
            self.seen.iter().map(|(token, seen)| (&**token, *seen)).collect();
        all.sort_unstable_by_key(|(_, seen)| (std::cmp::Reverse(seen.count), seen.rank));
        all.into_iter().map(|(token, seen)| (token, seen.count)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(text: &str) -> Counter {
        let mut counter = Counter::default();
        text.split(' ').for_each(|token| counter.add(token));
        counter
    }

    #[test]
    fn ties_keep_their_order_across_parts() {
        let whole = counted("b a c c d a e b");
        assert_eq!(whole.most_common(), [("b", 2), ("a", 2), ("c", 2), ("d", 1), ("e", 1)]);
        let mut parts = counted("b a c");
        parts.merge(counted("c d a"));
        parts.merge(counted("e b"));
        assert_eq!(parts.most_common(), whole.most_common());
        assert_eq!(
            (parts.total(), parts.distinct(), parts.count("c"), parts.count("x")),
            (8, 5, 2, 0)
        );
    }
}
