//! The names that an item defines and the paths that it uses.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemUse, Meta, Token, UseTree, Visibility, punctuated::Punctuated};

use super::Module;

/// Notes what `item` means to the module in which it stands.
pub(super) fn item(module: &mut Module, item: &Item) {
    if let Item::Use(import) = item {
        let public = module.public && matches!(import.vis, Visibility::Public(_));
        for branch in branches(import) {
            match branch {
                Branch::Name { name, path } => {
                    if public {
                        module.reexports.insert(name.clone());
                    }
                    module.imports.entry(name).or_default().push(path);
                }
                Branch::Glob(path) => module.globs.push(path),
            }
        }
    }
    module.items.extend(defined_name(item));
    Scanner { module }.visit_item(item);
}

/// Whether only tests compile it: `#[test]`, `#[cfg(test)]` or `#[cfg(all(test, ..))]`.
pub(crate) fn is_for_tests(attributes: &[Attribute]) -> bool {
    fn needs_test(condition: &Meta) -> bool {
        match condition {
            Meta::Path(path) => path.is_ident("test"),
            Meta::List(list) if list.path.is_ident("all") => list
                .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
                .is_ok_and(|all| all.iter().any(needs_test)),
            _ => false,
        }
    }
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && attribute.parse_args::<Meta>().is_ok_and(|condition| needs_test(&condition))
    })
}

/// The attributes of an item of any kind.
pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn defined_name(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// One leaf of a `use` tree.
enum Branch {
    /// `a::b as name` with the path `a b`.
    Name { name: String, path: Vec<String> },
    /// `a::*` with the path `a`.
    Glob(Vec<String>),
}

/// The leaves of a `use` item; none if it starts with `::`, which names another crate.
fn branches(import: &ItemUse) -> Vec<Branch> {
    fn walk(tree: &UseTree, path: &[String], found: &mut Vec<Branch>) {
        let longer = |name: String| {
            let mut path = path.to_vec();
            if name != "self" || path.is_empty() {
                path.push(name); // `a::{self}` is `a`
            }
            path
        };
        match tree {
            UseTree::Path(tree) => walk(&tree.tree, &longer(tree.ident.to_string()), found),
            UseTree::Name(tree) => {
                let path = longer(tree.ident.to_string());
                found.push(Branch::Name { name: path.last().cloned().unwrap_or_default(), path });
            }
            UseTree::Rename(tree) => found.push(Branch::Name {
                name: tree.rename.to_string(),
                path: longer(tree.ident.to_string()),
            }),
            UseTree::Glob(_) => found.push(Branch::Glob(path.to_vec())),
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| walk(tree, path, found));
            }
        }
    }
    let mut found = Vec::new();
    if import.leading_colon.is_none() {
        walk(&import.tree, &[], &mut found);
    }
    found
}

/// Collects paths, from macro calls and attributes too.
struct Scanner<'a> {
    module: &'a mut Module,
}

impl Scanner<'_> {
    /// Paths in tokens that need not be Rust: runs of names with `::` between them.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.path(std::mem::take(&mut path));
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                other => {
                    self.path(std::mem::take(&mut path));
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.path(path);
    }

    /// A single name is a local one, or an import that is noted where it is imported.
    fn path(&mut self, path: Vec<String>) {
        if path.len() > 1 {
            self.module.uses.insert(path);
        }
    }
}

impl<'ast> Visit<'ast> for Scanner<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_for_tests(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_use(&mut self, import: &'ast ItemUse) {
        for branch in branches(import) {
            let (Branch::Name { path, .. } | Branch::Glob(path)) = branch;
            self.module.uses.insert(path);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.path(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if !attribute.path().is_ident("doc") {
            self.tokens(attribute.meta.to_token_stream());
        }
    }

    fn visit_visibility(&mut self, _: &'ast Visibility) {} // `pub(in super::super)` uses nothing
}
