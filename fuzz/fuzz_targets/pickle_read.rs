//! Any bytes: refused, or values whose indices all exist.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ulmfit::checkpoint::fastai::pickle::read_pickle;
use ulmfit::checkpoint::fastai::read_vocabulary;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(pickle) = read_pickle(bytes) {
        assert!(pickle.bytes() <= bytes.len());
        let _ = pickle.root();
    }
    let _ = read_vocabulary(bytes);
});
