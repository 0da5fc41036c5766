//! One file per command: its arguments and a call of the library.

mod ablate;
mod bench;
mod calibrate;
mod check_data;
mod data;
mod demo;
mod encode;
mod evaluate;
mod explain;
mod export;
mod finetune;
mod fit;
mod generate;
mod import;
mod inspect;
mod labels;
mod language;
mod lr_find;
mod next;
mod predict;
mod pretrain;
#[cfg(feature = "serve")]
mod serve;
mod suspects;
mod tokenize;
mod torch;
mod train;
#[cfg(feature = "serve")]
mod workbench;

use crate::options::Common;
use crate::output::Output;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Train a spam filter on built-in example mails
    Demo(demo::Args),
    /// Train a classifier on labelled texts: all stages, with a report
    Fit(fit::Args),
    /// Stage 1: pretrain a language model on general text
    Pretrain(pretrain::Args),
    /// Stage 2: fine-tune a language model on your texts
    Finetune(finetune::Args),
    /// Stage 3: train a classifier on a language model
    Train(train::Args),
    /// Score a model on labelled rows or running text
    Evaluate(evaluate::Args),
    /// Predict the labels of texts
    Predict(predict::Args),
    /// Show which words decided a prediction
    Explain(explain::Args),
    /// Turn texts into vectors
    Encode(encode::Args),
    /// Measure on labelled rows when a classifier should abstain
    Calibrate(calibrate::Args),
    /// Serve models over HTTP, with a web page
    #[cfg(feature = "serve")]
    Serve(serve::Args),
    /// Open a web page for labelling texts and training a classifier
    #[cfg(feature = "serve")]
    Workbench(workbench::Args),
    /// Tokenize texts
    Tokenize(tokenize::Args),
    /// Generate text with a language model
    Generate(generate::Args),
    /// Find a learning rate
    LrFind(lr_find::Args),
    /// Show what is in a model folder or a recipe
    Inspect(inspect::Args),
    /// Check a data set for duplicates, conflicting labels and other problems
    CheckData(check_data::Args),
    /// Choose the texts to label next
    Next(next::Args),
    /// Find rows whose label is probably wrong
    Suspects(suspects::Args),
    /// List and download published data sets
    Data(data::Args),
    /// Measure what each part of the method contributes on your data
    Ablate(ablate::Args),
    /// Measure how the error falls with more labels
    Labels(labels::Args),
    /// Import a model from another program
    Import(import::Args),
    /// Export a model to another program
    Export(export::Args),
    /// Measure how fast this machine trains and predicts
    Bench(bench::Args),
}

/// Runs a command.
pub(crate) fn run(command: &Command, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    match command {
        Command::Demo(args) => demo::run(args, common, out),
        Command::Fit(args) => fit::run(args, common, out),
        Command::Pretrain(args) => pretrain::run(args, common, out),
        Command::Finetune(args) => finetune::run(args, common, out),
        Command::Train(args) => train::run(args, common, out),
        Command::Evaluate(args) => evaluate::run(args, common, out),
        Command::Predict(args) => predict::run(args, common, out),
        Command::Explain(args) => explain::run(args, common, out),
        Command::Encode(args) => encode::run(args, common, out),
        Command::Calibrate(args) => calibrate::run(args, common, out),
        #[cfg(feature = "serve")]
        Command::Serve(args) => serve::run(args, common, out),
        #[cfg(feature = "serve")]
        Command::Workbench(args) => workbench::run(args, common, out),
        Command::Tokenize(args) => tokenize::run(args, out),
        Command::Generate(args) => generate::run(args, common, out),
        Command::LrFind(args) => lr_find::run(args, common, out),
        Command::Inspect(args) => inspect::run(args, common, out),
        Command::CheckData(args) => check_data::run(args, common, out),
        Command::Next(args) => next::run(args, common, out),
        Command::Suspects(args) => suspects::run(args, common, out),
        Command::Data(args) => data::run(args, common, out),
        Command::Ablate(args) => ablate::run(args, common, out),
        Command::Labels(args) => labels::run(args, common, out),
        Command::Import(args) => import::run(args, common, out),
        Command::Export(args) => export::run(args, common, out),
        Command::Bench(args) => bench::run(args, common, out),
    }
}
