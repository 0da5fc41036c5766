//! Plain loops; the compiler makes of them what every machine of the target has.

use super::{Kernel, Layout, Precision, Tile, sizes};

/// `f32`.
pub(in super::super) static F32: Kernel = Kernel {
    name: "portable f32",
    rows: 4,
    columns: 16,
    panels: |_| 1,
    precision: Precision::F32,
    layout: Layout::Single,
    run: single::run,
};

/// `bf16`, widened to `f32`.
pub(in super::super) static BF16_WIDENED: Kernel = Kernel {
    name: "portable bf16",
    rows: 4,
    columns: 16,
    panels: |_| 1,
    precision: Precision::Bf16,
    layout: Layout::Widened,
    run: widened::run,
};

/// `int8`.
pub(in super::super) static INT8_WIDENED: Kernel = Kernel {
    name: "portable int8",
    rows: 4,
    columns: 16,
    panels: |_| 1,
    precision: Precision::Int8,
    layout: Layout::WidenedQuads,
    run: integers::run,
};

const COLUMNS: usize = 16;

/// `a b + c`, in one rounding where that is an instruction and not a library call.
#[expect(clippy::inline_always, reason = "the loop around it vectorises only so")]
#[inline(always)]
fn multiply_add(a: f32, b: f32, c: f32) -> f32 {
    if cfg!(any(target_arch = "aarch64", target_feature = "fma")) {
        a.mul_add(b, c)
    } else {
        a * b + c
    }
}

/// Computes a tile, reading the factors of one step's part of the products through `widen`.
///
/// # Safety
/// That of [`Kernel::run`].
#[expect(unsafe_code, reason = "operands are pointers")]
#[expect(clippy::inline_always, reason = "`widen` must be known to the loop")]
#[inline(always)]
unsafe fn tile<const R: usize, const PARTS: usize>(
    t: Tile,
    [a_row, a_step]: [usize; 2],
    widen: impl Fn(usize, u32) -> f32,
) {
    let mut sums = [[0.0_f32; COLUMNS]; R];
    // SAFETY: the caller's promise about the operands.
    unsafe {
        for step in 0..t.steps {
            let b = t.b.add(step * COLUMNS).cast::<[u32; COLUMNS]>().read_unaligned();
            for part in 0..PARTS {
                let b = b.map(|b| widen(part, b));
                for (r, row) in sums.iter_mut().enumerate() {
                    let a = f32::from_bits(*t.a.add(step * a_step + part * R + r * a_row));
                    for (sum, b) in row.iter_mut().zip(b) {
                        *sum = multiply_add(a, b, *sum);
                    }
                }
            }
        }
        for (r, mut row) in sums.into_iter().enumerate() {
            let c = t.c.add(r * t.c_stride).cast::<[f32; COLUMNS]>();
            if t.onto {
                row.iter_mut().zip(c.read_unaligned()).for_each(|(sum, c)| *sum += c);
            }
            c.write_unaligned(row);
        }
    }
}

mod single {
    use super::*;

    sizes!(sized: 1 x 1, 2 x 1, 3 x 1, 4 x 1);

    #[expect(unsafe_code, reason = "operands are pointers")]
    unsafe fn sized<const R: usize, const P: usize>(t: Tile) {
        // SAFETY: the caller's promise.
        unsafe { tile::<R, P>(t, [t.a_row, t.a_step], |_, b| f32::from_bits(b)) }
    }
}

mod widened {
    use super::*;

    sizes!(sized: 1 x 1, 2 x 1, 3 x 1, 4 x 1);

    #[expect(unsafe_code, reason = "operands are pointers")]
    unsafe fn sized<const R: usize, const P: usize>(t: Tile) {
        let widen = |part, b| f32::from_bits(if part == 0 { b & 0xffff_0000 } else { b << 16 });
        // SAFETY: the caller's promise.
        unsafe { tile::<R, 2>(t, [1, 2 * R], widen) }
    }
}

mod integers {
    use super::*;

    sizes!(tile: 1 x 1, 2 x 1, 3 x 1, 4 x 1);

    /// The sum of the two products of the 16-bit integers in a word.
    fn pair(a: u32, b: [i8; 2]) -> i32 {
        let (low, high) = (a as i16, (a >> 16) as i16);
        i32::from(low) * i32::from(b[0]) + i32::from(high) * i32::from(b[1])
    }

    #[expect(unsafe_code, reason = "operands are pointers")]
    unsafe fn tile<const R: usize, const P: usize>(t: Tile) {
        let mut sums = [[0_i32; COLUMNS]; R];
        // SAFETY: the caller's promise about the operands.
        unsafe {
            let row = |r: usize| t.c.add(r * t.c_stride).cast::<[i32; COLUMNS]>();
            for (r, sums) in sums.iter_mut().enumerate() {
                if t.onto {
                    *sums = row(r).read_unaligned();
                }
            }
            for step in 0..t.steps {
                let b = t.b.add(step * COLUMNS).cast::<[u32; COLUMNS]>().read_unaligned();
                for (r, row) in sums.iter_mut().enumerate() {
                    let later = *t.a.add(2 * step * R + r);
                    let earlier = *t.a.add((2 * step + 1) * R + r);
                    for (sum, b) in row.iter_mut().zip(b) {
                        let b = b.to_le_bytes().map(u8::cast_signed);
                        *sum += pair(later, [b[1], b[3]]) + pair(earlier, [b[0], b[2]]);
                    }
                }
            }
            for (r, sums) in sums.into_iter().enumerate() {
                row(r).write_unaligned(sums);
            }
        }
    }
}
