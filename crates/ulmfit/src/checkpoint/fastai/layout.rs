//! fastai's names for the tensors of an AWD-LSTM, and the shapes that go with them.

use std::collections::BTreeMap;

use super::FastaiError;
use crate::checkpoint::TensorsError;

const MAX_LAYERS: usize = 9; // one digit
/// Last, greatest and mean output of the encoder, side by side.
const POOLED: usize = 3;

/// What a file of weights is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Encoder and decoder.
    LanguageModel,
    /// The encoder alone, as `save_encoder` writes it.
    Encoder,
    /// Encoder and head.
    Classifier,
}

/// Sizes of a model, as its tensors show them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Rows of the embedding.
    pub vocabulary: usize,
    /// Columns of the embedding, and outputs of the last layer.
    pub embedding: usize,
    /// Outputs of the other layers: 1,152, and in 2018 1,150.
    pub hidden: usize,
    /// LSTM layers.
    pub layers: usize,
    /// Outputs of the head's linear layers, the last one being the classes; empty without a head.
    pub head: Vec<usize>,
}

/// The role of a tensor, whatever it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    Embedding,
    /// The same tensor under the name of its dropout.
    EmbeddingCopy,
    /// A tensor of an LSTM layer.
    Layer(usize, LayerPart),
    /// The embedding again.
    DecoderWeight,
    DecoderBias,
    /// A tensor of a block of the head.
    Head(usize, HeadPart),
}

/// In fastai's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LayerPart {
    /// Recurrent weights before DropConnect.
    Recurrent,
    Input,
    InputBias,
    RecurrentBias,
    /// Recurrent weights as last used, after DropConnect; older versions save them as well.
    RecurrentCopy,
}

/// In fastai's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum HeadPart {
    NormWeight,
    NormBias,
    RunningMean,
    RunningVariance,
    /// Batches seen: an integer that nothing uses.
    BatchCount,
    Linear,
}

impl Slot {
    /// Understands a name of any version of fastai.
    pub(super) fn parse(name: &str) -> Option<Self> {
        if let Some(head) = name.strip_prefix("1.layers.") {
            let (block, rest) = head.split_once('.')?;
            return Some(Self::Head(digit(block)?, HeadPart::parse(rest)?));
        }
        let encoder = name.strip_prefix("0.").unwrap_or(name);
        let encoder = encoder.strip_prefix("module.").unwrap_or(encoder);
        match encoder {
            "1.decoder.weight" => Some(Self::DecoderWeight),
            "1.decoder.bias" => Some(Self::DecoderBias),
            "encoder.weight" => Some(Self::Embedding),
            "encoder_dp.emb.weight" | "encoder_with_dropout.embed.weight" => {
                Some(Self::EmbeddingCopy)
            }
            _ => {
                let (layer, rest) = encoder.strip_prefix("rnns.")?.split_once('.')?;
                Some(Self::Layer(digit(layer)?, LayerPart::parse(rest)?))
            }
        }
    }

    /// Its name in fastai 2.8.
    pub(super) fn name(self, kind: Kind) -> String {
        let encoder = match kind {
            Kind::LanguageModel => "0.",
            Kind::Encoder => "",
            Kind::Classifier => "0.module.",
        };
        match self {
            Self::Embedding => format!("{encoder}encoder.weight"),
            Self::EmbeddingCopy => format!("{encoder}encoder_dp.emb.weight"),
            Self::Layer(layer, part) => format!("{encoder}rnns.{layer}.{}", part.name()),
            Self::DecoderWeight => "1.decoder.weight".to_owned(),
            Self::DecoderBias => "1.decoder.bias".to_owned(),
            Self::Head(block, part) => format!("1.layers.{block}.{}", part.name()),
        }
    }
}

impl LayerPart {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "weight_hh_l0_raw" | "module.weight_hh_l0_raw" => Self::Recurrent,
            "module.weight_hh_l0" => Self::RecurrentCopy,
            "module.weight_ih_l0" => Self::Input,
            "module.bias_ih_l0" => Self::InputBias,
            "module.bias_hh_l0" => Self::RecurrentBias,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Recurrent => "weight_hh_l0_raw",
            Self::RecurrentCopy => "module.weight_hh_l0",
            Self::Input => "module.weight_ih_l0",
            Self::InputBias => "module.bias_ih_l0",
            Self::RecurrentBias => "module.bias_hh_l0",
        }
    }
}

impl HeadPart {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "0.weight" => Self::NormWeight,
            "0.bias" => Self::NormBias,
            "0.running_mean" => Self::RunningMean,
            "0.running_var" => Self::RunningVariance,
            "0.num_batches_tracked" => Self::BatchCount,
            "2.weight" | "1.weight" => Self::Linear, // 1 in a block without dropout
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::NormWeight => "0.weight",
            Self::NormBias => "0.bias",
            Self::RunningMean => "0.running_mean",
            Self::RunningVariance => "0.running_var",
            Self::BatchCount => "0.num_batches_tracked",
            Self::Linear => "2.weight",
        }
    }
}

fn digit(text: &str) -> Option<usize> {
    match text.as_bytes() {
        [digit @ b'0'..=b'9'] => Some(usize::from(digit - b'0')),
        _ => None,
    }
}

/// Which kind of model these tensors are.
pub(super) fn kind_of(slots: impl Iterator<Item = Slot>) -> Kind {
    let mut kind = Kind::Encoder;
    for slot in slots {
        match slot {
            Slot::Head(..) => return Kind::Classifier,
            Slot::DecoderWeight | Slot::DecoderBias => kind = Kind::LanguageModel,
            Slot::Embedding | Slot::EmbeddingCopy | Slot::Layer(..) => {}
        }
    }
    kind
}

impl Sizes {
    /// Reads the sizes off the shapes, and checks that all shapes fit them.
    pub(super) fn infer(
        shapes: &BTreeMap<Slot, &[usize]>,
        kind: Kind,
    ) -> Result<Self, FastaiError> {
        let missing = |slot: Slot| TensorsError::Missing { tensor: slot.name(kind) };
        let matrix = |slot: Slot| match shapes.get(&slot) {
            Some(&&[rows, columns]) => Ok((rows, columns)),
            Some(&other) => Err(TensorsError::Shape {
                tensor: slot.name(kind),
                found: other.to_vec(),
                wanted: vec![0, 0],
            }),
            None => Err(missing(slot)),
        };
        let count = |present: &dyn Fn(usize) -> bool| {
            (0..=MAX_LAYERS).find(|&index| !present(index)).unwrap_or(MAX_LAYERS)
        };
        let (vocabulary, embedding) = matrix(Slot::Embedding)?;
        let recurrent = |layer| Slot::Layer(layer, LayerPart::Recurrent);
        let (_, hidden) = matrix(recurrent(0))?;
        let layers = count(&|layer| shapes.contains_key(&recurrent(layer)));
        let linear = |block| Slot::Head(block, HeadPart::Linear);
        let blocks = count(&|block| shapes.contains_key(&linear(block)));
        let head = (0..blocks).map(|block| Ok(matrix(linear(block))?.0));
        let head = head.collect::<Result<Vec<_>, TensorsError>>()?;
        if kind == Kind::Classifier && head.is_empty() {
            return Err(missing(linear(0)).into());
        }
        let sizes = Self { vocabulary, embedding, hidden, layers, head };

        let wanted = sizes.shapes(kind);
        for (slot, dims) in &wanted {
            match shapes.get(slot) {
                Some(found) if found == dims => {}
                Some(found) => {
                    let (found, wanted) = (found.to_vec(), dims.clone());
                    let tensor = slot.name(kind);
                    return Err(TensorsError::Shape { tensor, found, wanted }.into());
                }
                None => return Err(missing(*slot).into()),
            }
        }
        match shapes.keys().find(|slot| !wanted.contains_key(slot)) {
            Some(slot) => Err(TensorsError::Unexpected { tensor: slot.name(kind) }.into()),
            None => Ok(sizes),
        }
    }

    /// Every distinct tensor of such a model, in fastai's order.
    fn shapes(&self, kind: Kind) -> BTreeMap<Slot, Vec<usize>> {
        let gates = |width: usize| width.saturating_mul(4);
        let mut shapes = BTreeMap::from([(Slot::Embedding, vec![self.vocabulary, self.embedding])]);
        let mut inputs = self.embedding;
        for layer in 0..self.layers {
            let last = layer + 1 == self.layers;
            let width = if last { self.embedding } else { self.hidden };
            for (part, dims) in [
                (LayerPart::Recurrent, vec![gates(width), width]),
                (LayerPart::Input, vec![gates(width), inputs]),
                (LayerPart::InputBias, vec![gates(width)]),
                (LayerPart::RecurrentBias, vec![gates(width)]),
            ] {
                shapes.insert(Slot::Layer(layer, part), dims);
            }
            inputs = width;
        }
        if kind == Kind::LanguageModel {
            shapes.insert(Slot::DecoderBias, vec![self.vocabulary]);
        }
        let mut inputs = self.embedding.saturating_mul(POOLED);
        for (block, &outputs) in self.head.iter().enumerate() {
            for part in [
                HeadPart::NormWeight,
                HeadPart::NormBias,
                HeadPart::RunningMean,
                HeadPart::RunningVariance,
            ] {
                shapes.insert(Slot::Head(block, part), vec![inputs]);
            }
            shapes.insert(Slot::Head(block, HeadPart::Linear), vec![outputs, inputs]);
            inputs = outputs;
        }
        shapes
    }
}
