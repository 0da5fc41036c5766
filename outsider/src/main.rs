//! Trains a small classifier on a CSV file, saves it, loads it again and predicts.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ulmfit::model::AwdLstmConfig;
use ulmfit::{Base, Classifier, Examples, Trainer};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("ulmfit-outsider-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let result = train_save_load_predict(&folder);
    fs::remove_dir_all(&folder)?;
    result
}

fn train_save_load_predict(folder: &Path) -> Result<(), Box<dyn Error>> {
    let (file, model) = (folder.join("reviews.csv"), folder.join("model"));
    fs::write(&file, reviews())?;
    let trained = Trainer::new()
        .base(Base::None)
        .network(AwdLstmConfig { vocab: 0, emb: 32, hid: 64, layers: 2 })
        .seed(1)
        .fit(Examples::read(&file)?)?;
    println!("{}", trained.report());
    trained.save(&model)?;

    let classifier = Classifier::load(&model)?;
    let texts = ["a lovely film with a superb cast", "a dull film with a broken plot"];
    for ((text, found), wanted) in texts.iter().zip(classifier.predict(texts)?).zip(["good", "bad"])
    {
        println!("{} ({:.2}): {text}", found.label(), found.confidence());
        if found.label() != wanted {
            return Err(format!("`{text}` is {wanted}, not {}", found.label()).into());
        }
    }
    Ok(())
}

/// Labelled rows whose labels can be told by one word of many.
fn reviews() -> String {
    const NOUNS: [&str; 5] = ["film", "book", "story", "play", "song"];
    const PARTS: [&str; 7] = ["cast", "plot", "ending", "score", "scene", "voice", "joke"];
    const GOOD: [&str; 5] = ["lovely", "superb", "charming", "brilliant", "fresh"];
    const BAD: [&str; 5] = ["dull", "broken", "awful", "stale", "dreadful"];
    let mut csv = String::from("text,label\n");
    for row in 0..400 {
        let (label, words) = if row % 2 == 0 { ("good", GOOD) } else { ("bad", BAD) };
        let (noun, part) = (NOUNS[row / 2 % 5], PARTS[row / 3 % 7]);
        let (first, second) = (words[row / 5 % 5], words[row / 11 % 5]);
        let _ = writeln!(csv, "a {first} {noun} with a {second} {part},{label}");
    }
    csv
}
