//! Reloading models while requests are answered.

use crate::hosted::Hosted;
use crate::routes::{Access, App};
use serde_json::Value;
use std::path::Path;
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

/// Reloads a model when its folder has changed and then not changed for a while, so that a copy in
/// progress is not read.
pub(crate) async fn watch(app: Arc<App>) {
    let sights = |app: &App| -> Vec<Option<Sight>> {
        app.models.iter().map(|hosted| look(hosted.path())).collect()
    };
    let mut loaded = sights(&app);
    let mut before = loaded.clone();
    loop {
        tokio::time::sleep(EVERY).await;
        let now = sights(&app);
        let is_new = |n: usize| now[n].is_some() && now[n] == before[n] && now[n] != loaded[n];
        let changed: Vec<usize> = (0..now.len()).filter(|&n| is_new(n)).collect();
        if !changed.is_empty() {
            for &n in &changed {
                loaded[n].clone_from(&now[n]);
            }
            let app = Arc::clone(&app);
            let reload = move || {
                let models: Vec<&Hosted> = app.models.iter().collect();
                changed.iter().for_each(|&n| models[n].reload(&app.metrics, app.log));
            };
            _ = spawn_blocking(reload).await;
        }
        before = now;
    }
}
