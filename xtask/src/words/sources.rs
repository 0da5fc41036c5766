//! Texts in the Rust sources: string literals, `#[error("...")]`, help texts and doc comments.
//!
//! Code that only tests compile is left out, and so are the names and patterns in [`allowed`](super::allowed).

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, LitStr, Meta};

use super::allowed::{CONTROL, DEBUG, OPTIONS};
use super::rules::{forbidden, has_control, has_debug, has_option};
use crate::library::{attributes, is_for_tests};

/// How many texts there are, and what is wrong with them.
///
/// # Errors
/// If a file cannot be read or is not Rust.
pub(super) fn check(root: &Path) -> anyhow::Result<(usize, Vec<String>)> {
    let mut reader = Reader { texts: 0, faults: Vec::new(), file: String::new() };
    let mut files = Vec::new();
    for folder in ["crates", "fuzz", "outsider"] {
        collect(&root.join(folder), &mut files)?;
    }
    files.sort();
    for path in files {
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let parsed =
            syn::parse_file(&text).with_context(|| format!("cannot parse {}", path.display()))?;
        let name = path.strip_prefix(root).unwrap_or(&path);
        reader.file = name.to_string_lossy().replace('\\', "/");
        reader.visit_file(&parsed);
    }
    Ok((reader.texts, reader.faults))
}

/// Rust files under `folder` that users' programs are built from.
fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["tests", "target", "data"].contains(&name.as_str())
                || path.join("mod.rs").is_file()
            {
                collect(&path, found)?;
            }
        } else if path.extension().is_some_and(|end| end == "rs") && !is_test_file(&name) {
            found.push(path);
        }
    }
    Ok(())
}

fn is_test_file(name: &str) -> bool {
    name == "tests.rs" || name.ends_with("_tests.rs") || name == "testing.rs"
}

/// Macros whose message is for programmers: what they say is a bug of ours.
const FOR_PROGRAMMERS: [&str; 9] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "panic",
    "unreachable",
    "matches",
];

struct Reader {
    texts: usize,
    faults: Vec<String>,
    file: String,
}

impl Reader {
    fn fault(&mut self, line: usize, what: &str) {
        self.faults.push(format!("{}:{line}: {what}", self.file));
    }

    /// A literal; in `message`, it can reach a user.
    fn literal(&mut self, literal: &LitStr, message: bool) {
        let (text, line) = (literal.value(), literal.span().start().line);
        self.texts += 1;
        for fault in forbidden(&text) {
            self.fault(line, &fault);
        }
        let is_library = self.file.starts_with("crates/ulmfit/src/")
            || self.file.starts_with("crates/lab/src/")
            || self.file.starts_with("crates/ops/src/");
        if is_library && has_option(&text) && !self.is_allowed(&OPTIONS, &text) {
            self.fault(line, "an option of the command line in the library: use `Setting`");
        }
        if message && has_debug(&text) && !self.is_allowed(&DEBUG, &text) {
            self.fault(line, "`Debug` output in a message: write it out, or use `printable`");
        }
        if message && has_control(&text) && !self.is_allowed(&CONTROL, &text) {
            self.fault(line, "a control character in a message");
        }
    }

    fn is_allowed(&self, list: &[(&str, &str, &str)], text: &str) -> bool {
        list.iter().any(|(file, part, _)| self.file.ends_with(file) && text.contains(part))
    }

    /// Literals among tokens that need not be Rust, as in `html!`.
    fn tokens(&mut self, tokens: TokenStream, message: bool) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.tokens(group.stream(), message),
                TokenTree::Literal(literal) => {
                    if let Ok(literal) = syn::parse2::<LitStr>(literal.to_token_stream()) {
                        self.literal(&literal, message);
                    }
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }

    /// Doc comments of an item, as one text: sentences go on over lines.
    fn docs(&mut self, attributes: &[Attribute]) {
        let (mut text, mut first) = (String::new(), None);
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
            let Meta::NameValue(pair) = &attribute.meta else { continue };
            let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(line), .. }) = &pair.value else {
                continue;
            };
            first.get_or_insert(line.span().start().line);
            // an empty line ends a paragraph; a mark keeps the words of two apart
            let line = line.value();
            text.push_str(if line.trim().is_empty() { " | " } else { &line });
            text.push('\n');
        }
        if let Some(line) = first {
            self.texts += 1;
            for fault in forbidden(&text) {
                self.fault(line, &fault);
            }
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_file(&mut self, file: &'ast syn::File) {
        self.docs(&file.attrs);
        visit::visit_file(self, file);
    }

    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(attributes(item)) {
            self.docs(attributes(item));
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_for_tests(&item.attrs) {
            self.docs(&item.attrs);
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        self.docs(&item.attrs);
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        self.docs(&field.attrs);
        visit::visit_field(self, field);
    }

    fn visit_variant(&mut self, variant: &'ast syn::Variant) {
        self.docs(&variant.attrs);
        visit::visit_variant(self, variant);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let is = |name| attribute.path().is_ident(name);
        if !is("doc") && !is("expect") && !is("allow") && !is("cfg") && !is("cfg_attr") {
            self.tokens(attribute.meta.to_token_stream(), true);
        }
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let name = call.path.segments.last().map(|last| last.ident.to_string());
        let message = !name.is_some_and(|name| FOR_PROGRAMMERS.contains(&name.as_str()));
        self.tokens(call.tokens.clone(), message);
    }

    fn visit_lit_str(&mut self, literal: &'ast LitStr) {
        self.literal(literal, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(source: &str) -> Vec<String> {
        faults_in("crates/a/src/lib.rs", source)
    }

    fn faults_in(name: &str, source: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, source).unwrap();
        check(folder.path()).unwrap().1
    }

    #[test]
    fn good_words_pass() {
        let source = "//! Good.\n/// `x` is not a model.\n#[error(\"`{x}` is missing\")]\nfn f() { format!(\"{x}\"); }";
        assert!(faults(source).is_empty());
    }

    #[test]
    fn texts_of_every_kind_are_read() {
        for source in [
            "//! This is no good.",
            "/// This is\n/// no good.\nfn f() {}",
            "enum E { #[error(\"`{x}` is no good\")] A }",
            "struct S { /// A row a method\n a: u8 }",
            "struct S { #[arg(help = \"a row a method\")] a: u8 }",
            "fn f() { let x = \"that is no good\"; }",
            "fn f() { html! { p { \"that is no good\" } } }",
            "impl S { /// It is judged by it.\n fn f() {} }",
            "trait T { /// It is judged by it.\n fn f(); }",
        ] {
            assert_eq!(faults(source).len(), 1, "{source}");
        }
    }

    #[test]
    fn debug_output_and_control_characters_are_for_programmers() {
        assert_eq!(faults("fn f() { println!(\"{x:?}\"); }").len(), 1);
        assert_eq!(faults("enum E { #[error(\"{name:?} is missing\")] A }").len(), 1);
        assert_eq!(faults("fn f() { format!(\"\\u{1b}[1m\"); }").len(), 1);
        assert!(faults("fn f() { assert!(a, \"{x:?}\"); panic!(\"{x:?}\"); }").is_empty());
    }

    #[test]
    fn options_belong_to_the_command_line() {
        let source = "fn f() { let hint = \"pass `--overwrite`\"; }";
        assert_eq!(faults_in("crates/ulmfit/src/a.rs", source).len(), 1);
        assert!(faults_in("crates/cli/src/a.rs", source).is_empty());
    }

    #[test]
    fn tests_may_say_what_they_like() {
        assert!(faults("#[cfg(test)]\nmod tests { fn f() { g(\"it is no good\"); } }").is_empty());
    }
}
