//! Any text: tokens, ids that give the tokens back, and text again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rayon::ThreadPoolBuilder;

#[path = "../laws/tokenizer.rs"]
mod laws;

fuzz_target!(
    // A document is too little to be worth another thread.
    init: ThreadPoolBuilder::new()
        .num_threads(1)
        .use_current_thread()
        .build_global()
        .expect("the first pool"),
    |text: &str| laws::hold(text)
);
