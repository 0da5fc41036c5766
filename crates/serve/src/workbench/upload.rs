//! A file from the page: written under another name until it is whole.

use super::bench::Bench;
use super::data::{safe_name, uploads};
use crate::problem::{Kind, Problem};
use axum::body::Body;
use http_body_util::BodyExt;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::NamedTempFile;
use tokio::task::block_in_place;
use tokio::time::timeout;

/// Largest file; larger ones are opened by their path.
const LIMIT: u64 = 4 << 30;
/// Longest time without data.
const IDLE: Duration = Duration::from_secs(30);

/// A file that has arrived. It has another name until it may take the place of an earlier one.
pub(super) struct Upload {
    pub(super) file: NamedTempFile,
    /// What it is to be called.
    pub(super) path: PathBuf,
}

/// Receives a file.
///
/// # Errors
/// A problem when it is empty, too large, incomplete or too slow, or the system refuses to write it.
pub(super) async fn receive(bench: &Bench, name: &str, mut body: Body) -> Result<Upload, Problem> {
    let folder = uploads(bench);
    let refused = |error: &std::io::Error| bench.unwritable("data", error);
    std::fs::create_dir_all(&folder).map_err(|error| refused(&error))?;
    let mut file = NamedTempFile::new_in(&folder).map_err(|error| refused(&error))?;
    let mut size = 0_u64;
    loop {
        let frame = timeout(IDLE, body.frame()).await;
        let frame =
            frame.map_err(|_| Problem::new(Kind::SlowBody, "the file arrives too slowly"))?;
        let Some(frame) = frame else { break };
        let incomplete = |_| Problem::new(Kind::Syntax, "the file is incomplete");
        let Ok(data) = frame.map_err(incomplete)?.into_data() else { continue };
        size += data.len() as u64;
        if size > LIMIT {
            let detail = format!("the file is larger than {} GiB", LIMIT >> 30);
            return Err(Problem::new(Kind::TooLarge, detail).hint("open it by its path"));
        }
        block_in_place(|| file.write_all(&data)).map_err(|error| refused(&error))?;
    }
    if size == 0 {
        return Err(Problem::new(Kind::Invalid, "the file is empty"));
    }
    block_in_place(|| file.as_file().sync_all()).map_err(|error| refused(&error))?;
    Ok(Upload { file, path: folder.join(safe_name(name)) })
}
