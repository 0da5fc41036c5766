//! One process's part of the rows: `3/16`.

use std::str::FromStr;

/// Every `count`th row, beginning with row `index`, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    index: u64,
    count: u64,
}

impl Shard {
    /// All rows.
    pub(crate) const ALL: Self = Self { index: 0, count: 1 };

    /// Whether row `row`, from 0, belongs to it.
    pub(crate) fn has(self, row: u64) -> bool {
        row % self.count == self.index
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(index, count)| {
            Some((index.trim().parse::<u64>().ok()?, count.trim().parse::<u64>().ok()?))
        });
        match parts {
            Some((index, count)) if index < count => Ok(Self { index, count }),
            Some((_, 0)) => Err("the number of shards is at least 1".to_owned()),
            Some((_, count)) => Err(format!("the shards are 0/{count} to {}/{count}", count - 1)),
            None => Err("give two numbers such as 0/16".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_one_shard() {
        let shards = ["0/3", "1/3", "2/3"].map(|text| text.parse::<Shard>().unwrap());
        for row in 0..10 {
            assert_eq!(shards.iter().filter(|shard| shard.has(row)).count(), 1);
        }
        assert!((0..10).all(|row| Shard::ALL.has(row)));
        for wrong in ["", "3", "3/3", "0/0", "-1/3", "1/x"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
