//! Wrong command lines: one line, a hint and the exit code 2, as all other errors.

use crate::stderr::{one_line, say};
use clap::error::ErrorKind;

/// Prints what is wrong with the command line and returns the exit code; help and version, which are asked for as well, go to stdout.
pub(crate) fn report(error: &clap::Error) -> u8 {
    let is_wrong = error.use_stderr();
    // help without a command is not a message
    if !is_wrong || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        error.exit();
    }
    crate::ranks::begin_report();
    let Told { message, hints } = Told::of(&error.render().to_string());
    say(&format!("ulmfit: {}", one_line(&message)));
    hints.iter().for_each(|hint| say(&format!("hint: {}", one_line(hint))));
    2
}

/// What Rust's parsers of numbers say, in plain words.
const PLAIN: [(&str, &str); 4] = [
    ("invalid digit found in string", "give a whole number, 0 or more"),
    ("cannot parse integer from empty string", "give a whole number"),
    ("number too large to fit in target type", "that is too large a number"),
    ("invalid float literal", "give a number"),
];

/// What other servers call an option, and what it is for `ulmfit serve`.
const OF_SERVERS: [(&str, &str); 2] = [
    ("`--port`", "`--listen 127.0.0.1:PORT`"),
    ("`--host`", "`--listen HOST:8080`, beyond this machine with `--token-file`"),
];

/// What clap says in several paragraphs.
#[derive(Debug, PartialEq)]
struct Told {
    message: String,
    hints: Vec<String>,
}

impl Told {
    fn of(text: &str) -> Self {
        let (mut message, mut hints) = (String::new(), Vec::new());
        for paragraph in text.split("\n\n") {
            let joined = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
            let words = in_backticks(&joined);
            if let Some(tip) = words.strip_prefix("tip: ") {
                if !tip.starts_with("to pass ") {
                    hints.push(tip.to_owned()); // values that begin with a dash are rare, misspellings are not
                }
            } else if let Some(usage) = words.strip_prefix("Usage: ") {
                let is_name = |word: &&str| !word.starts_with(['-', '<', '[']);
                let name: Vec<&str> = usage.split(' ').take_while(is_name).collect();
                let name = name.join(" ");
                let is_asked = |(theirs, _): &&(&str, &str)| message.contains(theirs);
                if let Some((_, ours)) = OF_SERVERS.iter().find(is_asked)
                    && name.ends_with(" serve")
                {
                    hints.push(format!("it is {ours}"));
                }
                // with an option too much, the rest of it is what clap guesses that was meant
                if message.starts_with("unexpected argument `") && !message.contains("`-") {
                    hints.push(format!("usage: `{usage}`; `{name} --help` describes it"));
                } else {
                    hints.push(format!("`{name} --help` describes it"));
                }
            } else if let Some(found) = words.strip_prefix("error: ") {
                found.clone_into(&mut message);
            }
        }
        if hints.is_empty() {
            hints.push("`--help` describes all options".to_owned());
        }
        for (jargon, plain) in PLAIN {
            message = message.replace(jargon, plain);
        }
        Self { message, hints }
    }
}

/// The same with `` `x` `` for `'x'`; apostrophes stay.
fn in_backticks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_open = false;
    for (at, c) in text.char_indices() {
        let before = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        let after = text[at + c.len_utf8()..].chars().next().is_none_or(|c| !c.is_alphanumeric());
        let is_quote = c == '\'' && if is_open { after } else { before };
        is_open ^= is_quote;
        out.push(if is_quote { '`' } else { c });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_become_a_line_and_hints() {
        let text = "error: unexpected argument '--label-colum' found\n\n  \
            tip: a similar argument exists: '--label'\n\n\
            Usage: ulmfit fit --output <DIR> <DATA>\n\n\
            For more information, try '--help'.\n";
        let told = Told::of(text);
        assert_eq!(told.message, "unexpected argument `--label-colum` found");
        let hints = ["a similar argument exists: `--label`", "`ulmfit fit --help` describes it"];
        assert_eq!(told.hints, hints);
        let told = Told::of(
            "error: unexpected argument '--x' found\n\n  tip: to pass '--x' as a value, use '-- --x'\n",
        );
        assert_eq!(told.hints, ["`--help` describes all options"]);
        let text = "error: invalid value 'much' for '--precision <P>'\n  [possible values: f32, bf16]\n\n\
            For more information, try '--help'.\n";
        let told = Told::of(text);
        let message = "invalid value `much` for `--precision <P>` [possible values: f32, bf16]";
        assert_eq!((told.message.as_str(), told.hints.len()), (message, 1));
    }

    #[test]
    fn what_other_programs_call_otherwise_is_named() {
        let text =
            "error: unexpected argument '--port' found\n\nUsage: ulmfit serve [OPTIONS] <MODEL>\n";
        let told = Told::of(text);
        let hints = ["it is `--listen 127.0.0.1:PORT`", "`ulmfit serve --help` describes it"];
        assert_eq!(told.hints, hints);
        let text =
            "error: unexpected argument '--port' found\n\nUsage: ulmfit fit [OPTIONS] <DATA>\n";
        assert_eq!(Told::of(text).hints, ["`ulmfit fit --help` describes it"]);
        let text =
            "error: unexpected argument 'x.csv' found\n\nUsage: ulmfit suspects [OPTIONS] <DATA>\n";
        let usage =
            "usage: `ulmfit suspects [OPTIONS] <DATA>`; `ulmfit suspects --help` describes it";
        assert_eq!(Told::of(text).hints, [usage]);
    }

    #[test]
    fn parsers_of_numbers_are_put_into_plain_words() {
        let told = Told::of(
            "error: invalid value '-1' for '--epochs <N>': invalid digit found in string\n",
        );
        assert_eq!(
            told.message,
            "invalid value `-1` for `--epochs <N>`: give a whole number, 0 or more"
        );
    }

    #[test]
    fn apostrophes_stay() {
        let text = "the model's labels aren't 'a' or 'b'";
        assert_eq!(in_backticks(text), "the model's labels aren't `a` or `b`");
    }
}
