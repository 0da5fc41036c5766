//! Compiling loops for the vectors a machine has.
//!
//! The loops themselves are plain Rust that the compiler vectorises; nothing here multiplies and
//! adds in one rounding, so the bits are the same with and without wide vectors.

/// Defines a function whose body is compiled twice, portably and for AVX2, and chosen at run time.
macro_rules! vectorised {
    (
        $(#[$meta:meta])*
        $vis:vis fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block
    ) => {
        $(#[$meta])*
        $vis fn $name($($arg: $type),*) $(-> $result)? {
            #[inline(always)]
            fn portable($($arg: $type),*) $(-> $result)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn avx2($($arg: $type),*) $(-> $result)? {
                    portable($($arg),*)
                }
                if $crate::simd::has_avx2() {
                    #[expect(unsafe_code, reason = "the compiler cannot see the detection")]
                    // SAFETY: the processor has AVX2, which was just asked for.
                    return unsafe { avx2($($arg),*) };
                }
            }
            portable($($arg),*)
        }
    };
}

/// Whether this processor has 256-bit integer and float vectors.
#[cfg(target_arch = "x86_64")]
pub(crate) fn has_avx2() -> bool {
    #[cfg(test)]
    if portable::FORCED.load(std::sync::atomic::Ordering::Relaxed) {
        return false;
    }
    std::arch::is_x86_feature_detected!("avx2")
}

/// Pretending to be a machine without wide vectors.
#[cfg(test)]
pub(crate) mod portable {
    use std::sync::atomic::{AtomicBool, Ordering};

    pub(super) static FORCED: AtomicBool = AtomicBool::new(false);

    /// Runs `work` on the portable code, on whatever threads it uses.
    ///
    /// Other tests that run meanwhile are slowed down but get the same bits.
    pub(crate) fn forced<R>(work: impl FnOnce() -> R) -> R {
        FORCED.store(true, Ordering::Relaxed);
        let result = work();
        FORCED.store(false, Ordering::Relaxed);
        result
    }
}
