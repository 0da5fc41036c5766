//! SIGINT and SIGTERM: where there is something to save, the first asks for a checkpoint and an
//! orderly end; elsewhere it ends the program at once.
//!
//! `timeout`, shells and supervisors often send a signal twice within milliseconds, to a process
//! and to its group. So a second signal ends the program at once only after some seconds.

use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Nothing would be lost.
static IDLE: AtomicBool = AtomicBool::new(true);
/// Number of the signal; 0 before there was one.
static RECEIVED: AtomicI32 = AtomicI32::new(0);
/// The handlers are there.
static INSTALLED: AtomicBool = AtomicBool::new(false);

/// A second signal within this time is taken for a repetition of the first.
const GRACE: Duration = Duration::from_secs(3);

/// Installs the handlers; where that fails, signals keep their usual effect.
pub(crate) fn install() {
    if INSTALLED.swap(true, Ordering::SeqCst) {
        return;
    }
    // The thread first: without it nobody would listen to handlers.
    let started = thread::Builder::new().name("signals".into()).spawn(|| {
        match Signals::new([SIGINT, SIGTERM]) {
            Ok(signals) => listen(signals),
            Err(error) => cannot(&error),
        }
    });
    if let Err(error) = started {
        cannot(&error);
    }
}

/// Lets a write beyond `ulimit -f` fail, with a message and an exit code, where the signal would
/// end the program without a word.
pub(crate) fn survive_file_size_limit() {
    // a handler that does nothing but set a flag: an ignored signal needs `unsafe`
    _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
}

fn cannot(error: &std::io::Error) {
    let line = "ulmfit: cannot handle signals; they will end the program at once";
    crate::stderr::say(&format!("{line} ({error})"));
}

/// Hears of every signal until the program ends.
fn listen(mut signals: Signals) {
    let mut first: Option<Instant> = None;
    for signal in &mut signals {
        let now = match first {
            None => IDLE.load(Ordering::SeqCst),
            Some(first) => first.elapsed() >= GRACE,
        };
        if now {
            signal_hook::low_level::exit(128 + signal);
        }
        if first.is_none() {
            first = Some(Instant::now());
            RECEIVED.store(signal, Ordering::SeqCst);
        }
    }
}

/// From now on a signal waits until somebody asks [`received`].
pub(crate) fn defer() {
    IDLE.store(false, Ordering::SeqCst);
}

/// From now on a signal ends the program at once.
pub(crate) fn no_longer_defer() {
    IDLE.store(true, Ordering::SeqCst);
}

/// The signal received, if any.
pub(crate) fn received() -> Option<u8> {
    u8::try_from(RECEIVED.load(Ordering::SeqCst)).ok().filter(|&signal| signal != 0)
}
