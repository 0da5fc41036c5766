//! The pictures of a run, and one of many runs.

use super::{Axis, HeatMap, Line, LineChart, Mark, Scale, Stroke};
use crate::decisions::{Automation, CurvePoint};
use crate::report::ClassificationScores;
use crate::report::statistics::PowerLaw;

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

/// One method at several numbers of labels.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelSeries {
    /// For the legend.
    pub name: String,
    /// Labels and mean error, labels rising.
    pub means: Vec<(f64, f64)>,
    /// Labels and error of each run.
    pub runs: Vec<(f64, f64)>,
    /// The law, if one could be fitted.
    pub law: Option<PowerLaw>,
}

/// Error over the number of labels, both by their logarithm (Howard & Ruder 2018, figure 3); the
/// dashed lines are power laws, up to four times as many labels as there are.
pub fn label_curve(series: &[LabelSeries]) -> LineChart {
    let measured = series.iter().enumerate().map(|(colour, series)| Line {
        rings: series.runs.clone(),
        ..Line::new(&series.name, series.means.clone(), colour)
    });
    let predicted = series.iter().enumerate().filter_map(|(colour, series)| {
        let (law, first, last) = (series.law?, series.means.first()?, series.means.last()?);
        let (low, high) = (first.0.ln(), (4.0 * last.0).ln());
        let labels = (0..=40).map(|n| (low + (high - low) * f64::from(n) / 40.0).exp());
        let points = labels.map(|labels| (labels, law.at(labels).min(1.0))).collect();
        Some(Line { stroke: Stroke::Dashed, ..Line::new("", points, colour) })
    });
    LineChart {
        title: "Error over labels".to_owned(),
        x: Axis::new("labels", Scale::Log),
        y: Axis::new("error", Scale::Log),
        lines: measured.chain(predicted).collect(),
        marks: vec![],
    }
}

/// Errors among the answers over the share of texts that is answered (the risk-coverage curve of
/// El-Yaniv & Wiener 2010), in per cent, with its pointwise interval.
pub fn risk_coverage(found: &Automation) -> LineChart {
    let points = |of: fn(&CurvePoint) -> f64| -> Vec<(f64, f64)> {
        let point = |point: &CurvePoint| (100.0 * point.answered, 100.0 * of(point));
        found.curve.iter().map(point).collect()
    };
    // with few answers the interval says nothing and would flatten the rest
    let highest = found.curve.iter().map(|point| point.error).fold(0.0, f64::max);
    let top = (150.0 * highest).clamp(1.0, 100.0);
    let end = |of: fn(&CurvePoint) -> f64| {
        let shown = points(of).into_iter().filter(|point| point.1 <= top);
        let line = Line::new("", shown.collect(), 0);
        Line { stroke: Stroke::Dashed, opacity: 0.5, ..line }
    };
    let mark = found.chosen.filter(|choice| choice.threshold > 0.0).map(|choice| Mark {
        label: format!("confidence {}", choice.shown_threshold()),
        at: (100.0 * choice.answered, 100.0 * choice.error),
    });
    LineChart {
        title: "Errors over texts answered".to_owned(),
        x: Axis { range: Some((0.0, 100.0)), ..Axis::new("texts answered in %", Scale::Linear) },
        y: Axis { range: Some((0.0, top)), ..Axis::new("errors in %", Scale::Linear) },
        lines: vec![
            Line::new("errors", points(|point| point.error), 0),
            end(|point| point.error_ci95[0]),
            end(|point| point.error_ci95[1]),
        ],
        marks: mark.into_iter().collect(),
    }
}

/// The confusion matrix.
pub fn confusion(scores: &ClassificationScores) -> HeatMap {
    HeatMap {
        title: "Confusion matrix".to_owned(),
        row_label: "actual".to_owned(),
        column_label: "predicted".to_owned(),
        names: scores.labels.clone(),
        counts: scores.confusion.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decisions::{RiskCurve, Source};

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

    #[test]
    fn an_error_curve_ends_at_all_texts() {
        let right: Vec<f32> = (0..480_u16).map(|n| 0.6 + f32::from(n) / 1_300.0).collect();
        let found = Automation::of_risk(&RiskCurve::new(&right, &[0.55; 120]), Source::Test);
        let chart = risk_coverage(&found);
        assert_eq!(chart.lines[0].points.last(), Some(&(100.0, 20.0)));
        assert_eq!(chart.marks[0].label, "confidence 0.56");
        let (answered, errors) = chart.marks[0].at;
        assert!((answered - 80.0).abs() < 1e-9 && errors.abs() < 1e-9);
        let svg = chart.to_string();
        assert!(!svg.contains("NaN") && svg.contains("errors in %"), "{svg}");
    }

    #[test]
    fn a_label_curve_goes_on_to_four_times_the_labels() {
        let law = PowerLaw { a: 2.0, b: 0.5, c: 0.0 };
        let series = ["supervised", "TF-IDF", "from scratch"].map(|name| LabelSeries {
            name: name.to_owned(),
            means: vec![(50.0, 0.3), (200.0, 0.15)],
            runs: vec![(50.0, 0.31), (50.0, 0.29), (200.0, 0.15)],
            law: (name != "TF-IDF").then_some(law),
        });
        let chart = label_curve(&series);
        assert_eq!(chart.lines.iter().map(|line| line.colour).collect::<Vec<_>>(), [0, 1, 2, 0, 2]);
        let (labels, error) = *chart.lines[4].points.last().unwrap();
        assert!((labels - 800.0).abs() < 1e-6 && (error - law.at(800.0)).abs() < 1e-9);
        assert_eq!(chart.to_string().matches("<circle").count(), 9);
    }
}
