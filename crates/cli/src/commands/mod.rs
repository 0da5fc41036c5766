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
    Demo(demo::Args),
    Fit(fit::Args),
    Pretrain(pretrain::Args),
    Finetune(finetune::Args),
    Train(train::Args),
    Evaluate(evaluate::Args),
    Predict(predict::Args),
    Explain(explain::Args),
    Encode(encode::Args),
    Calibrate(calibrate::Args),
    #[cfg(feature = "serve")]
    Serve(serve::Args),
    #[cfg(feature = "serve")]
    Workbench(workbench::Args),
    Tokenize(tokenize::Args),
    Generate(generate::Args),
    LrFind(lr_find::Args),
    Inspect(inspect::Args),
    CheckData(check_data::Args),
    Next(next::Args),
    Suspects(suspects::Args),
    Data(data::Args),
    Ablate(ablate::Args),
    Labels(labels::Args),
    Import(import::Args),
    Export(export::Args),
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
