//! Is it the published file?

use crate::{Check, PullError, RemoteFile};
use md5::Md5;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

const MIB: u64 = 1 << 20;

/// Compares size and hash of a file with the published ones.
pub(crate) fn check(path: &Path, published: &RemoteFile) -> Result<(), PullError> {
    let io = PullError::io("read", path);
    let (bytes, hash) = found(path, &published.check).map_err(io)?;
    let damaged = |expected: String, found: String| {
        Err(PullError::Damaged { path: path.to_owned(), expected, found })
    };
    if bytes != published.bytes {
        return damaged(format!("{} bytes", published.bytes), format!("{bytes} bytes"));
    }
    match published.check {
        Check::Sha256(expected) | Check::Md5OfFirstMiB(expected) if expected != hash => {
            damaged(format!("a hash of {expected}"), hash)
        }
        _ => Ok(()),
    }
}

fn found(path: &Path, check: &Check) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let bytes = file.metadata()?.len();
    let hash = match check {
        Check::Sha256(_) => {
            let mut hasher = Sha256::new();
            let mut buffer = vec![0; 1 << 16];
            loop {
                match file.read(&mut buffer)? {
                    0 => break hex::encode(hasher.finalize()),
                    read => hasher.update(&buffer[..read]),
                }
            }
        }
        Check::Md5OfFirstMiB(_) => {
            let mut first = Vec::new();
            file.take(MIB).read_to_end(&mut first)?;
            hex::encode(Md5::digest(&first))
        }
    };
    Ok((bytes, hash))
}
