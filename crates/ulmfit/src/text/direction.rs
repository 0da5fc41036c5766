//! Which way a model reads.

use serde::{Deserialize, Serialize};

use super::TokenId;
use std::fmt;

/// The order in which a model reads a document. Forward and backward models are trained separately and
/// their answers averaged (Howard & Ruder 2018, section 3.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// First token first.
    #[default]
    Forward,
    /// Last token first; `xxbos` comes last.
    Backward,
}

impl Direction {
    /// Puts a document's ids into reading order.
    pub fn orient(self, ids: &mut [TokenId]) {
        if self == Self::Backward {
            ids.reverse();
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Forward => "forward",
            Self::Backward => "backward",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backward_reads_from_the_end() {
        let mut ids = [2, 5, 6];
        Direction::Forward.orient(&mut ids);
        assert_eq!(ids, [2, 5, 6]);
        Direction::Backward.orient(&mut ids);
        assert_eq!(ids, [6, 5, 2]);
        assert_eq!(serde_json::to_string(&Direction::Backward).unwrap(), "\"backward\"");
    }
}
