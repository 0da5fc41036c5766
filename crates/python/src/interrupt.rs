//! Long work: the interpreter is released meanwhile, and Ctrl-C stops it.

use crate::threads::pool;
use pyo3::prelude::*;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// How often Python is asked whether a signal has arrived.
const PATIENCE: Duration = Duration::from_millis(20);

/// Runs `work` on a pool of `threads` with the interpreter released.
///
/// `work` gets a flag that is set when the user presses Ctrl-C; it should then return soon.
///
/// # Errors
/// `KeyboardInterrupt`, or what a signal handler raised, after the work has returned.
pub(crate) fn interruptible<T: Send>(
    py: Python<'_>,
    threads: Option<usize>,
    work: impl FnOnce(&AtomicBool) -> T + Send,
) -> PyResult<T> {
    let pool = pool(threads)?;
    let stop = AtomicBool::new(false);
    let mut interrupted = None;
    let result = std::thread::scope(|scope| {
        let (done, ended) = channel::<()>();
        let ended = Mutex::new(ended); // shared with the closure that runs without the interpreter
        let wait = || ended.lock().expect("no other thread has it").recv_timeout(PATIENCE);
        let (stop, pool) = (&stop, &pool);
        let worker = scope.spawn(move || {
            let _done = done; // dropped when the work ends, even by a panic
            pool.install(|| work(stop))
        });
        while let Err(RecvTimeoutError::Timeout) = py.detach(wait) {
            if interrupted.is_none()
                && let Err(signal) = py.check_signals()
            {
                stop.store(true, Ordering::Relaxed);
                interrupted = Some(signal);
            }
        }
        py.detach(|| worker.join())
    });
    match (interrupted, result) {
        (Some(signal), _) => Err(signal),
        (None, Ok(result)) => Ok(result),
        (None, Err(panic)) => std::panic::resume_unwind(panic),
    }
}
