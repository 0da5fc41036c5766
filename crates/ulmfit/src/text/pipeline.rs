//! Tokenizer and vocabulary together.

use std::sync::Arc;

use rayon::prelude::*;

use super::batches::Batches;
use super::config::{TextConfig, TokenizerConfig};
use super::detokenize::detokenize;
use super::error::TextError;
use super::subwords::SubwordModel;
use super::tokenizer::Tokenizer;
use super::vocab::{BaseWords, Vocab, VocabConfig};
use super::{Counter, TokenId, special};

/// The vocabulary in a model folder.
const VOCAB_FILE: &str = "vocab.json";
/// The subword model in a model folder, as the `tokenizers` library stores it.
const SUBWORDS_FILE: &str = "tokenizer.json";

/// Documents to ids and back. Cheap to clone, safe to share.
#[derive(Clone, Debug)]
pub struct TextPipeline {
    config: TextConfig,
    tokenizer: Arc<Tokenizer>,
    vocab: Arc<Vocab>,
}

impl TextPipeline {
    /// A pipeline for these documents (each a list of fields): learns the pieces if it has a
    /// subword tokenizer, else counts the words. Reads the documents once, in bounded memory for
    /// words; a subword trainer keeps the counts of all words.
    ///
    /// # Errors
    ///
    /// If the configuration cannot be, or no pieces can be learned from these texts.
    pub fn build(
        config: &TextConfig,
        vocab: &VocabConfig,
        documents: impl IntoIterator<Item = Vec<String>>,
    ) -> Result<Self, TextError> {
        Self::try_build(config, vocab, documents.into_iter().map(Ok))
    }

    /// As [`Self::build`] with documents from a reader that can fail.
    ///
    /// # Errors
    ///
    /// The first error of the reader, or as [`Self::build`].
    pub fn try_build<E: From<TextError>>(
        config: &TextConfig,
        vocab: &VocabConfig,
        documents: impl IntoIterator<Item = Result<Vec<String>, E>>,
    ) -> Result<Self, E> {
        if config.tokenizer == TokenizerConfig::Words {
            let tokenizer = Arc::new(Tokenizer::new(config, None)?);
            let counter = count(&tokenizer, documents)?;
            let vocab = Arc::new(Vocab::build(&counter, vocab));
            return Ok(Self { config: config.clone(), tokenizer, vocab });
        }
        let model = SubwordModel::train(config, documents)?;
        Ok(Self::of_subwords(config, model)?)
    }

    /// The same tokenizer with the vocabulary of other documents: what fine-tuning on them starts
    /// with. A subword vocabulary stays as it is, its pieces spell any word.
    ///
    /// # Errors
    ///
    /// The first error of the reader.
    pub fn rebuild<E>(
        &self,
        vocab: &VocabConfig,
        documents: impl IntoIterator<Item = Result<Vec<String>, E>>,
    ) -> Result<Self, E> {
        let mut this = self.clone();
        if !self.keeps_vocab(vocab) {
            this.vocab = Arc::new(self.vocab.adapt(&count(&self.tokenizer, documents)?, vocab));
        }
        Ok(this)
    }

    /// Whether [`rebuild`](Self::rebuild) reads no document: the vocabulary stays as it is.
    pub fn keeps_vocab(&self, vocab: &VocabConfig) -> bool {
        self.tokenizer.subwords().is_some() || vocab.base_words == BaseWords::Only
    }

    /// A pipeline around a model of pieces, whose vocabulary it takes.
    ///
    /// # Errors
    ///
    /// If the model does not fit the configuration.
    pub fn of_subwords(config: &TextConfig, model: SubwordModel) -> Result<Self, TextError> {
        let specials = special::ALL.map(str::to_owned);
        let pieces = model.pieces().into_iter().filter(|piece| !specials.contains(piece));
        let vocab = Vocab::from_tokens(specials.iter().cloned().chain(pieces).collect())?;
        Self::new(config, Some(model), vocab)
    }

    /// A pipeline of known parts.
    ///
    /// # Errors
    ///
    /// As [`Tokenizer::new`].
    pub fn new(
        config: &TextConfig,
        subwords: Option<SubwordModel>,
        vocab: Vocab,
    ) -> Result<Self, TextError> {
        let tokenizer = Arc::new(Tokenizer::new(config, subwords)?);
        Ok(Self { config: config.clone(), tokenizer, vocab: Arc::new(vocab) })
    }

    /// The settings.
    pub fn config(&self) -> &TextConfig {
        &self.config
    }

    /// The tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The vocabulary.
    pub fn vocab(&self) -> &Vocab {
        &self.vocab
    }

    /// The ids of a document, in the order of the text.
    pub fn encode(&self, fields: &[impl AsRef<str>]) -> Vec<TokenId> {
        let mut ids = Vec::new();
        self.tokenizer.for_each_token(fields, &mut |token| ids.push(self.vocab.id(token)));
        ids
    }

    /// [`Self::encode`] of every document, on all cores, in the same order.
    ///
    /// A document is anything that lends its fields: `Vec<String>`, `&[String]`, `[&str; 2]`.
    pub fn encode_all<D, S>(&self, documents: &[D]) -> Vec<Vec<TokenId>>
    where
        D: AsRef<[S]> + Sync,
        S: AsRef<str>,
    {
        documents.par_iter().map(|fields| self.encode(fields.as_ref())).collect()
    }

    /// Gives `each` the ids of every document of a reader, in order; works on all cores, with no
    /// more than a batch of documents in memory.
    ///
    /// # Errors
    ///
    /// The first error of the reader, or of `each`.
    pub fn encode_each<E>(
        &self,
        documents: impl IntoIterator<Item = Result<Vec<String>, E>>,
        mut each: impl FnMut(&[TokenId]) -> Result<(), E>,
    ) -> Result<(), E> {
        for batch in Batches::of(documents) {
            for ids in self.encode_all(&batch?) {
                each(&ids)?;
            }
        }
        Ok(())
    }

    /// Readable text: special tokens carried out, spaces where they belong.
    ///
    /// # Panics
    ///
    /// If an id is not in the vocabulary.
    pub fn decode(&self, ids: &[TokenId]) -> String {
        detokenize(ids.iter().map(|id| self.vocab.token(*id)), &self.config.tokenizer)
    }

    /// Name and content of the files that a model folder needs besides `config.json`.
    pub fn files(&self) -> Vec<(&'static str, Vec<u8>)> {
        let vocab = serde_json::Value::from(self.vocab.tokens()).to_string().into_bytes();
        let mut files = vec![(VOCAB_FILE, vocab)];
        files.extend(self.tokenizer.subwords().map(|model| (SUBWORDS_FILE, model.to_json())));
        files
    }

    /// The pipeline that [`Self::files`] came from; `read` gives the content of a file by name.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or is not what it should be.
    pub fn from_files(
        config: &TextConfig,
        read: impl Fn(&str) -> std::io::Result<Vec<u8>>,
    ) -> Result<Self, TextError> {
        let read = |name| read(name).map_err(|source| TextError::Read { name, source });
        let vocab = serde_json::from_slice(&read(VOCAB_FILE)?)
            .map_err(|source| TextError::Json { name: VOCAB_FILE, source })?;
        let subwords = match config.tokenizer {
            TokenizerConfig::Words => None,
            _ => Some(SubwordModel::from_json(&read(SUBWORDS_FILE)?)?),
        };
        Self::new(config, subwords, vocab)
    }
}

/// Counts the tokens of all documents, on all cores; the result does not depend on their number.
fn count<E>(
    tokenizer: &Tokenizer,
    documents: impl IntoIterator<Item = Result<Vec<String>, E>>,
) -> Result<Counter, E> {
    let mut counter = Counter::default();
    for batch in Batches::of(documents) {
        let batch = batch?;
        let parts: Vec<Counter> = batch
            .par_chunks(Batches::chunk(&batch))
            .map(|documents| {
                let mut part = Counter::default();
                for fields in documents {
                    tokenizer.for_each_token(fields, &mut |token| part.add(token));
                }
                part
            })
            .collect();
        for part in parts {
            counter.merge(part);
        }
    }
    Ok(counter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents(texts: &[&str]) -> Vec<Vec<String>> {
        texts.iter().map(|text| vec![(*text).to_owned()]).collect()
    }

    fn pipeline(texts: &[&str]) -> TextPipeline {
        let vocab = VocabConfig { min_freq: 1, ..VocabConfig::default() };
        TextPipeline::build(&TextConfig::default(), &vocab, documents(texts)).unwrap()
    }

    #[test]
    fn encodes_in_order_and_decodes() {
        let texts = ["It's GREAT fun!", "No fun at all...", "Sooo dull"];
        let pipeline = pipeline(&texts);
        let all = pipeline.encode_all(&documents(&texts));
        for (ids, text) in all.iter().zip(texts) {
            assert_eq!(*ids, pipeline.encode(&[text]));
            assert_eq!(ids[0], special::BOS_ID);
        }
        assert_eq!(pipeline.decode(&all[0]), "It's GREAT fun!");
        assert_eq!(pipeline.encode(&["quux"])[1..], [special::UNK_ID]);
    }

    #[test]
    fn stored_in_files() {
        let pipeline = pipeline(&["some words", "some more words"]);
        let files = pipeline.files();
        let read = |name: &str| {
            let file = files.iter().find(|(other, _)| *other == name);
            file.map(|(_, bytes)| bytes.clone()).ok_or(std::io::ErrorKind::NotFound.into())
        };
        let again = TextPipeline::from_files(pipeline.config(), read).unwrap();
        assert_eq!(again.vocab(), pipeline.vocab());
        let missing = |_: &str| Err(std::io::ErrorKind::NotFound.into());
        let error = TextPipeline::from_files(pipeline.config(), missing).unwrap_err();
        assert!(error.to_string().starts_with("vocab.json: "));
    }

    #[test]
    fn a_vocabulary_for_other_texts() {
        let base = pipeline(&["a b", "c"]);
        let texts = documents(&["c d d"]).into_iter().map(Ok::<_, TextError>);
        let vocab = VocabConfig { min_freq: 1, ..VocabConfig::default() };
        let new = base.rebuild(&vocab, texts).unwrap();
        assert_eq!(new.vocab().tokens()[9..], ["d", "c"]);
        assert_eq!(new.vocab().sources_in(base.vocab())[9..], [None, Some(11)]);
    }
}
