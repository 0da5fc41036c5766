//! Rust source as these checks need it: which files there are, and their code without its words.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// Every `.rs` file under `folder`, sorted; build output and hidden folders are passed over.
pub(crate) fn rust_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(folder, &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !name.starts_with('.') && !name.starts_with("target") {
                collect(&path, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

/// The code alone: comments, text and character literals become spaces, and so do modules under
/// `#[cfg(test)]`.
pub(crate) fn code(text: &str) -> String {
    without_test_modules(&without_words(text))
}

fn without_words(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = word_length(rest, code.chars().next_back());
        if length == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            code.push(' ');
            rest = &rest[length..];
        }
    }
    code
}

/// Bytes of the comment or literal that `rest` starts with; none is 0.
fn word_length(rest: &str, before: Option<char>) -> usize {
    let in_name = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment_length(rest);
    }
    if !in_name && let Some(raw) = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r')) {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let start = rest.len() - raw.len() + hashes + 1;
            return rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len());
        }
    }
    if rest.starts_with('"') {
        return quoted_length(rest, '"');
    }
    if rest.starts_with("'\\") || (rest.starts_with('\'') && rest.chars().nth(2) == Some('\'')) {
        return quoted_length(rest, '\''); // a lifetime has no second quote there
    }
    0
}

fn quoted_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn block_comment_length(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn without_test_modules(code: &str) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find("#[cfg(test)]") {
        kept.push_str(&rest[..at]);
        rest = &rest[at + "#[cfg(test)]".len()..];
        if rest.trim_start().starts_with("mod ") {
            let end = rest.find(['{', ';']).unwrap_or(rest.len());
            rest = &rest[end + braces_length(&rest[end..])..];
        }
    }
    kept.push_str(rest);
    kept
}

fn braces_length(rest: &str) -> usize {
    let mut depth = 0;
    for (at, c) in rest.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1; // at once for the `;` of a module in another file
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_not_code() {
        let text = "a // crate::x\nb /* crate::y /* in */ still */ c \"crate::z\" d r#\"e\"f\"# g '\"' h 'i' j";
        let left: String = code(text).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(left, "a b c d g h j");
    }

    #[test]
    fn lifetimes_and_escapes_do_not_open_a_literal() {
        let left = code(r#"fn f<'a>(x: &'a str) { g('\'', "\"", x) } use crate::text;"#);
        assert!(left.contains("use crate::text;"), "{left}");
    }

    #[test]
    fn test_modules_are_left_out_and_the_rest_stays() {
        let left =
            code("use a;\n#[cfg(test)]\nmod tests { fn f() { {} } }\n#[cfg(test)]\nmod t;\nuse b;");
        assert_eq!(left.split_whitespace().collect::<Vec<_>>().join(" "), "use a; use b;");
    }

    #[test]
    fn build_output_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["src/b.rs", "src/a.rs", "target/c.rs", ".git/d.rs", "src/e.txt"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let found = rust_files(folder.path()).unwrap();
        let names: Vec<_> =
            found.iter().map(|p| p.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["a.rs", "b.rs"]);
    }
}
