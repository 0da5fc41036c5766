//! Any bytes: refused, or tensors of the listed shapes with finite values.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use ulmfit::checkpoint::{peek_tensors, read_tensors};

fuzz_target!(|bytes: &[u8]| {
    let Ok(listed) = peek_tensors(bytes) else { return };
    let expected: BTreeMap<_, _> = listed.into_iter().map(|info| (info.name, info.dims)).collect();
    let Ok(tensors) = read_tensors(bytes, &expected) else { return };
    for (name, tensor) in tensors {
        assert_eq!(tensor.dims, expected[&name]);
        assert!(tensor.values.iter().all(|value| value.is_finite()));
    }
});
