//! Damaged and dishonest archives.

use std::fs;
use std::path::PathBuf;

use super::pickle_write::PickleWriter;
use super::zip::Archive;
use super::zip_write::ArchiveWriter;
use super::{FastaiError, import_fastai};

fn fixture(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/fastai_files");
    fs::read(folder.join(name)).unwrap()
}

fn vocabulary() -> Vec<u8> {
    fixture("lm_vocab.pkl")
}

/// The archive has checksums: a flipped bit is found, or it is one that means nothing.
#[test]
fn damaged_archives_are_refused_or_mean_the_same() {
    let whole = fixture("lm.pth");
    let wanted = import_fastai(&whole, &vocabulary()).unwrap().tensors;
    let mut refused = 0;
    for bit in (0..whole.len() * 8).step_by(37) {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        match import_fastai(&bytes, &vocabulary()) {
            Ok(imported) => assert_eq!(imported.tensors, wanted, "bit {bit}"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 500, "{refused}");
    for length in (0..whole.len()).step_by(31) {
        assert!(import_fastai(&whole[..length], &vocabulary()).is_err(), "{length}");
    }
}

/// The old format has none: it must still not panic, nor take other shapes.
#[test]
fn damaged_old_files_do_no_harm() {
    let whole = fixture("lm_legacy.pth");
    let wanted = import_fastai(&whole, &vocabulary()).unwrap().sizes;
    for bit in (0..whole.len() * 8).step_by(13) {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(imported) = import_fastai(&bytes, &vocabulary()) {
            assert_eq!(imported.sizes, wanted, "bit {bit}");
        }
    }
    for length in 0..whole.len() {
        assert!(import_fastai(&whole[..length], &vocabulary()).is_err(), "{length}");
    }
}

/// Overwrites every occurrence of `old` by `new` of the same length.
fn patched(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let mut bytes = bytes.to_vec();
    let places: Vec<_> =
        (0..=bytes.len() - old.len()).filter(|&at| bytes[at..].starts_with(old)).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + new.len()].copy_from_slice(new);
    }
    bytes
}

#[test]
fn hostile_archives_are_refused() {
    let mut good = ArchiveWriter::default();
    good.add("aa/data.pkl", b"].").unwrap();
    good.add("aa/data/0", &[7; 100]).unwrap();
    let good = good.finish().unwrap();
    let archive = Archive::open(&good).unwrap();
    assert_eq!(archive.read("aa/data.pkl").unwrap(), Some(&b"]."[..]));
    assert_eq!(archive.read("aa/data/1").unwrap(), None);

    let directory = (0..good.len()).find(|&at| good[at..].starts_with(b"PK\x01\x02")).unwrap();
    let end = good.len() - 22;
    let with = |at: usize, new: &[u8]| {
        let mut bytes = good.clone();
        bytes[at..at + new.len()].copy_from_slice(new);
        bytes
    };
    let max = [0xff; 4];
    let cases = [
        ("up", patched(&good, b"aa/data/0", b"../data/0")),
        ("up, later", patched(&good, b"aa/data/0", b"a/../ta/0")),
        ("root", patched(&good, b"aa/data/0", b"/a/data/0")),
        ("backslash", patched(&good, b"aa/data/0", b"aa\\data\\0")),
        ("drive", patched(&good, b"aa/data/0", b"c:/data/0")),
        ("NUL", patched(&good, b"aa/data/0", b"aa/data/\0")),
        ("not UTF-8", patched(&good, b"aa/data/0", b"aa/data/\xff")),
        ("two names", with(directory + 46, b"b")),
        ("deflated", with(directory + 10, &[8])),
        ("encrypted", with(directory + 8, &[1])),
        ("other sizes", with(directory + 20, &[9])),
        ("larger", with(directory + 20, &[9, 0, 0, 0, 9, 0, 0, 0])),
        ("4 GiB", with(directory + 20, &[0xfe, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff])),
        ("zip64 sizes without them", with(directory + 20, &[0xff; 8])),
        ("offset in the middle", with(directory + 42, &[1])),
        ("offset outside", with(directory + 42, &[0xfe, 0xff, 0xff, 0xff])),
        ("long name", with(directory + 28, &[0xff, 0xff])),
        ("long extra", with(directory + 30, &[0xff, 0xff])),
        ("long comment", with(directory + 32, &[0xff, 0xff])),
        ("more members", with(end + 10, &[9])),
        ("directory outside", with(end + 16, &[0xfe, 0xff, 0xff, 0xff])),
        ("directory too long", with(end + 12, &[0xfe, 0xff, 0xff, 0xff])),
        ("zip64 without locator", with(end + 16, &max)),
        ("other disk", with(end + 4, &[1])),
        ("no end", good[..good.len() - 1].to_vec()),
        ("nothing", vec![]),
        ("two bytes", b"PK".to_vec()),
        ("an empty archive with 65,534 members", {
            [b"PK\x05\x06\0\0\0\0".as_slice(), &[0xfe, 0xff, 0xfe, 0xff], &[0; 10]].concat()
        }),
    ];
    for (name, bytes) in cases {
        assert!(Archive::open(&bytes).is_err(), "{name}");
    }
    // A directory that names the same bytes twice: one storage could become many.
    let mut twice = ArchiveWriter::default();
    twice.add("aa/data/0", &[7; 100]).unwrap();
    twice.add("aa/data/1", &[7; 100]).unwrap();
    let twice = twice.finish().unwrap();
    let same_name = patched(&twice, b"aa/data/1", b"aa/data/0");
    assert!(matches!(
        Archive::open(&same_name),
        Err(FastaiError::Member { what: "occurs twice", .. })
    ));
    let damaged = with(directory - 1, &[8]);
    let damaged = Archive::open(&damaged).unwrap();
    assert!(matches!(damaged.read("aa/data/0"), Err(FastaiError::Member { .. })));
}

/// A language model of one layer, one unit and two words, each tensor `[4]` or as `change` says.
fn tiny_model(change: impl Fn(&str, &mut Lie)) -> Vec<u8> {
    let mut pickle = PickleWriter::new();
    let mut archive = ArchiveWriter::default();
    pickle.ordered_dict();
    pickle.mark();
    for (key, (name, dims)) in [
        ("0.encoder.weight", &[2, 1][..]),
        ("0.rnns.0.weight_hh_l0_raw", &[4, 1]),
        ("0.rnns.0.module.weight_ih_l0", &[4, 1]),
        ("0.rnns.0.module.bias_ih_l0", &[4]),
        ("0.rnns.0.module.bias_hh_l0", &[4]),
        ("1.decoder.bias", &[2]),
    ]
    .into_iter()
    .enumerate()
    {
        let elements = dims.iter().product();
        let mut lie = Lie {
            name: name.into(),
            storage: "FloatStorage",
            key: key.to_string(),
            elements,
            offset: 0,
            dims: dims.to_vec(),
            strides: vec![1; dims.len()],
        };
        archive.add(&format!("m/data/{key}"), &vec![0; 4 * elements]).unwrap();
        change(name, &mut lie);
        pickle.text(&lie.name);
        pickle.global("torch._utils", "_rebuild_tensor_v2");
        pickle.mark();
        pickle.mark();
        pickle.text("storage");
        pickle.global("torch", lie.storage);
        pickle.text(&lie.key);
        pickle.text("cpu");
        pickle.integer(lie.elements);
        pickle.tuple_from_mark();
        pickle.persistent();
        pickle.integer(lie.offset);
        pickle.integers(&lie.dims);
        pickle.integers(&lie.strides);
        pickle.tuple_from_mark();
        pickle.call();
    }
    pickle.set_from_mark();
    archive.add("m/data.pkl", &pickle.finish()).unwrap();
    archive.finish().unwrap()
}

type Change = fn(&mut Lie);

struct Lie {
    name: String,
    storage: &'static str,
    key: String,
    elements: usize,
    offset: usize,
    dims: Vec<usize>,
    strides: Vec<usize>,
}

#[test]
fn tensors_cannot_lie_about_their_place() {
    let words = b"(Va\nVb\nl.";
    import_fastai(&tiny_model(|_, _| {}), words).unwrap();
    let lies: [(&str, Change, &str); 14] = [
        ("offset", |lie| lie.offset = 1, "reaches beyond its storage"),
        ("huge offset", |lie| lie.offset = usize::MAX / 2, "reaches beyond its storage"),
        ("wrapping offset", |lie| lie.offset = 1 << 62, "reaches beyond its storage"),
        ("more elements", |lie| lie.elements += 1, "its storage has another length"),
        ("wrapping elements", |lie| lie.elements = (1 << 62) + 2, "its storage has another length"),
        ("wider type", |lie| lie.storage = "DoubleStorage", "its storage has another length"),
        ("no storage", |lie| lie.key = "77".into(), "its storage is missing"),
        ("zero stride", |lie| lie.strides = vec![0, 1], "not stored row by row"),
        ("no stride", |lie| lie.strides = vec![], "not stored row by row"),
        ("gaps", |lie| lie.strides = vec![2, 1], "not stored row by row"),
        ("more rows", |lie| lie.dims[0] = 3, "reaches beyond its storage"),
        ("overflow", |lie| lie.dims = vec![1 << 33, 1 << 33], "not stored row by row"),
        ("negative", |lie| lie.dims[0] = usize::MAX, "bad shape"),
        ("another name", |lie| lie.name = "0.encoder.w".into(), "unexpected tensor `0.encoder.w`"),
    ];
    for (name, lie, message) in lies {
        let file = tiny_model(|tensor, entry| {
            if tensor == "0.encoder.weight" {
                lie(entry);
            }
        });
        let error = import_fastai(&file, words).unwrap_err();
        assert!(error.to_string().contains(message), "{name}: {error}");
    }
    let shared = tiny_model(|tensor, entry| {
        if tensor.ends_with("weight_ih_l0") {
            (entry.key, entry.elements) = ("1".into(), 4); // the recurrent weights again
        }
        if tensor.ends_with("bias_ih_l0") {
            (entry.key, entry.elements) = ("1".into(), 4);
        }
    });
    import_fastai(&shared, words).unwrap(); // no larger than the file, so it does no harm
    let twice = tiny_model(|tensor, entry| {
        if tensor.ends_with("bias_hh_l0") {
            entry.name = "0.rnns.0.module.bias_ih_l0".into();
        }
    });
    let error = import_fastai(&twice, words).unwrap_err();
    assert!(error.to_string().ends_with("occurs twice"), "{error}");
}
