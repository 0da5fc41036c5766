//! Products of `bf16` as `f32`.

use super::*;
use std::arch::aarch64::{
    vandq_u32, vdupq_n_u32, vfmaq_n_f32, vreinterpretq_f32_u32, vreinterpretq_u32_f32, vshlq_n_u32,
};

sizes!(tile: 1 x 1, 1 x 2, 1 x 3, 1 x 4, 2 x 1, 2 x 2, 3 x 1, 4 x 1, 5 x 1, 6 x 1);

#[expect(unsafe_code, reason = "operands are pointers")]
#[target_feature(enable = "neon")]
unsafe fn tile<const R: usize, const P: usize>(t: Tile) {
    let upper = vdupq_n_u32(0xffff_0000);
    // SAFETY: the caller's promise about the operands.
    unsafe {
        fetch::<R, P>(t);
        let mut sums = zeros::<R, P>();
        let (mut a, mut b) = (t.a.cast::<f32>(), t.b.cast::<f32>());
        for _ in 0..t.steps {
            for p in 0..P {
                let b = vectors(b.add(p * t.b_panel)).map(|b| vreinterpretq_u32_f32(b));
                let later = b.map(|b| vreinterpretq_f32_u32(vandq_u32(b, upper)));
                for r in 0..R {
                    let a = *a.add(r);
                    for v in 0..VECTORS {
                        sums[r][p][v] = vfmaq_n_f32(sums[r][p][v], later[v], a);
                    }
                }
                let earlier = b.map(|b| vreinterpretq_f32_u32(vshlq_n_u32::<16>(b)));
                for r in 0..R {
                    let a = *a.add(R + r);
                    for v in 0..VECTORS {
                        sums[r][p][v] = vfmaq_n_f32(sums[r][p][v], earlier[v], a);
                    }
                }
            }
            a = a.add(2 * R);
            b = b.add(VECTORS * LANES);
        }
        store!(put::<false>, t, sums);
    }
}
