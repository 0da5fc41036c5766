//! spaCy's tables of characters and special cases.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// What `fixtures/text/export_tables.py` found in spaCy.
#[derive(Deserialize)]
pub(super) struct Tables {
    pub(super) classes: ClassRanges,
    /// Units and currencies, which are suffixes behind a digit.
    pub(super) after_digit: Vec<String>,
    pub(super) special_cases: SpecialCaseTables,
}

/// Text and tokens.
#[derive(Deserialize)]
pub(super) struct SpecialCaseTables {
    /// Emoticons and initials, for all languages.
    pub(super) any: BTreeMap<String, Vec<String>>,
    /// What English adds.
    pub(super) en: BTreeMap<String, Vec<String>>,
}

/// `[first, last, first, last, ..]` code points by class.
#[derive(Deserialize)]
pub(super) struct ClassRanges {
    pub(super) prefix: Vec<u32>,
    pub(super) suffix: Vec<u32>,
    pub(super) icon: Vec<u32>,
    pub(super) alpha: Vec<u32>,
    pub(super) alpha_lower: Vec<u32>,
    pub(super) alpha_upper: Vec<u32>,
    pub(super) quote: Vec<u32>,
    pub(super) before_final_dot: Vec<u32>,
}

pub(super) fn tables() -> &'static Tables {
    static TABLES: LazyLock<Tables> = LazyLock::new(|| {
        serde_json::from_str(include_str!("data/spacy.json")).expect("data/spacy.json is ours")
    });
    &TABLES
}
