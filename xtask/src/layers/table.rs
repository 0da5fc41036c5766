//! The order of the library's rooms. This file is the one to change when the library is re-laid.

/// What is allowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    /// Top row first. A room is a module with all below it, named from the crate's root
    /// (`data::readers`); the innermost room that has a row decides. `lib.rs` is the front door.
    ///
    /// A room may use those of lower rows, and its neighbours as long as no circle arises.
    pub(crate) rows: &'static [&'static [&'static str]],
    /// Arrows between files, `(from, to)`, that are not allowed and still there. The check fails
    /// when one of them is no longer needed, so that the list can only become shorter.
    pub(crate) open: &'static [(&'static str, &'static str)],
}

/// The library of today.
pub(crate) const LIBRARY: Table = Table {
    rows: &[
        &["lib.rs"],
        &[
            "base",
            "classifier",
            "examples",
            "fields",
            "language_check",
            "prepared",
            "method",
            "trained",
            "trainer",
            "trainer_encoder",
            "trainer_portfolio",
            "trainer_runner",
            "trainer_tfidf",
        ],
        &["methods", "torch"],
        &["generation", "labelling", "stages"],
        &["estimate"],
        &["run", "report"],
        &["input", "models", "tfidf"],
        &["error"], // wraps the errors of all rooms below
        &["decisions", "recipe"],
        &["fingerprint", "progress"], // what watches a run, and what identifies its input
        &["train"],
        &["optim", "checkpoint"],
        &["model", "data"],
        &["error_class", "printable", "schedule", "setting", "text"],
        &["free_memory", "hashing", "randomness"],
    ],
    open: &[],
};
