//! Settings that hints and warnings name. Each front end has its own spelling of them.

use std::fmt;

/// A setting that a hint or a warning names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Setting {
    /// Columns with text.
    Text,
    /// Column with the label.
    Label,
    /// Character between several labels in a cell.
    LabelDelimiter,
    /// Format of a file.
    InputFormat,
    /// Whether the first row is a header.
    Header,
    /// What double quotes mean.
    Quotes,
    /// Character between fields.
    Delimiter,
    /// What to do with bytes that are not UTF-8.
    EncodingErrors,
    /// What to do with rows that cannot be read.
    OnBadRow,
    /// Longest text.
    MaxDocBytes,
    /// Memory for rows.
    MaxMemory,
    /// Expansion of compressed files.
    MaxExpansion,
    /// Disk for temporary copies.
    MaxTemp,
    /// Most distinct labels.
    MaxLabels,
    /// What is predicted.
    Task,
    /// Replacing a result.
    Overwrite,
    /// Starting over.
    Restart,
    /// How often checkpoints are saved.
    CheckpointEvery,
    /// What to do about NaN.
    OnNan,
    /// Learning rate of the classifier, or of the model that is trained.
    Lr,
    /// Learning rate of the language model.
    LmLr,
    /// Clipping of gradients.
    Clip,
    /// Batch size.
    BatchSize,
    /// Parts of a batch of a language model.
    Lanes,
    /// Number format of products.
    Precision,
    /// Kind of tokenizer.
    Tokenizer,
    /// Language model to start from.
    Base,
    /// Language of the texts.
    Language,
}

impl Setting {
    /// All of them.
    pub const ALL: [Self; 28] = [
        Self::Text,
        Self::Label,
        Self::LabelDelimiter,
        Self::InputFormat,
        Self::Header,
        Self::Quotes,
        Self::Delimiter,
        Self::EncodingErrors,
        Self::OnBadRow,
        Self::MaxDocBytes,
        Self::MaxMemory,
        Self::MaxExpansion,
        Self::MaxTemp,
        Self::MaxLabels,
        Self::Task,
        Self::Overwrite,
        Self::Restart,
        Self::CheckpointEvery,
        Self::OnNan,
        Self::Lr,
        Self::LmLr,
        Self::Clip,
        Self::BatchSize,
        Self::Lanes,
        Self::Precision,
        Self::Tokenizer,
        Self::Base,
        Self::Language,
    ];

    /// Its name: `max-memory`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Label => "label",
            Self::LabelDelimiter => "label-delimiter",
            Self::InputFormat => "input-format",
            Self::Header => "header",
            Self::Quotes => "quotes",
            Self::Delimiter => "delimiter",
            Self::EncodingErrors => "encoding-errors",
            Self::OnBadRow => "on-bad-row",
            Self::MaxDocBytes => "max-doc-bytes",
            Self::MaxMemory => "max-memory",
            Self::MaxExpansion => "max-expansion",
            Self::MaxTemp => "max-temp",
            Self::MaxLabels => "max-labels",
            Self::Task => "task",
            Self::Overwrite => "overwrite",
            Self::Restart => "restart",
            Self::CheckpointEvery => "checkpoint-every",
            Self::OnNan => "on-nan",
            Self::Lr => "lr",
            Self::LmLr => "lm-lr",
            Self::Clip => "clip",
            Self::BatchSize => "batch-size",
            Self::Lanes => "lanes",
            Self::Precision => "precision",
            Self::Tokenizer => "tokenizer",
            Self::Base => "base",
            Self::Language => "language",
        }
    }
}

/// How a front end writes settings; by default `header = absent`.
///
/// ```
/// use ulmfit::setting::{Setting, Spelling};
/// let options = Spelling::new(|setting, value| format!("--{} {value}", setting.name()));
/// assert_eq!(options.with(Setting::Header, "absent"), "`--header absent`");
/// assert_eq!(Spelling::default().with(Setting::Header, "absent"), "`header = absent`");
/// ```
#[derive(Clone, Copy)]
pub struct Spelling(fn(Setting, &str) -> String);

impl Spelling {
    /// Writes settings by this function, which gets an empty value where only the name is meant.
    pub fn new(spell: fn(Setting, &str) -> String) -> Self {
        Self(spell)
    }

    /// The setting's name, in backticks.
    pub fn name(self, setting: Setting) -> String {
        self.with(setting, "")
    }

    /// The setting with a value, in backticks.
    pub fn with(self, setting: Setting, value: &str) -> String {
        format!("`{}`", (self.0)(setting, value).trim_end())
    }
}

impl Default for Spelling {
    fn default() -> Self {
        Self(|setting, value| match value {
            "" => setting.name().to_owned(),
            value => format!("{} = {value}", setting.name()),
        })
    }
}

impl fmt::Debug for Spelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Spelling").field(&self.with(Setting::Header, "absent")).finish()
    }
}
