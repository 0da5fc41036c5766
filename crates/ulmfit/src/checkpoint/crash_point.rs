//! Places where a test can kill the process.
//!
//! The environment variable `ULMFIT_CRASH_AT` names the place, `folder.before_rename`, or its n-th
//! visit, `folder.before_rename#3`. Only builds with debug assertions have it: in a release nothing is
//! compiled in. A feature would do the same, but every crate would be built twice to test it.

/// Every place, in the order in which a run first meets it.
#[cfg(debug_assertions)]
#[doc(hidden)]
pub const CRASH_POINTS: &[&str] = &[
    "replace.before_rename",
    "metrics.half_line",
    "metrics.before_sync",
    "folder.created",
    "file.half_written",
    "file.before_sync",
    "folder.before_manifest",
    "folder.before_rename",
    "folder.moved_away",
    "folder.renamed",
    "rotation.renamed",
    "rotation.removed",
    "resume.before_truncate",
];

/// Aborts, without unwinding or flushing, if the environment asks for it here.
#[cfg(debug_assertions)]
pub(crate) fn crash_point(name: &'static str) {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static VISITS: AtomicUsize = AtomicUsize::new(0);

    assert!(CRASH_POINTS.contains(&name), "crash point `{name}` is not in the list");
    let Ok(wanted) = std::env::var("ULMFIT_CRASH_AT") else {
        return;
    };
    let (place, visit) = wanted.split_once('#').unwrap_or((&wanted, "1"));
    if place == name && (VISITS.fetch_add(1, Ordering::SeqCst) + 1).to_string() == visit {
        std::process::abort();
    }
}

/// Nothing, without debug assertions.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub(crate) const fn crash_point(_name: &'static str) {}
