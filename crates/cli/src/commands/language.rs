//! What `ulmfit pretrain` and `ulmfit finetune` have in common: claim the output, tokenise, train, save.

use crate::options::{Common, DataOptions, RunOptions, thread_count};
use crate::output::Output;
use crate::progress::Terminal;
use std::fmt::Write;
use std::path::PathBuf;
use ulmfit::Error;
use ulmfit::data::batches::TokenSource;
use ulmfit::input::{HoldOut, LmInput, Texts, VocabSource, corpus_folder};
use ulmfit::models::{BaseModel, LmBundle};
use ulmfit::recipe::{LmRecipe, LmStart, Overrides};
use ulmfit::report::DirectionScore;
use ulmfit::run::{Progress, Runner};
use ulmfit::stages::LmJob;
use ulmfit::stages::model_card::LmCard;
use ulmfit::text::{Direction, TextPipeline};

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
        let Job { stage, base, texts, valid, hold_out, data, recipe, overrides, directions, run } =
            self;
        let (folder, seed) = (run.claim()?, common.seed);
        let mut terminal = Terminal::new(common);
        let files = |files: &[PathBuf]| Texts { files: files.to_owned(), ..Texts::default() };
        let input = LmInput {
            train: files(texts),
            valid: valid.map(|path| files(std::slice::from_ref(path))),
            hold_out,
            options: data.read_options(),
        };
        let corpus = corpus_folder(&run.folder());
        let (text, corpora) = input.tokenize(vocabulary, Some(&corpus), &mut terminal)?;
        let tokens = corpora.train.token_count();
        let resolved = recipe.resolve(&overrides, LmStart::AsWritten, tokens);
        let resolved = resolved.expect("only `fit` leaves weights random");
        if let Some(changes) = recipe.changes_by_rules(&overrides, &resolved) {
            terminal.note(&changes);
        }
        let mut runner = run.runner(&mut terminal)?;
        let (bundle, scores) = learn(
            &mut runner,
            text,
            &LmJob { corpora: &corpora, directions, recipe: &resolved, seed },
        )?;
        let metadata =
            LmCard { stage, base, corpora: &corpora, recipe: &resolved, scores: &scores };
        bundle.save(folder, &metadata.write(&bundle, &runner, seed, thread_count()))?;
        drop(corpora); // not every system removes a file that is mapped
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
