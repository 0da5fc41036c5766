//! Thread pools: one per number of threads, created when it is first needed.
//!
//! A forked process does not have its parent's threads, so a pool would wait for ever. Python calls
//! [`forget_threads`] in every child.

use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

static POOLS: Mutex<Option<HashMap<usize, Arc<ThreadPool>>>> = Mutex::new(None);

/// A pool of this many threads; by default, as many as the machine has cores.
///
/// # Errors
/// `OSError` if the system cannot start more threads.
pub(crate) fn pool(threads: Option<usize>) -> PyResult<Arc<ThreadPool>> {
    let threads = threads.unwrap_or(0);
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    let pools = pools.get_or_insert_with(HashMap::new);
    if let Some(pool) = pools.get(&threads) {
        return Ok(Arc::clone(pool));
    }
    let build = ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = build.map_err(|error| pyo3::exceptions::PyOSError::new_err(error.to_string()))?;
    let pool = Arc::new(pool);
    pools.insert(threads, Arc::clone(&pool));
    Ok(pool)
}

/// Forgets all pools without stopping them: for the child of a fork, where their threads do not
/// exist.
#[pyfunction]
pub(crate) fn forget_threads() {
    // if another thread of the parent held the lock, it stays locked here, and nothing can be done
    if let Ok(mut pools) = POOLS.try_lock() {
        mem::forget(pools.take());
    }
}
