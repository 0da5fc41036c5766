//! The recipes inside the program.

/// The recipes inside the program, by name.
pub const PRESETS: [(&str, &str); 4] = [
    ("default", include_str!("../../../../recipes/default.toml")),
    ("paper-2018", include_str!("../../../../recipes/paper-2018.toml")),
    ("imdb-scripts-2018", include_str!("../../../../recipes/imdb-scripts-2018.toml")),
    ("fastai-2", include_str!("../../../../recipes/fastai-2.toml")),
];
