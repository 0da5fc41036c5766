//! Exceptions, each with its reason.

/// `Debug` in a message: end of the file's path, a part of the literal, why it is right.
pub(super) const DEBUG: [(&str, &str, &str); 3] = [
    ("ops/src/tensor.rs", "Tensor{:?}{:?}", "the `Debug` of a tensor itself"),
    ("input/reading.rs", "{value:?}", "names of options in run folders; unit variants only"),
    (
        "lab/src/ablation.rs",
        "{:?} {:?}",
        "hashed, never shown; changing it would repeat finished runs",
    ),
];

/// Options of the command line in the library: end of the file's path, a part of the literal, why.
pub(super) const OPTIONS: [(&str, &str, &str); 3] = [
    ("data/error_hints.rs", "jq -c --argjson", "an option of jq"),
    ("report/html/automation.rs", "ulmfit predict --max-error", "the command that uses the table"),
    ("checkpoint/test_process.rs", "--", "options of the test program"),
];

/// Control characters in a message: end of the file's path, a part of the literal, why it is right.
pub(super) const CONTROL: [(&str, &str, &str); 0] = [];
