//! `ulmfit inspect`.

use crate::options::{Common, DataOptions};
use crate::output::Output;
use crate::progress::Terminal;
use std::collections::HashMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use ulmfit::Error;
use ulmfit::checkpoint::peek_tensors;
use ulmfit::stages::{
    ENGLISH, NetworkConfig, PRESETS, Recipe, load_text, open_model, read_config, read_texts,
};

/// What is in a model folder: sizes, vocabulary, tensors, hashes. Or in a recipe.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  ulmfit inspect model\n  ulmfit inspect en     the model inside this program\n  \
    ulmfit inspect lm --on reviews.csv     unknown words of a file\n  ulmfit inspect paper-2018"
)]
pub(crate) struct Args {
    /// Model folder, `en`, a recipe's name, or a recipe's .toml file
    path: PathBuf,
    /// Texts to look for words that the model does not know
    #[arg(long, value_name = "FILE")]
    on: Option<PathBuf>,
    /// List every tensor
    #[arg(long)]
    tensors: bool,
    #[command(flatten)]
    data: DataOptions,
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    if !args.path.is_dir() && args.path != Path::new(ENGLISH) {
        let recipe = match args.path.to_str().map(Recipe::preset) {
            Some(Ok(recipe)) => recipe,
            _ if args.path.extension().is_some_and(|end| end == "toml") => {
                Recipe::read(&args.path)?
            }
            _ => {
                let message = format!("{} is no model folder and no recipe", args.path.display());
                let known = PRESETS.map(|(name, _)| name).join(", ");
                let hint = format!("give a folder of a model, a .toml file, or one of: {known}");
                return Err(Error::Missing { message, hint: Some(hint) }.into());
            }
        };
        return out.result(&recipe, &toml::to_string(&recipe)?);
    }
    let folder = open_model(&args.path)?;
    let config = read_config(&folder)?;
    let text = load_text(&folder, &config)?;
    let weights = folder.read("model.safetensors")?;
    let tensors = peek_tensors(&weights)?;
    let count: usize = tensors.iter().map(|t| t.dims.iter().product::<usize>()).sum();
    let encoder = match &config.network {
        NetworkConfig::LanguageModel(encoder) => *encoder,
        NetworkConfig::Classifier(classifier) => classifier.encoder,
    };
    let directions: Vec<String> = config.directions.iter().map(ToString::to_string).collect();
    let mut report = String::new();
    writeln!(report, "{}, {}", config.network.kind(), directions.join(" and "))?;
    writeln!(report, "vocabulary  {} {}", text.vocab().len(), config.text.tokenizer.kind())?;
    let (emb, hid, layers) = (encoder.emb, encoder.hid, encoder.layers);
    writeln!(report, "encoder     embedding {emb}, width {hid}, {layers} layers")?;
    if let NetworkConfig::Classifier(classifier) = &config.network {
        writeln!(
            report,
            "head        {:?} to {} outputs",
            classifier.head.hidden, classifier.classes
        )?;
    }
    writeln!(report, "weights     {count}")?;
    writeln!(report, "hash        {}", folder.hash())?;
    if args.tensors {
        for tensor in &tensors {
            writeln!(report, "  {} {} {:?}", tensor.name, tensor.dtype, tensor.dims)?;
        }
    }
    let mut document = serde_json::json!({
        "config": config, "vocabulary": text.vocab().len(), "weights": count, "hash": folder.hash(),
    });
    if let Some(path) = &args.on {
        let texts = read_texts(
            std::slice::from_ref(path),
            &args.data.read_options(),
            &mut Terminal::new(common),
        )?;
        let (mut seen, mut unknown) = (0_usize, HashMap::<String, usize>::new());
        for fields in &texts {
            text.tokenizer().for_each_token(fields, &mut |token| {
                seen += 1;
                if text.vocab().get(token).is_none() {
                    *unknown.entry(token.to_owned()).or_default() += 1;
                }
            });
        }
        let missed: usize = unknown.values().sum();
        let rate = missed as f64 / seen.max(1) as f64;
        let mut most: Vec<_> = unknown.into_iter().collect();
        most.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        most.truncate(20);
        writeln!(report, "unknown     {:.2} % of {seen} tokens", 100.0 * rate)?;
        most.iter().try_for_each(|(word, count)| writeln!(report, "  {count:>7} {word}"))?;
        document["tokens"] = seen.into();
        document["oov_rate"] = rate.into();
        document["unknown"] = serde_json::to_value(&most)?;
    }
    out.result(&document, &report)
}
