//! Small things that ranks tell each other.

use super::words::{Reader, Writer};
use super::{Ranks, has_others};
use crate::train::Control;

/// Stop, if any rank says so; the same answer on all.
pub(crate) fn agree(ranks: &dyn Ranks, own: Control) -> Control {
    if !has_others(ranks) {
        return own;
    }
    let all = ranks.gather(vec![u32::from(own == Control::Stop)]);
    if all.iter().any(|words| words[0] != 0) { Control::Stop } else { Control::Continue }
}

/// The texts of all ranks, in their order.
pub(crate) fn each_text(ranks: &dyn Ranks, own: &str) -> Vec<String> {
    let mut writer = Writer::default();
    writer.bytes(own.as_bytes());
    let all = ranks.gather(writer.0);
    all.iter().map(|words| String::from_utf8_lossy(&Reader(words).bytes()).into_owned()).collect()
}
