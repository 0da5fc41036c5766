//! Self-training: a second classifier is also trained on the most confident pseudo-labels of the first.
//!
//! Pseudo-labels: Lee 2013. A language model that has read the texts puts similar ones close to each
//! other, so a classifier is mostly right where it is confident, and there are many such texts.
//! The second classifier starts from the language model again, not from the first one's weights.

use super::classify::{ClassifierJob, LabelledText, train_with};
use super::options::TrainOptions;
use crate::Error;
use crate::data::batches::TokenSource;
use crate::model::scoring::argmax;
use crate::models::{ClassifierBundle, LmBundle};
use crate::recipe::ClassifierRecipe;
use crate::run::{LabelOrigin, LabelSource, Runner};
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

/// The texts with the most confident pseudo-labels, each with its class.
///
/// About `share` of the texts predicted as each class, so that no rare class takes unsure ones. Also, no more
/// than `share` of all texts times the share of the class among the labels, so that a class that is
/// predicted too often does not crowd the others out. What is left of each class after rounding down goes to those
/// with the largest remainders, so that few texts of many classes are not all rounded away.
pub(crate) fn select_pseudo_labels(
    guesses: &[Vec<f32>],
    labels: &[f32],
    share: f64,
) -> Vec<(usize, usize)> {
    let all: f32 = labels.iter().sum();
    let mut of_class: Vec<Vec<usize>> = vec![Vec::new(); labels.len()];
    guesses.iter().enumerate().for_each(|(text, guess)| of_class[argmax(guess)].push(text));
    let quota = |(texts, &count): (&Vec<usize>, &f32)| {
        let expected = guesses.len() as f64 * f64::from(count / all);
        share * expected.min(texts.len() as f64)
    };
    let quotas: Vec<f64> = of_class.iter().zip(labels).map(quota).collect();
    let counts = rounded_together(&quotas);
    let take = |(class, (mut texts, count)): (usize, (Vec<usize>, usize))| {
        texts.sort_by(|&a, &b| guesses[b][class].total_cmp(&guesses[a][class])); // stable
        texts.truncate(count);
        texts.into_iter().map(move |text| (text, class))
    };
    of_class.into_iter().zip(counts).enumerate().flat_map(take).collect()
}

/// Whole numbers whose sum is that of these, rounded: each rounded down, and one more for those with the largest
/// remainders, of equal ones the first.
fn rounded_together(quotas: &[f64]) -> Vec<usize> {
    let mut counts: Vec<usize> = quotas.iter().map(|&quota| quota as usize).collect();
    let sum = quotas.iter().sum::<f64>().round() as usize;
    let mut order: Vec<usize> = (0..quotas.len()).collect();
    order.sort_by(|&a, &b| quotas[b].fract().total_cmp(&quotas[a].fract()));
    let more = sum.saturating_sub(counts.iter().sum());
    order.into_iter().take(more).for_each(|class| counts[class] += 1);
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::batches::Corpus;

    #[test]
    fn the_surest_texts_of_each_class_are_taken() {
        let guess = |p: f32| vec![p, 1.0 - p];
        let guesses: Vec<_> = [0.9, 0.6, 0.2, 0.8, 0.7, 0.9, 0.4, 0.9].map(guess).to_vec();
        // of the six predicted as the first class, two are kept
        assert_eq!(select_pseudo_labels(&guesses, &[50.0, 50.0], 0.5), [(0, 0), (5, 0), (2, 1)]);
        assert_eq!(
            select_pseudo_labels(&guesses, &[30.0, 10.0], 0.5),
            [(0, 0), (5, 0), (7, 0), (2, 1)]
        );
        // the second class was predicted only twice
        assert_eq!(select_pseudo_labels(&guesses, &[1.0, 9.0], 1.0), [(0, 0), (2, 1), (6, 1)]);
        assert_eq!(select_pseudo_labels(&guesses, &[1.0, 9.0], 0.5), [(2, 1)]);
        assert_eq!(select_pseudo_labels(&[], &[1.0, 1.0], 1.0), []);
        // a quarter of a text of each class is one text of one of them
        assert_eq!(select_pseudo_labels(&guesses[..4], &[1.0, 1.0], 0.25).len(), 1);
    }

    #[test]
    fn rounding_keeps_the_sum() {
        assert_eq!(rounded_together(&[0.25, 0.25, 0.25, 0.25]), [1, 0, 0, 0]);
        assert_eq!(rounded_together(&[1.2, 2.7, 0.6]), [1, 3, 1]); // 4.5, rounded up
        assert_eq!(rounded_together(&[2.0, 3.0]), [2, 3]);
        assert!(rounded_together(&[]).is_empty());
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
}
