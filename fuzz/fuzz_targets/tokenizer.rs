//! Any text: tokens that spell it, ids that give the tokens back.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../laws/tokenizer.rs"]
mod laws;

fuzz_target!(|text: &str| laws::hold(text));
