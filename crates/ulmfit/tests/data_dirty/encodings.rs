//! Bytes that are no UTF-8 text.

use crate::harness::{check_refusals, file, labelled, refused, unlabelled};

#[test]
fn broken_encodings() {
    let utf16 = |mark: &[u8], text: &str, bytes: fn(u16) -> [u8; 2]| {
        [mark, &text.encode_utf16().flat_map(bytes).collect::<Vec<_>>()].concat()
    };
    check_refusals(vec![
        refused(
            file("a.csv", b"text,label\nx,a\ncaf\xe9,b\n"),
            labelled(),
            "a.csv:3: byte 4 of the text is not UTF-8 (0xe9)",
            "LATIN1",
        ),
        refused(
            file("a.txt", b"__label__a good\n__label__b caf\xe9\n"),
            labelled(),
            "a.txt:2: byte",
            "`encoding-errors = replace`",
        ),
        refused(
            file("a.jsonl", b"{\"text\": \"caf\xe9\", \"label\": 1}"),
            labelled(),
            "a.jsonl:1: byte 14",
            "LATIN1",
        ),
        refused(file("a.csv", b"text,label\nx,\xe9\n"), labelled(), "a.csv:2: byte 1", "iconv"),
        refused(
            file("a.csv", b"text,label\nx\xf0\x9f,a\n"),
            labelled(),
            "a.csv:2: byte 2",
            "iconv",
        ),
        refused(
            file("a.csv", b"text,label\nx\0y,a\n"),
            labelled(),
            "a.csv:2: a NUL byte",
            "binary",
        ),
        refused(
            file("a.jsonl", r#"{"text": "a\u0000b", "label": 1}"#),
            labelled(),
            "a.jsonl:1: a NUL byte",
            "replace",
        ),
        refused(
            file("a.csv", utf16(b"\xff\xfe", "text,label\nx,a\n", u16::to_le_bytes)),
            labelled(),
            "a.csv:1: the text is UTF-16",
            "iconv -f UTF-16",
        ),
        refused(
            file("a.jsonl", utf16(b"\xfe\xff", "{\"text\": 1}", u16::to_be_bytes)),
            labelled(),
            "a.jsonl:1: the text is UTF-16",
            "iconv",
        ),
        refused(
            file("a.txt", utf16(b"", "one line\nanother\n", u16::to_le_bytes)),
            unlabelled(),
            "a.txt:1: the text is UTF-16",
            "iconv",
        ),
        refused(
            file("a/pos/1.txt", b"\xff\xfeh\0i\0"),
            labelled(),
            "a/pos/1.txt:1: the text is UTF-16",
            "iconv",
        ),
        refused(
            file("a.jsonl", r#"{"text": "\ud83d", "label": 1}"#),
            labelled(),
            "a.jsonl:1: not valid JSON at column",
            "half a character",
        ),
    ]);
}
