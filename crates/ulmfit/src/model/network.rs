//! What the optimiser and the files need from a model: named parameters in groups.

use super::Param;
use crate::printable::shape;
use std::collections::BTreeMap;
use ulmfit_ops::{Device, Tensor};

/// Suffix of the names of running variances.
pub(super) const RUNNING_VAR: &str = "running_var";

/// Which parameter groups are trainable; lowest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainableGroups(Vec<bool>);

impl TrainableGroups {
    /// All of `groups` groups.
    pub fn all(groups: usize) -> Self {
        Self(vec![true; groups])
    }

    /// Only the `top` highest of `groups` groups: what gradual unfreezing grows.
    pub fn top(groups: usize, top: usize) -> Self {
        Self((0..groups).map(|group| group + top >= groups).collect())
    }

    /// A single group: chain-thaw's steps.
    pub fn only(groups: usize, group: usize) -> Self {
        Self((0..groups).map(|g| g == group).collect())
    }

    /// Whether `group` is trainable.
    pub fn group(&self, group: usize) -> bool {
        self.0[group]
    }

    /// Whether any group below `group` is trainable, so that gradients must reach it.
    pub fn below(&self, group: usize) -> bool {
        self.0[..group].contains(&true)
    }

    /// Number of groups.
    pub fn groups(&self) -> usize {
        self.0.len()
    }
}

/// Strength of activation regularisation during training; the paper's defaults.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Regularisation {
    /// `α` of AR, on the outputs after dropout.
    pub ar: f64,
    /// `β` of TAR, on the outputs before dropout.
    pub tar: f64,
}

impl Default for Regularisation {
    fn default() -> Self {
        Self { ar: 2.0, tar: 1.0 }
    }
}

/// Why weights could not be loaded.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadError {
    /// A tensor of the model is not among those given.
    #[error("tensor `{name}` is missing")]
    Missing {
        /// Name of the tensor.
        name: String,
    },
    /// The shape of a tensor does not fit the model's configuration.
    #[error("tensor `{name}` has shape {}, the model needs {}", shape(.found), shape(.wanted))]
    Shape {
        /// Name of the tensor.
        name: String,
        /// Dimensions found.
        found: Vec<usize>,
        /// Dimensions the configuration asks for.
        wanted: Vec<usize>,
    },
    /// A negative running variance, whose square root would make every prediction NaN.
    #[error("tensor `{name}` has a negative variance")]
    NegativeVariance {
        /// Name of the tensor.
        name: String,
    },
}

/// A model as a list of named tensors.
///
/// Names are those of fastai's `state_dict`, so files can be exchanged with it.
pub trait Network<D: Device> {
    /// Number of parameter groups, the units of discriminative rates and of unfreezing.
    fn groups(&self) -> usize;

    /// What is in each group, lowest first, in a word or three.
    fn group_names(&self) -> Vec<String>;

    /// Every parameter with its full name and its group, in a fixed order.
    fn params(&self) -> Vec<(String, usize, &Param<D>)>;

    /// The same, to update.
    fn params_mut(&mut self) -> Vec<(String, usize, &mut Param<D>)>;

    /// Tensors that are not learned but belong to the model: running statistics.
    fn buffers(&self) -> Vec<(String, &Tensor<D>)> {
        Vec::new()
    }

    /// The same, to load.
    fn buffers_mut(&mut self) -> Vec<(String, &mut Tensor<D>)> {
        Vec::new()
    }

    /// Dimensions of every tensor by name: what a file of this model must hold.
    fn shapes(&self) -> BTreeMap<String, Vec<usize>> {
        let params = self.params().into_iter().map(|(name, _, p)| (name, p.value.dims().to_vec()));
        let buffers = self.buffers().into_iter().map(|(name, t)| (name, t.dims().to_vec()));
        params.chain(buffers).collect()
    }

    /// Every tensor by name.
    fn state(&self) -> BTreeMap<String, &Tensor<D>> {
        let params = self.params().into_iter().map(|(name, _, p)| (name, &p.value));
        params.chain(self.buffers()).collect()
    }

    /// Replaces every tensor by the one of the same name.
    ///
    /// # Errors
    /// [`LoadError`] when one is missing, does not fit or is a negative variance; the model may be partly loaded then.
    fn load(&mut self, mut tensors: BTreeMap<String, Tensor<D>>) -> Result<(), LoadError> {
        let mut put = |name: String, place: &mut Tensor<D>| {
            let Some(tensor) = tensors.remove(&name) else {
                return Err(LoadError::Missing { name });
            };
            if tensor.dims() != place.dims() {
                let (found, wanted) = (tensor.dims().to_vec(), place.dims().to_vec());
                return Err(LoadError::Shape { name, found, wanted });
            }
            *place = tensor;
            Ok(())
        };
        for (name, _, param) in self.params_mut() {
            put(name, &mut param.value)?;
        }
        for (name, buffer) in self.buffers_mut() {
            put(name.clone(), buffer)?;
            if name.ends_with(RUNNING_VAR) && buffer.to_f32().iter().any(|&value| value < 0.0) {
                return Err(LoadError::NegativeVariance { name });
            }
        }
        Ok(())
    }

    /// Number of learned weights.
    fn parameters(&self) -> usize {
        self.params().iter().map(|(_, _, p)| p.value.len()).sum()
    }
}
