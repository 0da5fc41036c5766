use std::fs;
use std::path::Path;

use super::{CheckpointError, FolderWriter, ModelFolder, Overwrite};
use crate::ErrorClass;

fn write(target: &Path, overwrite: Overwrite, text: &[u8]) -> Result<(), CheckpointError> {
    let mut writer = FolderWriter::create(target, overwrite)?;
    writer.write("config.json", text)?;
    writer.write("model.safetensors", &[7; 1000])?;
    writer.finish()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_folder_appears_whole_and_without_litter() {
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("deep/er/model");
    write(&target, Overwrite::Refuse, b"{}").unwrap();
    assert_eq!(names(&target), ["config.json", "manifest.json", "model.safetensors"]);
    assert_eq!(names(target.parent().unwrap()), ["model"]);

    let folder = ModelFolder::open(&target).unwrap();
    assert_eq!(folder.read("config.json").unwrap(), b"{}");
    assert_eq!(folder.files().map(|(_, bytes)| bytes).collect::<Vec<_>>(), [2, 1000]);
    assert!(folder.has("config.json") && !folder.has("vocab.json"));
    let error = folder.read("vocab.json").unwrap_err();
    assert!(matches!(error, CheckpointError::NotInFolder { .. }), "{error}");
}

#[test]
fn a_dropped_writer_leaves_nothing() {
    let place = tempfile::tempdir().unwrap();
    let mut writer = FolderWriter::create(&place.path().join("model"), Overwrite::Refuse).unwrap();
    writer.write("config.json", b"{}").unwrap();
    assert_eq!(names(place.path()).len(), 1);
    drop(writer);
    assert_eq!(names(place.path()).len(), 0);
}

#[test]
fn only_empty_folders_and_old_models_are_replaced() {
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("model");
    fs::create_dir(&target).unwrap();
    write(&target, Overwrite::Refuse, b"first").unwrap();

    let error = write(&target, Overwrite::Refuse, b"second").unwrap_err();
    assert!(matches!(error, CheckpointError::Exists { .. }), "{error}");
    assert_eq!(error.class(), ErrorClass::Usage);
    assert_eq!(ModelFolder::open(&target).unwrap().read("config.json").unwrap(), b"first");

    write(&target, Overwrite::Replace, b"second").unwrap();
    assert_eq!(ModelFolder::open(&target).unwrap().read("config.json").unwrap(), b"second");
    assert_eq!(names(place.path()), ["model"]);

    let home = place.path().join("home");
    fs::create_dir(&home).unwrap();
    fs::write(home.join("letter.txt"), "dear").unwrap();
    fs::write(place.path().join("file"), "text").unwrap();
    for foreign in [&home, &place.path().join("file")] {
        for overwrite in [Overwrite::Refuse, Overwrite::Replace] {
            let error = write(foreign, overwrite, b"third").unwrap_err();
            assert!(matches!(error, CheckpointError::Foreign { .. }), "{error}");
            assert!(!error.hint().unwrap().contains("overwrite"), "it would not help");
        }
    }
    let error = write(Path::new("/"), Overwrite::Replace, b"third").unwrap_err();
    assert!(matches!(error, CheckpointError::NotAName { .. }), "{error}");
    assert_eq!(names(place.path()), ["file", "home", "model"]);
    assert_eq!(fs::read(home.join("letter.txt")).unwrap(), b"dear");
}

#[test]
fn two_writers_do_not_take_each_other_for_litter() {
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("model");
    let mut slow = FolderWriter::create(&target, Overwrite::Refuse).unwrap();
    write(&target, Overwrite::Refuse, b"fast").unwrap();
    slow.write("config.json", b"slow").unwrap();
    let error = slow.finish().unwrap_err();
    assert!(matches!(error, CheckpointError::Exists { .. }), "{error}");
    assert_eq!(ModelFolder::open(&target).unwrap().read("config.json").unwrap(), b"fast");
    assert_eq!(names(place.path()), ["model"]);
}

/// Killed between making its folder and its lock, or while it removed them.
#[test]
fn what_a_killed_writer_left_is_removed_at_any_state() {
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("model");
    for files in [&[][..], &["config.json"], &[".writing"], &["config.json", "manifest.json"]] {
        let left = place.path().join(".model.new-abc");
        fs::create_dir(&left).unwrap();
        for file in files {
            fs::write(left.join(file), b"").unwrap();
        }
        write(&target, Overwrite::Replace, b"{}").unwrap();
        assert_eq!(names(place.path()), ["model"], "{files:?}");
    }
}

#[test]
fn writers_that_begin_at_once_do_not_disturb_each_other() {
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("model");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    FolderWriter::create(&target, Overwrite::Refuse).unwrap();
                }
            });
        }
    });
    FolderWriter::create(&target, Overwrite::Refuse).unwrap();
    assert_eq!(names(place.path()), [""; 0]);
}

#[test]
fn what_is_no_model_is_named() {
    let place = tempfile::tempdir().unwrap();
    let absent = ModelFolder::open(&place.path().join("absent")).unwrap_err();
    assert_eq!(absent.class(), ErrorClass::MissingInput);
    let plain = ModelFolder::open(place.path()).unwrap_err();
    assert!(matches!(plain, CheckpointError::Incomplete { .. }), "{plain}");
    assert!(plain.hint().is_some());
    fs::write(place.path().join("manifest.json"), r#"{"schema":7,"parts":[]}"#).unwrap();
    let newer = ModelFolder::open(place.path()).unwrap_err();
    assert_eq!(newer.class(), ErrorClass::Data);
    assert!(
        newer.to_string().ends_with("the manifest has version 7; this program reads version 1"),
        "{newer}"
    );
}

#[test]
fn a_manifest_cannot_point_out_of_its_folder() {
    for name in
        ["../up", "/etc/passwd", "a/b", "a\\b", "..", ".", "", "c:x", "a\u{0}b", "manifest.json"]
    {
        let text = format!(
            "{{\n  \"schema\": 1,\n  \"files\": {{\n    {}: {{\n      \"bytes\": 0,\n      \"blake3\": \"\"\n    }}\n  }}\n}}\n",
            serde_json::to_string(name).unwrap()
        );
        let error = super::check_manifest(text.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("the manifest lists"), "{name:?}: {error}");
    }
}

#[cfg(unix)]
#[test]
fn links_and_pipes_are_not_opened() {
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("model");
    for replace in ["ln -s /dev/zero", "ln -s config.json", "mkfifo", "mkdir"] {
        write(&target, Overwrite::Replace, b"{}").unwrap();
        let weights = target.join("model.safetensors");
        fs::remove_file(&weights).unwrap();
        let command = format!("{replace} {}", weights.display());
        assert!(
            std::process::Command::new("sh").args(["-c", &command]).status().unwrap().success()
        );
        let error = ModelFolder::open(&target).unwrap_err();
        assert!(matches!(error, CheckpointError::NotAFile { .. }), "{replace}: {error}");
    }
}

/// One bit flipped at 1,000 places and 200 cuts, over all files: none passes, and no read ever
/// returns other bytes than were written.
#[test]
fn every_flipped_bit_and_every_cut_is_noticed() {
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("model");
    write(&target, Overwrite::Refuse, br#"{"schema":1,"kind":"language_model"}"#).unwrap();
    let opened = ModelFolder::open(&target).unwrap();
    let mut random = 1_u64;
    let mut below = |n: usize| {
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % n
    };
    let files = names(&target);
    for case in 0..1200 {
        let name = &files[case % files.len()];
        let path = target.join(name);
        let whole = fs::read(&path).unwrap();
        let mut bytes = whole.clone();
        if case < 1000 {
            let place = below(bytes.len());
            bytes[place] ^= 1 << below(8);
        } else {
            bytes.truncate(below(bytes.len()));
        }
        fs::write(&path, &bytes).unwrap();
        let error = ModelFolder::open(&target).unwrap_err();
        assert_eq!(error.class(), ErrorClass::Data, "{name} {case}: {error}");
        if opened.has(name) {
            assert!(opened.read(name).is_err(), "{name} {case}");
        }
        fs::write(&path, &whole).unwrap();
    }
    ModelFolder::open(&target).unwrap();
}

/// A checkpoint is written into a run that exists; whoever removed the run does not get half of it
/// back.
#[test]
fn a_parent_that_must_exist_is_not_made() {
    let place = tempfile::tempdir().unwrap();
    let removed = place.path().join("removed");
    let writer = FolderWriter::create_in_existing(&removed.join("000001"), Overwrite::Refuse);
    assert!(matches!(writer, Err(CheckpointError::Missing { .. })));
    assert!(!removed.exists());
}
