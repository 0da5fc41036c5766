//! Self-training: what a classifier of few labels is surest of among texts without labels teaches
//! a second one.
//!
//! Pseudo-labels (Lee 2013). A language model that has read the texts lays those of one kind near to
//! each other, so that a classifier is mostly right where it is sure, and there are many such texts.
//! The second classifier starts from the language model again, not from the first one's weights.

use super::classify::{ClassifyOptions, LabelledText, Teacher, taught_by};
use crate::Error;
use crate::data::batches::TokenSource;
use crate::data::labels::LabelKind;
use crate::model::argmax;
use crate::models::{ClassifierBundle, LmBundle};
use crate::recipe::StageRecipe;
use crate::run::Runner;
use crate::text::Direction;
use serde::{Deserialize, Serialize};
use ulmfit_ops::Key;

/// When a classifier teaches a second one, and how much.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SelfTraining {
    /// So many labelled documents need no such help; none: however many there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<usize>,
    /// Most texts that the first one labels.
    pub texts: usize,
    /// Share of these that the second one learns at most, of each class.
    pub share: f64,
}

/// Share where only a number of texts was given by hand.
const SHARE: f64 = 0.5;

impl SelfTraining {
    /// With so many texts, however many labels there are; none: not at all.
    pub fn of(texts: usize) -> Option<Self> {
        (texts > 0).then_some(Self { below: None, texts, share: SHARE })
    }
}

impl StageRecipe {
    /// How many texts without labels help a classifier that learns from so many with one.
    ///
    /// None unless each has exactly one label: what several or a number are sure of is not compared.
    pub fn texts_to_label(&self, documents: usize, kind: LabelKind) -> usize {
        let rule = self.self_training.filter(|_| kind == LabelKind::Single);
        let few = rule.filter(|rule| rule.below.is_none_or(|below| documents < below));
        few.map_or(0, |rule| rule.texts)
    }
}

/// Up to `most` of some numbers, drawn by a key.
pub(crate) fn sample(numbers: &[usize], most: usize, key: &Key) -> Vec<usize> {
    let order = key.permutation(numbers.len());
    order.into_iter().take(most).map(|at| numbers[at]).collect()
}

/// Tokens of up to `most` of some documents of a source, drawn by a key.
///
/// # Panics
/// If one of them does not exist.
pub fn draw<S: TokenSource>(
    source: &S,
    documents: &[usize],
    most: usize,
    key: &Key,
) -> Vec<Vec<u32>> {
    let tokens = |document: usize| {
        let mut ids = Vec::new();
        source.append(source.document(document), &mut ids);
        ids
    };
    sample(documents, most, key).into_iter().map(tokens).collect()
}

/// A classifier and how it was taught.
pub struct Taught {
    pub classifier: ClassifierBundle,
    /// The hyper-parameters, with the rules for little and much data applied.
    pub recipe: StageRecipe,
    /// The one that taught it, if one did.
    pub first: Option<First>,
}

/// A classifier that taught another one.
pub struct First {
    pub classifier: ClassifierBundle,
    /// Texts without labels that it has labelled.
    pub labelled: usize,
    /// Those of them that the other one has learned.
    pub learned: usize,
}

/// Trains a classifier on labelled documents, and another one on these and on what the first is
/// surest of among `texts`, if there are any.
///
/// # Errors
/// Those of [`classify`](crate::stages::classify()).
pub fn teach(
    runner: &mut Runner<'_>,
    lm: LmBundle,
    directions: &[Direction],
    data: &LabelledText,
    texts: &[Vec<u32>],
    recipe: &StageRecipe,
    options: &ClassifyOptions,
) -> Result<Taught, Error> {
    let rule = recipe.self_training.filter(|_| !texts.is_empty());
    let again = rule.map(|rule| (rule, lm.copy(directions)));
    let learn = |teacher, runner: &mut Runner<'_>, lm, data: &LabelledText| {
        let fitted = data.recipe(recipe);
        recipe.changes(&fitted).iter().for_each(|words| runner.progress.note(words));
        let classifier = taught_by(teacher, runner, lm, directions, data, &fitted, options)?;
        Ok::<_, Error>((classifier, fitted))
    };
    let (classifier, fitted) = learn(Teacher::Labels, runner, lm, data)?;
    let Some((rule, lm)) = again else {
        return Ok(Taught { classifier, recipe: fitted, first: None });
    };
    let progress = &mut *runner.progress;
    let mut tick = |done, total| progress.tick("documents labelled", done, Some(total));
    let guesses = classifier.probabilities_of_ids(texts, fitted.batch_size, &mut tick);
    let mut more = data.clone();
    for (text, class) in surest(&guesses, &data.class_counts(), rule.share) {
        more.train.documents.push(texts[text].clone());
        more.train.targets.push(vec![class as f32]);
    }
    let learned = more.train.documents.len() - data.train.documents.len();
    let first = First { classifier, labelled: texts.len(), learned };
    runner.progress.note(&format!(
        "a second classifier learns the {learned} of {} texts that the first one is surest of, too",
        first.labelled
    ));
    let (classifier, recipe) = learn(Teacher::Classifier, runner, lm, &more)?;
    Ok(Taught { classifier, recipe, first: Some(first) })
}

/// The texts that guesses are surest of, each with its class.
///
/// Of each class at most `share` of the texts that are guessed to be of it, so that no class takes
/// unsure ones because there are few of it; and at most `share` of all in the share that the
/// class has among the labels, so that one that is guessed too often does not crowd the others out.
fn surest(guesses: &[Vec<f32>], labels: &[f32], share: f64) -> Vec<(usize, usize)> {
    let all: f32 = labels.iter().sum();
    let of_class = |(class, &count): (usize, &f32)| {
        let guessed = (0..guesses.len()).filter(|&text| argmax(&guesses[text]) == class);
        let mut texts: Vec<usize> = guessed.collect();
        texts.sort_by(|&a, &b| guesses[b][class].total_cmp(&guesses[a][class])); // stable
        let expected = guesses.len() as f64 * f64::from(count / all);
        texts.truncate((share * expected.min(texts.len() as f64)).round() as usize);
        texts.into_iter().map(move |text| (text, class))
    };
    labels.iter().enumerate().flat_map(of_class).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::batches::Corpus;
    use crate::recipe::Recipe;

    #[test]
    fn the_surest_texts_of_each_class_are_taken() {
        let guess = |p: f32| vec![p, 1.0 - p];
        let guesses: Vec<_> = [0.9, 0.6, 0.2, 0.8, 0.7, 0.9, 0.4, 0.9].map(guess).to_vec();
        // of six guessed to be of the first class two are a half of what half of all would be
        assert_eq!(surest(&guesses, &[50.0, 50.0], 0.5), [(0, 0), (5, 0), (2, 1)]);
        assert_eq!(surest(&guesses, &[30.0, 10.0], 0.5), [(0, 0), (5, 0), (7, 0), (2, 1)]);
        // however many there should be of the second class, only two were guessed
        assert_eq!(surest(&guesses, &[1.0, 9.0], 1.0), [(0, 0), (2, 1), (6, 1)]);
        assert_eq!(surest(&guesses, &[1.0, 9.0], 0.5), [(2, 1)]);
        assert_eq!(surest(&[], &[1.0, 1.0], 1.0), []);
    }

    #[test]
    fn documents_are_drawn_once_each_and_alike_every_time() {
        let mut corpus = Corpus::default();
        (0..100).for_each(|n| corpus.push(&[n, n + 1000]));
        let odd: Vec<usize> = (0..100).filter(|n| n % 2 == 1).collect();
        let drawn = draw(&corpus, &odd, 20, &Key::new(1));
        let mut firsts: Vec<u32> = drawn.iter().map(|ids| ids[0]).collect();
        firsts.sort_unstable();
        firsts.dedup();
        assert_eq!(firsts.len(), 20);
        assert!(
            firsts.iter().all(|n| n % 2 == 1) && drawn.iter().all(|ids| ids[1] == ids[0] + 1000)
        );
        assert_eq!(drawn, draw(&corpus, &odd, 20, &Key::new(1)));
        assert_ne!(drawn, draw(&corpus, &odd, 20, &Key::new(2)));
        assert_eq!(draw(&corpus, &odd, 1000, &Key::new(1)).len(), 50, "there are no more");
    }

    #[test]
    fn many_labels_and_other_tasks_need_no_such_texts() {
        let mut recipe = Recipe::preset("default").unwrap().train;
        recipe.self_training = Some(SelfTraining { below: Some(600), texts: 2000, share: 0.5 });
        let texts = |documents, kind| recipe.texts_to_label(documents, kind);
        assert_eq!([599, 600].map(|n| texts(n, LabelKind::Single)), [2000, 0]);
        let others = [LabelKind::Multi, LabelKind::Regression];
        assert_eq!(others.map(|kind| texts(10, kind)), [0, 0]);
        recipe.self_training = SelfTraining::of(50);
        assert_eq!(recipe.texts_to_label(1 << 30, LabelKind::Single), 50);
        recipe.self_training = SelfTraining::of(0);
        assert_eq!(recipe.texts_to_label(10, LabelKind::Single), 0);
    }
}
