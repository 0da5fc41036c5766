//! `ulmfit fit`: all stages.

use crate::options::{
    BaseWordsOption, ClassifierOptions, Common, DataOptions, DirectionOption, FROM_SCRATCH,
    FoldsOption, LabelledRows, LearningOptions, NetworkOptions, RunOptions, VocabOptions,
    some_time,
};
use crate::output::Output;
use crate::progress::Terminal;
use std::path::PathBuf;
use std::time::Duration;
use ulmfit::data::readers::Columns;
use ulmfit::model::HeadConfig;
use ulmfit::recipe::{Overrides, Recipe};
use ulmfit::run::Progress;
use ulmfit::{Base, BaseUse, Error, LoadedBase, Method, PortfolioBases, Trainer};

/// Train a classifier on labelled texts: all stages, with a report.
///
/// Trains several methods, as many as the data allows, and weights them by their predictions for
/// held-out examples: TF-IDF, a sentence encoder, and from some hundred labels on (or with unlabelled
/// texts) a language model that is fine-tuned on your texts first. `--method` trains one of them alone.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  ulmfit fit tickets.csv -o tickets --text subject --text body --label team\n  \
    ulmfit fit train.jsonl.xz --test test.jsonl.xz --unlabeled more.txt -o model --base en\n  \
    ulmfit fit train.csv -o model --method ulmfit --direction both\n  \
    ulmfit fit tickets.csv -o tickets --time 2m\n  \
    ulmfit fit many.csv -o model --method tfidf"
)]
pub(crate) struct Args {
    #[command(flatten)]
    rows: LabelledRows,
    /// Training method [default: auto, or ulmfit if an option is given that only a language model uses]
    #[arg(long, value_enum, value_name = "METHOD")]
    method: Option<Method>,
    /// Time budget for training and report, such as 90s, 10m or 1h: `--method auto` leaves out the parts that
    /// would not finish in time on this machine, and names them. TF-IDF is always trained
    #[arg(long, value_name = "TIME", value_parser = some_time)]
    time: Option<Duration>,
    /// How the sentence encoder is trained on your labels [default: contrastive; both from 500 examples on;
    /// end-to-end for several labels per text, and for numbers]
    #[arg(long, value_enum, value_name = "HOW")]
    tuning: Option<TuningArg>,
    /// Model to start from. For ulmfit, a language model: a folder, the built-in `en` or `en-base`, or `none`
    /// to train from scratch [default: `en`]. For encoder, a sentence encoder: a folder, or the built-in
    /// `minilm` [default: `minilm`]. tfidf has no base
    #[arg(long, value_name = "MODEL")]
    base: Option<PathBuf>,
    /// Sentence encoder for `--method auto`: a folder, or the built-in `minilm` [default: `minilm`]
    #[arg(long, value_name = "MODEL")]
    encoder: Option<PathBuf>,
    /// Unlabelled texts, for pseudo-labels (see --self-training) and for the language model, if one is
    /// trained. `--method encoder` uses them only if the recipe fine-tunes the encoder on texts
    #[arg(long, value_name = "PATH")]
    unlabeled: Vec<PathBuf>,
    /// Reading direction [default: the base model's; forward from scratch]
    #[arg(long, value_enum)]
    direction: Option<DirectionOption>,
    /// Epochs of the language model [default: the recipe's]
    #[arg(long, value_name = "N")]
    lm_epochs: Option<usize>,
    /// Peak learning rate of the language model [default: the recipe's]
    #[arg(long, value_name = "RATE")]
    lm_lr: Option<f64>,
    #[command(flatten)]
    network: NetworkOptions,
    #[command(flatten)]
    vocab: VocabOptions,
    #[command(flatten)]
    base_words: BaseWordsOption,
    #[command(flatten)]
    classifier: ClassifierOptions,
    #[command(flatten)]
    folds: FoldsOption,
    #[command(flatten)]
    data: DataOptions,
    #[command(flatten)]
    learning: LearningOptions,
    #[command(flatten)]
    run: RunOptions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum TuningArg {
    /// Pull texts with the same label together and push others apart (SetFit), then train the head
    Contrastive,
    /// Train encoder and head together, with lower learning rates for lower layers (as ULMFiT's stage 3)
    EndToEnd,
    /// Contrastive, then end-to-end
    Both,
    /// Train only the head, which takes seconds
    Frozen,
}

pub(crate) fn run(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    let method = args.method()?;
    match method {
        Method::Auto => refuse([("--tuning", args.tuning.is_some())], "auto")?,
        Method::Ulmfit => {
            let (tuning, encoder) = (args.tuning.is_some(), args.encoder.is_some());
            let given =
                [("--tuning", tuning), ("--encoder", encoder), ("--time", args.time.is_some())];
            refuse(given, "ulmfit")?;
        }
        Method::Encoder => return on_encoder(args, common, out),
        Method::TfIdf => return on_ngrams(args, common, out),
    }
    let mut base = args.base.as_deref().map_or_else(Base::default, Base::from).load()?;
    // the usual base is not for texts in a language that was named
    let dropped = base.take_if(|base| {
        args.base.is_none() && args.vocab.is_in_another_language(base.model.text.config())
    });
    if let Some(base) = &base {
        args.network.refuse_beside_base()?;
        args.vocab.refuse_beside_base(base.model.text.config(), FROM_SCRATCH)?;
    }
    args.learning.check_unlabeled(&args.unlabeled)?;
    if base.is_none() {
        args.base_words.refuse_without_base()?;
    }
    let mut trainer = Trainer::new()
        .recipe(args.learning.recipe()?)
        .overrides(args.learning.overrides())
        .lm_overrides(args.learning.lm_overrides(args.lm_epochs, args.lm_lr))
        .network(args.network.sizes(0))
        .tokenizer(args.vocab.text_config())
        .vocabulary(args.base_words.apply(args.vocab.vocab_config()))
        .unlabeled(args.unlabeled.clone());
    if let Some(time) = args.time {
        trainer = trainer.time_budget(time);
    }
    if let Some(direction) = args.direction {
        trainer = trainer.directions(&direction.directions());
    }
    trainer = args.run.configure(args.classifier.configure(trainer, common.seed));
    trainer = args.folds.configure(trainer);
    args.run.claim()?;
    let mut terminal = Terminal::new(common);
    if let Some(LoadedBase { origin, model }) = &dropped {
        let (name, language) = (&origin.name, model.text.config().language_name());
        terminal.note(&format!("`{name}` is for texts in {language}: it is not used"));
    }
    let columns = if args.folds.is_given() { Columns::Keep } else { Columns::Drop };
    let examples = args.rows.read(&args.data, &args.unlabeled, columns, &mut terminal)?;
    crate::signals::install(); // not before there is something to save
    let asked = match (&args.base, args.vocab.names_language()) {
        (None, _) => BaseUse::Usual,
        (Some(_), true) => BaseUse::Insisted, // it is the base's, as others were refused
        (Some(_), false) => BaseUse::Named,
    };
    let trained = if method == Method::Auto {
        let encoder = args.encoder.as_deref().map_or(Base::MiniLm, Base::from).load_encoder()?;
        let named = args.encoder.as_ref().map_or(BaseUse::Usual, |_| BaseUse::Named);
        let encoder = encoder.for_language(named, &examples, &mut terminal);
        let (trainer, base) = trainer.for_language_of_portfolio(
            base,
            asked,
            encoder.is_some(),
            &examples,
            &mut terminal,
        )?;
        let bases = PortfolioBases { language_model: base, encoder };
        trainer.fit_portfolio_on(bases, examples, &mut terminal)?
    } else {
        let (trainer, base) = trainer.for_language(base, asked, &examples, &mut terminal)?;
        trainer.fit_on(base, examples, &mut terminal)?
    };
    super::train::save(&trained, &args.run, &mut terminal, out)
}

/// `--method encoder`.
fn on_encoder(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    refuse([("--time", args.time.is_some())], "encoder")?;
    refuse_language_model_options(args, "encoder")?;
    let mut recipe = args.learning.recipe()?;
    recipe.encoder = match args.tuning {
        Some(TuningArg::Frozen) => recipe.encoder.as_it_is(),
        Some(TuningArg::EndToEnd) => recipe.encoder.end_to_end(),
        Some(TuningArg::Contrastive) => recipe.encoder.on_pairs(),
        Some(TuningArg::Both) => recipe.encoder.on_pairs_then_end_to_end(),
        None => recipe.encoder,
    };
    let base = args.base.as_deref().map_or(Base::MiniLm, Base::from).load_encoder()?;
    let trainer = Trainer::new().recipe(recipe).unlabeled(args.unlabeled.clone());
    let trainer = args.run.configure(args.classifier.configure(trainer, common.seed));
    args.run.claim()?;
    let mut terminal = Terminal::new(common);
    let examples = args.rows.read(&args.data, &args.unlabeled, Columns::Drop, &mut terminal)?;
    crate::signals::install(); // not before there is something to save
    let trained = trainer.fit_on_encoder(base, examples, &mut terminal)?;
    super::train::save(&trained, &args.run, &mut terminal, out)
}

/// `--method tfidf`.
fn on_ngrams(args: &Args, common: &Common, out: &mut Output) -> anyhow::Result<()> {
    let (base, tuning) = (args.base.is_some(), args.tuning.is_some());
    refuse([("--base", base), ("--tuning", tuning), ("--time", args.time.is_some())], "tfidf")?;
    refuse([("--unlabeled", !args.unlabeled.is_empty())], "tfidf")?;
    refuse_language_model_options(args, "tfidf")?;
    let trainer = Trainer::new().recipe(args.learning.recipe()?);
    let trainer = args.run.configure(args.classifier.configure(trainer, common.seed));
    args.run.claim()?;
    let mut terminal = Terminal::new(common);
    let examples = args.rows.read(&args.data, &args.unlabeled, Columns::Drop, &mut terminal)?;
    // without a checkpoint to save, a signal may end it at once
    let trained = trainer.fit_on_ngrams(examples, &mut terminal)?;
    super::train::save(&trained, &args.run, &mut terminal, out)
}

impl Args {
    /// The method that was named, or the one that fits the options.
    fn method(&self) -> Result<Method, Error> {
        let chosen = match self.language_model_option()? {
            Some(_) => Method::Ulmfit,
            None if self.base.is_some() || self.direction.is_some() => Method::Ulmfit,
            None => Method::Auto,
        };
        Ok(self.method.unwrap_or(chosen))
    }

    /// The first option that was given and only changes how a language model, or a classifier on it, learns.
    fn language_model_option(&self) -> Result<Option<&'static str>, Error> {
        let (usual, recipe) = (Recipe::preset("default")?, self.learning.recipe()?);
        let given = [
            ("--lm-epochs", self.lm_epochs.is_some()),
            ("--lm-lr", self.lm_lr.is_some()),
            (
                "a recipe for language models",
                recipe.finetune != usual.finetune || recipe.train != usual.train,
            ),
            ("--head", self.classifier.classify(0).head != HeadConfig::default()),
            ("an option under Learning", self.learning.overrides() != Overrides::default()),
        ];
        let given = self.network.given().into_iter().chain(given);
        Ok(given.into_iter().find(|(_, is_given)| *is_given).map(|(option, _)| option))
    }
}

/// Refuses options that only a language model has a use for.
fn refuse_language_model_options(args: &Args, method: &str) -> Result<(), Error> {
    refuse(args.vocab.text_given(), method)?;
    refuse(args.language_model_option()?.map(|option| (option, true)), method)?;
    let given = [
        ("--encoder", args.encoder.is_some()),
        ("--direction", args.direction.is_some()),
        ("--folds", args.folds.is_given()),
        ("--base-words", args.base_words.is_given()),
    ];
    refuse(args.vocab.sizes_given(), method)?;
    refuse(given, method)
}

/// Refuses options that a method ignores.
fn refuse<'a>(
    options: impl IntoIterator<Item = (&'a str, bool)>,
    method: &str,
) -> Result<(), Error> {
    match options.into_iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((option, _)) => Err(Error::Usage {
            message: format!("{option} has no effect with `--method {method}`"),
            hint: Some("leave it out, or choose another --method".into()),
        }),
    }
}
