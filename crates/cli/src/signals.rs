//! SIGINT and SIGTERM: where there is something to save, the first asks for a checkpoint and an
//! orderly end, and the second ends at once; elsewhere the first ends at once.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::{register, register_conditional_shutdown, register_usize};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

static STATE: OnceLock<State> = OnceLock::new();

struct State {
    /// Nothing would be lost.
    idle: Arc<AtomicBool>,
    /// Number of the signal; 0 before there was one.
    received: Arc<AtomicUsize>,
}

/// Installs the handlers; where that fails, signals keep their usual effect.
pub(crate) fn install() {
    let state = STATE
        .get_or_init(|| State { idle: Arc::new(AtomicBool::new(true)), received: Arc::default() });
    let armed = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        let code = 128 + signal;
        let number = usize::try_from(signal).unwrap_or_default();
        // Order matters: a second signal finds the first one's mark and ends the process.
        let installed = register_conditional_shutdown(signal, code, Arc::clone(&state.idle))
            .and_then(|_| register_conditional_shutdown(signal, code, Arc::clone(&armed)))
            .and_then(|_| register(signal, Arc::clone(&armed)))
            .and_then(|_| register_usize(signal, Arc::clone(&state.received), number));
        if installed.is_err() {
            eprintln!("ulmfit: cannot handle signal {signal}; it will end the program at once");
        }
    }
}

/// From now on a signal waits until somebody asks [`received`].
pub(crate) fn defer() {
    set_idle(false);
}

/// From now on a signal ends the program at once.
pub(crate) fn no_longer_defer() {
    set_idle(true);
}

fn set_idle(idle: bool) {
    if let Some(state) = STATE.get() {
        state.idle.store(idle, Ordering::SeqCst);
    }
}

/// The signal received, if any.
pub(crate) fn received() -> Option<u8> {
    let number = STATE.get()?.received.load(Ordering::SeqCst);
    u8::try_from(number).ok().filter(|&number| number != 0)
}
