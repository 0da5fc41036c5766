//! Provenance, time and memory.

use super::format::{count, duration};
use super::{folded, wide};
use crate::report::{Cost, Provenance, Report};
use maud::{Markup, html};
use serde_json::Value;
use std::collections::BTreeSet;

pub(super) fn section(report: &Report) -> Markup {
    html! {
        (folded("Time and memory", &cost(&report.cost)))
        (folded("Settings and provenance", &provenance(&report.made)))
    }
}

fn cost(cost: &Cost) -> Markup {
    let whole = cost.seconds.max(f64::MIN_POSITIVE);
    wide(&html! {
        table {
            caption {
                @if let Some(memory) = cost.peak_rss_mb {
                    "At most " (count(memory.round() as u64)) " MiB of memory. "
                }
                @if cost.continued { "The run was interrupted and continued: time before that counts only up to the last checkpoint." }
                @else { "Wall time, reading of files not counted." }
            }
            thead {
                tr {
                    th scope="col" { "Part" }
                    th.number scope="col" { "Time" }
                    th.number scope="col" { "Share" }
                }
            }
            tbody {
                @for part in &cost.stages {
                    tr {
                        th scope="row" { (part.stage) }
                        td.number { (duration(part.seconds)) }
                        td.number { (super::format::percent(part.seconds / whole)) }
                    }
                }
            }
            tfoot {
                tr {
                    th scope="row" { "Total" }
                    td.number { (duration(cost.seconds)) }
                    td {}
                }
            }
        }
    })
}

fn provenance(made: &Provenance) -> Markup {
    let directions: Vec<String> = made.directions.iter().map(ToString::to_string).collect();
    let facts = [
        ("Program", made.program.clone()),
        ("Program, blake3", made.program_hash.clone().unwrap_or_else(|| "–".to_owned())),
        ("Instructions", made.isa.clone()),
        ("Threads (they change no result)", made.threads.to_string()),
        ("Seed", made.seed.to_string()),
        ("Directions", directions.join(", ")),
        ("Vocabulary", format!("{} tokens", count(made.vocabulary))),
        ("Vocabulary, blake3", made.vocabulary_hash.clone()),
        ("Parameters per direction", count(made.weights)),
        ("Training set, blake3", made.data.train.clone()),
        ("Validation set, blake3", made.data.valid.clone()),
        ("Test set, blake3", made.data.test.clone()),
    ];
    let table = wide(&html! {
        table.facts {
            caption { "The same program, seed, data and settings give the same model, bit for bit (without a time budget)" }
            tbody { @for (name, value) in &facts { tr { th scope="row" { (name) } td { (value) } } } }
        }
    });
    html! {
        (table)
        details { summary { "Network" } (settings(&[("Value", &made.network)])) }
        details { summary { "Hyper-parameters" } (hyper_parameters(made)) }
    }
}

fn hyper_parameters(made: &Provenance) -> Markup {
    let classifier = ("Classifier", &made.classifier_recipe);
    match &made.language_model_recipe {
        Some(language) => settings(&[("Language model", language), classifier]),
        None => settings(&[classifier]),
    }
}

/// Settings by name, one column per training.
fn settings(columns: &[(&str, &Value)]) -> Markup {
    let names: BTreeSet<&String> = columns
        .iter()
        .filter_map(|(_, value)| value.as_object())
        .flat_map(serde_json::Map::keys)
        .collect();
    wide(&html! {
        table.facts {
            thead {
                tr {
                    th scope="col" { "Setting" }
                    @for (name, _) in columns { th scope="col" { (name) } }
                }
            }
            tbody {
                @for name in names {
                    tr {
                        th scope="row" { (name) }
                        @for (_, value) in columns { td { (shown(&value[name.as_str()])) } }
                    }
                }
            }
        }
    })
}

/// A value in a line or a few.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(shown).collect::<Vec<_>>().join("; "),
        Value::Object(map) => {
            let fields = map.iter().filter(|(_, value)| !value.is_null());
            fields
                .map(|(name, value)| format!("{name} {}", shown(value)))
                .collect::<Vec<_>>()
                .join(", ")
        }
        other => other.to_string(),
    }
}
