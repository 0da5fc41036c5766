//! Training a language model that learns sentence vectors from a teacher, beside the next word.
//!
//! A step takes a window of the text and a batch of sentences and descends the sum of both losses. The teacher
//! answers each batch when it is due, so that nothing is kept between steps, and a training that goes on asks
//! it for the same vectors.

use super::{Control, LmTrainee, StepLoss, StepPlan, Trainee, Validation};
use crate::checkpoint::Tensors;
use crate::data::batches::TokenSource;
use crate::model::student::{Lesson, Student};
use crate::model::transformer::Transformer;
use crate::model::{LanguageModel, RandomMasks};
use std::ops::ControlFlow;
use ulmfit_ops::{Device, Key};

/// Masks of the sentences are drawn below this child of a step's key.
const MASKS: u64 = u64::MAX;
/// Texts at most by which a student is examined.
const EXAMINED: usize = 256;

/// A text as its student and its teacher read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaughtText {
    /// Ids of the student, in its direction; at least one.
    pub student: Vec<u32>,
    /// Ids of the teacher, without special tokens.
    pub teacher: Vec<u32>,
}

/// A teacher, and the texts it teaches.
pub struct Lessons<'a, D: Device> {
    /// Gives the vectors.
    pub teacher: &'a Transformer<D>,
    /// What both read; the last ones are kept to examine the student.
    pub texts: &'a [TaughtText],
    /// Texts of a step.
    pub batch_size: usize,
    /// Factor of the loss.
    pub weight: f64,
}

/// A language model with its text, and a teacher.
pub struct DistillationTrainee<'a, D: Device, S: TokenSource> {
    device: D,
    language: LmTrainee<'a, D, S, Student<D>>,
    lessons: Lessons<'a, D>,
    /// How many of the texts are learned, the first ones.
    learned: usize,
    exam: Option<Lesson<D>>,
    key: Key,
    order: Vec<usize>,
}

impl<'a, D: Device, S: TokenSource> DistillationTrainee<'a, D, S> {
    /// `key` settles the order of the sentences.
    ///
    /// # Panics
    /// If the teacher has no texts.
    pub fn new(
        device: D,
        language: LmTrainee<'a, D, S, Student<D>>,
        lessons: Lessons<'a, D>,
        key: Key,
    ) -> Self {
        let count = lessons.texts.len();
        assert!(count > 0, "nothing to teach");
        let learned = count - (count / 10).min(EXAMINED);
        let order = key.child(0).permutation(learned);
        let mut this = Self { device, language, lessons, learned, exam: None, key, order };
        let examined: Vec<usize> = (learned..count).collect();
        this.exam = (!examined.is_empty()).then(|| this.lesson(&examined));
        this
    }

    /// The model, once training is over.
    pub fn into_model(self) -> LanguageModel<D> {
        self.language.into_model().into_language_model()
    }

    fn lesson(&self, numbers: &[usize]) -> Lesson<D> {
        let texts = || numbers.iter().map(|&number| &self.lessons.texts[number]);
        let [student, teacher]: [Vec<Vec<u32>>; 2] = [
            texts().map(|text| text.student.clone()).collect(),
            texts().map(|text| text.teacher.clone()).collect(),
        ];
        let vectors = self.lessons.teacher.vectors_of(&teacher, &mut |_| {});
        Lesson::new(&self.device, &student, &vectors)
    }
}

impl<D: Device, S: TokenSource> Trainee<D> for DistillationTrainee<'_, D, S> {
    type Model = Student<D>;

    fn model(&self) -> &Self::Model {
        self.language.model()
    }

    fn model_mut(&mut self) -> &mut Self::Model {
        self.language.model_mut()
    }

    fn steps(&self, epoch: usize) -> usize {
        self.language.steps(epoch)
    }

    fn start_epoch(&mut self, epoch: usize) {
        self.language.start_epoch(epoch);
        self.order = self.key.child(epoch as u64).permutation(self.learned);
    }

    fn step(&mut self, plan: StepPlan<'_>) -> StepLoss {
        let mut out = self.language.step(plan);
        let Lessons { batch_size, weight, .. } = self.lessons;
        let first = plan.step * batch_size;
        // over all of them again, where the text is longer
        let numbers = (first..first + batch_size).map(|n| self.order[n % self.learned]);
        let lesson = self.lesson(&numbers.collect::<Vec<_>>());
        let masks = RandomMasks::new(self.device.clone(), plan.key.child(MASKS));
        let student = self.language.model_mut();
        let loss = student.lesson(&lesson, &masks, plan.trainable, weight * plan.scale);
        out.total += weight * loss;
        out
    }

    fn validate(
        &mut self,
        poll: &mut dyn FnMut() -> Control,
    ) -> ControlFlow<(), Option<Validation>> {
        let mut found = self.language.validate(poll)?;
        if let (Some(found), Some(exam)) = (&mut found, &self.exam) {
            let cosine = self.model().examine(exam);
            found.metrics.insert("teacher_cosine".to_owned(), cosine);
        }
        ControlFlow::Continue(found)
    }

    fn carried(&self) -> Tensors {
        self.language.carried()
    }

    fn restore_carried(&mut self, tensors: &Tensors) {
        self.language.restore_carried(tensors);
    }
}
