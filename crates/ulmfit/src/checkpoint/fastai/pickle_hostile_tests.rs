//! Untrusted input, made to be loaded by a careless program.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::pickle::read_pickle;
use super::zip_write::ArchiveWriter;
use super::{FastaiError, import_fastai, read_vocabulary};
use crate::checkpoint::test_process::within_64_mib;

fn fixture(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/fastai_files");
    fs::read(folder.join(name)).unwrap()
}

fn vocabulary() -> Vec<u8> {
    fixture("lm_vocab.pkl")
}

fn zipped(pickle: &[u8]) -> Vec<u8> {
    let mut archive = ArchiveWriter::default();
    archive.add("model/data.pkl", pickle).unwrap();
    archive.finish().unwrap()
}

const MAGIC: &[u8] = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.";

const DANGEROUS: [(&str, &str); 24] = [
    ("os", "system"),
    ("posix", "system"),
    ("nt", "system"),
    ("os", "popen"),
    ("os", "execv"),
    ("builtins", "eval"),
    ("builtins", "exec"),
    ("builtins", "getattr"),
    ("__builtin__", "eval"),
    ("builtins", "__import__"),
    ("builtins", "open"),
    ("subprocess", "Popen"),
    ("subprocess", "check_output"),
    ("runpy", "run_path"),
    ("webbrowser", "open"),
    ("importlib", "import_module"),
    ("pickle", "loads"),
    ("torch", "load"),
    ("torch.storage", "_load_from_bytes"),
    ("torch._utils", "_rebuild_sparse_tensor"),
    ("numpy.f2py.crackfortran", "getlincoef"),
    ("collections", "OrderedDict.fromkeys"),
    ("fastai.learner", "Learner"),
    ("asyncio.unix_events", "_UnixSubprocessTransport._start"),
];

/// The ways in which a pickle can get hold of a function and call it.
fn attacks(module: &str, name: &str, argument: &str) -> Vec<(&'static str, Vec<u8>)> {
    let short = |text: &str| {
        let mut bytes = vec![0x8c, text.len() as u8];
        bytes.extend(text.bytes());
        bytes
    };
    let argument_0 = format!("V{argument}\n");
    let stack_global = [short(module), short(name), b"\x93".to_vec()].concat();
    vec![
        ("GLOBAL, REDUCE", format!("c{module}\n{name}\n({argument_0}tR.").into_bytes()),
        ("INST", format!("({argument_0}i{module}\n{name}\n.").into_bytes()),
        ("OBJ", format!("(c{module}\n{name}\n{argument_0}o.").into_bytes()),
        (
            "NEWOBJ",
            format!("\u{0}c{module}\n{name}\n({argument_0}t")
                .bytes()
                .skip(1)
                .chain(*b"\x81.")
                .collect(),
        ),
        (
            "STACK_GLOBAL",
            [b"\x80\x04".to_vec(), stack_global.clone(), short(argument), b"\x85R.".to_vec()]
                .concat(),
        ),
        ("NEWOBJ_EX", [b"\x80\x04".to_vec(), stack_global, b")}\x92.".to_vec()].concat()),
    ]
}

#[test]
fn nothing_is_executed_and_the_name_is_told() {
    let place = tempfile::tempdir().unwrap();
    let canary = place.path().join("canary");
    let command = format!("touch {}", canary.display());
    let mut payloads = 0;
    for (module, name) in DANGEROUS {
        for (form, payload) in attacks(module, name, &command) {
            let legacy = [MAGIC, b"\x80\x02M\xe9\x03.", b"}.", &payload].concat();
            for (file, error) in [
                ("vocabulary", read_vocabulary(&payload).unwrap_err()),
                ("bare", import_fastai(&payload, &vocabulary()).unwrap_err()),
                ("zip", import_fastai(&zipped(&payload), &vocabulary()).unwrap_err()),
                ("legacy", import_fastai(&legacy, &vocabulary()).unwrap_err()),
            ] {
                let told = match &error {
                    FastaiError::ForbiddenGlobal { module: m, name: n } => m == module && n == name,
                    FastaiError::NotTorch { .. } => file == "legacy", // refused even earlier
                    _ => false,
                };
                assert!(told, "{form} of {module}.{name} as {file}: {error}");
            }
            payloads += 1;
        }
    }
    assert!(payloads >= 50, "{payloads}");
    assert!(!canary.exists());
}

/// A legacy file that is honest up to its state, which is `payload`.
#[test]
fn the_old_format_is_no_way_around() {
    let payload = b"cos\nsystem\n(Vtrue\ntR.";
    let system = b"}(V\x6c\x69\x74\x74\x6c\x65\x5f\x65\x6e\x64\x69\x61\x6e\nI01\nu.";
    let file = [MAGIC, b"\x80\x02M\xe9\x03.", system, payload].concat();
    let error = import_fastai(&file, &vocabulary()).unwrap_err();
    assert!(matches!(error, FastaiError::ForbiddenGlobal { .. }), "{error}");
}

fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let repeat = |start: &[u8], part: &[u8], count: usize, end: &[u8]| {
        [start, &part.repeat(count), end].concat()
    };
    // Each list holds the one before it ten times: 10^60 strings, if anyone copied.
    let mut lol = b"Vlol\nq\x00".to_vec();
    for index in 0..60_u8 {
        lol.extend([b']', b'(']);
        lol.extend([b'h', index].repeat(10));
        lol.extend([b'e', b'q', index + 1]);
    }
    lol.push(b'.');
    vec![
        ("nothing", vec![]),
        ("only a stop", b".".to_vec()),
        ("no stop", b"]".to_vec()),
        ("protocol 6", b"\x80\x06].".to_vec()),
        ("protocol 255", b"\x80\xff].".to_vec()),
        ("string of 4 GiB", b"X\xff\xff\xff\xff".to_vec()),
        ("string of 2^63", b"\x8d\0\0\0\0\0\0\0\x80".to_vec()),
        ("string of 2^64 - 1", b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff".to_vec()),
        ("bytes of 2^64 - 1", b"\x8e\xff\xff\xff\xff\xff\xff\xff\xff".to_vec()),
        ("integer of 2 GiB", b"\x8b\xff\xff\xff\x7f".to_vec()),
        ("integer of 255 bytes", repeat(b"\x8a\xff", b"\x01", 255, b".")),
        ("integer of a million digits", repeat(b"I", b"9", 1_000_000, b"\n.")),
        ("float of a million digits", repeat(b"F", b"9", 1_000_000, b"\n.")),
        ("not a number", b"Ione\n.".to_vec()),
        ("a name of a megabyte", repeat(b"c", b"a", 1_000_000, b"\nb\n.")),
        ("memo bomb", lol),
        ("memo index 4 billion", b"]r\xff\xff\xff\xff.".to_vec()),
        ("memo index text", b"]p99999999999999999999\n.".to_vec()),
        ("unknown memo index", b"h\x07.".to_vec()),
        ("unknown long memo index", b"j\x07\0\0\0.".to_vec()),
        ("ten million lists", repeat(b"", b"]", 10_000_000, b".")),
        ("ten million marks", repeat(b"", b"(", 10_000_000, b".")),
        ("ten million copies", repeat(b"]", b"2", 10_000_000, b".")),
        ("ten million pops", repeat(b"", b"]0", 5_000_000, b".")),
        ("a million memo entries", repeat(b"]", b"\x94", 1_000_000, b".")),
        ("tuple 400,000 deep", repeat(b")", b"\x85", 400_000, b".")),
        (
            "list 400,000 deep",
            repeat(b"]", b"]", 400_000, b"")
                .into_iter()
                .chain(b"a".repeat(400_000))
                .chain(*b".")
                .collect(),
        ),
        ("a list in itself", b"]q\0h\0a.".to_vec()),
        ("a tuple in its list", b"]q\0(h\0te.".to_vec()),
        ("pop of nothing", b"0.".to_vec()),
        ("pop below a mark", b"](0.".to_vec()),
        ("no mark", b"t.".to_vec()),
        ("append to nothing", b"]a.".to_vec()),
        ("append to a tuple", b")]a.".to_vec()),
        ("odd dictionary", b"}(Va\nu.".to_vec()),
        ("items of a list", b"](Va\nVb\nu.".to_vec()),
        ("call of a string", b"Va\n)R.".to_vec()),
        ("call without tuple", b"ccollections\nOrderedDict\n]R.".to_vec()),
        ("attributes of a list", b"]}b.".to_vec()),
        ("name that is no string", b"K\x01K\x02\x93.".to_vec()),
        ("extension 1", b"\x82\x01.".to_vec()),
        ("extension 2", b"\x83\x01\0.".to_vec()),
        ("extension 4", b"\x84\x01\0\0\0.".to_vec()),
        ("text reference", b"Pabc\n.".to_vec()),
        ("out of band", b"\x97.".to_vec()),
        ("read-only buffer", b"\x98.".to_vec()),
        ("byte array", b"\x96\0\0\0\0\0\0\0\0.".to_vec()),
        ("set", b"\x8f.".to_vec()),
        ("frozen set", b"(\x91.".to_vec()),
        ("unknown instruction", b"\xff.".to_vec()),
        ("string not UTF-8", b"\x8c\x02\xc3\x28.".to_vec()),
        ("surrogate", b"V\\ud800\n.".to_vec()),
        ("half an escape", b"V\\u00\n.".to_vec()),
        ("line not UTF-8", b"I\xff\n.".to_vec()),
        ("frame of 2^64", b"\x95\xff\xff\xff\xff\xff\xff\xff\xff".to_vec()),
        ("reference to anything", b"Vx\nQ.".to_vec()),
    ]
}

#[test]
fn bombs_do_not_go_off() {
    let test = "checkpoint::fastai::pickle_hostile_tests::bombs_do_not_go_off";
    within_64_mib(test, bombs, |bombs| {
        assert!(bombs.len() >= 50, "{}", bombs.len());
        for (name, bomb) in bombs {
            // Whatever is quadratic in a million takes hours, on any machine.
            let start = Instant::now();
            assert!(read_vocabulary(&bomb).is_err(), "{name} is a vocabulary");
            assert!(import_fastai(&bomb, &vocabulary()).is_err(), "{name} is a model");
            assert!(start.elapsed() < Duration::from_secs(10), "{name}: {:?}", start.elapsed());
        }
    });
}

#[test]
fn cut_vocabularies_are_refused() {
    for protocol in 0..6 {
        let whole = fixture(&format!("vocab_protocol{protocol}.pkl"));
        for length in 0..whole.len() {
            assert!(read_vocabulary(&whole[..length]).is_err(), "{protocol} {length}");
        }
        let longer = [&whole[..], b"\n"].concat();
        assert!(read_vocabulary(&longer).is_err(), "{protocol} longer");
    }
}

#[test]
fn a_pickle_ends_where_it_says() {
    let pickle = read_pickle(b"].garbage").unwrap();
    assert_eq!(pickle.bytes(), 2);
}
