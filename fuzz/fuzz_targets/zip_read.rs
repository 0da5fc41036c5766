//! Any bytes as an archive, and as a saved model of two words.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ulmfit::checkpoint::fastai::import_fastai;
use ulmfit::checkpoint::fastai::zip::Archive;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(archive) = Archive::open(bytes) {
        for name in archive.names() {
            let _ = archive.read(name);
        }
    }
    let _ = import_fastai(bytes, b"(Va\nVb\nl.");
});
