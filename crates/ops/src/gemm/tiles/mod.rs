//! Tiles for each instruction set.
#![expect(clippy::needless_range_loop, reason = "the constant bounds are what is unrolled")]
#![allow(clippy::wildcard_imports, reason = "the parts of a file share its vectors")]

#[cfg(target_arch = "x86_64")]
pub(super) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(super) mod avx512;
pub(super) mod portable;

use super::kernel::{Kernel, Layout, Tile};
use crate::Precision;

/// Defines `run`, which picks the tile of the right size, for a `tile::<ROWS, PANELS>`.
///
/// Few rows are computed for several panels at once: with fewer results in flight, each step
/// would wait for the addition before it.
macro_rules! sizes {
    ($tile:ident: $($rows:literal x $panels:literal),* $(,)?) => {
        /// # Safety
        /// That of [`Kernel::run`].
        #[expect(unsafe_code, reason = "operands are pointers")]
        pub(super) unsafe fn run(t: Tile) {
            // SAFETY: the caller's promise.
            unsafe {
                match (t.rows, t.panels) {
                    $(($rows, $panels) => $tile::<$rows, $panels>(t),)*
                    (rows, panels) => unreachable!("no tile of {rows} rows, {panels} panels"),
                }
            }
        }
    };
}
pub(super) use sizes;
