//! Files that use each other, by way of any number of others.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

/// Which file uses which.
pub(super) type Graph = BTreeMap<PathBuf, BTreeSet<PathBuf>>;

/// Circles of files, the first file repeated at the end: enough of them that none is left once
/// the last arrow of each is gone.
///
/// A module may share a circle with the modules below it: a trait in `mod.rs`, the types that
/// implement it beside it, and a function in `mod.rs` that chooses one. So a group passes if its
/// topmost file has all others below it, and these, without it, pass in turn. `below(a, b)` tells
/// whether the module of `b` is inside that of `a`.
pub(super) fn circles(graph: &Graph, below: &dyn Fn(&Path, &Path) -> bool) -> Vec<Vec<PathBuf>> {
    let mut found = Vec::new();
    for group in groups(graph) {
        let is_top = |top: &&PathBuf| group.iter().all(|file| file == *top || below(top, file));
        match group.iter().find(is_top) {
            Some(top) => {
                let rest = group.iter().filter(|file| *file != top).cloned().collect();
                found.extend(circles(&within(graph, &rest), below));
            }
            None => {
                let mut inside = within(graph, &group);
                let Some(circle) = shortest_circle(&inside, below) else { continue };
                if let [.., from, to] = circle.as_slice()
                    && let Some(targets) = inside.get_mut(from)
                {
                    targets.remove(to);
                }
                found.push(circle);
                found.extend(circles(&inside, below));
            }
        }
    }
    found
}

/// Strongly connected components of two files and more.
pub(super) fn groups(graph: &Graph) -> Vec<BTreeSet<PathBuf>> {
    let reached: BTreeMap<&Path, BTreeSet<&Path>> =
        graph.keys().map(|file| (file.as_path(), reached_from(graph, file))).collect();
    let mut placed: BTreeSet<&Path> = BTreeSet::new();
    let mut groups = Vec::new();
    for (file, others) in &reached {
        if placed.contains(*file) {
            continue;
        }
        let back = |other: &&&Path| reached.get(**other).is_some_and(|from| from.contains(file));
        let group: BTreeSet<&Path> = others.iter().filter(back).copied().chain([*file]).collect();
        placed.extend(&group);
        if group.len() > 1 {
            groups.push(group.into_iter().map(Path::to_owned).collect());
        }
    }
    groups
}

fn reached_from<'a>(graph: &'a Graph, start: &Path) -> BTreeSet<&'a Path> {
    let mut reached = BTreeSet::new();
    let mut ahead: Vec<&Path> = graph.get(start).into_iter().flatten().map(|p| &**p).collect();
    while let Some(file) = ahead.pop() {
        if reached.insert(file) {
            ahead.extend(graph.get(file).into_iter().flatten().map(PathBuf::as_path));
        }
    }
    reached
}

fn within(graph: &Graph, files: &BTreeSet<PathBuf>) -> Graph {
    let kept = graph.iter().filter(|(file, _)| files.contains(*file));
    kept.map(|(file, to)| (file.clone(), to.intersection(files).cloned().collect())).collect()
}

/// Without arrows between a module and those below it if possible: they are not the fault.
fn shortest_circle(graph: &Graph, below: &dyn Fn(&Path, &Path) -> bool) -> Option<Vec<PathBuf>> {
    let shortest = |graph: &Graph| {
        graph.keys().filter_map(|file| circle_through(graph, file)).min_by_key(Vec::len)
    };
    let keep = |keep: &dyn Fn(&Path, &Path) -> bool| {
        let mut kept = graph.clone();
        for (from, to) in &mut kept {
            to.retain(|to| keep(from, to));
        }
        kept
    };
    shortest(&keep(&|from, to| !below(to, from)))
        .or_else(|| shortest(&keep(&|from, to| !below(from, to))))
        .or_else(|| shortest(graph))
}

/// Breadth first from `start` until an arrow leads back to it.
fn circle_through(graph: &Graph, start: &Path) -> Option<Vec<PathBuf>> {
    let mut ways = VecDeque::from([vec![start.to_owned()]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in graph.get(way.last()?).into_iter().flatten() {
            let longer = [way.as_slice(), std::slice::from_ref(next)].concat();
            if next == start {
                return Some(longer);
            }
            if seen.insert(next) {
                ways.push_back(longer);
            }
        }
    }
    None
}
