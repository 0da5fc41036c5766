//! Products of `f32`.

use super::*;
use std::arch::aarch64::vfmaq_n_f32;

sizes!(tile: 1 x 1, 1 x 2, 1 x 3, 1 x 4, 2 x 1, 2 x 2, 3 x 1, 4 x 1, 5 x 1, 6 x 1);

#[expect(unsafe_code, reason = "operands are pointers")]
#[target_feature(enable = "neon")]
unsafe fn tile<const R: usize, const P: usize>(t: Tile) {
    // SAFETY: the caller's promise about the operands.
    unsafe {
        fetch::<R, P>(t);
        let mut sums = zeros::<R, P>();
        let (mut a, mut b) = (t.a.cast::<f32>(), t.b.cast::<f32>());
        for _ in 0..t.steps {
            for p in 0..P {
                let b = vectors(b.add(p * t.b_panel));
                for r in 0..R {
                    let a = *a.add(r * t.a_row);
                    for v in 0..VECTORS {
                        sums[r][p][v] = vfmaq_n_f32(sums[r][p][v], b[v], a);
                    }
                }
            }
            a = a.add(t.a_step);
            b = b.add(VECTORS * LANES);
        }
        store!(put::<false>, t, sums);
    }
}
