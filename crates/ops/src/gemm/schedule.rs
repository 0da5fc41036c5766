//! Sharing a product out: blocks for the caches, tasks for the threads.

use super::kernel::{Kernel, Tile};
use super::pack;
use rayon::prelude::*;

/// Steps of `k` that are taken at a time: a panel of the right matrix stays in the first cache.
const STEPS: usize = 256;
/// Rows that are taken at a time: a block of the left matrix stays in the second cache.
const ROWS: usize = 240;
/// Multiplications that are worth a task of their own: about a tenth of a millisecond.
const TASK: usize = 4_000_000;

/// A product whose operands are laid out for the kernel.
pub(super) struct Packed<'a> {
    pub(super) kernel: &'static Kernel,
    pub(super) a: &'a [u32],
    pub(super) b: &'a [u32],
    pub(super) rows: usize,
    pub(super) k: usize,
    pub(super) columns: usize,
}

/// A place in memory that several tasks write, each its own part.
#[derive(Clone, Copy)]
struct Shared(*mut f32);

#[expect(unsafe_code, reason = "tasks write tiles, and those are not slices")]
// SAFETY: every task writes its own tiles only.
unsafe impl Send for Shared {}
#[expect(unsafe_code, reason = "tasks write tiles, and those are not slices")]
// SAFETY: every task writes its own tiles only.
unsafe impl Sync for Shared {}

impl Packed<'_> {
    /// Computes the product, or adds it to what `out` holds.
    pub(super) fn multiply(&self, out: &mut [f32], onto: bool) {
        assert_eq!(out.len(), self.rows * self.columns, "result");
        assert!(self.a.len() >= self.rows * self.kernel.layout.words(self.k), "left matrix");
        let panels = self.columns.div_ceil(self.kernel.columns);
        assert!(self.b.len() >= panels * pack::panel_words(self.kernel, self.k), "right matrix");
        if out.is_empty() {
            return;
        }
        // Blocks of nearly equal height, so that no task gets a sliver.
        let tall = self.rows.div_ceil(self.rows.div_ceil(ROWS));
        let tall = tall.next_multiple_of(self.kernel.rows);
        let work = tall.min(self.rows) * self.k.max(1) * self.kernel.columns;
        let wide = (TASK / work).clamp(1, panels);
        let across = panels.div_ceil(wide);
        let tasks = self.rows.div_ceil(tall) * across;
        let shared = Shared(out.as_mut_ptr());
        let run = |task: usize| {
            let (row, panel) = (task / across * tall, task % across * wide);
            let rows = row..self.rows.min(row + tall);
            self.block(shared, rows, panel..panels.min(panel + wide), onto);
        };
        if tasks == 1 {
            run(0);
        } else {
            (0..tasks).into_par_iter().for_each(run);
        }
    }

    /// The results of some rows and some panels of columns.
    fn block(
        &self,
        out: Shared,
        rows: std::ops::Range<usize>,
        panels: std::ops::Range<usize>,
        onto: bool,
    ) {
        let kernel = self.kernel;
        let b_panel = pack::panel_words(kernel, self.k);
        let all_steps = pack::steps(kernel, self.k);
        let row_words = kernel.layout.words(self.k);
        let step_words = row_words.checked_div(all_steps).unwrap_or(0);
        let side_by_side = (kernel.panels)(rows.len().min(kernel.rows));
        let mut start = 0;
        loop {
            let steps = STEPS.min(all_steps - start);
            let mut panel = panels.start;
            while panel < panels.end {
                let count = side_by_side.min(panels.end - panel);
                for row in rows.clone().step_by(kernel.rows) {
                    let height = kernel.rows.min(rows.end - row);
                    let tile = Tile {
                        rows: height,
                        panels: count,
                        steps,
                        a: self.a[row * row_words + start * step_words * height..].as_ptr(),
                        b: self.b[panel * b_panel + start * kernel.columns..].as_ptr(),
                        b_panel,
                        c: out.0.wrapping_add(row * self.columns + panel * kernel.columns),
                        c_stride: self.columns,
                        onto: onto || start > 0,
                    };
                    let width = self.columns - panel * kernel.columns;
                    #[expect(unsafe_code, reason = "the kernels take pointers")]
                    // SAFETY: the lengths of all operands were checked in `multiply`; no other
                    // task has these rows and panels.
                    unsafe {
                        if width < count * kernel.columns {
                            run_at_border(kernel, tile, width);
                        } else {
                            (kernel.run)(tile);
                        }
                    }
                }
                panel += count;
            }
            start += steps;
            if start >= all_steps {
                return;
            }
        }
    }
}

/// Runs a tile of which only the first `width` columns exist.
///
/// # Safety
/// That of [`Kernel::run`] for these columns.
#[expect(unsafe_code, reason = "the kernels take pointers")]
unsafe fn run_at_border(kernel: &Kernel, tile: Tile, width: usize) {
    /// Results of the largest tile of any kernel.
    const LARGEST: usize = 8 * 48;
    let mut whole = [0.0; LARGEST];
    let stride = tile.panels * kernel.columns;
    // SAFETY: the caller's promise; `whole` has room for a tile.
    unsafe {
        for r in 0..tile.rows {
            let row = tile.c.add(r * tile.c_stride);
            std::ptr::copy_nonoverlapping(row, whole[r * stride..].as_mut_ptr(), width);
        }
        assert!(tile.rows * stride <= LARGEST);
        (kernel.run)(Tile { c: whole.as_mut_ptr(), c_stride: stride, ..tile });
        for r in 0..tile.rows {
            let row = tile.c.add(r * tile.c_stride);
            std::ptr::copy_nonoverlapping(whole[r * stride..].as_ptr(), row, width);
        }
    }
}
