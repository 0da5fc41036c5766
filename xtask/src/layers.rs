//! Which module of the library may use which: downwards only.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::source;

/// Top row first. A module may use those of lower rows, and its neighbours in one direction.
const ROWS: [&[&str]; 6] = [
    &["stages"],
    &["report"],
    &["train"],
    &["optim", "checkpoint"],
    &["model", "data", "schedule"],
    &["text", "error"],
];

/// Reads every path that starts with `crate::` under `folder` and compares it with [`ROWS`].
///
/// Names that `lib.rs` re-exports count as uses of the module they come from. Tests may look
/// upwards: `tests.rs` files and modules under `#[cfg(test)]` are not read.
pub(crate) fn check(folder: &Path) -> anyhow::Result<String> {
    let exports = exports(&source::code(&fs::read_to_string(folder.join("lib.rs"))?));
    let mut arrows: BTreeMap<(String, String), String> = BTreeMap::new(); // with one place each
    let mut wrong = BTreeSet::new();
    for path in source::rust_files(folder)? {
        let place = path.strip_prefix(folder)?;
        let from = place.iter().next().unwrap_or_default().to_string_lossy();
        let from = from.trim_end_matches(".rs").to_owned();
        if from == "lib" || place.ends_with("tests.rs") {
            continue;
        }
        if row(&from).is_none() {
            wrong.insert(format!(
                "module `{from}` stands in no row: give it one in xtask/src/layers.rs"
            ));
            continue;
        }
        for name in used_roots(&source::code(&fs::read_to_string(&path)?)) {
            let to = exports.get(&name).unwrap_or(&name).clone();
            if row(&to).is_some() && to != from {
                arrows.entry((from.clone(), to)).or_insert_with(|| place.display().to_string());
            }
        }
    }
    for ((from, to), place) in &arrows {
        if row(from) > row(to) {
            wrong.insert(format!("{place}: `{from}` uses `{to}`, which stands above it"));
        } else if row(from) == row(to)
            && from < to
            && arrows.contains_key(&(to.clone(), from.clone()))
        {
            wrong.insert(format!("{place}: `{from}` and `{to}` use each other"));
        }
    }
    let wrong: Vec<String> = wrong.into_iter().collect();
    anyhow::ensure!(wrong.is_empty(), wrong.join("\n"));
    Ok(format!("{} arrows, all downwards", arrows.len()))
}

fn row(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

/// First names of all paths that start with `crate::`, those in braces too.
fn used_roots(code: &str) -> BTreeSet<String> {
    let mut roots = BTreeSet::new();
    for (at, found) in code.match_indices("crate::") {
        let in_longer_name =
            code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$');
        if !in_longer_name {
            roots.extend(
                branches(&code[at + found.len()..]).into_iter().map(|path| path[0].clone()),
            );
        }
    }
    roots
}

/// What `lib.rs` re-exports: the name a user sees, and the module it comes from.
fn exports(lib: &str) -> BTreeMap<String, String> {
    let mut exports = BTreeMap::new();
    for (at, found) in lib.match_indices("pub use ") {
        let tree = lib[at + found.len()..].trim_start();
        for path in branches(tree.strip_prefix("crate::").unwrap_or(tree)) {
            if let [module, .., name] = path.as_slice() {
                exports.insert(name.clone(), module.clone());
            }
        }
    }
    exports
}

/// The paths of a `use` tree: `a::{b, c::D as E}` gives `a b` and `a c E`.
fn branches(tree: &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    branch(tree, &[], &mut paths);
    paths
}

/// Reads one branch of a `use` tree into `paths` and returns what follows it.
fn branch<'a>(tree: &'a str, prefix: &[String], paths: &mut Vec<Vec<String>>) -> &'a str {
    let mut path = prefix.to_vec();
    let mut rest = tree.trim_start();
    loop {
        if let Some(mut inside) = rest.strip_prefix('{') {
            loop {
                inside = branch(inside, &path, paths);
                match inside.strip_prefix(',') {
                    Some(next) => inside = next,
                    None => return inside.strip_prefix('}').unwrap_or(inside).trim_start(),
                }
            }
        }
        let length = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '*'))
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at(length);
        if name.is_empty() {
            return rest; // a comma before the brace
        }
        path.push(name.to_owned());
        rest = after.trim_start();
        if let Some(after) = rest.strip_prefix("::") {
            rest = after.trim_start();
        } else if let Some(after) = rest.strip_prefix("as ") {
            path.pop(); // the name that follows replaces it
            rest = after.trim_start();
        } else {
            paths.push(path);
            return rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library(files: &[(&str, &str)]) -> anyhow::Result<String> {
        let folder = tempfile::tempdir()?;
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap_or(&path))?;
            fs::write(path, text)?;
        }
        check(folder.path())
    }

    #[test]
    fn use_trees_are_taken_apart() {
        let tree = "text::{rules::{self, fix_html}, Vocab as Words}, not_this";
        let paths: Vec<String> = branches(tree).iter().map(|path| path.join(" ")).collect();
        assert_eq!(paths, ["text rules self", "text rules fix_html", "text Words"]);
        let roots = used_roots(
            "use crate::{data, text::Vocab}; fn f() -> crate::model::Lstm {} my_crate::x",
        );
        assert_eq!(roots.into_iter().collect::<Vec<_>>(), ["data", "model", "text"]);
    }

    #[test]
    fn downwards_passes() {
        let line = library(&[
            ("lib.rs", "pub mod text; pub mod train;"),
            ("text/mod.rs", "/// See [`crate::train`].\npub struct Vocab;"),
            ("train/fit.rs", "use crate::text::Vocab; use crate::model;"),
        ]);
        assert_eq!(line.unwrap(), "2 arrows, all downwards");
    }

    #[test]
    fn upwards_fails_with_its_place() {
        let error = library(&[("lib.rs", ""), ("text/vocab.rs", "use crate::data::Reader;")]);
        let error = error.unwrap_err().to_string();
        assert_eq!(error, "text/vocab.rs: `text` uses `data`, which stands above it");
    }

    #[test]
    fn a_re_export_does_not_hide_an_arrow() {
        let error = library(&[
            ("lib.rs", "pub use stages::{Fit, fit};"),
            ("model/mod.rs", "fn f(_: crate::Fit) {}"),
        ]);
        assert!(error.unwrap_err().to_string().contains("`model` uses `stages`"));
    }

    #[test]
    fn neighbours_may_not_use_each_other() {
        let one_way = [("lib.rs", ""), ("optim/mod.rs", "use crate::checkpoint;")];
        assert!(library(&one_way).is_ok());
        let both = [one_way[0], one_way[1], ("checkpoint/mod.rs", "use crate::optim;")];
        assert!(library(&both).unwrap_err().to_string().ends_with("use each other"));
    }

    #[test]
    fn a_module_without_a_row_is_noticed_and_tests_may_look_up() {
        let error = library(&[("lib.rs", ""), ("helpers.rs", "")]);
        assert!(error.unwrap_err().to_string().contains("`helpers` stands in no row"));
        let tests = "#[cfg(test)]\nmod tests { use crate::stages; }";
        assert!(library(&[("lib.rs", ""), ("text/mod.rs", tests)]).is_ok());
    }
}
