//! Megabytes of text per second: reads documents as `tokenize_lines` does, then tokenizes all of
//! them several times with the given number of threads and prints each time.
//!
//!     tokenize_speed THREADS ROUNDS < documents.jsonl

use std::io::BufRead;
use std::time::Instant;

use rayon::prelude::*;
use ulmfit::text::{TextConfig, Tokenizer};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = || arguments.next().ok_or("usage: tokenize_speed THREADS ROUNDS");
    let (threads, rounds): (usize, usize) = (number()?.parse()?, number()?.parse()?);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;

    let mut documents: Vec<Vec<String>> = Vec::new();
    for line in std::io::stdin().lock().lines() {
        documents.push(serde_json::from_str(&line?)?);
    }
    let bytes: usize = documents.iter().flatten().map(String::len).sum();
    let tokenizer = Tokenizer::new(&TextConfig::default(), None)?;
    for _ in 0..rounds {
        let start = Instant::now();
        let count = |fields: &Vec<String>| {
            let mut tokens = 0;
            tokenizer.for_each_token(fields, &mut |_| tokens += 1);
            tokens
        };
        let tokens: usize = documents.par_iter().map(count).sum();
        let seconds = start.elapsed().as_secs_f64();
        let speed = bytes as f64 / 1e6 / seconds;
        let mut out = std::io::stdout().lock();
        std::io::Write::write_fmt(
            &mut out,
            format_args!("{seconds:.3} s {speed:.1} MB/s {tokens} tokens\n"),
        )?;
    }
    Ok(())
}
