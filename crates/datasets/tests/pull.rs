//! Pulls of made-up sets, from folders and from a server of our own.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use flate2::{Compression, write::GzEncoder};
use md5::Md5;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use ulmfit_datasets::{
    CATALOGUE, Check, DataSet, Layout, Origin, PullError, Pulled, RemoteFile, find, pull,
};

const QUESTIONS: [(&str, &[u8]); 2] = [
    ("train.label", b"NUM:count How many caf\xe9s ?\nLOC:city Where is it ?\nNUM:date When ?\n"),
    ("test.label", b"LOC:other Where , then ?\n"),
];

fn leak(text: String) -> &'static str {
    text.leak()
}

fn set_of(
    layout: Layout,
    labels: &'static [&'static str],
    rows: &'static [(&'static str, Option<u64>)],
    files: &[(&str, &[u8])],
) -> &'static DataSet {
    let files: Vec<RemoteFile> = files
        .iter()
        .map(|(name, bytes)| RemoteFile {
            url: leak(format!("https://invalid.example/{name}")),
            bytes: bytes.len() as u64,
            check: match layout {
                Layout::Questions => Check::Sha256(leak(hex::encode(Sha256::digest(bytes)))),
                _ => Check::Md5OfFirstMiB(leak(hex::encode(Md5::digest(
                    &bytes[..bytes.len().min(1 << 20)],
                )))),
            },
        })
        .collect();
    Box::leak(Box::new(DataSet {
        name: "small",
        title: "Small",
        task: "this from that",
        labels,
        rows,
        files: files.leak(),
        layout,
        terms: "none",
        reference: "nobody",
    }))
}

fn questions() -> &'static DataSet {
    let rows = &[("train.csv", Some(3)), ("test.csv", Some(1))];
    set_of(Layout::Questions, &["LOC", "NUM"], rows, &QUESTIONS)
}

/// A tar.gz of these members.
fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        // written by hand: the crate refuses names that lead out of the folder
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append(&header, *bytes).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

fn given(place: &Path, files: &[(&str, &[u8])]) -> Origin {
    let folder = place.join("given");
    fs::create_dir_all(&folder).unwrap();
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).unwrap();
    }
    Origin::Folder(folder)
}

fn pull_from(set: &'static DataSet, place: &Path, from: &Origin) -> Result<Pulled, PullError> {
    pull(set, place, from, &mut |_, _, _| {})
}

/// All names below a folder but those that were given.
fn names(place: &Path) -> Vec<String> {
    let entries = fs::read_dir(place).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name != "given").collect();
    names.sort();
    names
}

#[test]
fn questions_become_rows() {
    let place = tempfile::tempdir().unwrap();
    let from = given(place.path(), &QUESTIONS);
    let pulled = pull_from(questions(), place.path(), &from).unwrap();
    assert_eq!(pulled.files, [("train.csv", 3), ("test.csv", 1)]);
    assert_eq!(pulled.folder, place.path().join("small"));
    assert_eq!(
        fs::read_to_string(pulled.folder.join("train.csv")).unwrap(),
        "text,label,fine\nHow many cafés ?,NUM,NUM:count\nWhere is it ?,LOC,LOC:city\n\
         When ?,NUM,NUM:date\n"
    );
    let test = fs::read_to_string(pulled.folder.join("test.csv")).unwrap();
    assert_eq!(test, "text,label,fine\n\"Where , then ?\",LOC,LOC:other\n");
    let readme = fs::read_to_string(pulled.folder.join("README.md")).unwrap();
    assert!(readme.contains("https://invalid.example/test.label"), "{readme}");
    assert_eq!(names(place.path()), ["small"]);

    let error = pull_from(questions(), place.path(), &from).unwrap_err();
    assert!(matches!(error, PullError::Exists { .. }), "{error}");
}

#[test]
fn numbered_classes_become_names() {
    let train = b"\"2\",\"Cup\",\"A \"\"great\"\" game\\\"\n1,Summit,They met\n";
    let bytes = archive(&[
        ("news_csv/", b""),
        ("news_csv/classes.txt", b"World\nSports\n"),
        ("news_csv/._train.csv", b"what a Mac remembers of the file"),
        ("news_csv/train.csv", train),
        ("../../../test.csv", b"1,Vote,\"Polls\nopen\"\n"),
    ]);
    let files = [("news.tgz", &bytes[..])];
    let rows = &[("train.csv", Some(2)), ("test.csv", Some(1))];
    let news = set_of(Layout::Csv(&["title", "text"]), &["World", "Sports"], rows, &files);
    let place = tempfile::tempdir().unwrap();
    let pulled = pull_from(news, place.path(), &given(place.path(), &files)).unwrap();
    let train = fs::read_to_string(pulled.folder.join("train.csv")).unwrap();
    let wanted = "title,text,label\nCup,\"A \"\"great\"\" game\\\",Sports\nSummit,They met,World\n";
    assert_eq!(train, wanted);
    let test = fs::read_to_string(pulled.folder.join("test.csv")).unwrap();
    assert_eq!(test, "title,text,label\nVote,\"Polls\nopen\",World\n");
    assert_eq!(names(place.path()), ["small"]);
}

#[test]
fn reviews_and_articles_become_rows() {
    let bytes = archive(&[
        ("imdb/README", b"about"),
        ("imdb/train/urls_pos.txt", b"http"),
        ("imdb/train/neg/0_1.txt", b"bad<br />film"),
        ("imdb/train/pos/0_9.txt", b"good, really"),
        ("imdb/test/pos/5_9.txt", b"fine"),
        ("imdb/unsup/7_0.txt", b"who knows"),
    ]);
    let files = [("imdb.tgz", &bytes[..])];
    let rows = &[("train.csv", Some(2)), ("test.csv", Some(1)), ("unlabeled.csv", Some(1))];
    let imdb = set_of(Layout::Folders, &["neg", "pos"], rows, &files);
    let place = tempfile::tempdir().unwrap();
    let pulled = pull_from(imdb, place.path(), &given(place.path(), &files)).unwrap();
    let read = |name| fs::read_to_string(pulled.folder.join(name)).unwrap();
    assert_eq!(read("train.csv"), "text,label\nbad<br />film,neg\n\"good, really\",pos\n");
    assert_eq!(read("test.csv"), "text,label\nfine,pos\n");
    assert_eq!(read("unlabeled.csv"), "text\nwho knows\n");

    let bytes = archive(&[
        ("w/train.csv", b"\" = A = \n\n text\"\n\" = B = \"\n" as &[u8]),
        ("w/test.csv", b"c\n"),
    ]);
    let files = [("wiki.tgz", &bytes[..])];
    let wiki = set_of(Layout::Texts, &[], &[("train.csv", None), ("test.csv", None)], &files);
    let place = tempfile::tempdir().unwrap();
    let pulled = pull_from(wiki, place.path(), &given(place.path(), &files)).unwrap();
    assert_eq!(pulled.files, [("train.csv", 2), ("test.csv", 1)]);
    let train = fs::read_to_string(pulled.folder.join("train.csv")).unwrap();
    assert_eq!(train, "text\n\" = A = \n\n text\"\n = B = \n");
}

#[test]
fn what_is_not_the_published_file_is_refused() {
    let [train, test] = QUESTIONS;
    let other = [&train.1[..10], b"X", &train.1[11..]].concat();
    for (files, said) in [
        ([("train.label", &other[..]), test], "a hash of "),
        ([("train.label", &train.1[..9]), test], "9 bytes instead of 66 bytes"),
    ] {
        let place = tempfile::tempdir().unwrap();
        let from = given(place.path(), &files);
        let error = pull_from(questions(), place.path(), &from).unwrap_err();
        assert!(matches!(error, PullError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains(said) && error.hint().is_some(), "{error}");
        assert_eq!(names(place.path()), [""; 0]);
    }
    let place = tempfile::tempdir().unwrap();
    let error = pull_from(questions(), place.path(), &given(place.path(), &[train])).unwrap_err();
    assert!(matches!(error, PullError::Missing { .. }), "{error}");
}

#[test]
fn rows_that_are_not_as_they_should_be_are_named() {
    let csv = |rows: &[u8]| archive(&[("train.csv", rows)]);
    let cases = [
        (csv(b"1,a,b\n3,c,d\n"), "train.csv: row 2 has no class"),
        (csv(b"1,a,b\n0,c,d\n"), "train.csv: row 2 has no class"),
        (csv(b"1,a\n"), "train.csv: row 1 has other than 3 columns"),
        (csv(b"1,a,b\n"), "train.csv: has 1 rows instead of 2"),
        (csv(b"1,a,b\n1,a,b\n2,a,b\n"), "train.csv: has more than the 2 rows it should have"),
        (csv(b"1,a,b\n1,a,b\n")[..40].to_vec(), "news.tgz: "),
        (b"no archive at all".to_vec(), "news.tgz: "),
    ];
    for (bytes, said) in cases {
        let files = [("news.tgz", &bytes[..])];
        let layout = Layout::Csv(&["title", "text"]);
        let news = set_of(layout, &["World", "Sports"], &[("train.csv", Some(2))], &files);
        let place = tempfile::tempdir().unwrap();
        let error = pull_from(news, place.path(), &given(place.path(), &files)).unwrap_err();
        assert!(matches!(error, PullError::Content { .. }), "{error}");
        assert!(error.to_string().contains(said), "{error}");
        assert!(!place.path().join("small").exists());
    }
}

/// What a server does with a request for a file from some byte on.
type Answer = fn(&[u8], usize) -> Vec<u8>;

fn whole(file: &[u8], _from: usize) -> Vec<u8> {
    answer("200 OK", file.len(), file)
}

fn rest(file: &[u8], from: usize) -> Vec<u8> {
    let status = if from > 0 { "206 Partial Content" } else { "200 OK" };
    answer(status, file.len() - from, &file[from..])
}

/// As `rest`, but the connection breaks after 20 bytes.
fn broken(file: &[u8], from: usize) -> Vec<u8> {
    let end = file.len().min(from + 20);
    let status = if from > 0 { "206 Partial Content" } else { "200 OK" };
    answer(status, file.len() - from, &file[from..end])
}

/// As `rest`, of a file of which nothing is left after 30 bytes.
fn shorter(file: &[u8], from: usize) -> Vec<u8> {
    if from >= 30 {
        answer("416 Range Not Satisfiable", 0, b"")
    } else {
        rest(&file[..file.len().min(30)], from)
    }
}

fn absent(_file: &[u8], _from: usize) -> Vec<u8> {
    answer("404 Not Found", 0, b"")
}

fn answer(status: &str, length: usize, body: &[u8]) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// Serves `QUESTIONS`; returns its address and what it was asked for.
fn serve(answers: Answer) -> (Origin, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Origin::Mirror(format!("http://{}/", listener.local_addr().unwrap()));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let request: Vec<String> =
                lines.map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
            let (_, name) = request[0].split_once('/').unwrap();
            let name = name.split(' ').next().unwrap();
            let range = request.iter().find_map(|line| {
                let line = line.to_lowercase();
                line.strip_prefix("range: bytes=")?.strip_suffix('-')?.parse().ok()
            });
            let from: usize = range.unwrap_or(0);
            heard.lock().unwrap().push(format!("{name} {from}"));
            let file = QUESTIONS.iter().find(|(known, _)| *known == name).unwrap().1;
            let _ = stream.write_all(&answers(file, from));
        }
    });
    (address, asked)
}

#[test]
fn a_broken_download_goes_on_where_it_ended() {
    let place = tempfile::tempdir().unwrap();
    let (from, asked) = serve(broken);
    let mut last = (String::new(), 0);
    pull(questions(), place.path(), &from, &mut |file, have, all| {
        assert!(have <= all);
        last = (file.to_owned(), have);
    })
    .unwrap();
    assert_eq!(last, ("test.label".to_owned(), 25));
    let wanted = ["train.label 0", "train.label 20", "train.label 40", "train.label 60"];
    assert_eq!(asked.lock().unwrap()[..4], wanted);
    assert_eq!(names(place.path()), ["small"]);
}

#[test]
fn what_an_earlier_process_left_is_used() {
    for (answers, from) in [(rest as Answer, 30), (whole, 30)] {
        let place = tempfile::tempdir().unwrap();
        let part = place.path().join(".small.part");
        fs::create_dir_all(part.join("made")).unwrap();
        fs::write(part.join("made/train.csv"), "half a row").unwrap();
        fs::write(part.join("train.label"), &QUESTIONS[0].1[..from]).unwrap();
        let (origin, asked) = serve(answers);
        let pulled = pull_from(questions(), place.path(), &origin).unwrap();
        assert_eq!(pulled.files, [("train.csv", 3), ("test.csv", 1)]);
        assert_eq!(
            asked.lock().unwrap()[..],
            [format!("train.label {from}"), "test.label 0".into()]
        );
    }
}

#[test]
fn a_wrong_download_is_not_gone_on_with() {
    let place = tempfile::tempdir().unwrap();
    let part = place.path().join(".small.part");
    fs::create_dir_all(&part).unwrap();
    fs::write(part.join("train.label"), [b'x'; 30]).unwrap();
    let (origin, _) = serve(rest);
    let error = pull_from(questions(), place.path(), &origin).unwrap_err();
    assert!(matches!(error, PullError::Damaged { .. }), "{error}");
    pull_from(questions(), place.path(), &origin).unwrap();
}

#[test]
fn a_file_that_became_shorter_is_no_published_one() {
    let place = tempfile::tempdir().unwrap();
    let (origin, _) = serve(shorter);
    let error = pull_from(questions(), place.path(), &origin).unwrap_err();
    assert!(error.to_string().ends_with("30 bytes instead of 66 bytes"), "{error}");
    assert!(!place.path().join(".small.part/train.label").exists());
}

#[test]
fn an_absent_file_is_told_at_once() {
    let place = tempfile::tempdir().unwrap();
    let (origin, asked) = serve(absent);
    let error = pull_from(questions(), place.path(), &origin).unwrap_err();
    assert!(matches!(error, PullError::Network { .. }), "{error}");
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("404") && error.hint().is_some(), "{error}: {cause}");
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[test]
fn two_processes_do_not_pull_the_same() {
    let place = tempfile::tempdir().unwrap();
    let part = place.path().join(".small.part");
    fs::create_dir_all(&part).unwrap();
    let lock = fs::File::create(part.join("lock")).unwrap();
    lock.lock().unwrap();
    let from = given(place.path(), &QUESTIONS);
    let error = pull_from(questions(), place.path(), &from).unwrap_err();
    assert!(matches!(error, PullError::Locked { .. }), "{error}");
    drop(lock);
    pull_from(questions(), place.path(), &from).unwrap();
}

#[test]
fn the_catalogue_is_consistent() {
    for set in &CATALOGUE {
        assert_eq!(find(set.name).unwrap(), set, "names are unique");
        for file in set.files {
            assert!(file.url.starts_with("https://") && !file.name().is_empty(), "{}", file.url);
            let (hash, digits) = match file.check {
                Check::Sha256(hash) => (hash, 64),
                Check::Md5OfFirstMiB(hash) => (hash, 32),
            };
            assert_eq!(hash.len(), digits, "{}", set.name);
            assert!(hash.bytes().all(|digit| digit.is_ascii_hexdigit()), "{hash}");
        }
        let files = if set.layout == Layout::Questions { 2 } else { 1 };
        assert_eq!(set.files.len(), files, "{}", set.name);
        assert_eq!(set.labels.is_empty(), set.layout == Layout::Texts, "{}", set.name);
    }
    let error = find("mnist").unwrap_err();
    assert_eq!(error.hint().unwrap(), "`ulmfit data list` names them");
}
