//! Compiling loops for the vectors a machine has.
//!
//! The loops themselves are plain Rust that the compiler vectorises; nothing here multiplies and
//! adds in one rounding, so the bits are the same with and without wide vectors.

/// Defines a function whose body is compiled three times, portably, for AVX2 and for AVX-512, and chosen
/// at run time.
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
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
                fn avx512($($arg: $type),*) $(-> $result)? {
                    portable($($arg),*)
                }
                if $crate::simd::has_avx512() {
                    #[expect(unsafe_code, reason = "the compiler cannot see the detection")]
                    // SAFETY: the processor has these parts of AVX-512, which were just asked for.
                    return unsafe { avx512($($arg),*) };
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

/// Has the processor fetch memory that will be needed soon into its second cache.
#[inline]
pub(crate) fn fetch(words: &[u32]) {
    #[cfg(target_arch = "x86_64")]
    for line in words.chunks(16) {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        #[expect(unsafe_code, reason = "the intrinsic takes a pointer")]
        // SAFETY: the address is that of a slice; nothing is read.
        unsafe {
            _mm_prefetch::<_MM_HINT_T1>(line.as_ptr().cast());
        }
    }
    #[cfg(all(target_arch = "aarch64", not(miri)))]
    for line in words.chunks(16) {
        crate::asm::prefetch_second(line.as_ptr());
    }
    #[cfg(not(any(target_arch = "x86_64", all(target_arch = "aarch64", not(miri)))))]
    let _ = words;
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

/// Whether this processor has 512-bit vectors with all that loops over numbers use.
#[cfg(target_arch = "x86_64")]
pub(crate) fn has_avx512() -> bool {
    use std::arch::is_x86_feature_detected as has;
    let all = has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl");
    all && has_avx2()
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
