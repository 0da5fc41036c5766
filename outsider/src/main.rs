//! Trains a small classifier on a CSV file, saves it, loads it again and predicts.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ulmfit::checkpoint::Overwrite;
use ulmfit::data::labels::LabelOptions;
use ulmfit::data::readers::{ReadOptions, read_all};
use ulmfit::input::{RowsInput, Shares};
use ulmfit::model::{AwdLstmConfig, HeadConfig};
use ulmfit::models::{ClassifierBundle, Prediction};
use ulmfit::recipe::Recipe;
use ulmfit::run::{Every, Quiet, Runner, claim};
use ulmfit::stages::{ClassifyOptions, FitInput, FitOptions, TrainOptions, fit};
use ulmfit::text::{Direction, TextConfig, VocabConfig};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("ulmfit-outsider-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let result = train_save_load_predict(&folder);
    fs::remove_dir_all(&folder)?;
    result
}

fn train_save_load_predict(folder: &Path) -> Result<(), Box<dyn Error>> {
    let file = folder.join("reviews.csv");
    fs::write(&file, reviews())?;
    let model = folder.join("model");
    train(&file, &model)?;

    let classifier: ClassifierBundle = ClassifierBundle::load(&model)?;
    let texts = ["a lovely film with a superb cast", "a dull film with a broken plot"];
    let rows = classifier.probabilities(&texts.map(|text| [text]), 32);
    for ((text, row), wanted) in texts.iter().zip(&rows).zip(["good", "bad"]) {
        let Prediction::Single { label, confidence, .. } = classifier.prediction(row) else {
            return Err("one label per text was expected".into());
        };
        println!("{label} ({confidence:.2}): {text}");
        if label != wanted {
            return Err(format!("`{text}` is {wanted}, not {label}").into());
        }
    }
    Ok(())
}

fn train(file: &Path, model: &Path) -> Result<(), Box<dyn Error>> {
    let (records, warnings) = read_all(file, &ReadOptions::default())?;
    for warning in warnings.messages() {
        eprintln!("{warning}");
    }
    let mut recipe = Recipe::preset("default")?;
    recipe.train.set_epochs(6);
    let options = FitOptions {
        train: TrainOptions {
            directions: vec![Direction::Forward],
            recipe: recipe.train,
            classify: ClassifyOptions {
                labels: LabelOptions::default(),
                head: HeadConfig::default(),
                balance: false,
                seed: 1,
            },
            shares: Shares { valid: 0.0, test: 0.2 },
        },
        language: recipe.finetune,
        sizes: AwdLstmConfig { vocab: 0, emb: 32, hid: 64, layers: 2 },
        text: TextConfig::default(),
        vocab: VocabConfig::default(),
    };
    let input = FitInput {
        rows: RowsInput { train: records, valid: None, test: None },
        unlabeled: Vec::new(),
        options: ReadOptions::default(),
        base: None,
    };
    let output = claim(model, Overwrite::Refuse)?;
    let mut progress = Quiet;
    let mut runner = Runner::new(&mut progress, None, Every::default());
    let outcome = fit(&mut runner, input, &options)?;
    println!("{}", outcome.report);
    let papers = outcome.papers(None, &options.train, &runner, 1);
    outcome.classifier.save(output, &papers)?;
    runner.clean()?;
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
