//! `ulmfit bench`.

use crate::options::{Common, PrecisionOption, thread_count};
use crate::output::Output;
use ulmfit::Error;
use ulmfit::Precision;
use ulmfit::model::AwdLstmConfig;
use ulmfit::recipe::{Recipe, Recompute};
use ulmfit_lab::{
    BenchOptions, PredictionProfile, Scaling, ScalingReport, bench_checkpoint, bench_classifier,
    bench_encoder, bench_lm, bench_scaling, profile_prediction,
};

/// Measure how fast this machine trains and predicts.
///
/// The networks are real ones, the texts are random tokens.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  ulmfit bench lm --vocab 60000 --emb 400 --hid 1152 --json\n  \
    ulmfit bench classify --steps 3\n  \
    ulmfit bench encoder --bs 32 --document 64 --precision int8\n  \
    ulmfit bench scaling --threads 16 --lanes 16\n  \
    ulmfit bench checkpoint --vocab 60008 --bs 4 --bptt 8 --steps 3   # writes where it is run"
)]
pub(crate) struct Args {
    /// What to measure
    #[arg(value_enum)]
    what: What,
    /// Vocabulary size
    #[arg(long, value_name = "V", default_value_t = 15_000, value_parser = clap::value_parser!(u32).range(16..))]
    vocab: u32,
    /// Embedding size
    #[arg(long, value_name = "E", default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..))]
    emb: u32,
    /// Hidden size of the LSTM layers except the last
    #[arg(long, value_name = "H", default_value_t = 1152, value_parser = clap::value_parser!(u32).range(1..))]
    hid: u32,
    /// Number of LSTM layers
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    layers: u32,
    /// Batch size
    #[arg(long = "bs", value_name = "B", default_value_t = 64, value_parser = clap::value_parser!(u32).range(2..))]
    batch_size: u32,
    /// Tokens per window
    #[arg(long, value_name = "T", default_value_t = 72, value_parser = clap::value_parser!(u32).range(1..))]
    bptt: u32,
    /// Tokens per document, for `classify` and `encoder` [default: as many as in IMDb, and 300 for one alone;
    /// for `encoder` 64]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    document: Option<u32>,
    /// Timed steps, after one warm-up step
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    steps: u32,
    /// Sample the softmax gradient of words less probable than this, for `lm`
    #[arg(long, value_name = "P", default_value_t = 0.0)]
    sampled_below: f64,
    /// Recompute activations instead of keeping them, for `classify`
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Recompute::Off)]
    recompute: Recompute,
    /// Show where the time of batched prediction goes, in f32, bf16 and int8, for `classify`
    #[arg(long)]
    profile: bool,
    /// Parts of a batch that are computed in parallel, measured beside 1, for `scaling` [default: one per
    /// thread]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    lanes: Option<u32>,
    #[command(flatten)]
    precision: PrecisionOption,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// Training a language model
    Lm,
    /// Training a classifier, and predicting with it
    Classify,
    /// Vectors of a sentence encoder of the size of `minilm`; --vocab, --emb, --hid and --layers do not change it
    Encoder,
    /// Saving a checkpoint of a language model in training
    Checkpoint,
    /// Training a language model on 1, 2, 4, ... up to --threads threads
    Scaling,
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    let options = BenchOptions {
        sizes: AwdLstmConfig {
            vocab: args.vocab as usize,
            emb: args.emb as usize,
            hid: args.hid as usize,
            layers: args.layers as usize,
        },
        batch_size: args.batch_size as usize,
        bptt: args.bptt as usize,
        document: args.document.map(|tokens| tokens as usize),
        steps: args.steps as usize,
        precision: args.precision.get(),
        sampled_below: args.sampled_below,
        kept_bytes: args.recompute.kept_bytes(),
        seed: common.seed,
    };
    let recipe = Recipe::preset("fastai-2")?;
    let is_trained = matches!(args.what, What::Lm | What::Checkpoint | What::Scaling);
    if is_trained && options.precision == Precision::Int8 {
        return Err(Error::Usage {
            message: "language models cannot be trained with 8-bit integers".into(),
            hint: Some("`ulmfit bench classify --precision int8` predicts with them".into()),
        }
        .into());
    }
    if args.profile {
        if args.what != What::Classify {
            return Err(Error::Usage {
                message: "--profile is for `ulmfit bench classify`".into(),
                hint: None,
            }
            .into());
        }
        let profiles = profile_prediction(&options);
        let document = serde_json::json!({
            "profiles": profiles,
            "threads": thread_count(),
            "isa": ulmfit::isa(),
        });
        return out.result(&document, &text_of(&profiles));
    }
    let lanes = lanes_of(args)?;
    let mut table = None;
    let mut document = match args.what {
        What::Lm => serde_json::to_value(bench_lm(&options, &recipe.finetune.training))?,
        What::Classify => serde_json::to_value(bench_classifier(&options, &recipe.train.training))?,
        What::Encoder => serde_json::to_value(bench_encoder(&options))?,
        What::Checkpoint => {
            let place = std::path::Path::new(".");
            serde_json::to_value(bench_checkpoint(&options, &recipe.finetune.training, place)?)?
        }
        What::Scaling => {
            let report =
                bench_scaling(&options, &recipe.finetune.training, &lanes, thread_count())?;
            table = Some(table_of(&report));
            serde_json::to_value(report)?
        }
    };
    document["precision"] = options.precision.to_string().into();
    document["sampled_below"] = options.sampled_below.into();
    document["kernel"] = ulmfit::kernel_name(options.precision).into();
    document["threads"] = thread_count().into();
    document["isa"] = ulmfit::isa().into();
    document["peak_rss_mb"] = ulmfit::report::peak_rss_mb().into();
    if let Some(table) = table {
        return out.result(&document, &table);
    }
    let lines = document.as_object().into_iter().flatten();
    let text: Vec<String> = lines.map(|(name, value)| format!("{name:<18} {value}")).collect();
    out.result(&document, &text.join("\n"))
}

/// Numbers of lanes to measure.
fn lanes_of(args: &Args) -> Result<Vec<usize>, Error> {
    let refuse = |message: String| Error::Usage { message, hint: None };
    let most = args.batch_size as usize;
    let lanes = args.lanes.map_or_else(|| thread_count().min(most), |lanes| lanes as usize);
    if args.lanes.is_some() && args.what != What::Scaling {
        return Err(refuse("--lanes is for `ulmfit bench scaling`".into()));
    }
    if lanes > most {
        return Err(refuse(format!("--lanes is {lanes}, but the batch size is {most}")));
    }
    Ok(if lanes == 1 { vec![1] } else { vec![1, lanes] })
}

/// Rows under a header.
fn table_of(report: &ScalingReport) -> String {
    let header = format!(
        "{:>7} {:>5} {:>11} {:>7} {:>10} {:>9}",
        "threads", "lanes", "s per step", "speedup", "efficiency", "model, s"
    );
    let lines = report.scaling.iter().map(|row| {
        let Scaling { lanes, threads, seconds_per_step, speedup, efficiency, model_seconds } = row;
        format!(
            "{threads:>7} {lanes:>5} {seconds_per_step:>11.4} {speedup:>7.2} {efficiency:>10.2} {model_seconds:>9.4}"
        )
    });
    let (model, us) = (&report.model, report.wait_us.last().map_or(0.0, |(_, us)| *us));
    let facts = format!(
        "\nA loop without work takes {us:.1} us on all threads; a step has {} loops. {:.0} % of a step do not get \
         shorter with more threads.\nSeconds per step by the model (docs/internals/many-cores.md):\n{:>7} {:>9} {:>9} {:>9} {:>9}",
        model.loops,
        100.0 * model.serial,
        "threads",
        "1 lane",
        "2 lanes",
        "4 lanes",
        "8 lanes"
    );
    let said = report.predicted.chunks(4).map(|row| {
        let seconds = row.iter().map(|(_, _, seconds)| format!(" {seconds:>9.4}"));
        format!("{:>7}{}", row[0].0, seconds.collect::<Vec<_>>().concat())
    });
    let lines = std::iter::once(header).chain(lines).chain([facts]).chain(said);
    lines.collect::<Vec<_>>().join("\n")
}

/// Profiles as tables.
fn text_of(profiles: &[PredictionProfile]) -> String {
    let table = |profile: &PredictionProfile| {
        let row = |part: &ulmfit_lab::PartTime| {
            format!("  {:<26} {:>9.2} ms {:>5.1} %", part.part, part.ms, 100.0 * part.share)
        };
        let rows: Vec<String> = profile.parts.iter().map(row).collect();
        let peak = match (profile.peak_gflops, profile.share_of_peak) {
            (Some(peak), Some(share)) => {
                format!("{:.0} % of the {peak:.0} of a loop on registers", 100.0 * share)
            }
            _ => "no loop on registers to compare with".to_owned(),
        };
        let PredictionProfile { precision, kernel, ms, product_gflops, .. } = profile;
        let products = format!("  products: {product_gflops:.0} GFLOP/s, {peak}");
        let rows = rows.join("\n");
        format!("{precision} ({kernel}): {ms:.1} ms per batch\n{rows}\n{products}")
    };
    profiles.iter().map(table).collect::<Vec<_>>().join("\n\n")
}
