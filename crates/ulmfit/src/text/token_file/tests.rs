use std::fs;

use proptest::prelude::*;

use super::*;
use crate::text::{TextConfig, TextPipeline, Vocab, VocabConfig};

fn fingerprint(source: &str) -> Fingerprint {
    let vocab = Vocab::from_tokens(["xxunk", "xxpad", "xxbos"].map(String::from).into()).unwrap();
    let source = Source { name: source.into(), bytes: 1, hash: blake3::hash(b"a") };
    Fingerprint::new(&TextConfig::default(), &vocab, &[source])
}

fn write(path: &Path, documents: &[Vec<TokenId>], vocab_size: usize) -> TokenFile {
    let mut writer = TokenFileWriter::create(path, fingerprint("a"), vocab_size).unwrap();
    for document in documents {
        writer.push(document).unwrap();
    }
    assert!(!path.exists(), "the file must not be seen before it is complete");
    writer.finish().unwrap()
}

proptest! {
    #[test]
    fn reads_what_was_written(
        documents in prop::collection::vec(prop::collection::vec(0..60_000_u32, 0..40), 0..20),
        wide in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let file = write(&folder.path().join("t"), &documents, if wide { 1 << 17 } else { 60_000 });
        prop_assert_eq!(file.tokens(0..file.len()), documents.concat());
        prop_assert_eq!(file.documents(), documents.len());
        for (i, document) in documents.iter().enumerate() {
            prop_assert_eq!(&file.tokens(file.document(i)), document);
        }
        prop_assert_eq!(file.ends().last().unwrap_or(0), file.len());
    }
}

#[test]
fn ids_beyond_sixteen_bits() {
    let folder = tempfile::tempdir().unwrap();
    let ids = vec![65_535, 65_536, 70_000];
    assert_eq!(
        write(&folder.path().join("wide"), std::slice::from_ref(&ids), 70_001).tokens(0..3),
        ids
    );
    let narrow = write(&folder.path().join("narrow"), &[vec![65_535]], 65_536);
    assert_eq!((narrow.tokens(0..1), narrow.is_empty()), (vec![65_535], false));
}

#[test]
fn every_flipped_byte_and_every_cut_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t");
    drop(write(&path, &[vec![1, 2, 3], vec![], vec![4]], 100));
    let good = fs::read(&path).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&path, &bad).unwrap();
        assert!(TokenFile::open(&path, &fingerprint("a")).is_err(), "byte {at}");
        fs::write(&path, &good[..at]).unwrap();
        assert!(TokenFile::open(&path, &fingerprint("a")).is_err(), "cut at {at}");
    }
}

#[test]
fn made_from_something_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t");
    drop(write(&path, &[vec![1]], 100));
    let error = TokenFile::open(&path, &fingerprint("b")).unwrap_err();
    assert!(matches!(error, TextError::TokenFileStale { .. }));
    assert!(error.hint().is_some());
    let missing = TokenFile::open(&folder.path().join("none"), &fingerprint("a")).unwrap_err();
    assert!(matches!(missing, TextError::TokenFileIo { .. }));
}

#[test]
fn straight_from_documents() {
    let folder = tempfile::tempdir().unwrap();
    let texts: Vec<Vec<String>> =
        (0..300).map(|n| vec![format!("Text {n} of MANY, it's {n}!")]).collect();
    let vocab = VocabConfig { min_freq: 1, ..VocabConfig::default() };
    let pipeline = TextPipeline::build(&TextConfig::default(), &vocab, texts.clone()).unwrap();
    let print = Fingerprint::new(pipeline.config(), pipeline.vocab(), &[]);
    let documents = texts.iter().cloned().map(Ok::<_, TextError>);
    let file = pipeline.write_token_file(&folder.path().join("t"), print, documents).unwrap();
    assert_eq!(file.tokens(0..file.len()), pipeline.encode_all(&texts).concat());
}

#[test]
fn sources_are_compared_by_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("below").join("text");
    fs::create_dir(folder.path().join("below")).unwrap();
    fs::write(&path, "one\ntwo\n").unwrap();
    let sources = || [Source::of(&path).unwrap(), Source::of(folder.path()).unwrap()];
    let before = sources();
    assert_eq!((before[0].name.as_str(), before[0].bytes, before[1].bytes), ("text", 8, 8));
    let touched = fs::File::options().append(true).open(&path).unwrap();
    touched.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(sources(), before);
    fs::write(&path, "one\ntwa\n").unwrap();
    for (after, before) in sources().iter().zip(&before) {
        assert_eq!(after.bytes, before.bytes);
        assert_ne!(after.hash, before.hash);
    }
}
