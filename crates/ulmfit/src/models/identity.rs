//! Which classifier it is: what its answers depend on.

use super::bundle::ClassifierBundle;
use super::folder::pack_one;
use crate::hashing;
use ulmfit_ops::Device;

impl<D: Device> ClassifierBundle<D> {
    /// Hash of all that answers depend on but the precision: weights of the directions that are
    /// used, labels, tokenizer and words.
    pub fn identity(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(hashing::of_json(&self.labels).as_bytes());
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
        hasher.finalize().to_hex()[..32].to_owned()
    }

    /// Whether a document, as token ids, has a word that the model knows. White space, punctuation
    /// and unknown words say nothing.
    pub fn knows_a_word(&self, document: &[u32]) -> bool {
        document.iter().any(|&id| self.text.is_word(id))
    }
}
