use super::*;
use crate::model::scoring::argmax;
use serde_json::Value;

/// Numbers: `metrics()` in fixtures/generate.py.
fn golden() -> Value {
    serde_json::from_str(include_str!("../../../../../fixtures/golden/metrics.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(list) => list.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().unwrap()],
    }
}

fn classes(value: &Value) -> Vec<u32> {
    numbers(value).into_iter().map(|class| class as u32).collect()
}

#[track_caller]
fn close(found: f64, wanted: &Value) {
    let wanted = wanted.as_f64().unwrap();
    assert!((found - wanted).abs() < 1e-12, "{found} {wanted}");
}

#[test]
fn single_label_is_sklearns() {
    let golden = &golden()["single_label"];
    let (logits, targets) = (numbers(&golden["logits"]), classes(&golden["targets"]));
    let guesses: Vec<u32> = logits.chunks(6).map(|row| argmax(row) as u32).collect();
    assert_eq!(guesses, classes(&golden["guesses"]));
    let confusion = Confusion::new(6, &targets, &guesses);
    assert_eq!(serde_json::json!(confusion.rows()), golden["confusion"]);
    close(confusion.accuracy(), &golden["accuracy"]);
    close(1.0 - confusion.accuracy(), &golden["error"]);
    close(confusion.macro_f1(), &golden["macro_f1"]);
    close(confusion.micro_f1(), &golden["micro_f1"]);
    for class in 0..6 {
        let counts = confusion.class(class);
        close(counts.precision(), &golden["precision"][class]);
        close(counts.recall(), &golden["recall"][class]);
        close(counts.f1(), &golden["f1"][class]);
        assert_eq!(counts.support, golden["support"][class].as_u64().unwrap());
    }
}

#[test]
fn equal_scores_go_to_the_first() {
    assert_eq!([argmax(&[1.0, 1.0, 0.0]), argmax(&[0.0, 2.0, 2.0])], [0, 1]);
}

#[test]
fn multi_label_is_sklearns() {
    let golden = &golden()["multi_label"];
    let yes =
        |values: Vec<f64>, above: f64| values.into_iter().map(|v| v > above).collect::<Vec<_>>();
    let targets = yes(numbers(&golden["targets"]), 0.5);
    let labels = ["a", "b", "c", "d"].map(str::to_owned);
    let scores = MultiLabelScores::new(&labels, &targets, &yes(numbers(&golden["logits"]), 0.0));
    close(scores.subset_accuracy, &golden["subset_accuracy"]);
    close(scores.label_accuracy, &golden["accuracy_multi"]);
    close(scores.micro_f1, &golden["micro_f1"]);
    close(scores.macro_f1, &golden["macro_f1"]);
    let occurring = scores.per_class.iter().filter(|label| label.support > 0 || label.f1 > 0.0);
    let (n, sum) = occurring.fold((0.0, 0.0), |(n, sum), label| (n + 1.0, sum + label.f1));
    assert!((sum / n - scores.macro_f1).abs() < 1e-12, "{scores:?}");
}

#[test]
fn regression_is_sklearns() {
    let golden = &golden()["regression"];
    let scores =
        RegressionScores::new(&numbers(&golden["targets"]), &numbers(&golden["predictions"]));
    close(scores.mse, &golden["mse"]);
    close(scores.rmse, &golden["rmse"]);
    close(scores.mae, &golden["mae"]);
    close(scores.r2.unwrap(), &golden["r2"]);
    close(scores.pearson.unwrap(), &golden["pearson"]);
    let flat = RegressionScores::new(&[2.0, 2.0], &[1.0, 3.0]);
    assert_eq!((flat.r2, flat.pearson), (None, None));
}
