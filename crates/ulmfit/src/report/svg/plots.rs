//! The pictures of a run.

use super::{Axis, HeatMap, Line, LineChart, Mark, Scale, Stroke};
use crate::report::ClassificationScores;

/// Training and validation loss over the update.
pub fn losses(title: &str, train: Vec<(f64, f64)>, valid: Vec<(f64, f64)>) -> LineChart {
    let train = Line { opacity: 0.55, ..Line::new("training, with dropout", train, 0) };
    let held_out = !valid.is_empty();
    let valid = Line { stroke: Stroke::Dotted, ..Line::new("validation", valid, 1) };
    LineChart {
        title: title.to_owned(),
        x: Axis::new("update", Scale::Linear),
        y: Axis::new("loss (nats)", Scale::Linear),
        lines: std::iter::once(train).chain(held_out.then_some(valid)).collect(),
        marks: vec![],
    }
}

/// Learning rates over the update: a name and a line for each group, the lowest first.
pub fn learning_rates(title: &str, groups: Vec<(String, Vec<(f64, f64)>)>) -> LineChart {
    let count = groups.len();
    let line = |(n, (name, points)): (usize, (String, Vec<(f64, f64)>))| Line {
        opacity: 1.0 - 0.75 * (count - 1 - n) as f64 / count as f64,
        ..Line::new(&name, points, 0)
    };
    let highest = groups.iter().flat_map(|(_, points)| points).map(|point| point.1);
    let highest = highest.filter(|rate| rate.is_finite()).fold(0.0, f64::max);
    LineChart {
        title: title.to_owned(),
        x: Axis::new("update", Scale::Linear),
        y: Axis {
            range: (highest > 0.0).then_some((0.0, highest)),
            ..Axis::new("learning rate", Scale::Linear)
        },
        lines: groups.into_iter().enumerate().map(line).collect(),
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
    let points = rates.iter().copied().zip(losses.iter().copied()).collect();
    LineChart {
        title: "Loss over learning rate".to_owned(),
        x: Axis::new("learning rate", Scale::Log),
        y: Axis::new("smoothed loss", Scale::Linear),
        lines: vec![Line::new("range test", points, 0)],
        marks: marks.collect(),
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
    fn without_validation_there_is_no_line_of_it() {
        assert_eq!(losses("t", vec![(1.0, 2.0)], vec![]).lines.len(), 1);
        assert_eq!(losses("t", vec![(1.0, 2.0)], vec![(1.0, 2.0)]).lines.len(), 2);
    }
}
