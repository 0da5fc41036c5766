//! Errors become one clear line, a hint and an exit code; only here.

use std::process::ExitCode;
use ulmfit::{Error, ErrorClass};

/// Prints the error and its hint on stderr and chooses the exit code.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    if is_broken_pipe(error) {
        return ExitCode::SUCCESS; // the reader, say `head`, has seen enough
    }
    let ours = error.downcast_ref::<Error>();
    if let (Some(Error::Stopped), Some(signal)) = (ours, crate::signals::received()) {
        eprintln!("ulmfit: {error}");
        return ExitCode::from(128 + signal);
    }
    eprintln!("ulmfit: {}", one_line(&format!("{error:#}")));
    if let Some(hint) = ours.and_then(Error::hint) {
        eprintln!("hint: {}", one_line(&hint));
    }
    ExitCode::from(match ours.map(Error::class) {
        Some(ErrorClass::Usage) => 2,
        Some(ErrorClass::Data) => 65,
        Some(ErrorClass::MissingInput) => 66,
        Some(ErrorClass::Io) => 74,
        Some(ErrorClass::Locked) => 75,
        _ if error.downcast_ref::<std::io::Error>().is_some() => 74,
        _ => 1,
    })
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
    io.is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
}

fn one_line(text: &str) -> String {
    text.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}
