//! What holds for the records of any file.

use std::io::Write;
use std::path::Path;

use tempfile::NamedTempFile;
use ulmfit::data::readers::open;
use ulmfit::data::readers::{
    Columns, EncodingErrors, Format, Header, LabelUse, Quotes, ReadOptions,
};
use ulmfit::data::{DataError, Record};
use ulmfit::setting::Spelling;

/// Panics where a law is broken by a file of these bytes, read as `format`.
pub(crate) fn hold(bytes: &[u8], format: Format) {
    let mut file = NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("room for a small file");
    let strict = ReadOptions { format: Some(format), ..ReadOptions::default() };
    let lenient = ReadOptions {
        header: Header::Present,
        encoding_errors: EncodingErrors::Replace,
        labels: LabelUse::Optional,
        label_delimiter: Some(','),
        columns: Columns::Keep,
        ..strict.clone()
    };
    let short = ReadOptions {
        text: vec!["1".to_owned()],
        header: Header::Absent,
        quotes: Quotes::Literal,
        max_document_bytes: 16,
        labels: LabelUse::Ignored,
        ..lenient.clone()
    };
    for options in [strict, lenient, short] {
        let (records, end) = read(file.path(), &options);
        let (again, end_again) = read(file.path(), &options);
        assert_eq!((&records, &end), (&again, &end_again));

        // A byte that is no text may become the three bytes of U+FFFD.
        let longest = options.max_document_bytes.saturating_mul(3);
        let lines = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64 + 1;
        let places = records.iter().map(|record| record.place.line);
        assert!(places.clone().all(|line| (1..=lines).contains(&line)));
        assert!(places.is_sorted());
        for record in &records {
            assert!(!record.fields.is_empty());
            assert!(record.fields.iter().all(|field| field.len() <= longest));
            assert!(record.label.is_some() || options.labels != LabelUse::Required);
        }
    }
}

/// The records up to the first error, and that error's words.
fn read(path: &Path, options: &ReadOptions) -> (Vec<Record>, Option<String>) {
    let mut records = match open(path, options) {
        Ok(records) => records,
        Err(error) => return (Vec::new(), Some(words(path, &error))),
    };
    let mut good = Vec::new();
    for record in &mut records {
        match record {
            Ok(record) => good.push(record),
            Err(error) => {
                assert!(records.next().is_none());
                return (good, Some(words(path, &error)));
            }
        }
    }
    for message in records.warnings().messages(Spelling::default()) {
        assert!(message.contains(&path.display().to_string()), "{message}");
    }
    (good, None)
}

/// `FILE:LINE: what is wrong`, or without a line where the whole file is wrong.
fn words(path: &Path, error: &DataError) -> String {
    let message = error.to_string();
    let rest = message.strip_prefix(&format!("{}:", path.display())).expect("the file's name");
    let whole = matches!(
        error,
        DataError::Empty { .. }
            | DataError::NoRows { .. }
            | DataError::Foreign { .. }
            | DataError::Compressed { .. }
            | DataError::NotBuiltIn { .. }
    );
    let line = rest.split(':').next().and_then(|line| line.parse::<u64>().ok());
    assert!(whole || line.is_some_and(|line| line > 0), "{message}");
    assert!(error.hint().is_none_or(|hint| !hint.is_empty()), "{message}");
    message
}
