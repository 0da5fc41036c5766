//! The models that are served, each under its name.

use crate::log::Log;
use crate::metrics::Metrics;
use crate::{ModelSource, ServeError};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use ulmfit::decisions::{Policy, Rule};
use ulmfit::models::{ModelSummary, open_model};
use ulmfit::text::Direction;
use ulmfit::{Classifier, Error, Precision, trim_memory};

/// A model in memory. A request keeps the one that it began with.
pub(crate) struct Loaded {
    /// Its name on this server.
    pub(crate) name: String,
    /// Hash of its folder.
    pub(crate) hash: String,
    /// The model.
    pub(crate) classifier: Classifier,
    /// Its reading directions.
    pub(crate) directions: Vec<Direction>,
    /// What `inspect --json` prints for it.
    pub(crate) summary: Value,
    /// Rules of earlier requests with their thresholds, which take a while to compute.
    policies: Mutex<Vec<(Rule, Arc<Policy>)>>,
}

/// Number of rules that are kept.
const RULES: usize = 32;

impl Loaded {
    /// The thresholds of a rule for this model.
    ///
    /// # Errors
    /// As [`Classifier::policy`].
    pub(crate) fn policy(&self, rule: Rule) -> Result<Arc<Policy>, Error> {
        let known = || self.policies.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, policy)) = known().iter().find(|(other, _)| *other == rule) {
            return Ok(Arc::clone(policy));
        }
        let policy = Arc::new(self.classifier.policy(rule)?);
        let mut known = known();
        if known.len() == RULES {
            known.remove(0);
        }
        known.push((rule, Arc::clone(&policy)));
        Ok(policy)
    }

    fn open(source: &ModelSource, precision: Precision) -> Result<Self, Error> {
        let folder = open_model(&source.path)?;
        let classifier = Classifier::from_folder(&folder)?.with_precision(precision);
        // finds weights that give NaN before the model answers a request
        classifier.predict(["a text of some words, and others", ""])?;
        let summary = ModelSummary::read(&folder)?;
        Ok(Self {
            name: source.name.clone(),
            hash: summary.hash.clone(),
            directions: classifier.directions(),
            classifier,
            summary: serde_json::to_value(&summary).unwrap_or_default(),
            policies: Mutex::default(),
        })
    }
}

/// A name and the model that has it now.
pub(crate) struct Hosted {
    source: ModelSource,
    precision: Precision,
    current: RwLock<Arc<Loaded>>,
}

impl Hosted {
    pub(crate) fn name(&self) -> &str {
        &self.source.name
    }

    pub(crate) fn current(&self) -> Arc<Loaded> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Loads the folder again while the old model answers, then swaps them. If the folder cannot be
    /// loaded, the old model stays.
    pub(crate) fn reload(&self, metrics: &Metrics, log: Log) {
        let name = || ("model", Value::from(self.name()));
        match Loaded::open(&self.source, self.precision) {
            Ok(loaded) => {
                let hash = ("hash", Value::from(loaded.hash.as_str()));
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(loaded);
                trim_memory();
                metrics.reload(self.name(), "loaded");
                log.info("model loaded", &[name(), hash]);
            }
            Err(error) => {
                metrics.reload(self.name(), "refused");
                let why = ("error", Value::from(error.to_string()));
                log.error("model cannot be loaded, the old one stays", &[name(), why]);
            }
        }
    }
}

/// All models; the first is the one that answers when none is named.
pub(crate) struct Models(Vec<Hosted>);

impl Models {
    /// Loads all of them.
    ///
    /// # Errors
    /// [`ServeError`] when one cannot be loaded, or a name cannot be used.
    ///
    /// # Panics
    /// If `sources` is empty.
    pub(crate) fn open(sources: &[ModelSource], precision: Precision) -> Result<Self, ServeError> {
        assert!(!sources.is_empty(), "a server has a model");
        let mut models: Vec<Hosted> = Vec::new();
        for source in sources {
            let name = &source.name;
            let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            if name.is_empty() || !name.chars().all(allowed) {
                return Err(ServeError::BadName { name: name.clone() });
            }
            if models.iter().any(|other| other.name() == name) {
                return Err(ServeError::SameName { name: name.clone() });
            }
            let current = RwLock::new(Arc::new(Loaded::open(source, precision)?));
            models.push(Hosted { source: source.clone(), precision, current });
        }
        trim_memory(); // loading leaves as much behind as the model needs
        Ok(Self(models))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Hosted> {
        self.0.iter()
    }

    /// The model of that name, or the first.
    pub(crate) fn find(&self, name: Option<&str>) -> Option<Arc<Loaded>> {
        let found = match name {
            Some(name) => self.0.iter().find(|hosted| hosted.name() == name),
            None => self.0.first(),
        };
        found.map(Hosted::current)
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.0.iter().map(Hosted::name).collect()
    }
}
