//! Self-training: a second classifier is also trained on the most confident pseudo-labels of the first.
//!
//! Pseudo-labels: Lee 2013. A language model that has read the texts puts similar ones close to each
//! other, so a classifier is mostly right where it is confident, and there are many such texts.
//! The second classifier starts from the language model again, not from the first one's weights.

use super::classify::{ClassifierJob, LabelledText, train_with};
use super::options::TrainOptions;
use crate::Error;
use crate::data::batches::TokenSource;
use crate::models::{ClassifierBundle, LmBundle};
use crate::recipe::ClassifierRecipe;
use crate::run::{LabelOrigin, LabelSource, Runner};
use crate::train::pseudo_labels::select_pseudo_labels;
use ulmfit_ops::Key;

/// Up to `most` of these numbers, drawn by a key.
pub(crate) fn sample(numbers: &[usize], most: usize, key: &Key) -> Vec<usize> {
    let order = key.permutation(numbers.len());
    order.into_iter().take(most).map(|at| numbers[at]).collect()
}

/// Tokens of up to `most` documents of a source, drawn by a key.
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

/// A classifier and how it was trained.
pub struct SelfTrained {
    /// The classifier.
    pub classifier: ClassifierBundle,
    /// The hyper-parameters as they were used.
    pub recipe: ClassifierRecipe,
    /// The first classifier, if there were two.
    pub first: Option<FirstClassifier>,
}

/// A classifier whose pseudo-labels another one is trained on.
pub struct FirstClassifier {
    /// The classifier.
    pub classifier: ClassifierBundle,
    /// Texts that it gave a pseudo-label.
    pub labelled: usize,
    /// Those of them that the second one is trained on.
    pub learned: usize,
}

/// Trains a classifier on labelled documents, and a second one on these and on the most confident
/// pseudo-labels of the first one for `texts`, if there are any.
///
/// `lm_tokens` is what the language model has read, if it started from random weights.
///
/// # Errors
/// Those of [`classify`](super::classify()).
pub fn self_train(
    runner: &mut Runner<'_>,
    lm: LmBundle,
    data: &LabelledText,
    texts: &[Vec<u32>],
    lm_tokens: Option<usize>,
    options: &TrainOptions,
) -> Result<SelfTrained, Error> {
    train_fold(None, runner, lm, data, texts, lm_tokens, options)
}

/// [`self_train`] without a fold of the rows, in a run folder of its own for each.
pub(crate) fn train_fold(
    fold: Option<usize>,
    runner: &mut Runner<'_>,
    lm: LmBundle,
    data: &LabelledText,
    texts: &[Vec<u32>],
    lm_tokens: Option<usize>,
    options: &TrainOptions,
) -> Result<SelfTrained, Error> {
    let TrainOptions { directions, recipe, overrides, classify, .. } = options;
    let groups = lm.networks.first().map_or(0, |(_, network)| network.config().layers + 2);
    let written = recipe.checked(overrides, groups)?;
    let rule = written.self_training.filter(|_| !texts.is_empty());
    let again = rule.map(|rule| (rule, lm.copy(directions)));
    let train = |origin, runner: &mut Runner<'_>, lm, data: &LabelledText| {
        let resolved = recipe.resolve(overrides, &data.amount(lm_tokens), groups);
        if let Some(changes) = written.changes(&resolved) {
            runner.progress.note(&changes);
        }
        let job = ClassifierJob { data, directions, recipe: &resolved, options: classify };
        let classifier = train_with(LabelSource { origin, fold }, runner, lm, &job)?;
        Ok::<_, Error>((classifier, resolved))
    };
    let (classifier, resolved) = train(LabelOrigin::Gold, runner, lm, data)?;
    let Some((rule, lm)) = again else {
        return Ok(SelfTrained { classifier, recipe: resolved, first: None });
    };
    let progress = &mut *runner.progress;
    let mut tick = |done, total| progress.tick("documents labelled", done, Some(total));
    let batch_size = resolved.training.batch_size;
    let guesses = classifier.parts[0].1.probabilities_of_ids(texts, batch_size, &mut tick)?;
    let mut more = data.clone();
    for (text, class) in select_pseudo_labels(&guesses, &data.class_counts(), rule.share) {
        more.train.documents.push(texts[text].clone());
        more.train.targets.push(vec![class as f32]);
    }
    let learned = more.train.documents.len() - data.train.documents.len();
    let first = FirstClassifier { classifier, labelled: texts.len(), learned };
    runner.progress.note(&format!(
        "a second classifier also learns the {learned} most confident of {} pseudo-labels",
        first.labelled
    ));
    let (classifier, recipe) = train(LabelOrigin::Pseudo, runner, lm, &more)?;
    Ok(SelfTrained { classifier, recipe, first: Some(first) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::batches::Corpus;

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
}
