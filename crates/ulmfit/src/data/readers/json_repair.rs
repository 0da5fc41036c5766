//! JSON that is too long or not quite Unicode, made readable.

/// Copies a JSON line of any length and drops the end of strings that are too long.
///
/// A one-gigabyte line takes the memory of one document: only bytes outside of strings, and
/// each string up to its bound, are kept.
pub(crate) struct Pruner {
    kept: Vec<u8>,
    /// Most bytes kept of a string.
    string: usize,
    /// Most bytes kept in all.
    line: usize,
    state: State,
}

#[derive(Clone, Copy)]
enum State {
    Outside,
    /// In a string of which `len` bytes were kept, or whose end is being dropped.
    Inside {
        len: usize,
        dropping: bool,
    },
    /// `left` bytes of an escape are to come; what follows half a surrogate pair must stay.
    Escape {
        len: usize,
        dropping: bool,
        left: u8,
    },
}

impl Pruner {
    pub(crate) fn new(string: usize, line: usize) -> Self {
        Self { kept: Vec::new(), string, line, state: State::Outside }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if self.kept.len() > self.line {
                return; // refused in `finish`
            }
            self.state = self.step(byte);
        }
    }

    fn step(&mut self, byte: u8) -> State {
        match self.state {
            State::Outside => {
                self.kept.push(byte);
                if byte == b'"' {
                    State::Inside { len: 0, dropping: false }
                } else {
                    State::Outside
                }
            }
            State::Inside { .. } if byte == b'"' => {
                self.kept.push(byte);
                State::Outside
            }
            State::Inside { len, dropping } => {
                let continues = byte & 0xc0 == 0x80; // never cut inside a character
                let dropping =
                    dropping || (len >= self.string && !continues && !self.after_high_surrogate());
                self.keep(byte, dropping);
                if byte == b'\\' {
                    State::Escape { len: len + 1, dropping, left: 1 }
                } else {
                    State::Inside { len: len + 1, dropping }
                }
            }
            State::Escape { len, dropping, left } => {
                self.keep(byte, dropping);
                let left = if left == 1 && byte == b'u' && self.opens_escape(dropping) {
                    4
                } else {
                    left - 1
                };
                match left {
                    0 => State::Inside { len: len + 1, dropping },
                    left => State::Escape { len: len + 1, dropping, left },
                }
            }
        }
    }

    /// Whether the `u` just kept follows its backslash; dropped escapes need no exact length.
    fn opens_escape(&self, dropping: bool) -> bool {
        !dropping && self.kept.ends_with(b"\\u")
    }

    fn keep(&mut self, byte: u8, dropping: bool) {
        if !dropping {
            self.kept.push(byte);
        }
    }

    fn after_high_surrogate(&self) -> bool {
        let tail = self.kept.len().checked_sub(6).map(|at| &self.kept[at..]);
        matches!(
            tail,
            Some([b'\\', b'u', b'd' | b'D', b'8' | b'9' | b'a' | b'b' | b'A' | b'B', _, _])
        )
    }

    /// The shortened line, or `None` if even that is too long.
    pub(crate) fn finish(self) -> Option<Vec<u8>> {
        (self.kept.len() <= self.line).then_some(self.kept)
    }
}

/// Writes `\ufffd` over escapes that are half of a surrogate pair.
pub(crate) fn replace_lone_surrogates(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (escape, pair) = match (unit(rest), rest.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (12, true),
            (Some(0xd800..=0xdfff), _) => (6, false),
            // An escaped backslash must not lend its second half to what follows.
            _ => (rest.char_indices().nth(2).map_or(rest.len(), |(at, _)| at), true),
        };
        out.push_str(if pair { &rest[..escape] } else { "\\ufffd" });
        rest = &rest[escape..];
    }
    out + rest
}

/// The code unit of an escape `\uXXXX` at the beginning of `text`.
fn unit(text: &str) -> Option<u16> {
    u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pruned(line: &str, string: usize) -> String {
        let mut pruner = Pruner::new(string, 1000);
        for byte in line.as_bytes() {
            pruner.push(&[*byte]);
        }
        String::from_utf8(pruner.finish().unwrap()).unwrap()
    }

    #[test]
    fn strings_are_cut_between_characters() {
        for (line, short) in [
            (r#"{"a":"0123456789","b":"01"}"#, r#"{"a":"0123","b":"01"}"#),
            (r#"{"a":"012€€"}"#, r#"{"a":"012€"}"#),
            (r#"{"a":"0123\"x\\"}"#, r#"{"a":"0123"}"#),
            (r#"{"a":"012\u20acxyz"}"#, r#"{"a":"012\u20ac"}"#),
            (r#"{"a":"\ud83d\ude00\ud83d"}"#, r#"{"a":"\ud83d\ude00"}"#),
            (r#"{"a":"0123\\\\\""}"#, r#"{"a":"0123"}"#),
        ] {
            assert_eq!(pruned(line, 4), short, "{line}");
        }
    }

    #[test]
    fn a_line_of_punctuation_is_refused() {
        let mut pruner = Pruner::new(4, 1000);
        pruner.push(&[b','; 2000]);
        assert_eq!(pruner.finish(), None);
    }

    #[test]
    fn lone_halves_are_replaced() {
        for (line, repaired) in [
            (r"a\ud83db", r"a\ufffdb"),
            (r"\ud83d\ude00", r"\ud83d\ude00"),
            (r"\ude00\ud83d", r"\ufffd\ufffd"),
            (r"\\ud83d", r"\\ud83d"),
            (r"\n€\", r"\n€\"),
        ] {
            assert_eq!(replace_lone_surrogates(line), repaired, "{line}");
        }
    }
}
