//! Plain text, one document per line, to a token file in bounded memory: the first pass builds the
//! vocabulary, the second writes the ids.
//!
//!     tokenize_file OUT TEXT..

#![allow(clippy::print_stderr, reason = "a program for people")]

use std::fs::File;
use std::io::{BufRead, BufReader, Lines};
use std::path::PathBuf;

use ulmfit::text::token_file::{Fingerprint, Source};
use ulmfit::text::{TextConfig, TextError, TextPipeline, VocabConfig};

type Error = Box<dyn std::error::Error>;

fn open(path: &PathBuf) -> Result<Lines<BufReader<File>>, Error> {
    Ok(BufReader::new(File::open(path)?).lines())
}

fn main() -> Result<(), Error> {
    let mut paths = std::env::args().skip(1).map(PathBuf::from);
    let out = paths.next().ok_or("usage: tokenize_file OUT TEXT..")?;
    let paths: Vec<PathBuf> = paths.collect();

    let read = |what: &str| -> Result<Vec<Lines<BufReader<File>>>, Error> {
        eprintln!("{what}");
        paths.iter().map(open).collect()
    };
    let documents = |files: Vec<Lines<BufReader<File>>>| {
        let line =
            |line: std::io::Result<String>| -> Result<Vec<String>, Failure> { Ok(vec![line?]) };
        files.into_iter().flatten().map(line)
    };
    let config = TextConfig::default();
    let pipeline =
        TextPipeline::try_build(&config, &VocabConfig::default(), documents(read("counting")?))?;
    let sources = paths.iter().map(|path| Source::of(path)).collect::<std::io::Result<Vec<_>>>()?;
    let fingerprint = Fingerprint::new(&config, pipeline.vocab(), &sources);
    let file = pipeline.write_token_file(&out, fingerprint, documents(read("writing")?))?;
    eprintln!(
        "{} ids, {} documents, vocabulary {}",
        file.len(),
        file.documents(),
        pipeline.vocab().len()
    );
    Ok(())
}

/// A reader's error or ours.
#[derive(Debug)]
enum Failure {
    Io(std::io::Error),
    Text(TextError),
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<TextError> for Failure {
    fn from(error: TextError) -> Self {
        Self::Text(error)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Text(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Failure {}
