//! From `lib.rs` along the `mod` declarations.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use syn::{Item, ItemMod, Meta, Visibility};

use super::{Library, Module, scan};

/// Reads `lib.rs` in `folder` and every module that it or its modules declare.
///
/// # Errors
///
/// If a file cannot be read or is not Rust.
pub(crate) fn read(folder: &Path) -> anyhow::Result<Library> {
    let root = Module { public: true, ..Module::default() };
    let mut reader = Reader { folder, found: Library { modules: vec![root] } };
    reader.file(0, PathBuf::from("lib.rs"))?;
    Ok(reader.found)
}

struct Reader<'a> {
    folder: &'a Path,
    found: Library,
}

impl Reader<'_> {
    fn file(&mut self, module: usize, file: PathBuf) -> anyhow::Result<()> {
        let path = self.folder.join(&file);
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let parsed =
            syn::parse_file(&text).with_context(|| format!("cannot parse {}", path.display()))?;
        let declared_in = file.clone();
        self.found.modules[module].files.push(file);
        self.items(module, &declared_in, &parsed.items)
    }

    fn items(&mut self, module: usize, file: &Path, items: &[Item]) -> anyhow::Result<()> {
        for item in items.iter().filter(|item| !scan::is_for_tests(scan::attributes(item))) {
            match item {
                Item::Mod(declaration) => self.declaration(module, file, declaration)?,
                item => scan::item(&mut self.found.modules[module], item),
            }
        }
        Ok(())
    }

    fn declaration(&mut self, parent: usize, file: &Path, item: &ItemMod) -> anyhow::Result<()> {
        let name = item.ident.to_string();
        let module = self.child(parent, &name, matches!(item.vis, Visibility::Public(_)));
        if let Some((_, items)) = &item.content {
            self.found.modules[module].files.push(file.to_owned());
            return self.items(module, file, items);
        }
        let beside = file.parent().unwrap_or(Path::new(""));
        if let Some(path) = path_attribute(item) {
            return self.file(module, beside.join(path));
        }
        let within = match file.file_name().and_then(|name| name.to_str()) {
            Some("lib.rs" | "mod.rs") => beside.to_owned(),
            _ => file.with_extension(""),
        };
        let short = within.join(format!("{name}.rs"));
        let long = within.join(&name).join("mod.rs");
        self.file(module, if self.folder.join(&short).exists() { short } else { long })
    }

    /// The module of that name: a new one, or the one that another `cfg` has declared before.
    fn child(&mut self, parent: usize, name: &str, public: bool) -> usize {
        let modules = &mut self.found.modules;
        if let Some(&known) = modules[parent].children.get(name) {
            return known;
        }
        let path = modules[parent].path.iter().cloned().chain([name.to_owned()]).collect();
        let public = public && modules[parent].public;
        let child = modules.len();
        modules[parent].children.insert(name.to_owned(), child);
        modules.push(Module { path, parent: Some(parent), public, ..Module::default() });
        child
    }
}

/// The value of `#[path = "..."]`.
fn path_attribute(item: &ItemMod) -> Option<String> {
    item.attrs.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    })
}
