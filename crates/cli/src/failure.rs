//! Errors become one clear line, a hint and an exit code; only here.

use crate::output::ReaderGone;
use crate::stderr::{one_line, say};
use anyhow::Error as Any;
use std::path::Path;
use ulmfit::Error;
use ulmfit::ErrorClass;
use ulmfit::checkpoint::CheckpointError;
use ulmfit::data::DataError;
use ulmfit::recipe::RecipeError;
use ulmfit::setting::Spelling;
use ulmfit::text::TextError;
use ulmfit_datasets::PullError;

/// Makes a panic one clear line with a hint; `RUST_BACKTRACE` adds what Rust has to say.
pub(crate) fn install_panic_hook() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        crate::stderr::release(true); // on any rank
        if std::env::var_os("RUST_BACKTRACE").is_some() {
            usual(panic);
        }
        say(&format!("ulmfit: internal error: {}", one_line(&panic.to_string())));
        say("hint: please report this bug; checkpoints are kept: to continue a training, run the \
             same command again");
    }));
}

/// What to try next, with commands and options of this program.
fn hint(error: &Error) -> Option<String> {
    match error {
        Error::WrongModel { found: "sentence encoder", wanted: "language model", .. } => Some(
            "use it with `--method encoder`, or give the folder of a language model, or `en`"
                .to_owned(),
        ),
        Error::WrongModel { wanted: "language model", .. } => Some(
            "give a folder written by `ulmfit pretrain` or `ulmfit finetune`, or `en`".to_owned(),
        ),
        Error::WrongModel { wanted: "sentence encoder", .. } => {
            Some("give `minilm`, or a folder written by `ulmfit import hf`".to_owned())
        }
        Error::WrongModel { path, found: "sentence encoder", .. } => Some(format!(
            "`ulmfit fit ROWS -o MODEL --method encoder --base {}` makes a classifier from it",
            path.display()
        )),
        Error::WrongModel { path, .. } => Some(format!(
            "give a folder written by `ulmfit fit`; `ulmfit train {} ...` makes one from this model",
            path.display()
        )),
        Error::Data(DataError::Missing { path }) if is_a_text(path) => Some(format!(
            "to pass a text itself, use standard input: echo '{}' | ulmfit predict MODEL (or explain)",
            path.display()
        )),
        error => error.hint_in(options()),
    }
}

/// Whether somebody has written a text where a file should be.
fn is_a_text(path: &Path) -> bool {
    let path = path.to_string_lossy();
    path.contains(' ') && !path.contains(['/', '\\', '\''])
}

/// Settings as options of the command line.
pub(crate) fn options() -> Spelling {
    Spelling::new(|setting, value| format!("--{} {value}", setting.name()))
}

/// Prints the error and its hint on stderr and chooses the exit code.
pub(crate) fn report(error: Any) -> u8 {
    crate::ranks::begin_report();
    if is_of_reader(&error) {
        return 0;
    }
    let error = match ours(error) {
        Ok(error) => error,
        Err(other) => {
            say(&format!("ulmfit: {}", one_line(&chain(&other))));
            if let Some(error) = other.downcast_ref::<PullError>() {
                return of_pull(error);
            }
            #[cfg(feature = "serve")]
            if let Some((hint, code)) = crate::service_failure::explain(&other) {
                if let Some(hint) = hint {
                    say(&format!("hint: {}", one_line(&hint)));
                }
                return code;
            }
            let io = other.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
            if let Some(hint) = io.and_then(hint_of_io) {
                say(&format!("hint: {hint}"));
            }
            let is_io = io.is_some();
            return if is_io { 74 } else { 1 };
        }
    };
    if matches!(error, Error::Finished { .. }) {
        say(&error.to_string());
        return 0;
    }
    let hint = hint(&error);
    let class = error.class();
    let stopped = matches!(error, Error::Stopped);
    // a TOML error points at a place of the file: its lines must stay lines
    let keeps_lines = matches!(error, Error::Recipe(RecipeError::Syntax { .. }));
    let text = chain(&Any::new(error));
    say(&format!("ulmfit: {}", if keeps_lines { text } else { one_line(&text) }));
    if let Some(hint) = hint {
        say(&format!("hint: {}", one_line(&hint)));
    }
    if stopped {
        return crate::signals::received().map_or(1, |signal| 128 + signal);
    }
    exit_code(class)
}

/// The exit code of a class of errors.
pub(crate) fn exit_code(class: ErrorClass) -> u8 {
    match class {
        ErrorClass::Usage => 2,
        ErrorClass::Data => 65,
        ErrorClass::MissingInput => 66,
        ErrorClass::Io => 74,
        ErrorClass::Locked => 75,
        _ => 1,
    }
}

/// An error and its causes, each once: some messages already end with their cause.
fn chain(error: &Any) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// What to do about a failed write.
fn hint_of_io(error: &std::io::Error) -> Option<&'static str> {
    match error.kind() {
        std::io::ErrorKind::StorageFull => Some("make room on the disk"),
        std::io::ErrorKind::FileTooLarge => Some("files may not be larger here: see `ulimit -f`"),
        _ => None,
    }
}

/// Hint and exit code of a download that failed.
fn of_pull(error: &PullError) -> u8 {
    if let Some(hint) = error.hint() {
        say(&format!("hint: {}", one_line(&hint)));
    }
    match error {
        PullError::Unknown { .. } | PullError::Exists { .. } => 2,
        PullError::Damaged { .. } | PullError::Content { .. } => 65,
        PullError::Missing { .. } => 66,
        PullError::Locked { .. } => 75,
        _ => 74,
    }
}

/// Any error of the library as the one that knows its hint and class.
fn ours(error: Any) -> Result<Error, Any> {
    error
        .downcast::<Error>()
        .or_else(|other| other.downcast::<DataError>().map(Error::from))
        .or_else(|other| other.downcast::<TextError>().map(Error::from))
        .or_else(|other| other.downcast::<CheckpointError>().map(Error::from))
        .or_else(|other| other.downcast::<RecipeError>().map(Error::from))
}

/// Whether it is only that the reader of standard output has seen enough.
fn is_of_reader(error: &Any) -> bool {
    let mut io = error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    io.any(|io| matches!(io.get_ref(), Some(cause) if cause.is::<ReaderGone>()))
}
