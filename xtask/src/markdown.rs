//! The pages for readers: which there are, and the links and headings in them.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Folders below the root that have pages at any depth.
const FOLDERS: [&str; 5] = ["docs", "recipes", "assets", "benchmarks", "fixtures"];

/// All Markdown files of the root and of [`FOLDERS`], sorted.
pub(crate) fn pages(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(root, false, &mut found)?;
    for folder in FOLDERS.map(|name| root.join(name)) {
        if folder.is_dir() {
            collect(&folder, true, &mut found)?;
        }
    }
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, deep: bool, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            if deep && path.file_name().is_some_and(|name| name != "target") {
                collect(&path, deep, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    Ok(())
}

/// What a page points to, and what can be pointed to in it.
#[derive(Default)]
pub(crate) struct Page {
    /// Destinations of links and images, each with its line.
    pub(crate) links: Vec<(usize, String)>,
    /// Anchors of the headings.
    pub(crate) anchors: Vec<String>,
}

impl Page {
    pub(crate) fn of(text: &str) -> Self {
        let mut page = Self::default();
        let mut seen: HashMap<String, usize> = HashMap::new();
        let mut heading: Option<String> = None;
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
        for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    let line = text[..range.start].matches('\n').count() + 1;
                    page.links.push((line, dest_url.into_string()));
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::Text(part) | Event::Code(part) => {
                    if let Some(words) = &mut heading {
                        words.push_str(&part);
                    }
                }
                Event::End(TagEnd::Heading(_)) => {
                    let anchor = anchor(&heading.take().unwrap_or_default());
                    let before = seen.entry(anchor.clone()).or_insert(0);
                    page.anchors.push(match *before {
                        0 => anchor,
                        count => format!("{anchor}-{count}"),
                    });
                    *before += 1;
                }
                _ => {}
            }
        }
        page
    }
}

/// The anchor that GitHub and mdBook give a heading.
fn anchor(heading: &str) -> String {
    let kept = |c: char| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        c if c.is_alphanumeric() => Some(c.to_ascii_lowercase()),
        _ => None,
    };
    heading.trim().chars().filter_map(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_anchors_are_found() {
        let text = "# Use, `fit`\n\n[a](b.md#c) `[code](no.md)`\n\n```\n[code](no.md)\n```\n\n| x |\n|---|\n| ![p](p.svg) |\n\n## A\n## A\n";
        let page = Page::of(text);
        assert_eq!(page.links, [(3, "b.md#c".to_owned()), (11, "p.svg".to_owned())]);
        assert_eq!(page.anchors, ["use-fit", "a", "a-1"]);
    }
}
