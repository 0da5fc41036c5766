//! Tiles for each instruction set.
#![expect(clippy::needless_range_loop, reason = "the constant bounds are what is unrolled")]
#![allow(clippy::wildcard_imports, reason = "the parts of a file share its vectors")]

#[cfg(target_arch = "x86_64")]
pub(super) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(super) mod avx512;
#[cfg(target_arch = "aarch64")]
pub(super) mod neon;
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

/// Hands every vector of a tile's `sums` to `put`, with its place.
///
/// A function that took all sums at once might not be inlined: they would be kept in memory, not
/// in registers, and the tile would take twice as long.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))] // the portable tile stores as it goes
macro_rules! store {
    ($put:expr, $t:ident, $sums:ident) => {
        for (r, row) in $sums.iter().enumerate() {
            for (at, &sum) in row.as_flattened().iter().enumerate() {
                $put($t.c.add(r * $t.c_stride + at * LANES), sum, $t.onto);
            }
        }
    };
}
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub(super) use store;
