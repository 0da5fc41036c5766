//! Names and shapes of a transformer's tensors, from its configuration alone.

use super::{SentenceClassifierConfig, TransformerConfig};
use std::collections::BTreeMap;

/// Shapes of tensors by name.
type Shapes = BTreeMap<String, Vec<usize>>;

impl TransformerConfig {
    /// Tensors of an encoder with this configuration.
    pub fn shapes(&self) -> Shapes {
        let Self { vocab, positions, width, layers, inner, .. } = *self;
        let mut shapes = Shapes::new();
        shapes.insert("embeddings.word_embeddings.weight".into(), vec![vocab, width]);
        shapes.insert("embeddings.position_embeddings.weight".into(), vec![positions, width]);
        put(&mut shapes, "embeddings.LayerNorm", &[width]);
        for layer in 0..layers {
            for (part, dims) in [
                ("attention.self.query", vec![width, width]),
                ("attention.self.key", vec![width, width]),
                ("attention.self.value", vec![width, width]),
                ("attention.output.dense", vec![width, width]),
                ("attention.output.LayerNorm", vec![width]),
                ("intermediate.dense", vec![inner, width]),
                ("output.dense", vec![width, inner]),
                ("output.LayerNorm", vec![width]),
            ] {
                put(&mut shapes, &format!("encoder.layer.{layer}.{part}"), &dims);
            }
        }
        shapes
    }
}

impl SentenceClassifierConfig {
    /// Tensors of a classifier with this configuration.
    pub fn shapes(&self) -> Shapes {
        let mut shapes = self.encoder.shapes();
        put(&mut shapes, "classifier", &[self.classes, self.encoder.width]);
        shapes
    }
}

/// A weight of this shape, and a bias with one element per row.
fn put(shapes: &mut Shapes, name: &str, weight: &[usize]) {
    shapes.insert(format!("{name}.weight"), weight.to_vec());
    shapes.insert(format!("{name}.bias"), weight[..1].to_vec());
}
