//! The short results table of the README: eight rows, chosen to show many labels and few, long texts and short.

use std::fmt::Write as _;

use anyhow::Context as _;

use crate::results::Run;
use crate::shown::cell;

/// A row: data set and number of labels in `results/*.jsonl`, which of our runs it shows, and the words for it.
struct Row {
    dataset: &'static str,
    labels: usize,
    ours: &'static str,
    words: &'static str,
}

const fn row(dataset: &'static str, labels: usize, ours: &'static str, words: &'static str) -> Row {
    Row { dataset, labels, ours, words }
}

const BOTH: &str = "ulmfit, both directions";

/// `fit` without options.
const FIT: &str = "ulmfit fit";

/// `fit --unlabeled` with other training rows, without their labels.
const TEXTS: &str = "ulmfit fit, other texts without labels";

const ROWS: [Row; 8] = [
    row("TREC-6, drawn labels", 100, FIT, "TREC-6 questions, 100 labels"),
    row("SST-2, whole sentences, drawn labels", 100, FIT, "SST-2 sentences, 100 labels"),
    row("AG News, a part, drawn labels", 100, FIT, "AG News, 100 labels"),
    row("AG News, a part, drawn labels", 100, TEXTS, "AG News, 100 labels and unlabelled texts"),
    row(
        "IMDb, sample",
        100,
        "ulmfit, forward only, all texts read, self-training",
        "IMDb reviews, 100 labels and unlabelled texts",
    ),
    row("TREC-6", 5452, BOTH, "TREC-6, all 5,452 labels"),
    row("SST-2, whole sentences", 6920, FIT, "SST-2, 6,920 labels"),
    row("IMDb, a quarter of the unlabelled texts", 25000, BOTH, "IMDb, all 25,000 labels"),
];

/// The others: the head of their columns, and their names in the results, the first of which counts.
const PEERS: [(&str, &[&str]); 3] = [
    ("TF-IDF, linear", &["TF-IDF + linear classifier", "TF-IDF + logistic regression"]),
    ("SetFit", &["SetFit 1.2.0 on the same encoder"]),
    ("fastText", &["fastText"]),
];

/// The table in Markdown, a dash where a peer was not measured.
///
/// # Errors
/// If one of our own results is missing.
pub(crate) fn table(runs: &[Run]) -> anyhow::Result<String> {
    let mut text = String::from("| test error, % | ulmfit |");
    PEERS.iter().for_each(|(head, _)| _ = write!(text, " {head} |"));
    let _ = writeln!(text, "\n|---|---:|{}", "---:|".repeat(PEERS.len()));
    for row in &ROWS {
        let of = |model: &str| {
            runs.iter().find(|run| {
                run.dataset == row.dataset && run.labels == Some(row.labels) && run.model == model
            })
        };
        let ours = of(row.ours).with_context(|| {
            format!("no result of `{}` on {}, {} labels", row.ours, row.dataset, row.labels)
        })?;
        let _ = write!(text, "| {} | {} |", row.words, cell(ours));
        for (_, names) in PEERS {
            let peer = names.iter().find_map(|name| of(name));
            let _ = write!(text, " {} |", peer.map_or_else(|| "–".to_owned(), cell));
        }
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::results::tests::LINE;

    /// Lines of results that are enough for the table.
    pub(crate) fn lines() -> String {
        let line = |row: &Row| {
            let old = r#""dataset": "trec6", "model": "ulmfit", "metric": "error %""#;
            let new = format!(
                r#""dataset": "{}", "labels": {}, "model": "{}", "metric": "test error, %""#,
                row.dataset, row.labels, row.ours
            );
            let line = LINE.replace('\n', " ").replace(old, &new);
            assert!(line.contains(row.ours));
            line + "\n"
        };
        ROWS.iter().map(line).collect()
    }

    #[test]
    fn peers_stand_beside_ours_and_a_missing_run_is_an_error() {
        let mut runs: Vec<Run> =
            lines().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let peer = Run { model: "fastText".to_owned(), value: 9.0, ci95: None, ..runs[5].clone() };
        runs.push(peer);
        let text = table(&runs).unwrap();
        assert_eq!(text.lines().count(), 2 + ROWS.len());
        let row = "| TREC-6, all 5,452 labels | 4.2 (2.5–6.4) | – | – | 9.0 |";
        assert_eq!(text.lines().nth(7), Some(row));
        let error = table(&runs[1..]).unwrap_err().to_string();
        assert!(error.contains("TREC-6, drawn labels, 100"), "{error}");
    }
}
