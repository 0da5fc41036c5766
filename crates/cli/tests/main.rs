//! The command line as its users meet it: the real program in a fresh folder for every test.

#![allow(clippy::format_collect, clippy::format_push_string, reason = "tests read better so")]
#![allow(clippy::items_after_statements, reason = "tests read better so")]
#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "a test may fail, and compares bits")]
#![allow(clippy::print_stderr, reason = "figures for whoever asks for them with --nocapture")]

#[cfg(unix)]
mod attack;
mod bad_input;
mod base;
mod bits;
#[cfg(unix)]
mod cases;
mod common;
mod contract;
#[cfg(unix)]
mod damaged_runs;
mod decisions;
mod encode;
mod encoder;
mod experiments;
mod explain;
mod folds;
mod hostile;
mod ignored_options;
mod labels;
mod language;
mod next;
mod nothing_lost;
mod portfolio;
mod predictions;
mod reports;
#[cfg(unix)]
mod resume;
#[cfg(all(target_os = "linux", feature = "serve"))]
mod serving;
mod shapes;
mod suspects;
#[cfg(unix)]
mod teacher;
#[cfg(target_os = "linux")]
mod terminal;
mod tfidf;
mod torch;
