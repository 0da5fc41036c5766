//! `encode`: texts as vectors.

use crate::common::{Place, SIZES, STEPS};
use serde_json::Value;
use std::fs;

fn vectors(lines: &str) -> Vec<Vec<f64>> {
    let vector = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap();
        row["vector"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
    };
    lines.lines().map(vector).collect()
}

/// Shape and numbers of a file in NumPy's format.
fn npy(bytes: &[u8]) -> (usize, usize, Vec<f32>) {
    assert_eq!(bytes[..8], *b"\x93NUMPY\x01\x00");
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert_eq!((10 + length) % 64, 0);
    let head = std::str::from_utf8(&bytes[10..10 + length]).unwrap();
    assert!(head.contains("'descr': '<f4', 'fortran_order': False"), "{head}");
    let shape = head.split_once('(').unwrap().1.split_once(')').unwrap().0;
    let (rows, width) = shape.split_once(", ").unwrap();
    let values = bytes[10 + length..].chunks_exact(4);
    let values = values.map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
    (rows.parse().unwrap(), width.parse().unwrap(), values)
}

#[test]
fn every_kind_of_model_gives_vectors() {
    let place = Place::new();
    place.run(&format!("pretrain texts.txt -o both {SIZES} {STEPS} --direction both")).ok();
    for (model, width) in [("classifier", 48), ("lm", 48), ("both", 96), ("minilm", 384)] {
        let lines = place.run(&format!("encode {model} test.csv -q")).ok();
        let found = vectors(&lines);
        assert_eq!(found.len(), 30, "{model}");
        assert!(found.iter().all(|vector| vector.len() == width), "{model}");
        // alone and with any number of threads
        assert_eq!(place.run(&format!("encode {model} test.csv -q --threads 1")).ok(), lines);
        let rows = fs::read_to_string(place.path("test.csv")).unwrap();
        let text = rows.lines().nth(7).unwrap().split(',').next().unwrap();
        let alone = place.feed(&format!("encode {model} -"), &format!("{text}\n")).ok();
        assert_eq!(vectors(&alone)[0], found[6], "{model}");
        place.run(&format!("encode {model} test.csv -q -o {model}.npy")).ok();
        let (count, size, values) = npy(&fs::read(place.path(&format!("{model}.npy"))).unwrap());
        assert_eq!((count, size), (30, width));
        let flat: Vec<f32> = found.concat().into_iter().map(|value| value as f32).collect();
        assert_eq!(values, flat, "{model}");
    }
    let backward = vectors(&place.run("encode both test.csv -q --direction backward").ok());
    let both = vectors(&place.run("encode both test.csv -q").ok());
    assert!(both.iter().zip(&backward).all(|(both, backward)| both[48..] == backward[..]));
    let unit: f64 =
        vectors(&place.run("encode minilm test.csv -q").ok())[0].iter().map(|v| v * v).sum();
    assert!((unit - 1.0).abs() < 1e-5, "{unit}");
}

#[test]
fn rows_keep_what_names_them() {
    let place = Place::new();
    place.write("rows.jsonl", "{\"id\": 7, \"text\": \"a fine film\", \"vector\": 1}\n");
    let line = place.run("encode lm rows.jsonl -q").ok();
    assert!(line.starts_with(r#"{"id":7,"vector":1,"text_vector":["#), "{line}");
    place.run("encode lm rows.jsonl -q -o rows.out").ok();
    assert_eq!(fs::read_to_string(place.path("rows.out")).unwrap(), line);
}

#[test]
fn what_cannot_be_encoded_is_refused() {
    let place = Place::new();
    place.write("bad.jsonl", "{\"text\": \"a\"}\n{\"text\": \n");
    for (line, code, said) in [
        ("encode lm test.csv --format npy", 2, "needs the name of an output file"),
        ("encode minilm test.csv --direction forward", 2, "reads in both directions at once"),
        ("encode lm test.csv --direction backward", 2, "no backward network"),
        ("encode nothing test.csv", 66, "does not exist"),
        ("encode lm nothing.csv", 66, "no such file"),
        ("encode lm test.csv -o train.csv", 2, "exists already"),
        ("encode lm bad.jsonl -o out.npy", 65, "bad.jsonl:2"),
    ] {
        let done = place.run(line);
        assert_eq!(done.code, Some(code), "{line}: {done:?}");
        assert!(done.stderr.contains(said), "{line}: {done:?}");
        assert!(!place.path("out.npy").exists(), "{line}");
    }
}
