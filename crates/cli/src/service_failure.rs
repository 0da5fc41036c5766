//! Hints and exit codes for errors of a server and of its clients.

use crate::failure::exit_code;
use anyhow::Error as Any;
use ulmfit_serve::{ClientError, ServeError};

/// Hint and exit code, if it is an error of a server or a client.
pub(crate) fn explain(error: &Any) -> Option<(Option<String>, u8)> {
    let of_server = || {
        let error = error.downcast_ref::<ServeError>()?;
        Some((hint(error).map(Into::into), exit_code(error.class())))
    };
    let of_client = || error.downcast_ref::<ClientError>().map(asked);
    of_server().or_else(of_client)
}

fn hint(error: &ServeError) -> Option<&'static str> {
    Some(match error {
        ServeError::SameName { .. } => "name them: `ulmfit serve one/model=one two/model=two`",
        ServeError::BadName { .. } => "give it another name: `ulmfit serve FOLDER=NAME`",
        ServeError::Exposed { .. } => {
            "require a token with --token-file FILE, or use --open to let anyone send requests"
        }
        ServeError::Listen { .. } => {
            "choose another address with --listen, such as 127.0.0.1:0 for a free port"
        }
        ServeError::Tokens { .. } => {
            "write one token per line, such as the output of `openssl rand -hex 32`"
        }
        ServeError::NotLocal { .. } => "use --listen 127.0.0.1:8090, or another port",
        ServeError::InUse { .. } => "open that one, or choose another folder with --output",
        ServeError::Training { .. } => {
            "start the workbench without naming a file, then wait for the training or stop it"
        }
        ServeError::DamagedLabels { .. } => {
            "restore the line, or move it and all that follow to another file"
        }
        ServeError::DamagedState { .. } => {
            "restore the file, or choose another folder with --output"
        }
        ServeError::NotDrained { .. } => "give them more time with --drain",
        _ => return None,
    })
}

fn asked(error: &ClientError) -> (Option<String>, u8) {
    match error {
        ClientError::Unreachable { url, .. } if url.starts_with("https://") => {
            let hint = "is there a proxy with TLS? `ulmfit serve` itself is reached by http://";
            (Some(hint.into()), 74)
        }
        ClientError::Unreachable { .. } => {
            (Some("is the server running? `ulmfit serve MODEL` starts one".into()), 74)
        }
        ClientError::Address { .. } => {
            (Some("an address begins with http://, such as http://127.0.0.1:8080".into()), 2)
        }
        ClientError::Refused { status, detail, hint, .. } => {
            let hint = match status {
                404 if detail.starts_with("there is no route") => Some(
                    "give the address of the server alone, such as http://127.0.0.1:8080".into(),
                ),
                401 => Some("give the server's token with --token-file".to_owned()),
                429 | 503 | 504 => Some("try again later".to_owned()),
                _ => hint.clone(),
            };
            let code = match status {
                401 | 403 | 421 => 2,
                400 | 413 | 415 | 422 => 65,
                404 => 66,
                429 | 503 | 504 => 75,
                _ => 1,
            };
            (hint, code)
        }
        _ => (Some("check the address".into()), 74),
    }
}
