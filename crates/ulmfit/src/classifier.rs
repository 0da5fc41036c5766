//! A trained classifier: texts in, predictions out.

use crate::checkpoint::{FolderWriter, ModelFolder};
use crate::data::Record;
use crate::data::labels::LabelKind;
use crate::decisions::{Calibration, CalibrationFault, DecisionError, Policy, Rule, Source};
use crate::input::{LearnedTexts, texts};
use crate::models::{
    ClassifierBundle, Decision, EncodedDocument, ExplainMethod, Explanation, Prediction, open_model,
};
use crate::run::Progress;
use crate::text::Direction;
use crate::{Error, Fields, Precision, PreparedText};
use std::path::Path;

/// Number of texts that are tokenised and held in memory at a time.
const CHUNK: usize = 512;
/// Batch size. It changes the speed and no bit of a prediction.
const BATCH: usize = 64;

/// Computes on a thread of the pool. From outside, each operation would wake one up: an answer to a single
/// text by a sentence encoder takes half as long this way. The only thread of a pool would gain nothing.
fn on_the_pool<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    match rayon::current_num_threads() {
        1 => work(),
        _ => rayon::scope(|_| work()),
    }
}

/// The answers to all texts, of which only some are in memory at a time.
fn in_chunks<T: Fields, R: Send>(
    texts: impl IntoIterator<Item = T>,
    mut answer: impl FnMut(&[Vec<&str>]) -> Result<Vec<R>, Error> + Send,
) -> Result<Vec<R>, Error> {
    let mut texts = texts.into_iter();
    let mut answers = Vec::new();
    loop {
        let chunk: Vec<T> = texts.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            return Ok(answers);
        }
        let documents: Vec<Vec<&str>> = chunk.iter().map(Fields::fields).collect();
        answers.extend(on_the_pool(|| answer(&documents))?);
    }
}

/// A trained classifier: texts in, predictions out.
///
/// ```no_run
/// let model = ulmfit::Classifier::load("tickets")?;
/// for prediction in model.predict(["Where is my parcel?", "I want a refund."])? {
///     println!("{} {:.2}", prediction.label(), prediction.confidence());
/// }
/// # Ok::<(), ulmfit::Error>(())
/// ```
///
/// Prediction takes `&self`: threads can share a model. The prediction for a text has the same bits
/// alone and in any batch, and for any number of threads.
pub struct Classifier {
    bundle: ClassifierBundle,
    precision: Precision,
    calibration: Option<Calibration>,
    learned: Option<LearnedTexts>,
}

impl Classifier {
    /// Loads a model folder that `fit` or `train` has written.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when the folder is missing or damaged, [`Error::WrongModel`] when it
    /// holds a language model, [`Error::Config`] and [`Error::Weights`] when its parts do not fit.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::from_folder(&open_model(path.as_ref())?)
    }

    /// Loads a model folder that is open, whose files have been checked.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn from_folder(folder: &ModelFolder) -> Result<Self, Error> {
        let mut model = Self::from(ClassifierBundle::from_folder(folder)?);
        model.calibration = read_calibration(folder)?;
        model.learned = LearnedTexts::read(folder)?;
        Ok(model)
    }

    /// The prediction for each text, in order.
    ///
    /// # Errors
    /// [`Error::NotFinite`] when the weights give a probability that is NaN or infinite.
    pub fn predict<T: Fields>(
        &self,
        texts: impl IntoIterator<Item = T>,
    ) -> Result<Vec<Prediction>, Error> {
        in_chunks(texts, |documents| {
            let rows = self.bundle.probabilities(documents, BATCH)?;
            Ok(rows.iter().map(|row| self.bundle.prediction(row)).collect())
        })
    }

    /// The prediction for one text.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn predict_one(&self, text: impl Fields) -> Result<Prediction, Error> {
        let fields = text.fields();
        let mut rows = on_the_pool(|| self.bundle.probabilities(&[fields], 1))?;
        let row = rows.pop().unwrap_or_default();
        Ok(self.bundle.prediction(&row))
    }

    /// The thresholds of a rule for this model, with its precision and directions.
    ///
    /// # Errors
    /// [`Error::Decision`] when the rule does not suit the model, or needs a
    /// [calibration](Self::calibration) and there is none for it.
    pub fn policy(&self, rule: Rule) -> Result<Policy, Error> {
        let (task, labels) = (self.task(), self.labels());
        let Some(found) = self.calibration.as_ref().filter(|_| needs_calibration(rule)) else {
            return Ok(Policy::new(rule, task, labels, None)?);
        };
        let (identity, directions) = (self.bundle.identity(), self.bundle.directions());
        let warnings = found.check(&identity, &self.precision.to_string(), &directions)?;
        if found.scores.kind() != task {
            return Err(DecisionError::OtherModel.into());
        }
        let mut policy = Policy::new(rule, task, labels, Some(found))?;
        policy.warnings.extend(warnings);
        Ok(policy)
    }

    /// The prediction for each text, in order, and whether it can be left to the model.
    ///
    /// A text without a word that the model knows is never answered under a policy; with `None` every text is.
    ///
    /// ```no_run
    /// use ulmfit::{Classifier, decisions::Rule};
    /// let model = Classifier::load("tickets")?;
    /// let policy = model.policy(Rule::MaxError(0.02))?;
    /// for decision in model.decide(["Where is my parcel?"], &policy)? {
    ///     match decision.abstained {
    ///         true => println!("for a person"),
    ///         false => println!("{}", decision.prediction.label()),
    ///     }
    /// }
    /// # Ok::<(), ulmfit::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn decide<'a, T: Fields>(
        &self,
        texts: impl IntoIterator<Item = T>,
        policy: impl Into<Option<&'a Policy>>,
    ) -> Result<Vec<Decision>, Error> {
        let policy = policy.into();
        in_chunks(texts, |documents| {
            let documents = self.bundle.encode_all(documents);
            let rows = self.bundle.probabilities_of(&documents, BATCH, &mut |_, _| ())?;
            let decide = |(document, row): (&EncodedDocument, Vec<f32>)| {
                self.bundle.decision(&row, policy, self.bundle.knows_a_word(document))
            };
            Ok(documents.iter().zip(rows).map(decide).collect())
        })
    }

    /// Which words decided the answer to each text.
    ///
    /// ```no_run
    /// use ulmfit::{Classifier, ExplainMethod};
    /// let model = Classifier::load("tickets")?;
    /// let text = "Where is my parcel?";
    /// for word in &model.explain([text], ExplainMethod::Fast)?[0].words {
    ///     println!("{:+.3} {}", word.weight, &text[word.start..word.end]);
    /// }
    /// # Ok::<(), ulmfit::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn explain<T: Fields>(
        &self,
        texts: impl IntoIterator<Item = T>,
        method: ExplainMethod,
    ) -> Result<Vec<Explanation>, Error> {
        in_chunks(texts, |documents| self.bundle.explain(documents, method))
    }

    /// Its calibration on labelled rows that it was not trained on; `None` in folders of older versions,
    /// and if no rows were held out.
    pub fn calibration(&self) -> Option<&Calibration> {
        self.calibration.as_ref()
    }

    /// The texts that it was trained on, as hashes; `None` in folders of older versions.
    pub fn learned_texts(&self) -> Option<&LearnedTexts> {
        self.learned.as_ref()
    }

    /// Calibrates it on labelled rows that it was not trained on, with its precision and directions.
    /// `progress` is warned of rows that it was trained on.
    ///
    /// # Errors
    /// [`Error::Data`] when a row has no label, or none of the labels is known to the model,
    /// [`Error::TooLittle`] without rows, and those of [`predict`](Self::predict).
    pub fn calibrate(
        &mut self,
        rows: &[Record],
        progress: &mut dyn Progress,
    ) -> Result<&Calibration, Error> {
        if rows.is_empty() {
            let message = "there are no labelled rows to calibrate on".into();
            return Err(Error::TooLittle { message, hint: None });
        }
        let unseen = self.bundle.labels.told_of_unseen(rows)?;
        unseen.iter().for_each(|told| progress.warn(told));
        let what = "what the calibration promises is too optimistic; calibrate on other rows";
        let known = self.learned.as_ref().and_then(|learned| learned.warning(rows, what));
        known.iter().for_each(|told| progress.warn(told));
        let documents = self.bundle.encode_all(&texts(rows));
        let mut tick = |done, total| progress.tick("documents scored", done, Some(total));
        let answers = self.bundle.probabilities_of(&documents, BATCH, &mut tick)?;
        let precision = self.precision.to_string();
        let mut found = self.bundle.calibration(rows, &answers, &precision, Source::Given)?;
        found.trained_on = self.learned.as_ref().map_or(0, |learned| learned.count(rows));
        Ok(self.calibration.insert(found))
    }

    /// Copies the folder that it was loaded from, with the calibration that it has now.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] when reading or writing fails; nothing is left behind then.
    pub fn save_calibration(&self, from: &Path, mut to: FolderWriter) -> Result<(), Error> {
        let folder = open_model(from)?;
        let names: Vec<String> = folder.files().map(|(name, _)| name.to_owned()).collect();
        for name in names.iter().filter(|name| *name != Calibration::FILE) {
            to.write(name, &folder.read(name)?)?;
        }
        if let Some(calibration) = &self.calibration {
            to.write(Calibration::FILE, &calibration.to_json())?;
        }
        Ok(to.finish()?)
    }

    /// Tokenizes a text for [`predict_prepared`](Self::predict_prepared), so that a service can do this
    /// before it forms a batch.
    pub fn prepare(&self, text: impl Fields) -> PreparedText {
        PreparedText::new(&self.bundle, self.bundle.encode(&text.fields()))
    }

    /// The prediction for each text of a batch, in order, from all of the model's directions or
    /// from those named. The whole batch is computed at once: its tokens bound the memory.
    ///
    /// The bits are those of [`predict`](Self::predict), and of
    /// [`with_directions`](Self::with_directions) before it.
    ///
    /// # Errors
    /// [`Error::NotFinite`] as [`predict`](Self::predict), [`Error::Usage`] when the model lacks a
    /// direction.
    pub fn predict_prepared(
        &self,
        batch: &[&PreparedText],
        directions: Option<&[Direction]>,
    ) -> Result<Vec<Prediction>, Error> {
        let documents: Vec<&EncodedDocument> = batch.iter().map(|text| text.document()).collect();
        let size = documents.len().max(1);
        let rows = match directions {
            Some(directions) => self.bundle.probabilities_in(directions, &documents, size)?,
            None => self.bundle.probabilities_of(&documents, size, &mut |_, _| ())?,
        };
        Ok(rows.iter().map(|row| self.bundle.prediction(row)).collect())
    }

    /// What a policy says about the prediction of a text, as [`decide`](Self::decide) does.
    pub fn decision(&self, found: &Prediction, text: &PreparedText, policy: &Policy) -> Decision {
        let row: Vec<f32> = match found.value() {
            Some(value) => vec![value],
            None => found.probabilities().iter().map(|(_, p)| *p).collect(),
        };
        self.bundle.decision(&row, Some(policy), text.knows_a_word)
    }

    /// Its reading directions, one network each.
    pub fn directions(&self) -> Vec<Direction> {
        self.bundle.directions()
    }

    /// Names of the labels, in the order of their numbers; empty if the model predicts a number.
    pub fn labels(&self) -> &[String] {
        self.bundle.labels.names()
    }

    /// Whether it predicts one label, several labels or a number.
    pub fn task(&self) -> LabelKind {
        self.bundle.task()
    }

    /// Names of the text columns that it was trained on; empty if they had no names.
    pub fn text_columns(&self) -> &[String] {
        &self.bundle.text_columns
    }

    /// Uses this precision in matrix products from now on; [`Precision::F32`] unless it is set.
    #[must_use]
    pub fn with_precision(mut self, precision: Precision) -> Self {
        self.bundle.set_precision(precision);
        self.precision = precision;
        self
    }

    /// Uses only these reading directions from now on.
    ///
    /// # Errors
    /// [`Error::Usage`] when the model lacks one of them, or none is given.
    pub fn with_directions(mut self, directions: &[Direction]) -> Result<Self, Error> {
        self.bundle.keep(directions)?;
        Ok(self)
    }

    /// Uses only this part of a portfolio from now on, as `inspect` and its report name them.
    ///
    /// # Errors
    /// [`Error::Usage`] when there is no part of this name.
    pub fn with_part(mut self, name: &str) -> Result<Self, Error> {
        self.bundle.keep_part(name)?;
        Ok(self)
    }

    /// What it is made of: labels and parts, each a text pipeline and one network per direction.
    pub fn bundle(&self) -> &ClassifierBundle {
        &self.bundle
    }
}

impl From<ClassifierBundle> for Classifier {
    fn from(bundle: ClassifierBundle) -> Self {
        Self { bundle, precision: Precision::default(), calibration: None, learned: None }
    }
}

impl Classifier {
    /// With what its training has come to.
    #[cfg(feature = "train")]
    pub(crate) fn trained(
        bundle: ClassifierBundle,
        calibration: Option<Calibration>,
        learned: LearnedTexts,
    ) -> Self {
        Self { calibration, learned: Some(learned), ..Self::from(bundle) }
    }
}

/// Whether labelled rows decide what a rule comes to.
fn needs_calibration(rule: Rule) -> bool {
    !matches!(rule, Rule::Threshold(_))
}

/// The calibration of a model folder, if it has one.
fn read_calibration(folder: &ModelFolder) -> Result<Option<Calibration>, Error> {
    if !folder.has(Calibration::FILE) {
        return Ok(None);
    }
    let fault = |fault: CalibrationFault| DecisionError::File {
        path: folder.path().join(Calibration::FILE),
        message: fault.to_string(),
    };
    Ok(Some(Calibration::from_json(&folder.read(Calibration::FILE)?).map_err(fault)?))
}
