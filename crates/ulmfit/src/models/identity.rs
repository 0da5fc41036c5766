//! Which classifier it is: what its answers depend on.

use super::classifier_bundle::ClassifierBundle;
use super::folder::pack_one;
use super::part::Part;
use crate::hashing;
use ulmfit_ops::Device;

impl<D: Device> ClassifierBundle<D> {
    /// Hash of all that answers depend on but the precision: weights of the directions that are
    /// used, labels, tokenizer and words.
    pub fn identity(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(hashing::of_json(&self.labels).as_bytes());
        if let Some(stack) = &self.stack {
            let names: Vec<&str> = self.parts.iter().map(|(name, _)| name.as_str()).collect();
            hasher.update(hashing::of_json(&(stack, names)).as_bytes());
        }
        self.parts.iter().for_each(|(_, part)| part.hash_into(&mut hasher));
        hasher.finalize().to_hex()[..32].to_owned()
    }
}

impl<D: Device> Part<D> {
    fn hash_into(&self, hasher: &mut blake3::Hasher) {
        if let Some(text) = self.text.pipeline() {
            hasher.update(hashing::of_json(text.config()).as_bytes());
        }
        for (name, bytes) in self.text.files() {
            hasher.update(name.as_bytes()).update(blake3::hash(&bytes).as_bytes());
        }
        for (direction, network) in &self.networks {
            hasher.update(hashing::of_json(direction).as_bytes());
            hasher.update(hashing::of_json(&network.config()).as_bytes());
            for (name, tensor) in pack_one(network) {
                hasher.update(name.as_bytes());
                let bytes: Vec<u8> = tensor.values.iter().flat_map(|v| v.to_le_bytes()).collect();
                hasher.update_rayon(&bytes);
            }
        }
    }
}
