//! Recurrent classifiers as graphs of ONNX, for other people's runtimes.
//!
//! One file holds the networks of all directions: token ids in, probabilities (or values) out. The tokenizer is
//! ours and not in it.

#![allow(
    clippy::cast_possible_wrap,
    reason = "ONNX counts in i64; sizes of networks are far below"
)]

mod builder;
mod check;
mod folder;
mod network;
mod proto;
#[cfg(test)]
mod tests;

pub use folder::export_onnx;

use super::classifier_bundle::ClassifierBundle;
use super::classifier_network::ClassifierNetwork;
use super::folder::pack_one;
use crate::Error;
use crate::data::labels::LabelKind;
use crate::model::TextClassifier;
use crate::text::{Direction, TextPipeline};
use builder::Builder;
use network::{Classifier, Texts, mean};
use prost::Message;
use ulmfit_ops::Cpu;

/// The version of the operators: that of ONNX 1.13 of 2022.
const OPSET: i64 = 18;
/// The version of the format which that ONNX has.
const IR_VERSION: i64 = 8;
/// A message of protocol buffers is shorter.
const LIMIT: usize = i32::MAX as usize;

/// What an ONNX file is made of.
struct Recurrent<'a> {
    text: &'a TextPipeline,
    networks: Vec<(Direction, &'a TextClassifier<Cpu>)>,
}

impl ClassifierBundle {
    /// The classifier as the bytes of an ONNX file, opset 18: inputs `ids`, int64 `[time, batch]` in reading
    /// order and padded behind, and `lengths`, int32 `[batch]`; output `probabilities` (for a regression
    /// `values`), f32 `[batch, outputs]`. Weights are f32.
    ///
    /// # Errors
    /// [`Error::Usage`] for anything but a recurrent classifier, and for one of more than 2 GB.
    pub fn to_onnx(&self) -> Result<Vec<u8>, Error> {
        let Recurrent { networks, .. } = self.for_onnx()?;
        let mut graph = Builder::new("classifier");
        let texts = Texts::new(&mut graph);
        let answer = |(direction, network): (Direction, &TextClassifier<Cpu>)| {
            let tensors = pack_one(network);
            let classifier = Classifier { direction, config: network.config(), tensors: &tensors };
            classifier.add_to(&mut graph, &texts)
        };
        let answers = networks.into_iter().map(answer).collect();
        let answer = mean(&mut graph, answers);
        let doc = match self.labels.kind() {
            LabelKind::Regression => "the value of each text".to_owned(),
            LabelKind::Single | LabelKind::Multi => {
                format!("probabilities of {}", self.labels.names().join(", "))
            }
        };
        graph.output(&answer, self.onnx_output(), self.labels.outputs(), &doc);
        let labels = serde_json::json!(self.labels.names()).to_string();
        let entry = |key: &str, value: String| proto::Entry { key: key.to_owned(), value };
        let model = proto::Model {
            ir_version: IR_VERSION,
            producer_name: "ulmfit".into(),
            producer_version: env!("CARGO_PKG_VERSION").into(),
            graph: Some(graph.finish()),
            opset_import: vec![proto::OperatorSet { domain: String::new(), version: OPSET }],
            metadata_props: vec![entry("labels", labels)],
        };
        if model.encoded_len() > LIMIT {
            return Err(Error::Usage {
                message: "the model has more than 2 GB of weights, which an ONNX file cannot hold"
                    .into(),
                hint: Some("export one direction, or train from a smaller base model".into()),
            });
        }
        Ok(model.encode_to_vec())
    }

    /// The name of the output in an ONNX file.
    fn onnx_output(&self) -> &'static str {
        match self.labels.kind() {
            LabelKind::Single | LabelKind::Multi => "probabilities",
            LabelKind::Regression => "values",
        }
    }

    fn for_onnx(&self) -> Result<Recurrent<'_>, Error> {
        let refused = || Error::Usage {
            message: format!(
                "a classifier of the method `{}` cannot be exported to ONNX",
                self.config().network.method()
            ),
            hint: Some(
                "only recurrent classifiers, such as the default method trains, can be exported; \
                 others answer through the server or the Python package"
                    .into(),
            ),
        };
        let part = self.single().ok_or_else(refused)?;
        let text = part.text.pipeline().ok_or_else(refused)?;
        let mut networks = Vec::new();
        for (direction, network) in &part.networks {
            let ClassifierNetwork::Recurrent(network) = network else { return Err(refused()) };
            networks.push((*direction, network));
        }
        Ok(Recurrent { text, networks })
    }
}
