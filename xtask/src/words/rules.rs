//! What not to write, and what to write instead. The glossary of CONTRIBUTING.md explains the words.

/// What not to write, in lower case, and what to write.
const FORBIDDEN: [(&str, &str); 36] = [
    ("foretell", "predict, extrapolate"),    // typos: ignore
    ("foretold", "predicted, extrapolated"), // typos: ignore
    ("labels are dear", "labels are expensive"),
    ("strangers", "untrusted input"),
    (" is no ", "is not a"),
    (" are no ", "are not"),
    (" was no ", "was not a"),
    (" were no ", "were not"),
    (" has no such ", "lacks"),
    ("no number any more", "NaN or infinite"),
    ("that are no ", "that are not"),
    ("to choose by", "validation set"),
    ("to score on", "test set"),
    ("to judge by", "validation set"),
    ("to learn from", "training set, to train on"),
    ("rows of a batch", "batch size"),
    ("stands under", "is listed under"),
    ("stands in ", "is in"),
    ("for so much data", "for little data, for much data"),
    ("flatter", "optimistic"),
    ("judged by", "evaluated on"),
    ("right on average", "unbiased"),
    ("none of none", "`None` if empty"),
    ("at most so many", "at most `N`"),
    ("comes about", "is made"),
    ("set apart", "held out"),
    ("sets apart", "holds out"),
    (" anew", "again, start over"),
    ("surest", "most confident"),
    ("guessed right", "predicted correctly"),
    ("guessed wrong", "predicted wrong"),
    ("told apart", "distinguished"),
    ("stands twice", "occurs twice"),
    (" for ever ", "forever"),
    ("nobody knows", "it is not known"),
    ("broken off", "interrupted"),
];

/// Where "no" is good English.
const EXCEPTIONS: [&str; 7] = [
    "there is no ",
    "there are no ",
    "there was no ",
    "there were no ",
    "is no longer",
    "are no longer",
    "was no longer",
];

/// The forbidden words in a text, each with what to write.
pub(super) fn forbidden(text: &str) -> Vec<String> {
    let text = normal(text);
    let text = EXCEPTIONS.iter().fold(text, |text, good| text.replace(good, ""));
    let words = FORBIDDEN.iter().filter(|(word, _)| text.contains(word));
    let words = words.map(|(word, instead)| format!("`{}`: write {instead}", word.trim()));
    words.chain(distributive(&text)).collect()
}

/// Lower case, with single spaces, so that no line break hides a word.
fn normal(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    format!(" {} ", words.join(" "))
}

/// "a row a method" for "one row per method": two nouns side by side, each with an article.
fn distributive(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    let is_article = |word: &str| matches!(word, "a" | "an");
    let is_one = |word: &str| matches!(word, "a" | "an" | "one");
    let found = words.windows(4).find(|four| {
        let noun = |word: &str| word.len() > 2 && word.chars().all(char::is_alphabetic);
        is_one(four[0])
            && is_article(four[2])
            && noun(four[1])
            && !NOT_NOUNS.contains(&four[1])
            && noun(four[3].trim_end_matches([',', '.', ';', ':', ')', '`']))
    });
    found.map(|four| format!("`{}`: write `one {} per {}`", four.join(" "), four[1], four[3]))
}

/// Words that are often between two articles and are not nouns.
const NOT_NOUNS: [&str; 11] =
    ["such", "half", "quite", "rather", "for", "with", "has", "but", "that", "gives", "from"];

/// Whether a text names an option of the command line, such as `--overwrite`.
pub(super) fn has_option(text: &str) -> bool {
    text.match_indices("--").any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + 2..].chars().next();
        before.is_none_or(|c| c.is_whitespace() || matches!(c, '`' | '('))
            && after.is_some_and(|c| c.is_ascii_lowercase())
    })
}

/// Whether a text has a control character; line feeds and tabs are layout.
pub(super) fn has_control(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t'))
}

/// Whether a format string has a placeholder of `Debug`.
pub(super) fn has_debug(format: &str) -> bool {
    let plain = format.replace("{{", "").replace("}}", "");
    let mut placeholders = plain.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    placeholders.any(|inside| inside.contains(':') && inside.ends_with('?'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_words_are_found_across_lines_and_cases() {
        assert_eq!(forbidden("This\n    Is No good."), ["`is no`: write is not a"]);
        assert!(forbidden("There is no noise, and it is no longer here.").is_empty());
        assert_eq!(forbidden("It stands twice.").len(), 1);
    }

    #[test]
    fn distributives_are_found() {
        assert_eq!(forbidden("one a line").len(), 0);
        assert_eq!(forbidden("prints a row a method.").len(), 1);
        assert_eq!(forbidden("a text a line").len(), 1);
        assert!(forbidden("as such a model a").is_empty());
        assert!(forbidden("a file, a folder or a model").is_empty());
    }

    #[test]
    fn placeholders_of_debug_are_found() {
        assert!(["{:?}", "a {b:?}", "{:#?}", "{0:>4?}"].iter().all(|text| has_debug(text)));
        assert!(!["{}", "{a:>4} ?", "{{:?}}", "a?"].iter().any(|text| has_debug(text)));
    }

    #[test]
    fn options_are_found() {
        assert!(
            ["pass `--overwrite`", "--lr 1", "see (--text)"].iter().all(|text| has_option(text))
        );
        assert!(!["a--b", "-- so", "a -- b", "---"].iter().any(|text| has_option(text)));
    }

    #[test]
    fn control_characters_are_found() {
        assert!(has_control("\u{1b}[1m") && has_control("a\r"));
        assert!(!has_control("a\n\tb é"));
    }
}
