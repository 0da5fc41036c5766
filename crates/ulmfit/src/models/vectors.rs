//! Texts as vectors, by any kind of model.

use super::bundle::LmBundle;
use super::classifier_bundle::ClassifierBundle;
use super::classifier_network::ClassifierNetwork;
use super::classifier_text::ClassifierText;
use super::config::NetworkConfig;
use super::embedded::open_model;
use super::folder::read_config;
use super::part::Part;
use super::sentence::EncoderBundle;
use crate::Error;
use crate::checkpoint::ModelFolder;
use crate::text::Direction;
use std::path::Path;
use ulmfit_ops::{Device, Precision};

/// Documents that are computed at a time; it changes no bit.
const BATCH: usize = 64;

/// A model that gives each text a vector.
#[expect(clippy::large_enum_variant, reason = "a program has one of them")]
pub enum VectorModel {
    /// The states that its head reads.
    Classifier(ClassifierBundle),
    /// The states that a new head would read.
    Language(LmBundle),
    /// The mean of its states.
    Encoder(EncoderBundle),
}

/// The vectors of some documents from the network of each direction, one after the other.
fn side_by_side<N>(
    networks: &[(Direction, N)],
    documents: &[Vec<u32>],
    vectors: impl Fn(&N, &[Vec<u32>]) -> Vec<Vec<f32>>,
) -> Result<Vec<Vec<f32>>, Error> {
    let mut all = vec![Vec::new(); documents.len()];
    for (direction, network) in networks {
        let mut oriented = documents.to_vec();
        oriented.iter_mut().for_each(|ids| direction.orient(ids));
        for (all, found) in all.iter_mut().zip(vectors(network, &oriented)) {
            if !found.iter().all(|value| value.is_finite()) {
                return Err(Error::NotFinite { what: "a state", direction: *direction });
            }
            all.extend(found);
        }
    }
    Ok(all)
}

impl<D: Device> ClassifierBundle<D> {
    /// Whether [`vectors`](Self::vectors) has an answer: not if all parts read n-grams.
    pub fn has_vectors(&self) -> bool {
        self.parts.iter().any(|(_, part)| !matches!(part.text, ClassifierText::Ngrams(_)))
    }

    /// A vector for each document: what the heads of all networks of its parts read, one after the
    /// other. Of a recurrent network last, maximum and mean state, of a transformer the mean; parts
    /// that read n-grams are left out.
    ///
    /// A document's bits do not depend on the others.
    ///
    /// # Errors
    /// [`Error::NotFinite`] when a number is NaN or infinite; [`Error::Usage`] when all parts read
    /// n-grams.
    pub fn vectors<T, S>(&self, documents: &[T]) -> Result<Vec<Vec<f32>>, Error>
    where
        T: AsRef<[S]> + Sync,
        S: AsRef<str>,
    {
        let mut all = vec![Vec::new(); documents.len()];
        let dense =
            |(_, part): &&(String, Part<D>)| !matches!(part.text, ClassifierText::Ngrams(_));
        let parts: Vec<_> = self.parts.iter().filter(dense).collect();
        if parts.is_empty() {
            let message = "a classifier on n-grams does not turn texts into vectors".to_owned();
            let hint = Some("take a language model or a sentence encoder".to_owned());
            return Err(Error::Usage { message, hint });
        }
        for (_, part) in parts {
            let ids = part.text.encode_all(documents);
            let found = side_by_side(&part.networks, &ids, |network, ids| match network {
                ClassifierNetwork::Recurrent(network) => network.vectors(ids, BATCH, &mut |_| ()),
                ClassifierNetwork::Transformer(network) => {
                    network.encoder.vectors_of(ids, &mut |_| ())
                }
                ClassifierNetwork::Linear(_) => unreachable!("it reads n-grams"),
            })?;
            all.iter_mut().zip(found).for_each(|(all, found)| all.extend(found));
        }
        Ok(all)
    }
}

impl VectorModel {
    /// Opens a model folder of any kind, or a model inside the program by its name.
    ///
    /// # Errors
    /// [`Error`] when the folder is missing or damaged.
    pub fn load(path: &Path) -> Result<Self, Error> {
        Self::from_folder(&open_model(path)?)
    }

    fn from_folder(folder: &ModelFolder) -> Result<Self, Error> {
        Ok(match read_config(folder)?.network {
            NetworkConfig::LanguageModel(_) => Self::Language(LmBundle::from_folder(folder)?),
            NetworkConfig::SentenceEncoder(_) => Self::Encoder(EncoderBundle::from_folder(folder)?),
            _ => Self::Classifier(ClassifierBundle::from_folder(folder)?),
        })
    }

    /// Uses only these reading directions from now on.
    ///
    /// # Errors
    /// [`Error::Usage`] when the model lacks one of them, or reads in both at once.
    pub fn keep(&mut self, directions: &[Direction]) -> Result<(), Error> {
        match self {
            Self::Classifier(model) => model.keep(directions),
            Self::Language(model) => model.keep(directions),
            Self::Encoder(_) => {
                let message = "a sentence encoder reads in both directions at once".to_owned();
                Err(Error::Usage { message, hint: Some("leave the direction out".to_owned()) })
            }
        }
    }

    /// Sets the precision of matrix products.
    pub fn set_precision(&mut self, precision: Precision) {
        match self {
            Self::Classifier(model) => model.set_precision(precision),
            Self::Language(model) => model.set_precision(precision),
            Self::Encoder(model) => {
                model.encoder.set_device(ulmfit_ops::Cpu::with_precision(precision));
            }
        }
    }

    /// Names of the text columns that it was trained on; none where they had no names, or there
    /// were many files.
    pub fn text_columns(&self) -> &[String] {
        match self {
            Self::Classifier(model) => &model.text_columns,
            Self::Language(_) | Self::Encoder(_) => &[],
        }
    }

    /// A vector for each document, in their order: of a recurrent network last, maximum and mean of
    /// the last 1,440 states (those of both directions one after the other), of a transformer the
    /// mean of all.
    ///
    /// A document's bits do not depend on the others.
    ///
    /// # Errors
    /// [`Error::NotFinite`] when a number is NaN or infinite.
    pub fn vectors<T, S>(&self, documents: &[T]) -> Result<Vec<Vec<f32>>, Error>
    where
        T: AsRef<[S]> + Sync,
        S: AsRef<str>,
    {
        match self {
            Self::Classifier(model) => model.vectors(documents),
            Self::Language(model) => {
                let ids = model.text.encode_all(documents);
                side_by_side(&model.networks, &ids, |network, ids| {
                    network.vectors(ids, BATCH, &mut |_| ())
                })
            }
            Self::Encoder(model) => {
                let forward = [(Direction::Forward, &model.encoder)];
                let ids = model.text.encode_all(documents);
                side_by_side(&forward, &ids, |encoder, ids| encoder.vectors_of(ids, &mut |_| ()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AwdLstmConfig;
    use crate::text::{TextConfig, TextPipeline, VocabConfig};

    #[test]
    fn a_text_has_the_same_vector_alone_and_among_others() {
        let texts = ["the film was good", "", "the music was bad , and the film was long"];
        let texts: Vec<Vec<String>> = texts.iter().map(|text| vec![(*text).to_owned()]).collect();
        let text = TextPipeline::build(
            &TextConfig::default(),
            &VocabConfig { min_freq: 1, ..VocabConfig::default() },
            texts.clone(),
        )
        .unwrap();
        let sizes = AwdLstmConfig { vocab: text.vocab().len(), emb: 6, hid: 8, layers: 2 };
        let both = [Direction::Forward, Direction::Backward];
        let mut model = VectorModel::Language(LmBundle::random(text, sizes, &both, 1));
        let all = model.vectors(&texts).unwrap();
        assert!(all.iter().all(|vector| vector.len() == 2 * 3 * 6));
        for (text, vector) in texts.iter().zip(&all) {
            assert_eq!(model.vectors(&[text]).unwrap()[0], *vector);
        }
        assert_ne!(all[0], all[2]);
        // the last state is the first third, the maximum is not below it
        assert!((0..6).all(|n| all[2][6 + n] >= all[2][n] && all[2][6 + n] >= all[2][12 + n]));
        model.keep(&[Direction::Backward]).unwrap();
        assert_eq!(model.vectors(&texts).unwrap()[2], all[2][18..]);
    }
}
