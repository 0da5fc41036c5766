//! The inner loops: a tile of results stays in registers while `k` runs.
//!
//! Every kernel adds the products of one result in the order of `k`, one after the other, and
//! adds the sums of blocks of `k` (whose length is one number for all of them). So a result has
//! the same bits wherever in the matrix it is, however large the matrix is and however many
//! threads work; and all kernels that multiply and add with one rounding agree.

use super::tiles;
use crate::Precision;
use std::ops::Deref;
use std::sync::OnceLock;

/// The words that a kernel reads of the left matrix of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// One `f32` for each `k`.
    Single,
    /// Two `bf16` in a word, the earlier `k` in the lower half.
    Pairs,
    /// `bf16` values as `f32`, the later `k` of each pair first.
    Widened,
    /// Four `u8` in a word, the earliest `k` lowest: integers moved up by 128.
    Quads,
    /// Four `i8` in a word, the earliest `k` lowest.
    #[cfg_attr(
        not(target_arch = "aarch64"),
        expect(dead_code, reason = "only Arm multiplies those")
    )]
    SignedQuads,
    /// Two words of two `i16`: the second and fourth of four integers, then the first and third.
    WidenedQuads,
}

impl Layout {
    /// Whether kernels read one word per step, at any distance from row to row.
    pub(super) fn is_strided(self) -> bool {
        matches!(self, Self::Single | Self::Pairs | Self::Quads | Self::SignedQuads)
    }

    /// Words of a row with `k` elements.
    pub(super) fn words(self, k: usize) -> usize {
        match self {
            Self::Single => k,
            Self::Pairs => k.div_ceil(2),
            Self::Widened => 2 * k.div_ceil(2),
            Self::Quads | Self::SignedQuads => k.div_ceil(4),
            Self::WidenedQuads => 2 * k.div_ceil(4),
        }
    }
}

/// A tile's operands.
///
/// `b` holds a panel of `columns` words for each
/// step, the next panel `b_panel` words further on. `c` is row-major.
#[derive(Clone, Copy)]
pub(super) struct Tile {
    /// Rows of the tile.
    pub(super) rows: usize,
    /// Panels of the right matrix side by side.
    pub(super) panels: usize,
    /// Steps: elements of `k` in `f32`, pairs of them in `bf16`, four of them in `int8`.
    pub(super) steps: usize,
    /// The words of the left matrix. Kernels that read more than one word per step expect those of a step
    /// one after the other, each word for all rows.
    pub(super) a: *const u32,
    /// From a row of `a` to the next, in words.
    pub(super) a_row: usize,
    /// From a step of `a` to the next, in words.
    pub(super) a_step: usize,
    pub(super) b: *const u32,
    #[cfg_attr(
        not(any(target_arch = "x86_64", target_arch = "aarch64")),
        expect(dead_code, reason = "one panel at a time")
    )]
    pub(super) b_panel: usize,
    /// `i32` values where the factors are integers.
    pub(super) c: *mut f32,
    pub(super) c_stride: usize,
    /// Whether to add to the values in `c` instead of writing over them.
    pub(super) onto: bool,
}

/// One way to compute tiles.
pub(super) struct Kernel {
    /// For messages and reports.
    pub(super) name: &'static str,
    /// Most rows of a tile.
    pub(super) rows: usize,
    /// Columns of a panel of the right matrix.
    pub(super) columns: usize,
    /// Most panels of a tile with `rows` rows.
    pub(super) panels: fn(rows: usize) -> usize,
    pub(super) precision: Precision,
    pub(super) layout: Layout,
    /// Computes a tile.
    ///
    /// # Safety
    /// The processor has the kernel's instructions, `rows` and `panels` are within its limits and
    /// all operands are as long as [`Tile`] says.
    pub(super) run: unsafe fn(Tile),
}

/// A kernel whose instructions this processor has: only [`available`] makes one.
#[derive(Clone, Copy)]
pub(super) struct Available(&'static Kernel);

impl Deref for Available {
    type Target = Kernel;

    fn deref(&self) -> &Kernel {
        self.0
    }
}

/// The best kernel of this machine.
pub(super) fn best(precision: Precision) -> Available {
    static BEST: OnceLock<[Available; 3]> = OnceLock::new();
    let all = [Precision::F32, Precision::Bf16, Precision::Int8];
    let first = |precision| {
        available().find(|kernel| kernel.precision == precision).expect("one is portable")
    };
    BEST.get_or_init(|| all.map(first))[precision as usize]
}

/// All kernels this machine can run, the best of each precision first.
pub(super) fn available() -> impl Iterator<Item = Available> {
    #[cfg(target_arch = "x86_64")]
    let wide = {
        use std::arch::is_x86_feature_detected as has;
        [
            (has!("avx512f") && has!("avx512bf16"), &tiles::avx512::BF16_PAIRS),
            (has!("avx512f"), &tiles::avx512::F32),
            (has!("avx512f"), &tiles::avx512::BF16_WIDENED),
            (has!("avx512f") && has!("avx512vnni"), &tiles::avx512::INT8_QUADS),
            (has!("avx2") && has!("fma"), &tiles::avx2::F32),
            (has!("avx2") && has!("fma"), &tiles::avx2::BF16_WIDENED),
            (has!("avx2") && has!("fma"), &tiles::avx2::INT8_WIDENED),
        ]
    };
    #[cfg(target_arch = "aarch64")]
    let wide = {
        use std::arch::is_aarch64_feature_detected as has;
        let neon = has!("neon") && !cfg!(miri); // which does not know all of it
        [
            (neon && has!("bf16"), &tiles::neon::BF16_PAIRS),
            (neon, &tiles::neon::F32),
            (neon, &tiles::neon::BF16_WIDENED),
            (neon && has!("dotprod"), &tiles::neon::INT8_QUADS),
            (neon, &tiles::neon::INT8_WIDENED),
        ]
    };
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let wide: [(bool, &Kernel); 0] = [];
    let portable = {
        use tiles::portable::{BF16_WIDENED, F32, INT8_WIDENED};
        [&F32, &BF16_WIDENED, &INT8_WIDENED]
    };
    let wide = wide.into_iter().filter_map(|(has, kernel)| has.then_some(kernel));
    wide.chain(portable).map(Available)
}
