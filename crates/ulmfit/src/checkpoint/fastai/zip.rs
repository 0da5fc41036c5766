//! The part of the zip format that torch writes: stored members, nothing compressed.

use std::collections::BTreeMap;
use std::ops::Range;

use super::FastaiError;

const MAX_MEMBERS: usize = 4096;
const END: [u8; 4] = *b"PK\x05\x06";
const END_64: [u8; 4] = *b"PK\x06\x06";
const LOCATOR_64: [u8; 4] = *b"PK\x06\x07";
const DIRECTORY: [u8; 4] = *b"PK\x01\x02";
/// Opens every member, and so every archive.
pub(super) const MEMBER: [u8; 4] = *b"PK\x03\x04";
const END_BYTES: usize = 22;
const MAX_COMMENT: usize = 0xffff;

/// A zip archive in memory; nothing is ever written to a path from it.
#[derive(Debug)]
pub struct Archive<'a> {
    bytes: &'a [u8],
    members: BTreeMap<&'a str, Member>,
}

#[derive(Debug)]
struct Member {
    /// Where its header begins.
    header: usize,
    range: Range<usize>,
    crc: u32,
}

impl<'a> Archive<'a> {
    /// Reads the directory and checks that every member is inside the file, apart from the
    /// others, and under a name that leads nowhere else.
    ///
    /// # Errors
    /// [`FastaiError::Zip`], [`FastaiError::Member`] or [`FastaiError::Limit`].
    pub fn open(bytes: &'a [u8]) -> Result<Self, FastaiError> {
        let Directory { start, count, bytes: length } = find_directory(bytes)?;
        if count > MAX_MEMBERS as u64 {
            return Err(FastaiError::Limit { what: "archive members", limit: MAX_MEMBERS });
        }
        let directory = slice(bytes, start, length)?;
        let start = start as usize; // it indexes a slice
        let mut fields = Fields { bytes: directory };
        let mut members = BTreeMap::new();
        for _ in 0..count {
            let (name, member) = read_member(bytes, start, &mut fields)?;
            check_name(name)?;
            if members.insert(name, member).is_some() {
                return Err(FastaiError::Member { name: name.to_owned(), what: "occurs twice" });
            }
        }
        let mut places: Vec<_> =
            members.values().map(|member| (member.header, member.range.end)).collect();
        places.sort_unstable();
        if places.windows(2).any(|pair| pair[0].1 > pair[1].0) {
            return Err(FastaiError::Zip { what: "members overlap" });
        }
        Ok(Self { bytes, members })
    }

    /// Names of all members, sorted.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.members.keys().copied()
    }

    /// Content of a member, or `None` if there is no such member.
    ///
    /// # Errors
    /// [`FastaiError::Member`] when its checksum is wrong.
    pub fn read(&self, name: &str) -> Result<Option<&'a [u8]>, FastaiError> {
        let Some(member) = self.members.get(name) else {
            return Ok(None);
        };
        let content = &self.bytes[member.range.clone()];
        if crc32fast::hash(content) != member.crc {
            let name = name.to_owned();
            return Err(FastaiError::Member { name, what: "is damaged: wrong checksum" });
        }
        Ok(Some(content))
    }
}

struct Directory {
    start: u64,
    count: u64,
    bytes: u64,
}

/// Finds the directory by the record at the end of the file.
fn find_directory(bytes: &[u8]) -> Result<Directory, FastaiError> {
    let missing = || FastaiError::Zip { what: "no directory at the end of the file" };
    let last = bytes.len().checked_sub(END_BYTES).ok_or_else(missing)?;
    let first = last.saturating_sub(MAX_COMMENT);
    let end = (first..=last).rev().find(|&at| bytes[at..].starts_with(&END)).ok_or_else(missing)?;

    let mut fields = Fields { bytes: &bytes[end + 4..] };
    let disks = [fields.u16()?, fields.u16()?];
    let [_, count] = [fields.u16()?, fields.u16()?];
    let [length, start] = [fields.u32()?, fields.u32()?];
    if count != u16::MAX && length != u32::MAX && start != u32::MAX {
        if disks != [0, 0] {
            return Err(FastaiError::Zip { what: "more than one disk" });
        }
        return Ok(Directory { start: start.into(), count: count.into(), bytes: length.into() });
    }
    let locator = end.checked_sub(20).ok_or_else(missing)?;
    let mut fields = Fields { bytes: &bytes[locator..end] };
    fields.signature(LOCATOR_64)?;
    fields.skip(4)?;
    let record = fields.u64()?;
    let mut fields = Fields { bytes: slice(bytes, record, 56)? };
    fields.signature(END_64)?;
    fields.skip(28)?;
    let count = fields.u64()?;
    let [length, start] = [fields.u64()?, fields.u64()?];
    Ok(Directory { start, count, bytes: length })
}

/// Reads one entry of the directory and the header in front of the member itself.
fn read_member<'a>(
    archive: &'a [u8],
    directory: usize,
    fields: &mut Fields<'a>,
) -> Result<(&'a str, Member), FastaiError> {
    fields.signature(DIRECTORY)?;
    fields.skip(4)?;
    let [flags, method] = [fields.u16()?, fields.u16()?];
    fields.skip(4)?;
    let crc = fields.u32()?;
    let [packed, size] = [fields.u32()?, fields.u32()?];
    let [name, extra, comment] = [fields.u16()?, fields.u16()?, fields.u16()?];
    fields.skip(8)?;
    let offset = fields.u32()?;
    let name = fields.take(name.into())?;
    let mut extra = Fields { bytes: fields.take(extra.into())? };
    fields.skip(comment.into())?;

    let (mut size, mut packed, mut offset) =
        (u64::from(size), u64::from(packed), u64::from(offset));
    while extra.bytes.len() >= 4 {
        let (kind, length) = (extra.u16()?, extra.u16()?);
        let mut wide = Fields { bytes: extra.take(length.into())? };
        if kind == 1 {
            for field in [&mut size, &mut packed, &mut offset] {
                if *field == u64::from(u32::MAX) {
                    *field = wide.u64()?;
                }
            }
        }
    }
    let text = std::str::from_utf8(name);
    let text = text.map_err(|_| FastaiError::Zip { what: "a name that is not UTF-8" })?;
    let fault = |what| FastaiError::Member { name: text.to_owned(), what };
    if method != 0 || packed != size {
        return Err(fault("is compressed; torch stores its members"));
    }
    if flags & 1 != 0 {
        return Err(fault("is encrypted"));
    }

    let mut local = Fields { bytes: slice(archive, offset, 30)? };
    local.signature(MEMBER)?;
    local.skip(22)?;
    let [name_length, extra_length] = [local.u16()?, local.u16()?];
    let name_start = offset + 30;
    if slice(archive, name_start, name_length.into())? != name {
        return Err(fault("has two names"));
    }
    let start = name_start + u64::from(name_length) + u64::from(extra_length);
    slice(archive, start, size)?;
    let [header, start, end] = [offset, start, start + size].map(|at| at as usize); // of the slice
    if end > directory {
        return Err(fault("reaches into the directory"));
    }
    Ok((text, Member { header, range: start..end, crc }))
}

/// Refuses names that a careless program would write outside of its folder.
fn check_name(name: &str) -> Result<(), FastaiError> {
    let bad = |part: &str| part == ".." || part.contains(['\\', ':', '\0']);
    if name.is_empty() || name.starts_with('/') || name.split('/').any(bad) {
        let what = "has a name that leads out of the archive";
        return Err(FastaiError::Member { name: name.to_owned(), what });
    }
    Ok(())
}

fn slice(bytes: &[u8], start: u64, length: u64) -> Result<&[u8], FastaiError> {
    let range = || {
        let start = usize::try_from(start).ok()?;
        let end = start.checked_add(usize::try_from(length).ok()?)?;
        bytes.get(start..end)
    };
    range().ok_or(FastaiError::Zip { what: "a place outside of the file" })
}

/// Little-endian fields, one after another.
struct Fields<'a> {
    bytes: &'a [u8],
}

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], FastaiError> {
        let (taken, rest) = self
            .bytes
            .split_at_checked(length)
            .ok_or(FastaiError::Zip { what: "a record ends early" })?;
        self.bytes = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], FastaiError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn skip(&mut self, length: usize) -> Result<(), FastaiError> {
        self.take(length).map(|_| ())
    }

    fn u16(&mut self) -> Result<u16, FastaiError> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, FastaiError> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, FastaiError> {
        self.array().map(u64::from_le_bytes)
    }

    fn signature(&mut self, wanted: [u8; 4]) -> Result<(), FastaiError> {
        if self.array()? == wanted {
            Ok(())
        } else {
            Err(FastaiError::Zip { what: "a record of the wrong kind" })
        }
    }
}
