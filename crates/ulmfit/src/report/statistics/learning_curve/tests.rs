use super::*;

fn exact(law: PowerLaw, labels: &[f64]) -> Vec<CurvePoint> {
    let point = |&labels: &f64| CurvePoint { labels, error: law.at(labels), rows: 1e6 };
    labels.iter().map(point).collect()
}

fn close(found: f64, wanted: f64, part: f64) -> bool {
    (found - wanted).abs() <= part * wanted.abs().max(1e-3)
}

#[test]
fn parameters_are_found_again() {
    let law = PowerLaw { a: 2.0, b: 0.45, c: 0.0 };
    let found = PowerLaw::fit(&exact(law, &[50.0, 100.0, 400.0])).unwrap();
    assert!(close(found.a, law.a, 1e-9) && close(found.b, law.b, 1e-9), "{found:?}");
    assert!(close(
        law.labels_for(law.at(300.0) / 2.0).unwrap(),
        300.0 * 2_f64.powf(1.0 / 0.45),
        1e-9
    ));

    let floored = PowerLaw { a: 3.0, b: 0.8, c: 0.05 };
    let found =
        PowerLaw::fit(&exact(floored, &[50.0, 100.0, 200.0, 400.0, 800.0, 1600.0])).unwrap();
    assert!(close(found.c, 0.05, 0.1) && close(found.b, 0.8, 0.1), "{found:?}");
    assert!(close(found.at(6400.0), floored.at(6400.0), 0.05), "{found:?}");
    assert_eq!(floored.labels_for(0.05), None, "the floor is never reached");
}

#[test]
fn too_few_points_make_no_curve() {
    let law = PowerLaw { a: 2.0, b: 0.45, c: 0.0 };
    assert_eq!(PowerLaw::fit(&[]), None);
    assert_eq!(PowerLaw::fit(&exact(law, &[50.0])), None);
    assert!(PowerLaw::fit(&exact(law, &[50.0, 60.0])).is_some());
}

#[test]
fn an_error_of_nothing_has_a_logarithm() {
    let runs = |wrong: [Vec<u32>; 2]| {
        let [one, two] = wrong;
        [(50, one), (100, two)].map(|(labels, wrong)| CurveRun { labels, seed: 0, wrong })
    };
    let curve = LearningCurve::new(&runs([vec![1, 2], vec![]]), 10, &Key::new(1)).unwrap();
    assert!(curve.now.is_finite() && curve.twice.value <= curve.now, "{curve:?}");
    let flat = LearningCurve::new(&runs([vec![1, 2], vec![1, 2]]), 10, &Key::new(1)).unwrap();
    assert_eq!(flat.to_halve, None, "labels that change nothing never halve the error");
    assert_eq!(flat.to_halve_ci95[1], None);
}

/// Runs of a known law: rows differ in difficulty, seeds in luck.
fn simulated(law: PowerLaw, rows: usize, seeds: usize, key: &Key) -> Vec<CurveRun> {
    let counts = [50, 100, 200, 400, 800];
    let mut runs = Vec::new();
    for seed in 0..seeds {
        let luck = 1.0 + 0.05 * key.child(1).child(seed as u64).normal();
        for labels in counts {
            let draws =
                key.child(2).child(seed as u64).child(labels as u64).uniform_values(rows, 1.0);
            let error = law.at(labels as f64) * luck;
            let wrong =
                (0..rows as u32).zip(draws).filter(|(_, draw)| f64::from(draw + 1.0) / 2.0 < error);
            let wrong = wrong.map(|(row, _)| row).collect();
            runs.push(CurveRun { labels, seed, wrong });
        }
    }
    runs
}

/// Of the intervals of many simulated curves most hold the truth, and they are no wider than it
/// takes to be useful.
#[test]
fn intervals_cover_the_truth() {
    const CURVES: u64 = 40;
    let law = PowerLaw { a: 2.0, b: 0.4, c: 0.0 };
    let truth = law.at(1600.0);
    let (mut held, mut width) = (0, 0.0);
    for number in 0..CURVES {
        let key = Key::new(number);
        let runs = simulated(law, 500, 3, &key);
        let curve = LearningCurve::new(&runs, 500, &key.child(9)).unwrap();
        let [Some(low), Some(high)] = curve.twice.ci95 else { panic!("{curve:?}") };
        assert!(low <= curve.twice.value && curve.twice.value <= high, "{curve:?}");
        held += u64::from(low <= truth && truth <= high);
        width += (high - low) / CURVES as f64;
    }
    assert!(held >= 32, "{held} of {CURVES}");
    assert!(width < truth, "{width} around {truth}");
}
