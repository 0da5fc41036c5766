//! Tokens to readable text: the special tokens carried out, spaces where a reader expects them.

use super::config::TokenizerConfig;
use super::special::{self, BOS, EOS, FLD, MAJ, PAD, REP, UNK, UP, WREP};

/// What the special tokens before a word ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Case {
    #[default]
    Small,
    /// `xxmaj`
    First,
    /// `xxup`
    All,
}

/// Joins tokens to text. What tokenization lost is restored by the rules of English: `co-op` rather
/// than `co - op`, quotes in pairs.
pub(super) fn detokenize<'t>(
    tokens: impl IntoIterator<Item = &'t str>,
    tokenizer: &TokenizerConfig,
) -> String {
    let mut writer = Writer { pieces: *tokenizer != TokenizerConfig::Words, ..Writer::default() };
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        match plain(token) {
            BOS | EOS | PAD | special::FAKE => {}
            FLD => {
                tokens.next(); // its number
            }
            MAJ => writer.case = Case::First,
            UP => writer.case = Case::All,
            mark @ (REP | WREP) => {
                // A generated text may end, or hold nonsense, behind the mark.
                let number = tokens.next().unwrap_or_default();
                let what = tokens.next().unwrap_or_default();
                match number.trim_start_matches('▁').parse() {
                    Ok(count @ 1..=MOST_REPEATS) if !what.is_empty() => {
                        writer.repeat(mark, count, what);
                    }
                    _ => [number, what].into_iter().for_each(|token| writer.token(token)),
                }
            }
            UNK => writer.token("[unknown]"),
            _ => writer.token(token),
        }
    }
    writer.out
}

/// A generated number above this is taken for a slip.
const MOST_REPEATS: usize = 1000;

/// fastai's subword models write special tokens with the mark of a word's beginning.
fn plain(token: &str) -> &str {
    token.strip_prefix("▁xx").map_or(token, |_| &token['▁'.len_utf8()..])
}

#[derive(Default)]
struct Writer {
    out: String,
    /// Tokens are pieces, `▁` begins a word.
    pieces: bool,
    case: Case,
    /// The next token follows without a space.
    glue: bool,
    /// Capitals last as long as tokens are glued to the word: `DON'T` is `xxup do n't`.
    shouting: bool,
    open_quotes: Vec<char>,
}

impl Writer {
    fn token(&mut self, token: &str) {
        if token.is_empty() {
        } else if self.pieces {
            self.piece(token);
        } else {
            self.word(token);
        }
    }

    fn piece(&mut self, piece: &str) {
        let text = piece.replace('▁', " ");
        let text = if self.out.is_empty() { text.trim_start() } else { &text };
        // A piece that only begins a word leaves the capital to the next.
        if text.trim().is_empty() {
            self.out.push_str(text);
            return;
        }
        self.shouting &= !text.starts_with(' ');
        if self.case == Case::All {
            self.shouting = true;
        }
        let spaces = text.len() - text.trim_start().len();
        self.out.push_str(&text[..spaces]);
        self.push_cased(&text[spaces..]);
    }

    fn word(&mut self, word: &str) {
        if word.chars().all(|c| c.is_whitespace() || c == '▁') {
            // A line end or wider space counts as the space itself.
            let spaces = word.replace('▁', " ");
            self.out.push_str(spaces.trim_end_matches(' '));
            self.glue = spaces.contains('\n');
            self.shouting = false;
            return;
        }
        let quote = opening_quote(word).filter(|close| !self.closes(*close));
        let closing =
            quote.is_none() && word.chars().next().is_some_and(|c| self.closes(c)) && is_mark(word);
        let joint = self.glue || closing || clings_to_left(word);
        let space = !joint && !self.out.is_empty();
        if space {
            self.out.push(' ');
        }
        self.shouting =
            self.case == Case::All || (self.shouting && !space && word.contains(['\'', '’']));
        self.push_cased(word);
        if closing {
            self.open_quotes.pop();
        }
        self.open_quotes.extend(quote);
        self.glue = quote.is_some() || clings_to_right(word);
    }

    fn closes(&self, c: char) -> bool {
        self.open_quotes.last() == Some(&c)
    }

    fn push_cased(&mut self, text: &str) {
        match std::mem::take(&mut self.case) {
            Case::All => self.out.push_str(&text.to_uppercase()),
            Case::First => {
                let mut chars = text.chars();
                self.out.extend(chars.next().into_iter().flat_map(char::to_uppercase));
                self.out.push_str(chars.as_str());
            }
            Case::Small if self.shouting => self.out.push_str(&text.to_uppercase()),
            Case::Small => self.out.push_str(text),
        }
    }

    fn repeat(&mut self, mark: &str, count: usize, what: &str) {
        if mark == WREP {
            let case = self.case;
            for _ in 0..count {
                self.case = case;
                self.token(what);
            }
            return;
        }
        // Repeated letters nearly always belong to the word before: `s xxrep 3 o` is `sooo`.
        let what = what.trim_start_matches('▁');
        let run = what.repeat(count);
        let first = what.chars().next();
        let last = self.out.chars().next_back();
        let both = |class: fn(char) -> bool| first.is_some_and(class) && last.is_some_and(class);
        if both(char::is_alphabetic) || both(char::is_numeric) || clings_to_left(what) {
            self.push_cased(&run);
            self.glue = false;
        } else {
            self.token(&run);
        }
    }
}

/// The mark that closes what `word` opens, for the straight quote itself.
fn opening_quote(word: &str) -> Option<char> {
    match word {
        "\"" => Some('"'),
        "“" => Some('”'),
        "«" => Some('»'),
        "„" => Some('“'),
        _ => None,
    }
}

fn is_mark(word: &str) -> bool {
    word.chars().nth(1).is_none()
}

/// No space before it.
fn clings_to_left(word: &str) -> bool {
    matches!(
        word,
        "." | ","
            | "!"
            | "?"
            | ":"
            | ";"
            | ")"
            | "]"
            | "}"
            | "%"
            | "…"
            | "..."
            | "-"
            | "–"
            | "/"
            | "n't"
            | "n’t"
            | "''"
            | "°"
            | "'"
            | "’"
    ) || word.strip_prefix(['\'', '’']).is_some_and(|rest| rest.starts_with(char::is_alphabetic))
}

/// No space behind it.
fn clings_to_right(word: &str) -> bool {
    matches!(word, "(" | "[" | "{" | "$" | "£" | "€" | "#" | "-" | "–" | "/" | "``" | "‘" | "@")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(tokens: &str) -> String {
        detokenize(tokens.split(' '), &TokenizerConfig::Words)
    }

    #[test]
    fn reads_as_written() {
        for (tokens, expected) in [
            ("xxbos xxmaj it 's a xxup great film , is n't it ?", "It's a GREAT film, isn't it?"),
            ("xxup do n't xxup stop", "DON'T STOP"),
            ("xxup i 'm here", "I'M here"),
            ("s xxrep 3 o good xxrep 3 !", "sooo good!!!"),
            ("room xxrep 3 1", "room 111"),
            ("xxrep 3 ! then more", "!!! then more"),
            ("xxwrep 3 no way", "no no no way"),
            ("a co - op ( $ 5 , 10 / 10 ) 5 %", "a co-op ($5, 10/10) 5%"),
            ("he said \" hi \" and \" bye \" .", "he said \"hi\" and \"bye\"."),
            ("« oui » “ yes ”", "«oui» “yes”"),
            ("one \n\n two \n▁ three", "one\n\ntwo\nthree"),
            ("xxfld 1 a xxfld 2 b xxeos xxpad", "a b"),
            ("xxrep x y", "x y"),
            ("xxrep", ""),
            ("xxrep 99999999 a", "99999999 a"),
        ] {
            assert_eq!(text(tokens), expected, "{tokens}");
        }
    }

    #[test]
    fn pieces() {
        let unigram = TokenizerConfig::Unigram { vocab_size: 8 };
        let text = |tokens: &str| detokenize(tokens.split(' '), &unigram);
        assert_eq!(text("xxbos xxmaj ▁hel lo ▁ xxup ▁wor ld !"), "Hello  WORLD!");
        assert_eq!(text("▁xxbos ▁xxmaj ▁a ▁b"), "A b");
        assert_eq!(text("▁日本 語"), "日本語");
    }
}
