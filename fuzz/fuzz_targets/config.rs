//! Any text as a recipe and as a model's config: refused, or numbers that can be used.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../laws/config.rs"]
mod laws;

fuzz_target!(|text: &str| laws::hold(text));
