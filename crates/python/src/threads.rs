//! Thread pools: one per number of threads, made when it is first needed.
//!
//! A process that was forked has none of its parent's threads: pools would wait for ever. Python
//! calls [`forget_threads`] in every child.

use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

static POOLS: Mutex<Option<HashMap<usize, Arc<ThreadPool>>>> = Mutex::new(None);

/// A pool of so many threads; of as many as the machine has cores if none is given.
///
/// # Errors
/// Python's `OSError` if the system has no more threads.
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

/// Lets go of all pools without stopping them: for the child of a fork, where their threads are
/// not.
#[pyfunction]
pub(crate) fn forget_threads() {
    // A lock that another thread of the parent held stays locked here: then nothing can be done.
    if let Ok(mut pools) = POOLS.try_lock() {
        mem::forget(pools.take());
    }
}
