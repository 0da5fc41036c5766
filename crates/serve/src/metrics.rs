//! Metrics for Prometheus.

use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder, SharedString};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusRecorder};
use std::fmt::Write;
use std::time::Duration;
use ulmfit::Prediction;

/// The metrics of one server. They are not global: two servers in one process count separately.
pub(crate) struct Metrics {
    recorder: PrometheusRecorder,
    /// Waiting texts.
    pub(crate) queue_texts: Gauge,
    /// Open connections.
    pub(crate) connections: Gauge,
    /// Connections closed to make room for new ones.
    pub(crate) dismissed: Counter,
    queue_seconds: Histogram,
    infer_seconds: Histogram,
    batch_texts: Histogram,
    batch_tokens: Histogram,
    tokens: Counter,
}

const METADATA: Metadata<'static> = Metadata::new("ulmfit", Level::INFO, None);

const SECONDS: [f64; 16] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
    60.0,
];
const SHARES: [f64; 14] = [0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];
const POWERS: [f64; 18] = [
    1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0,
    16384.0, 32768.0, 65536.0, 131_072.0,
];

/// Name, buckets (none: not a histogram) and meaning.
const DESCRIPTIONS: [(&str, &[f64], &str); 15] = [
    ("ulmfit_request_seconds", &SECONDS, "Time from a request to its answer."),
    ("ulmfit_queue_seconds", &SECONDS, "Time that a text waited in the queue."),
    ("ulmfit_infer_seconds", &SECONDS, "Time to predict a batch."),
    ("ulmfit_batch_texts", &POWERS, "Texts in a batch."),
    ("ulmfit_batch_tokens", &POWERS, "Tokens in a batch."),
    ("ulmfit_confidence", &SHARES, "Confidence of the predictions of a model."),
    (
        "ulmfit_unknown_words_ratio",
        &SHARES,
        "Share of a text's tokens that are not in the vocabulary.",
    ),
    ("ulmfit_requests_total", &[], "Requests answered, by route and status."),
    ("ulmfit_texts_total", &[], "Texts predicted, by model and label."),
    ("ulmfit_abstained_total", &[], "Texts that a rule left to a person, by model."),
    ("ulmfit_tokens_total", &[], "Tokens of predicted texts."),
    ("ulmfit_queue_texts", &[], "Texts in the queue."),
    ("ulmfit_connections", &[], "Open connections."),
    ("ulmfit_dismissed_total", &[], "Connections closed to make room for new ones."),
    ("ulmfit_reloads_total", &[], "Attempts to reload a model, by model and outcome."),
];

fn label(name: &'static str, value: &str) -> Label {
    Label::new(name, SharedString::from(value.to_owned()))
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut builder = PrometheusBuilder::new();
        for (name, buckets, _) in DESCRIPTIONS.iter().filter(|(_, buckets, _)| !buckets.is_empty())
        {
            builder = builder
                .set_buckets_for_metric(Matcher::Full((*name).to_owned()), buckets)
                .expect("there are buckets");
        }
        let recorder = builder.build_recorder();
        for (name, _, meaning) in DESCRIPTIONS {
            recorder.describe_counter(name.into(), None, meaning.into());
        }
        let gauge = |name| recorder.register_gauge(&Key::from_name(name), &METADATA);
        let counter = |name| recorder.register_counter(&Key::from_name(name), &METADATA);
        let histogram = |name| recorder.register_histogram(&Key::from_name(name), &METADATA);
        let version = vec![Label::new("version", env!("CARGO_PKG_VERSION"))];
        let info = Key::from_parts("ulmfit_build_info", version);
        recorder.register_gauge(&info, &METADATA).set(1.0);
        Self {
            queue_texts: gauge("ulmfit_queue_texts"),
            connections: gauge("ulmfit_connections"),
            queue_seconds: histogram("ulmfit_queue_seconds"),
            infer_seconds: histogram("ulmfit_infer_seconds"),
            batch_texts: histogram("ulmfit_batch_texts"),
            batch_tokens: histogram("ulmfit_batch_tokens"),
            dismissed: counter("ulmfit_dismissed_total"),
            tokens: counter("ulmfit_tokens_total"),
            recorder,
        }
    }

    /// A request was answered.
    pub(crate) fn request(&self, route: &str, status: u16, took: Duration) {
        let labels = vec![label("route", route), label("status", &status.to_string())];
        let key = Key::from_parts("ulmfit_requests_total", labels);
        self.recorder.register_counter(&key, &METADATA).increment(1);
        let key = Key::from_parts("ulmfit_request_seconds", vec![label("route", route)]);
        self.recorder.register_histogram(&key, &METADATA).record(took.as_secs_f64());
    }

    /// A batch was computed.
    pub(crate) fn batch(&self, texts: usize, tokens: usize, took: Duration) {
        self.batch_texts.record(texts as f64);
        self.batch_tokens.record(tokens as f64);
        self.infer_seconds.record(took.as_secs_f64());
        self.tokens.increment(tokens as u64);
    }

    /// A text of a batch was predicted.
    pub(crate) fn text(
        &self,
        model: &str,
        found: &Prediction,
        unknown: usize,
        tokens: usize,
        waited: Duration,
    ) {
        self.queue_seconds.record(waited.as_secs_f64());
        let of = |name, more: Option<Label>| {
            let mut labels = vec![label("model", model)];
            labels.extend(more);
            Key::from_parts(name, labels)
        };
        let texts = |more| {
            let key = of("ulmfit_texts_total", more);
            self.recorder.register_counter(&key, &METADATA).increment(1);
        };
        if found.labels().is_empty() {
            texts(None);
        }
        found.labels().iter().for_each(|name| texts(Some(label("label", name))));
        if found.value().is_none() {
            let key = of("ulmfit_confidence", None);
            let confidence = self.recorder.register_histogram(&key, &METADATA);
            confidence.record(f64::from(found.confidence()));
        }
        let key = of("ulmfit_unknown_words_ratio", None);
        let ratio = unknown as f64 / tokens.max(1) as f64;
        self.recorder.register_histogram(&key, &METADATA).record(ratio);
    }

    /// A text was left to a person.
    pub(crate) fn abstained(&self, model: &str) {
        let key = Key::from_parts("ulmfit_abstained_total", vec![label("model", model)]);
        self.recorder.register_counter(&key, &METADATA).increment(1);
    }

    /// A model was reloaded, or could not be.
    pub(crate) fn reload(&self, model: &str, outcome: &'static str) {
        let labels = vec![label("model", model), Label::new("outcome", outcome)];
        let key = Key::from_parts("ulmfit_reloads_total", labels);
        self.recorder.register_counter(&key, &METADATA).increment(1);
    }

    /// Aggregates recorded values, which would otherwise pile up until the metrics are read.
    pub(crate) fn upkeep(&self) {
        self.recorder.handle().run_upkeep();
    }

    /// All metrics in the text format of Prometheus.
    pub(crate) fn render(&self) -> String {
        let mut text = self.recorder.handle().render();
        if let Some(bytes) = resident_bytes() {
            let name = "process_resident_memory_bytes";
            _ = write!(
                text,
                "# HELP {name} Resident memory of the process.\n# TYPE {name} gauge\n{name} {bytes}\n"
            );
        }
        text
    }
}

/// Resident memory; Linux only.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulmfit::models::Probabilities;

    #[test]
    fn what_was_counted_is_shown_and_hostile_labels_stay_in_quotes() {
        let metrics = Metrics::new();
        let name = "a\"}\nb";
        let found = Prediction::Single {
            label: name.into(),
            confidence: 0.75,
            probabilities: Probabilities(vec![(name.into(), 0.75)]),
        };
        metrics.text("m", &found, 1, 4, Duration::from_millis(3));
        metrics.request("/predict", 200, Duration::from_millis(7));
        metrics.batch(1, 4, Duration::from_millis(2));
        metrics.upkeep();
        let text = metrics.render();
        for line in [
            "ulmfit_texts_total{model=\"m\",label=\"a\\\"}\\nb\"} 1",
            "ulmfit_requests_total{route=\"/predict\",status=\"200\"} 1",
            "ulmfit_request_seconds_bucket{route=\"/predict\",le=\"0.01\"} 1",
            "ulmfit_unknown_words_ratio_sum{model=\"m\"} 0.25",
            "ulmfit_confidence_count{model=\"m\"} 1",
            "ulmfit_batch_tokens_sum 4",
            "# HELP ulmfit_texts_total Texts predicted, by model and label.",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }
}
