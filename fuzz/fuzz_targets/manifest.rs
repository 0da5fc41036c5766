//! Any bytes: refused, or our own spelling.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ulmfit::checkpoint::check_manifest;

fuzz_target!(|bytes: &[u8]| {
    if check_manifest(bytes).is_ok() {
        assert!(bytes.ends_with(b"}\n"));
    }
});
