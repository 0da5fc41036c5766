//! Predictions from a server instead of a model folder.

use crate::options::DirectionOption;
use anyhow::Context;
use std::path::PathBuf;
use ulmfit::decisions::Rule;
use ulmfit_serve::{Client, Columns, Decided, Question};

/// Texts in a request: few enough that a slow server answers all concurrent requests before its deadline.
const TEXTS: usize = 32;
/// Bytes of text in a request, unless a single text has more.
const BYTES: usize = 512 << 10;
/// Concurrent requests, so that the server works while answers are on their way.
const AT_A_TIME: usize = 4;

/// Options for a server.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct ServerOptions {
    /// Send the texts to the server at this address, started with `ulmfit serve`, instead of loading a model
    #[arg(long, value_name = "URL", conflicts_with = "precision")]
    server: Option<String>,
    /// File with the token that the server requires
    #[arg(long, value_name = "FILE", requires = "server")]
    token_file: Option<PathBuf>,
}

impl ServerOptions {
    pub(crate) fn url(&self) -> Option<&str> {
        self.server.as_deref()
    }
}

/// A model on a server.
pub(crate) struct Remote {
    client: Client,
    columns: Columns,
    direction: Option<DirectionOption>,
    rule: Option<Rule>,
    /// Whether it has answered before.
    answered: bool,
}

impl Remote {
    /// Connects, and gets the names of the columns that the model was trained on.
    pub(crate) fn open(
        url: &str,
        options: &ServerOptions,
        model: Option<String>,
        direction: Option<DirectionOption>,
        rule: Option<Rule>,
    ) -> anyhow::Result<Self> {
        let token = options.token_file.as_ref().map(|path| {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let first = text.lines().map(str::trim).find(|line| !line.is_empty());
            Ok::<_, anyhow::Error>(first.unwrap_or_default().to_owned())
        });
        let client = Client::new(url, token.transpose()?, model);
        let columns = client.columns()?;
        Ok(Self { client, columns, direction, rule, answered: false })
    }

    pub(crate) fn text_columns(&self) -> &[String] {
        &self.columns.text
    }

    /// Whether a rule says when to answer.
    pub(crate) fn has_rule(&self) -> bool {
        self.rule.is_some()
    }

    /// True on the first call only.
    pub(crate) fn first_time(&mut self) -> bool {
        !std::mem::replace(&mut self.answered, true)
    }

    pub(crate) fn label_column(&self) -> Option<&str> {
        self.columns.label.as_deref()
    }

    /// The predictions in order, from several requests at a time.
    pub(crate) fn predict(&self, documents: &[&[String]]) -> anyhow::Result<Decided> {
        let direction = self.direction.map(DirectionOption::name);
        let question = Question { direction, rule: self.rule };
        let mut all = Decided::default();
        for group in portions(documents).chunks(AT_A_TIME) {
            let ask = |documents: &'_ [&[String]]| self.client.predict(documents, question);
            let answers: Vec<_> = std::thread::scope(|scope| {
                let asked: Vec<_> =
                    group.iter().map(|portion| scope.spawn(move || ask(portion))).collect();
                asked.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
            });
            for answer in answers {
                let answer = answer.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                let Decided { decisions, promise, warnings } = answer?;
                all.decisions.extend(decisions);
                (all.promise, all.warnings) = (promise, warnings);
            }
        }
        Ok(all)
    }
}

/// Documents in portions that fit into a request.
fn portions<'a, 'b>(documents: &'a [&'b [String]]) -> Vec<&'a [&'b [String]]> {
    let bytes = |document: &[String]| document.iter().map(String::len).sum::<usize>();
    let mut portions = Vec::new();
    let (mut begin, mut size) = (0, 0);
    for (n, document) in documents.iter().enumerate() {
        let more = bytes(document);
        if n > begin && (n - begin == TEXTS || size + more > BYTES) {
            portions.push(&documents[begin..n]);
            (begin, size) = (n, 0);
        }
        size += more;
    }
    if begin < documents.len() {
        portions.push(&documents[begin..]);
    }
    portions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portions_are_bounded_and_together_everything() {
        let texts: Vec<Vec<String>> =
            (0..700).map(|n| vec!["x".repeat(if n % 90 == 7 { BYTES + 1 } else { n })]).collect();
        let documents: Vec<&[String]> = texts.iter().map(Vec::as_slice).collect();
        let portions = portions(&documents);
        for portion in &portions {
            let bytes: usize = portion.iter().map(|document| document[0].len()).sum();
            assert!(portion.len() <= TEXTS && (bytes <= BYTES || portion.len() == 1));
        }
        assert_eq!(portions.concat(), documents);
        assert!(super::portions(&[]).is_empty());
    }
}
