//! Sentence vectors: a text per line in, its vector as a JSON array per line out.
//!
//! `cargo run --release --example vectors -- minilm-base < texts.txt`

use std::io::{BufRead, Write};
use std::path::Path;
use ulmfit::models::{EncoderBundle, open_model};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "minilm".to_owned());
    let model: EncoderBundle = EncoderBundle::from_folder(&open_model(Path::new(&name))?)?;
    let texts = std::io::stdin().lock().lines().collect::<Result<Vec<String>, _>>()?;
    let documents: Vec<[&str; 1]> = texts.iter().map(|text| [text.as_str()]).collect();
    let mut out = std::io::stdout().lock();
    for vector in model.vectors(&documents) {
        writeln!(out, "{}", serde_json::to_string(&vector)?)?;
    }
    Ok(())
}
