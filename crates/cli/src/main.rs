//! `ulmfit`, the command line: parses, calls the library, prints. No logic lives here.

mod commands;
mod csv_style;
mod failure;
mod job;
mod mistake_table;
mod npy;
mod options;
mod output;
mod own_columns;
mod pool_table;
mod prediction_rows;
mod progress;
mod progress_lines;
mod ranks;
mod read_ahead;
#[cfg(feature = "serve")]
mod remote;
#[cfg(feature = "serve")]
mod service_failure;
mod shortened;
mod signals;
mod stderr;
mod suspect_table;
mod usage_error;
mod whole_file;

use clap::{CommandFactory, FromArgMatches, Parser};
use std::process::ExitCode;

/// Text classification by transfer learning: n-grams, a sentence encoder and ULMFiT, combined to suit your
/// data.
#[derive(Debug, Parser)]
#[command(name = "ulmfit", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done, 1 failed, 2 usage, 65 bad data, 66 missing input, \
    74 input/output, 75 in use by another process, 129/130/143 stopped by a signal.")]
struct Cli {
    #[command(flatten)]
    common: options::Common,
    #[command(subcommand)]
    command: commands::Command,
}

/// Lets every option take a negative number, so that it is refused as out of range and not as an
/// unknown option.
fn with_negative_numbers(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|arg| {
        let takes = arg.get_action().takes_values() && !arg.is_positional();
        arg.allow_negative_numbers(takes)
    });
    command.mut_subcommands(with_negative_numbers)
}

/// Options that `-h` shows for the commands that have dozens; `--help` shows all.
const MOST_USED: [&str; 14] = [
    "base",
    "data_files",
    "direction",
    "epochs",
    "help",
    "label",
    "lm",
    "lm_epochs",
    "output",
    "overwrite",
    "recipe",
    "test",
    "text",
    "unlabeled",
];

/// Makes `-h` short for the commands that train a classifier.
fn with_short_help(command: clap::Command) -> clap::Command {
    ["fit", "train"].into_iter().fold(command, |command, name| {
        command.mut_subcommand(name, |command| {
            command.mut_args(|arg| {
                let hidden = !MOST_USED.contains(&arg.get_id().as_str());
                arg.hide_short_help(hidden)
            })
        })
    })
}

fn main() -> ExitCode {
    failure::install_panic_hook();
    signals::survive_file_size_limit();
    ranks::start();
    // A panic has been reported by the hook; what it unwound released its locks.
    let code = std::panic::catch_unwind(run);
    ExitCode::from(code.map_or_else(|_| ranks::abort(), ranks::end))
}

/// The exit code.
fn run() -> u8 {
    let mut command = with_short_help(with_negative_numbers(Cli::command()));
    let matches = command.try_get_matches_from_mut(std::env::args_os());
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return usage_error::report(&error.format(&mut command)),
    };
    if let Err(error) = cli.common.set_threads() {
        return failure::report(error);
    }
    let mut output = output::Output::new(&cli.common);
    match commands::run(&cli.command, &cli.common, &mut output) {
        Ok(()) => 0,
        Err(error) => failure::report(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulmfit::setting::Setting;

    /// Hints name settings as `--NAME`.
    #[test]
    fn every_setting_is_an_option() {
        fn options(command: &clap::Command, found: &mut Vec<String>) {
            found
                .extend(command.get_arguments().filter_map(clap::Arg::get_long).map(str::to_owned));
            command.get_subcommands().for_each(|command| options(command, found));
        }
        let mut found = Vec::new();
        options(&Cli::command(), &mut found);
        for setting in Setting::ALL {
            assert!(found.iter().any(|name| name == setting.name()), "{setting:?}");
        }
        let absent = failure::options().with(Setting::Header, "absent");
        assert_eq!(absent, "`--header absent`");
        assert_eq!(failure::options().name(Setting::Restart), "`--restart`");
    }
}
