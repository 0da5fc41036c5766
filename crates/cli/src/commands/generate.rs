//! `ulmfit generate`.

use crate::options::Common;
use crate::output::Output;
use std::path::PathBuf;
use ulmfit::generation::{GenerateOptions, generate};
use ulmfit::models::LmBundle;

/// Generate text with a language model.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  ulmfit generate en 'The film was'\n  \
    ulmfit generate lm 'The film was' --tokens 100 --temperature 0.5 --seed 7")]
pub(crate) struct Args {
    /// Language model: a folder, or the built-in `en` or `en-base`
    lm: PathBuf,
    /// Beginning of the text
    prompt: String,
    /// Number of tokens to generate
    #[arg(long, value_name = "N", default_value_t = 50)]
    tokens: usize,
    /// Sampling temperature; below 1 favours likely tokens, 0 always takes the likeliest
    #[arg(long, value_name = "T", default_value_t = 0.75)]
    temperature: f64,
    /// Never sample tokens with a probability below this
    #[arg(long, value_name = "P", default_value_t = 0.0)]
    min_p: f64,
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    let lm = LmBundle::load(&args.lm)?;
    let Args { tokens, temperature, min_p, .. } = *args;
    let options = GenerateOptions { tokens, temperature, min_p, seed: common.seed };
    let text = generate(&lm, &args.prompt, &options)?;
    out.result(&serde_json::json!({ "text": text }), &text)
}
