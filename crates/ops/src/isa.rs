//! Which instructions this machine has, for reports.

/// The widest vector instructions of this processor that this program may use.
///
/// Results are the same for any number of threads, and with AVX2 as with AVX-512 and NEON, but may differ in
/// the last bits from other processors' and between precisions; reports therefore name theirs.
pub fn isa() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx512bf16") {
            return "avx512bf16";
        }
        if std::arch::is_x86_feature_detected!("avx512f") {
            return "avx512f";
        }
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")
        {
            return "avx2";
        }
    }
    #[cfg(target_arch = "aarch64")]
    {
        if std::arch::is_aarch64_feature_detected!("bf16") {
            return "neon bf16";
        }
        return "neon";
    }
    #[cfg(not(target_arch = "aarch64"))]
    "portable"
}

/// Whether instructions that multiply `bf16` are faster than those for `f32`.
///
/// On AMD's processors they do twice the work in the same time, on Intel's half of it: `vdpbf16ps`
/// reached 164 GFLOP/s where fused multiply-adds reached 332 (model 207; results/LOG.md, 2026-11-28). On Arm's
/// processors nobody has measured it yet.
pub(crate) fn bf16_is_fast() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        let id = std::arch::x86_64::__cpuid(0);
        let vendor = [id.ebx, id.edx, id.ecx].map(u32::to_le_bytes).concat();
        vendor != b"GenuineIntel"
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        false
    }
}
