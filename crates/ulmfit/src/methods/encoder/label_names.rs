//! Names of classes as examples of these classes.
//!
//! What a class is called says what its texts are about: "sports" is a short text about sports. A sentence encoder
//! places such a name near the texts of its class, so the name is learned as one more of them. With few labels this is
//! worth several examples per class. Codes, and names that say nothing about the texts, would do harm, so the examples
//! themselves decide: each is given to the class whose name is nearest, and these answers have to agree with the labels.

use crate::data::labels::{LabelKind, LabelSet};
use crate::model::transformer::Transformer;
use crate::models::EncoderBundle;
use crate::train::Labelled;
use heck::ToSnakeCase;
use ulmfit_ops::Cpu;

/// Names of the classes, and how near they are to the texts of some examples.
pub(super) struct LabelNames {
    /// A text for each class.
    pub(super) texts: Labelled,
    /// Some examples, by their numbers, with the cosine of the text and each name.
    nearness: Vec<(usize, Vec<f32>)>,
}

/// Examples that decide, at most; taken from all over the data.
const DECIDING: usize = 200;
/// Tokens of each of them that are read.
const TOKENS: usize = 64;
/// Cohen's kappa of names and labels from which on names are learned: below it agreement is "slight" at most
/// (Landis & Koch 1977).
const AGREEMENT: f64 = 0.2;

impl LabelNames {
    /// The names of these labels; `None` unless each text has one label, and all names are words.
    ///
    /// A name of several labels of one text says less: a text seldom has that label alone.
    pub(super) fn new(
        base: &EncoderBundle,
        labels: &LabelSet,
        documents: &[Vec<u32>],
    ) -> Option<Self> {
        if labels.kind() != LabelKind::Single {
            return None;
        }
        let names = labels.names().iter().map(|name| words(name).map(|text| [text]));
        let texts = Labelled {
            documents: base.text.encode_all(&names.collect::<Option<Vec<_>>>()?),
            targets: (0..labels.outputs()).map(|class| vec![class as f32]).collect(),
        };
        let every = documents.len().div_ceil(DECIDING).max(1);
        let begins = |ids: &Vec<u32>| ids[..ids.len().min(TOKENS)].to_vec();
        let deciding: Vec<Vec<u32>> = documents.iter().step_by(every).map(begins).collect();
        let [names, deciding] =
            [&texts.documents, &deciding].map(|texts| unit_vectors(&base.encoder, texts));
        let cosines = |text: &Vec<f32>| names.iter().map(|name| dot(text, name)).collect();
        let nearness = (0..).step_by(every).zip(deciding.iter().map(cosines)).collect();
        Some(Self { texts, nearness })
    }

    /// The first label whose name is a code, where each text has one label.
    pub(super) fn code(labels: &LabelSet) -> Option<&str> {
        let mut names = labels.names().iter().filter(|_| labels.kind() == LabelKind::Single);
        names.find(|name| words(name).is_none()).map(String::as_str)
    }

    /// Whether the nearest names of those of these examples that are deciding agree with their labels.
    pub(super) fn agree(&self, rows: &[usize], targets: &[Vec<f32>]) -> bool {
        let mut is_asked = vec![false; targets.len()];
        rows.iter().for_each(|&row| is_asked[row] = true);
        let deciding: Vec<_> = self.nearness.iter().filter(|(row, _)| is_asked[*row]).collect();
        let classes = self.texts.documents.len();
        // a name can be near to all texts: what counts is to which it is nearer than to most
        let mean = |class: usize| {
            let sum: f64 = deciding.iter().map(|(_, cosines)| f64::from(cosines[class])).sum();
            sum / deciding.len() as f64
        };
        let means: Vec<f64> = (0..classes).map(mean).collect();
        let nearest = |cosines: &[f32]| {
            let above = |class: usize| f64::from(cosines[class]) - means[class];
            (0..classes).max_by(|&one, &other| above(one).total_cmp(&above(other))).unwrap_or(0)
        };
        let answers =
            deciding.iter().map(|(row, cosines)| (targets[*row][0] as usize, nearest(cosines)));
        kappa(&answers.collect::<Vec<_>>(), classes) >= AGREEMENT
    }
}

/// Cohen's kappa of two answers to each example: how much more often they are equal than by chance, 1 at most.
/// Zero where chance would do as well.
fn kappa(answers: &[(usize, usize)], classes: usize) -> f64 {
    let mut counts = vec![(0.0, 0.0); classes];
    for &(one, other) in answers {
        counts[one].0 += 1.0;
        counts[other].1 += 1.0;
    }
    let all = answers.len() as f64;
    let equal = answers.iter().filter(|(one, other)| one == other).count() as f64 / all;
    let by_chance = counts.iter().map(|(one, other)| one * other).sum::<f64>() / (all * all);
    if by_chance < 1.0 { (equal - by_chance) / (1.0 - by_chance) } else { 0.0 }
}

/// Vectors of texts, of length one.
fn unit_vectors(encoder: &Transformer<Cpu>, texts: &[Vec<u32>]) -> Vec<Vec<f32>> {
    let mut vectors = encoder.vectors_of(texts, &mut |_| {});
    for vector in &mut vectors {
        let length = dot(vector, vector).sqrt().max(f32::MIN_POSITIVE);
        vector.iter_mut().for_each(|value| *value /= length);
    }
    vectors
}

fn dot(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

/// A name in words, in lower case: `PlayMusic`, `play_music` and `play-music` are `play music`. `None` for numbers and
/// codes, which have no word of three letters, and no character of a script that writes words in fewer.
fn words(name: &str) -> Option<String> {
    let text = name.to_snake_case().replace('_', " ");
    let is_word = |word: &str| {
        let letters = word.chars().filter(|letter| letter.is_alphabetic());
        letters.clone().count() >= 3 || letters.max() >= Some(FIRST_OF_EAST_ASIA)
    };
    text.split(' ').any(is_word).then_some(text)
}

/// From here on Unicode has the characters of Chinese, Japanese and Korean.
const FIRST_OF_EAST_ASIA: char = '\u{2e80}';

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_in_words() {
        let is = |name: &str, wanted: &str| assert_eq!(words(name).as_deref(), Some(wanted));
        is("PlayMusic", "play music");
        is("card_arrival", "card arrival");
        is("Sci/Tech", "sci tech");
        is("money-fx", "money fx");
        is("USPolitics 2020", "us politics 2020");
        is("体育", "体育");
        is("Größe", "größe");
    }

    #[test]
    fn numbers_and_codes_say_nothing() {
        for name in ["0", "-1", "2.5", "A", "b7", "no", "", "Q4 12"] {
            assert_eq!(words(name), None, "{name:?}");
        }
    }

    #[test]
    fn kappa_is_agreement_beyond_chance() {
        let is = |answers: &[(usize, usize)], wanted: f64| {
            assert!((kappa(answers, 2) - wanted).abs() < 1e-12, "{answers:?}");
        };
        is(&[(0, 0), (1, 1), (0, 0), (1, 1)], 1.0);
        is(&[(0, 0), (0, 1), (1, 0), (1, 1)], 0.0);
        is(&[(0, 1), (1, 0)], -1.0);
        is(&[(0, 0), (0, 0)], 0.0); // one label tells nothing
        is(&[], 0.0);
        // 35 of 50 are equal, 25 would be by chance
        let table = [((0, 0), 20), ((0, 1), 5), ((1, 0), 10), ((1, 1), 15)];
        let answers: Vec<_> = table.iter().flat_map(|&(pair, times)| vec![pair; times]).collect();
        is(&answers, 0.4);
    }

    #[test]
    fn names_are_learned_if_the_nearest_ones_are_right() {
        let texts = Labelled { documents: vec![vec![]; 2], targets: vec![vec![0.0], vec![1.0]] };
        // both names are nearer to the first text than to the second
        let nearness = vec![(0, vec![0.9, 0.6]), (2, vec![0.5, 0.4])];
        let names = LabelNames { texts, nearness };
        let right = [0.0, 9.0, 1.0].map(|class| vec![class]);
        let wrong = [1.0, 9.0, 0.0].map(|class| vec![class]);
        assert!(names.agree(&[0, 1, 2], &right));
        assert!(!names.agree(&[0, 1, 2], &wrong));
        assert!(!names.agree(&[1], &right), "none of them is deciding");
    }
}
