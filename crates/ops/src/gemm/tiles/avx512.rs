//! 512-bit vectors: 8 rows of 3 vectors each, 24 of 32 registers.

use super::{Kernel, Layout, Precision, Tile, sizes, store};
use std::arch::x86_64::{
    __m512, __m512bh, _MM_HINT_T0, _mm_prefetch, _mm512_add_epi32, _mm512_add_ps, _mm512_and_si512,
    _mm512_castps_si512, _mm512_castsi512_ps, _mm512_dpbf16_ps, _mm512_dpbusd_epi32,
    _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps,
    _mm512_slli_epi32, _mm512_storeu_ps,
};

/// `f32`.
pub(in super::super) static F32: Kernel = Kernel {
    name: "avx512 f32",
    rows: 8,
    columns: 48,
    panels,
    precision: Precision::F32,
    layout: Layout::Single,
    run: single::run,
};

/// `bf16`, two products an instruction.
pub(in super::super) static BF16_PAIRS: Kernel = Kernel {
    name: "avx512 bf16",
    rows: 8,
    columns: 48,
    panels,
    precision: Precision::Bf16,
    layout: Layout::Pairs,
    run: pairs::run,
};

/// `bf16`, widened to `f32` in registers: saves memory traffic, not arithmetic.
pub(in super::super) static BF16_WIDENED: Kernel = Kernel {
    name: "avx512 bf16, widened",
    rows: 8,
    columns: 48,
    panels,
    precision: Precision::Bf16,
    layout: Layout::Widened,
    run: widened::run,
};

/// `int8`, four products an instruction.
pub(in super::super) static INT8_QUADS: Kernel = Kernel {
    name: "avx512 int8",
    rows: 8,
    columns: 48,
    panels,
    precision: Precision::Int8,
    layout: Layout::Quads,
    run: integers::run,
};

const LANES: usize = 16;
/// Vectors of a panel.
const VECTORS: usize = 3;

fn panels(rows: usize) -> usize {
    match rows {
        1 => 3,
        2 => 2,
        _ => 1,
    }
}

/// Has the tile's place in memory fetched while its products are computed.
///
/// # Safety
/// `c` has `R` rows of `P` panels.
#[expect(unsafe_code, reason = "operands are pointers")]
#[target_feature(enable = "avx512f")]
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
#[target_feature(enable = "avx512f")]
unsafe fn put<const INTEGERS: bool>(c: *mut f32, sum: __m512, onto: bool) {
    // SAFETY: the caller's promise.
    unsafe {
        let sum = if !onto {
            sum
        } else if INTEGERS {
            let (before, sum) = (_mm512_loadu_ps(c), _mm512_castps_si512(sum));
            _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(before), sum))
        } else {
            _mm512_add_ps(_mm512_loadu_ps(c), sum)
        };
        _mm512_storeu_ps(c, sum);
    }
}

/// A panel's vectors of one step.
///
/// # Safety
/// There are as many.
#[expect(unsafe_code, reason = "operands are pointers")]
#[target_feature(enable = "avx512f")]
unsafe fn vectors(b: *const f32) -> [__m512; VECTORS] {
    // SAFETY: the caller's promise.
    unsafe {
        [_mm512_loadu_ps(b), _mm512_loadu_ps(b.add(LANES)), _mm512_loadu_ps(b.add(2 * LANES))]
    }
}

mod single {
    use super::*;

    sizes!(tile:
        1 x 1, 1 x 2, 1 x 3, 2 x 1, 2 x 2, 3 x 1, 4 x 1, 5 x 1, 6 x 1, 7 x 1, 8 x 1);

    #[expect(unsafe_code, reason = "operands are pointers")]
    #[target_feature(enable = "avx512f")]
    unsafe fn tile<const R: usize, const P: usize>(t: Tile) {
        // SAFETY: the caller's promise about the operands.
        unsafe {
            fetch::<R, P>(t);
            let mut sums = [[[_mm512_setzero_ps(); VECTORS]; P]; R];
            let (mut a, mut b) = (t.a.cast::<f32>(), t.b.cast::<f32>());
            for _ in 0..t.steps {
                for p in 0..P {
                    let b = vectors(b.add(p * t.b_panel));
                    for r in 0..R {
                        let a = _mm512_set1_ps(*a.add(r * t.a_row));
                        for v in 0..VECTORS {
                            sums[r][p][v] = _mm512_fmadd_ps(a, b[v], sums[r][p][v]);
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

mod pairs {
    use super::*;

    sizes!(tile:
        1 x 1, 1 x 2, 1 x 3, 2 x 1, 2 x 2, 3 x 1, 4 x 1, 5 x 1, 6 x 1, 7 x 1, 8 x 1);

    #[expect(unsafe_code, reason = "operands are pointers")]
    #[target_feature(enable = "avx512f,avx512bf16")]
    unsafe fn tile<const R: usize, const P: usize>(t: Tile) {
        // SAFETY: the caller's promise about the operands; both types are 512 plain bits.
        unsafe {
            fetch::<R, P>(t);
            let mut sums = [[[_mm512_setzero_ps(); VECTORS]; P]; R];
            let (mut a, mut b) = (t.a.cast::<i32>(), t.b.cast::<f32>());
            for _ in 0..t.steps {
                for p in 0..P {
                    let b = vectors(b.add(p * t.b_panel));
                    let b = b.map(|b| std::mem::transmute::<__m512, __m512bh>(b));
                    for r in 0..R {
                        let a = _mm512_castsi512_ps(_mm512_set1_epi32(*a.add(r * t.a_row)));
                        let a = std::mem::transmute::<__m512, __m512bh>(a);
                        for v in 0..VECTORS {
                            sums[r][p][v] = _mm512_dpbf16_ps(sums[r][p][v], a, b[v]);
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

    sizes!(tile:
        1 x 1, 1 x 2, 1 x 3, 2 x 1, 2 x 2, 3 x 1, 4 x 1, 5 x 1, 6 x 1, 7 x 1, 8 x 1);

    #[expect(unsafe_code, reason = "operands are pointers")]
    #[target_feature(enable = "avx512f")]
    unsafe fn tile<const R: usize, const P: usize>(t: Tile) {
        let upper = _mm512_set1_epi32(0xffff_0000_u32.cast_signed());
        // SAFETY: the caller's promise about the operands.
        unsafe {
            fetch::<R, P>(t);
            let mut sums = [[[_mm512_setzero_ps(); VECTORS]; P]; R];
            let (mut a, mut b) = (t.a.cast::<f32>(), t.b.cast::<f32>());
            for _ in 0..t.steps {
                for p in 0..P {
                    let pairs = vectors(b.add(p * t.b_panel)).map(|b| _mm512_castps_si512(b));
                    for r in 0..R {
                        let (later, earlier) = (*a.add(r), *a.add(R + r));
                        let (later, earlier) = (_mm512_set1_ps(later), _mm512_set1_ps(earlier));
                        for v in 0..VECTORS {
                            let b = _mm512_castsi512_ps(_mm512_and_si512(pairs[v], upper));
                            let sum = _mm512_fmadd_ps(later, b, sums[r][p][v]);
                            let b = _mm512_castsi512_ps(_mm512_slli_epi32::<16>(pairs[v]));
                            sums[r][p][v] = _mm512_fmadd_ps(earlier, b, sum);
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

    sizes!(tile:
        1 x 1, 1 x 2, 1 x 3, 2 x 1, 2 x 2, 3 x 1, 4 x 1, 5 x 1, 6 x 1, 7 x 1, 8 x 1);

    #[expect(unsafe_code, reason = "operands are pointers")]
    #[target_feature(enable = "avx512f,avx512vnni")]
    unsafe fn tile<const R: usize, const P: usize>(t: Tile) {
        // SAFETY: the caller's promise about the operands.
        unsafe {
            fetch::<R, P>(t);
            let mut sums = [[[_mm512_setzero_ps(); VECTORS]; P]; R];
            let (mut a, mut b) = (t.a.cast::<i32>(), t.b.cast::<f32>());
            for _ in 0..t.steps {
                for p in 0..P {
                    let b = vectors(b.add(p * t.b_panel)).map(|b| _mm512_castps_si512(b));
                    for r in 0..R {
                        let a = _mm512_set1_epi32(*a.add(r * t.a_row));
                        for v in 0..VECTORS {
                            let sum = _mm512_castps_si512(sums[r][p][v]);
                            let sum = _mm512_dpbusd_epi32(sum, a, b[v]);
                            sums[r][p][v] = _mm512_castsi512_ps(sum);
                        }
                    }
                }
                a = a.add(t.a_step);
                b = b.add(VECTORS * LANES);
            }
            store!(put::<true>, t, sums);
        }
    }
}
