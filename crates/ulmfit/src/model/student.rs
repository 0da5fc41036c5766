//! A language model that learns the sentence vectors of another network as well.
//!
//! The teacher's vector of a text is predicted from the states that a classifier will pool: their last, maximum and
//! mean ([`concat_pool`](ulmfit_ops::concat_pool)), times a matrix. What is minimised is one minus the cosine
//! of the two vectors, as only the direction of a sentence vector has a meaning. A student that follows a
//! teacher's sentence vectors: Reimers & Gurevych 2020, <https://arxiv.org/abs/2004.09813>, equation 1, there with
//! squared distances; a recurrent student of a transformer: Tang et al. 2019, <https://arxiv.org/abs/1903.12136>.

use super::bpt3c::{self, Encoded, Groups, Learning, Window};
use super::{HasLanguageModel, LanguageModel, MaskSource, Network, Param, TrainableGroups};
use crate::data::batches::{ClassifierBatch, pad};
use ulmfit_ops::linear::LinearGrads;
use ulmfit_ops::{Device, Key, Tensor};

/// A language model and a projection to the vectors of a teacher.
///
/// Groups are those of the language model; the projection belongs to the highest one.
pub struct Student<D: Device> {
    model: LanguageModel<D>,
    weight: Param<D>, // [W, 3E]
    bias: Param<D>,   // [W]
}

/// Tokens between which gradients flow: shorter texts are not cut.
const SEQ_LEN: usize = 72;

/// A batch of texts, the longest first, and the teacher's vectors of them.
pub struct Lesson<D: Device> {
    texts: ClassifierBatch,
    wanted: Tensor<D>, // [B, W]
}

impl<D: Device> Lesson<D> {
    /// `vectors` are the teacher's, one for each text, scaled to length one here.
    ///
    /// # Panics
    /// When a text is empty, or there is none.
    pub fn new(device: &D, texts: &[Vec<u32>], vectors: &[Vec<f32>]) -> Self {
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&text| std::cmp::Reverse(texts[text].len()));
        let sorted: Vec<&[u32]> = order.iter().map(|&text| texts[text].as_slice()).collect();
        let values: Vec<f32> = order.iter().flat_map(|&text| &vectors[text]).copied().collect();
        let dims = [texts.len(), values.len() / texts.len()];
        let wanted = device.unit_rows_forward(&Tensor::from_f32(&dims, &values));
        Self { texts: pad(&sorted, SEQ_LEN), wanted }
    }
}

impl<D: Device> Student<D> {
    /// A student of a teacher with vectors of `width` numbers; `key` draws the projection.
    pub fn new(model: LanguageModel<D>, width: usize, key: Key) -> Self {
        let inputs = 3 * model.config().emb;
        let most = (inputs as f32).sqrt().recip(); // as PyTorch's `Linear`
        let values = key.uniform_values(width * inputs, most);
        let weight = Param::new("projection.weight", Tensor::from_f32(&[width, inputs], &values));
        let bias = Param::new("projection.bias", Tensor::zeros(&[width])).without_decay();
        Self { model, weight, bias }
    }

    /// The language model alone.
    pub fn into_language_model(self) -> LanguageModel<D> {
        self.model
    }

    /// Adds the gradients of `scale` times the mean of one minus the cosine of the student's and the teacher's
    /// vectors to all trainable groups; gives the mean.
    pub fn lesson(
        &mut self,
        lesson: &Lesson<D>,
        masks: &dyn MaskSource<D>,
        trainable: &TrainableGroups,
        scale: f64,
    ) -> f64 {
        let device = self.model.device.clone();
        let learning = Some(Learning { masks, kept_bytes: Some(u64::MAX) });
        let Encoded { outputs, spans, tape } = self.encode(&lesson.texts, learning);
        let (pooled, pool) = device.concat_pool_forward(&outputs, &spans);
        let exact = device.exact(); // a small product
        let vectors = exact.linear_forward(&pooled, &self.weight.value, Some(&self.bias.value));
        let unit = device.unit_rows_forward(&vectors);
        let mut d_unit = lesson.wanted.clone();
        device.scale(&mut d_unit, -scale / lesson.texts.batch as f64);
        let d_vectors = device.unit_rows_backward(&vectors, &d_unit);
        let top = trainable.groups() - 1;
        let (weight, d_weight) = self.weight.split();
        let grads = LinearGrads { weight: d_weight, bias: Some(self.bias.split().1) };
        let grads = trainable.group(top).then_some(grads);
        let d_pooled = exact.linear_backward(&pooled, weight, &d_vectors, grads);
        let d_outputs = device.concat_pool_backward(&pool, &d_pooled);
        let groups = Groups { first_layer: 0, embedding: top };
        bpt3c::backward(
            &mut self.model.encoder,
            &device,
            tape,
            &d_outputs,
            (trainable, groups),
            masks,
        );
        1.0 - cosine(&unit, &lesson.wanted)
    }

    /// Mean cosine of the student's and the teacher's vectors, without dropout.
    pub fn examine(&self, lesson: &Lesson<D>) -> f64 {
        let device = &self.model.device;
        let Encoded { outputs, spans, .. } = self.encode(&lesson.texts, None);
        let (pooled, _) = device.concat_pool_forward(&outputs, &spans);
        let weight = &self.weight.value;
        let vectors = device.exact().linear_forward(&pooled, weight, Some(&self.bias.value));
        cosine(&device.unit_rows_forward(&vectors), &lesson.wanted)
    }

    fn encode(&self, texts: &ClassifierBatch, learning: Option<Learning<'_, D>>) -> Encoded<D> {
        let LanguageModel { encoder, device, .. } = &self.model;
        bpt3c::encode(encoder, device, texts, SEQ_LEN, None, Window::Document, learning)
    }
}

/// Mean product of rows of length one.
fn cosine<D: Device>(one: &Tensor<D>, other: &Tensor<D>) -> f64 {
    let rows = one.as_matrix().0;
    let products = one.to_f64().into_iter().zip(other.to_f64()).map(|(one, other)| one * other);
    products.sum::<f64>() / rows as f64
}

impl<D: Device> HasLanguageModel<D> for Student<D> {
    fn language_model(&self) -> &LanguageModel<D> {
        &self.model
    }

    fn language_model_mut(&mut self) -> &mut LanguageModel<D> {
        &mut self.model
    }
}

impl<D: Device> Network<D> for Student<D> {
    fn groups(&self) -> usize {
        self.model.groups()
    }

    fn group_names(&self) -> Vec<String> {
        self.model.group_names()
    }

    fn params(&self) -> Vec<(String, usize, &Param<D>)> {
        let top = self.groups() - 1;
        let own = [&self.weight, &self.bias].map(|param| (param.name.clone(), top, param));
        self.model.params().into_iter().chain(own).collect()
    }

    fn params_mut(&mut self) -> Vec<(String, usize, &mut Param<D>)> {
        let top = self.groups() - 1;
        let own = [&mut self.weight, &mut self.bias].map(|param| (param.name.clone(), top, param));
        self.model.params_mut().into_iter().chain(own).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::gradient_check::assert_gradients;
    use crate::model::{AwdLstmConfig, DropoutConfig, RandomMasks};
    use ulmfit_ops::{Reference, norm::Norm};

    fn student() -> Student<Reference> {
        let sizes = AwdLstmConfig { vocab: 12, emb: 4, hid: 5, layers: 2 };
        let dropout =
            DropoutConfig { embed: 0.1, input: 0.2, hidden: 0.2, weight: 0.3, output: 0.1 };
        let model = LanguageModel::new(Reference::default(), sizes, dropout, Key::new(1));
        Student::new(model, 3, Key::new(2))
    }

    fn lesson() -> Lesson<Reference> {
        let texts = [vec![3, 4], vec![5, 6, 7, 8], vec![9]];
        let vectors = [vec![1.0, 0.5, -0.5], vec![-1.0, 2.0, 0.0], vec![0.3, 0.1, 0.2]];
        Lesson::new(&Reference::default(), &texts, &vectors)
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let (mut student, lesson) = (student(), lesson());
        let masks = RandomMasks::new(Reference::default(), Key::new(3));
        let all = TrainableGroups::all(student.groups());
        let loss = |student: &mut Student<Reference>, learns: bool| {
            let scale = if learns { 2.0 } else { 1.0 };
            2.0 * student.lesson(&lesson, &masks, &all, scale)
        };
        // a word that is read
        let place = |name: &str, numbers: usize| {
            if name.contains("encoder.weight") { 5 * 4 + 1 } else { numbers / 2 }
        };
        let unused = ["1.decoder.bias"]; // of the next word
        assert_gradients(&mut student, |student| student, loss, place, &unused);
    }

    #[test]
    fn frozen_groups_do_not_learn() {
        let (mut student, lesson) = (student(), lesson());
        let masks = RandomMasks::new(Reference::default(), Key::new(3));
        student.lesson(&lesson, &masks, &TrainableGroups::only(3, 1), 1.0);
        for (name, group, param) in student.params() {
            let learned = param.grad.as_ref().is_some_and(|g| g.to_f64().iter().any(|&d| d != 0.0));
            assert_eq!(learned, group == 1, "{name}");
        }
    }

    #[test]
    fn a_student_learns_a_lesson() {
        let (mut student, lesson) = (student(), lesson());
        student.model.set_dropout(DropoutConfig::NONE);
        let masks = RandomMasks::new(Reference::default(), Key::new(3));
        let all = TrainableGroups::all(student.groups());
        let before = student.examine(&lesson);
        for _ in 0..200 {
            student.params_mut().into_iter().for_each(|(_, _, param)| param.grad = None);
            student.lesson(&lesson, &masks, &all, 1.0);
            for (_, _, param) in student.params_mut() {
                let Some(gradient) = param.grad.take() else { continue };
                Reference::default().add_scaled(&mut param.value, &gradient, -0.5);
            }
        }
        let after = student.examine(&lesson);
        assert!(after > 0.95 && after > before + 0.3, "{before} {after}");
    }
}
