//! `ulmfit inspect`.

use crate::options::{Common, DataOptions};
use crate::output::Output;
use crate::progress::Terminal;
use std::collections::HashMap;
use std::fmt::Write;
use std::path::PathBuf;
use ulmfit::Error;
use ulmfit::checkpoint::peek_tensors;
use ulmfit::input::read_texts;
use ulmfit::models::{ModelSummary, embedded_name, load_text, open_model};
use ulmfit::printable::{printable, shape};
use ulmfit::recipe::{PRESETS, Recipe};

/// Show what is in a model folder or a recipe.
///
/// Shows labels, sizes, score, origin and hash.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  ulmfit inspect model\n  ulmfit inspect en     a built-in model\n  \
    ulmfit inspect lm --on reviews.csv     unknown words of a file\n  ulmfit inspect paper-2018"
)]
pub(crate) struct Args {
    /// Model folder, the built-in `en` or `en-base`, the name of a recipe, or a .toml file with a recipe
    path: PathBuf,
    /// Count the tokens of these texts that the model does not know
    #[arg(long, value_name = "FILE")]
    on: Option<PathBuf>,
    /// List every tensor
    #[arg(long)]
    tensors: bool,
    #[command(flatten)]
    data: DataOptions,
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    if !args.path.is_dir() && embedded_name(&args.path).is_none() {
        let recipe = match args.path.to_str().map(Recipe::preset) {
            Some(Ok(recipe)) => recipe,
            _ if args.path.extension().is_some_and(|end| end == "toml") => {
                Recipe::read(&args.path)?
            }
            _ => {
                let message =
                    format!("{} is neither a model folder nor a recipe", args.path.display());
                let known = PRESETS.map(|(name, _)| name).join(", ");
                let hint = if args.path.is_file() {
                    "to look into a file of texts and labels, use `ulmfit check-data`".to_owned()
                } else {
                    format!(
                        "give a model folder, `en`, `en-base`, a .toml file, or one of: {known}"
                    )
                };
                return Err(Error::Missing { message, hint: Some(hint) }.into());
            }
        };
        return out.result(&recipe, &toml::to_string(&recipe)?);
    }
    let folder = open_model(&args.path)?;
    let summary = ModelSummary::read(&folder)?;
    let mut report = summary.to_string();
    if args.tensors {
        for tensor in peek_tensors(&folder.read("model.safetensors")?)? {
            let (name, dims) = (printable(&tensor.name), shape(&tensor.dims));
            writeln!(report, "  {name} {} {dims}", tensor.dtype)?;
        }
    }
    let mut document = serde_json::to_value(&summary)?;
    if let Some(path) = &args.on {
        let text = load_text(&folder, &summary.config)?;
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
        most.iter()
            .try_for_each(|(word, count)| writeln!(report, "  {count:>7} {}", printable(word)))?;
        document["tokens"] = seen.into();
        document["oov_rate"] = rate.into();
        document["unknown"] = serde_json::to_value(&most)?;
    }
    out.result(&document, &report)
}
