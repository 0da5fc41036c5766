//! Which instructions this machine has, for reports.

/// The widest vector instructions of this processor that this program may use.
///
/// Results are the same for any number of threads, and with AVX2 as with AVX-512, but may differ in
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
    if cfg!(target_arch = "aarch64") { "neon" } else { "portable" }
}
