//! Memory that was freed and not given back to the system.

/// Gives freed memory back to the system where the allocator keeps it between pieces that are in use
/// (glibc), as after a large file was read in. It takes milliseconds; elsewhere it does nothing.
pub fn trim_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        #[expect(unsafe_code, reason = "a function of the C library")]
        // SAFETY: this is its signature in glibc's `malloc.h`.
        unsafe extern "C" {
            fn malloc_trim(pad: usize) -> core::ffi::c_int;
        }
        #[expect(unsafe_code, reason = "a function of the C library")]
        // SAFETY: any thread may call it at any time, and memory in use is not touched.
        unsafe {
            malloc_trim(0);
        }
    }
}

/// Lets the allocator keep two pools of memory instead of up to eight per core (glibc), between which freed memory is not
/// shared: for programs that run long and have many threads. Call it before they start; elsewhere it does nothing.
pub fn share_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        #[expect(unsafe_code, reason = "a function of the C library")]
        // SAFETY: this is its signature in glibc's `malloc.h`.
        unsafe extern "C" {
            fn mallopt(param: core::ffi::c_int, value: core::ffi::c_int) -> core::ffi::c_int;
        }
        const M_ARENA_MAX: core::ffi::c_int = -8;
        #[expect(unsafe_code, reason = "a function of the C library")]
        // SAFETY: it sets a number, and takes the allocator's lock to do so.
        unsafe {
            mallopt(M_ARENA_MAX, 2);
        }
    }
}

#[cfg(test)]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod tests {
    use super::*;

    fn resident_kib() -> i64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
    }

    #[test]
    fn what_lies_between_memory_in_use_is_given_back() {
        // pieces that are too small for a mapping of their own; every 16th stays
        let mut pieces: Vec<Option<Vec<u8>>> = (0..4096).map(|_| Some(vec![1; 32 << 10])).collect();
        for (n, piece) in pieces.iter_mut().enumerate() {
            if n % 16 != 0 {
                *piece = None;
            }
        }
        let before = resident_kib();
        trim_memory();
        let given_back = before - resident_kib();
        assert!(given_back > 48 << 10, "{given_back} KiB of 120 MiB");
        assert!(pieces.iter().flatten().all(|piece| piece[0] == 1 && piece.len() == 32 << 10));
    }
}
