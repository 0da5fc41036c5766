//! A file from a server, in as many tries as it takes.

use crate::PullError;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;
use ureq::Agent;
use ureq::http::StatusCode;

/// Tries in a row that bring nothing before we give up.
const TRIES: u32 = 4;

/// A client that waits half a minute for a connection and a minute for an answer.
pub(crate) fn agent() -> Agent {
    Agent::config_builder()
        .timeout_connect(Some(Duration::from_secs(30)))
        .timeout_recv_response(Some(Duration::from_mins(1)))
        .user_agent(concat!("ulmfit/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

/// Downloads `url`, which has this many bytes, to `path`; bytes that are there already are not requested
/// again. `progress` gets the number of bytes so far.
pub(crate) fn fetch(
    agent: &Agent,
    url: &str,
    bytes: u64,
    path: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<(), PullError> {
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(PullError::io("create", path))?;
    let (mut in_vain, mut most) = (0, 0);
    loop {
        let have = file.metadata().map_err(PullError::io("read", path))?.len();
        progress(have);
        if have >= bytes {
            return Ok(()); // too many bytes are found by the check
        }
        let result = fetch_rest(agent, url, have, bytes, &mut file, path, progress);
        let now = file.metadata().map_err(PullError::io("read", path))?.len();
        in_vain = if now > most.max(have) { 0 } else { in_vain + 1 };
        most = most.max(now);
        match result {
            Err(error) if in_vain >= TRIES || !is_passing(&error) => return Err(error),
            Ok(()) if now < bytes && in_vain >= TRIES => return Ok(()),
            _ => {}
        }
        if in_vain > 0 {
            std::thread::sleep(Duration::from_millis(250 << in_vain));
        }
    }
}

/// Asks for all bytes from number `have` on, and takes no more than there should be.
fn fetch_rest(
    agent: &Agent,
    url: &str,
    have: u64,
    bytes: u64,
    file: &mut File,
    path: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<(), PullError> {
    let network = |source| PullError::Network { url: url.to_owned(), source: Box::new(source) };
    let mut request = agent.get(url);
    if have > 0 {
        request = request.header("Range", format!("bytes={have}-"));
    }
    let response = match request.call() {
        Err(ureq::Error::StatusCode(416)) if have > 0 => {
            // it has fewer bytes than we have: ours are from another file
            return file.set_len(0).map_err(PullError::io("shorten", path));
        }
        answer => answer.map_err(network)?,
    };
    let mut have = have;
    if response.status() != StatusCode::PARTIAL_CONTENT && have > 0 {
        file.set_len(0).map_err(PullError::io("shorten", path))?; // it sends everything again
        have = 0;
    }
    let mut body = response.into_body().into_reader().take(bytes - have + 1);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = match body.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(network(ureq::Error::Io(error))),
        };
        file.write_all(&buffer[..read]).map_err(PullError::io("write", path))?;
        have += read as u64;
        progress(have);
    }
}

/// Whether it may go better the next time.
fn is_passing(error: &PullError) -> bool {
    let PullError::Network { source, .. } = error else { return false };
    match **source {
        ureq::Error::StatusCode(status) => status == 429 || status >= 500,
        ureq::Error::Io(_) | ureq::Error::Timeout(_) | ureq::Error::ConnectionFailed => true,
        _ => false,
    }
}
