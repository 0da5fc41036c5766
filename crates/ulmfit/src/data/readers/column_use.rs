//! Which columns of a file are read.

use std::fmt;
use std::path::Path;

use super::columns::Selection;
use super::delimiter::Delimiter;
use crate::data::list::list;

/// Which columns of a file are read, and as what; all empty where columns have no names.
///
/// ```
/// use ulmfit::data::readers::ColumnUse;
/// let columns = ColumnUse {
///     text: vec!["title".into(), "body".into()],
///     label: Some("team".into()),
///     unread: vec!["id".into()],
///     delimiter: None,
///     byte_order_mark: false,
/// };
/// assert_eq!(columns.to_string(), "text: `title` and `body`; label: `team`; not read: `id`");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnUse {
    /// The columns that are the text, in the order in which they are joined.
    pub text: Vec<String>,
    /// The column that is the label.
    pub label: Option<String>,
    /// The others.
    pub unread: Vec<String>,
    /// The delimiter, if it is not the one that the format's name says.
    pub delimiter: Option<Delimiter>,
    /// Whether the file begins with a byte order mark, by which Excel knows UTF-8.
    pub byte_order_mark: bool,
}

impl ColumnUse {
    pub(crate) fn new(names: &[String], selection: &Selection) -> Self {
        let Selection { text, label } = selection;
        let unread = (0..names.len()).filter(|at| !text.contains(at) && *label != Some(*at));
        Self {
            text: text.iter().map(|&at| names[at].clone()).collect(),
            label: label.map(|at| names[at].clone()),
            unread: unread.map(|at| names[at].clone()).collect(),
            delimiter: None,
            byte_order_mark: false,
        }
    }

    /// A note about the columns of a file, if they have names.
    ///
    /// ```
    /// # use ulmfit::data::readers::ColumnUse;
    /// let columns = ColumnUse { text: vec!["body".into()], ..ColumnUse::default() };
    /// assert_eq!(columns.told_of("a.csv".as_ref()).unwrap(), "a.csv: text: `body`");
    /// assert_eq!(ColumnUse::default().told_of("a.txt".as_ref()), None);
    /// ```
    #[must_use]
    pub fn told_of(&self, path: &Path) -> Option<String> {
        let file =
            if path == Path::new("-") { "<stdin>".into() } else { path.display().to_string() };
        (!self.text.is_empty()).then(|| format!("{file}: {self}"))
    }
}

impl fmt::Display for ColumnUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "text: {}", list(&self.text))?;
        if let Some(label) = &self.label {
            write!(f, "; label: `{label}`")?;
        }
        if !self.unread.is_empty() {
            write!(f, "; not read: {}", list(&self.unread))?;
        }
        match self.delimiter {
            Some(delimiter) => write!(f, "; delimiter: {delimiter}"),
            None => Ok(()),
        }
    }
}
