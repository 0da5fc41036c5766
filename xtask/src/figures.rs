//! Single figures in the sentences of README and docs, kept equal to the results.
//!
//! `<!-- figure: trec6; 100; ulmfit -->4.2<!-- /figure -->` is the value of the run on data set `trec6` with 100 labels
//! by model `ulmfit`, with one decimal.

use std::fmt::Write as _;

use anyhow::Context as _;

use crate::results::Run;

const START: &str = "<!-- figure: ";
const CLOSE: &str = " -->";
const END: &str = "<!-- /figure -->";

/// The text with every figure as the results have it.
///
/// # Errors
/// A figure without an end, without three fields, or of a run that is not there.
pub(crate) fn replaced(text: &str, runs: &[Run]) -> anyhow::Result<String> {
    let mut parts = text.split(START);
    let mut new = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (key, rest) =
            part.split_once(CLOSE).with_context(|| format!("a figure lacks `{CLOSE}`"))?;
        let (_, after) = rest.split_once(END).with_context(|| format!("`{key}` lacks `{END}`"))?;
        let value = value(key, runs)?;
        let _ = write!(new, "{START}{key}{CLOSE}{value:.1}{END}{after}");
    }
    Ok(new)
}

fn value(key: &str, runs: &[Run]) -> anyhow::Result<f64> {
    let fields: Vec<&str> = key.split("; ").collect();
    let &[dataset, labels, model] = &fields[..] else {
        anyhow::bail!("figure `{key}`: wanted `data set; labels; model`");
    };
    let labels: usize =
        labels.parse().with_context(|| format!("figure `{key}`: labels are a number"))?;
    let same =
        |run: &&Run| run.dataset == dataset && run.labels == Some(labels) && run.model == model;
    let found = runs.iter().find(same);
    Ok(found.with_context(|| format!("no result for the figure `{key}`"))?.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::LINE;

    fn run() -> Run {
        Run { labels: Some(100), ..serde_json::from_str(LINE).unwrap() }
    }

    #[test]
    fn a_figure_becomes_what_was_measured() {
        let text = "makes <!-- figure: trec6; 100; ulmfit -->9.9<!-- /figure --> %, and\n\
                    <!-- figure: trec6; 100; ulmfit --><!-- /figure -->.";
        let new = "makes <!-- figure: trec6; 100; ulmfit -->4.2<!-- /figure --> %, and\n\
                   <!-- figure: trec6; 100; ulmfit -->4.2<!-- /figure -->.";
        assert_eq!(replaced(text, &[run()]).unwrap(), new);
        assert_eq!(replaced("no figure", &[]).unwrap(), "no figure");
    }

    #[test]
    fn a_figure_of_nothing_is_refused() {
        for (text, why) in [
            ("<!-- figure: trec6; 200; ulmfit -->1<!-- /figure -->", "no result"),
            ("<!-- figure: trec6; ulmfit -->1<!-- /figure -->", "wanted"),
            ("<!-- figure: trec6; all; ulmfit -->1<!-- /figure -->", "a number"),
            ("<!-- figure: trec6; 100; ulmfit -->1", "lacks"),
            ("<!-- figure: trec6", "lacks"),
        ] {
            let error = replaced(text, &[run()]).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
