//! Documents in batches: enough for all cores, and no more in memory than that.

use std::iter::Fuse;

/// Groups documents until a batch has [`Batches::BYTES`] of text.
#[derive(Debug)]
pub(super) struct Batches<I> {
    documents: I,
}

impl Batches<()> {
    /// Text in a batch.
    const BYTES: usize = 8 << 20;

    /// Documents of a batch that one core takes at a time.
    pub(super) fn chunk(batch: &[Vec<String>]) -> usize {
        batch.len().div_ceil(4 * rayon::current_num_threads()).max(1)
    }

    pub(super) fn of<D: IntoIterator>(documents: D) -> Batches<Fuse<D::IntoIter>> {
        Batches { documents: documents.into_iter().fuse() }
    }
}

impl<E, I: Iterator<Item = Result<Vec<String>, E>>> Iterator for Batches<Fuse<I>> {
    type Item = Result<Vec<Vec<String>>, E>;

    fn next(&mut self) -> Option<Self::Item> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while bytes < Batches::BYTES {
            match self.documents.next() {
                Some(Ok(fields)) => {
                    bytes += fields.iter().map(String::len).sum::<usize>().max(1);
                    batch.push(fields);
                }
                Some(Err(error)) => return Some(Err(error)),
                None if batch.is_empty() => return None,
                None => break,
            }
        }
        Some(Ok(batch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounded_and_complete() {
        let documents = (0..20).map(|_| Ok::<_, ()>(vec!["x".repeat(1 << 20)]));
        let sizes: Vec<usize> = Batches::of(documents).map(|batch| batch.unwrap().len()).collect();
        assert_eq!(sizes, [8, 8, 4]);
        let mut failing = Batches::of([Ok(vec![]), Err("broken")]);
        assert_eq!(failing.next(), Some(Err("broken")));
        assert_eq!(failing.next(), None);
    }
}
