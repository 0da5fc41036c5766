//! Products of `int8` as integers of 16 bits.

use super::*;
use std::arch::aarch64::{
    int8x16_t, int32x4_t, vdupq_n_s32, vget_low_s8, vmull_high_s8, vmull_s8, vpadalq_s16,
    vpaddq_s16, vreinterpretq_s8_f32, vreinterpretq_s8_s32,
};

sizes!(sized: 1 x 1, 1 x 2, 1 x 3, 1 x 4, 2 x 1, 2 x 2, 3 x 1, 4 x 1, 5 x 1, 6 x 1);

/// `sum` with the products of groups of four integers added. Two products have room in 16 bits,
/// since no integer is -128.
#[target_feature(enable = "neon")]
fn multiply_add(sum: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
    let low = vmull_s8(vget_low_s8(a), vget_low_s8(b));
    vpadalq_s16(sum, vpaddq_s16(low, vmull_high_s8(a, b)))
}

#[expect(unsafe_code, reason = "operands are pointers")]
#[target_feature(enable = "neon")]
unsafe fn sized<const R: usize, const P: usize>(t: Tile) {
    // SAFETY: the caller's promise about the operands.
    unsafe {
        fetch::<R, P>(t);
        let mut sums = zeros::<R, P>();
        let (mut a, mut b) = (t.a.cast::<i32>(), t.b.cast::<f32>());
        for _ in 0..t.steps {
            for p in 0..P {
                let b = vectors(b.add(p * t.b_panel)).map(|b| vreinterpretq_s8_f32(b));
                for r in 0..R {
                    let a = vreinterpretq_s8_s32(vdupq_n_s32(*a.add(r * t.a_row)));
                    for v in 0..VECTORS {
                        let sum = vreinterpretq_s32_f32(sums[r][p][v]);
                        sums[r][p][v] = vreinterpretq_f32_s32(multiply_add(sum, a, b[v]));
                    }
                }
            }
            a = a.add(t.a_step);
            b = b.add(VECTORS * LANES);
        }
        store!(put::<true>, t, sums);
    }
}
