//! What is wrong with a field of a request, in plain words.

/// Characters of a wrong value that are repeated.
const SHOWN: usize = 60;

/// Words the message of the JSON reader about the value at `path` for people: "`top` must be .., not ..".
pub(crate) fn in_words(path: &str, message: &str) -> String {
    let message = message.rfind(" at line ").map_or(message, |end| &message[..end]);
    let what = match path {
        "" | "." | "?" => "the value".to_owned(),
        path => format!("`{path}`"),
    };
    if let Some(unknown) = message.strip_prefix("unknown field `")
        && let Some((name, known)) = unknown.split_once("`, expected ")
    {
        let known = known.trim_start_matches("one of ");
        return format!("`{name}` is not a field; the fields are {known}");
    }
    let wrong = message.strip_prefix("invalid type: ");
    let wrong = wrong.or_else(|| message.strip_prefix("invalid value: "));
    match wrong.and_then(|wrong| wrong.rsplit_once(", expected ")) {
        Some((found, expected)) => {
            let expected = match expected {
                "a sequence" => "a list",
                "a map" => "an object",
                "a boolean" => "true or false",
                expected => expected,
            };
            format!("{what} must be {expected}, not {}", value(found))
        }
        // how Rust's parsers complain of a value in a query
        None => match message {
            "invalid float literal" => format!("{what} must be a number"),
            "invalid digit found in string" => format!("{what} must be a whole number"),
            "provided string was not `true` or `false`" => format!("{what} must be true or false"),
            _ => message.to_owned(),
        },
    }
}

/// A value in the words of the JSON reader, in those of people.
fn value(found: &str) -> String {
    match found {
        "sequence" => "a list".into(),
        "map" => "an object".into(),
        "null" => "null".into(),
        found => {
            let number = found.strip_prefix("floating point").or(found.strip_prefix("integer"));
            let found = number.map_or_else(|| found.to_owned(), |of| format!("number{of}"));
            match found.char_indices().nth(SHOWN) {
                Some((end, _)) => format!("the {}..", &found[..end]),
                None => format!("the {found}"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn messages_are_for_people() {
        let of = |message: &str| in_words("top", message);
        let said = of("invalid type: floating point `1.5`, expected a number at line 1 column 7");
        assert_eq!(said, "`top` must be a number, not the number `1.5`");
        assert_eq!(of("invalid type: map, expected x"), "`top` must be x, not an object");
        assert_eq!(in_words(".", "unknown field `x` at line 1 column 2"), "unknown field `x`");
        let known = of("unknown field `x`, expected one of `top`, `model` at line 1 column 2");
        assert_eq!(known, "`x` is not a field; the fields are `top`, `model`");
        let long = format!("invalid value: string \"{}\", expected x", "é, expected ".repeat(99));
        let said = of(&long);
        assert!(said.starts_with("`top` must be x, not the string \"é,"), "{said}");
        assert!(said.len() < 120, "{said}");
    }
}
