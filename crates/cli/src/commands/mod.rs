//! One file a command: its arguments and a call of the library.

mod ablate;
mod bench;
mod check_data;
mod data;
mod demo;
mod evaluate;
mod export;
mod finetune;
mod fit;
mod generate;
mod import;
mod inspect;
mod labels;
mod language;
mod lr_find;
mod predict;
mod pretrain;
mod tokenize;
mod train;

use crate::options::Common;
use crate::output::Output;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Embedded mails to a trained spam filter and its report
    Demo(demo::Args),
    /// Labelled texts to a classifier and its report: all stages
    Fit(fit::Args),
    /// Stage 1: a language model from general text
    Pretrain(pretrain::Args),
    /// Stage 2: a language model learns your texts
    Finetune(finetune::Args),
    /// Stage 3: a classifier on a language model
    Train(train::Args),
    /// Score a model on labelled rows or running text
    Evaluate(evaluate::Args),
    /// Labels for texts: rows in, rows out
    Predict(predict::Args),
    /// Texts to tokens
    Tokenize(tokenize::Args),
    /// Text from a language model
    Generate(generate::Args),
    /// Find a learning rate
    LrFind(lr_find::Args),
    /// What is in a model folder or a recipe
    Inspect(inspect::Args),
    /// Duplicates, conflicting labels and other faults of a data set
    CheckData(check_data::Args),
    /// Published data sets: names, and a download
    Data(data::Args),
    /// What each part of the method is worth on your data: the paper's tables 4 to 7
    Ablate(ablate::Args),
    /// Error against the number of labels: would more of them help?
    Labels(labels::Args),
    /// Models of other programs to ours
    Import(import::Args),
    /// Our models to other programs
    Export(export::Args),
    /// How fast this machine trains and predicts
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
        Command::Tokenize(args) => tokenize::run(args, out),
        Command::Generate(args) => generate::run(args, common, out),
        Command::LrFind(args) => lr_find::run(args, common, out),
        Command::Inspect(args) => inspect::run(args, common, out),
        Command::CheckData(args) => check_data::run(args, common, out),
        Command::Data(args) => data::run(args, common, out),
        Command::Ablate(args) => ablate::run(args, common, out),
        Command::Labels(args) => labels::run(args, common, out),
        Command::Import(args) => import::run(args, common, out),
        Command::Export(args) => export::run(args, common, out),
        Command::Bench(args) => bench::run(args, common, out),
    }
}
