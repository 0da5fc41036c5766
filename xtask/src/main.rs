//! Checks of this repository that Cargo does not make: `cargo xtask layers names sizes docs words readme --check`.
//!
//! - `layers`: inside the library, arrows between modules point downwards only, without circles
//! - `names`: no public module of the library has more names, no room more lines than its limit
//! - `sizes`: no source file is longer than a reader's patience
//! - `docs`: links of README and docs have their targets, every page is in the table of contents
//! - `words`: README and docs use the words of the field
//! - `readme`: tables, pictures and figures of README and docs are those that `results/*.jsonl` gives
//! - `command-line`: the reference of the command line is what the program of `ULMFIT` prints
//!
//! The last two write what differs; with `--check` a difference is an error. `xtask book` is a preprocessor that
//! mdBook calls.

#![allow(clippy::print_stderr, reason = "its messages are for whoever runs it")]

mod all_numbers;
mod book;
mod command_line;
mod docs;
mod error_tables;
mod figures;
mod files;
mod headline;
mod layers;
mod library;
mod markdown;
mod means;
mod names;
mod pictures;
mod readme;
mod results;
mod shown;
mod sizes;
mod speed_tables;
mod words;

use std::env;
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str =
    "usage: cargo xtask [layers] [names] [sizes] [docs] [words] [readme] [command-line] [--check]";

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> anyhow::Result<()> {
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["book", "supports", _] => return Ok(()),
        ["book"] => return book::preprocess(),
        _ => {}
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mode = if words.iter().any(|word| word == "--check") {
        readme::Mode::Check
    } else {
        readme::Mode::Write
    };
    let verbs: Vec<&str> = words.iter().map(String::as_str).filter(|w| *w != "--check").collect();
    anyhow::ensure!(!verbs.is_empty(), USAGE);
    let library = root.join("crates/ulmfit/src");
    for verb in verbs {
        let line = match verb {
            "layers" => layers::check(&library, &layers::LIBRARY)?,
            "names" => names::check(&library)?,
            "sizes" => sizes::check(&root)?,
            "docs" => docs::check(&root)?,
            "words" => words::check(&root)?,
            "command-line" => command_line::run(&root, mode)?,
            "readme" => readme::run(&root, mode)?,
            _ => anyhow::bail!("unknown check `{verb}`\n{USAGE}"),
        };
        eprintln!("{verb}: {line}");
    }
    Ok(())
}
