//! What `ulmfit pretrain` and `ulmfit finetune` have in common: claim the output, tokenise, train, save.

use crate::options::{Common, DataOptions, RunOptions, thread_count};
use crate::output::Output;
use crate::progress::Terminal;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use ulmfit::data::batches::TokenSource;
use ulmfit::fingerprint;
use ulmfit::input::{HoldOut, LmInput, Teacher, Texts, VocabSource, corpus_folder};
use ulmfit::models::{BaseModel, LmBundle};
use ulmfit::recipe::{LmRecipe, LmStart, Overrides};
use ulmfit::report::DirectionScore;
use ulmfit::run::{Progress, Runner};
use ulmfit::stages::LmJob;
use ulmfit::stages::model_card::LmCard;
use ulmfit::text::{Direction, TextPipeline};
use ulmfit::train::Ranks;
use ulmfit::{Base, Error, LoadedEncoder};

/// What the two commands ask for.
pub(super) struct Job<'a> {
    pub(super) stage: &'static str,
    /// The base model, if any.
    pub(super) base: Option<BaseModel>,
    pub(super) texts: &'a [PathBuf],
    pub(super) valid: Option<&'a PathBuf>,
    /// The validation text if there is no `valid`.
    pub(super) hold_out: HoldOut,
    pub(super) data: &'a DataOptions,
    pub(super) recipe: &'a LmRecipe,
    pub(super) overrides: Overrides,
    pub(super) directions: &'a [Direction],
    pub(super) run: &'a RunOptions,
    /// A sentence encoder that teaches, if any.
    pub(super) teacher: Option<&'a Path>,
    /// The processes that train together.
    pub(super) ranks: Arc<dyn Ranks>,
}

/// Texts of a teacher by which their language is checked.
const SAMPLE: usize = 1_000;

/// What every rank must have alike before anything is read. What is read is compared later.
pub(super) fn identity(recipe: &LmRecipe, seed: u64) -> Value {
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "program": fingerprint::program(),
        "instructions": ulmfit::isa(),
        "precision": recipe.training.device().precision.to_string(), // `auto` is of the processor
        "recipe": recipe,
        "seed": seed,
    })
}

impl Job<'_> {
    /// Runs the command; `learn` is the stage itself, with the recipe for this amount of text.
    pub(super) fn run(
        self,
        vocabulary: VocabSource<'_>,
        common: &Common,
        out: &mut Output,
        learn: impl FnOnce(
            &mut Runner<'_>,
            TextPipeline,
            &LmJob<'_>,
        ) -> Result<(LmBundle, Vec<DirectionScore>), Error>,
    ) -> anyhow::Result<()> {
        let Job { stage, base, texts, valid, hold_out, data, recipe, overrides, .. } = self;
        let (directions, run, ranks, seed) = (self.directions, self.run, self.ranks, common.seed);
        let is_first = ranks.rank() == 0; // it alone writes and tells
        let teacher = self.teacher.map(|path| Base::from(path).load_encoder()).transpose()?;
        if teacher.is_some() && ranks.count() > 1 {
            let message = "a teacher cannot be used with several processes".into();
            let hint = Some("leave out `--teacher` or `--mpi`".into());
            return Err(Error::Usage { message, hint }.into());
        }
        if teacher.is_some() && texts.iter().any(|path| path == Path::new("-")) {
            let message =
                "with a teacher the texts are read twice, and standard input can be read only once"
                    .into();
            let hint = Some("give the texts as files".into());
            return Err(Error::Usage { message, hint }.into());
        }
        let folder = is_first.then(|| run.claim()).transpose()?;
        let quiet = common.quiet || !is_first;
        let mut terminal = Terminal::new(&Common { quiet, ..common.clone() });
        let files = |files: &[PathBuf]| Texts { files: files.to_owned(), ..Texts::default() };
        let input = LmInput {
            train: files(texts),
            valid: valid.map(|path| files(std::slice::from_ref(path))),
            hold_out,
            options: data.read_options(),
        };
        let corpus = corpus_folder(&run.folder());
        let (text, corpora) = input.tokenize_on(&*ranks, vocabulary, &corpus, &mut terminal)?;
        let tokens = corpora.train.token_count();
        let resolved = recipe.resolve(&overrides, LmStart::AsWritten, tokens);
        let resolved = resolved.expect("only `fit` leaves weights random");
        if let Some(changes) = recipe.changes_by_rules(&overrides, &resolved) {
            terminal.note(&changes);
        }
        let held = valid.is_none().then_some(hold_out);
        let read = data.read_options();
        let how = (&resolved.teacher, seed);
        let origin = teacher.as_ref().map(|teacher| teacher.origin.clone());
        let teacher = teacher.map(|LoadedEncoder { model, .. }| {
            let mut encoder = model.copy_encoder();
            encoder.set_device(resolved.training.device());
            let network = (encoder, model.text.clone());
            let teacher = Teacher::read(network, &files(texts), &read, held, how, &mut terminal)?;
            let some: Vec<&[String]> = teacher.texts().take(SAMPLE).collect();
            model.language_warning(&some).iter().for_each(|warning| terminal.warn(warning));
            Ok::<_, Error>(teacher)
        });
        let teacher = teacher.transpose()?;
        let command = json!({ "command": stage });
        let mut runner = run.runner(&mut terminal)?.with_ranks(Arc::clone(&ranks));
        if is_first {
            runner = runner.for_command(command)?;
        }
        let (bundle, scores) = learn(
            &mut runner,
            text,
            &LmJob {
                corpora: &corpora,
                directions,
                recipe: &resolved,
                seed,
                teacher: teacher.as_ref(),
            },
        )?;
        let Some(folder) = folder else {
            drop(corpora); // before rank 0 removes the files
            ranks.gather(Vec::new());
            return Ok(());
        };
        let metadata = LmCard {
            stage,
            base,
            teacher: origin.as_ref(),
            corpora: &corpora,
            recipe: &resolved,
            scores: &scores,
        };
        bundle.save(folder, &metadata.write(&bundle, &runner, seed, thread_count()))?;
        drop(corpora); // not every system removes a file that is mapped
        ranks.gather(Vec::new());
        runner.clean()?;
        let path = run.path();
        let mut text = String::new();
        for score in &scores {
            let (direction, loss, perplexity) = (score.direction, score.loss, score.perplexity);
            write!(text, "{direction}: validation perplexity {perplexity:.2}")?;
            if let Some(before) = score.perplexity_before {
                write!(text, " ({before:.2} before)")?;
            }
            writeln!(text, ", loss {loss:.4}")?;
        }
        writeln!(text, "the model is in {}", path.display())?;
        out.result(&serde_json::json!({ "model": path, "validation": scores }), &text)
    }
}
