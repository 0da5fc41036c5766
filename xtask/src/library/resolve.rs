//! Which module a path leads to.

use std::collections::BTreeSet;

use super::{Arrow, Library};

/// Where a path ends.
struct Place {
    module: usize,
    /// The first module other than the root whose import the path went through.
    through: Option<usize>,
}

impl Library {
    /// Every use of one module by another, each once. Paths into other crates are left out.
    pub(crate) fn arrows(&self) -> BTreeSet<Arrow> {
        let mut arrows = BTreeSet::new();
        for (from, module) in self.modules.iter().enumerate() {
            for path in &module.uses {
                if let Some(Place { module: to, through }) = self.place(from, path) {
                    let through = through.filter(|through| *through != to && *through != from);
                    arrows.insert(Arrow { from, to, through });
                }
            }
        }
        arrows.retain(|arrow| arrow.from != arrow.to || arrow.through.is_some());
        arrows
    }

    fn place(&self, from: usize, path: &[String]) -> Option<Place> {
        self.written(from, path, &mut BTreeSet::new())
    }

    /// A path as it is written in a module. `None` leads out of the library.
    fn written(
        &self,
        from: usize,
        path: &[String],
        seen: &mut BTreeSet<(usize, String)>,
    ) -> Option<Place> {
        if let Some((start, rest)) = self.keywords(from, path) {
            return self.walk(start, rest, seen);
        }
        let first = path.first()?;
        self.names(from, first, &mut BTreeSet::new()).then(|| self.walk(from, path, seen))?
    }

    /// Where a path that starts with `crate`, `self` or `super` starts, and what follows.
    fn keywords<'a>(&self, from: usize, path: &'a [String]) -> Option<(usize, &'a [String])> {
        let (first, mut rest) = path.split_first()?;
        let mut start = match first.as_str() {
            "crate" => return Some((0, rest)),
            "self" => from,
            "super" => self.modules[from].parent?,
            _ => return None,
        };
        while let Some(("super", after)) = rest.split_first().map(|(name, after)| (&**name, after))
        {
            (start, rest) = (self.modules[start].parent?, after);
        }
        Some((start, rest))
    }

    /// Goes down from a module, along child modules and imports.
    fn walk(
        &self,
        mut module: usize,
        path: &[String],
        seen: &mut BTreeSet<(usize, String)>,
    ) -> Option<Place> {
        for (at, name) in path.iter().enumerate() {
            let here = &self.modules[module];
            if let Some(&child) = here.children.get(name) {
                module = child;
                continue;
            }
            if here.items.contains(name) || !seen.insert((module, name.clone())) {
                break;
            }
            let Some(import) = self.import(module, name) else { break };
            let end = self.written(module, &[&import, &path[at + 1..]].concat(), seen)?;
            let through = (module != 0).then_some(module).or(end.through);
            return Some(Place { module: end.module, through });
        }
        Some(Place { module, through: None })
    }

    /// The path by which a module imports a name, one at a time or with `*`.
    fn import(&self, module: usize, name: &str) -> Option<Vec<String>> {
        let here = &self.modules[module];
        let named = here.imports.get(name).and_then(|imports| imports.first().cloned());
        named.or_else(|| {
            let holds = |glob: &&Vec<String>| {
                let target = self.glob_target(module, glob);
                target.is_some_and(|target| self.names(target, name, &mut BTreeSet::new()))
            };
            let glob = here.globs.iter().find(holds)?;
            Some(glob.iter().cloned().chain([name.to_owned()]).collect())
        })
    }

    /// Whether a module has something of that name: a child, an item, an import.
    fn names(&self, module: usize, name: &str, seen: &mut BTreeSet<usize>) -> bool {
        let here = &self.modules[module];
        seen.insert(module)
            && (here.children.contains_key(name)
                || here.items.contains(name)
                || here.imports.contains_key(name)
                || here.globs.iter().any(|glob| {
                    self.glob_target(module, glob)
                        .is_some_and(|target| self.names(target, name, seen))
                }))
    }

    /// The module of this library whose names a `*` imports, if the path runs along child modules.
    fn glob_target(&self, module: usize, glob: &[String]) -> Option<usize> {
        let (start, rest) = self.keywords(module, glob).unwrap_or((module, glob));
        rest.iter().try_fold(start, |at, name| self.modules[at].children.get(name).copied())
    }
}
