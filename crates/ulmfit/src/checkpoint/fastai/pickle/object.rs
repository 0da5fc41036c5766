//! What a pickle describes.

use std::borrow::Cow;

use super::Global;

/// Index of an [`Object`] in its [`Pickle`].
pub type Id = u32;

/// A Python value. Parts are given by index, so a value that contains itself, or the same list a
/// million times, takes no more memory than its pickle.
#[derive(Debug)]
pub enum Object<'a> {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string.
    Text(Cow<'a, str>),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A list.
    List(Vec<Id>),
    /// A tuple.
    Tuple(Vec<Id>),
    /// A `dict` or `OrderedDict`, in order.
    Dict(Vec<(Id, Id)>),
    /// A class or function from the list.
    Global(Global),
    /// A call that Python would have made.
    Call {
        /// What would have been called.
        callee: Global,
        /// With which tuple.
        arguments: Id,
        /// What `__setstate__` would have got.
        state: Option<Id>,
    },
    /// A reference to something outside of the pickle: torch's storages.
    Persistent(Id),
}

/// All values of one pickle.
#[derive(Debug)]
pub struct Pickle<'a> {
    pub(super) objects: Vec<Object<'a>>,
    pub(super) root: Id,
    pub(super) bytes: usize,
}

impl<'a> Pickle<'a> {
    /// The value that Python would return.
    pub fn root(&self) -> &Object<'a> {
        self.get(self.root)
    }

    /// Length of the pickle; in a stream, more may follow.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The value of an index.
    pub fn get(&self, id: Id) -> &Object<'a> {
        &self.objects[id as usize]
    }

    /// All values, in the order in which they were made.
    pub fn objects(&self) -> &[Object<'a>] {
        &self.objects
    }

    /// The string of an index.
    pub fn text(&self, id: Id) -> Option<&str> {
        match self.get(id) {
            Object::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A non-negative integer.
    pub fn size(&self, id: Id) -> Option<usize> {
        match *self.get(id) {
            Object::Int(value) => usize::try_from(value).ok(),
            _ => None,
        }
    }

    /// A tuple's parts.
    pub fn tuple(&self, id: Id) -> Option<&[Id]> {
        match self.get(id) {
            Object::Tuple(parts) => Some(parts),
            _ => None,
        }
    }

    /// The value of a string key; the last one, as in Python.
    pub fn entry(&self, dict: &[(Id, Id)], key: &str) -> Option<&Object<'a>> {
        let found = dict.iter().rev().find(|(name, _)| self.text(*name) == Some(key));
        found.map(|&(_, value)| self.get(value))
    }
}
