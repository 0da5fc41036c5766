//! Thread pools, created when they are first needed.
//!
//! Calls that ask for all cores share one pool. A call that asks for a number of threads has them for itself:
//! two Python threads with one thread each would otherwise wait for each other.
//!
//! A forked process does not have its parent's threads, so a pool would wait for ever. Python calls
//! [`forget_threads`] in every child.

use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::mem;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

/// Pools that nobody uses at the moment, and the one of all cores.
static IDLE: Mutex<Vec<Arc<ThreadPool>>> = Mutex::new(Vec::new());
static ALL_CORES: Mutex<Option<Arc<ThreadPool>>> = Mutex::new(None);

/// A pool for one call.
pub(crate) struct Pool {
    pool: Arc<ThreadPool>,
    shared: bool,
}

impl Deref for Pool {
    type Target = ThreadPool;

    fn deref(&self) -> &ThreadPool {
        &self.pool
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if !self.shared {
            IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&self.pool));
        }
    }
}

/// A pool of this many threads; by default, the one with as many as the machine has cores.
///
/// # Errors
/// `OSError` if the system cannot start more threads.
pub(crate) fn pool(threads: Option<usize>) -> PyResult<Pool> {
    let threads = threads.unwrap_or(0);
    if threads == 0 {
        let mut all = ALL_CORES.lock().unwrap_or_else(PoisonError::into_inner);
        if all.is_none() {
            *all = Some(build(0)?);
        }
        return Ok(Pool {
            pool: Arc::clone(all.as_ref().expect("it was just made")),
            shared: true,
        });
    }
    let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = idle.iter().position(|pool| pool.current_num_threads() == threads);
    let pool = match place {
        Some(place) => idle.swap_remove(place),
        None => build(threads)?,
    };
    Ok(Pool { pool, shared: false })
}

/// Does something that may use many threads, on the pool of all cores and with the interpreter released. On
/// rayon's own pool it would wait forever in the child of a fork.
///
/// # Errors
/// `OSError` if the system cannot start more threads.
pub(crate) fn in_pool<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    let pool = pool(None)?;
    let pool: &ThreadPool = &pool;
    Ok(py.detach(|| pool.install(work)))
}

fn build(threads: usize) -> PyResult<Arc<ThreadPool>> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| pyo3::exceptions::PyOSError::new_err(error.to_string()))?;
    Ok(Arc::new(pool))
}

/// Forgets all pools without stopping them: for the child of a fork, where their threads do not
/// exist.
#[pyfunction]
pub(crate) fn forget_threads() {
    // if another thread of the parent held a lock, it stays locked here, and nothing can be done
    if let Ok(mut idle) = IDLE.try_lock() {
        mem::forget(mem::take(&mut *idle));
    }
    if let Ok(mut all) = ALL_CORES.try_lock() {
        mem::forget(all.take());
    }
}
