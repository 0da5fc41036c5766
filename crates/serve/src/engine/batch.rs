//! Which waiting texts are predicted together.

use super::Job;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

/// Limits of a batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    /// Tokens of all texts together.
    pub(super) tokens: usize,
    /// Texts.
    pub(super) texts: usize,
}

/// How large a batch is.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    texts: usize,
    tokens: usize,
}

impl Size {
    fn with(self, tokens: usize) -> Self {
        Self { texts: self.texts + 1, tokens: self.tokens + tokens }
    }

    /// A single text always fits.
    fn fits(self, budget: Budget) -> bool {
        self.texts <= 1 || (self.texts <= budget.texts && self.tokens <= budget.tokens)
    }
}

/// Takes the next batch out of the queue: the oldest text, and those behind it that fit and need the
/// same model and directions. Texts whose client has gone are dropped.
pub(super) fn take(queue: &mut VecDeque<Job>, budget: Budget, now: Instant) -> Vec<Job> {
    queue.retain(|job| job.deadline > now && !job.reply.is_closed());
    let mut batch: Vec<Job> = Vec::new();
    let mut size = Size::default();
    let mut left = VecDeque::with_capacity(queue.len());
    while let Some(job) = queue.pop_front() {
        let alike = batch.first().is_none_or(|first| {
            Arc::ptr_eq(&first.model, &job.model) && first.direction == job.direction
        });
        let larger = size.with(job.cost());
        if alike && larger.fits(budget) {
            size = larger;
            batch.push(job);
        } else {
            left.push_back(job);
        }
    }
    *queue = left;
    batch
}

/// Full batches that are sorted together.
const SORTED: usize = 4;

/// Takes the oldest texts out of a queue that holds several full batches, the shortest first: texts of like length are
/// predicted faster. Later ones do not overtake them, so a text waits for this group at most, as in order of arrival.
pub(super) fn group<T>(
    queue: &mut VecDeque<T>,
    batch: usize,
    cost: impl Fn(&T) -> usize,
) -> VecDeque<T> {
    let batches = (queue.len() / batch.max(1)).min(SORTED);
    if batches < 2 {
        return VecDeque::new();
    }
    let mut group: Vec<T> = queue.drain(..batches * batch).collect();
    group.sort_by_key(cost);
    group.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(tokens: &[usize]) -> Size {
        tokens.iter().fold(Size::default(), |size, &tokens| size.with(tokens))
    }

    #[test]
    fn a_batch_is_bounded_by_texts_and_tokens_and_never_empty() {
        let budget = Budget { tokens: 1000, texts: 64 };
        assert!(size(&[100_000]).fits(budget), "alone any text fits");
        assert!(!size(&[100_000, 1]).fits(budget));
        assert!(size(&[500, 500]).fits(budget));
        assert!(!size(&[500, 501]).fits(budget));
        assert!(size(&[1; 64]).fits(budget));
        assert!(!size(&[1; 65]).fits(budget));
    }

    #[test]
    fn only_several_full_batches_are_sorted_and_nobody_is_overtaken_for_long() {
        let mut queue: VecDeque<usize> = [9, 1, 8, 2, 7, 3, 6].into();
        assert!(group(&mut queue, 4, |&cost| cost).is_empty());
        assert_eq!(queue.len(), 7);
        assert_eq!(group(&mut queue, 3, |&cost| cost), [1, 2, 3, 7, 8, 9]);
        assert_eq!(queue, [6], "it came last");
        let mut queue: VecDeque<usize> = (0..100).rev().collect();
        assert_eq!(group(&mut queue, 10, |&cost| cost), (60..100).collect::<Vec<_>>());
        assert_eq!(queue.len(), 60);
    }
}
