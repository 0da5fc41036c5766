//! What is read of a long document where reading all of it would take too long.

/// The tokens of a document: all of them, or half of `most` from its beginning and half from its end.
///
/// What a text is about is often said first, what its author thinks of it last (Sun et al. 2019,
/// <https://arxiv.org/abs/1905.05583>).
pub(super) fn excerpt(ids: &[u32], most: usize) -> Vec<u32> {
    if ids.len() <= most {
        return ids.to_vec();
    }
    let last = most / 2;
    [&ids[..most - last], &ids[ids.len() - last..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_documents_keep_both_ends() {
        let ids: Vec<u32> = (0..10).collect();
        assert_eq!(excerpt(&ids, 10), ids);
        assert_eq!(excerpt(&ids, 5), [0, 1, 2, 8, 9]);
        assert_eq!(excerpt(&ids, 4), [0, 1, 8, 9]);
        assert_eq!((excerpt(&ids, 1), excerpt(&ids, 0)), (vec![0], vec![]));
    }
}
