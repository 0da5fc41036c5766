//! Tokens of documents: a JSON array of fields per line in, a JSON array of tokens per line out.
//!
//! `fixtures/text/compare.py` holds the result against fastai's; `benchmarks/tokenize` times it.

use std::io::{BufRead, BufWriter, Write};

use ulmfit::text::{TextConfig, Tokenizer};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tokenizer = Tokenizer::new(&TextConfig::default(), None)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let fields: Vec<String> = serde_json::from_str(&line?)?;
        serde_json::to_writer(&mut out, &tokenizer.tokenize(&fields))?;
        writeln!(out)?;
    }
    Ok(())
}
