//! Untrusted input.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{Dtype, HostTensor, Tensors, peek_tensors, read_tensors, write_tensors};
use crate::checkpoint::test_process::within_64_mib;

/// A file of this header and as many zero bytes.
fn file(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.resize(bytes.len() + data, 0);
    bytes
}

/// A file of one tensor `w` with these fields.
fn one(fields: &str, data: usize) -> Vec<u8> {
    file(&format!(r#"{{"w":{{{fields}}}}}"#), data)
}

fn expected() -> BTreeMap<String, Vec<usize>> {
    BTreeMap::from([("w".to_owned(), vec![2, 2])])
}

const GOOD: &str = r#""dtype":"F32","shape":[2,2],"data_offsets":[0,16]"#;

/// More than 200 of them, each wrong in its own way.
fn hostile_files() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |name: String, bytes: Vec<u8>| files.push((name, bytes));
    let good = one(GOOD, 16);

    for length in 0..good.len() {
        add(format!("cut to {length}"), good[..length].to_vec());
    }
    for extra in [1, 7, 8, 16, 1 << 20] {
        add(format!("{extra} bytes too many"), one(GOOD, 16 + extra));
    }
    for length in
        [0, 1, 2, 61, 63, 64, 1 << 20, (1 << 20) + 1, 1 << 32, 1 << 63, u64::MAX - 7, u64::MAX]
    {
        let mut bytes = good.clone();
        bytes[..8].copy_from_slice(&length.to_le_bytes());
        add(format!("header length {length}"), bytes);
    }
    for (begin, end) in [
        (0, 0),
        (0, 4),
        (0, 15),
        (0, 17),
        (0, 32),
        (1, 17),
        (4, 16),
        (4, 20),
        (16, 0),
        (16, 16),
        (16, 32),
        (8, 24),
        (u64::MAX, u64::MAX),
        (u64::MAX, 15),
        (u64::MAX - 15, 0),
        (0, u64::MAX),
        (1 << 63, 1 << 63),
        (0, 1 << 32),
        (1 << 32, (1 << 32) + 16),
    ] {
        add(
            format!("offsets {begin}..{end}"),
            one(&format!(r#""dtype":"F32","shape":[2,2],"data_offsets":[{begin},{end}]"#), 16),
        );
    }
    for offsets in [
        "[]",
        "[0]",
        "[0,16,16]",
        "[-1,15]",
        "[0.0,16.0]",
        r#"["0","16"]"#,
        "null",
        "{}",
        "16",
        "[0,1e1]",
        "[0,18446744073709551616]",
        "[[0,16]]",
        "[true,16]",
    ] {
        add(
            format!("offsets {offsets}"),
            one(&format!(r#""dtype":"F32","shape":[2,2],"data_offsets":{offsets}"#), 16),
        );
    }
    for shape in [
        "[]",
        "[4]",
        "[2]",
        "[2,3]",
        "[3,2]",
        "[1,4]",
        "[2,2,1]",
        "[0,2]",
        "[-2,-2]",
        "[2.0,2]",
        "[4294967296,4294967296]",
        "[18446744073709551615,2]",
        "[9223372036854775808,2,2]",
        "[18446744073709551616]",
        "[2,\"2\"]",
        "null",
        "4",
        "{}",
        "[[2,2]]",
        "[2,null]",
        "[1,1,1,1,1,1,1,1,4]",
        "[1,1,1,1,1,1,2,2]",
        "[0,18446744073709551615]",
    ] {
        add(
            format!("shape {shape}"),
            one(&format!(r#""dtype":"F32","shape":{shape},"data_offsets":[0,16]"#), 16),
        );
    }
    for (dtype, data) in [
        ("F64", 32),
        ("F64", 16),
        ("F16", 16),
        ("BF16", 16),
        ("I8", 4),
        ("U8", 4),
        ("BOOL", 4),
        ("I16", 8),
        ("U16", 8),
        ("I32", 16),
        ("U32", 16),
        ("I64", 32),
        ("U64", 32),
        ("F8_E4M3", 4),
        ("F8_E5M2", 4),
        ("f32", 16),
        ("F32 ", 16),
        ("", 16),
        ("C64", 32),
        ("F4", 2),
        ("\\u0000", 16),
        ("F32\\n", 16),
    ] {
        add(
            format!("dtype {dtype}"),
            one(&format!(r#""dtype":"{dtype}","shape":[2,2],"data_offsets":[0,{data}]"#), data),
        );
    }
    let good_w = format!(r#""w":{{{GOOD}}}"#);
    let tensor = |name: &str, begin: usize, end: usize| {
        let elements = (end - begin) / 4;
        format!(r#""{name}":{{"dtype":"F32","shape":[{elements}],"data_offsets":[{begin},{end}]}}"#)
    };
    for (name, header, data) in [
        ("empty", String::new(), 0),
        ("no tensor", "{}".into(), 0),
        ("no tensor, data", "{}".into(), 16),
        ("a list", "[]".into(), 0),
        ("null", "null".into(), 0),
        ("a number", "7".into(), 0),
        ("a string", "\"w\"".into(), 0),
        ("blanks", "      ".into(), 0),
        ("unclosed", format!("{{{good_w}"), 16),
        ("closed twice", format!("{{{good_w}}}}}"), 16),
        ("two documents", format!("{{{good_w}}}{{}}"), 16),
        ("trailing comma", format!("{{{good_w},}}"), 16),
        ("a comment", format!("{{/**/{good_w}}}"), 16),
        ("single quotes", "{'w':{}}".into(), 16),
        ("twice the same", format!("{{{good_w},{good_w}}}"), 16),
        ("twice, escaped", format!(r#"{{{good_w},"\u0077":{{{GOOD}}}}}"#), 16),
        ("metadata twice", format!(r#"{{"__metadata__":{{}},"__metadata__":{{}},{good_w}}}"#), 16),
        ("metadata of numbers", format!(r#"{{"__metadata__":{{"a":1}},{good_w}}}"#), 16),
        ("metadata as list", format!(r#"{{"__metadata__":[],{good_w}}}"#), 16),
        ("nested metadata", format!(r#"{{"__metadata__":{{"a":{{}}}},{good_w}}}"#), 16),
        ("metadata only", r#"{"__metadata__":{"format":"pt"}}"#.into(), 0),
        ("another name", format!(r#"{{"v":{{{GOOD}}}}}"#), 16),
        ("name with NUL", format!(r#"{{"w\u0000":{{{GOOD}}}}}"#), 16),
        ("empty name", format!(r#"{{"":{{{GOOD}}}}}"#), 16),
        ("lone surrogate", format!(r#"{{"\ud800":{{{GOOD}}}}}"#), 16),
        ("one more", format!("{{{good_w},{}}}", tensor("x", 16, 20)), 20),
        ("overlap", format!("{{{good_w},{}}}", tensor("x", 8, 20)), 20),
        ("same place", format!("{{{good_w},{}}}", tensor("x", 0, 16)), 16),
        ("hole", format!("{{{good_w},{}}}", tensor("x", 20, 24)), 24),
        ("hole in front", format!("{{{}}}", tensor("w", 4, 20)), 20),
        ("no dtype", r#"{"w":{"shape":[2,2],"data_offsets":[0,16]}}"#.into(), 16),
        ("no shape", r#"{"w":{"dtype":"F32","data_offsets":[0,16]}}"#.into(), 16),
        ("no offsets", r#"{"w":{"dtype":"F32","shape":[2,2]}}"#.into(), 16),
        ("dtype twice", format!(r#"{{"w":{{"dtype":"F32",{GOOD}}}}}"#), 16),
        ("shape twice", format!(r#"{{"w":{{"shape":[2,2],{GOOD}}}}}"#), 16),
        ("offsets twice", format!(r#"{{"w":{{"data_offsets":[0,16],{GOOD}}}}}"#), 16),
        ("unknown field", format!(r#"{{"w":{{"strides":[2,1],{GOOD}}}}}"#), 16),
        ("tensor as list", r#"{"w":["F32",[2,2],[0,16]]}"#.into(), 15),
        ("tensor as number", r#"{"w":1}"#.into(), 16),
        ("tensor as null", r#"{"w":null}"#.into(), 16),
        ("deep list", format!(r#"{{"w":{}"#, "[".repeat(100_000)), 0),
        ("deep map", format!(r#"{{"__metadata__":{}"#, r#"{"a":"#.repeat(100_000)), 0),
        ("long name", format!(r#"{{"{}":{{{GOOD}}}}}"#, "w".repeat(1_000_000)), 16),
        ("long number", format!(r#"{{"w":{}}}"#, "9".repeat(1_000_000)), 16),
        (
            "513 tensors",
            {
                let all: Vec<_> =
                    (0..513).map(|i| tensor(&format!("t{i}"), 4 * i, 4 * i + 4)).collect();
                format!("{{{}}}", all.join(","))
            },
            513 * 4,
        ),
        (
            "15,000 empty tensors",
            {
                let all: Vec<_> = (0..15_000).map(|i| tensor(&format!("t{i}"), 0, 0)).collect();
                format!("{{{}}}", all.join(","))
            },
            0,
        ),
    ] {
        add(name.into(), file(&header, data));
    }
    for (dtype, bits, width) in [
        ("F32", 0x7f80_0000_u32, 4),
        ("F32", 0xff80_0000, 4),
        ("F32", 0x7fc0_0000, 4),
        ("F32", 0x7f80_0001, 4),
        ("F32", 0xffff_ffff, 4),
        ("F16", 0x7c00, 2),
        ("F16", 0xfc00, 2),
        ("F16", 0x7e00, 2),
        ("BF16", 0x7f80, 2),
        ("BF16", 0xff80, 2),
        ("BF16", 0x7fc0, 2),
    ] {
        for position in 0..4 {
            let end = 4 * width;
            let mut bytes =
                one(&format!(r#""dtype":"{dtype}","shape":[2,2],"data_offsets":[0,{end}]"#), end);
            let at = bytes.len() - end + position * width;
            bytes[at..at + width].copy_from_slice(&bits.to_le_bytes()[..width]);
            add(format!("{dtype} {bits:#x} at {position}"), bytes);
        }
    }
    let mut not_utf8 = good.clone();
    not_utf8[10] = 0xff;
    add("not UTF-8".into(), not_utf8);
    files
}

#[test]
fn no_hostile_file_passes() {
    let test = "checkpoint::tensors::hostile_tests::no_hostile_file_passes";
    within_64_mib(test, hostile_files, |files| {
        assert!(read_tensors(&one(GOOD, 16), &expected()).is_ok(), "the guard");
        assert!(files.len() >= 200, "{}", files.len());
        for (name, bytes) in files {
            let start = Instant::now();
            assert!(read_tensors(&bytes, &expected()).is_err(), "{name} was read");
            assert!(start.elapsed() < Duration::from_secs(1), "{name} took {:?}", start.elapsed());
            let _ = peek_tensors(&bytes); // may be fine, must not panic
        }
    });
}

/// Whatever is flipped, a file that is still read has the expected names and shapes and finite
/// values: damage to values is the manifest's to find.
#[test]
fn no_mutation_breaks_the_promise() {
    let tensors = Tensors::from([
        ("a".to_owned(), HostTensor::new([3, 5], vec![0.5; 15])),
        ("b".to_owned(), HostTensor::new([7], vec![-0.25; 7])),
    ]);
    let shapes = BTreeMap::from([("a".to_owned(), vec![3, 5]), ("b".to_owned(), vec![7])]);
    let good = write_tensors(&tensors, Dtype::F32).unwrap();
    let mut read = 0;
    for bit in 0..good.len() * 8 {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(tensors) = read_tensors(&bytes, &shapes) {
            read += 1;
            for (name, tensor) in tensors {
                assert_eq!(tensor.dims, shapes[&name]);
                assert!(tensor.values.iter().all(|value| value.is_finite()));
            }
        }
    }
    let values = 22 * 32;
    assert!(read <= values, "{read} of {values} bits may change: those of the values");
}
