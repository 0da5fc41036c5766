//! How a case is laid out, read and judged.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use ulmfit::ErrorClass;
use ulmfit::data::labels::{LabelOptions, LabelSet, Task};
use ulmfit::data::readers::read_all;
use ulmfit::data::readers::{EncodingErrors, Format, LabelUse, ReadOptions, Warnings};
use ulmfit::data::{DataError, Record};

/// A path and its bytes inside a fresh folder; a path that ends in `/` is an empty folder.
pub(crate) type Files = Vec<(&'static str, Vec<u8>)>;

pub(crate) fn file(name: &'static str, bytes: impl AsRef<[u8]>) -> Files {
    vec![(name, bytes.as_ref().to_vec())]
}

pub(crate) fn place(files: &Files) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        if name.ends_with('/') {
            fs::create_dir_all(path).unwrap();
        } else {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
    folder
}

pub(crate) fn labelled() -> ReadOptions {
    ReadOptions::default()
}

pub(crate) fn unlabelled() -> ReadOptions {
    ReadOptions { labels: LabelUse::Ignored, ..ReadOptions::default() }
}

pub(crate) fn optional() -> ReadOptions {
    ReadOptions { labels: LabelUse::Optional, ..ReadOptions::default() }
}

pub(crate) fn replacing() -> ReadOptions {
    ReadOptions { encoding_errors: EncodingErrors::Replace, ..unlabelled() }
}

pub(crate) fn text(column: &str) -> ReadOptions {
    ReadOptions { text: vec![column.to_owned()], ..unlabelled() }
}

pub(crate) fn given(format: Format) -> ReadOptions {
    ReadOptions { format: Some(format), ..labelled() }
}

pub(crate) fn short(max_document_bytes: usize) -> ReadOptions {
    ReadOptions { max_document_bytes, ..unlabelled() }
}

/// Reads the data and, where labels are required, collects them as a training command does.
pub(crate) fn train_on(
    path: &Path,
    options: &ReadOptions,
    task: Task,
) -> Result<(Vec<Record>, Warnings), DataError> {
    let (records, warnings) = read_all(path, options)?;
    if options.labels == LabelUse::Required {
        LabelSet::from_records(&records, &LabelOptions { task, ..LabelOptions::default() })?;
    }
    Ok((records, warnings))
}

pub(crate) struct Refused {
    files: Files,
    options: ReadOptions,
    task: Task,
    class: ErrorClass,
    /// Beginning of the message, after the folder's path.
    message: &'static str,
    /// Part of the hint.
    hint: &'static str,
}

pub(crate) fn refused(
    files: Files,
    options: ReadOptions,
    message: &'static str,
    hint: &'static str,
) -> Refused {
    Refused { files, options, task: Task::Auto, class: ErrorClass::Data, message, hint }
}

impl Refused {
    pub(crate) fn class(self, class: ErrorClass) -> Self {
        Self { class, ..self }
    }

    pub(crate) fn task(self, task: Task) -> Self {
        Self { task, ..self }
    }
}

pub(crate) fn check_refusals(cases: Vec<Refused>) {
    for case in cases {
        let folder = place(&case.files);
        let name = case.files[0].0.split('/').next().unwrap();
        let path = folder.path().join(name);
        let error = train_on(&path, &case.options, case.task).expect_err(case.message);
        let message = error.to_string().replace(&format!("{}/", folder.path().display()), "");
        assert!(message.starts_with(case.message), "wanted {:?}\n   got {message:?}", case.message);
        assert!(!message.contains('\n') && !message.ends_with('.'), "{message:?}");
        assert_eq!(error.class(), case.class, "{message}");
        let hint = error.hint().unwrap_or_else(|| panic!("no hint: {message}"));
        assert!(hint.contains(case.hint), "{message}\nhint: {hint}");
    }
}
