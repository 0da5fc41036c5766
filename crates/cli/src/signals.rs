//! SIGINT and SIGTERM: the first asks for a checkpoint and an orderly end, the second ends at once.

use signal_hook::consts::{SIGINT, SIGTERM};
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

static RECEIVED: OnceLock<Arc<AtomicUsize>> = OnceLock::new();

/// Installs the handlers; where that fails, signals keep their usual effect.
pub(crate) fn install() {
    let received = RECEIVED.get_or_init(Arc::default);
    for signal in [SIGINT, SIGTERM] {
        let armed = Arc::new(AtomicBool::new(false));
        let code = 128 + signal;
        // Order matters: a second signal finds the first one's mark and ends the process.
        let second = signal_hook::flag::register_conditional_shutdown(signal, code, armed.clone());
        let first = signal_hook::flag::register(signal, armed);
        let number = usize::try_from(signal).unwrap_or_default();
        let which = signal_hook::flag::register_usize(signal, received.clone(), number);
        if second.and(first).and(which).is_err() {
            eprintln!("ulmfit: cannot handle signal {signal}; it will end the program at once");
        }
    }
}

/// The signal received, if any.
pub(crate) fn received() -> Option<u8> {
    let number = RECEIVED.get()?.load(Ordering::Relaxed);
    u8::try_from(number).ok().filter(|&number| number != 0)
}
