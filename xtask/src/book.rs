//! A preprocessor of mdBook: in the book, links to files of the repository that are not pages of it become plain
//! text, as they would lead nowhere.
//!
//! mdBook calls `xtask book supports RENDERER`, then `xtask book` with a JSON list of its context and the book on
//! standard input, and reads the book from standard output.

use std::io::{Read, Write};
use std::path::{Component, Path};

use anyhow::Context as _;
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::Value;

/// Runs as a preprocessor.
///
/// # Errors
/// If the input is not what mdBook sends, or nobody reads the output.
pub(crate) fn preprocess() -> anyhow::Result<()> {
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input)?;
    let mut input: Value = serde_json::from_str(&input).context("not the input of mdBook")?;
    let book = input.get_mut(1).context("mdBook sent no book")?;
    unlink_all(book);
    std::io::stdout().write_all(serde_json::to_string(book)?.as_bytes())?;
    Ok(())
}

/// Unlinks in every chapter, at any depth.
fn unlink_all(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(unlink_all),
        Value::Object(fields) => {
            let path = fields.get("path").and_then(Value::as_str).map(str::to_owned);
            if let (Some(path), Some(Value::String(content))) = (path, fields.get_mut("content")) {
                *content = unlinked(content, Path::new(&path));
            }
            fields.values_mut().for_each(unlink_all);
        }
        _ => {}
    }
}

/// The page at `path` of the book without links that leave the book.
fn unlinked(text: &str, path: &Path) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut new = String::with_capacity(text.len());
    let mut copied = 0;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        let Event::Start(Tag::Link { dest_url, .. }) = event else { continue };
        if !leaves(&dest_url, path) {
            continue;
        }
        // `[TEXT](ADDRESS)`; other forms of links do not occur
        let source = &text[range.clone()];
        let Some(end) = source.rfind("](") else { continue };
        new.push_str(&text[copied..range.start]);
        new.push_str(&source[1..end]);
        copied = range.end;
    }
    new + &text[copied..]
}

/// Whether a relative link climbs out of the folder of the book.
fn leaves(link: &str, page: &Path) -> bool {
    if link.contains("://") || link.starts_with('#') || link.starts_with("mailto:") {
        return false;
    }
    let file = link.split('#').next().unwrap_or_default();
    let mut depth = page.parent().map_or(0, |folder| folder.components().count());
    for part in Path::new(file).components() {
        match part {
            Component::ParentDir if depth == 0 => return true,
            Component::ParentDir => depth -= 1,
            Component::Normal(_) => depth += 1,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn links_out_of_the_book_become_text() {
        let page = "See [the `README`](../../README.md), [data](your-data.md#limits), [out](https://a.b) \
            and [code](../../crates/a.rs); ![](../pictures/a.png). `[no](../../link.md)`";
        let mut book = json!({"items": [{"Chapter": {"path": "guide/a.md", "content": page, "sub_items":
            [{"Chapter": {"path": "b.md", "content": "[up](../b.md) [in](guide/a.md)"}}]}}, "Separator"]});
        unlink_all(&mut book);
        assert_eq!(
            book["items"][0]["Chapter"]["content"],
            "See the `README`, [data](your-data.md#limits), [out](https://a.b) \
             and code; ![](../pictures/a.png). `[no](../../link.md)`"
        );
        let below = &book["items"][0]["Chapter"]["sub_items"][0]["Chapter"];
        assert_eq!(below["content"], "up [in](guide/a.md)");
    }
}
