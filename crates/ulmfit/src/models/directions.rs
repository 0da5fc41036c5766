//! Which of a model's reading directions are used.

use super::bundle::LmBundle;
use crate::Error;
use crate::model::{DropoutConfig, LanguageModel, Network};
use crate::text::Direction;
use ulmfit_ops::{Device, Key};

/// Keeps the networks of these directions, in their order.
pub(super) fn keep<N>(
    networks: &mut Vec<(Direction, N)>,
    model: &str,
    directions: &[Direction],
) -> Result<(), Error> {
    if directions.is_empty() {
        let message = format!("no direction of the {model} was selected");
        return Err(Error::Usage { message, hint: Some("name at least one direction".into()) });
    }
    require(networks, model, directions)?;
    networks.retain(|(direction, _)| directions.contains(direction));
    networks.sort_by_key(|(direction, _)| directions.iter().position(|d| d == direction));
    Ok(())
}

pub(super) fn require<N>(
    networks: &[(Direction, N)],
    model: &str,
    directions: &[Direction],
) -> Result<(), Error> {
    let has = |direction: &&Direction| networks.iter().any(|(d, _)| d == *direction);
    let Some(direction) = directions.iter().find(|direction| !has(direction)) else {
        return Ok(());
    };
    let message = format!("the {model} has no {direction} network");
    let hint = Some("choose another direction, or pretrain in both".into());
    Err(Error::Usage { message, hint })
}

impl<D: Device> LmBundle<D> {
    /// Checks that there is a network of each direction: before long work, rather than after.
    ///
    /// # Errors
    /// [`Error::Usage`] when one is missing.
    pub fn require(&self, directions: &[Direction]) -> Result<(), Error> {
        require(&self.networks, "base model", directions)
    }

    /// Keeps the networks of these directions, in their order.
    ///
    /// # Errors
    /// As [`LmBundle::require`]; [`Error::Usage`] for no direction at all.
    pub fn keep(&mut self, directions: &[Direction]) -> Result<(), Error> {
        keep(&mut self.networks, "language model", directions)
    }

    /// A copy of the networks of these directions, as far as there are any.
    #[must_use]
    pub fn copy(&self, directions: &[Direction]) -> Self {
        let chosen = self.networks.iter().filter(|(direction, _)| directions.contains(direction));
        let networks = chosen.map(|(direction, network)| (*direction, copy(network)));
        Self { text: self.text.clone(), networks: networks.collect() }
    }
}

fn copy<D: Device>(of: &LanguageModel<D>) -> LanguageModel<D> {
    let mut copy = LanguageModel::new(D::default(), of.config(), DropoutConfig::NONE, Key::new(0));
    let tensors = of.state().into_iter().map(|(name, tensor)| (name, tensor.clone()));
    copy.load(tensors.collect()).expect("equal configurations have equal tensors");
    copy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_kept_of_no_direction() {
        let mut networks = vec![(Direction::Forward, 1), (Direction::Backward, 2)];
        let error = keep(&mut networks, "classifier", &[]).unwrap_err();
        assert_eq!(error.to_string(), "no direction of the classifier was selected");
        assert_eq!(networks.len(), 2, "they stay as they were");
        keep(&mut networks, "classifier", &[Direction::Backward]).unwrap();
        assert_eq!(networks, [(Direction::Backward, 2)]);
    }
}
