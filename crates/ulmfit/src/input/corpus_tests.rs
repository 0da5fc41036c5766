#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "tests")]

use super::*;
use crate::data::batches::{Corpus, TokenSource};
use crate::input::Document;
use crate::model::{AwdLstmConfig, Network};
use crate::recipe::Recipe;
use crate::run::{NoProgress, Runner};
use crate::stages::{LmJob, pretrain};
use crate::text::Direction;

/// Documents of a few words, one per line.
fn lines(documents: usize) -> String {
    let word = |n: usize| ["the", "cat", "sat", "on", "a", "mat", "and", "slept"][n * n % 23 % 8];
    let line = |n: usize| (0..12).map(|w| word(n + w * w)).collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = (0..documents).map(|n| format!("{} number {n} .", line(n))).collect();
    lines.join("\n") + "\n"
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.write(&lines(250));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, text: &str) {
        fs::write(self.path("a.txt"), text).unwrap();
    }

    fn input<'a>(&self) -> LmInput<'a> {
        LmInput {
            train: Texts { documents: Vec::new(), files: vec![self.path("a.txt")] },
            valid: None,
            hold_out: HoldOut::new(100, Key::new(7)),
            options: ReadOptions::default(),
        }
    }

    /// Tokenises; with all that was said meanwhile.
    fn tokenize(&self, min_freq: u64) -> (Result<(TextPipeline, LmText), Error>, String) {
        let (config, vocab) = settings(min_freq);
        let mut said = Said::default();
        let vocabulary = VocabSource::Build(&config, &vocab);
        (self.input().tokenize(vocabulary, Some(&self.path("run/text")), &mut said), said.0)
    }

    /// What tells whether the token file was written again.
    fn written(&self) -> std::time::SystemTime {
        fs::metadata(self.path("run/text").join(TRAIN)).unwrap().modified().unwrap()
    }
}

#[derive(Default)]
struct Said(String);

impl Progress for Said {
    fn note(&mut self, text: &str) {
        self.0 += text;
        self.0 += "\n";
    }
}

fn settings(min_freq: u64) -> (TextConfig, VocabConfig) {
    (TextConfig::default(), VocabConfig { min_freq, ..VocabConfig::default() })
}

fn all(tokens: &TokenFile) -> Vec<Vec<u32>> {
    (0..tokens.documents()).map(|n| tokens.tokens(tokens.document(n))).collect()
}

#[test]
fn one_document_in_so_many_is_held_out() {
    let hold_out = HoldOut::new(10, Key::new(1));
    let held: Vec<usize> = (0..1000).filter(|&n| hold_out.holds(n)).collect();
    assert_eq!(held.len(), 100);
    assert!(held.iter().enumerate().all(|(block, n)| n / 10 == block));
    for place in 0..10 {
        assert!(held.iter().any(|n| n % 10 == place), "never place {place}");
    }
    let other = HoldOut::new(10, Key::new(2));
    assert!((0..1000).any(|n| hold_out.holds(n) != other.holds(n)));
}

#[test]
fn the_files_hold_what_was_read() {
    let place = Place::new();
    let (text, corpora) = place.tokenize(2).0.unwrap();
    let documents: Vec<Document> = lines(250).lines().map(|line| vec![line.to_owned()]).collect();
    let hold_out = place.input().hold_out;
    let part = |held| {
        let documents =
            documents.iter().enumerate().filter(move |(n, _)| hold_out.holds(*n) == held);
        documents.map(|(_, document)| document.clone()).collect::<Vec<_>>()
    };
    let (config, vocab) = settings(2);
    assert_eq!(text.vocab(), TextPipeline::build(&config, &vocab, part(false)).unwrap().vocab());
    assert_eq!(all(&corpora.train), text.encode_all(&part(false)));
    assert_eq!(all(&corpora.valid), text.encode_all(&part(true)));
    assert!(matches!(corpora.valid.documents(), 2 | 3));

    // in memory first, never held out; then the files
    let mut input = place.input();
    input.train.documents = documents[..120].iter().map(Vec::as_slice).collect();
    let (_, mixed) =
        input.tokenize(VocabSource::Adapt(&text, &vocab), None, &mut NoProgress).unwrap();
    assert_eq!(mixed.train.documents(), 120 + corpora.train.documents());
    assert_eq!(mixed.valid.documents(), corpora.valid.documents());
}

#[test]
fn few_documents_give_one_to_judge_by() {
    let place = Place::new();
    for documents in [1, 2, 3, 7, 40] {
        place.write(&lines(documents));
        let (_, corpora) = place.tokenize(1).0.unwrap();
        let held = usize::from(documents > 1);
        assert_eq!(corpora.valid.documents(), held, "{documents}");
        assert_eq!(corpora.train.documents(), documents - held, "{documents}");
    }
}

#[test]
fn made_again_after_a_change_and_only_then() {
    let place = Place::new();
    let digest = |tokens: &LmText| (tokens.train.digest(), tokens.valid.digest());
    let (first, said) = place.tokenize(2);
    let first = digest(&first.unwrap().1);
    assert_eq!(said, "");
    let written = place.written();

    let touched = File::options().append(true).open(place.path("a.txt")).unwrap();
    touched.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    let (same, said) = place.tokenize(2);
    assert_eq!((digest(&same.unwrap().1), place.written()), (first.clone(), written));
    assert!(said.starts_with("reusing the tokens in ") && said.lines().count() == 1, "{said}");

    // a damaged file is no loss
    let path = place.path("run/text").join(VALID);
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, bytes).unwrap();
    let (same, said) = place.tokenize(2);
    assert_eq!(digest(&same.unwrap().1), first);
    assert!(said.contains("its checksum is wrong; tokenising again"), "{said}");

    let (fewer, said) = place.tokenize(3);
    assert_ne!(digest(&fewer.unwrap().1), first);
    assert!(said.starts_with("tokenising again what is in "), "{said}");
    place.write(&lines(251));
    let (more, said) = place.tokenize(3);
    assert_eq!(all(&more.unwrap().1.train).len() + 3, 251);
    assert!(said.starts_with("tokenising again what is in "), "{said}");

    // once a training has begun on it, a change is refused and nothing is lost
    fs::create_dir(place.path("run/pretrain-forward")).unwrap();
    fs::write(place.path("run/pretrain-forward").join(CONFIG), "{}").unwrap();
    let written = place.written();
    for change in [2, 3] {
        if change == 3 {
            place.write(&lines(252));
        }
        let error = place.tokenize(change).0.unwrap_err();
        assert!(error.to_string().contains("was started with different settings"), "{error}");
        let what = if change == 2 { "`min-freq` was 3, now 2" } else { "a.txt" };
        assert!(error.to_string().contains(what), "{error}");
    }
    place.write(&lines(251));
    place.tokenize(3).0.unwrap();
    assert_eq!(place.written(), written);
}

#[test]
fn nothing_is_left_after_an_error() {
    let place = Place::new();
    fs::write(place.path("a.txt"), b"good\n\xff\xfe bad\n").unwrap();
    assert!(matches!(place.tokenize(1).0, Err(Error::Data(_))));
    assert!(!place.path("run").exists());
    fs::remove_file(place.path("a.txt")).unwrap();
    assert!(matches!(place.tokenize(1).0, Err(Error::Data(DataError::Missing { .. }))));
    assert!(!place.path("run").exists());
}

#[test]
fn training_has_the_same_bits_from_a_file_as_from_memory() {
    let place = Place::new();
    let (text, mapped) = place.tokenize(1).0.unwrap();
    let copy = |file: &TokenFile| {
        let mut corpus = Corpus::default();
        all(file).iter().for_each(|document| corpus.push(document));
        corpus
    };
    let owned = LmText { train: copy(&mapped.train), valid: copy(&mapped.valid) };
    let mut recipe = Recipe::preset("default").unwrap().pretrain;
    recipe.training.epochs = 2;
    (recipe.training.batch_size, recipe.training.bptt) = (4, 11);
    let sizes = AwdLstmConfig { vocab: text.vocab().len(), emb: 8, hid: 12, layers: 2 };
    let directions = [Direction::Forward, Direction::Backward];
    let mut quiet = NoProgress;
    let mut runner = Runner::new(&mut quiet, None, crate::run::CheckpointInterval::default());
    let mut train = |mapped: Option<&LmText>| {
        let (bundle, scores) = match mapped {
            Some(corpora) => {
                let job = LmJob {
                    corpora,
                    directions: &directions,
                    recipe: &recipe,
                    seed: 5,
                    teacher: None,
                };
                pretrain(&mut runner, text.clone(), sizes, &job)
            }
            None => {
                let corpora = &owned;
                let job = LmJob {
                    corpora,
                    directions: &directions,
                    recipe: &recipe,
                    seed: 5,
                    teacher: None,
                };
                pretrain(&mut runner, text.clone(), sizes, &job)
            }
        }
        .unwrap();
        let weights = |(_, network): &(_, crate::model::LanguageModel<_>)| {
            network.state().values().map(|tensor| tensor.to_f32()).collect::<Vec<_>>()
        };
        (bundle.networks.iter().map(weights).collect::<Vec<_>>(), scores)
    };
    assert_eq!(train(Some(&mapped)), train(None));
}
