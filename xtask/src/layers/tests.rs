use std::fs;

use super::*;

const ROWS: Table =
    Table { rows: &[&["lib.rs"], &["stages"], &["model", "data"], &["text"]], open: &[] };

const FRONT: &str = "pub mod stages; pub mod model; pub mod data; pub mod text;";

/// A library of these files; rooms that are not among them are empty.
fn library_by(table: &Table, files: &[(&str, &str)]) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let empty = ["stages/mod.rs", "model/mod.rs", "data/mod.rs", "text/mod.rs"];
    let empty = empty.iter().map(|name| (*name, ""));
    for (name, text) in [("lib.rs", FRONT)].into_iter().chain(empty).chain(files.iter().copied()) {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        fs::write(path, text)?;
    }
    check(folder.path(), table)
}

fn library(files: &[(&str, &str)]) -> anyhow::Result<String> {
    library_by(&ROWS, files)
}

fn fault(files: &[(&str, &str)]) -> String {
    library(files).unwrap_err().to_string()
}

#[test]
fn downwards_passes_and_documentation_may_look_up() {
    let line = library(&[
        ("text/mod.rs", "/// See [`crate::stages`].\npub struct Vocab; // crate::stages"),
        ("data/mod.rs", "use crate::text::Vocab; const NAME: &str = \"crate::stages\";"),
    ]);
    assert_eq!(
        line.unwrap(),
        "5 files, 1 arrows; all downwards and without circles; exceptions: 0"
    );
}

#[test]
fn every_way_of_writing_an_upward_path_is_seen() {
    for upward in [
        "use crate::stages::Fit;",
        "use crate::{stages::{self, Fit}};",
        "use super::stages::Fit;",
        "use self::super::stages as s;",
        "fn f(_: crate::stages::Fit) {}",
        "fn f() { let _ = vec![crate::stages::fit()]; }",
        "fn f() { use super::stages::*; }",
        "impl Iterator for crate::stages::Fit {}",
        "#[derive(crate::stages::Fit)] struct S;",
        "mod inner { use super::super::stages::Fit; }",
    ] {
        let fault = fault(&[("text/mod.rs", upward)]);
        assert_eq!(
            fault, "text/mod.rs uses stages/mod.rs: `stages` is above `text`",
            "of {upward}"
        );
    }
}

#[test]
fn names_are_followed_to_the_file_that_defines_them() {
    let sub = [
        ("data/mod.rs", "mod rows; pub use rows::Row; pub use inner::*; mod inner;"),
        ("data/rows.rs", "pub struct Row;"),
        ("data/inner.rs", "pub struct Deep;"),
    ];
    let uses = [("model/mod.rs", "use crate::data::{Row, Deep};")];
    let line = library(&[sub.as_slice(), &uses].concat()).unwrap();
    assert!(line.starts_with("7 files, 4 arrows"), "{line}"); // 2 from data/mod.rs, 2 from model

    // so a re-export at the root hides nothing
    let front = format!("{FRONT} pub use stages::Fit; pub use ops::Key;");
    let files = [
        ("lib.rs", front.as_str()),
        ("stages/mod.rs", "pub struct Fit;"),
        ("model/mod.rs", "fn f(_: crate::Fit, _: crate::Key) {}"),
    ];
    assert_eq!(fault(&files), "model/mod.rs uses stages/mod.rs: `stages` is above `model`");
}

#[test]
fn a_re_export_of_an_upper_room_is_not_a_way_around() {
    let files = [
        ("stages/mod.rs", "pub use crate::text::Vocab;"),
        ("text/mod.rs", "pub struct Vocab;"),
        ("model/mod.rs", "use crate::stages::Vocab;"),
    ];
    assert_eq!(fault(&files), "model/mod.rs uses text/mod.rs: `stages` is above `model`");
}

#[test]
fn neighbours_may_not_use_each_other() {
    let one_way = ("model/mod.rs", "mod a; use crate::data::Row;");
    let inside = ("model/a.rs", "");
    assert!(library(&[one_way, inside, ("data/mod.rs", "pub struct Row;")]).is_ok());
    let back = ("data/mod.rs", "pub struct Row; fn f(_: crate::model::a::A) {}");
    let fault = fault(&[one_way, ("model/a.rs", "pub struct A;"), back]);
    assert_eq!(fault, "rooms of one row use each other: `data`, `model`");
}

#[test]
fn rooms_may_be_inside_a_module() {
    let table = Table {
        rows: &[&["lib.rs"], &["stages", "data"], &["data::readers"], &["model", "text"]],
        open: &[],
    };
    let readers = ("data/readers.rs", "pub struct Csv;");
    let down = ("data/mod.rs", "mod readers; use readers::Csv; use crate::model::M;");
    assert!(library_by(&table, &[readers, down, ("model/mod.rs", "pub struct M;")]).is_ok());
    let up = ("data/readers.rs", "use super::Rows;");
    let files = [up, ("data/mod.rs", "mod readers; pub struct Rows;")];
    let fault = library_by(&table, &files).unwrap_err().to_string();
    assert_eq!(fault, "data/readers.rs uses data/mod.rs: `data` is above `data::readers`");
}

#[test]
fn a_circle_of_three_files_is_found() {
    let files = [
        ("text/mod.rs", "mod a; mod b; mod c;"),
        ("text/a.rs", "use super::b::B;"),
        ("text/b.rs", "pub struct B; fn f() { super::c::g() }"),
        ("text/c.rs", "pub fn g(_: crate::text::a::A) {}"),
    ];
    assert_eq!(fault(&files), "circle: text/a.rs -> text/b.rs -> text/c.rs -> text/a.rs");
}

#[test]
fn a_module_may_share_a_circle_with_its_children_only() {
    let mut files = vec![
        ("text/mod.rs", "mod a; mod b; pub trait T {} fn f() { a::A; b::B }"),
        ("text/a.rs", "use super::T; use super::b::B; pub struct A;"),
        ("text/b.rs", "mod deep; use super::T; pub struct B; use deep::D;"),
        ("text/b/deep.rs", "use super::B; use crate::text::T; pub struct D;"),
    ];
    assert!(library(&files).is_ok());
    files.push(("data/mod.rs", "use crate::text::T; pub struct Row;"));
    files.push(("text/a.rs", "use super::T; fn f(_: crate::data::Row) {}"));
    let fault = fault(&files);
    assert!(
        fault.contains("circle: data/mod.rs -> text/mod.rs -> text/a.rs -> data/mod.rs"),
        "{fault}"
    );
}

#[test]
fn open_arrows_are_let_through_until_they_are_gone() {
    let table = Table { open: &[("text/mod.rs", "stages/mod.rs")], ..ROWS };
    let line = library_by(&table, &[("text/mod.rs", "use crate::stages::Fit;")]).unwrap();
    assert!(line.ends_with("exceptions: 1"), "{line}");
    let open = &[("text/mod.rs", "stages/mod.rs"), ("text/mod.rs", "data/mod.rs")];
    let table = Table { open, ..ROWS };
    let stale = library_by(&table, &[]).unwrap_err().to_string();
    assert_eq!(stale.lines().count(), 2, "{stale}");
    assert!(stale.starts_with("`text/mod.rs` -> `stages/mod.rs` is no longer needed"), "{stale}");
}

#[test]
fn rooms_and_rows_belong_together() {
    let without_row =
        [("lib.rs", "mod helpers; mod stages; mod model; mod data; mod text;"), ("helpers.rs", "")];
    assert!(fault(&without_row).contains("`helpers` is in no row"));
    assert!(fault(&[("lib.rs", "mod stages; mod model; mod data;")]).contains("`text` has a row"));
}

#[test]
fn what_only_tests_compile_may_look_up() {
    let tests = "#[cfg(test)] mod tests { use crate::stages::Fit; } #[cfg(test)] mod more;
        #[cfg(all(test, unix))] use crate::stages; #[test] fn f() { crate::stages::g() }
        struct S; impl S { #[cfg(test)] fn f() { crate::stages::g() } }";
    assert!(library(&[("text/mod.rs", tests)]).is_ok());
    let not_only = "#[cfg(not(test))] fn f() { crate::stages::g() }";
    assert!(library(&[("text/mod.rs", not_only)]).is_err());
}

#[test]
fn modules_chosen_by_cfg_count_together() {
    let files = [
        ("text/mod.rs", "#[cfg(unix)] mod m; #[cfg(not(unix))] #[path = \"other.rs\"] mod m;"),
        ("text/m.rs", ""),
        ("text/other.rs", "use crate::stages::Fit;"),
    ];
    assert!(fault(&files).contains("`stages` is above `text`"));
}
