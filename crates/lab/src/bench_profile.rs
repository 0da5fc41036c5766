//! Where the time of batched prediction goes, beside the most that this machine can multiply.

use crate::bench::{BenchOptions, classifier_batches};
use serde::Serialize;
use std::time::Instant;
use ulmfit::data::labels::LabelKind;
use ulmfit::model::{ClassifierConfig, DropoutConfig, TextClassifier};
use ulmfit::text::{TextConfig, TextPipeline, VocabConfig};
use ulmfit_ops::profile::{Part, Profile, measure};
use ulmfit_ops::{Cpu, Key, Precision, peak_gflops};

/// A part of the work.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PartTime {
    /// What is done.
    pub part: &'static str,
    /// Milliseconds per batch.
    pub ms: f64,
    /// Of the whole.
    pub share: f64,
}

/// Where the time of a batch goes at one precision.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PredictionProfile {
    /// Numbers of the products.
    pub precision: String,
    /// Kernel of the products.
    pub kernel: &'static str,
    /// Milliseconds per batch, tokenizing included.
    pub ms: f64,
    /// Its parts, the longest first.
    pub parts: Vec<PartTime>,
    /// Billions of multiplications and additions a second while products run.
    pub product_gflops: f64,
    /// The same of a loop on registers ([`peak_gflops`]).
    pub peak_gflops: Option<f64>,
    /// The one over the other.
    pub share_of_peak: Option<f64>,
}

/// Profiles the prediction of batches at each precision.
///
/// # Panics
/// When a size is zero.
pub fn profile_prediction(options: &BenchOptions) -> Vec<PredictionProfile> {
    let BenchOptions { sizes, bptt, seed, .. } = *options;
    let config =
        ClassifierConfig { seq_len: bptt, ..ClassifierConfig::new(sizes, 2, LabelKind::Single) };
    let key = Key::new(seed);
    let (device, dropout) = (Cpu::default(), DropoutConfig::NONE);
    let mut model = TextClassifier::new(device, config, dropout, key.child(0));
    let batches = classifier_batches(options, key);
    let batches: Vec<Vec<&[u32]>> =
        batches.iter().map(|batch| batch.iter().map(Vec::as_slice).collect()).collect();
    let tokenizing = tokenizing(&batches.concat());
    let of = |precision| {
        model.set_device(Cpu::with_precision(precision));
        drop(model.logits(&batches[0])); // lays out the weights
        let profile = measure(|| {
            for batch in &batches {
                drop(model.logits(batch).to_f32());
            }
        });
        summary(precision, &profile, tokenizing, batches.len() as f64)
    };
    [Precision::F32, Precision::Bf16, Precision::Int8].map(of).into()
}

/// Seconds of tokenizing texts of about as many tokens, on all threads.
fn tokenizing(documents: &[&[u32]]) -> f64 {
    let word = |id: &u32| -> String {
        let letter = |n: u32| char::from(b'a' + (id / 26_u32.pow(n) % 26) as u8);
        (0..4).map(letter).collect()
    };
    let texts = documents.iter().flat_map(|ids| ids.chunks(256));
    let texts: Vec<Vec<String>> =
        texts.map(|ids| vec![ids.iter().map(word).collect::<Vec<_>>().join(" ")]).collect();
    let (config, vocab) = (TextConfig::default(), VocabConfig::default());
    let Ok(pipeline) = TextPipeline::build(&config, &vocab, texts.clone()) else {
        unreachable!("words need no training")
    };
    let started = Instant::now();
    drop(pipeline.encode_all(&texts));
    started.elapsed().as_secs_f64()
}

fn summary(
    precision: Precision,
    profile: &Profile,
    tokenizing: f64,
    batches: f64,
) -> PredictionProfile {
    let known: f64 = profile.parts.iter().map(|(_, seconds)| seconds).sum();
    let named = profile.parts.iter().map(|&(part, seconds)| (name(part), seconds));
    let all = profile.seconds + tokenizing;
    let others = [("tokenizing", tokenizing), ("all else", (profile.seconds - known).max(0.0))];
    let part = |(part, seconds): (&'static str, f64)| PartTime {
        part,
        ms: 1e3 * seconds / batches,
        share: seconds / all,
    };
    let mut parts: Vec<PartTime> = named.chain(others).map(part).collect();
    parts.sort_by(|a, b| b.ms.total_cmp(&a.ms));
    let product_gflops = profile.operations / profile.of(Part::Products) / 1e9;
    let peak = peak_gflops(precision);
    PredictionProfile {
        precision: precision.to_string(),
        kernel: ulmfit_ops::kernel_name(precision),
        ms: 1e3 * all / batches,
        parts,
        product_gflops,
        peak_gflops: peak,
        share_of_peak: peak.map(|peak| product_gflops / peak),
    }
}

fn name(part: Part) -> &'static str {
    match part {
        Part::Products => "products",
        Part::Packing => "packing and rounding",
        Part::Scaling => "scaling sums of integers",
        Part::Weights => "laying out weights",
        Part::Gates => "gates",
        Part::Embedding => "embedding",
        Part::Pooling => "pooling",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulmfit::model::AwdLstmConfig;

    #[test]
    fn parts_make_the_whole() {
        let options = BenchOptions {
            sizes: AwdLstmConfig { vocab: 50, emb: 8, hid: 12, layers: 2 },
            batch_size: 4,
            bptt: 8,
            document: Some(20),
            steps: 2,
            precision: Precision::F32,
            sampled_below: 0.0,
            kept_bytes: u64::MAX,
            seed: 1,
        };
        let profiles = profile_prediction(&options);
        assert_eq!(profiles.len(), 3);
        for profile in profiles {
            let sum: f64 = profile.parts.iter().map(|part| part.ms).sum();
            assert!((sum / profile.ms - 1.0).abs() < 0.05, "{profile:?}");
            let of = |name| profile.parts.iter().find(|part| part.part == name).unwrap().ms;
            assert!(of("products") > 0.0 && of("gates") > 0.0 && of("tokenizing") > 0.0);
            // a part of the gates where a kernel's rows are rounded one by one
            assert!(of("scaling sums of integers") == 0.0 || profile.precision == "int8");
        }
    }
}
