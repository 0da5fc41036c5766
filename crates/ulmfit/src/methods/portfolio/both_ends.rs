//! What is read of a long document where reading all of it would take too long.

/// Leaves half of `most` tokens of a longer document from its beginning and half from its end.
///
/// What a text is about is often said first, what its author thinks of it last (Sun et al. 2019,
/// <https://arxiv.org/abs/1905.05583>).
pub(super) fn keep_both_ends(ids: &mut Vec<u32>, most: usize) {
    if ids.len() > most {
        let last = most / 2;
        ids.drain(most - last..ids.len() - last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_documents_keep_both_ends() {
        let kept = |most: usize| {
            let mut ids: Vec<u32> = (0..10).collect();
            keep_both_ends(&mut ids, most);
            ids
        };
        assert_eq!(kept(10), (0..10).collect::<Vec<_>>());
        assert_eq!(kept(5), [0, 1, 2, 8, 9]);
        assert_eq!(kept(4), [0, 1, 8, 9]);
        assert_eq!((kept(1), kept(0)), (vec![0], vec![]));
    }
}
