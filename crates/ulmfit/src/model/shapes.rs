//! Names and shapes of a network's tensors, from its configuration alone.
//!
//! [`Network::shapes`](super::Network::shapes) of a configuration, before memory is allocated for the
//! network: an untrusted configuration may ask for more than there is.

use super::{AwdLstmConfig, ClassifierConfig};
use std::collections::BTreeMap;

/// Dimensions of tensors by name.
type Shapes = BTreeMap<String, Vec<usize>>;

impl AwdLstmConfig {
    /// Tensors of a language model of these sizes.
    pub fn language_model_shapes(&self) -> Shapes {
        self.encoder_shapes("0.").chain([("1.decoder.bias".to_owned(), vec![self.vocab])]).collect()
    }

    fn encoder_shapes(&self, prefix: &str) -> impl Iterator<Item = (String, Vec<usize>)> {
        let layers = (0..self.layers).flat_map(move |layer| {
            let (inputs, hidden) = self.layer(layer);
            [
                ("weight_hh_l0_raw", vec![4 * hidden, hidden]),
                ("module.weight_ih_l0", vec![4 * hidden, inputs]),
                ("module.bias_ih_l0", vec![4 * hidden]),
                ("module.bias_hh_l0", vec![4 * hidden]),
            ]
            .map(|(part, dims)| (format!("{prefix}rnns.{layer}.{part}"), dims))
        });
        [(format!("{prefix}encoder.weight"), vec![self.vocab, self.emb])].into_iter().chain(layers)
    }
}

impl ClassifierConfig {
    /// Tensors of a classifier of these sizes.
    pub fn shapes(&self) -> Shapes {
        let hidden = self.head.hidden.iter().copied();
        let widths: Vec<usize> =
            std::iter::once(3 * self.encoder.emb).chain(hidden).chain([self.classes]).collect();
        let head = widths.windows(2).enumerate().flat_map(|(n, pair)| {
            [
                ("0.weight", vec![pair[0]]),
                ("0.bias", vec![pair[0]]),
                ("0.running_mean", vec![pair[0]]),
                ("0.running_var", vec![pair[0]]),
                ("2.weight", vec![pair[1], pair[0]]),
            ]
            .map(|(part, dims)| (format!("1.layers.{n}.{part}"), dims))
        });
        self.encoder.encoder_shapes("0.module.").chain(head).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::labels::LabelKind;
    use crate::model::{DropoutConfig, HeadConfig, LanguageModel, Network, TextClassifier};
    use ulmfit_ops::{Cpu, Key};

    #[test]
    fn as_the_networks_themselves_say() {
        let (device, dropout) = (Cpu::default(), DropoutConfig::NONE);
        for layers in 1..=3 {
            let sizes = AwdLstmConfig { vocab: 7, emb: 2, hid: 3, layers };
            let lm = LanguageModel::new(device, sizes, dropout, Key::new(1));
            assert_eq!(sizes.language_model_shapes(), lm.shapes());
            for hidden in [vec![], vec![5], vec![5, 6]] {
                let head = HeadConfig { hidden, ..HeadConfig::default() };
                let config =
                    ClassifierConfig { head, ..ClassifierConfig::new(sizes, 4, LabelKind::Single) };
                let shapes = config.shapes();
                let network = TextClassifier::new(device, config, dropout, Key::new(1));
                assert_eq!(shapes, network.shapes());
            }
        }
    }
}
