//! A line of `results/*.jsonl`: one measured number and all that is needed to judge it.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;

/// One measurement. Every field but `labels` and `each` must be there; `null` says that it does not apply.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Run {
    /// Day of the run, `2026-01-31`
    pub(crate) date: String,
    /// Machine in words, e.g. `2 cores of an AMD EPYC 9004`
    pub(crate) machine: String,
    /// Vector instructions in use, e.g. `avx512bf16`
    pub(crate) isa: String,
    pub(crate) threads: usize,
    /// Peak of a large matrix product measured beside the run, GFLOP/s
    pub(crate) gemm_gflops: Option<f64>,
    /// `classify`, `language model` or `speed`
    pub(crate) task: String,
    pub(crate) dataset: String,
    /// Labels that were learned from, if labels were
    #[serde(default)]
    pub(crate) labels: Option<usize>,
    /// Program and recipe, e.g. `ulmfit paper-2018` or `fastai 2.8.12`
    pub(crate) model: String,
    /// What `value` is, with its unit, e.g. `error %`, `perplexity`, `training tokens/s`
    pub(crate) metric: String,
    /// Mean over `seeds` (quality) or median over repetitions (speed)
    pub(crate) value: f64,
    /// 95 % interval of a quality, lowest and highest repetition of a speed
    pub(crate) ci95: Option<[f64; 2]>,
    /// The value of each seed
    #[serde(default)]
    pub(crate) each: Vec<f64>,
    /// How many seeds or repetitions
    pub(crate) seeds: usize,
    /// Documents or tokens that were scored; of a speed, steps that were timed
    pub(crate) n: u64,
    /// Mean over the seeds; none for what comes with another run
    pub(crate) seconds: Option<f64>,
    pub(crate) peak_rss_mb: Option<f64>,
    /// The command line that makes the number again
    pub(crate) command: String,
    pub(crate) commit: String,
}

/// Metric of every error.
const ERROR: &str = "test error, %";

/// End of the name of a data set of which each seed learned from rows of its own.
pub(crate) const DRAWN: &str = ", drawn labels";

impl Run {
    /// Whether this is an error, which does not depend on the machine.
    pub(crate) fn is_error(&self) -> bool {
        self.metric == ERROR
    }

    /// Whether each seed learned from rows of its own.
    pub(crate) fn is_drawn(&self) -> bool {
        self.dataset.ends_with(DRAWN)
    }
}

/// All lines of all `.jsonl` files in `folder`, files by name, lines in their order.
pub(crate) fn read(folder: &Path) -> anyhow::Result<Vec<Run>> {
    let mut files = Vec::new();
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?
    {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            files.push(path);
        }
    }
    files.sort();
    let mut runs = Vec::new();
    for path in files {
        for (number, line) in fs::read_to_string(&path)?.lines().enumerate() {
            let run = serde_json::from_str(line)
                .with_context(|| format!("{}:{}: not a result", path.display(), number + 1))?;
            runs.push(run);
        }
    }
    Ok(runs)
}

/// What `key` makes of the runs, each once, in their order.
pub(crate) fn distinct<T, K: PartialEq>(runs: &[T], key: impl Fn(&T) -> K) -> Vec<K> {
    let mut keys = Vec::new();
    for run in runs {
        let key = key(run);
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const LINE: &str = r#"{"date": "2026-01-31", "machine": "2 cores", "isa": "avx512", "threads": 2,
        "gemm_gflops": 223.0, "task": "classify", "dataset": "trec6", "model": "ulmfit", "metric": "error %",
        "value": 4.2, "ci95": [2.5, 6.4], "seeds": 3, "n": 500, "seconds": 95.0, "peak_rss_mb": null,
        "command": "ulmfit fit", "commit": "abc"}"#;

    /// A number that is no error of a model.
    pub(crate) fn result(model: &str, value: f64) -> Run {
        let run: Run = serde_json::from_str(LINE).unwrap();
        Run { model: model.to_owned(), value, ..run }
    }

    /// An error of a model.
    pub(crate) fn error(model: &str, value: f64) -> Run {
        Run { metric: ERROR.to_owned(), ..result(model, value) }
    }

    #[test]
    fn a_line_is_read_and_a_misspelt_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let line = LINE.replace('\n', " ");
        fs::write(folder.path().join("a.jsonl"), format!("{line}\n{line}\n")).unwrap();
        fs::write(folder.path().join("LOG.md"), "no result").unwrap();
        let runs = read(folder.path()).unwrap();
        assert_eq!((runs.len(), runs[1].value, runs[1].ci95), (2, 4.2, Some([2.5, 6.4])));

        fs::write(folder.path().join("b.jsonl"), line.replace("seeds", "sedes")).unwrap();
        let error = format!("{:#}", read(folder.path()).unwrap_err());
        assert!(error.contains("b.jsonl:1: not a result") && error.contains("sedes"), "{error}");
    }
}
