//! `ulmfit`, the command line: parses, calls the library, prints. No logic lives here.

mod commands;
mod failure;
mod labelled_files;
mod options;
mod output;
mod prediction_rows;
mod progress;
mod signals;

use clap::Parser;
use std::process::ExitCode;

/// Text classification by transfer learning from a recurrent language model (ULMFiT).
#[derive(Debug, Parser)]
#[command(name = "ulmfit", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done, 1 failed, 2 usage, 65 bad data, 66 missing input, \
    74 input/output, 75 locked, 130/143 stopped by a signal.")]
struct Cli {
    #[command(flatten)]
    common: options::Common,
    #[command(subcommand)]
    command: commands::Command,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Err(error) = cli.common.set_threads() {
        return failure::report(error);
    }
    let mut output = output::Output::new(&cli.common);
    match commands::run(&cli.command, &cli.common, &mut output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(error),
    }
}
