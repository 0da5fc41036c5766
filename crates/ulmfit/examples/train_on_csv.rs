//! Trains a classifier on a CSV file, prints the report and saves the model.
//!
//! `cargo run --release --features english --example train_on_csv -- tickets.csv tickets`; without
//! arguments it trains a small network on made-up rows.

#![allow(clippy::print_stdout, reason = "a program for people")]

mod common;

use std::fmt::Write;
use std::path::PathBuf;
use ulmfit::model::AwdLstmConfig;
use ulmfit::{Base, Error, Examples, Trainer};

fn main() -> Result<(), Error> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if let [data, output] = &arguments[..] {
        let trained = Trainer::new().fit(Examples::read(data)?)?;
        println!("{}", trained.report());
        return trained.save(output);
    }

    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("reviews.csv");
    let mut csv = String::from("text,label\n");
    for (text, label) in common::reviews(400) {
        writeln!(csv, "{text},{label}").expect("a string takes all");
    }
    std::fs::write(&data, csv).expect("the folder is ours");
    let small = AwdLstmConfig { vocab: 0, emb: 32, hid: 64, layers: 2 };
    let trained = Trainer::new()
        .base(Base::None)
        .network(small)
        .test_share(0.25)
        .fit(Examples::read(data)?)?;
    println!("{}", trained.report());
    trained.save(folder.path().join("model"))
}
