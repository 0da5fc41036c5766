//! What the text rules make of a sentence, and how a vocabulary turns it into numbers.

#![allow(clippy::print_stdout, reason = "a program for people")]

use ulmfit::text::{TextConfig, TextPipeline, VocabConfig};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let texts = ["The film was GREAT!!! <br /> I loved it.", "It's a great, great film."];
    let documents = texts.map(|text| vec![text.to_owned()]);
    let vocabulary = VocabConfig { min_freq: 1, ..VocabConfig::default() };
    let pipeline = TextPipeline::build(&TextConfig::default(), &vocabulary, documents)?;
    for text in texts {
        pipeline.tokenizer().for_each_token(&[text], &mut |token| print!("{token} "));
        let ids = pipeline.encode(&[text]);
        let numbers: Vec<String> = ids.iter().map(ToString::to_string).collect();
        println!("\n{}\n{}\n", numbers.join(" "), pipeline.decode(&ids));
    }
    Ok(())
}
