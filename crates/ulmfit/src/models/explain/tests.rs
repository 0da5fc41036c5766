//! Words of portfolios.

use super::ExplainMethod;
use crate::models::ClassifierBundle;
use crate::models::portfolio_tests::portfolio;

const DOCUMENTS: [[&str; 2]; 4] =
    [["some words and others", "none"], ["", "entirely other"], ["...", ""], ["", ""]];

const METHODS: [ExplainMethod; 2] = [ExplainMethod::Fast, ExplainMethod::Gradients];

fn explained(bundle: &ClassifierBundle, method: ExplainMethod) -> Vec<super::Explanation> {
    bundle.explain(&DOCUMENTS, method).unwrap()
}

#[test]
fn weights_of_a_portfolio_add_up() {
    let bundle = portfolio();
    let empty = bundle.probabilities(&[[""]], 1).unwrap().remove(0);
    let rows = bundle.probabilities(&DOCUMENTS, 2).unwrap();
    for method in METHODS {
        for ((found, row), document) in explained(&bundle, method).iter().zip(&rows).zip(DOCUMENTS)
        {
            assert_eq!((&found.row, found.empty), (row, empty[found.output]));
            let sum: f64 = found.words.iter().map(|word| f64::from(word.weight)).sum();
            let wanted = f64::from(row[found.output]) - f64::from(found.empty);
            if !found.words.is_empty() {
                assert!((sum - wanted).abs() < 1e-6, "{document:?}: {sum} {wanted}");
            }
        }
    }
    let words = |n: usize| -> Vec<&str> {
        let words = explained(&bundle, ExplainMethod::Fast)[n].words.clone();
        words.iter().map(|word| &DOCUMENTS[n][word.field][word.start..word.end]).collect()
    };
    assert_eq!(words(0), ["some", "words", "and", "others", "none"]);
    assert_eq!(words(1), ["entirely", "other"]);
    assert!(words(3).is_empty());
}

#[test]
fn a_part_without_weight_has_no_say() {
    let mut both = portfolio();
    both.stack.as_mut().unwrap().weights = vec![1.0, 0.0];
    let mut one = portfolio();
    one.keep_part("one").unwrap();
    for method in METHODS {
        for (both, one) in explained(&both, method).iter().zip(&explained(&one, method)) {
            for (a, b) in both.words.iter().zip(&one.words) {
                assert!((a.weight - b.weight).abs() < 1e-5, "{both:?} {one:?}");
            }
        }
    }
}
