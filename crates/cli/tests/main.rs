//! The command line as its users meet it: the real program in a fresh folder for every test.

mod bad_input;
mod common;
mod contract;
mod predictions;
#[cfg(unix)]
mod resume;
