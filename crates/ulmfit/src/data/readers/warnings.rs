//! What a reader repaired, counted.

use serde::Serialize;

use crate::data::amounts;
use crate::data::place::Place;
use crate::setting::{Setting, Spelling};

/// Repairs and oddities that did not stop the reading of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Warnings {
    /// Fields cut at [`max_document_bytes`](super::options::ReadOptions::max_document_bytes).
    pub truncated: Tally,
    /// Fields in which U+FFFD replaced bytes that are not text.
    pub replaced: Tally,
    /// Documents with nothing but white space; they stay in the data. Those whose text is null or
    /// missing are counted there.
    pub empty: Tally,
    /// Text values that were null; read as empty.
    pub null_text: Tally,
    /// Records that lack a text column; read as empty.
    pub missing_text: Tally,
    /// Rows that cannot be read, under [`BadRows::Empty`](super::BadRows::Empty) read as empty.
    pub bad: Tally,
    /// Rows that cannot be read, under [`BadRows::Skip`](super::BadRows::Skip) left out.
    pub skipped: Tally,
    /// Records without a label where labels are optional.
    pub unlabelled: Tally,
    /// Rows with a double quote at the start of a field that was found to be text.
    pub literal_quotes: Tally,
    /// Rows with a backslash before a double quote that was found to escape it.
    pub escaped_quotes: Tally,
    /// Rows that repeat the header, left out.
    pub repeated_headers: Tally,
}

impl Warnings {
    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds what happened later in the same file.
    pub(crate) fn add(&mut self, later: Self) {
        let Self {
            truncated,
            replaced,
            empty,
            null_text,
            missing_text,
            bad,
            skipped,
            unlabelled,
            literal_quotes,
            escaped_quotes,
            repeated_headers,
        } = later;
        for (tally, later) in [
            (&mut self.truncated, truncated),
            (&mut self.replaced, replaced),
            (&mut self.empty, empty),
            (&mut self.null_text, null_text),
            (&mut self.missing_text, missing_text),
            (&mut self.bad, bad),
            (&mut self.skipped, skipped),
            (&mut self.unlabelled, unlabelled),
            (&mut self.literal_quotes, literal_quotes),
            (&mut self.escaped_quotes, escaped_quotes),
            (&mut self.repeated_headers, repeated_headers),
        ] {
            tally.count += later.count;
            tally.first = tally.first.take().or(later.first);
        }
    }

    /// One line for each kind that happened, for training and evaluation.
    pub fn messages(&self, spelling: Spelling) -> Vec<String> {
        self.advised("remove these rows", spelling)
    }

    /// Advice on a text that says nothing, where every row gets a prediction.
    pub const PREDICTED: &str = "predicted anyway: treat the prediction as unknown";
    /// The same where a rule says which rows are answered.
    pub const WITHHELD: &str = "left to a person";

    /// The same for predictions, which every row gets.
    pub fn messages_of_predictions(&self, spelling: Spelling) -> Vec<String> {
        self.advised(Self::PREDICTED, spelling)
    }

    /// One line for each kind that happened; `advice` is for rows without text.
    pub fn advised(&self, advice: &str, spelling: Spelling) -> Vec<String> {
        let quotes = |right| {
            let [right, enclose] =
                [right, "enclose"].map(|value| spelling.with(Setting::Quotes, value));
            format!("pass {right} if that is right, else {enclose}")
        };
        [
            (
                &self.truncated,
                "longer than the limit, truncated",
                &*format!("raise {}", spelling.name(Setting::MaxDocBytes)),
            ),
            (
                &self.replaced,
                "with bytes that are not text, replaced by U+FFFD",
                "convert the file to UTF-8",
            ),
            (&self.empty, "without text", advice),
            (&self.null_text, "whose text is null, read as empty", advice),
            (&self.missing_text, "without the text column, read as empty", advice),
            (&self.bad, "that cannot be read, taken as empty", advice),
            (
                &self.skipped,
                "that cannot be read, left out",
                &*format!("see {}", spelling.name(Setting::OnBadRow)),
            ),
            (&self.unlabelled, "without a label", "label or remove these rows"),
            (
                &self.literal_quotes,
                "with a double quote at the start of a field, taken as text",
                &*quotes("literal"),
            ),
            (
                &self.escaped_quotes,
                "with `\\\"` inside quotes, taken as a double quote",
                &*quotes("backslash"),
            ),
            (
                &self.repeated_headers,
                "equal to the header, left out",
                "were several files concatenated?",
            ),
        ]
        .into_iter()
        .filter_map(|(tally, what, advice)| {
            let first = tally.first.as_ref()?;
            let rows = amounts::rows(tally.count as usize);
            Some(format!("{rows} {what}, the first at {first}; {advice}"))
        })
        .collect()
    }
}

/// How often something happened, and where it happened first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Number of times.
    pub count: u64,
    /// The first time.
    pub first: Option<Place>,
}

impl Tally {
    pub(crate) fn add(&mut self, place: &Place) {
        self.count += 1;
        self.first.get_or_insert_with(|| place.clone());
    }
}
