//! Reloading models while requests are answered.

use crate::ModelSource;
use crate::hosted::Hosted;
use crate::routes::{Access, App};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::task::spawn_blocking;

/// How often folders are checked.
const EVERY: Duration = Duration::from_secs(1);

/// Reloads all models and tokens.
pub(crate) async fn reload_all(app: &Arc<App>) {
    if let Access::Token(tokens) = &app.access {
        match tokens.reload() {
            Ok(()) => app.log.info("tokens loaded", &[]),
            Err(error) => {
                let why = ("error", Value::from(error.to_string()));
                app.log.error("token file cannot be used, the old tokens stay", &[why]);
            }
        }
    }
    let app = Arc::clone(app);
    let all = move || app.models.iter().for_each(|hosted| hosted.reload(&app.metrics, app.log));
    _ = spawn_blocking(all).await;
}

/// Name, size and time of every file of a folder: cheap to get, and different after a model was replaced.
type Sight = Vec<(std::ffi::OsString, u64, Option<SystemTime>)>;

fn look(path: &Path) -> Option<Sight> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).ok()? {
        let entry = entry.ok()?;
        let found = entry.metadata().ok()?;
        files.push((entry.file_name(), found.len(), found.modified().ok()));
    }
    files.sort();
    Some(files)
}

/// What the folders of all models look like.
pub(crate) struct Sights {
    folders: Vec<PathBuf>,
    /// As each looked when its model began to be loaded.
    loaded: Vec<Option<Sight>>,
    /// As they looked last.
    before: Vec<Option<Sight>>,
}

impl Sights {
    /// Looks at the folders, before the models are loaded: one that is replaced meanwhile has changed.
    pub(crate) fn first(models: &[ModelSource]) -> Self {
        let folders: Vec<PathBuf> = models.iter().map(|model| model.path.clone()).collect();
        let loaded: Vec<_> = folders.iter().map(|path| look(path)).collect();
        Self { folders, before: loaded.clone(), loaded }
    }

    /// Looks again. Gives the models whose folder has changed, and not since the last look, so that a
    /// copy in progress is not read.
    fn changed(&mut self) -> Vec<usize> {
        let now: Vec<_> = self.folders.iter().map(|path| look(path)).collect();
        let is_new = |n: &usize| {
            now[*n].is_some() && now[*n] == self.before[*n] && now[*n] != self.loaded[*n]
        };
        let changed: Vec<usize> = (0..now.len()).filter(is_new).collect();
        for &n in &changed {
            self.loaded[n].clone_from(&now[n]);
        }
        self.before = now;
        changed
    }
}

/// Reloads each model whose folder has changed.
pub(crate) async fn watch(app: Arc<App>, mut sights: Sights) {
    loop {
        tokio::time::sleep(EVERY).await;
        let changed = sights.changed();
        if !changed.is_empty() {
            let app = Arc::clone(&app);
            let reload = move || {
                let models: Vec<&Hosted> = app.models.iter().collect();
                changed.iter().for_each(|&n| models[n].reload(&app.metrics, app.log));
            };
            _ = spawn_blocking(reload).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_changes_while_it_is_loaded_is_seen() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("model");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("config.json"), "1").unwrap();
        let source = ModelSource { name: "model".to_owned(), path: folder.clone() };
        let mut sights = Sights::first(&[source]);
        std::fs::write(folder.join("config.json"), "another").unwrap(); // while the models are loaded
        assert!(sights.changed().is_empty(), "it may still be written");
        assert_eq!(sights.changed(), [0]);
        assert!(sights.changed().is_empty(), "it was reloaded");
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(sights.changed().is_empty() && sights.changed().is_empty(), "there is none");
    }
}
