//! Loads a model and predicts.
//!
//! `cargo run --example classify -- MODEL TEXT...`; without arguments a small model is made first.

#![allow(clippy::print_stdout, reason = "a program for people")]

mod common;

use std::path::PathBuf;
use ulmfit::model::AwdLstmConfig;
use ulmfit::{Base, Classifier, Error, Examples, Trainer};

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (path, texts) = match arguments.next() {
        Some(path) => (PathBuf::from(path), arguments.collect()),
        None => {
            let path = folder.path().join("model");
            let examples: Examples = common::reviews(400).collect();
            let small = AwdLstmConfig { vocab: 0, emb: 32, hid: 64, layers: 2 };
            Trainer::new().base(Base::None).network(small).fit(examples)?.save(&path)?;
            (path, vec!["a superb song".to_owned(), "an awful joke".to_owned()])
        }
    };

    let model = Classifier::load(path)?;
    for (text, prediction) in texts.iter().zip(model.predict(&texts)?) {
        println!("{:.3}  {}  {text}", prediction.confidence(), prediction.label());
    }
    Ok(())
}
