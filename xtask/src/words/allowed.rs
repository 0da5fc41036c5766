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

/// Control characters in a message: end of the file's path, a part of the literal, why it is right.
pub(super) const CONTROL: [(&str, &str, &str); 0] = [];
