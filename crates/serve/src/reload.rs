//! New models for old, while requests go on.

use crate::hosted::Hosted;
use crate::routes::{Access, App};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::task::spawn_blocking;

/// How often folders are looked at.
const EVERY: Duration = Duration::from_secs(1);

/// Loads all models and tokens again.
pub(crate) async fn reload_all(app: &Arc<App>) {
    if let Access::Token(tokens) = &app.access {
        match tokens.reload() {
            Ok(()) => app.log.info("tokens loaded", &[]),
            Err(error) => {
                let why = ("error", Value::from(error.to_string()));
                app.log.error("token file refused, the old tokens stay", &[why]);
            }
        }
    }
    let app = Arc::clone(app);
    let all = move || app.models.iter().for_each(|hosted| hosted.reload(&app.metrics, app.log));
    _ = spawn_blocking(all).await;
}

/// Name, size and time of every file of a folder; cheap to get, different when a model was replaced.
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

/// Loads a model again when its folder has changed and then stayed as it is for a while: a copy that
/// goes on is not looked into.
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
