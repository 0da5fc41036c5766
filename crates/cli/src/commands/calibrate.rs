//! `ulmfit calibrate`.

use crate::options::folder_name;
use crate::options::{Common, DataOptions, DirectionOption, PrecisionOption};
use crate::output::Output;
use crate::progress::Terminal;
use serde_json::json;
use std::path::PathBuf;
use ulmfit::checkpoint::{FolderWriter, Overwrite};
use ulmfit::data::readers::ReadOptions;
use ulmfit::decisions::{Automation, Calibration};
use ulmfit::{Classifier, Error, Reader};

/// Measure on labelled rows when a classifier should abstain.
///
/// `predict --max-error` and `--coverage` use the result; nothing is trained. Training calibrates with
/// the rows that it holds out. Calibrate again for texts from another source, or for another precision
/// or direction. Rows that the model was trained on are counted in a warning: what a calibration on
/// them promises is too optimistic.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  ulmfit calibrate tickets may.csv\n  \
    ulmfit calibrate tickets may.csv --precision int8 -o tickets-int8")]
pub(crate) struct Args {
    /// Folder of the classifier
    model: PathBuf,
    /// Labelled rows that it was not trained on
    rows: PathBuf,
    /// Write a copy of the model to this folder instead of changing the model
    #[arg(short, long, value_name = "DIR", value_parser = folder_name())]
    output: Option<PathBuf>,
    /// Use only this direction of a model that has both
    #[arg(long, value_enum)]
    direction: Option<DirectionOption>,
    #[command(flatten)]
    precision: PrecisionOption,
    #[command(flatten)]
    data: DataOptions,
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    let mut model = Classifier::load(&args.model)?.with_precision(args.precision.get());
    if let Some(direction) = args.direction {
        model = model.with_directions(&direction.directions())?;
    }
    let (path, overwrite) = match &args.output {
        Some(path) => (path, Overwrite::Refuse),
        None => (&args.model, Overwrite::Replace),
    };
    let folder = FolderWriter::create(path, overwrite)?;
    let mut terminal = Terminal::new(common);
    let options = ReadOptions {
        learned_text: model.text_columns().to_vec(),
        learned_label: model.bundle().label_column.clone(),
        ..args.data.read_options()
    };
    let rows = Reader::new(options).records(&args.rows, &mut terminal)?;
    let before = model.calibration().cloned();
    let known = model.learned_texts().map(|learned| learned.count(&rows));
    let found = model.calibrate(&rows, &mut terminal)?;
    let Some(automation) = Automation::new(found) else {
        let message = format!("there are no labelled rows in {}", args.rows.display());
        return Err(Error::TooLittle { message, hint: None }.into());
    };
    model.save_calibration(&args.model, folder)?;
    let mut text = format!("{}\nthe model is in {}", automation.sentence, path.display());
    let mut result = json!({ "automation": automation, "model": path });
    if let Some(known) = known {
        result["trained_on"] = known.into();
    }
    // a copy leaves the model's own calibration as it was
    if let Some(before) = before.filter(|_| args.output.is_none()) {
        text = format!("{text}\n{}", replaced(&before, &automation));
        result["replaced"] = json!({ "rows": before.rows, "source": before.source });
        if let Some(chosen) = Automation::new(&before).and_then(|before| before.chosen) {
            result["replaced"]["chosen"] = json!(chosen);
        }
    }
    out.result(&result, &text)
}

/// What a calibration takes the place of.
fn replaced(before: &Calibration, now: &Automation) -> String {
    let (rows, source) = (before.rows, before.source);
    let text = format!(
        "the calibration from {rows} rows of {source} is replaced by this one from {} rows",
        now.rows
    );
    let change = Automation::new(before).and_then(|before| now.change_since(&before));
    let Some((then, now)) = change else { return text };
    let most = now.or(then).map_or(0.0, |choice| choice.percent());
    let [was, is] = [then, now].map(|choice| choice.map(|choice| choice.shown_threshold()));
    let changed = match (was, is) {
        (Some(was), Some(is)) => format!("was {was} and is {is}"),
        (None, Some(is)) => format!("is {is}; before, there was none"),
        (was, None) => format!("was {}; these rows do not support one", was.unwrap_or_default()),
    };
    format!("{text}; the threshold for at most {most} % errors {changed}")
}
