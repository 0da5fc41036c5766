//! SIGINT, SIGTERM and SIGHUP: during training, the first one asks for a checkpoint and an orderly
//! end; otherwise it ends the program at once.
//!
//! `timeout`, shells and supervisors often send a signal twice within milliseconds, to a process
//! and to its group. So a second signal ends the program at once only after some seconds.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
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

/// A second signal within this time counts as a repetition of the first.
const GRACE: Duration = Duration::from_secs(3);

/// Installs the handlers; where that fails, signals keep their usual effect.
pub(crate) fn install() {
    if INSTALLED.swap(true, Ordering::SeqCst) {
        return;
    }
    // The thread first: without it there would be no receiver for the handlers.
    let started = thread::Builder::new().name("signals".into()).spawn(|| {
        let hang_up = hang_up_is_not_ignored().then_some(SIGHUP);
        match Signals::new([SIGINT, SIGTERM].into_iter().chain(hang_up)) {
            Ok(signals) => listen(signals),
            Err(error) => cannot(&error),
        }
    });
    if let Err(error) = started {
        cannot(&error);
    }
}

/// Whether a terminal that is closed should end the program: not under `nohup`.
///
/// Known on Linux only; elsewhere SIGHUP keeps its effect, and a run continues from its last
/// checkpoint.
fn hang_up_is_not_ignored() -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return false };
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| (mask >> (SIGHUP - 1)) & 1 == 0)
}

/// Makes a write beyond `ulimit -f` fail with a message and an exit code; the signal would end the
/// program silently.
pub(crate) fn survive_file_size_limit() {
    // a handler that does nothing but set a flag: an ignored signal needs `unsafe`
    _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
}

fn cannot(error: &std::io::Error) {
    let line = "ulmfit: cannot handle signals; they will end the program at once";
    crate::stderr::say(&format!("{line} ({error})"));
}

/// Receives every signal until the program ends.
fn listen(mut signals: Signals) {
    let mut first: Option<Instant> = None;
    for signal in &mut signals {
        let now = match first {
            None => IDLE.load(Ordering::SeqCst),
            Some(first) => first.elapsed() >= GRACE,
        };
        if now {
            if first.is_none() {
                crate::stderr::say("stopped; run the same command again to continue");
            }
            signal_hook::low_level::exit(128 + signal);
        }
        if first.is_none() {
            first = Some(Instant::now());
            RECEIVED.store(signal, Ordering::SeqCst);
        }
    }
}

/// From now on a signal waits until [`received`] is called.
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
