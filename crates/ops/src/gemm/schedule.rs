//! Sharing a product out: blocks for the caches, tasks for the threads.

use super::aligned_buffer::AlignedBuffer;
use super::kernel::{Available, Kernel, Layout, Tile};
use super::pack;
use super::row_tiles::RowTiles;
use super::scratch::with_block;
use super::{Accumulate, Matrix};
use crate::simd;
use rayon::prelude::*;
use std::ops::Range;

/// Steps of `k` that are taken at a time: a panel of the right matrix stays in the first cache.
///
/// One number for all kernels, since the sums of these blocks are added in turn.
const STEPS: usize = 256;
/// Rows that are taken at a time: a block of the left matrix stays in the second cache.
const ROWS: usize = 240;
/// Tasks a thread gets: enough that all end at about the same time.
const TASKS: usize = 12;
/// Multiplications that are worth a task of their own: some tens of microseconds.
const SMALLEST: usize = 1_000_000;
/// Panels of a task whose results are added to several times: they stay in the second cache.
const ADDED: usize = 6;
/// The same where each task lays the left matrix out again.
const ADDED_COLUMNS: usize = 24;

/// The left-hand matrix of a product.
#[derive(Clone, Copy)]
pub(super) enum Lhs<'a> {
    /// Packed for the kernel, one panel of rows for each tile.
    Packed(&'a [u32]),
    /// A word for each step, rows that begin `stride` words apart.
    Rows { words: &'a [u32], stride: usize },
    /// A matrix with long, contiguous columns: blocks are packed when they are needed.
    Columns(Matrix<'a>),
}

/// A product whose right-hand matrix is packed for the kernel.
pub(super) struct Packed<'a> {
    pub(super) kernel: Available,
    pub(super) a: Lhs<'a>,
    pub(super) b: &'a [u32],
    pub(super) rows: usize,
    pub(super) k: usize,
    pub(super) columns: usize,
}

/// The result, which several tasks write, each its own tiles.
#[derive(Clone, Copy)]
struct Shared(*mut f32);

#[expect(unsafe_code, reason = "tasks write tiles, and those are not slices")]
// SAFETY: each task writes only its own tiles, and `multiply` borrows the result while they run.
unsafe impl Send for Shared {}
#[expect(unsafe_code, reason = "tasks write tiles, and those are not slices")]
// SAFETY: each task writes only its own tiles, and `multiply` borrows the result while they run.
unsafe impl Sync for Shared {}

impl Packed<'_> {
    /// Computes the product, or adds it to what `out` holds.
    pub(super) fn multiply(&self, out: &mut [f32], accumulate: Accumulate) {
        let Self { kernel, rows, k, columns, .. } = *self;
        assert_eq!(out.len(), rows * columns, "result");
        match self.a {
            Lhs::Packed(a) => assert!(a.len() >= rows * kernel.layout.words(k), "left matrix"),
            Lhs::Rows { words, stride } => {
                let steps = pack::steps(&kernel, k);
                let end = rows.checked_sub(1).map_or(0, |last| last * stride + steps);
                assert!(words.len() >= end, "left matrix");
                assert!(kernel.layout.is_strided(), "left matrix");
            }
            Lhs::Columns(a) => {
                assert_eq!((a.rows, a.columns), (rows, k), "left matrix");
                // Blocks are packed with one word per step; other layouts would read more.
                assert_eq!(kernel.layout, Layout::Single, "left matrix");
            }
        }
        let panels = columns.div_ceil(kernel.columns);
        assert!(self.b.len() >= panels * pack::panel_words(&kernel, k), "right matrix");
        if out.is_empty() {
            return;
        }
        // Blocks of nearly equal height, so that no task gets a sliver.
        let tiles = self.heights().tiles;
        let tall = tiles.div_ceil(rows.div_ceil(ROWS));
        let down = tiles.div_ceil(tall);
        let wide = self.panels_of_a_task((tall * kernel.rows).min(rows), down, panels);
        let across = panels.div_ceil(wide);
        let onto = accumulate == Accumulate::Yes;
        let shared = Shared(out.as_mut_ptr());
        let run = |task: usize| {
            let (tile, panel) = (task / across * tall, task % across * wide);
            let tiles = tile..tiles.min(tile + tall);
            self.block(shared, tiles, panel..panels.min(panel + wide), onto);
        };
        if down * across == 1 {
            run(0);
        } else {
            (0..down * across).into_par_iter().for_each(run);
        }
    }

    fn heights(&self) -> RowTiles {
        RowTiles::new(self.rows, self.kernel.rows)
    }

    fn panels_of_a_task(&self, tall: usize, down: usize, panels: usize) -> usize {
        let tasks = TASKS * rayon::current_num_threads();
        let even = panels.div_ceil(tasks.div_ceil(down));
        let worth = SMALLEST.div_ceil(tall * self.k.max(1) * self.kernel.columns);
        let most = match self.a {
            _ if pack::steps(&self.kernel, self.k) <= STEPS => panels,
            Lhs::Packed(_) | Lhs::Rows { .. } => ADDED,
            Lhs::Columns(_) => ADDED_COLUMNS,
        };
        even.min(most).max(worth).min(panels)
    }

    /// The results of the rows of some tiles and some panels of columns.
    fn block(&self, out: Shared, tiles: Range<usize>, panels: Range<usize>, onto: bool) {
        let heights = self.heights();
        let rows = heights.start(tiles.start)..heights.start(tiles.end);
        let all_steps = pack::steps(&self.kernel, self.k);
        let mut start = 0;
        loop {
            let steps = start..all_steps.min(start + STEPS);
            let part = Part { tiles: tiles.clone(), panels: panels.clone(), steps, onto };
            match self.a {
                Lhs::Packed(a) => {
                    let row_words = self.kernel.layout.words(self.k);
                    let step_words = row_words.checked_div(all_steps).unwrap_or(0);
                    self.tiles(out, &part, |row, height| {
                        let first = row * row_words + start * step_words * height;
                        Left { words: a[first..].as_ptr(), row: 1, step: height }
                    });
                }
                Lhs::Rows { words, stride } => self.tiles(out, &part, |row, _| {
                    let words = words[row * stride + start..].as_ptr();
                    Left { words, row: stride, step: 1 }
                }),
                Lhs::Columns(a) => with_block(|block: &mut AlignedBuffer| {
                    let steps = part.steps.clone();
                    let count = steps.len();
                    let words = block.with(rows.len() * count);
                    pack::left_block(a, heights, tiles.clone(), steps, words);
                    let words = &*words;
                    self.tiles(out, &part, |row, height| {
                        let words = words[(row - rows.start) * count..].as_ptr();
                        Left { words, row: 1, step: height }
                    });
                }),
            }
            start += STEPS;
            if start >= all_steps {
                return;
            }
        }
    }

    /// The tiles of a part; `left` gives a tile's place in the left matrix, for its first row and
    /// its height.
    fn tiles(&self, out: Shared, part: &Part, left: impl Fn(usize, usize) -> Left) {
        let kernel = self.kernel;
        let b_panel = pack::panel_words(&kernel, self.k);
        let heights = self.heights();
        let side_by_side = (kernel.panels)(heights.most());
        // While a panel is multiplied, tile by tile, the next one is fetched, piece by piece.
        let panel_words = part.steps.len() * kernel.columns;
        let piece = panel_words.div_ceil(part.tiles.len());
        for panel in part.panels.clone().step_by(side_by_side) {
            let panels = side_by_side.min(part.panels.end - panel);
            let column = panel * kernel.columns;
            let first_word = |panel: usize| panel * b_panel + part.steps.start * kernel.columns;
            for (n, tile) in part.tiles.clone().enumerate() {
                if panels == 1 && panel + 1 < part.panels.end && piece > 0 {
                    let next = &self.b[first_word(panel + 1)..][..panel_words];
                    simd::fetch(next.chunks(piece).nth(n).unwrap_or_default());
                }
                let rows = heights.rows(tile);
                let (row, height) = (rows.start, rows.len());
                let left = left(row, height);
                let tile = Tile {
                    rows: height,
                    panels,
                    steps: part.steps.len(),
                    a: left.words,
                    a_row: left.row,
                    a_step: left.step,
                    b: self.b[first_word(panel)..].as_ptr(),
                    b_panel,
                    c: out.0.wrapping_add(row * self.columns + column),
                    c_stride: self.columns,
                    onto: part.onto || part.steps.start > 0,
                };
                let width = self.columns - column;
                #[expect(unsafe_code, reason = "the kernels take pointers")]
                // SAFETY: the processor has the instructions, since only detection makes an
                // `Available` kernel. `RowTiles` and `kernel.panels` keep the tile within the
                // kernel's limits, outside of which `run` panics. `multiply` checked the lengths
                // of all operands, and no other task has these rows and panels.
                unsafe {
                    if width < panels * kernel.columns {
                        run_at_border(&kernel, tile, width);
                    } else {
                        (kernel.run)(tile);
                    }
                }
            }
        }
    }
}

/// What is computed with one stretch of `k`.
struct Part {
    tiles: Range<usize>,
    panels: Range<usize>,
    steps: Range<usize>,
    onto: bool,
}

/// Where a tile's rows are: its first word, and the words from a row and from a step to the next.
struct Left {
    words: *const u32,
    row: usize,
    step: usize,
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
    assert!(tile.rows * stride <= LARGEST, "a larger tile than was known");
    // SAFETY: the caller's promise; `whole` has room for a tile.
    unsafe {
        for r in 0..tile.rows {
            let row = tile.c.add(r * tile.c_stride);
            std::ptr::copy_nonoverlapping(row, whole[r * stride..].as_mut_ptr(), width);
        }
        (kernel.run)(Tile { c: whole.as_mut_ptr(), c_stride: stride, ..tile });
        for r in 0..tile.rows {
            let row = tile.c.add(r * tile.c_stride);
            std::ptr::copy_nonoverlapping(whole[r * stride..].as_ptr(), row, width);
        }
    }
}
