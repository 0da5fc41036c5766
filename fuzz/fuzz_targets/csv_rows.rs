//! Any bytes as comma-separated values: refused with their place, or records.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ulmfit::data::readers::Format;

#[path = "../laws/rows.rs"]
mod laws;

fuzz_target!(|bytes: &[u8]| laws::hold(bytes, Format::Csv));
