//! The character between the fields of a row.

use std::fmt;
use std::str::FromStr;

/// The character between the fields of delimited text, one byte of ASCII.
///
/// ```
/// use ulmfit::data::readers::Delimiter;
/// assert_eq!("tab".parse(), Ok(Delimiter::TAB));
/// assert_eq!(";".parse(), Ok(Delimiter::SEMICOLON));
/// assert_eq!(Delimiter::SEMICOLON.to_string(), "semicolon");
/// assert!("ab".parse::<Delimiter>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Delimiter(u8);

/// Names of the usual ones.
const NAMES: [(Delimiter, &str); 4] = [
    (Delimiter::COMMA, "comma"),
    (Delimiter::SEMICOLON, "semicolon"),
    (Delimiter::TAB, "tab"),
    (Delimiter::PIPE, "pipe"),
];

impl Delimiter {
    /// `,`
    pub const COMMA: Self = Self(b',');
    /// `;`, as Excel writes in much of Europe.
    pub const SEMICOLON: Self = Self(b';');
    /// A tab.
    pub const TAB: Self = Self(b'\t');
    /// `|`
    pub const PIPE: Self = Self(b'|');

    /// This byte, if it can be a delimiter: not a quote, a line break or beyond ASCII.
    #[must_use]
    pub fn new(byte: u8) -> Option<Self> {
        (byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n' | 0)).then_some(Self(byte))
    }

    /// The byte.
    #[must_use]
    pub fn byte(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.iter().find(|(known, _)| known == self) {
            Some((_, name)) => f.write_str(name),
            None => write!(f, "`{}`", char::from(self.0).escape_default()),
        }
    }
}

/// Not a [`Delimiter`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a delimiter; give comma, semicolon, tab, pipe or one ASCII character")]
pub struct UnknownDelimiter(String);

impl FromStr for Delimiter {
    type Err = UnknownDelimiter;

    fn from_str(name: &str) -> Result<Self, UnknownDelimiter> {
        let by_name = NAMES.iter().find(|(_, known)| *known == name).map(|(found, _)| *found);
        let found = by_name.or(match name.as_bytes() {
            b"\\t" => Some(Self::TAB),
            &[byte] => Self::new(byte),
            _ => None,
        });
        found.ok_or_else(|| UnknownDelimiter(name.to_owned()))
    }
}
