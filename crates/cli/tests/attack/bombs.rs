//! Small files that become large ones: in the compression of the file, and inside of Parquet.

use super::parquet_files::{codecs, file};
use super::{Random, Tally, attacks};
use crate::common::Place;
use parquet::file::properties::WriterVersion;
use std::io::Write;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::stream::encode_all(bytes, 19).unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(6);
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

type Compressor = fn(&[u8]) -> Vec<u8>;

const COMPRESSORS: [(&str, Compressor); 3] = [("gz", gzip), ("zst", zstd), ("xz", xz)];

/// Rows of unlike length; the shortest cost the most memory when they are held.
const ROWS: [(&str, &str, &str); 6] = [
    ("csv", "text,label\n", "a,b\n"),
    ("csv", "text,label\n", "some words of a text that goes on and on,good\n"),
    ("jsonl", "", "{\"text\":\"a\",\"label\":\"b\"}\n"),
    ("txt", "", "__label__a b\n"),
    ("csv", "text,label\n", "x"),
    ("jsonl", "", "{\"text\":\""),
];

/// Every compressor joins what is compressed apart, so that a gigabyte is made in no time.
fn bomb(random: &mut Random) -> (String, Vec<u8>) {
    let (ending, compress) = COMPRESSORS[random.below(3)];
    let (format, header, row) = ROWS[random.below(ROWS.len())];
    let block = row.repeat((4 << 20) / row.len());
    let mut bytes = compress(header.as_bytes());
    let block = compress(block.as_bytes());
    for _ in 0..100 + random.below(400) {
        bytes.extend(&block);
    }
    (format!("bomb.{format}.{ending}"), bytes)
}

/// A Parquet file of few bytes and many, or long, rows; some of them compressed once more.
fn parquet_bomb(random: &mut Random) -> (String, Vec<u8>) {
    let codec = codecs()[random.below(7)];
    let version = [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0][random.below(2)];
    let (rows, length) = [(600, 1 << 20), (600_000, 1), (4_000, 40_000)][random.below(3)];
    // An even number of rows has a dictionary: every text but one is a number then.
    let rows = rows + random.below(2);
    let text = b"x".repeat(length / if rows.is_multiple_of(2) { 1 } else { 8 });
    let bytes = file(codec, version, rows, |_| (text.clone(), b"a".to_vec()));
    match random.below(2) {
        0 => ("bomb.parquet".to_owned(), bytes),
        _ => ("bomb.parquet.zst".to_owned(), zstd(&bytes)),
    }
}

#[test]
fn bombs_end_with_a_message_before_the_memory_does() {
    let place = Place::new();
    let (mut random, mut tally) = (Random::new(3), Tally::default());
    let count = attacks(6);
    for number in 0..count {
        let make = if number % 2 == 0 { bomb } else { parquet_bomb };
        // What is large itself may take memory.
        let small =
            |random: &mut Random| Some(make(random)).filter(|(_, bytes)| bytes.len() < 3 << 20);
        let (name, bytes) = std::iter::repeat_with(|| small(&mut random)).flatten().next().unwrap();
        place.write(&name, &bytes);
        let attack = format!("attack {number}, {} bytes of {name}", bytes.len());
        let fit =
            format!("fit {name} -o made --base none --emb 8 --hid 8 --layers 1 --max-memory 100M");
        for line in [format!("check-data {name}"), format!("evaluate classifier {name}"), fit] {
            // Rows that fit into the limits are read: many of one kind teach nothing (65).
            tally.run(&place, &line, &[0, 65], &attack);
        }
        std::fs::remove_file(place.path(&name)).unwrap();
    }
    tally.tell(count, "bombs, 3 commands each");
}
