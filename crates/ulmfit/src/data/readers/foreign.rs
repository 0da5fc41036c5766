//! Files of other kinds, recognised by their first bytes.

/// A kind of file that holds data, but not for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Foreign {
    /// What it is, with its article.
    pub(crate) what: &'static str,
    /// What to do with it.
    pub(crate) hint: &'static str,
}

const fn foreign(what: &'static str, hint: &'static str) -> Foreign {
    Foreign { what, hint }
}

const SPREADSHEET: &str = "open it and save it as `CSV UTF-8`";
const PANDAS: &str = "write it again: pandas.read_feather(FILE).to_parquet(\"FILE.parquet\")";
const UNPACK_TAR: &str = "unpack it with `tar -xf` and give a file from inside";

/// First bytes that no text file begins with.
const MAGIC: [(&[u8], Foreign); 11] = [
    (b"BZh91AY&SY", foreign("a bzip2 file", "decompress it with `bunzip2 -k`")),
    (b"7z\xbc\xaf\x27\x1c", foreign("a 7z archive", "unpack it and give a file from inside")),
    (b"Rar!\x1a\x07", foreign("a RAR archive", "unpack it and give a file from inside")),
    (b"FEA1\0\0\0\0", foreign("a Feather file", PANDAS)),
    (b"ARROW1\0\0", foreign("an Arrow file (Feather 2)", PANDAS)),
    (b"\xff\xff\xff\xff", foreign("an Arrow stream", "write it again as Parquet")),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        foreign("an old Office document (.xls or .doc)", SPREADSHEET),
    ),
    (b"SQLite format 3\0", foreign("an SQLite database", "export a table: sqlite3 -csv -header")),
    (b"Obj\x01", foreign("an Avro file", "write it again as Parquet or JSON lines")),
    (b"%PDF-", foreign("a PDF document", "give its text: `pdftotext` extracts it")),
    (
        b"version https://git-lfs.github.com/spec/",
        foreign("a Git LFS pointer, not the file itself", "run `git lfs pull` to fetch the file"),
    ),
];

/// The kind of a file with these first bytes, if it is certain and cannot be read.
pub(crate) fn known_by(head: &[u8]) -> Option<Foreign> {
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Some(archive(head));
    }
    // bzip2 has its block size in the fourth byte
    let is_bzip2 = |magic: &[u8]| {
        magic.starts_with(b"BZh")
            && head.len() > 10
            && head[..3] == magic[..3]
            && head[3].is_ascii_digit()
            && head[4..10] == magic[4..]
    };
    if head.get(257..262) == Some(b"ustar") {
        return Some(foreign("a tar archive", UNPACK_TAR));
    }
    let found = MAGIC.iter().find(|(magic, _)| head.starts_with(magic) || is_bzip2(magic));
    found.map(|(_, kind)| *kind)
}

/// Office documents are zip archives.
fn archive(head: &[u8]) -> Foreign {
    let holds = |name: &[u8]| head.windows(name.len()).any(|bytes| bytes == name);
    if holds(b"xl/") {
        foreign("an Excel workbook", SPREADSHEET)
    } else if holds(b"opendocument.spreadsheet") {
        foreign("an OpenDocument spreadsheet", SPREADSHEET)
    } else if holds(b"word/") {
        foreign("a Word document", "save it as plain text, or its table as CSV")
    } else {
        foreign("a zip archive", "unpack it with `unzip` and give a file from inside")
    }
}

/// Whether this is a web page; a text may be one, a table is not.
pub(crate) fn web_page(head: &[u8]) -> Option<Foreign> {
    let start = head.trim_ascii_start();
    let begins =
        |with: &[u8]| start.get(..with.len()).is_some_and(|bytes| bytes.eq_ignore_ascii_case(with));
    (begins(b"<!doctype html") || begins(b"<html")).then_some(foreign(
        "a web page (HTML)",
        "download the data itself: often a link named `raw`",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(head: &[u8]) -> Option<&'static str> {
        known_by(head).map(|kind| kind.what)
    }

    #[test]
    fn known_by_first_bytes() {
        let mut tar = vec![b'a'; 512];
        tar[257..262].copy_from_slice(b"ustar");
        for (head, name) in [
            (&b"PK\x03\x04\x14\0[Content_Types].xml..xl/workbook.xml"[..], "an Excel workbook"),
            (b"PK\x03\x04\x14\0train.csv", "a zip archive"),
            (b"BZh61AY&SY\0\0", "a bzip2 file"),
            (&tar, "a tar archive"),
            (b"ARROW1\0\0\x01", "an Arrow file (Feather 2)"),
            (b"FEA1\0\0\0\0", "a Feather file"),
            (
                b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
                "a Git LFS pointer, not the file itself",
            ),
        ] {
            assert_eq!(what(head), Some(name));
        }
        assert!(web_page(b"\n<!DOCTYPE HTML><p>").is_some());
    }

    #[test]
    fn text_is_not() {
        for head in
            [&b"BZh is a format\n"[..], b"PK, a name,x\n", b"ARROW1 is fast\n", b"%PDF", b""]
        {
            assert_eq!(known_by(head), None);
        }
        assert!(web_page(b"text,label\n<html>,x\n").is_none());
    }
}
