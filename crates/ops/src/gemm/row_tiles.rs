//! Sharing rows out among tiles.

use std::ops::Range;

/// Rows cut into as few tiles as possible, which differ in height by one row at most.
///
/// With 6 rows a tile at most, 32 rows are two tiles of 6 and four of 5; a tile of the 2 that were
/// left over by full ones would take nearly as long as those.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RowTiles {
    /// Tiles that have a row more than the others; they come first.
    pub(super) tall: usize,
    /// Rows of the others.
    pub(super) low: usize,
    /// All tiles.
    pub(super) tiles: usize,
}

impl RowTiles {
    /// Tiles of `most` rows at most.
    pub(super) fn new(rows: usize, most: usize) -> Self {
        let tiles = rows.div_ceil(most);
        let low = rows.checked_div(tiles).unwrap_or(0);
        Self { tall: rows - low * tiles, low, tiles }
    }

    /// Rows of the highest tile.
    pub(super) fn most(self) -> usize {
        self.low + usize::from(self.tall > 0)
    }

    /// The first row of a tile; of the one after the last, the number of rows.
    pub(super) fn start(self, tile: usize) -> usize {
        tile * self.low + tile.min(self.tall)
    }

    /// The rows of a tile.
    pub(super) fn rows(self, tile: usize) -> Range<usize> {
        self.start(tile)..self.start(tile + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_are_of_nearly_the_same_height() {
        for rows in 0..200 {
            let heights = RowTiles::new(rows, 6);
            assert_eq!(heights.tiles, rows.div_ceil(6));
            let all: Vec<usize> = (0..heights.tiles).flat_map(|tile| heights.rows(tile)).collect();
            assert_eq!(all, (0..rows).collect::<Vec<_>>());
            for tile in 0..heights.tiles {
                let height = heights.rows(tile).len();
                assert!(height == heights.most() || height == heights.low, "{heights:?}");
                assert!((1..=6).contains(&height), "{heights:?}");
            }
        }
    }
}
