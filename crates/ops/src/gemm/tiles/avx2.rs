//! 256-bit vectors: 6 rows of 2 vectors each, 12 of 16 registers.

use super::{Kernel, Layout, Precision, Tile, sizes, store};
use std::arch::x86_64::{
    __m256, __m256i, _MM_HINT_T0, _mm_prefetch, _mm256_add_epi32, _mm256_add_ps, _mm256_and_ps,
    _mm256_broadcast_ss, _mm256_castps_si256, _mm256_castsi256_ps, _mm256_fmadd_ps,
    _mm256_loadu_ps, _mm256_madd_epi16, _mm256_set1_epi32, _mm256_setzero_ps, _mm256_slli_epi16,
    _mm256_slli_epi32, _mm256_srai_epi16, _mm256_storeu_ps,
};

/// `f32`.
pub(in super::super) static F32: Kernel = Kernel {
    name: "avx2 f32",
    rows: 6,
    columns: 16,
    panels,
    precision: Precision::F32,
    layout: Layout::Single,
    run: single::run,
};

/// `bf16`, widened to `f32` in registers: saves memory traffic, not arithmetic.
pub(in super::super) static BF16_WIDENED: Kernel = Kernel {
    name: "avx2 bf16",
    rows: 6,
    columns: 16,
    panels,
    precision: Precision::Bf16,
    layout: Layout::Widened,
    run: widened::run,
};

/// `int8`, widened to 16 bits in registers.
pub(in super::super) static INT8_WIDENED: Kernel = Kernel {
    name: "avx2 int8",
    rows: 6,
    columns: 16,
    panels,
    precision: Precision::Int8,
    layout: Layout::WidenedQuads,
    run: integers::run,
};

const LANES: usize = 8;
/// Vectors of a panel.
const VECTORS: usize = 2;

fn panels(rows: usize) -> usize {
    match rows {
        1 => 4,
        2 => 2,
        _ => 1,
    }
}

/// Has the tile's place in memory fetched while its products are computed.
///
/// # Safety
/// `c` has `R` rows of `P` panels.
#[expect(unsafe_code, reason = "operands are pointers")]
#[target_feature(enable = "avx2,fma")]
unsafe fn fetch<const R: usize, const P: usize>(t: Tile) {
    for r in 0..R {
        for at in (0..P * VECTORS * LANES).step_by(16) {
            // SAFETY: inside the tile.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(t.c.add(r * t.c_stride + at).cast()) };
        }
    }
}

/// Writes some of the tile's results, or adds them to those before, as `i32` if they are
/// `INTEGERS`.
///
/// # Safety
/// `c` has room for them.
#[expect(unsafe_code, reason = "operands are pointers")]
#[target_feature(enable = "avx2,fma")]
unsafe fn put<const INTEGERS: bool>(c: *mut f32, sum: __m256, onto: bool) {
    // SAFETY: the caller's promise.
    unsafe {
        let sum = if !onto {
            sum
        } else if INTEGERS {
            let (before, sum) = (_mm256_loadu_ps(c), _mm256_castps_si256(sum));
            _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(before), sum))
        } else {
            _mm256_add_ps(_mm256_loadu_ps(c), sum)
        };
        _mm256_storeu_ps(c, sum);
    }
}

mod single {
    use super::*;

    sizes!(tile: 1 x 1, 1 x 2, 1 x 3, 1 x 4, 2 x 1, 2 x 2, 3 x 1, 4 x 1, 5 x 1, 6 x 1);

    #[expect(unsafe_code, reason = "operands are pointers")]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn tile<const R: usize, const P: usize>(t: Tile) {
        // SAFETY: the caller's promise about the operands.
        unsafe {
            fetch::<R, P>(t);
            let mut sums = [[[_mm256_setzero_ps(); VECTORS]; P]; R];
            let (mut a, mut b) = (t.a.cast::<f32>(), t.b.cast::<f32>());
            for _ in 0..t.steps {
                for p in 0..P {
                    let b = b.add(p * t.b_panel);
                    let b: [__m256; VECTORS] = [_mm256_loadu_ps(b), _mm256_loadu_ps(b.add(LANES))];
                    for r in 0..R {
                        let a = _mm256_broadcast_ss(&*a.add(r * t.a_row));
                        for v in 0..VECTORS {
                            sums[r][p][v] = _mm256_fmadd_ps(a, b[v], sums[r][p][v]);
                        }
                    }
                }
                a = a.add(t.a_step);
                b = b.add(VECTORS * LANES);
            }
            store!(put::<false>, t, sums);
        }
    }
}

mod widened {
    use super::*;

    sizes!(tile: 1 x 1, 1 x 2, 1 x 3, 1 x 4, 2 x 1, 2 x 2, 3 x 1, 4 x 1, 5 x 1, 6 x 1);

    #[expect(unsafe_code, reason = "operands are pointers")]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn tile<const R: usize, const P: usize>(t: Tile) {
        let upper = _mm256_castsi256_ps(_mm256_set1_epi32(0xffff_0000_u32.cast_signed()));
        // SAFETY: the caller's promise about the operands.
        unsafe {
            fetch::<R, P>(t);
            let mut sums = [[[_mm256_setzero_ps(); VECTORS]; P]; R];
            let (mut a, mut b) = (t.a.cast::<f32>(), t.b.cast::<f32>());
            for _ in 0..t.steps {
                for p in 0..P {
                    let b = b.add(p * t.b_panel);
                    let pairs = [_mm256_loadu_ps(b), _mm256_loadu_ps(b.add(LANES))];
                    let later: [__m256; VECTORS] = pairs.map(|b| _mm256_and_ps(b, upper));
                    for r in 0..R {
                        let a = _mm256_broadcast_ss(&*a.add(r));
                        for v in 0..VECTORS {
                            sums[r][p][v] = _mm256_fmadd_ps(a, later[v], sums[r][p][v]);
                        }
                    }
                    let earlier: [__m256; VECTORS] = pairs.map(|b| {
                        _mm256_castsi256_ps(_mm256_slli_epi32::<16>(_mm256_castps_si256(b)))
                    });
                    for r in 0..R {
                        let a = _mm256_broadcast_ss(&*a.add(R + r));
                        for v in 0..VECTORS {
                            sums[r][p][v] = _mm256_fmadd_ps(a, earlier[v], sums[r][p][v]);
                        }
                    }
                }
                a = a.add(2 * R);
                b = b.add(VECTORS * LANES);
            }
            store!(put::<false>, t, sums);
        }
    }
}

mod integers {
    use super::*;

    sizes!(tile: 1 x 1, 1 x 2, 1 x 3, 1 x 4, 2 x 1, 2 x 2, 3 x 1, 4 x 1, 5 x 1, 6 x 1);

    /// `sum` with the products of pairs of integers added.
    #[target_feature(enable = "avx2,fma")]
    fn multiply_add(sum: __m256, a: __m256i, b: __m256i) -> __m256 {
        let products = _mm256_madd_epi16(a, b);
        _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(sum), products))
    }

    #[expect(unsafe_code, reason = "operands are pointers")]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn tile<const R: usize, const P: usize>(t: Tile) {
        // SAFETY: the caller's promise about the operands.
        unsafe {
            fetch::<R, P>(t);
            let mut sums = [[[_mm256_setzero_ps(); VECTORS]; P]; R];
            let (mut a, mut b) = (t.a.cast::<i32>(), t.b.cast::<f32>());
            for _ in 0..t.steps {
                for p in 0..P {
                    let b = b.add(p * t.b_panel);
                    let quads = [_mm256_loadu_ps(b), _mm256_loadu_ps(b.add(LANES))];
                    let quads = quads.map(|b| _mm256_castps_si256(b));
                    let later: [__m256i; VECTORS] = quads.map(|b| _mm256_srai_epi16::<8>(b));
                    for r in 0..R {
                        let a = _mm256_set1_epi32(*a.add(r));
                        for v in 0..VECTORS {
                            sums[r][p][v] = multiply_add(sums[r][p][v], a, later[v]);
                        }
                    }
                    let earlier: [__m256i; VECTORS] =
                        quads.map(|b| _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(b)));
                    for r in 0..R {
                        let a = _mm256_set1_epi32(*a.add(R + r));
                        for v in 0..VECTORS {
                            sums[r][p][v] = multiply_add(sums[r][p][v], a, earlier[v]);
                        }
                    }
                }
                a = a.add(2 * R);
                b = b.add(VECTORS * LANES);
            }
            store!(put::<true>, t, sums);
        }
    }
}
