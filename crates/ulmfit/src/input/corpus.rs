//! Files of text to the token files that a language model learns from, in memory that does not
//! grow with the text.

use super::texts::{TextStream, Texts, names};
use super::unknown_words::UnknownWords;
use super::unspaced::{Unspaced, unspaced_warning};
use crate::Error;
use crate::checkpoint::{CONFIG, CheckpointError, RunLock, VERSION, store_or_compare};
use crate::data::DataError;
use crate::data::readers::{ReadOptions, documents};
use crate::fingerprint;
use crate::input::reading;
use crate::progress::Progress;
use crate::text::token_file::{Fingerprint, Source, TokenFile, TokenFileWriter};
use crate::text::{TextConfig, TextPipeline, TokenizerConfig, VocabConfig};
use crate::train::Ranks;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use ulmfit_ops::Key;

/// Names in the folder of a corpus.
const TRAIN: &str = "train.tokens";
const VALID: &str = "valid.tokens";
const STDIN: &str = "stdin";
// CONFIG is written last: the files beside it are complete.

/// Folder of the token files in that of a command.
pub fn corpus_folder(run: &Path) -> PathBuf {
    run.join("text")
}

/// Tokenised text of a language model.
#[derive(Debug)]
pub struct LmText<S = TokenFile> {
    /// Training text.
    pub train: S,
    /// Its validation text.
    pub valid: S,
}

/// Which documents are held out for validation: one in `one_in`, drawn by key and number.
#[derive(Clone, Copy, Debug)]
pub struct HoldOut {
    one_in: usize,
    key: Key,
}

impl HoldOut {
    /// One document of every `one_in`.
    ///
    /// # Panics
    /// If that is zero.
    pub fn new(one_in: usize, key: Key) -> Self {
        assert!(one_in > 0, "a document in none");
        Self { one_in, key }
    }

    /// Whether document `number` is held out; of documents `0..one_in` exactly one is, and so on.
    pub fn holds(&self, number: usize) -> bool {
        let drawn = self.key.child((number / self.one_in) as u64).uniform();
        number % self.one_in == (drawn * self.one_in as f64) as usize
    }
}

/// Text for a language model.
#[derive(Clone, Debug)]
pub struct LmInput<'a> {
    /// Training text.
    pub train: Texts<'a>,
    /// Validation text; if `None`, what `hold_out` takes from the files of `train`, at least one
    /// document.
    pub valid: Option<Texts<'a>>,
    /// See `valid`.
    pub hold_out: HoldOut,
    /// How the files are read.
    pub options: ReadOptions,
}

/// Source of the vocabulary.
#[derive(Clone, Copy)]
pub enum VocabSource<'a> {
    /// From the training text, with a tokenizer of this kind. All documents are
    /// counted, for subwords too; what stays in memory is a count of each different word.
    Build(&'a TextConfig, &'a VocabConfig),
    /// The tokenizer of a base model; its words are counted again, its subwords stay.
    Adapt(&'a TextPipeline, &'a VocabConfig),
}

impl VocabSource<'_> {
    /// Whether the texts are read for it.
    fn is_counted(&self) -> bool {
        match self {
            Self::Build(..) => true,
            Self::Adapt(base, vocab) => !base.keeps_vocab(vocab),
        }
    }
}

impl LmInput<'_> {
    /// Tokenises the texts into files of `folder`; without one, into files that vanish.
    ///
    /// Reads all texts twice, unless the vocabulary stays as it is: words are counted, then encoded.
    /// Existing files are reused if content and names of the texts, the settings and the vocabulary are
    /// the same. Otherwise they are replaced, or refused if a training in a folder beside this one uses
    /// them.
    ///
    /// # Errors
    /// [`Error::Data`] with file and line, [`CheckpointError::ConfigDiffers`] after a change,
    /// [`CheckpointError::Locked`], and those of the disk.
    pub fn tokenize(
        mut self,
        vocabulary: VocabSource<'_>,
        folder: Option<&Path>,
        progress: &mut dyn Progress,
    ) -> Result<(TextPipeline, LmText), Error> {
        let Some(folder) = folder else {
            let folder = tempfile::tempdir().map_err(failed("write in", &std::env::temp_dir()))?;
            return self.prepare(vocabulary, folder.path(), progress); // maps outlive their names
        };
        fs::create_dir_all(folder).map_err(failed("create", folder))?;
        let lock = RunLock::take(folder)?;
        let prepared = self.prepare(vocabulary, folder, progress);
        if prepared.is_err() && !folder.join(CONFIG).exists() {
            // nothing worth keeping; what cannot be removed does no harm either
            let _ = fs::remove_dir_all(folder);
            let _ = folder.parent().map(fs::remove_dir);
        }
        drop(lock);
        prepared
    }

    /// The same for several ranks, which must see the same folder: rank 0 tokenises, the others open
    /// what it wrote, if their texts and settings are the same.
    ///
    /// # Errors
    /// As [`tokenize`](Self::tokenize); [`Error::Missing`] where the folder is not that of rank 0.
    pub fn tokenize_on(
        mut self,
        ranks: &dyn Ranks,
        vocabulary: VocabSource<'_>,
        folder: &Path,
        progress: &mut dyn Progress,
    ) -> Result<(TextPipeline, LmText), Error> {
        if ranks.rank() == 0 {
            let done = self.tokenize(vocabulary, Some(folder), progress)?;
            ranks.gather(Vec::new()); // now the others can open it
            return Ok(done);
        }
        ranks.gather(Vec::new());
        if !folder.join(CONFIG).exists() {
            let (rank, place) = (ranks.rank(), folder.display());
            let message = format!("rank {rank} cannot find the tokens of rank 0 in {place}");
            let hint = "the output must be in a folder that all machines share, such as NFS";
            return Err(Error::Missing { message, hint: Some(hint.into()) });
        }
        for path in self.stdin_files() {
            *path = folder.join(STDIN);
        }
        let identity = self.identity(vocabulary)?;
        store_or_compare(folder, &identity).map_err(|error| of_rank(ranks.rank(), error))?;
        reuse(vocabulary, folder, &identity)
    }

    fn prepare(
        &mut self,
        vocabulary: VocabSource<'_>,
        folder: &Path,
        progress: &mut dyn Progress,
    ) -> Result<(TextPipeline, LmText), Error> {
        keep_stdin(self.stdin_files(), folder)?;
        let identity = self.identity(vocabulary)?;
        let place = folder.display();
        if folder.join(CONFIG).exists() {
            match store_or_compare(folder, &identity) {
                Ok(()) => match reuse(vocabulary, folder, &identity) {
                    Ok(found) => {
                        progress
                            .note(&format!("reusing the tokens in {place}: nothing has changed"));
                        return Ok(found);
                    }
                    Err(error) => progress.warn(&format!("{error}; tokenising again")),
                },
                Err(error) if is_in_use(folder) => return Err(error.into()),
                Err(_) => progress.note(&format!("tokenising again what is in {place}")),
            }
        }
        clear(folder).map_err(failed("write in", folder))?;
        let built = self.build(vocabulary, folder, &identity, progress)?;
        store_or_compare(folder, &identity)?;
        Ok(built)
    }

    /// Both readings, again with another hold-out if the first one found too few documents.
    fn build(
        &mut self,
        vocabulary: VocabSource<'_>,
        folder: &Path,
        identity: &Value,
        progress: &mut dyn Progress,
    ) -> Result<(TextPipeline, LmText), Error> {
        let text = self.pipeline(vocabulary, progress)?;
        for (name, bytes) in text.files() {
            let path = folder.join(name);
            fs::write(&path, bytes).map_err(failed("write", &path))?;
        }
        let said = vocabulary.is_counted(); // by the first reading
        let corpora = self.encode(&text, folder, identity, said, progress)?;
        let in_files = corpora.train.documents().saturating_sub(self.train.documents.len());
        if self.valid.is_none() && corpora.valid.documents() == 0 && in_files > 1 {
            self.hold_out.one_in = in_files;
            return self.build(vocabulary, folder, identity, progress);
        }
        if corpora.train.documents() == 0 {
            let message = format!("there is no text in {}", names(&self.train.files));
            let hint = Some("check the files and the text column".into());
            return Err(Error::TooLittle { message, hint });
        }
        Ok((text, corpora))
    }

    /// The first reading.
    fn pipeline(
        &self,
        vocabulary: VocabSource<'_>,
        progress: &mut dyn Progress,
    ) -> Result<TextPipeline, Error> {
        let mut unspaced = Unspaced::default();
        let mut unknown = match vocabulary {
            VocabSource::Adapt(base, _) => Some(UnknownWords::new(base)),
            VocabSource::Build(..) => None,
        };
        let stream = TextStream::new(&self.train, &self.options, "documents read", progress);
        let learned = stream
            .telling()
            .enumerate()
            .filter(|(number, document)| document.is_err() || !self.is_held(*number))
            .map(|(_, document)| document)
            .inspect(|document| {
                document.iter().for_each(|fields| {
                    unspaced.count(fields);
                    unknown.iter_mut().for_each(|unknown| unknown.count(fields));
                });
            });
        let (config, built) = match vocabulary {
            VocabSource::Build(config, vocab) => {
                let built = TextPipeline::try_build(config, vocab, learned);
                (config, built)
            }
            VocabSource::Adapt(base, vocab) => (base.config(), base.rebuild(vocab, learned)),
        };
        if config.tokenizer == TokenizerConfig::Words && unspaced.is_common() {
            progress.warn(&unspaced_warning(unknown.is_some(), progress.spelling()));
        } else if let Some(warning) = unknown.and_then(|words| words.warning(progress.spelling())) {
            progress.warn(&warning);
        }
        built
    }

    /// The second reading.
    fn encode(
        &self,
        text: &TextPipeline,
        folder: &Path,
        identity: &Value,
        said: bool,
        progress: &mut dyn Progress,
    ) -> Result<LmText, Error> {
        let writer = |name| {
            let print = fingerprint(text, identity, name);
            TokenFileWriter::create(&folder.join(name), print, text.vocab().len())
        };
        let (mut train, mut valid) = (writer(TRAIN)?, writer(VALID)?);
        let what = "documents tokenised";
        let mut number = 0;
        let stream = TextStream::new(&self.train, &self.options, what, progress);
        let stream = if said { stream } else { stream.telling() };
        text.encode_each(stream, |ids| {
            let held = self.is_held(number);
            number += 1;
            Ok::<_, Error>(if held { &mut valid } else { &mut train }.push(ids)?)
        })?;
        if let Some(texts) = &self.valid {
            let stream = TextStream::new(texts, &self.options, what, progress).telling();
            text.encode_each(stream, |ids| Ok::<_, Error>(valid.push(ids)?))?;
        }
        Ok(LmText { train: train.finish()?, valid: valid.finish()? })
    }

    /// Whether document `number` of the training text is held out for validation.
    fn is_held(&self, number: usize) -> bool {
        let in_files = number.checked_sub(self.train.documents.len());
        self.valid.is_none() && in_files.is_some_and(|number| self.hold_out.holds(number))
    }

    /// Everything that the token files depend on.
    fn identity(&self, vocabulary: VocabSource<'_>) -> Result<Value, Error> {
        let (tokenizer, vocab) = match vocabulary {
            VocabSource::Build(config, vocab) => (json!(config), vocab),
            VocabSource::Adapt(base, vocab) => (json!({ "base": fingerprint::text(base) }), vocab),
        };
        let HoldOut { one_in, key } = self.hold_out;
        let valid = match &self.valid {
            Some(texts) => self.sources(texts)?,
            None => json!({ "one_in": one_in, "key": fingerprint::data(&key.uniform().to_bits()) }),
        };
        Ok(json!({
            VERSION: fingerprint::IDENTITIES,
            "texts": self.sources(&self.train)?,
            "valid": valid,
            "reading": reading::settings(&self.options),
            "tokenizer": tokenizer,
            "vocabulary": vocab,
        }))
    }

    fn sources(&self, texts: &Texts<'_>) -> Result<Value, Error> {
        let mut sources = serde_json::Map::new();
        if !texts.documents.is_empty() {
            let hash = fingerprint::data(&texts.documents);
            sources.insert("rows".into(), hash.into());
        }
        for (number, path) in (1..).zip(&texts.files) {
            drop(documents(path, &self.options)?); // says better what is wrong than a failed read
            let Source { name, hash, .. } = Source::of(path)
                .map_err(|source| DataError::Read { path: path.clone(), source })?;
            sources.insert(format!("{number}: {name}"), hash.to_hex().as_str().into());
        }
        Ok(sources.into())
    }

    fn stdin_files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let valid = self.valid.iter_mut().flat_map(|texts| &mut texts.files);
        self.train.files.iter_mut().chain(valid).filter(|path| is_stdin(path))
    }
}

/// Standard input cannot be read twice: if it is among these files, it goes to a file of `folder`, which takes its
/// place.
///
/// # Errors
/// [`Error::Usage`] where it is there twice, and those of the disk.
fn keep_stdin<'a>(
    files: impl Iterator<Item = &'a mut PathBuf>,
    folder: &Path,
) -> Result<(), Error> {
    let mut stdin = files.filter(|path| is_stdin(path));
    let Some(first) = stdin.next() else { return Ok(()) };
    if stdin.next().is_some() {
        let message = "standard input can be given for one text only".into();
        return Err(Error::Usage { message, hint: Some("store it in a file first".into()) });
    }
    let path = folder.join(STDIN);
    File::create(&path)
        .and_then(|mut file| io::copy(&mut io::stdin().lock(), &mut file))
        .map_err(failed("write", &path))?;
    *first = path;
    Ok(())
}

/// The same in a folder that vanishes with what is returned, for texts that are read more than once.
///
/// # Errors
/// Those of [`keep_stdin`].
pub(crate) fn spool_stdin(files: &mut [PathBuf]) -> Result<Option<TempDir>, Error> {
    if !files.iter().any(|path| is_stdin(path)) {
        return Ok(None);
    }
    let folder = tempfile::tempdir().map_err(failed("write in", &std::env::temp_dir()))?;
    keep_stdin(files.iter_mut(), folder.path())?;
    Ok(Some(folder))
}

/// The error of a rank whose texts are not those of rank 0.
fn of_rank(rank: usize, error: CheckpointError) -> Error {
    let CheckpointError::ConfigDiffers { differences, .. } = error else { return error.into() };
    let keys: Vec<String> = differences.iter().map(|found| format!("`{}`", found.key)).collect();
    Error::Usage {
        message: format!("rank {rank} and rank 0 read different texts: {}", keys.join(", ")),
        hint: Some("give the same files and options on all machines".into()),
    }
}

/// What an earlier run left, if it is intact.
fn reuse(
    vocabulary: VocabSource<'_>,
    folder: &Path,
    identity: &Value,
) -> Result<(TextPipeline, LmText), Error> {
    let config = match vocabulary {
        VocabSource::Build(config, _) => config,
        VocabSource::Adapt(base, _) => base.config(),
    };
    let text = TextPipeline::from_files(config, |name| fs::read(folder.join(name)))?;
    let open = |name| TokenFile::open(&folder.join(name), &fingerprint(&text, identity, name));
    let (train, valid) = (open(TRAIN)?, open(VALID)?);
    Ok((text, LmText { train, valid }))
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn fingerprint(text: &TextPipeline, identity: &Value, name: &str) -> Fingerprint {
    Fingerprint::new(text.config(), text.vocab(), &[]).with(&identity.to_string()).with(name)
}

/// Whether a training was started in a folder beside this one.
fn is_in_use(folder: &Path) -> bool {
    let beside = folder.parent().and_then(|run| fs::read_dir(run).ok()).into_iter().flatten();
    let mut others = beside.flatten().map(|entry| entry.path()).filter(|path| path != folder);
    others.any(|task| task.join(CONFIG).exists())
}

/// Removes what an earlier or interrupted attempt left, the mark of completeness first.
fn clear(folder: &Path) -> io::Result<()> {
    let config = folder.join(CONFIG);
    if config.exists() {
        fs::remove_file(config)?;
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() != STDIN && entry.file_name() != "run.lock" {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> CheckpointError {
    let path = path.to_owned();
    move |source| CheckpointError::Io { action, path, source }
}

#[cfg(test)]
#[path = "corpus_tests.rs"]
mod tests;
