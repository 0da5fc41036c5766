//! A quoted text with the words that the prediction was made from.

use crate::report::TellingWords;
use crate::report::telling_words::WordMark;
use maud::{Markup, html};

/// Weights below this share of a text's largest one are not marked.
const LEAST: f64 = 0.1;

/// What the marks mean.
pub(super) fn legend() -> Markup {
    html! {
        p.quiet {
            "Marked: words that " mark.raised.w3 { "raised" } " or " mark.against.w3 { "lowered" }
            " the probability of the predicted label (or the predicted number); the stronger the color, the \
             larger the weight. Point at a word for its weight; the largest weights are listed below each text."
        }
    }
}

/// The text, with its words marked.
pub(super) fn text(text: &str, words: Option<&TellingWords>) -> Markup {
    let marks = words.map_or(&[][..], |words| &words.marks[..]);
    let largest = marks.iter().map(|mark| mark.weight.abs()).fold(0.0, f64::max);
    let mut pieces = Vec::new();
    let mut at = 0;
    for mark in marks {
        let is_seen = mark.weight.abs() >= LEAST * largest && mark.weight != 0.0;
        let Some(word) = text.get(mark.start..mark.end).filter(|_| is_seen && mark.start >= at)
        else {
            continue;
        };
        pieces.push((&text[at..mark.start], Some((mark, word))));
        at = mark.end;
    }
    pieces.push((&text[at..], None));
    html! {
        @for (before, marked) in &pieces {
            (before)
            @if let Some((mark, word)) = marked {
                mark class=(class(mark, largest)) title=(signed(mark.weight)) { (word) }
            }
        }
    }
}

/// The largest weights in words, which need no color and no pointer.
pub(super) fn strongest(words: &TellingWords) -> Markup {
    html! {
        @if !words.strongest.is_empty() {
            p.strongest {
                @match &words.label {
                    Some(label) => span { "largest weights for " bdi { (label) } },
                    None => span { "largest weights" },
                }
                @for word in &words.strongest {
                    span { bdi { (word.word) } " " (signed(word.weight)) }
                }
            }
        }
    }
}

/// Which way and how strongly.
fn class(mark: &WordMark, largest: f64) -> String {
    let way = if mark.weight > 0.0 { "raised" } else { "against" };
    let level = (4.0 * mark.weight.abs() / largest).ceil().clamp(1.0, 4.0);
    format!("{way} w{level}")
}

/// A weight with its sign; a proper minus.
fn signed(weight: f64) -> String {
    let sign = if weight < 0.0 { "\u{2212}" } else { "+" };
    let size = weight.abs();
    if size < 100.0 { format!("{sign}{size:.3}") } else { format!("{sign}{size:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strong_words_are_marked_and_nothing_is_lost() {
        let mark = |start, end, weight| WordMark { start, end, weight };
        let words = TellingWords {
            label: None,
            marks: vec![
                mark(0, 3, 0.5),
                mark(4, 5, 0.04), // too weak
                mark(6, 8, -0.2),
                mark(7, 9, 0.5),   // overlaps
                mark(20, 40, 0.5), // beyond
            ],
            strongest: Vec::new(),
        };
        let found = text("one & two <b>", Some(&words)).into_string();
        assert_eq!(
            found,
            "<mark class=\"raised w4\" title=\"+0.500\">one</mark> &amp; \
             <mark class=\"against w2\" title=\"\u{2212}0.200\">tw</mark>o &lt;b&gt;"
        );
        assert_eq!(text("a < b", None).into_string(), "a &lt; b");
    }
}
