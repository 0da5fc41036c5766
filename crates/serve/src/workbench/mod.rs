//! The workbench: from a file of texts to a classifier, on a page instead of in a terminal.
//!
//! It runs the command line's own commands as processes of their own (`check-data`, `fit`, `next`,
//! `serve`), in a folder of its own, and shows each command. So a crash or a stop of either side ends
//! neither, and everything can be repeated without it.
//!
//! From the bottom up: `label_log` is the file of labels, `votes` what they amount to; `table` holds the
//! texts; `saved` is what is remembered between starts; `job` starts, finds and stops processes;
//! `progress` reads what they report; `rounds` trains; `proposals` chooses texts; `bench` is all of it
//! under one lock; `pages` answers requests, after `access` has let them in.

mod access;
mod archive;
mod bench;
mod compose;
mod curve;
mod data;
mod job;
mod label_log;
mod labelling;
mod pages;
mod progress;
mod proposals;
mod requests;
mod rounds;
mod run;
mod saved;
mod serving;
mod state;
mod table;
mod upload;
mod votes;

pub use run::{WorkbenchSettings, workbench};
