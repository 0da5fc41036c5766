//! Which file of the library may use which: rooms downwards only, and no circles.

mod circles;
mod table;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::library::{self, Library};
use circles::Graph;
pub(crate) use table::LIBRARY;
use table::Table;

/// Compares the library in `folder` with the table.
///
/// Names are followed through re-exports to the file that defines them. What only tests compile
/// may look upwards and is not read.
pub(crate) fn check(folder: &Path, table: &Table) -> anyhow::Result<String> {
    let library = library::read(folder)?;
    let graph = FileGraph::of(&library, table)?;
    let faults = graph.faults(table.open);
    let mut wrong = faults.clone();
    for open in table.open {
        let others: Vec<_> = table.open.iter().filter(|other| *other != open).copied().collect();
        if graph.faults(&others) == faults {
            wrong.push(format!(
                "`{}` -> `{}` is no longer needed among the open arrows of xtask/src/layers/table.rs",
                open.0, open.1
            ));
        }
    }
    anyhow::ensure!(wrong.is_empty(), wrong.join("\n"));
    let arrows: usize = graph.files.values().map(BTreeSet::len).sum();
    Ok(format!(
        "{} files, {arrows} arrows; all downwards and without circles; exceptions: {}",
        graph.files.len(),
        table.open.len()
    ))
}

/// The library's arrows, between files.
struct FileGraph {
    files: Graph,
    /// Arrows with the rooms of their ends, including rooms whose re-exports they go through.
    rooms: BTreeSet<(PathBuf, PathBuf, Room, Room)>,
    /// Names of the modules in each file, from the root.
    paths: BTreeMap<PathBuf, Vec<String>>,
}

/// A room and its row, 0 at the top.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Room {
    row: usize,
    name: &'static str,
}

impl FileGraph {
    fn of(library: &Library, table: &Table) -> anyhow::Result<Self> {
        let names: Vec<String> = library.modules.iter().map(library::Module::name).collect();
        let mut wrong = Vec::new();
        for room in table.rows.iter().copied().flatten() {
            if !names.iter().any(|name| name == room) {
                wrong.push(format!(
                    "`{room}` has a row in xtask/src/layers/table.rs and is not a module"
                ));
            }
        }
        let rooms: Vec<Option<Room>> = names.iter().map(|name| room_of(name, table)).collect();
        for (name, room) in names.iter().zip(&rooms) {
            if room.is_none() && !name.contains("::") {
                wrong.push(format!(
                    "module `{name}` is in no row: give it one in xtask/src/layers/table.rs"
                ));
            }
        }
        anyhow::ensure!(wrong.is_empty(), wrong.join("\n"));

        let mut graph =
            Self { files: Graph::new(), rooms: BTreeSet::new(), paths: BTreeMap::new() };
        for module in &library.modules {
            for file in &module.files {
                graph.files.entry(file.clone()).or_default();
                graph.paths.entry(file.clone()).or_insert_with(|| module.path.clone());
            }
        }
        for arrow in library.arrows() {
            let (from, to) = (library.modules[arrow.from].file(), library.modules[arrow.to].file());
            if from != to {
                graph.files.entry(from.to_owned()).or_default().insert(to.to_owned());
            }
            for end in [Some(arrow.to), arrow.through].into_iter().flatten() {
                if let (Some(above), Some(below)) = (rooms[arrow.from], rooms[end]) {
                    graph.rooms.insert((from.to_owned(), to.to_owned(), above, below));
                }
            }
        }
        Ok(graph)
    }

    /// What the table forbids, one line per fault, if `open` arrows were not there.
    fn faults(&self, open: &[(&str, &str)]) -> Vec<String> {
        let is_open = |from: &Path, to: &Path| {
            open.iter().any(|(a, b)| from == Path::new(a) && to == Path::new(b))
        };
        let mut faults = BTreeSet::new();
        let mut neighbours = Graph::new();
        for (from, to, above, below) in &self.rooms {
            if is_open(from, to) || above.name == below.name {
                continue;
            }
            if above.row > below.row {
                faults.insert(format!(
                    "{} uses {}: `{}` is above `{}`",
                    from.display(),
                    to.display(),
                    below.name,
                    above.name
                ));
            } else if above.row == below.row {
                neighbours.entry(above.name.into()).or_default().insert(below.name.into());
                neighbours.entry(below.name.into()).or_default();
            }
        }
        for group in circles::groups(&neighbours) {
            let names: Vec<String> =
                group.iter().map(|room| format!("`{}`", room.display())).collect();
            faults.insert(format!("rooms of one row use each other: {}", names.join(", ")));
        }

        let mut files = self.files.clone();
        for (from, to) in &mut files {
            to.retain(|to| !is_open(from, to));
        }
        let below = |top: &Path, file: &Path| self.paths[file].starts_with(&self.paths[top]);
        for circle in circles::circles(&files, &below) {
            let names: Vec<String> = circle.iter().map(|file| file.display().to_string()).collect();
            faults.insert(format!("circle: {}", names.join(" -> ")));
        }
        faults.into_iter().collect()
    }
}

/// The innermost room that holds a module.
fn room_of(module: &str, table: &Table) -> Option<Room> {
    let rows = table.rows.iter().enumerate();
    let rooms = rows.flat_map(|(row, names)| names.iter().map(move |name| Room { row, name }));
    rooms
        .filter(|room| {
            module
                .strip_prefix(room.name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        })
        .max_by_key(|room| room.name.len())
}
