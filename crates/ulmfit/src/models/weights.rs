//! The weights of a model folder, those of all directions together.

use super::config::ModelConfig;
use super::config_check::prefix;
use super::folder::pack_one;
use crate::Error;
use crate::checkpoint::{ModelFolder, Tensors, read_tensors};
use crate::model::Network;
use crate::text::Direction;
use ulmfit_ops::{Device, Tensor};

/// Tensors of all directions together.
pub(super) fn pack<D: Device, N: Network<D>>(networks: &[(Direction, N)]) -> Tensors {
    let named = |(direction, network): &(Direction, N)| {
        let tensors = pack_one(network).into_iter();
        tensors.map(|(name, t)| (format!("{}{name}", prefix(*direction)), t)).collect::<Vec<_>>()
    };
    networks.iter().flat_map(named).collect()
}

/// The tensors of a model folder, exactly those that its configuration implies.
///
/// Call this before networks are created: an untrusted configuration may ask for more memory than
/// there is, but cannot ask for more than the file has.
pub(super) fn read_weights(folder: &ModelFolder, config: &ModelConfig) -> Result<Tensors, Error> {
    Ok(read_tensors(&folder.read("model.safetensors")?, &config.tensors())?)
}

/// Fills all networks.
pub(super) fn unpack<D: Device, N: Network<D>>(
    folder: &ModelFolder,
    mut tensors: Tensors,
    networks: &mut [(Direction, N)],
) -> Result<(), Error> {
    for (direction, network) in networks {
        let names: Vec<String> = network.shapes().into_keys().collect();
        let take = |name: String| {
            let tensor = tensors.remove(&format!("{}{name}", prefix(*direction)))?;
            Some((name, Tensor::from_f32(&tensor.dims, &tensor.values)))
        };
        let loaded = network.load(names.into_iter().filter_map(take).collect());
        loaded.map_err(|source| Error::Weights { path: folder.path().to_owned(), source })?;
    }
    Ok(())
}
