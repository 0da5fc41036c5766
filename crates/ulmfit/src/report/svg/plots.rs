//! The five pictures of a run.

use super::{Axis, HeatMap, Line, LineChart, Mark, Scale, Stroke};
use crate::report::ClassificationScores;
use crate::report::calibration::Reliability;

fn line(name: &str, points: Vec<(f64, f64)>) -> Line {
    Line { name: name.to_owned(), points, stroke: Stroke::Solid }
}

/// Training and validation loss over the step.
pub fn losses(train: &[(u64, f64)], valid: &[(u64, f64)]) -> LineChart {
    let points = |of: &[(u64, f64)]| of.iter().map(|&(step, loss)| (step as f64, loss)).collect();
    LineChart {
        title: "Loss".to_owned(),
        x: Axis::new("step", Scale::Linear),
        y: Axis::new("loss (nats)", Scale::Linear),
        lines: vec![line("training", points(train)), line("validation", points(valid))],
        marks: vec![],
    }
}

/// Learning rate of the highest group over the step.
pub fn learning_rates(rates: &[(u64, f64)]) -> LineChart {
    LineChart {
        title: "Learning rate".to_owned(),
        x: Axis::new("step", Scale::Linear),
        y: Axis::new("learning rate", Scale::Linear),
        lines: vec![line(
            "highest group",
            rates.iter().map(|&(step, lr)| (step as f64, lr)).collect(),
        )],
        marks: vec![],
    }
}

/// Loss of a range test over the learning rate, and the rates it suggests by name.
pub fn lr_finder(rates: &[f64], losses: &[f64], suggestions: &[(&str, f64)]) -> LineChart {
    let loss_at = |rate: f64| {
        let distance = |i: usize| (rates[i].ln() - rate.ln()).abs();
        let nearest = (0..rates.len()).min_by(|&a, &b| distance(a).total_cmp(&distance(b)))?;
        losses.get(nearest).copied()
    };
    let marks = suggestions.iter().filter_map(|&(name, rate)| {
        Some(Mark { label: format!("{name} {rate:.1e}"), at: (rate, loss_at(rate)?) })
    });
    LineChart {
        title: "Loss over learning rate".to_owned(),
        x: Axis::new("learning rate", Scale::Log),
        y: Axis::new("smoothed loss", Scale::Linear),
        lines: vec![line(
            "range test",
            rates.iter().copied().zip(losses.iter().copied()).collect(),
        )],
        marks: marks.collect(),
    }
}

/// Accuracy over confidence, with the diagonal they should lie on.
pub fn reliability(reliability: &Reliability) -> LineChart {
    let bins = reliability.bins.iter().filter(|bin| bin.count > 0);
    let axis = |label| Axis { range: Some((0.0, 1.0)), ..Axis::new(label, Scale::Linear) };
    LineChart {
        title: format!(
            "Reliability (expected error {:.1} %)",
            100.0 * reliability.expected_error()
        ),
        x: axis("confidence"),
        y: axis("accuracy"),
        lines: vec![
            line("this model", bins.map(|bin| (bin.confidence, bin.accuracy)).collect()),
            Line {
                name: "ideal".to_owned(),
                points: vec![(0.0, 0.0), (1.0, 1.0)],
                stroke: Stroke::Dashed,
            },
        ],
        marks: vec![],
    }
}

/// Which class was taken for which.
pub fn confusion(scores: &ClassificationScores) -> HeatMap {
    HeatMap {
        title: "Confusion".to_owned(),
        row_label: "what it is".to_owned(),
        column_label: "what it was taken for".to_owned(),
        names: scores.labels.clone(),
        counts: scores.confusion.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggestions_lie_on_the_curve() {
        let chart = lr_finder(&[1e-3, 1e-2, 1e-1], &[3.0, 2.0, 4.0], &[("valley", 1.1e-2)]);
        assert_eq!(chart.marks, [Mark { label: "valley 1.1e-2".to_owned(), at: (1.1e-2, 2.0) }]);
        assert!(lr_finder(&[], &[], &[("valley", 1.0)]).marks.is_empty());
    }

    #[test]
    fn reliability_leaves_empty_bins_out() {
        let chart = reliability(&Reliability::new(&[0.9, 0.9, 0.2], &[true, false, false]));
        assert_eq!(chart.lines[0].points.len(), 2);
        assert_eq!(chart.title, "Reliability (expected error 33.3 %)");
    }
}
