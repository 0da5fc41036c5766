//! `ulmfit tokenize`.

use crate::options::{DataOptions, LanguageOption};
use crate::output::Output;
use rayon::prelude::*;
use std::path::PathBuf;
use ulmfit::Error;
use ulmfit::data::Record;
use ulmfit::data::readers::open;
use ulmfit::data::readers::{LabelUse, ReadOptions};
use ulmfit::models::{load_text, open_model, read_config};
use ulmfit::text::CharacterPlaces;
use ulmfit::text::{InnerSpaces, TextConfig, TextError, TokenSpan, Tokenizer};

/// Documents tokenised together.
const CHUNK: usize = 1024;

/// Tokenize texts.
///
/// Prints one JSON array per text.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  echo 'This is GREAT!!!' | ulmfit tokenize\n  \
    ulmfit tokenize reviews.jsonl.xz --model lm")]
pub(crate) struct Args {
    /// Texts: one per line, or JSONL, CSV, TSV, Parquet; `-` is standard input
    #[arg(default_value = "-")]
    file: PathBuf,
    /// Use the tokenizer of this model
    #[arg(long, value_name = "MODEL", conflicts_with = "language")]
    model: Option<PathBuf>,
    /// Which code path of fastai to match: `predict`, for single texts, leaves spaces inside tokens alone
    #[arg(long, value_name = "PATH", value_parser = ["batch", "predict"], default_value = "batch",
        conflicts_with = "model")]
    compat: String,
    /// Write ids of the model's vocabulary instead of tokens
    #[arg(long, requires = "model", conflicts_with = "offsets")]
    ids: bool,
    /// Write objects with the position of each token in the text, in characters
    #[arg(long)]
    offsets: bool,
    #[command(flatten)]
    language: LanguageOption,
    #[command(flatten)]
    data: DataOptions,
}

pub(crate) fn run(args: &Args, out: &mut Output) -> anyhow::Result<()> {
    let fresh;
    let pipeline = match &args.model {
        Some(path) => {
            let folder = open_model(path)?;
            Some(load_text(&folder, &read_config(&folder)?)?)
        }
        None => None,
    };
    let tokenizer: &Tokenizer = match &pipeline {
        Some(pipeline) => pipeline.tokenizer(),
        None => {
            let inner_spaces = match args.compat.as_str() {
                "predict" => InnerSpaces::Keep,
                _ => InnerSpaces::Mark,
            };
            let config = TextConfig { inner_spaces, ..args.language.text_config() };
            fresh = Tokenizer::new(&config, None).map_err(|error| match error {
                TextError::NeedsSubwords { .. } => {
                    let hint = "use the tokenizer of a model that was trained with subwords: `--model MODEL`";
                    Error::Usage { message: error.to_string(), hint: Some(hint.into()) }
                }
                error => error.into(),
            })?;
            &fresh
        }
    };
    let options = ReadOptions { labels: LabelUse::Ignored, ..args.data.read_options() };
    let mut records = open(&args.file, &options)?;
    loop {
        let batch = records.by_ref().take(CHUNK).collect::<Result<Vec<Record>, _>>()?;
        if batch.is_empty() {
            return Ok(());
        }
        let lines = batch.par_iter().map(|record| {
            if let Some(pipeline) = pipeline.as_ref().filter(|_| args.ids) {
                serde_json::to_string(&pipeline.encode(&record.fields))
            } else if args.offsets {
                serde_json::to_string(&placed(tokenizer, &record.fields))
            } else {
                serde_json::to_string(&tokenizer.tokenize(&record.fields))
            }
        });
        for line in lines.collect::<Result<Vec<_>, _>>()? {
            out.json_line(&line)?;
        }
        out.flush()?;
    }
}

/// Tokens with their places in characters; marks of rules have the place of their word and no
/// length.
fn placed(tokenizer: &Tokenizer, fields: &[String]) -> Vec<serde_json::Value> {
    let mut places = CharacterPlaces::new(fields);
    let place = |span: TokenSpan| {
        let [start, end] = places.of(span.field, span.start..span.end);
        let mut token = serde_json::json!({ "token": span.token, "start": start, "end": end });
        if fields.len() > 1 {
            token["field"] = span.field.into();
        }
        token
    };
    tokenizer.tokenize_with_spans(fields).into_iter().map(place).collect()
}
