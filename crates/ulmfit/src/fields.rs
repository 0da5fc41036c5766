//! Types that can be given as documents.

use crate::data::Record;
use std::borrow::Cow;

/// A document: one text, or one text per column that the model was trained on.
///
/// Texts are borrowed, never copied. Several columns are given in the order of
/// [`Classifier::text_columns`](crate::Classifier::text_columns).
///
/// ```
/// use ulmfit::Fields;
/// assert_eq!("Where is my parcel?".fields(), ["Where is my parcel?"]);
/// assert_eq!(["Parcel", "Where is it?"].fields(), ["Parcel", "Where is it?"]);
/// ```
pub trait Fields {
    /// The texts of the columns.
    fn fields(&self) -> Vec<&str>;
}

impl Fields for str {
    fn fields(&self) -> Vec<&str> {
        vec![self]
    }
}

impl Fields for String {
    fn fields(&self) -> Vec<&str> {
        vec![self]
    }
}

impl Fields for Cow<'_, str> {
    fn fields(&self) -> Vec<&str> {
        vec![self]
    }
}

impl Fields for Record {
    fn fields(&self) -> Vec<&str> {
        self.fields.iter().map(String::as_str).collect()
    }
}

impl<S: AsRef<str>> Fields for [S] {
    fn fields(&self) -> Vec<&str> {
        self.iter().map(AsRef::as_ref).collect()
    }
}

impl<S: AsRef<str>, const N: usize> Fields for [S; N] {
    fn fields(&self) -> Vec<&str> {
        self.as_slice().fields()
    }
}

impl<S: AsRef<str>> Fields for Vec<S> {
    fn fields(&self) -> Vec<&str> {
        self.as_slice().fields()
    }
}

impl<T: Fields + ?Sized> Fields for &T {
    fn fields(&self) -> Vec<&str> {
        (**self).fields()
    }
}
